//! Code that is written once, and again where it fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::code::{CodeOutput, CodeStopReason, Interpreter, Limits, ProgramOfThought, Python};
use dspy::lm::{Response, Scripted};
use dspy::optimize::LabeledFewShot;
use dspy::{Context, ErrorKind, Signature, signature};

use super::{learner, splits, tight};
use crate::strategies::{Answer, AnswerOutput, question};

pub fn code(code: &str) -> String {
    format!("[[ ## thought ## ]]\nso\n[[ ## code ## ]]\n```python\n{code}\n```\n[[ ## completed ## ]]")
}

pub fn word(word: &str) -> String {
    crate::strategies::word(word)
}

/// A model with these replies, and the last messages that it was sent.
pub fn recorded(replies: Vec<String>) -> (Context, Arc<Mutex<Vec<String>>>) {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = seen.clone();
    let lm = Scripted::new(move |call, request| {
        let last = request.messages.iter().last().map(|message| message.text().to_owned());
        told.lock().expect("whole").push(last.unwrap_or_default());
        replies.get(call).map(Response::new).ok_or_else(|| {
            dspy::Error::new(ErrorKind::InvalidRequest, format!("call {call} is not in the script"))
        })
    });
    (Context::new(lm).with_parse_retries(0), seen)
}

over_every_interpreter!(
    code_that_fails_is_written_anew_in_the_light_of_its_error,
    an_error_lists_what_was_wrong_with_each_attempt,
    an_attempt_leaves_nothing_to_the_next,
    no_code_is_no_reply,
    fields_of_these_names_are_told_apart,
    an_output_with_a_name_that_is_taken_is_an_error_that_says_so,
    a_search_finds_every_predictor_and_plans_for_every_attempt,
);

async fn code_that_fails_is_written_anew_in_the_light_of_its_error(
    python: impl Interpreter + Clone + 'static,
) {
    let replies =
        vec![code("word = quesion.upper()"), code("word = question.upper()\nprint(word)"), word("ONE")];
    let (cx, seen) = recorded(replies);
    let program = ProgramOfThought::<Answer>::new(python.clone());
    let reply = program.call(&cx, question()).await.expect("the second code runs");
    assert_eq!(
        (reply.word.as_str(), reply.usage().calls, reply.stop_reason),
        ("ONE", 3, CodeStopReason::Done)
    );
    assert_eq!(reply.trajectory.len(), 2);
    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(paths, ["generate", "run", "regenerate", "run", "answer.predict"]);
    let seen = seen.lock().expect("whole");
    assert!(
        seen[1].contains("word = quesion.upper()") && seen[1].contains("NameError in line 1"),
        "{}",
        seen[1]
    );
    assert!(seen[2].contains("WHICH ONE?") && !seen[2].contains("quesion"), "{}", seen[2]);

    let runs: Vec<_> = reply.trace().steps_of(program.runs()).collect();
    let first = runs[0].output().expect("a run that fails is one").ran;
    assert_eq!(first.error.expect("it failed").kind(), "NameError");
    assert_eq!(runs[1].input().expect("typed").code, "word = question.upper()\nprint(word)");
    assert_eq!(runs[1].output().expect("typed").ran.printed, "WHICH ONE?\n");
}

async fn an_error_lists_what_was_wrong_with_each_attempt(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![code("1 / 0"), code("while True: pass"), word("never asked")]);
    let limits = Limits { time: Duration::from_millis(50), ..tight() };
    let program = ProgramOfThought::<Answer>::new(python.clone()).attempts(2).limits(limits);
    let error = program.call(&cx, question()).await.expect_err("no code runs");
    assert_eq!(error.kind(), ErrorKind::Code);
    assert!(error.is_of_model() && !error.is_mine());
    let text = error.to_string();
    let listed = "attempt 1: ZeroDivisionError in line 1: division by zero; attempt 2: TimeoutError";
    assert!(text.contains(listed), "{text}");
    assert_eq!(cx.usage().calls, 2);
}

