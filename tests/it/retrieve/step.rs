use dspy::lm::Scripted;
use dspy::retrieve::{Bm25, Passage, Retrieve, Retriever, VectorIndex};
use dspy::trace::{Trace, Traced};
use dspy::{
    BootstrapFewShot, Context, Error, ErrorKind, Evaluate, Module, Predict, Report, Result, Rows, module,
    signature,
};
use futures_util::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ids, passages};
use crate::embed::Provider;
use crate::file::File;

/// Ask for what is missing.
#[signature]
struct Ask {
    #[input]
    question: String,
    #[input]
    known: Vec<String>,
    /// A query.
    #[output]
    query: String,
}

/// Find the passage.
#[signature]
struct Wanted {
    #[input]
    question: String,
    /// The id of a passage.
    #[output]
    id: String,
}

#[module]
struct Hop<R: Retriever + Clone + 'static> {
    ask: Predict<Ask>,
    handbook: Retrieve<R>,
}

#[module]
impl<R: Retriever + Clone + 'static> Hop<R> {
    async fn forward(&self, cx: &Context, input: WantedInput) -> Result<WantedOutput> {
        let mut id = String::new();
        for _ in 0..2 {
            let ask = AskInput { question: input.question.clone(), known: vec![id.clone()] };
            let query = self.ask.call(cx, ask).await?.query.clone();
            id = self
                .handbook
                .search(cx, &query)
                .await?
                .first()
                .map(|found| found.id.clone())
                .unwrap_or_default();
        }
        Ok(WantedOutput { id })
    }
}

fn hop<R: Retriever + Clone + 'static>(retriever: R) -> Hop<R> {
    Hop { ask: Predict::new(), handbook: Retrieve::new(retriever, 2) }
}

fn input() -> WantedInput {
    WantedInput { question: "What of it?".into() }
}

fn replies<const N: usize>(queries: [&str; N]) -> Context {
    Context::new(Scripted::replies(queries.map(|query| format!("[[ ## query ## ]]\n{query}"))))
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Page(u32);

#[tokio::test]
async fn hops_are_steps_with_types() {
    let numbered = passages().into_iter().zip(7..).map(|(passage, page)| passage.with_meta(Page(page)));
    let program = hop(Bm25::new(numbered).expect("ids differ"));
    let reply = program.call(&replies(["late", "lost money"]), input()).await.expect("it runs");
    let paths: Vec<_> = reply.trace().steps().map(|step| &*step.path).collect();
    assert_eq!(paths, ["ask", "handbook", "ask", "handbook"]);
    let hops: Vec<_> = reply.trace().steps_of(&program.handbook).collect();
    let asked: Vec<_> =
        hops.iter().map(|hop| hop.input().map(|input| (input.query, input.k)).expect("typed")).collect();
    assert_eq!(asked, [("late".to_owned(), 2), ("lost money".to_owned(), 2)]);
    let found = hops[1].output().expect("typed").passages;
    assert_eq!((ids(&found), &found[0].meta), (vec!["c", "b"], &Page(9)));
    assert_eq!((reply.id.as_str(), reply.usage().calls), ("c", 2));
    assert!(program.state().get("handbook").is_none(), "there is nothing to tune in it");
    assert_eq!(program.handbook.path().as_deref(), Some("handbook"));
}

#[tokio::test]
async fn a_search_alone_and_one_in_a_part_have_their_paths() {
    #[module]
    struct Outer {
        hops: [Hop<Bm25>; 1],
    }

    #[module]
    impl Outer {
        async fn forward(&self, cx: &Context, input: WantedInput) -> Result<WantedOutput> {
            self.hops[0].forward(cx, input).await
        }
    }

    let bm25 = || Bm25::new(passages()).expect("ids differ");
    let outer = Outer { hops: [hop(bm25())] };
    outer.hops[0].state();
    let reply = outer.call(&replies(["late", "late"]), input()).await.expect("it runs");
    assert_eq!(reply.trace().steps().filter(|step| &*step.path == "hops[0].handbook").count(), 2);
    let alone = Retrieve::new(bm25(), 1);
    assert_eq!(ids(&alone.search(&super::context(), "late").await.expect("in memory")), ["a"]);
    assert_eq!(reply.trace().steps_of(&alone).count(), 2, "it stands for all searches");
    let other = Hop { ask: Predict::new(), handbook: Retrieve::new(bm25(), 3) };
    assert_ne!(other.version(), hop(bm25()).version(), "it gives the model more passages");
}

#[tokio::test]
async fn what_embedding_costs_is_the_steps_and_the_programs() {
    let cx = replies(["late", "lost"]).with_embedder(Provider::new(8));
    let program = hop(VectorIndex::build(&cx, passages()).await.expect("vectors"));
    let before = cx.usage().calls;
    let reply = program.call(&cx, input()).await.expect("it runs");
    let hops: Vec<u64> =
        reply.trace().steps_of(&program.handbook).map(|hop| hop.step().usage.calls).collect();
    assert_eq!((hops, reply.usage().calls, cx.usage().calls - before), (vec![1, 1], 4, 4));
    let by_path = cx.ledger().by(|spent| spent.path.clone());
    assert_eq!((by_path["handbook"].calls, by_path["embed"].calls), (2, 1), "the passages were before");
}

/// Is always down.
#[derive(Clone, Debug)]
struct Down;

impl Retriever for Down {
    type Meta = ();

    fn search<'a>(&'a self, _: &'a Context, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
        async { Err(Error::new(ErrorKind::Server, "the index is down")) }.boxed()
    }
}

