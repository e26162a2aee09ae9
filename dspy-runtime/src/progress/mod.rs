//! The progress of something: a bar on a terminal, and elsewhere plain lines.

mod lines;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::context::Meter;
use lines::Lines;
pub(crate) use lines::Teller;

/// The progress of rows.
pub(crate) struct Progress {
    shown: Shown,
    sum: f64,
    done: u64,
}

enum Shown {
    Nowhere,
    Bar(ProgressBar),
    Lines(Teller),
    /// As a part of something that has lines of its own.
    Part(Arc<Lines>),
}

/// The lines of something that has several parts, if there is no terminal to show a bar for each; the meter counts
/// what it spends.
pub(crate) fn teller(what: &'static str, meter: &Arc<Meter>, shown: bool) -> Option<Teller> {
    // Without a runtime there is nobody to keep the time.
    let shown = shown && !std::io::stderr().is_terminal() && tokio::runtime::Handle::try_current().is_ok();
    let meter = meter.clone();
    shown.then(|| Teller::new(Lines::new(what, move || meter.so_far(), std::io::stderr())))
}

impl Progress {
    /// Shows rows on standard error.
    pub(crate) fn new(what: &'static str, total: usize, meter: &Arc<Meter>, shown: bool) -> Self {
        match teller(what, meter, shown) {
            Some(teller) => Self::lines(teller, total),
            None => Self::bar(what, total, shown),
        }
    }

    /// Shows rows as a part of something; none are something else that takes its time.
    pub(crate) fn part(of: Option<&Teller>, what: &str, total: usize, shown: bool) -> Self {
        match of {
            Some(teller) => {
                teller.lines().begin(what, total);
                Self::of(Shown::Part(teller.lines().clone()))
            }
            None => Self::bar(what, total, shown),
        }
    }

    fn lines(teller: Teller, total: usize) -> Self {
        teller.lines().begin("", total);
        Self::of(Shown::Lines(teller))
    }

    fn bar(what: &str, total: usize, shown: bool) -> Self {
        let shown = shown && std::io::stderr().is_terminal();
        let style = || match total {
            0 => ProgressStyle::with_template("{prefix} ({elapsed})"),
            _ => ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} ({eta} left)"),
        };
        let bar = style()
            .ok()
            .filter(|_| shown)
            .map(|style| ProgressBar::new(total as u64).with_style(style).with_prefix(what.to_owned()));
        if let Some(bar) = bar.as_ref().filter(|_| total == 0) {
            bar.enable_steady_tick(Duration::from_secs(1));
        }
        Self::of(bar.map_or(Shown::Nowhere, Shown::Bar))
    }

    fn of(shown: Shown) -> Self {
        Self { shown, sum: 0.0, done: 0 }
    }

    /// One more row was there before anything was run.
    pub(crate) fn known(&mut self, score: f64) {
        match self.shown.lines() {
            Some(lines) => lines.known(score),
            None => self.add(score),
        }
    }

    /// One more row is done.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn add(&mut self, score: f64) {
        self.sum += score;
        self.done += 1;
        match self.shown.lines() {
            Some(lines) => lines.add(score),
            None => self.say(|progress| format!("mean {:.3}", progress.sum / progress.done as f64)),
        }
    }

    /// One more row without a score is done, well or not.
    pub(crate) fn end(&mut self, failed: bool) {
        self.done += u64::from(failed);
        match self.shown.lines() {
            Some(lines) => lines.add_unscored(failed),
            None => self.say(|progress| format!("{} failed", progress.done)),
        }
    }

    fn say(&self, message: impl Fn(&Self) -> String) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(message(self));
            bar.inc(1);
        }
    }
}

impl Shown {
    fn lines(&self) -> Option<&Lines> {
        match self {
            Self::Lines(teller) => Some(teller.lines()),
            Self::Part(lines) => Some(lines),
            Self::Nowhere | Self::Bar(_) => None,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        match &self.shown {
            Shown::Bar(bar) => bar.finish_and_clear(),
            Shown::Part(lines) => lines.end(),
            Shown::Nowhere | Shown::Lines(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
