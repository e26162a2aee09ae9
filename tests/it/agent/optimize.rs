//! Agents in a search: turns, the reading of answers, and descriptions of tools are tuned.

use dspy::agent::AgentOutput;
use dspy::lm::Scripted;
use dspy::optimize::{FinetuneExport, InstructionProposer, Reflection};
use dspy::{BootstrapFewShot, Context, Gepa, Rows, Splits};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;

/// Finds a parcel only where the tool says that it has parcels of any year.
fn model() -> Context {
    let text = |request: &Request| {
        let task = all_text(request);
        let question = task.rsplit("Where is parcel ").next().expect("a question");
        let number: u32 = question.split('?').next().expect("a number").parse().expect("a number");
        match question.contains("\"Lyon\"") {
            _ if !task.contains("any year") && task.matches("Where is parcel ").count() == 1 => {
                turn(json!([submit("unknown")]))
            }
            _ if task.contains("`reasoning`") => extracted("Lyon"),
            true => turn(json!([submit("Lyon")])),
            false => turn(json!([find(number)])),
        }
    };
    Context::new(Scripted::new(move |_, request| Ok(Response::new(text(request))))).with_parse_retries(0)
}

fn splits() -> Splits<Answer> {
    let rows = |name: &str, from: u32| {
        let lines: String = (from..from + 8)
            .map(|i| format!("Where is parcel 7?{},Lyon,9\n", " ".repeat(i as usize)))
            .collect();
        Rows::<Answer>::from_csv(&format!("question,word,sure\n{lines}"), name).expect("rows")
    };
    Splits::new(rows("train", 0), rows("validation", 10), rows("test", 20)).expect("no row twice")
}

fn right(row: &Answer, out: &AgentOutput<AnswerOutput>) -> bool {
    row.word == out.word
}

/// Knows what the tool lacks, and nothing to say of the rest.
#[derive(Debug)]
struct AnyYear;

impl InstructionProposer for AnyYear {
    fn propose<'a>(&'a self, _: &'a Context, seen: &'a Reflection) -> BoxFuture<'a, Result<String>> {
        let text = match seen.path.as_ref() {
            "tools.find_parcel" => "Says where a parcel of any year is.".to_owned(),
            _ => format!("{} Be careful.", seen.instructions),
        };
        async move { Ok(text) }.boxed()
    }
}

#[tokio::test]
async fn a_description_of_a_tool_is_learned_and_kept_in_the_state() {
    let splits = splits();
    let forced = agent().turns(2);
    let search = Gepa::with_runs(right, 60).proposer(AnyYear);
    let compiled = search.compile(&model(), forced, &splits).await.expect("it runs");
    assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
    let find = compiled.program.tools().get("find_parcel").expect("a tool");
    assert_eq!(find.description(), "Says where a parcel of any year is.");

    let state = compiled.program.state();
    let loaded = agent().turns(2).with_state(&state).expect("it is of this program");
    assert_eq!(loaded.tools().get("find_parcel").expect("a tool").description(), find.description());
    let other = ReAct::<Answer>::new().tool(Clock).with_state(&state).expect_err("a tool is gone");
    assert!(other.to_string().contains("tools.find_parcel"), "{other}");
}

#[tokio::test]
async fn turns_become_demonstrations_and_tools_take_none() {
    let splits = splits();
    let program = agent().turns(3);
    let mut taught = program.state();
    taught.get_mut("tools.find_parcel").expect("a tool").instructions = "For parcels of any year.".into();
    let search = BootstrapFewShot::new(right).teacher_state(taught);
    let cx = model();
    let plan = search.plan(&cx, &program, &splits);
    assert_eq!(plan.task_calls().most % 4, 0, "three turns and one more for each run: {plan}");
    let compiled = search.compile(&cx, program, &splits).await.expect("within its plan");
    let state = compiled.program.state();
    let demos = |path: &str| state.get(path).expect("a predictor").demos.len();
    assert!(demos("react") > 0);
    assert_eq!((demos("tools.find_parcel"), demos("tools.clock")), (0, 0));
    assert!(state.get("react").expect("it").demos[0].contains("trajectory"));

    let file = crate::file::File::new("agent.jsonl");
    let export =
        FinetuneExport::new(right).write(&cx, &compiled.program, &splits.train, &file.0).await.expect("rows");
    assert_eq!(export.rows, 8);
}
