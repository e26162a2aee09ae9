//! A file for each family of commands.

mod artifacts;
mod compile;
mod evaluate;
mod inspect;
mod map;
mod run;
#[cfg(any(feature = "mcp", feature = "serve"))]
mod serve;

use clap::CommandFactory;

use super::args::{Command, Line};
use super::outcome::Outcome;
use super::session::Session;
use crate::error::Result;
use crate::module::Module;

/// Does what was asked for.
pub(super) async fn run<P: Module>(session: &Session<'_, P>, command: Command) -> Result<Outcome> {
    match command {
        Command::Run(run) => run::run(session, &run).await,
        Command::Map(arguments) => map::map(session, &arguments).await,
        Command::Render(render) => run::render(session, &render).await,
        Command::Eval(eval) => evaluate::eval(session, &eval).await,
        Command::Probe(probe) => evaluate::probe(session, &probe).await,
        Command::Plan(search) => compile::plan(session, &search),
        Command::Compile(search) => compile::compile(session, search).await,
        Command::Resume => compile::resume(session).await,
        Command::Gate(gate) => evaluate::gate(session, &gate).await,
        Command::Drift(drift) => evaluate::drift(session, &drift).await,
        Command::Promote(promote) => artifacts::promote(session, &promote),
        Command::Rollback => artifacts::rollback(session),
        Command::History => artifacts::history(session),
        Command::Matrix => artifacts::matrix(session),
        Command::Inspect(inspect) => inspect::inspect(session, &inspect),
        Command::Diff(diff) => inspect::diff(session, &diff),
        Command::Report(report) => inspect::report(session, &report),
        Command::ImportDspy(import) => artifacts::import(session, &import),
        Command::ExportDspy(export) => artifacts::export(session, &export),
        Command::Cache(cache) => inspect::cache(session, cache),
        #[cfg(feature = "serve")]
        Command::Serve(serve) => serve::serve(session, &serve).await,
        #[cfg(feature = "mcp")]
        Command::Mcp(mcp) => serve::mcp(session, &mcp).await,
        Command::Completions { shell } => Ok(completions::<P>(shell)),
    }
}

/// The script that a shell completes by.
fn completions<P: Module>(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Line::command(), P::NAME.to_lowercase(), &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Outcome::done(&script, serde_json::json!({"script": script}))
}
