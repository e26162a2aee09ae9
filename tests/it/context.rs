//! Budgets and history.

use dspy::{Budget, Context, Predict};

use crate::task::{Guess, always, guess};

#[tokio::test]
async fn a_budget_is_a_hard_stop_for_all_that_share_it() {
    let cx = Context::new(always("apple"));
    let limited = cx.with_budget(Budget::calls(10));
    let calls = (0..50).map(|_| {
        let cx = limited.clone();
        tokio::spawn(async move { Predict::<Guess>::new().call(&cx, guess("red")).await })
    });
    let mut made = 0;
    for call in calls {
        match call.await.expect("no panic") {
            Ok(_) => made += 1,
            Err(error) => assert!(error.is_budget(), "{error}"),
        }
    }
    assert_eq!((made, limited.usage().calls, cx.usage().calls), (10, 10, 10));
    Predict::<Guess>::new().call(&cx, guess("red")).await.expect("the context above has no limit");
    assert_eq!(cx.usage().calls, 11);
}

#[tokio::test]
async fn history_keeps_the_last_exchanges_in_order() {
    let cx = Context::new(always("apple"));
    for number in 0..70 {
        Predict::<Guess>::new().call(&cx, guess(&format!("number {number}!"))).await.expect("answered");
    }
    let printed = cx.history(2).to_string();
    assert!(!printed.contains("number 67!"));
    let (first, second) = (printed.find("number 68!"), printed.find("number 69!"));
    assert!(first.expect("shown") < second.expect("shown"));
    assert_eq!(cx.history(1_000).exchanges().count(), 64);
}

#[tokio::test]
async fn history_keeps_to_its_bytes() {
    let cx = Context::new(always("apple")).with_history_bytes(40_000);
    for number in 0..20 {
        let input = guess(&format!("number {number}! {}", "x".repeat(10_000)));
        Predict::<Guess>::new().call(&cx, input).await.expect("answered");
    }
    let kept = cx.history(64);
    assert_eq!(kept.exchanges().count(), 3, "40 KB hold three exchanges of 10 KB and a bit");
    assert!(kept.to_string().contains("number 19!"), "the oldest go first");
    let none = cx.with_history_bytes(0);
    Predict::<Guess>::new().call(&none, guess("red")).await.expect("answered");
    assert_eq!((none.history(9).exchanges().count(), cx.history(9).exchanges().count()), (0, 3));
}
