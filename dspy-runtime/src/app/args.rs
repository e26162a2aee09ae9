//! What can be typed. No work is done here.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, after_long_help = EXIT_CODES)]
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
  3  refused: the gate says keep, a score is below `--at-least`, or a release may not be promoted
  4  undecided: the gate needs more rows
  5  stopped: the budget was spent or rows failed before all was done";

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(super) struct Globals {
    /// The model, as provider/name[@revision]; by default DSPY_MODEL, else the built-in one
    #[arg(long, global = true, value_name = "ID")]
    pub(super) model: Option<String>,
    /// The data: a folder of train, validation and test files, or one file that is split
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) data: Option<PathBuf>,
    /// Where releases are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// Where the cache, journals, runs and reports are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) scratch: Option<PathBuf>,
    /// How many runs of the program are under way at once
    #[arg(long, global = true, value_name = "RUNS", default_value_t = 16)]
    pub(super) concurrency: usize,
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
    /// Show the prompts of one input, without making a call
    Render(Render),
    /// Score the program on rows
    Eval(Eval),
    /// Tell what a search would cost at the most, without making a call
    Plan(Search),
    /// Search for better instructions and demonstrations, and keep what is found as a version
    Compile(Search),
    /// Go on with the search that was stopped last
    Resume,
    /// Compare a version with what is released, on the test rows
    Gate(Gate),
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
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where an input comes from: the command line, a file, standard input, or a row of the data.
#[derive(Args, Debug)]
pub(super) struct Input {
    /// The input: one JSON object, or FIELD=VALUE for each field; standard input if there is none
    #[arg(value_name = "INPUT")]
    pub(super) fields: Vec<String>,
    /// A file with the input as JSON; `-` for standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["fields", "row"])]
    pub(super) file: Option<PathBuf>,
    /// A row of the data, by its id or its place from 1
    #[arg(long, value_name = "ROW", conflicts_with = "fields")]
    pub(super) row: Option<String>,
    /// The split that the row is in
    #[arg(long, value_enum, default_value_t = Split::Test)]
    pub(super) split: Split,
}

#[derive(Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) input: Input,
    #[command(flatten)]
    pub(super) with: With,
    /// Show the fields as they come; with --json an event a line
    #[arg(long)]
    pub(super) stream: bool,
    /// Show the prompt and the reply of every step, too
    #[arg(long, conflicts_with = "stream")]
    pub(super) steps: bool,
}

#[derive(Args, Debug)]
pub(super) struct Render {
    #[command(flatten)]
    pub(super) input: Input,
    #[command(flatten)]
    pub(super) with: With,
    /// Only this predictor, whose own inputs are given
    #[arg(long, value_name = "PATH")]
    pub(super) predictor: Option<String>,
}

/// Which states the program has.
#[derive(Args, Debug)]
pub(super) struct With {
    /// Which version: `baseline` (as declared), `current` (as released), a number, or a file
    #[arg(long, value_name = "VERSION")]
    pub(super) with: Option<Which>,
}

#[derive(Args, Debug)]
pub(super) struct Eval {
    #[command(flatten)]
    pub(super) with: With,
    /// The split
    #[arg(long, value_enum, default_value_t = Split::Validation)]
    pub(super) split: Split,
    /// Exit with 3 if the score is below this
    #[arg(long, value_name = "SCORE")]
    pub(super) at_least: Option<f64>,
}

/// How to search.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub(super) struct Search {
    /// The optimizer
    #[arg(long, value_name = "NAME")]
    pub(super) optimizer: Option<String>,
    /// How much effort, for optimizers that have levels; light by default
    #[arg(long, value_enum)]
    pub(super) auto: Option<Auto>,
    /// The seed of all random choices
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// The most LM calls
    #[arg(long, value_name = "CALLS")]
    pub(super) budget_calls: Option<u64>,
    /// The most tokens, of prompts and replies together; needs --max-tokens
    #[arg(long, value_name = "TOKENS", requires = "max_tokens")]
    pub(super) budget_tokens: Option<u64>,
    /// The most money, at the model's price; needs --max-tokens
    #[arg(long, value_name = "MONEY", requires = "max_tokens")]
    pub(super) budget_cost: Option<f64>,
    /// The most time
    #[arg(long, value_name = "MINUTES")]
    pub(super) budget_minutes: Option<u64>,
    /// The most tokens of a reply
    #[arg(long, value_name = "TOKENS")]
    pub(super) max_tokens: Option<u64>,
}

#[derive(Args, Debug)]
pub(super) struct Gate {
    /// The version; the newest by default
    pub(super) version: Option<u32>,
    /// What it is compared with: `baseline`, `current` or a number; by default what is released, else `baseline`
    #[arg(long, value_name = "VERSION")]
    pub(super) against: Option<Which>,
}

#[derive(Args, Debug)]
pub(super) struct Promote {
    /// The version; the newest by default
    pub(super) version: Option<u32>,
    /// Release it whatever the gate said, for this reason, which the history keeps
    #[arg(long, value_name = "REASON")]
    pub(super) anyway: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// Which version: `baseline`, `current`, a number, or a file; by default what is released
    pub(super) which: Option<Which>,
}

#[derive(Args, Debug)]
pub(super) struct Diff {
    /// A version: `baseline`, `current`, a number, or a file
    pub(super) a: Which,
    /// Another
    pub(super) b: Which,
}

#[derive(Args, Debug)]
pub(super) struct Report {
    /// A saved run; by default the one that was made last
    pub(super) run: Option<PathBuf>,
    /// Another saved run over the same rows, to compare it with
    pub(super) other: Option<PathBuf>,
    /// Where the page goes
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ImportDspy {
    /// The state file, as Python's `program.save("state.json")` writes it
    pub(super) file: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct ExportDspy {
    /// The state file, for Python's `program.load("state.json")`
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) with: With,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Cache {
    /// How many replies are kept, and how large they are
    Stats,
    /// Let go of all replies
    Clear,
}

#[cfg(feature = "serve")]
#[derive(Args, Debug)]
pub(super) struct Serve {
    /// The address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(super) address: String,
    #[command(flatten)]
    pub(super) with: With,
    /// The variable of the environment that holds the token which requests must bring
    #[arg(long, value_name = "VARIABLE")]
    pub(super) token_env: Option<String>,
    /// How often to look for a newly released version
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(super) reload_seconds: u64,
    /// How many requests may be under way at once
    #[arg(long, value_name = "REQUESTS", default_value_t = 256)]
    pub(super) in_flight: usize,
    /// How long a request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(super) timeout_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Split {
    Train,
    Validation,
    Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Auto {
    Light,
    Medium,
    Heavy,
}

/// A state of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Baseline,
    Current,
    Version(u32),
    File(PathBuf),
}

impl FromStr for Which {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "baseline" => Ok(Self::Baseline),
            "current" => Ok(Self::Current),
            _ => match text.strip_prefix('v').unwrap_or(text).parse() {
                Ok(version) => Ok(Self::Version(version)),
                Err(_) if text.contains(['.', '/', '\\']) => Ok(Self::File(text.into())),
                Err(_) => Err(Error::data(format!(
                    "`{text}` is no version; write `baseline`, `current`, a number, or the path of a file"
                ))),
            },
        }
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Baseline => f.write_str("baseline"),
            Self::Current => f.write_str("current"),
            Self::Version(version) => write!(f, "version {version}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
