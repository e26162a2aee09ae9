//! Code in turns, with tools as functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::code::{CodeAct, CodeOutput, CodeStopReason, Interpreter};
use dspy::lm::{Response, Scripted};
use dspy::trace::Note;
use dspy::{Budget, Context, Error, ErrorKind, tool};

use super::program_of_thought::{recorded, word};
use super::{learner, splits};
use crate::strategies::{Answer, AnswerOutput, question};

/// Says where a parcel is.
#[tool]
fn find_parcel(
    /// The number on the receipt.
    number: u32,
    /// In which language.
    language: Option<String>,
) -> Result<Vec<String>, String> {
    match number {
        7 => Ok(vec![language.unwrap_or_else(|| "Lyon".into()); 2]),
        _ => Err(format!("there is no parcel {number}")),
    }
}

/// A tool that nothing can be paid for.
#[tool]
fn expensive() -> dspy::Result<String> {
    Err(Error::new(ErrorKind::Budget, "all is spent"))
}

fn act(code: &str, done: bool) -> String {
    format!(
        "[[ ## thought ## ]]\nso\n[[ ## code ## ]]\n{code}\n[[ ## done ## ]]\n{done}\n[[ ## completed ## ]]"
    )
}

over_every_interpreter!(
    tools_are_functions_and_their_failures_exceptions,
    what_no_code_can_mend_ends_the_run,
    after_the_last_turn_the_answer_is_read_out,
    a_prompt_that_is_too_long_loses_its_earliest_turns,
    names_that_meet_are_an_error_that_says_so,
    a_search_tunes_its_predictors_and_plans_for_every_turn,
);

async fn tools_are_functions_and_their_failures_exceptions(python: impl Interpreter + Clone + 'static) {
    let code = "at = find_parcel(7)\nprint(at, find_parcel(number=7, language='en'))\n\
                try:\n    find_parcel(8)\nexcept RuntimeError as e:\n    print(e)\nfind_parcel('x')";
    let (cx, seen) =
        recorded(vec![act(code, false), act("print(at[0])", false), act("", true), word("Lyon")]);
    let agent = CodeAct::<Answer>::new(python.clone()).tool(FindParcel);
    let reply = agent.call(&cx, question()).await.expect("it answers");
    assert_eq!(
        (reply.word.as_str(), reply.stop_reason, reply.usage().calls),
        ("Lyon", CodeStopReason::Done, 4)
    );
    let first = &reply.trajectory[0].ran;
    assert_eq!(first.printed, "['Lyon', 'Lyon'] ['en', 'en']\nfind_parcel: there is no parcel 8\n");
    let error = first.error.as_ref().expect("the last call is wrong");
    assert!(error.message().starts_with("find_parcel: ") && error.line() == Some(7), "{error}");
    assert_eq!(reply.trajectory[1].ran.printed, "Lyon\n", "variables live on");
    let seen = seen.lock().expect("whole");
    let told = "find_parcel(number: integer, language: [\"string\",\"null\"] = …): Says where a parcel is.";
    assert!(seen[0].replace("\\\"", "\"").contains(told), "{}", seen[0]);
    assert!(seen[1].contains("there is no parcel 8"), "{}", seen[1]);

    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    let tool = "tools.find_parcel";
    assert_eq!(paths, ["act", "run", tool, tool, tool, tool, "act", "run", "act", "extract.predict"]);
    let calls: Vec<_> =
        reply.trace().steps_of(agent.tools().get("find_parcel").expect("it is there")).collect();
    assert_eq!(calls[1].input().expect("typed").arguments["language"], "en");
}

async fn what_no_code_can_mend_ends_the_run(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![act("try:\n    expensive()\nexcept BaseException:\n    pass", false)]);
    let agent = CodeAct::<Answer>::new(python.clone()).tool(Expensive);
    assert!(agent.call(&cx, question()).await.expect_err("nothing is left").is_budget());
    let (cx, _) = recorded(vec![act("1", false), act("2", false)]);
    let cx = cx.with_budget(Budget::calls(1));
    assert!(agent.call(&cx, question()).await.expect_err("nothing is left").is_budget());
}

