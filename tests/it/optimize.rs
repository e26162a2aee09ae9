//! The optimizers and the driver: plans, budgets, seeds, demonstrations.

use std::sync::{Arc, Mutex};

use dspy::data::Record;
use dspy::lm::{LanguageModel, Lexical, ModelId, Request, Response, Sampling, Scripted};
use dspy::optimize::{LabeledFewShot, Termination};
use dspy::{BootstrapFewShot, Budget, Compiled, Context, ErrorKind, Module, Predict, RandomSearch, module};
use expect_test::expect;
use futures_util::future::{BoxFuture, FutureExt};

use crate::task::{Fruit, Guess, GuessInput, GuessOutput, Sorter, always, built_in, right, rows, splits};

fn demos(compiled: &Compiled<Sorter>, candidate: usize, path: &str) -> Vec<Record> {
    compiled.candidates[candidate].state.get(path).expect("a path of the program").demos.clone()
}

async fn search(optimizer: RandomSearch<Guess, GuessOutput>, cx: &Context) -> Compiled<Sorter> {
    let splits = splits();
    optimizer.compile(cx, Sorter::new(), &splits).await.expect("it runs")
}

#[tokio::test]
async fn the_same_seed_gives_the_same_at_any_concurrency_and_another_seed_another() {
    let run = async |seed, concurrency| {
        let cx = built_in();
        let compiled =
            search(RandomSearch::new(right).candidates(6).seed(seed).concurrency(concurrency), &cx).await;
        (serde_json::to_string(&compiled.candidates).expect("JSON"), compiled.usage, cx.usage())
    };
    let one = run(7, 1).await;
    assert_eq!(one, run(7, 4).await);
    assert_eq!(one, run(7, 64).await);
    assert_ne!(one.0, run(8, 1).await.0);
    assert_eq!(one.1, one.2, "the search spent what the context counted");
}

#[tokio::test]
async fn the_plan_is_never_exceeded_and_the_best_program_never_worse_than_the_baseline() {
    let (cx, splits) = (built_in(), splits());
    for seed in 0..5 {
        let optimizer = RandomSearch::new(right).candidates(4).max_rounds(2).seed(seed);
        let plan = optimizer.plan(&cx, &Sorter::new(), &splits);
        // 12 train rows twice and 7 candidates on 12 rows; 2 predictors, each asked at most twice.
        assert_eq!(plan.max_calls(), (24 + 84) * 4);
        let compiled = search(optimizer, &cx).await;
        assert!(compiled.usage.calls <= plan.max_calls());
        assert!(compiled.score >= compiled.baseline);
        assert_eq!(compiled.candidates[0].name, "baseline");
        assert_eq!(compiled.candidates[0].score, compiled.baseline);
        assert_eq!(compiled.termination, Termination::Finished);
    }
}

