//! A progress bar, where there is someone to see it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error if that is a terminal, else nothing.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    sum: f64,
    done: u64,
}

impl Progress {
    pub(crate) fn new(what: &str, total: usize, shown: bool) -> Self {
        let shown = shown && std::io::stderr().is_terminal();
        let style = || ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} ({eta} left)");
        let bar = style()
            .ok()
            .filter(|_| shown)
            .map(|style| ProgressBar::new(total as u64).with_style(style).with_prefix(what.to_owned()));
        Self { bar, sum: 0.0, done: 0 }
    }

    /// One more row is done.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn add(&mut self, score: f64) {
        self.sum += score;
        self.done += 1;
        self.say(|progress| format!("mean {:.3}", progress.sum / progress.done as f64));
    }

    /// One more row without a score is done, well or not.
    pub(crate) fn end(&mut self, failed: bool) {
        self.done += u64::from(failed);
        self.say(|progress| format!("{} failed", progress.done));
    }

    fn say(&self, message: impl Fn(&Self) -> String) {
        if let Some(bar) = &self.bar {
            bar.set_message(message(self));
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
