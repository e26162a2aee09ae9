//! `eval` and `gate`: scores on rows.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::{self, Eval, Gate, Probe, Split, Which};
use super::super::outcome::{Exit, Outcome};
use super::super::session::Session;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::evaluate::Report;
use crate::fingerprint;
use crate::gate::Decision;
use crate::module::Module;
use crate::release::{Drift, DriftState};

pub(super) async fn eval<P: Module>(session: &Session<'_, P>, eval: &Eval) -> Result<Outcome> {
    let cx = session.cx()?;
    let data = session.data()?;
    if let Some(path) = &eval.predictions {
        session.say(format_args!("the outputs in {} for the {} rows", path.display(), split(eval.split)));
        let report = data.predictions(&cx, path, eval.split, session.how()).await?;
        return scored(session, eval, &report, "predictions", split(eval.split));
    }
    let versioned = session.versioned(&cx, eval.with.with.as_ref())?;
    let split = split(eval.split);
    session.announce(format_args!("{} on the {split} rows", versioned.name), &cx);
    session.note_sampling(&cx);
    let journal = journal(session, &cx, &versioned.name, split)?;
    if !eval.resume {
        set_aside(session, &journal)?;
    }
    let report = data.evaluate(&cx, &versioned.program, eval.split, session.how(), &journal).await?;
    match report.stopped() {
        Some(_) => session.say("`eval --resume` goes on with it"),
        None => std::fs::remove_file(&journal).map_err(|error| Error::io("remove", &journal, error))?,
    }
    scored(session, eval, &report, &versioned.name, split)
}

/// Keeps a report, and says what the score means to the script that asked.
fn scored<P: Module>(
    session: &Session<'_, P>,
    eval: &Eval,
    report: &Report,
    name: &str,
    split: &str,
) -> Result<Outcome> {
    let saved = session.place("runs", &format!("eval-{}-{split}.json", file_name(name)))?;
    report.save(&saved)?;
    std::fs::write(session.place("runs", "latest")?, saved.display().to_string())?;
    session.say(format_args!("kept as {}; `report` makes a page of it", saved.display()));

    let mut json = report.to_json();
    json["version"] = json!(name);
    json["saved"] = json!(saved);
    let outcome = Outcome::done(report, json);
    Ok(match eval.at_least {
        _ if report.stopped().is_some() => outcome.exit(Exit::Stopped),
        Some(least) if report.score() < least => {
            session.say(format_args!("{:.3} is below {least}", report.score()));
            outcome.exit(Exit::Refused)
        }
        _ => outcome,
    })
}

/// Returns the journal that keeps the rows of an evaluation until all of them are there.
fn journal<P: Module>(session: &Session<'_, P>, cx: &Context, version: &str, split: &str) -> Result<PathBuf> {
    let about = json!([session.key(cx).to_string(), session.folders.data]);
    let hash = fingerprint::of(&about);
    let short: String = hash.trim_start_matches("sha256:").chars().take(12).collect();
    session.place("journals", &format!("eval-{}-{split}-{short}.jsonl", file_name(version)))
}

/// Sets a paid evaluation aside, so that it is not lost to one that starts again.
fn set_aside<P: Module>(session: &Session<'_, P>, journal: &Path) -> Result<()> {
    // The first line says what is evaluated; the others are its rows.
    if std::fs::read_to_string(journal).map_or(0, |text| text.lines().count()) < 2 {
        let _ = std::fs::remove_file(journal);
        return Ok(());
    }
    let beside = journal.with_extension("before.jsonl");
    std::fs::rename(journal, &beside).map_err(|error| Error::io("set aside", journal, error))?;
    session.say(format_args!(
        "an evaluation that was stopped is set aside as {}; `eval --resume` would have gone on with it",
        beside.display()
    ));
    Ok(())
}

