//! `inspect`, `diff`, `report` and `cache`: what is in versions, saved runs and kept replies.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::args::{Cache, Diff, Inspect, Report as ReportArgs};
use super::super::outcome::Outcome;
use super::super::session::{Session, Versioned};
use super::super::side_by_side::side_by_side;
use crate::artifact::Artifact;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Report;
use crate::figure::{count, counted};
use crate::module::{Module, each};

pub(super) fn inspect<P: Module>(session: &Session<'_, P>, inspect: &Inspect) -> Result<Outcome> {
    let cx = session.cx()?;
    let versioned = session.versioned(&cx, inspect.which.as_ref())?;
    let mut text = format!("{} {}\n", P::NAME, versioned.name);
    if let Some(artifact) = &versioned.artifact {
        text.push_str(&about(artifact));
    }
    text.push_str(&prompts(&versioned.program).join("\n"));
    let mut json = json!({"version": versioned.name, "predictors": versioned.program.state()});
    if let Some(artifact) = &versioned.artifact {
        json["artifact"] = serde_json::to_value(artifact)?;
    }
    Ok(Outcome::done(text, json))
}

/// Describes the origin of an artifact, a line each.
fn about(artifact: &Artifact) -> String {
    let about = artifact.provenance();
    let mut lines = vec![format!("model: {}", artifact.model())];
    if !about.optimizer.is_empty() {
        lines.push(format!("made by: {}, seed {}, {}", about.optimizer, about.seed, about.termination));
        lines.push(format!("metric: {}", about.metric));
        lines.push(format!("it cost: {}", about.usage));
    }
    lines.extend(about.data.iter().map(|(split, data)| {
        format!("{split}: {}, {}", counted(data.rows, "row"), short(&data.fingerprint))
    }));
    lines.extend(about.scores.iter().map(|(what, score)| format!("{what}: {score:.3}")));
    let verdict = about.verdict.get("decision").and_then(Value::as_str);
    let unreleased = about.verdict.get("unreleased").map(|_| "none: it was saved without a gate");
    lines.push(format!("verdict: {}", verdict.or(unreleased).unwrap_or("not judged yet")));
    let reasons = about.verdict.get("reasons").and_then(Value::as_array).into_iter().flatten();
    lines.extend(reasons.filter_map(Value::as_str).map(|reason| format!("  {reason}")));
    lines.join("\n") + "\n\n"
}

fn short(hash: &str) -> &str {
    hash.get(..19).unwrap_or(hash)
}

/// Each predictor's instructions and demonstrations as text.
fn prompts<P: Module>(program: &P) -> Vec<String> {
    let mut all = Vec::new();
    each(program, |path, predictor, frozen| {
        let state = predictor.state();
        let frozen = if frozen { ", frozen" } else { "" };
        let mut text = format!("{path} ({}{frozen})\n{}\n", predictor.schema(), state.instructions);
        for (place, demo) in state.demos.iter().enumerate() {
            text.push_str(&format!("demonstration {}:\n", place + 1));
            for (name, value) in demo.iter() {
                text.push_str(&format!(
                    "  {name}: {}\n",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ));
            }
        }
        all.push(text);
    });
    all
}

pub(super) fn diff<P: Module>(session: &Session<'_, P>, diff: &Diff) -> Result<Outcome> {
    let cx = session.cx()?;
    let (a, b) = (session.versioned(&cx, Some(&diff.a))?, session.versioned(&cx, Some(&diff.b))?);
    let pairs: Vec<_> = prompts(&a.program).into_iter().zip(prompts(&b.program)).collect();
    let changed: Vec<_> = pairs.iter().filter(|(a, b)| a != b).collect();
    let mut text = match changed.is_empty() {
        true => format!("{} and {} have the same prompts\n", a.name, b.name),
        false => format!("{}\n", side_by_side(&a.name, &b.name)),
    };
    for (a, b) in &changed {
        text.push_str(&side_by_side(a, b));
        text.push('\n');
    }
    let scores = |versioned: &Versioned<P>| {
        versioned.artifact.as_ref().map(|artifact| artifact.provenance().scores.clone())
    };
    let json = json!({
        "a": {"version": a.name, "predictors": a.program.state(), "scores": scores(&a)},
        "b": {"version": b.name, "predictors": b.program.state(), "scores": scores(&b)},
        "same": changed.is_empty(),
    });
    Ok(Outcome::done(text, json))
}

pub(super) fn report<P: Module>(session: &Session<'_, P>, asked: &ReportArgs) -> Result<Outcome> {
    let run = match &asked.run {
        Some(run) => run.clone(),
        None => latest(session)?,
    };
    let first = Report::load(&run)?;
    let page = match &asked.other {
        Some(other) => session.bench()?.decide(&first, &Report::load(other)?)?.page()?,
        None => first.page(),
    };
    let out = match &asked.out {
        Some(out) => out.clone(),
        None => session.place("reports", &format!("{}.html", stem(&run, asked.other.as_deref())))?,
    };
    page.save_html(&out)?;
    Ok(Outcome::done(out.display(), json!({"page": out})))
}

fn latest<P: Module>(session: &Session<'_, P>) -> Result<PathBuf> {
    let pointer = session.scratch("runs").join("latest");
    std::fs::read_to_string(&pointer).map(PathBuf::from).map_err(|_| {
        Error::new(ErrorKind::NotConfigured, "no run was kept yet: `eval` makes one, or give the file of one")
    })
}

fn stem(run: &Path, other: Option<&Path>) -> String {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match other {
        Some(other) => format!("{}-to-{}", name(run), name(other)),
        None => name(run),
    }
}

pub(super) fn cache<P: Module>(session: &Session<'_, P>, command: Cache) -> Result<Outcome> {
    let folder = session.scratch("cache");
    let cache = session.cache()?;
    let (replies, bytes) = cache.on_disk()?;
    let json = json!({"folder": folder, "replies": replies, "bytes": bytes});
    let size = format!("{} replies of {} bytes", count(replies), count(bytes));
    Ok(match command {
        Cache::Stats => Outcome::done(format_args!("{size} in {}", folder.display()), json),
        Cache::Clear => {
            cache.clear()?;
            Outcome::done(format_args!("let go of {size} in {}", folder.display()), json)
        }
    })
}
