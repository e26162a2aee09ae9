//! `promote`, `rollback`, `history`, `matrix`, `import-dspy` and `export-dspy`: what comes into the store and what is
//! released.

use serde_json::json;

use super::super::args::{ExportDspy, ImportDspy, Promote};
use super::super::outcome::{Exit, Outcome};
use super::super::session::Session;
use crate::artifact::Artifact;
use crate::dspy_state::DspyState;
use crate::error::Result;
use crate::gate::Decision;
use crate::module::Module;

pub(super) fn promote<P: Module>(session: &Session<'_, P>, promote: &Promote) -> Result<Outcome> {
    let cx = session.cx()?;
    let release = session.release(&cx, promote.number)?;
    let store = session.store()?;
    let json =
        json!({"version": release.version(), "decision": release.decision(), "score": release.score()});
    let promoted = match (&promote.anyway, release.decision()) {
        (Some(reason), _) => store.promote_anyway(&release, reason)?,
        (None, Some(Decision::Promote)) => store.promote(&release)?,
        (None, decision) => {
            let why = match decision {
                Some(decision) => format!("the gate says {decision}"),
                None => "the gate has not judged it: `gate` does".to_owned(),
            };
            let text =
                format!("{release} is not released: {why}; `--anyway REASON` releases it all the same");
            return Ok(Outcome::done(text, json).exit(Exit::Refused));
        }
    };
    Ok(Outcome::done(format_args!("{promoted} is released"), json))
}

pub(super) fn rollback<P: Module>(session: &Session<'_, P>) -> Result<Outcome> {
    let cx = session.cx()?;
    let release = session.store()?.rollback(&session.key(&cx))?;
    Ok(Outcome::done(format_args!("{release} is released again"), json!({"version": release.version()})))
}

pub(super) fn history<P: Module>(session: &Session<'_, P>) -> Result<Outcome> {
    let cx = session.cx()?;
    let key = session.key(&cx);
    let events = session.store()?.history(&key)?;
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let text = if events.is_empty() {
        format!("nothing has happened to {key} yet")
    } else {
        format!("{key}\n{lines}")
    };
    Ok(Outcome::done(text, json!({"key": key.to_string(), "events": events})))
}

pub(super) fn matrix<P: Module>(session: &Session<'_, P>) -> Result<Outcome> {
    let matrix = session.store()?.matrix()?;
    let cells = matrix.cells().iter().map(|cell| {
        json!({
            "program": cell.key.program(),
            "program_version": cell.key.program_version(),
            "model": cell.key.model().to_string(),
            "versions": cell.versions,
            "current": cell.current.as_ref().map(|current| current.version),
            "score": cell.current.as_ref().and_then(|current| current.score),
            "decision": cell.current.as_ref().and_then(|current| current.decision),
        })
    });
    let json = json!({"cells": cells.collect::<Vec<_>>()});
    let text =
        if matrix.cells().is_empty() { "nothing was compiled yet".to_owned() } else { matrix.to_string() };
    Ok(Outcome::done(text, json))
}

pub(super) fn import<P: Module>(session: &Session<'_, P>, import: &ImportDspy) -> Result<Outcome> {
    let cx = session.cx()?;
    let imported = DspyState::load(&import.file)?.apply(session.program.clone())?;
    let release = session.store()?.add(&Artifact::new(&imported.program, cx.lm().id()))?;
    let dropped: Vec<String> = imported.dropped.iter().map(ToString::to_string).collect();
    let mut text =
        format!("kept as {release}; `gate {0}` says whether it may be released\n", release.version());
    for what in &dropped {
        text.push_str(&format!("  left out: {what}\n"));
    }
    Ok(Outcome::done(text, json!({"version": release.version(), "dropped": dropped})))
}

pub(super) fn export<P: Module>(session: &Session<'_, P>, export: &ExportDspy) -> Result<Outcome> {
    let cx = session.cx()?;
    let versioned = session.versioned(&cx, export.with.with.as_ref())?;
    DspyState::of(&versioned.program).save(&export.file)?;
    let text = format!("{} is in {}", versioned.name, export.file.display());
    Ok(Outcome::done(text, json!({"version": versioned.name, "file": export.file})))
}
