//! `import-dspy` and `export-dspy`: the state files of Python DSPy.

use serde_json::json;

use super::super::args::{ExportDspy, ImportDspy};
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::artifact::Artifact;
use crate::dspy_state::DspyState;
use crate::error::Result;
use crate::module::Module;

pub(super) fn import<P: Module>(session: &Session<'_, P>, import: &ImportDspy) -> Result<Outcome> {
    let cx = session.cx()?;
    let imported = DspyState::read(&import.file)?.apply(session.program.clone())?;
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
    DspyState::of(&versioned.program)?.write(&export.file)?;
    let text = format!("{} is in {}", versioned.name, export.file.display());
    Ok(Outcome::done(text, json!({"version": versioned.name, "file": export.file})))
}
