//! `report`: saved runs as pages.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::Report as Asked;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Report;
use crate::module::Module;

pub(super) fn report<P: Module>(session: &Session<'_, P>, asked: &Asked) -> Result<Outcome> {
    let run = match &asked.run {
        Some(run) => run.clone(),
        None => latest(session)?,
    };
    let first = Report::load(&run)?;
    let page = match &asked.other {
        Some(other) => match session.bench {
            Some(bench) => bench.decide(&first, &Report::load(other)?)?.page()?,
            None => {
                let message = "comparing runs needs a metric, and the program was made without: `App::new(…).metric(…)`";
                return Err(Error::new(ErrorKind::NotConfigured, message));
            }
        },
        None => first.page(),
    };
    let out = match &asked.out {
        Some(out) => out.clone(),
        None => session.place("reports", &format!("{}.html", stem(&run, asked.other.as_deref())))?,
    };
    page.write_html(&out)?;
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
