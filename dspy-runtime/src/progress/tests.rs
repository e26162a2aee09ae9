use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lines::{Lines, Teller};
use super::{Progress, Shown};
use crate::lm::Usage;

/// The page for lines, and the spending so far.
#[derive(Clone, Default)]
struct Page {
    text: Arc<Mutex<Vec<u8>>>,
    usage: Arc<Mutex<Usage>>,
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn teller(&self, what: &'static str) -> Teller {
        let usage = self.usage.clone();
        Teller::new(Lines::new(what, move || *usage.lock().expect("no panic"), self.clone()))
    }

    fn spend(&self, calls: u64, tokens: u64, retries: u64) {
        let usage = Usage { calls, input_tokens: tokens, retries, ..Usage::default() };
        *self.usage.lock().expect("no panic") += usage;
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.text.lock().expect("no panic").clone()).expect("text");
        text.lines().map(str::to_owned).collect()
    }
}

/// So many seconds later, with all that was due in them done.
async fn later(seconds: u64) {
    for _ in 0..seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_told_after_some_seconds_and_then_now_and_then() {
    let page = Page::default();
    page.spend(7, 70, 0);
    let mut progress = Progress::lines(page.teller("evaluate"), 100);
    later(4).await;
    assert_eq!(page.lines(), Vec::<String>::new());
    page.spend(1, 1_500, 2);
    later(2).await;
    for _ in 0..6 {
        progress.add(0.5);
    }
    page.spend(6, 9_000, 0);
    later(30).await;
    for _ in 0..94 {
        progress.add(1.0);
    }
    drop(progress);
    let lines = page.lines();
    assert_eq!(
        lines.first().map(String::as_str),
        Some("dspy: evaluate: 0 of 100 rows in 5 s; 1 LM call, 2 made again, 1,500 tokens")
    );
    assert_eq!(
        lines.get(1).map(String::as_str),
        Some(
            "dspy: evaluate: 6 of 100 rows in 15 s, mean 0.500, 24 rows a minute, about 4 min left; \
             7 LM calls, 2 made again, 10,500 tokens"
        )
    );
    assert!(
        lines.last().is_some_and(|last| last.contains("100 of 100 rows in 36 s, mean 0.970")),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 5, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_soon_over_says_nothing() {
    let page = Page::default();
    let mut progress = Progress::lines(page.teller("batch"), 2);
    later(3).await;
    progress.end(false);
    progress.end(true);
    drop(progress);
    assert_eq!(page.lines(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_hour_is_no_flood_and_a_stuck_call_no_silence() {
    let page = Page::default();
    let progress = Progress::lines(page.teller("evaluate"), 10);
    later(3_600).await;
    let lines = page.lines();
    assert!((60..120).contains(&lines.len()), "{}", lines.len());
    drop(progress);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_no_measure_of_speed() {
    let page = Page::default();
    let mut progress = Progress::lines(page.teller("evaluate"), 100);
    (0..50).for_each(|_| progress.known(1.0));
    progress.add(1.0);
    later(6).await;
    assert!(
        page.lines()[0].contains("51 of 100 rows in 5 s, mean 1.000, 12 rows a minute, about 4 min left")
    );
}

#[tokio::test(start_paused = true)]
async fn parts_are_told_in_the_lines_of_the_whole() {
    let page = Page::default();
    let teller = page.teller("search");
    later(6).await;
    let part = Progress::part(Some(&teller), "score candidates", 40, true);
    assert!(matches!(part.shown, Shown::Part(_)));
    later(10).await;
    drop(part);
    later(10).await;
    drop(teller);
    let starts: Vec<String> =
        page.lines().iter().filter_map(|line| line.split(';').next().map(str::to_owned)).collect();
    assert_eq!(
        starts,
        [
            "dspy: search: 5 s so far",
            "dspy: search, score candidates: 0 of 40 rows in 15 s",
            "dspy: search: 25 s so far",
            "dspy: search: 26 s so far"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_no_rows_tells_of_its_time_alone() {
    let page = Page::default();
    let teller = page.teller("search");
    let waiting = Progress::part(Some(&teller), "train the model", 0, true);
    later(6).await;
    assert_eq!(page.lines(), ["dspy: search, train the model: 5 s so far; 0 LM calls"]);
    drop(waiting);
}