async fn an_attempt_leaves_nothing_to_the_next(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![code("x = 1\n1 / 0"), code("print(x)"), code("print(question)"), word("ok")]);
    let program = ProgramOfThought::<Answer>::new(python.clone());
    let reply = program.call(&cx, question()).await.expect("the third runs");
    assert_eq!(reply.trajectory[1].ran.error.as_ref().map(|error| error.kind()), Some("NameError"));
}

async fn no_code_is_no_reply(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![code("")]);
    let program = ProgramOfThought::<Answer>::new(python.clone());
    let error = program.call(&cx, question()).await.expect_err("nothing");
    assert!(error.is_parse() && error.to_string().contains("generate: "), "{error}");
}

#[test]
fn the_prompt_says_which_python_and_what_for() {
    let program = ProgramOfThought::<Answer>::new(Python::new());
    let state = program.state();
    let instructions = &state.get("generate").expect("it is found").instructions;
    assert!(instructions.starts_with(Answer::schema().instructions()), "{instructions}");
    for said in ["Python", "`word`", "without classes", "statistics"] {
        assert!(instructions.contains(said), "{said}: {instructions}");
    }
    let paths = ["answer.predict", "generate", "regenerate"];
    assert_eq!(state.paths().collect::<Vec<_>>(), paths);
}

/// Its fields have the names that code and its outputs have.
#[signature]
#[derive(Debug, Clone)]
struct Review {
    #[input]
    code: String,
    #[input]
    thought: String,
    #[input]
    computed: String,
    #[output(desc = "")]
    word: String,
}

async fn fields_of_these_names_are_told_apart(python: impl Interpreter + Clone + 'static) {
    let reply = "[[ ## thought_ ## ]]\nso\n[[ ## code_ ## ]]\nprint(code + thought + computed)";
    let (cx, _) = recorded(vec![reply.into(), word("abc")]);
    let input = ReviewInput { code: "a".into(), thought: "b".into(), computed: "c".into() };
    let reply = ProgramOfThought::<Review>::new(python.clone()).call(&cx, input).await.expect("it runs");
    assert_eq!(reply.trajectory[0].ran.printed, "abc\n");
}

/// One of its outputs has a name that is taken.
#[signature]
struct Taken {
    #[input]
    question: String,
    #[output(desc = "")]
    trajectory: String,
}

async fn an_output_with_a_name_that_is_taken_is_an_error_that_says_so(
    python: impl Interpreter + Clone + 'static,
) {
    let (cx, _) = recorded(vec![]);
    let program = ProgramOfThought::<Taken>::new(python.clone());
    let error = program.call(&cx, TakenInput { question: String::new() }).await.expect_err("it is refused");
    assert!(error.to_string().contains("`Taken` has an output `trajectory`"), "{error}");
}

async fn a_search_finds_every_predictor_and_plans_for_every_attempt(
    python: impl Interpreter + Clone + 'static,
) {
    let splits = splits();
    let metric = |row: &Answer, out: &CodeOutput<AnswerOutput>| row.word == out.word;
    let search = dspy::BootstrapFewShot::new(metric);
    let cx = learner(|prompt, right| {
        let answer = word(if right { "one" } else { "two" });
        if prompt.contains("computed") { answer } else { code("print(question)") }
    });
    let plan = |attempts| {
        let program = ProgramOfThought::<Answer>::new(python.clone()).attempts(attempts);
        search.plan(&cx, &program, &splits).task_calls().most
    };
    assert_eq!(plan(3) * 2, plan(1) * 4, "2 calls with one attempt, 4 with three");
    let program = ProgramOfThought::<Answer>::new(python.clone());
    let compiled = search.compile(&cx, program.clone(), &splits).await;
    let state = compiled.expect("within its plan").program.state();
    let demos = |path| state.get(path).map_or(0, |state| state.demos.len());
    assert!(demos("generate") > 0 && demos("answer.predict") > 0, "{state:?}");
    let shown = &state.get("generate").expect("it is found").demos[0];
    let code = shown.get("code").and_then(|code| code.as_str());
    assert!(code.is_some_and(|code| code.contains("print(question)")), "{code:?}");
    let labelled = LabeledFewShot::new(metric).compile(&cx, program, &splits).await;
    labelled.expect("rows without code are no demonstrations of it, and no error");
}
