//! Conversations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{Author, Request, Response, Scripted};
use dspy::module::StreamEvent;
use dspy::{Budget, ChainOfThought, Chat, Context, Error, ErrorKind, History, Lm, Predict, signature};
use futures_util::{FutureExt, StreamExt};

use crate::strategies::Slow;

/// Answer the question.
#[signature]
struct Talk {
    #[input]
    history: History<Talk>,
    #[input]
    question: String,
    /// In one word.
    #[output]
    word: String,
}

fn asked(question: &str) -> impl Fn(History<Talk>) -> TalkInput + use<> {
    let question = question.to_owned();
    move |history| TalkInput { history, question: question.clone() }
}

fn word(word: &str) -> String {
    format!("[[ ## reasoning ## ]]\nso\n[[ ## word ## ]]\n{word}\n[[ ## completed ## ]]")
}

#[tokio::test]
async fn each_turn_sees_the_ones_before_with_the_fields_of_its_signature() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let cx = Context::new(Scripted::new(move |call, request: &Request| {
        kept.lock().expect("no panic").push(request.clone());
        Ok(Response::new(word(["Paris", "Seine"][call])))
    }));
    let mut chat = Chat::new(ChainOfThought::<Talk>::new());
    chat.say(&cx, asked("Capital of France?")).await.expect("an answer");
    let reply = chat.say(&cx, asked("Its river?")).await.expect("an answer");
    assert_eq!((reply.word.as_str(), reply.reasoning.as_str(), chat.history().len()), ("Seine", "so", 2));
    assert_eq!(chat.history().turns()[0].to_string(), r#"{"question":"Capital of France?","word":"Paris"}"#);
    let seen = seen.lock().expect("no panic");
    let authors: Vec<_> = seen[1].messages.iter().map(|message| message.author()).collect();
    assert_eq!(authors, [Author::System, Author::User, Author::Assistant, Author::User]);

    // A history is data: it can be kept and taken up again.
    let json = serde_json::to_string(chat.history()).expect("serde");
    let kept: History<Talk> = serde_json::from_str(&json).expect("serde");
    let again = Chat::new(Predict::<Talk>::new()).with_history(kept);
    assert_eq!(again.history().turns(), chat.history().turns());
}

#[tokio::test]
async fn the_earliest_turns_are_forgotten_where_the_history_is_too_long() {
    let cx = Context::new(Scripted::answering(|_| word("word")));
    // A turn has 4 + 4 bytes of names and values here, and 8 + 12 for the question.
    let mut chat = Chat::new(Predict::<Talk>::new()).tokens(14);
    for turn in 0..5_usize {
        chat.say(&cx, asked(&format!("Question {turn:>3}"))).await.expect("an answer");
        assert_eq!((chat.history().len(), chat.forgotten()), ((turn + 1).min(2), turn.saturating_sub(1)));
    }
    assert_eq!(chat.history().turns()[0].get("question").expect("it"), "Question   3");
    chat = chat.tokens(6);
    assert_eq!((chat.history().len(), chat.forgotten()), (0, 5), "the last is too long by itself");
    chat.say(&cx, asked("?")).await.expect("an answer");
    chat.clear();
    assert_eq!((chat.history().len(), chat.forgotten()), (0, 6));
}

#[tokio::test]
async fn where_the_model_finds_it_too_long_half_is_forgotten_and_the_turn_made_again() {
    let cx = Context::new(Scripted::new(|_, request: &Request| match request.messages.iter().count() {
        7.. => Err(Error::new(ErrorKind::ContextWindow, "too long")),
        _ => Ok(Response::new(word("word"))),
    }));
    let mut chat = Chat::new(Predict::<Talk>::new());
    for turn in 0..4 {
        chat.say(&cx, asked(&format!("Question {turn}"))).await.expect("an answer");
    }
    assert_eq!((chat.history().len(), chat.forgotten(), cx.usage().calls), (2, 2, 5));

    let cx = Context::new(Scripted::new(|_, _| Err(Error::new(ErrorKind::ContextWindow, "too long"))));
    let error = chat.say(&cx, asked("?")).await.expect_err("there is nothing left to forget");
    assert_eq!((error.kind(), chat.history().len(), cx.usage().calls), (ErrorKind::ContextWindow, 0, 3));
}

#[tokio::test]
async fn a_turn_that_fails_or_is_given_up_is_not_remembered() {
    let cx = Context::new(Scripted::replies([word("Paris")]));
    let mut chat = Chat::new(Predict::<Talk>::new());
    chat.say(&cx, asked("Capital of France?")).await.expect("an answer");
    chat.say(&cx.with_budget(Budget::calls(0)), asked("Its river?")).await.expect_err("no call is left");
    assert_eq!(chat.history().len(), 1);

    for polls in 0..3 {
        let slow = Slow::new(3, |_, _| (Duration::ZERO, Ok(Response::new(word("late")))));
        let cx = Context::new(Lm::from(slow));
        let mut turn = Box::pin(chat.say(&cx, asked("Its river?")));
        for _ in 0..=polls {
            assert!((&mut turn).now_or_never().is_none());
        }
        drop(turn);
        assert_eq!(chat.history().len(), 1);
    }
}

#[tokio::test]
async fn a_streamed_turn_is_remembered_at_its_end() {
    let cx = Context::new(Scripted::answering(|_| word("Paris")).in_chunks(3));
    let mut chat = Chat::new(Predict::<Talk>::new());
    let mut half = chat.stream(&cx, asked("Capital of France?"));
    assert!(matches!(half.next().await, Some(Ok(StreamEvent::Field(_)))));
    drop(half);
    assert!(chat.history().is_empty(), "it was given up");

    let events: Vec<_> = chat.stream(&cx, asked("Capital of France?")).collect().await;
    assert!(matches!(events.last(), Some(Ok(StreamEvent::Prediction(reply))) if reply.word == "Paris"));
    assert_eq!(chat.history().len(), 1);
}