pub(super) async fn probe<P: Module>(session: &Session<'_, P>, probe: &Probe) -> Result<Outcome> {
    let cx = session.cx()?;
    let data = session.data()?;
    let versioned = session.versioned(&cx, probe.with.with.as_ref())?;
    let split = split(probe.split);
    session.announce(format_args!("{} on {} {split} rows, in each form", versioned.name, probe.rows), &cx);
    let found = data.probe(&cx, &versioned.program, probe.split, probe.rows, session.how()).await?;
    let mut json = serde_json::to_value(&found)?;
    if let Some(best) = found.best() {
        json["best"] = json!(best.adapter);
        if !best.current {
            let name = best.adapter.replace('_', "-");
            session.say(format_args!("`--adapter {name}` sets it for one command, `App::context` for all"));
        }
    }
    Ok(Outcome::done(&found, json))
}

pub(super) async fn gate<P: Module>(session: &Session<'_, P>, gate: &Gate) -> Result<Outcome> {
    let cx = session.cx()?;
    let data = session.data()?;
    let release = session.release(&cx, gate.number)?;
    let candidate = session.versioned(&cx, Some(&Which::Version(number(release.version()))))?;
    let mut against = session.versioned(&cx, gate.against.as_ref())?;
    if against.name == candidate.name && gate.against.is_none() {
        session.say("this version is released already; it is compared with the baseline");
        against = session.versioned(&cx, Some(&Which::Baseline))?;
    }
    session.announce(format_args!("{} against {} on the test rows", candidate.name, against.name), &cx);
    session.note_sampling(&cx);
    let verdict = data.gate(&cx, &against.program, &candidate.program, session.how()).await?;
    let release = session.store()?.judge(&release, &verdict)?;
    for (name, report) in [("before", &verdict.baseline_report), ("after", &verdict.candidate_report)] {
        keep(session, &format!("gate-v{}-{name}.json", release.version()), report.as_ref())?;
    }
    let page = session.place("reports", &format!("gate-v{}.html", release.version()))?;
    verdict.page()?.save_html(&page)?;
    session.say(format_args!("every row is in {}", page.display()));

    let mut json = serde_json::to_value(&verdict)?;
    json["version"] = json!(release.version());
    json["against"] = json!(against.name);
    json["page"] = json!(page);
    let exit = match verdict.decision {
        Decision::Promote => Exit::Done,
        Decision::Keep => Exit::Refused,
        Decision::Undecided => Exit::Undecided,
    };
    Ok(Outcome::done(&verdict, json).exit(exit))
}

pub(super) async fn drift<P: Module>(session: &Session<'_, P>, asked: &args::Drift) -> Result<Outcome> {
    let cx = session.cx()?;
    let current = session.versioned(&cx, Some(&Which::Current))?;
    let Some(artifact) = &current.artifact else { return Err(Error::data("nothing is released")) };
    let drift = Drift::of(artifact)?;
    session.announce(format_args!("{} on {}", current.name, asked.rows.display()), &cx);
    session.note_sampling(&cx);
    let report = session.bench()?.traffic(&cx, &current.program, &asked.rows, session.how()).await?;
    for row in report.rows() {
        match &row.slice {
            Some(slice) => drift.observe_in(slice, row.score)?,
            None => drift.observe(row.score)?,
        }
    }
    let state = drift.state();
    let watched: Vec<String> = drift.watched().iter().map(ToString::to_string).collect();
    let (word, exit) = match &state {
        DriftState::Steady => ("steady", Exit::Done),
        DriftState::Watch { .. } => ("watch", Exit::Done),
        DriftState::Recompile { .. } => ("recompile", Exit::Refused),
    };
    let exit = if report.stopped().is_some() { Exit::Stopped } else { exit };
    let json =
        json!({"state": word, "rows": report.rows().len(), "score": report.score(), "watched": watched});
    Ok(Outcome::done(format_args!("{state}\n{}", watched.join("\n")), json).exit(exit))
}

fn keep<P: Module>(session: &Session<'_, P>, name: &str, report: Option<&Report>) -> Result<()> {
    match report {
        Some(report) => report.save(session.place("runs", name)?),
        None => Ok(()),
    }
}

fn split(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

/// Versions are counted from 1, one at a time.
pub(super) fn number(version: u64) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}

fn file_name(version: &str) -> String {
    version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
