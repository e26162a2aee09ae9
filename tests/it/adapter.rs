//! Prompt formats: which one is used, what is written and what is read.

use dspy::lm::Scripted;
use dspy::{Artifact, ChainOfThought, Context, DynPredict, JsonAdapter, Module, Predict, Record, Repair};

use crate::task::{Fruit, Guess, guess};

fn prompt(predict: &Predict<Guess>, cx: &Context) -> String {
    predict.render(cx, &guess("red")).expect("it renders").to_string()
}

#[tokio::test]
async fn the_adapter_of_a_predictor_wins_and_stays() {
    let cx = Context::new(Scripted::answering(|_| "{\"fruit\": \"apple\"}".into()));
    let own = Predict::<Guess>::new().adapter(JsonAdapter);
    let mut state = own.state();
    state.get_mut("self").expect("one predictor").instructions = "Which fruit?".into();
    let stated = own.with_state(&state).expect("its own path");
    let file = Artifact::new(&stated, cx.lm().id()).to_json().expect("no secrets");
    let loaded =
        Artifact::parse(&file).expect("as written").apply(own.clone(), &cx).expect("the same program");
    for predict in [&own, &own.clone(), &stated, &loaded] {
        assert!(prompt(predict, &cx).contains("Reply with one JSON object"));
        let reply = predict.call(&cx, guess("red")).await.expect("answered");
        assert_eq!((reply.fruit, reply.repairs().count()), (Fruit::Apple, 0));
    }
    assert!(prompt(&loaded, &cx).contains("Which fruit?"));
    // One without its own reads the same reply as what it is: another format.
    let reply = Predict::<Guess>::new().call(&cx, guess("red")).await.expect("answered");
    assert!(reply.repairs().any(|repair| *repair == Repair::OtherFormat("json".into())));
}

#[tokio::test]
async fn every_predictor_takes_an_adapter() {
    let cx = Context::new(Scripted::answering(|_| {
        "{\"reasoning\": \"so\", \"fruit\": \"apple\", \"n\": 3}".into()
    }));
    let thinks = ChainOfThought::<Guess>::new().adapter(JsonAdapter);
    let reply = thinks.call(&cx, guess("red")).await.expect("answered");
    assert_eq!(reply.repairs().collect::<Vec<_>>(), [&Repair::UnknownKey("n".into())]);
    let dynamic = DynPredict::parse("looks -> n: int").expect("a signature").adapter(JsonAdapter);
    let reply = dynamic.call(&cx, Record::from_iter([("looks", "red")])).await.expect("answered");
    assert_eq!(reply.get("n"), Some(&3.into()));
    assert!(!reply.repairs().any(|repair| matches!(repair, Repair::OtherFormat(_))));
}
