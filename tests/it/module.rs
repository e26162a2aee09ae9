//! Programs: names, containers, traces, nesting, concurrency.

use dspy::{ChainOfThought, Context, ErrorKind, Module, Predict, Result, module};

use crate::task::{Fruit, Guess, GuessInput, GuessOutput, Sorter, always, built_in, guess};

#[module]
struct Nested {
    sorters: Vec<Sorter>,
    maybe: Option<Predict<Guess>>,
    boxed: Box<ChainOfThought<Guess>>,
    #[frozen]
    pair: [Predict<Guess>; 2],
    #[plain]
    at_once: bool,
}

#[module]
impl Nested {
    async fn forward(&self, cx: &Context, input: GuessInput) -> Result<GuessOutput> {
        let mut last = None;
        if self.at_once {
            let calls = self.pair.iter().map(|predict| predict.call(cx, input.clone()));
            futures_util::future::try_join_all(calls).await?;
        }
        for sorter in &self.sorters {
            last = Some(sorter.call(cx, input.clone()).await?.into_output());
        }
        let boxed = self.boxed.call(cx, input).await?;
        Ok(last.unwrap_or_else(|| boxed.output.clone()))
    }
}

fn nested(maybe: bool) -> Nested {
    Nested {
        sorters: vec![Sorter::new(); 2],
        maybe: maybe.then(Predict::new),
        boxed: Box::default(),
        pair: [Predict::new(), Predict::new()],
        at_once: true,
    }
}

#[test]
fn every_predictor_is_found_by_its_field() {
    let all = [
        "boxed.predict",
        "maybe",
        "pair[0]",
        "pair[1]",
        "sorters[0].guess",
        "sorters[0].recount.predict",
        "sorters[1].guess",
        "sorters[1].recount.predict",
    ];
    assert_eq!(nested(true).state().paths().collect::<Vec<_>>(), all);
    assert_eq!(nested(false).state().paths().len(), 7);
}

#[tokio::test]
async fn a_program_made_by_hand_names_itself_and_its_trace_is_typed() {
    let program = nested(true);
    let reply = program.call(&Context::new(always("cherry")), guess("dark")).await.expect("it runs");
    assert_eq!(reply.fruit, Fruit::Cherry);
    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "pair[0]",
            "pair[1]",
            "sorters[0].guess",
            "sorters[0].recount.predict",
            "sorters[1].guess",
            "sorters[1].recount.predict",
            "boxed.predict"
        ]
    );
    assert_eq!(reply.usage().calls, 7);
    let second = reply.trace().steps_of(&program.sorters[1].recount).next().expect("it was called");
    assert_eq!(second.input().expect("typed").looks, "dark");
    assert_eq!(second.output().expect("typed").fruit, Fruit::Cherry);
    assert_eq!(second.output().expect("typed").reasoning, "so");
    assert_eq!(reply.trace().steps_of(program.maybe.as_ref().expect("there")).count(), 0);
}

#[tokio::test]
async fn parts_of_another_program_are_named_anew() {
    let old = Sorter::new();
    let new = Sorter { guess: old.recount_as_guess(), recount: ChainOfThought::new() };
    let reply = new.call(&Context::new(always("apple")), guess("red")).await.expect("it runs");
    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(paths, ["guess", "recount.predict"]);
}

#[module]
struct Other {
    elsewhere: Predict<Guess>,
}

#[module]
impl Other {
    async fn forward(&self, cx: &Context, input: GuessInput) -> Result<GuessOutput> {
        Ok(self.elsewhere.call(cx, input).await?.into_output())
    }
}

impl Sorter {
    /// A predictor that was named in another program.
    fn recount_as_guess(&self) -> Predict<Guess> {
        Other::new().elsewhere
    }
}

#[test]
fn a_state_of_another_program_is_refused_with_the_differences() {
    let error = Sorter::new().with_state(&Other::new().state()).expect_err("other paths");
    assert_eq!(error.kind(), ErrorKind::Artifact);
    let text = error.to_string();
    for part in ["`guess` is missing", "`recount.predict` is missing", "there is no `elsewhere`"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn clones_share_state_and_candidates_do_not_meet() {
    let program = Sorter::new();
    let mut state = program.state();
    state.get_mut("guess").expect("there").instructions = "Guess anew.".into();
    let candidate = program.with_state(&state).expect("its own paths");
    assert_eq!(program.state().get("guess").expect("there").instructions, "Say which fruit it is.");
    assert_eq!(candidate.clone().state(), state);
}

#[tokio::test]
async fn a_context_crosses_spawn_and_two_tenants_do_not_meet() {
    let (red, dark) = (Context::new(always("apple")), Context::new(always("cherry")));
    let tasks = (0..32).map(|index| {
        let cx = if index % 2 == 0 { red.clone() } else { dark.clone() };
        tokio::spawn(async move { Sorter::new().call(&cx, guess("?")).await.map(|reply| reply.fruit) })
    });
    for (index, task) in tasks.enumerate() {
        let fruit = task.await.expect("no panic").expect("it runs");
        assert_eq!(fruit, if index % 2 == 0 { Fruit::Apple } else { Fruit::Cherry });
    }
    assert_eq!((red.usage().calls, dark.usage().calls), (32, 32));
}

#[tokio::test]
async fn a_failed_step_is_in_the_history_and_the_error_names_it() {
    let cx =
        Context::new(dspy::lm::Scripted::replies(["[[ ## fruit ## ]]\napple", "nothing", "nothing again"]));
    let error = Sorter::new().call(&cx, guess("red")).await.expect_err("the second step fails");
    assert!(error.to_string().starts_with("recount.predict: the reply cannot be read"), "{error}");
    let history = cx.history(10);
    assert_eq!(history.exchanges().count(), 3);
    assert!(history.to_string().contains("nothing again"));
    let _ = built_in();
}
