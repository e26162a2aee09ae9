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