#[test]
fn the_plan_ends_at_the_budget() {
    let (cx, splits) = (built_in(), splits());
    let plan = |budget| {
        let optimizer = RandomSearch::new(right).candidates(4).max_rounds(2).budget(budget);
        optimizer.plan(&cx, &Sorter::new(), &splits)
    };
    let (whole, cut) = (plan(Budget::unlimited()), plan(Budget::calls(60)));
    assert_eq!((cut.max_calls(), cut.needed_calls()), (60, whole.max_calls()));
    assert!(cut.tokens().input.expected < whole.tokens().input.expected);
    expect![[r#"
        at most 60 LM calls, where the budget stops the search (all of it can take 432), 4 for one run of the program:
               60  bootstrap from train rows (24 runs, up to 96; the budget stops the search at 60)
               60  score 7 candidates on validation (84 runs, up to 336; the budget stops the search at 60)
               60  expected, and at least 12
          about 27,396 tokens in and 715 out, if all goes as expected
          the budget stops it at 60, with the best program so far
    "#]]
    .assert_eq(&cut.to_string());
    let said = plan(Budget::calls(22)).to_string();
    assert!(
        said.contains("at most 22 LM calls")
            && said.contains("does not pay for scoring the baseline, which can take 48"),
        "{said}"
    );
    let proposals = plan(Budget::unlimited().with_task_calls(60)).to_string();
    assert!(proposals.contains("the budget stops these at 60"), "{proposals}");
}

/// The built-in model, with four bytes a token.
#[derive(Debug)]
struct Counted(Lexical);

impl LanguageModel for Counted {
    fn id(&self) -> &ModelId {
        self.0.id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, dspy::Result<Response>> {
        async move {
            let response = self.0.complete(request).await?;
            let bytes: usize = request.messages.iter().map(|message| message.text().len()).sum();
            let replied = response.text.len();
            Ok(response.with_tokens(bytes as u64 / 4, replied as u64 / 4))
        }
        .boxed()
    }
}

#[tokio::test]
async fn the_plan_estimates_tokens_before_any_is_spent() {
    let (cx, splits) = (Context::new(Counted(Lexical::new())), splits());
    let optimizer = RandomSearch::new(right).candidates(4).seed(1);
    let plan = optimizer.plan(&cx, &Sorter::new(), &splits);
    let tokens = plan.tokens();
    assert_eq!(cx.usage().calls, 0);
    assert_eq!(tokens.output.most, None, "the context does not limit replies");
    let mut sampling = Sampling::default();
    sampling.max_tokens = Some(50);
    let limited = cx.with_sampling(sampling);
    let most = optimizer.plan(&limited, &Sorter::new(), &splits).tokens().output.most;
    assert_eq!(most, Some(50 * plan.task_calls().most));

    let used = search(optimizer, &cx).await.usage;
    for (used, estimate) in [(used.input_tokens, tokens.input), (used.output_tokens, tokens.output)] {
        assert!(estimate.least < used && used < estimate.most.unwrap_or(u64::MAX), "{used} {estimate:?}");
        let ratio = used as f64 / estimate.expected as f64;
        assert!((0.5..2.0).contains(&ratio), "{used} {estimate:?}");
    }
    assert!(plan.to_string().contains(&tokens.to_string()), "{plan}");
}

#[tokio::test]
async fn demonstrations_raise_the_score_of_the_built_in_model() {
    let (optimizer, splits) = (RandomSearch::new(right).candidates(4).seed(7), splits());
    let program = Predict::<Guess>::new();
    let compiled = optimizer.compile(&built_in(), program, &splits).await.expect("it runs");
    assert!(compiled.baseline < 0.7 && compiled.score > 0.9, "{compiled}");
}

#[tokio::test]
async fn a_budget_is_a_hard_stop_that_keeps_the_best_so_far() {
    // One candidate takes at most 12 rows x 4 calls = 48, and in fact 24.
    for budget in [48, 60, 100, 150] {
        let cx = built_in();
        let compiled =
            search(RandomSearch::new(right).candidates(4).budget(Budget::calls(budget)), &cx).await;
        assert!(cx.usage().calls <= budget);
        assert_eq!(compiled.termination, Termination::BudgetSpent);
        assert!(!compiled.candidates.is_empty());
    }
    let same = async |concurrency| {
        let optimizer =
            RandomSearch::new(right).candidates(4).budget(Budget::calls(200)).concurrency(concurrency);
        search(optimizer, &built_in()).await.candidates
    };
    assert_eq!(same(1).await, same(64).await, "where it stops does not depend on concurrency");
    let splits = splits();
    let optimizer = RandomSearch::new(right).budget(Budget::calls(47));
    let error = optimizer.compile(&built_in(), Sorter::new(), &splits).await;
    let error = error.expect_err("too little");
    assert!(error.is_budget());
    assert!(error.to_string().contains("can take 48 LM calls, the budget has 47 left"), "{error}");
}

#[tokio::test]
async fn labelled_rows_go_where_all_fields_are_there() {
    let splits = splits();
    let optimizer = LabeledFewShot::new(right).k(5).seed(3);
    let compiled = optimizer.compile(&built_in(), Sorter::new(), &splits).await.expect("it runs");
    let shown = demos(&compiled, 1, "guess");
    assert_eq!(shown.len(), 5);
    let names: Vec<_> = shown[0].names().collect();
    assert_eq!(names, ["looks", "fruit"], "nothing but the predictor's fields");
    assert!(demos(&compiled, 1, "recount.predict").is_empty(), "rows have no reasoning");
}

#[tokio::test]
async fn bootstrapped_demonstrations_are_accepted_runs_in_row_order() {
    // The model is right on apples alone, which are rows 0, 3, 6 and 9 of train.
    let splits = splits();
    let optimizer = BootstrapFewShot::new(right).max_bootstrapped_demos(3).max_labeled_demos(0);
    let cx = Context::new(always("apple"));
    let compiled = optimizer.compile(&cx, Sorter::new(), &splits).await.expect("it runs");
    let shown = demos(&compiled, 1, "recount.predict");
    let looks: Vec<_> =
        shown.iter().map(|demo| demo.get("looks").and_then(|looks| looks.as_str()).expect("text")).collect();
    assert_eq!(looks.len(), 3);
    for (look, row) in looks.iter().zip([0, 3, 6]) {
        assert!(look.ends_with(&format!("number {row}")), "{look}");
    }
    assert_eq!(shown[0].get("reasoning").and_then(|text| text.as_str()), Some("so"), "what the teacher said");
    // Rows 0 to 2, then 3 and 4, then 5, then 6: as many at a time as are lacking, 7 in all.
    assert_eq!(compiled.usage.calls, 2 * (7 + 12 + 12));
}

#[tokio::test]
async fn the_teacher_never_sees_the_row_it_is_asked() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let model = Scripted::new(move |_, request: &Request| {
        let texts: Vec<String> = request.messages.iter().map(|message| message.text().to_owned()).collect();
        seen.lock().expect("no panic").push(texts);
        Ok(Response::new("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple"))
    });
    let splits = splits();
    let optimizer = BootstrapFewShot::new(right).max_labeled_demos(12);
    optimizer.compile(&Context::new(model), Sorter::new(), &splits).await.expect("it runs");
    let asked = asked.lock().expect("no panic");
    let mut with_demos = 0;
    for texts in asked.iter() {
        let (own, before) = texts.split_last().expect("a message");
        with_demos += usize::from(before.len() > 1);
        assert!(!before[1..].contains(own), "{own}");
    }
    assert!(with_demos > 0);
}

#[tokio::test]
async fn later_rounds_run_warm_and_a_teacher_may_be_another_model() {
    let temperatures = Arc::new(Mutex::new(Vec::new()));
    let seen = temperatures.clone();
    let teacher = Scripted::new(move |_, request: &Request| {
        seen.lock().expect("no panic").push((request.rollout, request.sampling.temperature));
        Ok(Response::new("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\npear"))
    });
    let cx = Context::new(always("apple")).with_parse_retries(0);
    let optimizer = BootstrapFewShot::new(|row: &Guess, out: &GuessOutput| row.fruit == out.fruit)
        .teacher(teacher)
        .max_rounds(2)
        .concurrency(1);
    let compiled =
        optimizer.compile(&cx, Predict::<Guess>::new(), (&rows(0, 2), &rows(2, 2))).await.expect("it runs");
    assert_eq!(
        *temperatures.lock().expect("no panic"),
        [(0, None), (0, None), (1, Some(1.0)), (1, Some(1.0))]
    );
    assert!(compiled.candidates[1].state.get("self").expect("one").demos.iter().all(|demo| demo.len() == 2));
}

#[tokio::test]
async fn no_bootstrapped_demonstrations_is_a_plan_too() {
    let optimizer = RandomSearch::new(right).max_bootstrapped_demos(0).max_labeled_demos(4).candidates(3);
    assert_eq!(optimizer.plan(&built_in(), &Sorter::new(), &splits()).max_calls(), 6 * 12 * 4);
    let compiled = search(optimizer, &built_in()).await;
    assert_eq!(compiled.candidates.len(), 6);
    assert_eq!(
        [2, 3, 4].map(|set| demos(&compiled, set, "guess").len()),
        [4, 3, 2],
        "sets are of three sizes"
    );
    assert_ne!(demos(&compiled, 3, "guess"), demos(&compiled, 4, "guess"), "other rows each time");
}

#[tokio::test]
async fn a_program_that_always_fails_says_so_before_the_search_is_paid_for() {
    let cx = Context::new(always("pear"));
    let splits = splits();
    let error = RandomSearch::new(right).compile(&cx, Sorter::new(), &splits).await;
    let error = error.expect_err("no fruit of that name");
    assert!(
        error.to_string().starts_with("the program failed on every validation row; the first time: guess: "),
        "{error}"
    );
    assert_eq!(cx.usage().calls, 24, "the baseline's rows, each asked again, and nothing more");
    let empty =
        RandomSearch::new(right).compile(&cx, Sorter::new(), (&Vec::new().into(), &splits.validation)).await;
    assert!(empty.expect_err("no rows").to_string().contains("no train rows"));
}

#[module]
struct Loop {
    #[frozen]
    guess: Predict<Guess>,
    once: Predict<Guess>,
}

#[module]
impl Loop {
    async fn forward(&self, cx: &Context, input: GuessInput) -> dspy::Result<GuessOutput> {
        for _ in 0..5 {
            self.guess.call(cx, input.clone()).await?;
        }
        Ok(self.once.call(cx, input).await?.into_output())
    }
}

#[tokio::test]
async fn a_loop_must_declare_its_calls() {
    let splits = splits();
    let error = LabeledFewShot::new(right).compile(&built_in(), Loop::new(), &splits).await;
    let error = error.expect_err("more calls than planned");
    assert_eq!(error.kind(), ErrorKind::CallBound);
    assert!(
        error.to_string().contains(
            "more than the 4 LM calls that were planned for it; say how many it may make with `calls_per_row`"
        ),
        "{error}"
    );
    let optimizer = LabeledFewShot::new(right).k(6).calls_per_row(6);
    let compiled = optimizer.compile(&built_in(), Loop::new(), &splits).await.expect("it runs");
    // Five calls of the frozen predictor are the same for both candidates, and paid for once.
    assert_eq!(compiled.usage.calls, 12 * 6 + 12);
    let state = &compiled.candidates[1].state;
    assert!(state.get("guess").expect("there").demos.is_empty(), "frozen predictors are left as they are");
    assert_eq!(state.get("once").expect("there").demos.len(), 6);
    assert_eq!(compiled.program.state().paths().len(), 2, "and stay visible");
    let _ = Fruit::Apple;
}
