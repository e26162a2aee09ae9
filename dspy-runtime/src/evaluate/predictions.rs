//! The judging of outputs that were written by a [`Map`](crate::map::Map).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::report::Report;
use super::row::RowReport;
use super::run::Evaluate;
use crate::context::Context;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::figure::listed;
use crate::lm::Usage;
use crate::signature::{Fields, Row};
use crate::value::Record;

/// A line that a [`Map`](crate::map::Map) wrote.
#[derive(Deserialize)]
struct Line {
    id: Value,
    output: Option<Record>,
    error: Option<Failure>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
}

impl<R: Row, O: Fields> Evaluate<R, O> {
    /// Judges the outputs of a file that [`Map`](crate::map::Map), or the command `map`, wrote, in any order and by as many
    /// processes as it took. Lines belong to rows by the row's `id`, or where it has none by its place from 1.
    ///
    /// The program is not run; a metric that asks no model makes no call. Lines that are errors score as failed runs do.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, a line is none of a map's, an id comes twice, is of no row, or a row has no line. Outputs that are
    /// not of this type are errors, too. Failures of the metric are in the report.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::Scripted;
    /// use dspy::{Context, Evaluate, Rows, signature};
    ///
    /// /// Name the capital of a country.
    /// #[signature]
    /// struct Capital {
    ///     #[input]
    ///     country: String,
    ///     /// Its name alone.
    ///     #[output]
    ///     capital: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
    /// let path = std::env::temp_dir().join(format!("dspy-doc-predictions-{}.jsonl", std::process::id()));
    /// std::fs::write(&path, "{\"id\": 2, \"output\": {\"capital\": \"Rome\"}}\n{\"id\": 1, \"output\": {\"capital\": \"Lyon\"}}\n")?;
    /// let exact = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
    /// let cx = Context::new(Scripted::replies(["never asked"]));
    /// assert_eq!(exact.predictions(&cx, &path, &rows).await?.score(), 0.5);
    /// # std::fs::remove_file(path)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn predictions(&self, cx: &Context, path: impl AsRef<Path>, rows: &Rows<R>) -> Result<Report> {
        let path = path.as_ref();
        let mut lines = read(path)?;
        let fresh = self.fresh(rows)?;
        let key = |row: &RowReport| row.id.clone().unwrap_or_else(|| (row.row + 1).to_string());
        let missing: Vec<String> = fresh.iter().map(key).filter(|id| !lines.contains_key(id)).collect();
        if !missing.is_empty() {
            return Err(named(path, "has no line for", &missing));
        }
        let found: Vec<RowReport> = fresh
            .into_iter()
            .filter_map(|row| {
                let line = lines.remove(&key(&row))?;
                let error = line.error.map(|error| error.message);
                Some(RowReport { output: line.output, error, usage: line.usage, ..row })
            })
            .collect();
        if !lines.is_empty() {
            let others: Vec<String> = lines.into_keys().collect();
            return Err(named(path, &format!("has lines of no row of `{}`:", rows.name()), &others));
        }
        let (found, stopped) = self.judged(cx, "score", found, rows).await?;
        Ok(Report::new(self.metric.to_string(), rows.record()?, found, stopped))
    }
}

/// Reads the lines by the id of their row.
fn read(path: &Path) -> Result<BTreeMap<String, Line>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    let mut lines = BTreeMap::new();
    for (number, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let at = |message: String| Error::data(format!("{}, line {number}: {message}", path.display()));
        let line: Line = serde_json::from_str(text).map_err(|error| at(error.to_string()))?;
        if line.output.is_some() == line.error.is_some() {
            return Err(at("a line has either an output or an error; `map` writes them".to_owned()));
        }
        let id = line.id.as_str().map_or_else(|| line.id.to_string(), str::to_owned);
        if lines.contains_key(&id) {
            return Err(at(format!("row `{id}` has a line already")));
        }
        lines.insert(id, line);
    }
    Ok(lines)
}

fn named(path: &Path, what: &str, ids: &[String]) -> Error {
    let quoted: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    Error::data(format!("{} {what} {}", path.display(), listed(&quoted)))
}
