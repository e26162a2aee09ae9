//! Who has spent what, on which model, and for what.

use dspy::context::{Price, Prices, Purpose};
use dspy::lm::{Fallback, ModelId, Response, Scripted};
use dspy::optimize::{LabeledFewShot, Pick};
use dspy::{Context, Error, ErrorKind, Evaluate, Lm, Predict, RandomSearch};

use crate::task::{Guess, Sorter, guess, right, rows};

fn model(provider: &str, name: &str) -> Lm {
    // Every third reply cannot be read.
    let model = Scripted::new(|call, _| {
        let text =
            if call % 3 == 2 { "what?" } else { "[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple" };
        Ok(Response::new(text).with_tokens(1_000, 100))
    });
    Lm::from(model.named(ModelId::new(provider, name)))
}

#[tokio::test]
async fn every_call_is_in_the_ledger_once() {
    let prices = Prices::none().with("a/dear", Price::per_million(10.0, 100.0));
    let cx = Context::new(model("a", "dear")).with_prices(prices);
    Sorter::new().call(&cx, guess("red")).await.expect("it runs");
    Sorter::new().call(&cx, guess("red")).await.expect("it runs");
    let ledger = cx.ledger();
    // Two calls each, and one that could not be read.
    assert_eq!((ledger.total(), ledger.total().calls), (cx.usage(), 5));
    let of_path = ledger.by(|spent| spent.path.clone());
    assert_eq!((of_path["guess"].calls, of_path["recount.predict"].calls), (3, 2));
    let cost = ledger.cost().expect("the price is known");
    assert!((cost - 5.0 * (0.01 + 0.01)).abs() < 1e-9, "{cost}");

    Sorter::new().call(&cx.with_lm(model("b", "new")), guess("red")).await.expect("it runs");
    let ledger = cx.ledger();
    assert_eq!(ledger.cost(), None, "unknown is not zero");
    assert_eq!(ledger.entries().iter().filter(|spent| spent.cost.is_none()).count(), 2);
    assert_eq!(ledger.by(|spent| spent.model.clone())["b/new"].calls, 2);
    let printed = ledger.to_string();
    assert!(printed.lines().last().is_some_and(|line| line.ends_with("unknown")), "{printed}");
}

#[tokio::test]
async fn the_model_that_answered_is_the_one_that_is_charged() {
    let down = Scripted::new(|_, _| Err(Error::new(ErrorKind::Server, "down")));
    let lm = Fallback::new(down.named(ModelId::new("a", "down"))).or(model("b", "up"));
    let cx = Context::new(lm);
    Sorter::new().call(&cx, guess("red")).await.expect("it runs");
    let by_model = cx.ledger().by(|spent| spent.model.clone());
    assert_eq!(by_model.keys().collect::<Vec<_>>(), ["b/up"]);
    assert_eq!((by_model["b/up"].calls, by_model["b/up"].retries), (2, 2));
}

#[tokio::test]
async fn calls_cost_by_how_soon_they_were_answered_and_else_were_asked_for() {
    use dspy::lm::ServiceTier::{Batch, Flex, Priority, Standard};
    let prices = Prices::none().with("a/m", Price::per_million(10.0, 0.0));
    let prices = prices.with_tier("a/m", Flex, Price::per_million(5.0, 0.0));
    let prices = prices.with_tier("a/m", Priority, Price::per_million(20.0, 0.0));
    for (answered, asked, cost) in [
        (Some(Flex), None, 5.0),
        // It was asked for, and there was no room.
        (Some(Standard), Some("flex"), 10.0),
        (None, Some("priority"), 20.0),
        (None, Some("auto"), 10.0),
        // It has no price of its own.
        (Some(Batch), None, 10.0),
        (None, None, 10.0),
    ] {
        let model = Scripted::new(move |_, _| {
            let text = "[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\napple";
            let mut response = Response::new(text).with_tokens(500_000, 0);
            response.service_tier = answered;
            Ok(response)
        });
        let mut sampling = dspy::lm::Sampling::default();
        sampling.service_tier = asked.map(str::to_owned);
        let cx = Context::new(model.named(ModelId::new("a", "m"))).with_prices(prices.clone());
        let cx = cx.with_sampling(sampling);
        // Two calls.
        Sorter::new().call(&cx, guess("red")).await.expect("it runs");
        assert_eq!(cx.ledger().cost(), Some(cost), "{answered:?}, {asked:?}");
    }
}

