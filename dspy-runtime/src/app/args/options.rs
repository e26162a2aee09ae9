//! The options of each command.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::which::{Auto, Split, Which};

// Where an input comes from: the command line, a file, standard input, or a row of the data.
#[derive(Args, Debug)]
pub(in crate::app) struct Input {
    /// The input: one JSON object, or FIELD=VALUE for each field; standard input if there is none
    #[arg(value_name = "INPUT")]
    pub(in crate::app) fields: Vec<String>,
    /// A file with the input as JSON; `-` for standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["fields", "row"])]
    pub(in crate::app) file: Option<PathBuf>,
    /// A row of the data, by its id or its place from 1
    #[arg(long, value_name = "ROW", conflicts_with = "fields")]
    pub(in crate::app) row: Option<String>,
    /// The split that the row is in
    #[arg(long, value_enum, default_value_t = Split::Test)]
    pub(in crate::app) split: Split,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Run {
    #[command(flatten)]
    pub(in crate::app) input: Input,
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// Show the fields as they come; with --json an event a line
    #[arg(long)]
    pub(in crate::app) stream: bool,
    /// Show the prompt and the reply of every step, too
    #[arg(long, conflicts_with = "stream")]
    pub(in crate::app) steps: bool,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Map {
    /// The rows, a JSON object a line; standard input if there is none, or for `-`
    #[arg(value_name = "PATH")]
    pub(in crate::app) rows: Option<PathBuf>,
    /// The file to write, which appears once it is whole; standard output by default
    #[arg(long, value_name = "PATH")]
    pub(in crate::app) out: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "out")]
    pub(in crate::app) overwrite: bool,
    /// The field that names a row
    #[arg(long, value_name = "FIELD", default_value = "id")]
    pub(in crate::app) id: String,
    /// Leave out fields that are no inputs, such as labels
    #[arg(long)]
    pub(in crate::app) extra: bool,
    /// The most seconds that one row may take
    #[arg(long, value_name = "SECONDS")]
    pub(in crate::app) timeout: Option<u64>,
    /// The most LM calls
    #[arg(long, value_name = "CALLS")]
    pub(in crate::app) budget_calls: Option<u64>,
    #[command(flatten)]
    pub(in crate::app) with: With,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Render {
    #[command(flatten)]
    pub(in crate::app) input: Input,
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// Only this predictor, whose own inputs are given
    #[arg(long, value_name = "PATH")]
    pub(in crate::app) predictor: Option<String>,
}

// Which states the program has.
#[derive(Args, Debug)]
pub(in crate::app) struct With {
    /// The version: `baseline` (as declared), `current` (as released), a number, or a file
    #[arg(long, value_name = "VERSION")]
    pub(in crate::app) with: Option<Which>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Eval {
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// The split
    #[arg(long, value_enum, default_value_t = Split::Validation)]
    pub(in crate::app) split: Split,
    /// Exit with 3 if the score is below this
    #[arg(long, value_name = "SCORE")]
    pub(in crate::app) at_least: Option<f64>,
    /// Go on with an evaluation of this version on this split that was stopped; its rows are not paid for again
    #[arg(long)]
    pub(in crate::app) resume: bool,
    /// Score the outputs that `map` wrote to this file, without running the program
    #[arg(long, value_name = "PATH", conflicts_with_all = ["resume", "with"])]
    pub(in crate::app) predictions: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Probe {
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// The split
    #[arg(long, value_enum, default_value_t = Split::Train)]
    pub(in crate::app) split: Split,
    /// The number of rows to run in each form
    #[arg(long, value_name = "ROWS", default_value_t = 8)]
    pub(in crate::app) rows: usize,
}

/// The settings of a search.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(in crate::app) struct Search {
    /// The optimizer
    #[arg(long, value_name = "NAME")]
    pub(in crate::app) optimizer: Option<String>,
    /// The level of effort, for optimizers that have levels; light by default
    #[arg(long, value_enum)]
    pub(in crate::app) auto: Option<Auto>,
    /// The seed of all random choices
    #[arg(long, default_value_t = 0)]
    pub(in crate::app) seed: u64,
    /// The most LM calls
    #[arg(long, value_name = "CALLS")]
    pub(in crate::app) budget_calls: Option<u64>,
    /// The most tokens, of prompts and replies together; needs --max-tokens
    #[arg(long, value_name = "TOKENS", requires = "max_tokens")]
    pub(in crate::app) budget_tokens: Option<u64>,
    /// The most money, at the model's price; needs --max-tokens
    #[arg(long, value_name = "MONEY", requires = "max_tokens")]
    pub(in crate::app) budget_cost: Option<f64>,
    /// The most time
    #[arg(long, value_name = "MINUTES")]
    pub(in crate::app) budget_minutes: Option<u64>,
    /// The most tokens of a reply
    #[arg(long, value_name = "TOKENS")]
    pub(in crate::app) max_tokens: Option<u64>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Gate {
    /// The version; the newest by default
    #[arg(value_name = "VERSION")]
    pub(in crate::app) number: Option<u32>,
    /// The version to compare with: `baseline`, `current` or a number; by default what is released, else
    /// `baseline`
    #[arg(long, value_name = "VERSION")]
    pub(in crate::app) against: Option<Which>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Drift {
    /// Rows of traffic that someone has labelled since, in the order in which they came
    pub(in crate::app) rows: PathBuf,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Promote {
    /// The version; the newest by default
    #[arg(value_name = "VERSION")]
    pub(in crate::app) number: Option<u32>,
    /// Release it whatever the gate said, for this reason, which the history keeps
    #[arg(long, value_name = "REASON")]
    pub(in crate::app) anyway: Option<String>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Inspect {
    /// The version: `baseline`, `current`, a number, or a file; by default what is released
    pub(in crate::app) which: Option<Which>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Diff {
    /// A version: `baseline`, `current`, a number, or a file
    pub(in crate::app) a: Which,
    /// Another
    pub(in crate::app) b: Which,
}

#[derive(Args, Debug)]
pub(in crate::app) struct Report {
    /// A saved run; by default the one that was made last
    pub(in crate::app) run: Option<PathBuf>,
    /// Another saved run over the same rows, to compare it with
    pub(in crate::app) other: Option<PathBuf>,
    /// The file for the page
    #[arg(long, value_name = "PATH")]
    pub(in crate::app) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::app) struct ImportDspy {
    /// The state file, as Python's `program.save("state.json")` writes it
    pub(in crate::app) file: PathBuf,
}

#[derive(Args, Debug)]
pub(in crate::app) struct ExportDspy {
    /// The state file, for Python's `program.load("state.json")`
    pub(in crate::app) file: PathBuf,
    #[command(flatten)]
    pub(in crate::app) with: With,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(in crate::app) enum Cache {
    /// Shows the number of replies kept, and their size
    Stats,
    /// Let go of all replies
    Clear,
}

#[cfg(feature = "serve")]
#[derive(Args, Debug)]
pub(in crate::app) struct Serve {
    /// The address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(in crate::app) address: String,
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// The variable of the environment that holds the token which requests must bring
    #[arg(long, value_name = "VARIABLE")]
    pub(in crate::app) token_env: Option<String>,
    /// The interval at which to look for a newly released version
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(in crate::app) reload_seconds: u64,
    /// The number of requests that may be under way at once
    #[arg(long, value_name = "REQUESTS", default_value_t = 256)]
    pub(in crate::app) in_flight: usize,
    /// The longest time for a request
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(in crate::app) timeout_seconds: u64,
    /// Also serve the program as a tool of an MCP server, at `/mcp`
    #[cfg(feature = "mcp")]
    #[arg(long)]
    pub(in crate::app) mcp: bool,
}

#[cfg(feature = "mcp")]
#[derive(Args, Debug)]
pub(in crate::app) struct Mcp {
    #[command(flatten)]
    pub(in crate::app) with: With,
    /// The name of the tool for models; by default the name of the program
    #[arg(long, value_name = "NAME")]
    pub(in crate::app) name: Option<String>,
    /// The interval at which to look for a newly released version
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(in crate::app) reload_seconds: u64,
    /// The longest time for a call
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(in crate::app) timeout_seconds: u64,
}
