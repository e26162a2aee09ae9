//! Evaluation: order, failures, limits, metrics of every shape.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::evaluate::named;
use dspy::lm::{ModelId, OpenAi, Response, Scripted};
use dspy::optimize::LabeledFewShot;
use dspy::trace::Trace;
use dspy::{Budget, Context, Error, ErrorKind, Evaluate, Metric, Predict, Report, Rows, Score};
use serde_json::json;

use crate::file::File;
use crate::server::{Act, Server};
use crate::task::{Fruit, Guess, GuessOutput, Sorter, always, right, rows, splits, stumped_by};

fn apples() -> Context {
    Context::new(always("apple"))
}

#[tokio::test]
async fn metrics_of_every_shape_judge_the_same() {
    let (cx, program, rows) = (apples(), Sorter::new(), rows(0, 12));
    let handle = program.clone();
    let reports = [
        Evaluate::new(right).run(&cx, &program, &rows).await,
        Evaluate::new(|row: &Guess, out: &GuessOutput| f64::from(u8::from(row.fruit == out.fruit)))
            .run(&cx, &program, &rows)
            .await,
        Evaluate::new(|row: &Guess, out: &GuessOutput| Score::from(row.fruit == out.fruit).because("seen"))
            .run(&cx, &program, &rows)
            .await,
        Evaluate::new(|row: &Guess, out: &GuessOutput| {
            let right = row.fruit == out.fruit;
            async move { Ok::<_, Error>(right) }
        })
        .run(&cx, &program, &rows)
        .await,
        Evaluate::new(move |row: &Guess, _: &GuessOutput, trace: &Trace| {
            let first = trace.steps_of(&handle.guess).next().expect("it was called");
            Ok::<_, Error>(first.output()?.fruit == row.fruit)
        })
        .run(&cx, &program, &rows)
        .await,
    ];
    let scores = reports.map(|report| report.expect("rows").score());
    assert_eq!(scores, [4.0 / 12.0; 5]);
    let closure = |_: &Guess, _: &GuessOutput| true;
    let names = [Metric::name(&right), Metric::name(&closure), Metric::name(&named("n", closure))];
    assert!(
        names[0] == "task::right" && names[1].starts_with("closure in evaluate::") && names[2] == "n",
        "{names:?}"
    );
}

#[tokio::test]
async fn reports_do_not_depend_on_concurrency_or_order() {
    // Later rows answer first.
    let slow = || {
        Context::new(Scripted::new(|_, request| {
            let looks =
                request.messages.iter().last().map(|message| message.text().len()).unwrap_or_default();
            let fruit = if looks % 2 == 0 { "apple" } else { "cherry" };
            Ok(Response::new(format!("[[ ## fruit ## ]]\n{fruit}")))
        }))
    };
    let run = async |concurrency| {
        let evaluate = Evaluate::new(named("right", right)).slice(|row| row.fruit).concurrency(concurrency);
        evaluate.run(&slow(), &Predict::<Guess>::new(), &rows(0, 40)).await.expect("rows").to_json()
    };
    let one = run(1).await;
    assert_eq!(one, run(4).await);
    assert_eq!(one, run(64).await);
    assert_eq!(one["slices"][0]["name"], "apple");
    assert_eq!(one["metric"], "right");
}

