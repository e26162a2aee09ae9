//! Short programs: a value for an input, outputs alone, a field's text while it comes, and the model of the environment.

use std::process::Command;

use dspy::lm::Scripted;
use dspy::{ChainOfThought, Context, Lm, Predict, ReAct, signature};
use futures_util::StreamExt;

/// Answer the question.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// One word.
    #[output]
    word: String,
}

/// Double it.
#[signature]
struct Double {
    #[input]
    number: i64,
    /// Two times the number.
    #[output]
    twice: i64,
}

fn replies<const N: usize>(replies: [&'static str; N]) -> Context {
    Context::new(Scripted::replies(replies))
}

#[tokio::test]
async fn one_input_is_given_as_its_value() {
    let cx = replies(["{\"word\": \"Paris\"}", "{\"word\": \"Rome\"}", "{\"twice\": 4}"]);
    let answer = Predict::<Answer>::new();
    assert_eq!(answer.call(&cx, "Capital of France?").await.expect("it runs").word, "Paris");
    assert_eq!(
        answer.call(&cx, String::from("Of Italy?")).await.expect("it runs").into_output().word,
        "Rome"
    );
    assert_eq!(Predict::<Double>::new().call(&cx, 2).await.expect("it runs").twice, 4);
}

#[tokio::test]
async fn outputs_come_without_what_a_program_adds() {
    let cx = replies([
        "{\"reasoning\": \"So.\", \"word\": \"Paris\"}",
        "{\"reasoning\": \"So.\", \"word\": \"Paris\"}",
    ]);
    let think = ChainOfThought::<Answer>::new();
    let output: AnswerOutput = think.call(&cx, "Capital of France?").await.expect("it runs").into_output();
    assert_eq!(output.word, "Paris");
    let whole = think.call(&cx, "Capital of France?").await.expect("it runs").into_inner();
    assert_eq!((whole.reasoning.as_str(), whole.output.word.as_str()), ("So.", "Paris"));
    let submit = r#"{"thought": "", "calls": [{"tool": "submit", "arguments": {"word": "Lyon"}}]}"#;
    let agent = ReAct::<Answer>::new();
    if let Ok(reply) = agent.call(&replies([submit]), "Where?").await {
        let output: AnswerOutput = reply.into_output();
        assert_eq!(output.word, "Lyon");
    }
}

#[tokio::test]
async fn the_text_of_a_field_is_shown_while_it_comes() {
    let reply = "[[ ## word ## ]]\nParis it is\n[[ ## completed ## ]]";
    let cx =
        Context::new(Scripted::replies([reply, reply]).in_chunks(3)).with_adapter(dspy::adapter::ChatAdapter);
    let mut stream = Predict::<Answer>::new().stream(&cx, "Capital of France?");
    let pieces: Vec<String> = stream.text("word").map(|piece| piece.expect("it runs")).collect().await;
    assert!(pieces.len() > 2 && pieces.concat() == "Paris it is", "{pieces:?}");
    assert_eq!(stream.prediction().await.expect("it came").word, "Paris it is");
    let mut stream = Predict::<Answer>::new().stream(&cx, "Capital of France?");
    assert!(stream.text("other").next().await.is_none());
    assert!(stream.next().await.is_some(), "the prediction is still an event");
    assert_eq!(stream.next().await.map(|event| event.is_ok()), None);
    let error = stream.prediction().await.expect_err("it was taken as an event");
    assert!(error.to_string().contains("already taken"), "{error}");
}

#[tokio::test]
async fn a_field_that_was_not_told_while_it_came_is_told_at_the_end() {
    let texts = async |replies: &[&'static str]| {
        let model = Scripted::replies(replies.to_vec()).in_chunks(5);
        let cx = Context::new(model).with_adapter(dspy::adapter::ChatAdapter);
        let mut stream = Predict::<Answer>::new().stream(&cx, "Capital of France?");
        let pieces: Vec<String> = stream.text("word").map(|piece| piece.expect("it runs")).collect().await;
        assert_eq!(stream.prediction().await.expect("it came").word, "Paris");
        pieces
    };
    // In another form than was asked for.
    assert_eq!(texts(&["{\"word\": \"Paris\"}"]).await, ["Paris"]);
    assert_eq!(texts(&["<word>Paris</word>"]).await, ["Paris"]);
    // After a reply of which nothing was shown there is no line to break.
    assert_eq!(texts(&["", "[[ ## word ## ]]\nParis\n[[ ## completed ## ]]"]).await, ["Paris"]);
    // What was shown is not shown again.
    assert_eq!(texts(&["[[ ## word ## ]]\nParis\n[[ ## completed ## ]]"]).await.concat(), "Paris");
}

#[tokio::test]
async fn a_reply_that_was_used_follows_one_that_was_not() {
    /// Count.
    #[signature]
    struct Count {
        #[input]
        text: String,
        /// A remark.
        #[output]
        remark: String,
        /// How many there are.
        #[output]
        pieces: u8,
    }
    let replies = [
        "[[ ## remark ## ]]\nMany.\n[[ ## pieces ## ]]\n1000\n[[ ## completed ## ]]",
        "{\"remark\": \"Some.\", \"pieces\": 10}",
    ];
    let cx = Context::new(Scripted::replies(replies).in_chunks(5)).with_adapter(dspy::adapter::ChatAdapter);
    let mut stream = Predict::<Count>::new().stream(&cx, "a lot");
    let text: String = stream.text("remark").map(|piece| piece.expect("it runs")).collect().await;
    assert_eq!(text, "Many.\nSome.");
    assert_eq!(stream.prediction().await.expect("it came").pieces, 10);
    let failing = Context::new(Scripted::replies(["nothing of use"])).with_parse_retries(0);
    let mut stream = Predict::<Count>::new().stream(&failing, "a lot");
    assert!(stream.text("remark").any(|piece| std::future::ready(piece.is_err())).await);
}

/// Runs only where the test below starts it, without a model in its environment.
#[test]
fn child_without_a_model() {
    if std::env::var_os("DSPY_TEST_CHILD").is_none() {
        return;
    }
    let error = Lm::from_env().expect_err("no model is named").to_string();
    assert!(error.contains("DSPY_MODEL is not set") && error.contains("from_env_or_builtin"), "{error}");
    assert_eq!(Lm::from_env_or_builtin().expect("it is built in").id().provider(), "builtin");
}

#[test]
fn a_service_that_lost_its_environment_does_not_answer_from_a_toy() {
    let mut child = Command::new(std::env::current_exe().expect("it runs"));
    child.args(["--exact", "surface::child_without_a_model", "--nocapture"]);
    let output = child.env_remove("DSPY_MODEL").env("DSPY_TEST_CHILD", "1").output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("built in; set DSPY_MODEL"), "{said}");
}
