use std::time::Duration;

use dspy::evaluate::metrics::Judge;
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{InstructionProposer, Reflection};
use dspy::strategy::Refine;
use dspy::trace::Note;
use dspy::{Budget, Context, Error, ErrorKind, Gepa, Predict, Result, Rows, Score, Splits, module};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Answer, AnswerInput, AnswerOutput, Slow, given_up_after_each_poll, question, word};

/// Two steps, so that advice has to find its way.
#[module]
struct Twice {
    draft: Predict<Answer>,
    last: Predict<Answer>,
}

#[module]
impl Twice {
    async fn forward(&self, cx: &Context, input: AnswerInput) -> Result<AnswerOutput> {
        let draft = self.draft.call(cx, input).await?;
        let again = AnswerInput { question: draft.word.clone() };
        Ok(self.last.call(cx, again).await?.into_output())
    }
}

fn is_long(_: &AnswerInput, out: &AnswerOutput) -> Score {
    Score::from(out.word.len() as f64 / 10.0).because(format!("{} letters", out.word.len()))
}

fn advice(to: &str, text: &str) -> String {
    let advice = serde_json::json!({ to: text });
    format!("[[ ## diagnosis ## ]]\nIt is short.\n[[ ## advice ## ]]\n{advice}\n[[ ## completed ## ]]")
}

fn last_text(request: &Request) -> &str {
    request.messages.iter().last().expect("a message").text()
}

#[tokio::test]
async fn advice_goes_into_the_next_prompt_of_the_step_that_it_is_for() {
    let replies = [word("a"), word("bc"), advice("last", "Write more."), word("a"), word("a long word")];
    let cx = Context::new(Scripted::replies(replies)).with_kept_exchanges(true);
    let program = Refine::new(Twice::new(), 3, is_long);
    let before = program.state();
    let reply = program.call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("a long word", 5));
    assert_eq!(program.state(), before);

    let steps: Vec<_> = reply.trace().steps().collect();
    let told: Vec<_> = steps.iter().map(|step| (&*step.path, step.attempt(), step.is_chosen())).collect();
    let expected = [
        ("draft", Some(1), false),
        ("last", Some(1), false),
        ("feedback", None, true),
        ("draft", Some(2), true),
        ("last", Some(2), true),
    ];
    assert_eq!(told, expected);

    let asked = &steps[2].input;
    let text = |name: &str| asked.get(name).and_then(|value| value.as_str()).expect("text").to_owned();
    assert!(text("program").starts_with("draft: question: string -> word: string\n  Answer the question"));
    assert_eq!(
        text("run"),
        "draft was given {\"question\":\"Which one?\"} and answered {\"word\":\"a\"}\n\
         last was given {\"question\":\"a\"} and answered {\"word\":\"bc\"}\n\
         what came out: {\"word\":\"bc\"}"
    );
    assert_eq!(text("reward"), "0.2, where 1 is wanted: 2 letters");

    let prompt = |step: usize| steps[step].exchanges[0].request().clone();
    let heard =
        "\n\nWhat you said to this very input before was not good enough. Take this advice:\nWrite more.";
    assert!(last_text(&prompt(4)).ends_with(heard), "{}", last_text(&prompt(4)));
    assert!(!last_text(&prompt(3)).contains("advice"), "it is not for this step");
    assert_eq!(prompt(4).messages.fixed(), prompt(1).messages.fixed(), "what is fixed can be reused");
    assert!(steps[4].notes.contains(&Note::Advised { advice: "Write more.".into() }));
    assert_eq!(steps[4].input.names().collect::<Vec<_>>(), ["question"], "it is no input");
}

#[tokio::test]
async fn the_first_good_attempt_needs_no_advice_and_of_none_the_best_is_given() {
    let cx = Context::new(Scripted::replies([word("ten letters")]));
    let reply = Refine::new(Predict::<Answer>::new(), 3, is_long).call(&cx, question()).await.expect("good");
    assert_eq!(reply.usage().calls, 1);

    let cx = Context::new(Scripted::replies([
        word("abc"),
        advice("self", "More."),
        word("ab"),
        advice("self", "Much more."),
        word("abc"),
    ]));
    let reply = Refine::new(Predict::<Answer>::new(), 3, is_long).call(&cx, question()).await.expect("some");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("abc", 5));
    assert_eq!(reply.trace().chosen().filter_map(|step| step.attempt()).collect::<Vec<_>>(), [1]);
    let low = Refine::new(Predict::<Answer>::new(), 3, is_long).threshold(0.1);
    let cx = Context::new(Scripted::replies([word("a")]));
    assert_eq!(low.call(&cx, question()).await.expect("good enough").usage().calls, 1);
}

#[tokio::test]
async fn failures_are_advised_on_and_advice_that_fails_stops_nothing() {
    let lm = Scripted::new(|call, request| match call {
        0 => Err(Error::new(ErrorKind::Server, "down")),
        1 => {
            assert!(
                last_text(request).contains("none, because it failed: self: down"),
                "{}",
                last_text(request)
            );
            Err(Error::new(ErrorKind::Server, "still down"))
        }
        _ => Ok(Response::new(word("ten letters"))),
    });
    let cx = Context::new(lm);
    let reply =
        Refine::new(Predict::<Answer>::new(), 3, is_long).call(&cx, question()).await.expect("one went well");
    assert_eq!(reply.word, "ten letters");
    assert!(reply.trace().steps().nth(1).expect("the advice").output.is_err());

    let cx = Context::new(Scripted::new(|_, _| Err(Error::new(ErrorKind::Server, "down"))));
    let error =
        Refine::new(Predict::<Answer>::new(), 2, is_long).call(&cx, question()).await.expect_err("none");
    assert_eq!(
        error.to_string(),
        "every attempt failed: attempt 1: self: down; the advice after attempt 1: feedback: down; attempt 2: self: down"
    );
}