fn exact(row: &Wanted, out: &WantedOutput) -> bool {
    row.id == out.id
}

fn row(id: &str) -> Wanted {
    Wanted { question: "What of it?".into(), id: id.into() }
}

#[tokio::test]
async fn a_search_that_fails_says_where_and_is_in_the_trace() {
    let error = hop(Down).call(&replies(["late"]), input()).await.expect_err("it is down");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Server, "handbook: the index is down")
    );
    let rows = Rows::from(vec![row("a")]);
    let report = Evaluate::new(exact).run(&replies(["late"]), &hop(Down), &rows).await.expect("it runs");
    let trace = report.rows().first().expect("one row").trace.clone();
    let last = trace.steps().last().expect("the search");
    assert_eq!((&*last.path, &last.output), ("handbook", &Err("the index is down".to_owned())));
}

#[tokio::test]
async fn searches_are_saved_with_a_report_and_left_alone_by_optimizers() {
    fn recall(row: &Wanted, _: &WantedOutput, trace: &Trace) -> bool {
        let any = Retrieve::new(Bm25::<()>::new([]).expect("no ids"), 1);
        let found = trace.steps_of(&any).filter_map(|hop| hop.output().ok());
        found.flat_map(|found| found.passages).any(|passage| passage.id == row.id)
    }

    let program = hop(Bm25::new(passages()).expect("ids differ"));
    let rows = Rows::from(vec![row("c"), row("d")]);
    let cx = Context::new(Scripted::new(|_, _| Ok(dspy::lm::Response::new("[[ ## query ## ]]\nlost money"))));
    let report = Evaluate::new(recall).run(&cx, &program, &rows).await.expect("it runs");
    assert_eq!(report.score(), 0.5);
    let file = File::new("retrieve-report.json");
    report.save(&file.0).expect("written");
    let loaded = Report::load(&file.0);
    let loaded = loaded.expect("read");
    let hops = |report: &Report| report.rows().first().map(|row| row.trace.clone());
    assert_eq!(hops(&loaded), hops(&report));

    // Asks well once it has seen how; what it asks before finds `d`.
    let cx = Context::new(Scripted::new(|_, request| {
        let query = if request.messages.iter().count() > 2 { "lost money" } else { "a cat" };
        Ok(dspy::lm::Response::new(format!("[[ ## query ## ]]\n{query}")))
    }));
    let (train, validation) = (Rows::from(vec![row("d")]), Rows::from(vec![row("c")]));
    let optimizer = BootstrapFewShot::new(recall).max_labeled_demos(0);
    let before = Evaluate::new(recall).run(&cx, &program, &validation).await.expect("it runs").score();
    let compiled = optimizer.compile(&cx, program, (&train, &validation)).await.expect("it runs");
    let state = compiled.program.state();
    assert_eq!(state.paths().collect::<Vec<_>>(), ["ask"]);
    assert!(!state.get("ask").expect("the one predictor").demos.is_empty(), "its queries were taken");
    assert_eq!((before, compiled.score), (0.0, 1.0));
}