#[tokio::test]
async fn no_more_rows_run_at_once_than_allowed() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let metric = |_: &Guess, _: &GuessOutput| async {
        MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        true
    };
    Evaluate::new(metric)
        .concurrency(7)
        .run(&apples(), &Predict::<Guess>::new(), &rows(0, 60))
        .await
        .expect("rows");
    assert_eq!(MOST.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn a_failed_row_keeps_its_place_with_the_failure_score() {
    let cx = Context::new(stumped_by("number 3"));
    let report =
        Evaluate::new(right).failure_score(-1.0).run(&cx, &Predict::<Guess>::new(), &rows(0, 6)).await;
    let report = report.expect("rows");
    assert_eq!(report.rows().len(), 6);
    let failed = &report.rows()[3];
    assert_eq!((failed.score, failed.id.as_deref()), (-1.0, Some("row-3")));
    assert!(failed.error.as_deref().is_some_and(|error| error.contains("field `fruit`: it is missing")));
    assert_eq!(failed.usage.calls, 2, "what a failed row cost is known");
    assert!(report.to_string().contains("row-3: self: the reply cannot be read"), "{report}");
    let csv = report.to_csv().expect("it is CSV");
    assert_eq!(csv.lines().count(), 7, "failed rows are rows");
    assert_eq!(
        report.to_json()["rows"][3].as_object().map(|row| row.len()),
        report.to_json()["rows"][0].as_object().map(|row| row.len())
    );
}

#[tokio::test]
async fn the_error_limit_stops_and_gives_back_what_finished() {
    let cx = Context::new(stumped_by("number 1"));
    let evaluate = Evaluate::new(right).concurrency(1).max_errors(3);
    let report = evaluate.run(&cx, &Predict::<Guess>::new(), &rows(0, 40)).await.expect("rows");
    // Rows 1, 10 and 11 fail.
    assert_eq!((report.rows().len(), report.failures().count()), (12, 3));
    assert_eq!(report.stopped(), Some("3 rows failed"));
    assert!(report.to_string().contains("stopped with 12 of 40 rows run"));
}

#[tokio::test]
async fn what_a_server_draws_by_itself_is_said_and_counted() {
    let server = Server::start(|call, _| {
        let fruit = if call == 2 { "banana" } else { "apple" };
        Act::Say(format!("[[ ## fruit ## ]]\n{fruit}"))
    })
    .await;
    let lm = OpenAi::at(ModelId::new("llamacpp", "m"), &server.url()).expect("an address");
    let cx = Context::new(lm);
    let line =
        |id: u32, looks: &str| json!({"id": id.to_string(), "looks": looks, "fruit": "apple"}).to_string();
    let rows =
        [line(1, "red"), line(2, "red"), line(3, "red"), line(4, "dark"), line(5, "dark"), line(6, "odd")];
    let rows = Rows::<Guess>::from_jsonl(&rows.join("\n"), "rows.jsonl").expect("rows");
    let evaluate = Evaluate::new(right).concurrency(1);
    let run = async |cx: &Context| evaluate.run(cx, &Predict::<Guess>::new(), &rows).await.expect("rows");
    let report = run(&cx).await;
    assert_eq!((report.repeats().requests, report.repeats().differing), (2, 1));
    let note = "no temperature is set, so that of the server holds, 0.8 where nobody has set it otherwise";
    for text in [report.to_string(), report.page().to_html().to_owned()] {
        assert!(
            text.contains(note) && text.contains("2 requests made more than once: 1 had replies that differ"),
            "{text}"
        );
    }
    assert_eq!(report.to_json()["repeats"]["differing"], 1);
    let file = File::new("repeats.json");
    report.save(&file.0).expect("written");
    assert_eq!(Report::load(&file.0).expect("read").repeats(), report.repeats());

    let steady = run(&cx.with_temperature(0.0)).await.to_string();
    assert!(
        steady.contains("2 requests made more than once: the replies were the same each time"),
        "{steady}"
    );
    assert!(!steady.contains("temperature"), "{steady}");
    let plan = LabeledFewShot::new(right).plan(&cx, &Predict::<Guess>::new(), &splits()).to_string();
    assert!(plan.contains(note), "{plan}");
}

#[tokio::test]
async fn a_spent_budget_stops_and_gives_back_what_finished() {
    let cx = apples().with_budget(Budget::calls(5));
    let report = Evaluate::new(right).concurrency(4).run(&cx, &Predict::<Guess>::new(), &rows(0, 12)).await;
    let report = report.expect("rows");
    assert_eq!(report.rows().len(), 5);
    assert!(report.stopped().is_some_and(|reason| reason.contains("the budget of 5 LM calls is spent")));
}

#[tokio::test]
async fn a_metric_that_is_no_number_or_panics_fails_its_row_and_no_other() {
    let nan = |row: &Guess, _: &GuessOutput| if row.fruit == Fruit::Banana { f64::NAN } else { 1.0 };
    let report =
        Evaluate::new(named("ratio", nan)).run(&apples(), &Predict::<Guess>::new(), &rows(0, 6)).await;
    let report = report.expect("rows");
    let errors: Vec<_> = report.rows().iter().map(|row| row.error.as_deref()).collect();
    let says = Some("metric `ratio` returned NaN, which is not a score");
    assert_eq!(errors, [None, says, None, None, says, None]);

    let panics = |row: &Guess, _: &GuessOutput| {
        assert!(row.fruit != Fruit::Banana, "no bananas");
        true
    };
    let report =
        Evaluate::new(panics).run(&apples(), &Predict::<Guess>::new(), &rows(0, 3)).await.expect("rows");
    assert!(report.rows()[1].error.as_deref().is_some_and(|error| error.contains("panicked: no bananas")));
    assert_eq!(report.score(), 2.0 / 3.0);
}

#[tokio::test]
async fn no_rows_is_an_error_and_an_unreachable_model_a_report() {
    let none = Evaluate::new(right).run(&apples(), &Predict::<Guess>::new(), &Vec::new().into()).await;
    assert_eq!(none.expect_err("nothing to do").kind(), ErrorKind::Data);
    let cx =
        Context::new(Scripted::new(|_, _| Err(Error::new(ErrorKind::Transport, "cannot reach http://x"))));
    let report = Evaluate::new(right).run(&cx, &Predict::<Guess>::new(), &rows(0, 40)).await.expect("rows");
    assert!(report.stopped().is_some());
    assert!(report.to_string().contains("cannot reach http://x"));
}

#[tokio::test]
async fn dropping_an_evaluation_ends_its_rows() {
    let alive = Arc::new(());
    let held = alive.clone();
    let metric = move |_: &Guess, _: &GuessOutput| {
        let held = held.clone();
        async move {
            std::future::pending::<()>().await;
            drop(held);
            true
        }
    };
    let evaluate = Evaluate::new(metric);
    let (cx, program, rows) = (apples(), Predict::<Guess>::new(), rows(0, 12));
    let running = evaluate.run(&cx, &program, &rows);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), running).await.is_err());
    drop(evaluate);
    while Arc::strong_count(&alive) > 1 {
        tokio::task::yield_now().await;
    }
}

