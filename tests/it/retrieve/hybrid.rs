use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::retrieve::{Hybrid, Passage, Retriever};
use dspy::{Context, Error, ErrorKind, Result};
use futures_util::future::{BoxFuture, FutureExt};
use proptest::prelude::*;
use tokio::sync::Barrier;

use super::{context, ids};

/// Finds the same ids for every query.
#[derive(Debug)]
struct Fixed(Vec<String>);

impl Fixed {
    fn of(ids: &str) -> Self {
        Self(ids.split_whitespace().map(str::to_owned).collect())
    }
}

impl Retriever for Fixed {
    type Meta = ();

    fn search<'a>(&'a self, _: &'a Context, _: &'a str, k: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
        let found = self.0.iter().take(k).map(|id| Passage::new(id, format!("text {id}")).with_score(7.0));
        std::future::ready(Ok(found.collect())).boxed()
    }
}

#[tokio::test]
async fn ranks_are_fused_as_published() {
    let hybrid = Hybrid::new().with(Fixed::of("a b c")).with(Fixed::of("c a d"));
    let found = hybrid.search(&context(), "any", 3).await.expect("fixed");
    assert_eq!(ids(&found), ["a", "c", "b"]);
    let scores: Vec<f64> = found.iter().map(|passage| passage.score).collect();
    assert_eq!(scores, [1.0 / 61.0 + 1.0 / 62.0, 1.0 / 63.0 + 1.0 / 61.0, 1.0 / 62.0]);
    // Both first in one list: the earlier retriever's comes first.
    let even = Hybrid::new().with(Fixed::of("x")).with(Fixed::of("a"));
    assert_eq!(ids(&even.search(&context(), "any", 5).await.expect("fixed")), ["x", "a"]);
    // A depth below what is asked for does not hold anything back, and one vote a retriever.
    let twice = Hybrid::new().depth(1).with(Fixed::of("a a b"));
    let found = twice.search(&context(), "any", 3).await.expect("fixed");
    assert_eq!((ids(&found), found[0].score), (vec!["a", "b"], 1.0 / 61.0));
    assert!(Hybrid::<()>::new().search(&context(), "any", 3).await.expect("nobody").is_empty());
}

/// Answers when all that share the barrier have been asked, or fails.
#[derive(Debug)]
struct Meeting(Option<Arc<Barrier>>, Arc<AtomicUsize>);

impl Retriever for Meeting {
    type Meta = ();

    fn search<'a>(&'a self, _: &'a Context, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
        async move {
            let Some(barrier) = &self.0 else { return Err(Error::new(ErrorKind::Server, "down")) };
            barrier.wait().await;
            self.1.fetch_add(1, Ordering::SeqCst);
            Ok(Vec::new())
        }
        .boxed()
    }
}

#[tokio::test]
async fn retrievers_are_asked_at_the_same_time_and_one_that_fails_ends_all() {
    let (barrier, done) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let meeting = || Meeting(Some(barrier.clone()), done.clone());
    let both = Hybrid::new().with(meeting()).with(meeting());
    both.search(&context(), "any", 1).await.expect("they met");
    assert_eq!(done.load(Ordering::SeqCst), 2);
    // The first waits for a second that never comes, and is given up.
    let failing = Hybrid::new().with(meeting()).with(Meeting(None, done.clone()));
    let error = failing.search(&context(), "any", 1).await.expect_err("one is down");
    assert_eq!((error.kind(), done.load(Ordering::SeqCst)), (ErrorKind::Server, 2));
}

proptest! {
    /// Everything found is in the fusion once, with the score of its ranks, in falling order.
    #[test]
    fn nothing_is_lost_or_made_up(lists in prop::collection::vec(prop::collection::btree_set("[a-j]", 0..8), 0..4)) {
        let lists: Vec<Vec<String>> = lists.into_iter().map(|list| list.into_iter().rev().collect()).collect();
        let hybrid = lists.iter().fold(Hybrid::new(), |hybrid, list| hybrid.with(Fixed(list.clone())));
        let cx = context();
        let found = hybrid.search(&cx, "any", 100).now_or_never().expect("at once").expect("fixed");
        let mut all: Vec<&String> = lists.iter().flatten().collect();
        all.sort_unstable();
        all.dedup();
        let mut named = ids(&found);
        named.sort_unstable();
        prop_assert_eq!(named, all);
        for passage in &found {
            let ranks = lists.iter().filter_map(|list| list.iter().position(|id| *id == passage.id));
            let score: f64 = ranks.map(|place| 1.0 / (61.0 + place as f64)).sum();
            prop_assert!((passage.score - score).abs() < 1e-12);
        }
        prop_assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }
}