#[tokio::test]
async fn a_search_is_told_by_purpose() {
    let cx = crate::task::built_in();
    let optimizer = RandomSearch::new(right).candidates(2).seed(1);
    let compiled = optimizer.compile(&cx, Sorter::new(), (&rows(0, 6), &rows(6, 6))).await.expect("it runs");
    let ledger = cx.ledger();
    assert_eq!(ledger.total(), compiled.usage);
    let purposes = ledger.by(|spent| spent.purpose);
    assert_eq!(purposes, compiled.spent);
    assert!(purposes[&Purpose::Teacher].calls > 0);
    assert_eq!(ledger.cost(), Some(0.0), "the built-in model costs nothing");
}

#[tokio::test]
async fn a_search_weighs_money_where_the_price_is_known() {
    // A long prompt is cheap here and a long reply is not; the second candidate has the longer reply.
    let model = Scripted::new(|_, request| {
        let shown = request.messages.iter().count() > 2;
        let text = "[[ ## fruit ## ]]\napple";
        Ok(if shown {
            Response::new(text).with_tokens(200, 100)
        } else {
            Response::new(text).with_tokens(900, 10)
        })
    });
    let cx = Context::new(Lm::from(model.named(ModelId::new("a", "m"))));
    let priced = cx.with_prices(Prices::none().with("a/m", Price::per_million(1.0, 50.0)));
    let search = || LabeledFewShot::new(right).k(2).pick(Pick::CheapestWithinOneError);
    let (train, validation) = (rows(0, 6), rows(6, 6));
    let by_tokens =
        search().compile(&cx, Predict::<Guess>::new(), (&train, &validation)).await.expect("it runs");
    assert_eq!((by_tokens.picked, by_tokens.costs()), (1, None));
    let by_money =
        search().compile(&priced, Predict::<Guess>::new(), (&train, &validation)).await.expect("it runs");
    assert_eq!((by_money.picked, by_money.frontier().contains(&0)), (0, true));
    let costs = by_money.costs().expect("the price is known");
    assert!((costs[0] - 0.0014).abs() < 1e-9 && (costs[1] - 0.0052).abs() < 1e-9, "{costs:?}");
    assert!(by_money.report().to_html().contains("0.001400 in money a run"));
}

#[tokio::test]
async fn each_call_costs_by_the_length_of_its_own_prompt() {
    let model = || {
        let model = Scripted::new(|call, _| {
            let tokens = if call == 0 { 100_000 } else { 100_001 };
            Ok(Response::new("[[ ## fruit ## ]]\napple").with_tokens(tokens, 0))
        });
        Lm::from(model.named(ModelId::new("anthropic", "claude-haiku-5-5")))
    };
    let cx = Context::new(model());
    for _ in 0..2 {
        Predict::<Guess>::new().call(&cx, guess("red")).await.expect("it runs");
    }
    let ledger = cx.ledger();
    let sum = 0.01 + 0.050_000_5;
    let near = |cost: Option<f64>| cost.is_some_and(|cost| (cost - sum).abs() < 1e-9);
    assert_eq!((ledger.entries().len(), ledger.total().calls), (1, 2));
    assert!(near(ledger.cost()), "one is short and one is long: {:?}", ledger.cost());
    let (printed, json) = (ledger.to_string(), serde_json::to_value(&ledger).expect("JSON"));
    let day = Prices::default().as_of().expect("a day").to_owned();
    assert!(printed.ends_with(&format!("costs in US dollars, at list prices of {day}\n")), "{printed}");
    assert_eq!(json["prices_as_of"], *day);
    let own = Prices::none().with("anthropic/claude-haiku-5-5", Price::per_million(1.0, 0.0));
    assert!(!cx.with_prices(own).ledger().to_string().contains("list prices"));

    let cx = Context::new(model());
    let report = Evaluate::new(right).concurrency(1).progress(false);
    let report = report.run(&cx, &Predict::<Guess>::new(), &rows(0, 2)).await.expect("it runs");
    assert!(near(report.rows().iter().map(|row| row.cost).sum()));
    assert_eq!(report.notes(), [format!("costs are at list prices of {day}")]);
    assert!(report.to_string().contains("list prices"), "{report}");
}