/// What a metric that looks at the trace sees of its second step.
fn recounted(row: &Guess, out: &GuessOutput, trace: &Trace, program: &Sorter) -> bool {
    let steps: Vec<_> = trace.steps_of(&program.recount).collect();
    let same = |fruit| fruit == out.fruit;
    steps.len() == 1
        && steps[0].input().is_ok_and(|input| input.looks == row.looks)
        && steps[0].output().is_ok_and(|output| same(output.output.fruit) && output.reasoning == "so")
}

#[tokio::test]
async fn a_saved_run_is_the_run_with_its_traces_and_prompts() {
    for keep in [false, true] {
        let (file, program) = (File::new(&format!("run-{keep}.json")), Sorter::new());
        let cx = Context::new(stumped_by("number 3"));
        let evaluate = Evaluate::new(right).slice(|row| row.fruit).keep_exchanges(keep);
        let run = evaluate.run(&cx, &program, &rows(0, 6)).await.expect("rows");
        run.save(&file.0).expect("written");
        let loaded = Report::load(&file.0).expect("a report");
        assert_eq!(loaded, run);
        assert_eq!(loaded.to_json(), run.to_json());
        let through_serde: Report =
            serde_json::from_str(&serde_json::to_string(&run).expect("JSON")).expect("a report");
        assert_eq!(through_serde, run);

        // A run that failed has its steps, too, and the prompts and replies that went before.
        let failed = &loaded.rows()[3];
        let steps: Vec<_> = failed.trace.steps().collect();
        assert!(failed.error.is_some() && steps.len() == 1 && steps[0].output.is_err());
        assert_eq!(steps[0].exchanges.len(), if keep { 2 } else { 0 }, "asked, and asked again");
        if keep {
            assert_eq!(steps[0].exchanges[1].reply(), Ok("I do not know."));
            assert_eq!(steps[0].exchanges[1].request().messages.iter().count(), 4);
        }
        let good: Vec<_> = loaded.rows()[0].trace.steps().collect();
        assert_eq!(good.len(), 2);
        assert_eq!(good[0].schema.fingerprint(), <Guess as dspy::Signature>::schema().fingerprint());
    }
}

