//! `plan`, `compile` and `resume`: searches.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::super::args::Search;
use super::super::outcome::{Exit, Outcome};
use super::super::session::Session;
use crate::context::{Budget, Context};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint;
use crate::module::Module;
use crate::optimize::{SearchSettings, Termination};

/// The record of the last search, which `resume` continues.
const LAST: &str = "last-search.json";

pub(super) fn plan<P: Module>(session: &Session<'_, P>, search: &Search) -> Result<Outcome> {
    let data = session.data()?;
    let cx = context(session, search)?;
    data.notes()?.iter().for_each(|note| session.say(note));
    let settings = settings(session, &cx, search, None)?;
    let plan = data.plan(&cx, session.program, search, &settings)?;
    session.announce(data.optimizer(search), &cx);
    let json = json!({
        "optimizer": data.optimizer(search),
        "max_calls": plan.max_calls(),
        "needed_calls": plan.needed_calls(),
        "tokens": plan.tokens(),
        "plan": plan.to_string(),
    });
    Ok(Outcome::done(format_args!("{} makes {plan}", data.optimizer(search)), json))
}

pub(super) async fn compile<P: Module>(session: &Session<'_, P>, search: Search) -> Result<Outcome> {
    let data = session.data()?;
    let cx = context(session, &search)?;
    data.notes()?.iter().for_each(|note| session.say(note));
    let journal = journal(session, &cx, data.optimizer(&search), &search)?;
    let settings = settings(session, &cx, &search, Some(journal))?;
    let plan = data.plan(&cx, session.program, &search, &settings)?;
    session.announce(data.optimizer(&search), &cx);
    session.say(&plan);
    remember(session, &cx, &search)?;

    let compiled = data.compile(&cx, session.program.clone(), &search, &settings).await?;
    let artifact = compiled.candidate()?;
    let release = session.store()?.add(&artifact)?;
    let page = session.place("reports", &format!("compile-v{}.html", release.version()))?;
    compiled.report().save_html(&page)?;
    session.say(format_args!("what the search did is in {}", page.display()));

    let json = json!({
        "version": release.version(),
        "key": {
            "program": release.key().program(),
            "program_version": release.key().program_version(),
            "model": release.key().model().to_string(),
        },
        "baseline": compiled.baseline,
        "score": compiled.score,
        "termination": compiled.termination,
        "usage": compiled.usage,
        "planned_max_calls": plan.max_calls(),
        "page": page,
    });
    let text =
        format!("{compiled}kept as {release}; `gate {0}` says whether it may be released", release.version());
    let exit = match compiled.termination {
        Termination::BudgetSpent => Exit::Stopped,
        _ => Exit::Done,
    };
    Ok(Outcome::done(text, json).exit(exit))
}

pub(super) async fn resume<P: Module>(session: &Session<'_, P>) -> Result<Outcome> {
    let path = session.scratch(LAST);
    let text = std::fs::read_to_string(&path).map_err(|_| {
        let message = format!("there is no search to go on with: `{}` is not there", path.display());
        Error::new(ErrorKind::NotConfigured, message)
    })?;
    let last: serde_json::Value = serde_json::from_str(&text)?;
    let search: Search = serde_json::from_value(last["search"].clone())?;
    let now = session.cx()?.lm().id().to_string();
    if last["model"] != json!(now) {
        let message =
            format!("the search was made with {}, and this is {now}; give `--model`", last["model"]);
        return Err(Error::new(ErrorKind::NotConfigured, message));
    }
    let temperature = session.cx()?.sampling().temperature;
    if last["temperature"] != json!(temperature) {
        let shown = |value: &serde_json::Value| {
            if value.is_null() { "the server's own".to_owned() } else { value.to_string() }
        };
        let message = format!(
            "the search was made at a temperature of {}, and this is {}; give `--temperature`",
            shown(&last["temperature"]),
            shown(&json!(temperature))
        );
        return Err(Error::new(ErrorKind::NotConfigured, message));
    }
    compile(session, search).await
}

fn remember<P: Module>(session: &Session<'_, P>, cx: &Context, search: &Search) -> Result<()> {
    let last = json!({"model": cx.lm().id().to_string(), "temperature": cx.sampling().temperature, "search": search});
    let path = session.place("", LAST)?;
    std::fs::write(&path, format!("{last:#}\n")).map_err(|error| Error::io("write", &path, error))
}

/// The journal of a search: the same settings find the same one, and go on where it was stopped.
fn journal<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    optimizer: &str,
    search: &Search,
) -> Result<PathBuf> {
    let about = json!([session.key(cx).to_string(), session.folders.data, optimizer, search]);
    let hash = fingerprint::of(&about);
    let short: String = hash.trim_start_matches("sha256:").chars().take(12).collect();
    session.place("journals", &format!("{optimizer}-{short}.jsonl"))
}

fn context<P: Module>(session: &Session<'_, P>, search: &Search) -> Result<Context> {
    let cx = session.cx()?;
    Ok(match search.max_tokens {
        Some(tokens) => {
            let mut sampling = cx.sampling().clone();
            sampling.max_tokens = Some(u32::try_from(tokens).unwrap_or(u32::MAX));
            cx.with_sampling(sampling)
        }
        None => cx,
    })
}

fn settings<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    search: &Search,
    journal: Option<PathBuf>,
) -> Result<SearchSettings> {
    Ok(SearchSettings {
        seed: Some(search.seed),
        budget: budget(cx, search)?,
        concurrency: session.globals.concurrency,
        journal,
        progress: Some(!session.globals.quiet),
    })
}

fn budget(cx: &Context, search: &Search) -> Result<Option<Budget>> {
    let mut budget = search.budget_calls.map_or_else(Budget::unlimited, Budget::calls);
    if let Some(tokens) = search.budget_tokens {
        budget = budget.with_tokens(tokens);
    }
    if let Some(limit) = search.budget_cost {
        let price = cx.prices().of_lm(cx.lm()).ok_or_else(|| {
            let message = format!(
                "the price of {} is not known, so `--budget-cost` cannot be kept; limit calls or tokens, or give the \
                 context its price with `Context::with_prices`",
                cx.lm().id()
            );
            Error::new(ErrorKind::NotConfigured, message)
        })?;
        budget = budget.with_cost(limit, price);
    }
    if let Some(minutes) = search.budget_minutes {
        budget = budget.with_time(Duration::from_secs(60 * minutes));
    }
    Ok((budget != Budget::unlimited()).then_some(budget))
}
