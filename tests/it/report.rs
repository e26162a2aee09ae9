//! The report of a search, and watching one.

use std::sync::{Arc, Mutex};

use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{SearchEvent, SearchEventKind};
use dspy::{Budget, Compiled, Context, Gepa, RandomSearch};

use crate::task::{Guess, GuessOutput, Sorter, right, splits};

const HOSTILE: &str = "Say <script>alert('fruit')</script> & \"which\" fruit it is.";

/// Guesses by the prompt; asked to reflect, it writes what a page must not take for its own.
fn model() -> Context {
    Context::new(Scripted::new(|_, request: &Request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        let sum = text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) >> 7;
        if !text.contains("[[ ## fruit ## ]]") {
            return Ok(Response::new(format!("```\n{HOSTILE} {}\n```", sum % 97)));
        }
        let fruit = ["apple", "banana", "cherry"][sum as usize % 3];
        Ok(Response::new(format!("[[ ## reasoning ## ]]\n<b>so\n[[ ## fruit ## ]]\n{fruit}")))
    }))
}

async fn searched() -> Compiled<Sorter> {
    let splits = splits();
    let optimizer = RandomSearch::new(right).candidates(4).seed(3);
    let mut program = Sorter::new();
    let mut state = dspy::Module::state(&program);
    state.get_mut("guess").expect("it is there").instructions = HOSTILE.into();
    program = dspy::Module::with_state(&program, &state).expect("it fits");
    optimizer.compile(&model(), program, &splits).await.expect("it runs")
}

/// Every tag closes, in order; gives the texts between them.
fn texts(page: &str) -> String {
    let (mut open, mut text, mut rest) = (Vec::new(), String::new(), page);
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        match tag.strip_prefix('/') {
            Some(name) => {
                assert_eq!(open.pop(), Some(name.to_owned()), "before {}", &after[..after.len().min(80)])
            }
            None if tag.starts_with('!') || tag.starts_with("meta") => {}
            None => open.push(tag.split(' ').next().expect("a name").to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    text
}

#[tokio::test]
async fn the_page_has_every_candidate_and_nothing_that_runs() {
    let compiled = searched().await;
    let page = compiled.report().to_html();
    let text = texts(&page);
    for (place, candidate) in compiled.candidates.iter().enumerate() {
        assert!(text.contains(&format!("{place} {}", candidate.name)), "{}", candidate.name);
        assert!(page.contains(&format!("id=\"c{place}\"")));
    }
    assert!(!page.contains("<script") && !page.contains("<b>so"), "all that a model wrote is escaped");
    assert!(page.contains("&lt;script&gt;alert(&#39;fruit&#39;)"));
    assert!(!page.contains("://") && page.contains("default-src 'none'"), "nothing is loaded");
    assert!(page.contains("name=\"viewport\"") && page.contains("prefers-color-scheme:dark"));
    assert_eq!(page.matches("<circle").count(), compiled.candidates.len());
    assert_eq!(page.matches("<td style").count() + page.matches("<td class=\"dim\">·").count(), 12 * 7);
    assert!(page.contains("<ins>"), "demonstrations are new");

    let json = compiled.report().to_json();
    assert_eq!(json["candidates"].as_array().map(Vec::len), Some(compiled.candidates.len()));
    assert_eq!((&json["picked"], &json["score"]), (&compiled.picked.into(), &compiled.score.into()));
    assert!(json["spent"]["task"]["calls"].as_u64() > Some(0));
}

#[tokio::test]
async fn lines_of_descent_are_in_the_page() {
    let splits = splits();
    let optimizer = Gepa::with_runs(right, 200).minibatch(3).seed(1);
    let compiled = optimizer.compile(&model(), Sorter::new(), &splits).await;
    let compiled = compiled.expect("it runs");
    let page = compiled.report().to_html();
    texts(&page);
    for (place, candidate) in compiled.candidates.iter().enumerate().skip(1) {
        assert!(page.contains(&format!("; changes against {}", candidate.parents[0])), "{place}");
    }
}

#[tokio::test]
async fn calls_rise_and_the_frontier_has_the_best() {
    let compiled = searched().await;
    let calls: Vec<u64> = compiled.candidates.iter().map(|candidate| candidate.calls).collect();
    assert!(calls.is_sorted() && calls[0] > 0 && calls.last() <= Some(&compiled.usage.calls));
    assert_eq!(compiled.candidates[compiled.picked].score, compiled.score);
    let frontier = compiled.frontier();
    let best = |place: &usize| compiled.candidates[*place].score == compiled.score;
    assert!(frontier.iter().any(best), "{frontier:?}");
    assert_eq!(compiled.latencies.len(), compiled.candidates.len());
}

async fn watched(concurrency: usize) -> Vec<SearchEvent> {
    let events: Arc<Mutex<Vec<SearchEvent>>> = Arc::default();
    let seen = events.clone();
    let splits = splits();
    let optimizer: RandomSearch<Guess, GuessOutput> = RandomSearch::new(right)
        .candidates(4)
        .seed(3)
        .concurrency(concurrency)
        .budget(Budget::calls(900))
        .observe(move |event| seen.lock().expect("nobody panicked").push(event.clone()));
    let found = optimizer.compile(&model(), Sorter::new(), &splits).await;
    let found = found.expect("it runs");
    let events = events.lock().expect("nobody panicked").clone();
    let last = events.last().expect("there is an end");
    assert_eq!((last.calls, last.calls_left), (found.usage.calls, Some(900 - found.usage.calls)));
    assert_eq!(last.best.map(|(_, score)| score), Some(found.score));
    assert!(matches!(last.kind, SearchEventKind::Finished { picked, .. } if picked == found.picked));
    let candidates =
        events.iter().filter(|event| matches!(event.kind, SearchEventKind::Candidate { .. })).count();
    assert_eq!(candidates, found.candidates.len());
    events
}

#[tokio::test]
async fn events_come_in_one_order_whatever_comes_first() {
    let one = watched(1).await;
    assert_eq!(one, watched(4).await);
    assert_eq!(one, watched(64).await);
    assert!(matches!(one[0].kind, SearchEventKind::Round { candidates: 1, .. }), "the baseline");
}
