//! The arguments of the command line. No work is done here.

mod options;
mod which;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

#[cfg(feature = "mcp")]
pub(super) use options::Mcp;
#[cfg(feature = "serve")]
pub(super) use options::Serve;
pub(super) use options::{
    Cache, Diff, Drift, Eval, ExportDspy, Gate, ImportDspy, Input, Inspect, Map, Probe, Promote, Render,
    Report, Run, Search,
};
pub(super) use which::{AdapterName, Auto, Split, Which};

#[derive(Debug, Parser)]
#[command(arg_required_else_help = true, after_long_help = EXIT_CODES)]
pub(super) struct Line {
    #[command(flatten)]
    pub(super) globals: Globals,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `gate`: promote
  1  an error
  2  the command line cannot be used
  3  refused: the gate says keep, a score is below `--at-least`, a version may not be promoted, or the
     program has drifted
  4  undecided: the gate needs more rows
  5  stopped: the budget was spent or rows failed before all was done";

// What every command takes; a doc comment would become what the help says of the program.
#[derive(Args, Clone, Debug)]
pub(super) struct Globals {
    /// The model, as provider/name[@revision]; by default DSPY_MODEL, else the built-in one
    #[arg(long, global = true, value_name = "ID")]
    pub(super) model: Option<String>,
    /// The data: a folder of train, validation and test files, or one file that is split
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) data: Option<PathBuf>,
    /// The folder of releases
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// The folder of the cache, journals, runs and reports
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) scratch: Option<PathBuf>,
    /// The number of runs of the program under way at once; by default 16, or as many as a batch holds
    #[arg(long, global = true, value_name = "RUNS")]
    pub(super) concurrency: Option<usize>,
    /// Ask the model in its provider's batches, which come within a day and cost half
    #[arg(long, global = true)]
    pub(super) batches: bool,
    /// The temperature at which replies are drawn, 0 for the likeliest; the server's own where none is given
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(super) temperature: Option<f64>,
    /// The form that the model is asked in; by default the one that fits it
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub(super) adapter: Option<AdapterName>,
    /// Neither take replies from the cache nor keep them
    #[arg(long, global = true)]
    pub(super) no_cache: bool,
    /// Print one JSON document in place of text
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print nothing but the result
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the program on one input
    Run(Run),
    /// Run the program on rows, JSON lines in and JSON lines out
    Map(Map),
    /// Show the prompts of one input, without making a call
    Render(Render),
    /// Score the program on rows
    Eval(Eval),
    /// Run a few rows in each form (adapter), and tell which one the model answers best in
    Probe(Probe),
    /// Tell what a search would cost at most, without making a call
    Plan(Search),
    /// Search for better instructions and demonstrations, and keep what is found as a version
    Compile(Search),
    /// Go on with the search that was stopped last
    Resume,
    /// Compare a version with what is released, on the test rows
    Gate(Gate),
    /// Score labelled traffic, and say whether the released program still does what the gate has seen
    Drift(Drift),
    /// Release a version that the gate has let through
    Promote(Promote),
    /// Go back to what was released before
    Rollback,
    /// Show a version: model, data, scores, verdict, and every prompt
    Inspect(Inspect),
    /// Show what differs between the prompts of two versions, side by side
    Diff(Diff),
    /// Show what was added, judged, released and taken back
    History,
    /// Show which versions there are for which model
    Matrix,
    /// Make a page (HTML) of a run, or of two runs compared
    Report(Report),
    /// Take the instructions and demonstrations of a state file of Python DSPy, as a version
    ImportDspy(ImportDspy),
    /// Write instructions and demonstrations as a state file of Python DSPy
    ExportDspy(ExportDspy),
    /// Look at the cache of replies, or empty it
    #[command(subcommand)]
    Cache(Cache),
    /// Serve the released program over HTTP
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Serve the released program as a tool, to the MCP client that starts this command
    #[cfg(feature = "mcp")]
    Mcp(Mcp),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Line::command().debug_assert();
    }
}
