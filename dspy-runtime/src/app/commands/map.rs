//! `map`: rows in, rows out.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::args::Map as Arguments;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::context::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::map::{Map, MapSummary};
use crate::module::Module;

pub(super) async fn map<P: Module>(session: &Session<'_, P>, arguments: &Arguments) -> Result<Outcome> {
    if session.globals.json && arguments.out.is_none() {
        let message =
            "`--json` is for a result that is printed, and this prints rows; give `--out PATH` for them";
        return Err(Error::new(ErrorKind::NotConfigured, message));
    }
    let output = arguments.out.as_deref().map(|path| Output::new(path, arguments.overwrite)).transpose()?;
    let cx = match arguments.budget_calls {
        Some(calls) => session.cx()?.with_budget(Budget::calls(calls)),
        None => session.cx()?,
    };
    let versioned = session.versioned(&cx, arguments.with.with.as_ref())?;
    session.announce(&versioned.name, &cx);
    let mut map = Map::new(versioned.program)
        .id(&arguments.id)
        .extra(arguments.extra)
        .progress(!session.globals.quiet)
        .prepared(session.prepare.cloned());
    if let Some(rows) = session.globals.concurrency {
        map = map.concurrency(rows);
    }
    if let Some(seconds) = arguments.timeout {
        map = map.timeout(Duration::from_secs(seconds));
    }
    let summary = match (&arguments.rows, output) {
        (Some(path), output) if path.as_os_str() != "-" => {
            let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
            run(map, &cx, BufReader::new(file), output).await
        }
        (_, output) => run(map, &cx, BufReader::new(std::io::stdin()), output).await,
    }?;
    session.say(summary);
    let document = match arguments.out {
        Some(_) => json!({"rows": summary.rows, "failed": summary.failed, "usage": summary.usage}),
        None => Value::Null,
    };
    Ok(Outcome::done("", document))
}

async fn run<P: Module>(
    map: Map<P>,
    cx: &crate::Context,
    input: impl std::io::BufRead + Send + 'static,
    output: Option<Output>,
) -> Result<MapSummary> {
    match output {
        None => Ok(map.run(cx, input, BufWriter::new(std::io::stdout())).await?.0),
        Some(output) => {
            let (summary, output) = map.run(cx, input, output).await?;
            output.finish()?;
            Ok(summary)
        }
    }
}

/// A file that appears under its name once it is whole.
struct Output {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    overwrite: bool,
    is_whole: bool,
}

impl Output {
    fn new(path: &Path, overwrite: bool) -> Result<Self> {
        if path.exists() && !overwrite {
            let message = format!("{} exists; give `--overwrite` to replace it", path.display());
            return Err(Error::new(ErrorKind::Io, message));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|error| Error::io("write", &part, error))?;
        let (path, file) = (path.to_owned(), BufWriter::new(file));
        Ok(Self { path, part, file, overwrite, is_whole: false })
    }

    fn finish(mut self) -> Result<()> {
        let failed = |error| Error::io("write", &self.path, error);
        self.file.flush().and_then(|()| self.file.get_ref().sync_all()).map_err(failed)?;
        if self.overwrite {
            std::fs::rename(&self.part, &self.path).map_err(failed)?;
            self.is_whole = true;
        } else {
            // A link is never made over a file that came in the meantime. The part goes when this is dropped.
            std::fs::hard_link(&self.part, &self.path).map_err(failed)?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.is_whole {
            // What is left behind does no harm.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
