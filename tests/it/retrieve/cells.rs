//! VectorIndex that look at a part of their vectors.

use dspy::retrieve::{Cells, Passage, Retriever, VectorIndex};
use dspy::{Context, Result};
use proptest::prelude::*;

use super::vector_index::literal;
use super::{ids, message};
use crate::file::File;

const DIMENSIONS: usize = 8;

/// Numbers from -1 to 1, the same each time.
fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 33) as u32) / f64::from(1_u32 << 30) - 1.0
    }
}

fn text(vector: &[f64]) -> String {
    vector.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Texts whose vectors lie around some directions, as those of texts with topics do.
fn topics(count: usize, topics: usize) -> Vec<String> {
    let mut random = random(7);
    let centres: Vec<Vec<f64>> = (0..topics).map(|_| (0..DIMENSIONS).map(|_| random()).collect()).collect();
    let near =
        |at: usize| centres[at % topics].iter().map(|value| value + 0.2 * random()).collect::<Vec<_>>();
    (0..count).map(near).map(|vector| text(&vector)).collect()
}

async fn build(cx: &Context, texts: &[String]) -> VectorIndex {
    let passages = texts.iter().enumerate().map(|(id, text)| Passage::new(id.to_string(), text));
    VectorIndex::build(cx, passages).await.expect("vectors")
}

async fn found(embeddings: &VectorIndex, cx: &Context, query: &str, k: usize) -> Vec<String> {
    let found = embeddings.search(cx, query, k).await.expect("vectors");
    ids(&found).into_iter().map(str::to_owned).collect()
}

/// The share of the exact ten best that is found.
async fn recall(exact: &VectorIndex, cells: &VectorIndex, cx: &Context, queries: &[String]) -> f64 {
    let mut hits = 0;
    for query in queries {
        let best = found(exact, cx, query, 10).await;
        hits += found(cells, cx, query, 10).await.iter().filter(|id| best.contains(id)).count();
    }
    hits as f64 / (10 * queries.len()) as f64
}

#[tokio::test]
async fn most_of_the_best_are_found_in_a_few_cells() {
    let cx = literal();
    let texts = topics(2_000, 40);
    let exact = build(&cx, &texts).await;
    let queries: Vec<String> = texts.iter().step_by(50).cloned().collect();
    let looked = |probes| exact.clone().approximate(Cells::default().probes(probes)).expect("cells");
    let shares =
        [recall(&exact, &looked(1), &cx, &queries).await, recall(&exact, &looked(8), &cx, &queries).await];
    assert!(shares[0] > 0.5 && shares[1] > 0.97, "{shares:?}");
    assert!(recall(&exact, &looked(44), &cx, &queries).await == 1.0, "all cells are exact");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_cells_and_a_file_keeps_them() {
    let cx = literal();
    let texts = topics(500, 12);
    let exact = build(&cx, &texts).await;
    let cells = Cells::default().count(20).probes(1);
    let files = ["cells-a", "cells-b", "cells-c"].map(|name| File::new(&format!("retrieve-{name}")));
    for (file, seed) in files.iter().zip([3, 3, 4]) {
        exact.clone().approximate(cells.seed(seed)).expect("cells").save(&file.0).expect("written");
    }
    let [a, b, c] = files.each_ref().map(|file| std::fs::read(&file.0).expect("written"));
    assert!(a == b && a != c);

    let loaded = VectorIndex::<()>::load(&files[0].0, &cx).expect("read");
    let made = exact.clone().approximate(cells.seed(3)).expect("cells");
    for query in texts.iter().step_by(25) {
        assert_eq!(found(&loaded, &cx, query, 5).await, found(&made, &cx, query, 5).await);
    }
    let again = loaded.exact();
    assert_eq!(found(&again, &cx, &texts[0], 9).await, found(&exact, &cx, &texts[0], 9).await);

    for end in (0..a.len()).step_by(997) {
        std::fs::write(&files[1].0, &a[..end]).expect("ours");
        VectorIndex::<()>::load(&files[1].0, &cx).expect_err("cut off");
    }
    let head = a.iter().position(|byte| *byte == b'\n').expect("a line");
    let changed =
        String::from_utf8(a[..head].to_vec()).expect("JSON").replace("\"count\":20,", "\"count\":19,");
    std::fs::write(&files[1].0, [changed.as_bytes(), &a[head..]].concat()).expect("ours");
    assert!(message(VectorIndex::<()>::load(&files[1].0, &cx)).contains("damaged"));
}

#[tokio::test]
async fn what_is_added_later_is_found() {
    let cx = literal();
    let texts = topics(300, 10);
    let mut cells = build(&cx, &texts[..200]).await.approximate(Cells::default().probes(2)).expect("cells");
    let later = (200..).zip(&texts[200..]).map(|(id, text)| Passage::new(id.to_string(), text));
    cells.add(&cx, later).await.expect("new");
    assert_eq!(found(&cells, &cx, &texts[250], 1).await, ["250"]);
    let mut empty = build(&cx, &[]).await.approximate(Cells::default()).expect("none yet");
    assert!(found(&empty, &cx, &texts[0], 3).await.is_empty());
    empty.add(&cx, [Passage::new("a", &texts[0]), Passage::new("b", &texts[1])]).await.expect("new");
    assert_eq!(found(&empty, &cx, &texts[0], 3).await, ["a", "b"]);
}

#[tokio::test]
async fn cells_that_cannot_be_are_refused() {
    let exact = build(&literal(), &topics(5, 2)).await;
    for cells in [Cells::default().probes(0), Cells::default().count(0)] {
        assert!(message(exact.clone().approximate(cells)).contains("1 cell or more"));
    }
    exact.approximate(Cells::default().count(1_000)).expect("as many as there are vectors");
}

/// What holds for any vectors: all cells are exact, and few give as many passages as all.
async fn holds(vectors: Vec<Vec<i8>>, count: usize, k: usize) -> Result<()> {
    let cx = literal();
    let texts: Vec<String> = vectors
        .iter()
        .map(|vector| text(&vector.iter().map(|value| f64::from(*value)).collect::<Vec<_>>()))
        .collect();
    let exact = build(&cx, &texts).await;
    let all = exact.clone().approximate(Cells::default().count(count).probes(count))?;
    let one = exact.clone().approximate(Cells::default().count(count).probes(1))?;
    for query in &texts {
        let best = found(&exact, &cx, query, k).await;
        assert_eq!(found(&all, &cx, query, k).await, best);
        assert_eq!(found(&one, &cx, query, k).await.len(), best.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn looking_in_all_cells_is_exact(
        vectors in prop::collection::vec(prop::collection::vec(-3_i8..4, 3), 1..40),
        count in 1_usize..12,
        k in 1_usize..50,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(holds(vectors, count, k)).expect("fine");
    }
}
