//! Real customer messages: both optimizers end above the zero-shot baseline on the built-in model.

#[path = "../../benches/banking/mod.rs"]
mod banking;

use banking::{Sort, right};
use dspy::{BootstrapFewShot, Mipro, Predict, RandomSearch};

use crate::task::built_in;

const INTENTS: [&str; 8] = [
    "age_limit",
    "beneficiary_not_allowed",
    "card_arrival",
    "change_pin",
    "exchange_rate",
    "lost_or_stolen_card",
    "pending_cash_withdrawal",
    "top_up_failed",
];

#[tokio::test]
async fn optimizers_beat_zero_shot_on_banking77() {
    let Some(folder) = banking::folder() else { return };
    // There are 192 rows of them in both files.
    let intents = INTENTS.map(str::to_owned);
    let rows = |file| banking::lines_of(&folder, file, &intents).expect("the data is readable");
    let lines = [rows("train.jsonl"), rows("validation.jsonl")].concat();
    let (train, validation) = lines.split_at(100.min(lines.len() / 2));
    let read = |lines, name| banking::read(lines, name).expect("rows");
    let (train, validation) = (read(train, "train"), read(validation, "validation"));

    let (cx, program) = (built_in(), Predict::<Sort>::new());
    let search = RandomSearch::new(right)
        .seed(7)
        .compile(&cx, program.clone(), (&train, &validation))
        .await
        .expect("it runs");
    let bootstrap = BootstrapFewShot::new(right)
        .seed(7)
        .compile(&cx, program.clone(), (&train, &validation))
        .await
        .expect("it runs");
    let mipro =
        Mipro::light(right).seed(7).compile(&cx, program, (&train, &validation)).await.expect("it runs");
    println!("banking77, 8 intents, {} train and {} validation rows:", train.len(), validation.len());
    println!(
        "  zero-shot {:.3}, bootstrap {:.3} ({} calls), random search {:.3} ({}), mipro light {:.3} ({})",
        search.baseline,
        bootstrap.score,
        bootstrap.usage.calls,
        search.score,
        search.usage.calls,
        mipro.score,
        mipro.usage.calls
    );
    assert!(mipro.score > mipro.baseline, "{mipro}");
    assert!(bootstrap.score > bootstrap.baseline, "{bootstrap}");
    assert!(search.score > search.baseline + 0.05, "{search}");
}
