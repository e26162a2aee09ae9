//! Evaluations that are killed in the middle, and go on.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::lm::{LanguageModel, ModelId, Request, Response};
use dspy::{Context, Error, ErrorKind, Evaluate, Predict, Result};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};

use crate::file::File;
use crate::task::{Guess, GuessOutput, right, rows};

/// Makes this program the process that is killed: where its journal is.
const CHILD: &str = "DSPY_TEST_EVALUATION_CHILD";
const ROWS: usize = 24;
const DONE: usize = 9;

/// A model that answers so many calls, and then either fails or says so and is stuck.
#[derive(Debug)]
struct Until {
    id: ModelId,
    calls: Arc<AtomicUsize>,
    answers: usize,
    then: Option<ErrorKind>,
}

fn model(answers: usize, then: Option<ErrorKind>) -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let id = ModelId::new("test", "until");
    (Context::new(Until { id, calls: calls.clone(), answers, then }), calls)
}

impl LanguageModel for Until {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            if self.calls.fetch_add(1, Ordering::SeqCst) >= self.answers {
                let Some(kind) = self.then else {
                    // Not `println`, which tests capture; the harness may have begun a line.
                    std::io::stdout().write_all(b"\nstuck\n").expect("somebody listens");
                    return pending().await;
                };
                return Err(Error::new(kind, "it is gone"));
            }
            let text = request.messages.iter().last().map_or("", |message| message.text());
            let fruit = ["apple", "banana", "cherry"][text.len() % 3];
            Ok(Response::new(format!("[[ ## fruit ## ]]\n{fruit}")).with_tokens(10, 2))
        }
        .boxed()
    }
}

fn evaluate() -> Evaluate<Guess, GuessOutput> {
    Evaluate::new(right).slice(|row| row.fruit).concurrency(1).progress(false)
}

#[tokio::test]
async fn child() {
    let Ok(journal) = std::env::var(CHILD) else { return };
    let (cx, _) = model(DONE, None);
    let _ = evaluate().journal(journal).run(&cx, &Predict::<Guess>::new(), &rows(0, ROWS)).await;
}

#[tokio::test]
async fn one_that_is_killed_goes_on_with_the_rest_and_pays_for_no_row_twice() {
    let file = File::new("killed-evaluation.jsonl");
    let mut child = Command::new(std::env::current_exe().expect("this is a program"))
        .args(["--exact", "eval_processes::child", "--nocapture"])
        .env(CHILD, &file.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line == "stuck")), "it ended by itself");
    child.kill().and_then(|()| child.wait()).expect("it is ours");

    let program = Predict::<Guess>::new();
    let (cx, calls) = model(usize::MAX, None);
    let resumed = evaluate().journal(&file.0).run(&cx, &program, &rows(0, ROWS)).await.expect("rows");
    assert_eq!(calls.load(Ordering::SeqCst), ROWS - DONE);
    let whole = evaluate().run(&model(usize::MAX, None).0, &program, &rows(0, ROWS)).await.expect("rows");
    assert_eq!(resumed.to_json(), whole.to_json());
    assert_eq!((resumed.usage().calls, cx.usage().calls), (ROWS as u64, (ROWS - DONE) as u64));
    assert!(resumed.rows().iter().all(|row| row.trace.steps().count() == 1), "traces are kept, too");

    // Other data: rows are known by what they are, wherever they stand.
    let (cx, calls) = model(usize::MAX, None);
    evaluate().journal(&file.0).run(&cx, &program, &rows(6, ROWS)).await.expect("rows");
    assert_eq!(calls.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn rows_that_the_world_failed_are_run_again_and_those_that_the_model_failed_are_not() {
    for (kind, again) in [(ErrorKind::Transport, 4), (ErrorKind::Billing, 4), (ErrorKind::ContentFilter, 0)] {
        let file = File::new(&format!("failed-evaluation-{}.jsonl", kind.name()));
        let program = Predict::<Guess>::new();
        let (cx, _) = model(2, Some(kind));
        let first = evaluate().journal(&file.0).run(&cx, &program, &rows(0, 6)).await.expect("rows");
        assert_eq!(first.failures().count(), 4);
        let (cx, calls) = model(usize::MAX, None);
        let second = evaluate().journal(&file.0).run(&cx, &program, &rows(0, 6)).await.expect("rows");
        assert_eq!((calls.load(Ordering::SeqCst), second.failures().count()), (again, 4 - again), "{kind:?}");
    }
}

#[tokio::test]
async fn the_journal_of_another_evaluation_is_an_error_that_says_what_differs() {
    let file = File::new("other-evaluation.jsonl");
    let (program, rows) = (Predict::<Guess>::new(), rows(0, 3));
    let (cx, _) = model(usize::MAX, None);
    evaluate().journal(&file.0).run(&cx, &program, &rows).await.expect("rows");
    let mut state = program.state();
    state.get_mut("self").expect("one").instructions = "Guess well.".into();
    let other = program.with_state(&state).expect("its own");
    let told = async |cx: &Context, program: &Predict<Guess>| {
        evaluate().journal(&file.0).run(cx, program, &rows).await.expect_err("another").to_string()
    };
    assert!(
        told(&cx, &other).await.contains("another evaluation; these differ: prompts, state. Begin a new")
    );
    assert!(told(&cx.with_temperature(0.5), &program).await.contains("these differ: sampling"));
    let json = told(&cx.with_adapter(dspy::adapter::JsonAdapter), &program).await;
    assert!(json.contains("these differ: adapter, prompts"), "{json}");
}
