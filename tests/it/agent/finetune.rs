//! What an agent did, as training examples.

use dspy::Rows;
use dspy::adapter::JsonAdapter;
use dspy::optimize::FinetuneExport;

use super::*;
use crate::file::File;

fn rows() -> Rows<Answer> {
    Rows::from_csv("question,word,sure\nWhere is parcel 7?,Lyon,9\n", "rows.csv").expect("rows")
}

/// The lines of what the agent does with these rows.
async fn exported(cx: &Context, agent: &ReAct<Answer>, demos: bool, name: &str) -> Vec<Value> {
    let file = File::new(name);
    let right = |row: &Answer, out: &dspy::agent::AgentOutput<AnswerOutput>| row.word == out.word;
    let export = FinetuneExport::new(right).demos(demos);
    let wrote = export.write(cx, agent, &rows(), &file.0).await.expect("it is written");
    let text = std::fs::read_to_string(&file.0).expect("it was written");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((wrote.accepted, wrote.lines), (1, lines.len()));
    lines
}

fn roles(line: &Value) -> Vec<&str> {
    let messages = line["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["role"].as_str().expect("a role")).collect()
}

/// With an example of a turn in its prompt.
fn shown() -> ReAct<Answer> {
    let agent = agent();
    let mut state = agent.state();
    state.get_mut("react").expect("a predictor").demos.push(looked());
    agent.with_state(&state).expect("it fits")
}

#[tokio::test]
async fn native_turns_are_one_conversation_with_its_tools() {
    let both = asks(&[("find_parcel", json!({"number": 7})), ("clock", json!({}))]);
    let (cx, seen) = native(vec![both, asks(&[("submit", json!({"word": "Lyon", "sure": 9}))])]);
    let lines = exported(&cx, &agent(), true, "native-turns.jsonl").await;
    let [line] = &*lines else { panic!("one conversation: {lines:?}") };
    assert_eq!(roles(line), ["system", "user", "assistant", "tool", "tool", "assistant"]);
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let messages = &line["messages"];
    let first = json!([call("id_0", "find_parcel", "{\"number\":7}"), call("id_1", "clock", "{}")]);
    assert_eq!(messages[2], json!({"role": "assistant", "content": "So.", "tool_calls": first}));
    assert_eq!(messages[3], json!({"role": "tool", "content": "Lyon", "tool_call_id": "id_0"}));
    assert_eq!(messages[4], json!({"role": "tool", "content": "noon", "tool_call_id": "id_1"}));
    let last = json!([call("id_0", "submit", "{\"word\":\"Lyon\",\"sure\":9}")]);
    assert_eq!(messages[5], json!({"role": "assistant", "content": "So.", "tool_calls": last}));
    assert_eq!(line["parallel_tool_calls"], true);

    let sent = &seen.lock().expect("no panic")[1];
    let names: Vec<&Value> =
        line["tools"].as_array().expect("tools").iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(names, ["find_parcel", "clock", "submit"]);
    assert_eq!(line["tools"][0]["type"], "function");
    assert_eq!(line["tools"][0]["function"]["parameters"], sent.tools[0].parameters);
    for (place, message) in sent.messages.iter().enumerate() {
        assert_eq!(messages[place]["content"], message.text(), "the prompt is that of the last turn");
    }
}

#[tokio::test]
async fn a_prompt_that_was_shortened_is_a_conversation_of_its_own() {
    let far = |number| asks(&[("find_parcel", json!({"number": number}))]);
    let (cx, _) =
        native(vec![far(7), far(8), far(9), asks(&[("submit", json!({"word": "Lyon", "sure": 9}))])]);
    let lines = exported(&cx, &agent().window(1), true, "shortened.jsonl").await;
    assert!(lines.len() > 1, "what was left out stands in no longer conversation");
    assert!(lines.iter().all(|line| roles(line).last() == Some(&"assistant")));
}

#[tokio::test]
async fn calls_that_a_native_model_writes_as_text_are_learned_as_calls() {
    let text = "{\"name\": \"find_parcel\", \"arguments\": {\"number\": 7}}";
    let submit = asks(&[("submit", json!({"word": "Lyon", "sure": 9}))]);
    let (cx, _) = native(vec![Response::new(text), submit]);
    let lines = exported(&cx, &agent(), true, "native-as-text.jsonl").await;
    let message = &lines[0]["messages"][2];
    assert_eq!(message["tool_calls"][0]["function"]["name"], "find_parcel");
    assert_eq!(message["tool_calls"][0]["id"], lines[0]["messages"][3]["tool_call_id"]);
    assert_eq!(message.get("content"), None, "a message that only calls has none");
}

#[tokio::test]
async fn text_turns_show_the_tools_in_each_prompt() {
    let cx = || {
        let replies = [turn(json!([find(7)])), turn(json!([submit("Lyon")]))];
        Context::new(Scripted::replies(replies))
    };
    let lines = exported(&cx(), &shown(), true, "text-turns.jsonl").await;
    assert_eq!(lines.len(), 2, "a line for each turn");
    for line in &lines {
        assert_eq!(roles(line), ["system", "user", "assistant", "user", "assistant"]);
        let system = line["messages"][0]["content"].as_str().expect("a text");
        assert!(system.contains("- `find_parcel`: Says where a parcel is."), "{system}");
        assert_eq!(line["messages"][2]["weight"], 0, "a demonstration is not learned");
        assert_eq!(line["messages"][4].get("weight"), None);
        assert_eq!(line.get("tools"), None);
    }
    let learned = lines[1]["messages"][4]["content"].as_str().expect("a text");
    assert!(learned.starts_with("[[ ## thought ## ]]\nSo.\n\n[[ ## calls ## ]]\n"), "{learned}");
    assert!(lines[1]["messages"][3]["content"].as_str().expect("a text").contains("Lyon"));

    let lines = exported(&cx(), &shown(), false, "text-without-demos.jsonl").await;
    assert_eq!(roles(&lines[0]), ["system", "user", "assistant"]);

    let json = |text: &str, calls: Value| json!({"thought": text, "calls": calls}).to_string();
    let model = Scripted::replies([json("So.", json!([find(7)])), json("So.", json!([submit("Lyon")]))]);
    let cx = Context::new(model).with_adapter(JsonAdapter);
    let lines = exported(&cx, &agent(), true, "json-turns.jsonl").await;
    let learned: Value =
        serde_json::from_str(lines[0]["messages"][2]["content"].as_str().expect("a text")).expect("JSON");
    assert_eq!(learned["calls"][0]["arguments"]["number"], 7);
}

#[tokio::test]
async fn demonstrations_can_be_left_out_of_native_prompts() {
    let replies = || {
        vec![
            asks(&[("find_parcel", json!({"number": 7}))]),
            asks(&[("submit", json!({"word": "Lyon", "sure": 9}))]),
        ]
    };
    for (demos, name) in [(true, "native-demos.jsonl"), (false, "native-no-demos.jsonl")] {
        let lines = exported(&native(replies()).0, &shown(), demos, name).await;
        assert_eq!(roles(&lines[0]), ["system", "user", "assistant", "tool", "assistant"]);
        let system = lines[0]["messages"][0]["content"].as_str().expect("a text");
        assert_eq!(system.contains("- thought: I look."), demos, "{system}");
    }
}
