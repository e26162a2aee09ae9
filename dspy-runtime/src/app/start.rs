//! The start of a process: from its arguments to its exit code.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{CommandFactory, FromArgMatches};
use serde_json::json;

use super::args::Line;
use super::outcome::{Exit, put};
use super::session::{Folders, Session};
use super::{App, commands};
use crate::module::Module;

pub(super) async fn start<P: Module, R>(app: &App<P, R>, arguments: Vec<OsString>) -> ExitCode {
    let line = match parse(app, &arguments) {
        Ok(line) => line,
        Err(error) => {
            // Asked for help is no error; clap knows which goes where.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let as_json = line.globals.json;
    let command = line.command;
    let session = Session {
        program: &app.program,
        bench: app.judging.as_ref().map(|(judging, as_bench)| as_bench(judging)),
        folders: Folders {
            data: line.globals.data.clone().or_else(|| app.data.clone()),
            store: line.globals.store.clone().unwrap_or_else(|| app.store.clone()),
            scratch: line.globals.scratch.clone().unwrap_or_else(|| app.scratch.clone()),
        },
        batched: OnceLock::new(),
        globals: line.globals,
        context: app.context.as_deref(),
        prepare: app.prepare.as_ref(),
        #[cfg(feature = "mcp")]
        about: app.about.as_deref(),
    };
    match commands::run(&session, command).await {
        Ok(outcome) => {
            outcome.print(as_json);
            outcome.exit.into()
        }
        Err(error) => {
            if as_json {
                put(&format!("{:#}", json!({"error": error.to_json()})));
            } else {
                eprintln!("{}: {error:#}", called::<P>(&arguments));
            }
            Exit::of(&error).into()
        }
    }
}

/// Returns the name that the program was called by, as clap names it.
fn called<P: Module>(arguments: &[OsString]) -> String {
    let name = arguments.first().and_then(|path| Path::new(path).file_name());
    name.map_or_else(|| P::NAME.to_lowercase(), |name| name.to_string_lossy().into_owned())
}

fn parse<P: Module, R>(app: &App<P, R>, arguments: &[OsString]) -> Result<Line, clap::Error> {
    let about = app.about.clone().unwrap_or_else(|| format!("{}, a language-model program", P::NAME));
    let mut command = Line::command().name(P::NAME.to_lowercase()).about(about);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Line::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}