#[tokio::test]
async fn a_spent_budget_gives_the_best_so_far() {
    for calls in [1, 2] {
        let cx = Context::new(Scripted::replies([word("abc"), advice("self", "More.")]));
        let cx = cx.with_budget(Budget::calls(calls));
        let reply =
            Refine::new(Predict::<Answer>::new(), 3, is_long).call(&cx, question()).await.expect("the first");
        assert_eq!((reply.word.as_str(), reply.usage().calls), ("abc", calls));
    }
}

#[test]
fn giving_it_up_at_any_time_leaves_the_books_right() {
    let reply = |call| if call % 2 == 0 { word("a") } else { advice("self", "More.") };
    given_up_after_each_poll(
        || Slow::new(2, move |call, _| (Duration::ZERO, Ok(Response::new(reply(call))))),
        |cx| {
            async move { Refine::new(Predict::<Answer>::new(), 3, is_long).call(cx, question()).await }
                .boxed()
        },
    );
}

#[tokio::test]
async fn a_name_that_the_program_has_is_left_to_it() {
    #[module]
    struct Own {
        feedback: Predict<Answer>,
    }
    #[module]
    impl Own {
        async fn forward(&self, cx: &Context, input: AnswerInput) -> Result<AnswerOutput> {
            Ok(self.feedback.call(cx, input).await?.into_output())
        }
    }
    let program = Refine::new(Own::new(), 2, is_long);
    assert_eq!(program.state().paths().collect::<Vec<_>>(), ["feedback", "feedback_"]);
}

/// Says the right word where it is advised to, and gives this advice where it is told to.
fn advisable() -> Context {
    Context::new(Scripted::new(|_, request| {
        let task = request.messages.iter().next().expect("a task").text();
        let reply = match task.contains("`diagnosis`") {
            true if task.contains("Name the city.") => advice("self", "Say Paris."),
            true => advice("self", "Try harder."),
            false if last_text(request).contains("Say Paris.") => word("Paris"),
            false => word("a"),
        };
        Ok(Response::new(reply))
    }))
}

#[derive(Debug)]
struct NameIt;

impl InstructionProposer for NameIt {
    fn propose<'a>(&'a self, _: &'a Context, seen: &'a Reflection) -> BoxFuture<'a, Result<String>> {
        let more = if &*seen.path == "feedback" { "Name the city." } else { "Be careful." };
        async move { Ok(format!("{} {more}", seen.instructions)) }.boxed()
    }
}

#[tokio::test]
async fn a_search_tunes_how_it_advises_and_its_plan_has_every_call() {
    let rows = |name: &str| {
        let lines: String = (0..6).map(|i| format!("Which city is {name} {i}?,Paris\n")).collect();
        Rows::<Answer>::from_csv(&format!("question,word\n{lines}"), name).expect("rows")
    };
    let splits = Splits::new(rows("train"), rows("validation"), rows("test")).expect("no row twice");
    let refine = |n| {
        Refine::new(Predict::<Answer>::new(), n, |_: &AnswerInput, out: &AnswerOutput| out.word == "Paris")
    };
    let cx = advisable().with_parse_retries(0);
    let search =
        Gepa::with_runs(|row: &Answer, out: &AnswerOutput| row.word == out.word, 60).proposer(NameIt);
    let plan = |n| search.plan(&cx, &refine(n), &splits).task_calls().most;
    assert_eq!(plan(3), plan(1) * 5, "three runs, and advice after two of them");
    let compiled = search.compile(&cx, refine(2), &splits).await.expect("within its plan");
    assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
    let state = compiled.program.state();
    assert!(
        state.get("feedback").expect("a predictor").instructions.ends_with("Name the city."),
        "{state:?}"
    );
}

#[tokio::test]
async fn a_judge_says_why_and_the_advice_is_on_it() {
    let asked = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let seen = asked.clone();
    let cx = Context::new(Scripted::new(move |_, request: &Request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        let judges = text.contains("[[ ## rubric ## ]]");
        Ok(Response::new(match (judges, text.contains("[[ ## advice ## ]]")) {
            (true, _) if text.contains("{\"word\":\"Paris\"}") => {
                "[[ ## reason ## ]]\nfine\n[[ ## score ## ]]\n1".into()
            }
            (true, _) => "[[ ## reason ## ]]\nIt shouts.\n[[ ## score ## ]]\n0.2".into(),
            (_, true) => {
                seen.lock().expect("whole").clone_from(&text);
                advice("self", "Do not shout.")
            }
            _ => word(if text.contains("Do not shout.") { "Paris" } else { "PARIS" }),
        }))
    }));
    let calm = Refine::with_metric(Predict::<Answer>::new(), 3, Judge::new("It is calm."));
    let reply = calm.call(&cx, question()).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.usage().calls), ("Paris", 5));
    let asked = asked.lock().expect("whole");
    assert!(asked.contains("0.2, where 1 is wanted: It shouts."), "{asked}");
    assert!(!asked.contains("rubric"), "it is about the steps of the program: {asked}");
}
