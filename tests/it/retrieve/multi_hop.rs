//! The example's program, and that its queries are tuned by what they find.

#[path = "../../../examples/multi_hop/metric.rs"]
mod metric;
#[path = "../../../examples/multi_hop/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use dspy::{Evaluate, Module, RandomSearch, Rows, Splits};
use metric::{cited, recall, recall_and_citation};
use program::{Case, Handbook};

use crate::task::built_in;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data").join(format!("{name}.jsonl"))
}

fn first(rows: &Rows<Case>, count: usize) -> Rows<Case> {
    Rows::from(rows.iter().take(count).cloned().collect::<Vec<_>>())
}

#[tokio::test]
async fn queries_of_both_hops_are_found_and_tuned() {
    let cx = built_in();
    let splits = Splits::<Case>::load(data("train"), data("validation"), data("test")).expect("it is there");
    let (train, validation) = (first(&splits.train, 20), first(&splits.validation, 15));
    let program = Handbook::open(data("policies")).expect("it is there");
    assert_eq!(program.state().paths().collect::<Vec<_>>(), ["answer", "hops[0]", "hops[1]"]);

    let compiled = RandomSearch::new(recall_and_citation)
        .candidates(2)
        .max_labeled_demos(0)
        .seed(7)
        .compile(&cx, program.clone(), (&train, &validation))
        .await
        .expect("it runs");
    let before = Evaluate::new(recall_and_citation).run(&cx, &program, &validation).await.expect("it runs");
    assert!(compiled.score > before.score(), "{} is not more than {}", compiled.score, before.score());
    for (path, state) in compiled.program.state().iter() {
        assert!(!state.demos.is_empty(), "{path} was shown nothing");
    }
    let found = Evaluate::new(recall).run(&cx, &compiled.program, &validation).await.expect("it runs");
    let cited = Evaluate::new(cited).run(&cx, &compiled.program, &validation).await.expect("it runs");
    assert!((compiled.score - (found.score() + cited.score()) / 2.0).abs() < 1e-9, "either is half of it");
}