async fn after_the_last_turn_the_answer_is_read_out(python: impl Interpreter + Clone + 'static) {
    let (cx, seen) = recorded(vec![act("print('a' * 50)", false), act("1 / 0", false), word("end")]);
    let agent = CodeAct::<Answer>::new(python.clone()).turns(2).shown(20);
    let reply = agent.call(&cx, question()).await.expect("it answers");
    assert_eq!((reply.word.as_str(), reply.stop_reason), ("end", CodeStopReason::Turns));
    let seen = seen.lock().expect("whole");
    assert!(seen[1].contains("(… 30 of 50 characters are not shown; print less)"), "{}", seen[1]);
    assert!(seen[2].contains("ZeroDivisionError in line 1"), "{}", seen[2]);
    assert_eq!(reply.trajectory[0].ran.printed.len(), 51, "what is given back is whole");
}

async fn a_prompt_that_is_too_long_loses_its_earliest_turns(python: impl Interpreter + Clone + 'static) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let lm = Scripted::new(move |call, request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let last =
            request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
        if last.contains("turn 0") && last.contains("turn 1") {
            return Err(Error::new(ErrorKind::ContextWindow, "too long"));
        }
        let done = call > 2;
        Ok(Response::new(if last.contains("reasoning") {
            word("ok")
        } else {
            act(&format!("print('turn {call}')"), done)
        }))
    });
    let cx = Context::new(lm).with_parse_retries(0);
    let reply = CodeAct::<Answer>::new(python.clone()).call(&cx, question()).await.expect("it is mended");
    assert_eq!(reply.word, "ok");
    let left_out = |note: &Note| matches!(note, Note::TurnsLeftOut { turns: 1 });
    assert!(reply.trace().steps().any(|step| step.notes.iter().any(left_out)));
}

async fn names_that_meet_are_an_error_that_says_so(python: impl Interpreter + Clone + 'static) {
    let (cx, _) = recorded(vec![]);
    let agent = CodeAct::<Answer>::new(python.clone()).tool(FindParcel).tool(FindParcel);
    let error = agent.call(&cx, question()).await.expect_err("two of one name");
    assert!(error.to_string().contains("`find_parcel`"), "{error}");
    let named = dspy::tool::ToolFn::new("question", "Asks.", |_: Nothing| async { Ok::<_, String>("x") });
    let named = named.expect("a good name");
    let error =
        CodeAct::<Answer>::new(python.clone()).tool(named).call(&cx, question()).await.expect_err("it meets");
    assert!(error.to_string().contains("`question` is an input and a function"), "{error}");
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

async fn a_search_tunes_its_predictors_and_plans_for_every_turn(python: impl Interpreter + Clone + 'static) {
    let splits = splits();
    let search =
        dspy::BootstrapFewShot::new(|row: &Answer, out: &CodeOutput<AnswerOutput>| row.word == out.word);
    let cx = learner(|prompt, right| {
        let word = word(if right { "one" } else { "two" });
        if prompt.contains("reasoning") { word } else { act("print(question)", true) }
    });
    let program = |turns| CodeAct::<Answer>::new(python.clone()).tool(FindParcel).turns(turns);
    let plan = |turns| search.plan(&cx, &program(turns), &splits).task_calls().most;
    assert_eq!(plan(5) * 2, plan(1) * 6);
    let compiled = search.compile(&cx, program(3), &splits).await.expect("in plan");
    let state = compiled.program.state();
    assert_eq!(state.paths().collect::<Vec<_>>(), ["act", "extract.predict", "tools.find_parcel"]);
    assert!(["act", "extract.predict"].iter().all(|path| !state.get(path).expect("found").demos.is_empty()));
}