#[tokio::test]
async fn another_metric_judges_a_saved_run_without_a_call() {
    let (cx, program, rows) = (apples(), Sorter::new(), rows(0, 12));
    let run = Evaluate::new(right).run(&cx, &program, &rows).await.expect("rows");
    let run = Report::parse(&serde_json::to_string(&run).expect("JSON")).expect("a report");
    let calls = cx.usage().calls;
    // The same as judging while it runs, with a metric that looks at steps by their predictor.
    let metric = move |row: &Guess, out: &GuessOutput, trace: &Trace| recounted(row, out, trace, &program);
    let again =
        Evaluate::new(named("recounted", metric)).slice(|row| row.id.len()).rescore(&cx, &run, &rows).await;
    let again = again.expect("its rows");
    assert_eq!((again.score(), again.metric(), cx.usage().calls), (1.0, "recounted", calls));
    assert_eq!(again.slices().iter().map(|slice| slice.rows).collect::<Vec<_>>(), [10, 2]);
    assert_eq!((again.usage(), again.rows()[5].latency), (run.usage(), run.rows()[5].latency));
    let same = Evaluate::new(right).rescore(&cx, &run, &rows).await.expect("its rows");
    assert_eq!(same, run);
}

#[tokio::test]
async fn a_run_is_not_judged_on_other_rows() {
    let (cx, program) = (Context::new(stumped_by("number 3")), Predict::<Guess>::new());
    let run = Evaluate::new(right).run(&cx, &program, &rows(0, 6)).await.expect("rows");
    let rescore = async |rows| Evaluate::new(right).failure_score(-1.0).rescore(&cx, &run, &rows).await;
    let message = rescore(rows(0, 5)).await.expect_err("fewer").to_string();
    assert!(message.contains("the run was over 6 rows, `rows` has 5"), "{message}");
    let mut other: Vec<Guess> = (0..6).map(|n| rows(n, 1)[0].clone()).collect();
    other[4].fruit = Fruit::Cherry;
    let message = rescore(other.into()).await.expect_err("a label").to_string();
    assert!(message.contains("is not what the run was over: row 5 (id `row-4`) differ"), "{message}");
    let again = rescore(rows(0, 6)).await.expect("its rows");
    assert_eq!((again.rows()[3].score, again.rows()[3].error.clone()), (-1.0, run.rows()[3].error.clone()));

    let metric = |row: &Guess, _: &GuessOutput| -> Result<bool, Error> {
        Err(Error::new(ErrorKind::Metric, format!("no {}", row.id)))
    };
    let failing = Evaluate::new(named("failing", metric)).max_errors(2).concurrency(1);
    let failing = failing.rescore(&cx, &run, &rows(0, 6)).await.expect("its rows");
    assert_eq!((failing.rows().len(), failing.stopped()), (2, Some("2 rows failed")));
}

#[test]
fn what_is_no_saved_run_says_so() {
    let message = |text: &str| format!("{:#}", Report::parse(text).expect_err("no report"));
    assert!(message("{}").contains("not a saved report as `Report::save` writes it: missing field `format`"));
    let newer = r#"{"format":"dspy-report","version":9,"metric":"m","planned":0,"stopped":null,"data":null,"schemas":[],"messages":[],"rows":[]}"#;
    assert!(message(newer).contains("the report has format 9, this release reads up to 1"));
    let [run, _] = crate::gate::runs(|_| (1.0, 0.0), |_| "all", 2);
    let text = serde_json::to_string(&run).expect("JSON");
    assert!(
        message(&text.replace("\"row\":1,", "\"row\":0,")).contains("row 1 is twice in the saved report")
    );
    assert_eq!(Report::parse(&newer.replace('9', "1")).expect("the same in this format").rows().len(), 0);
}
