//! Real customer messages: both optimizers end above the zero-shot baseline on the built-in model.

use std::path::{Path, PathBuf};

use dspy::{BootstrapFewShot, Mipro, Predict, RandomSearch, Rows, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::task::built_in;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Intent {
    AgeLimit,
    BeneficiaryNotAllowed,
    CardArrival,
    ChangePin,
    ExchangeRate,
    LostOrStolenCard,
    PendingCashWithdrawal,
    TopUpFailed,
}

/// Sort a message to a bank by what the customer wants.
#[signature]
struct Sort {
    #[meta]
    id: String,
    /// The customer's message.
    #[input]
    text: String,
    /// What the customer wants.
    #[output]
    intent: Intent,
}

fn right(row: &Sort, out: &SortOutput) -> bool {
    row.intent == out.intent
}

/// The folder of the data, which is not part of the project.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/banking77");
    let folder = std::env::var_os("BANKING77").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// The rows of the eight intents; there are 192 of them in both files.
fn rows(folder: &Path) -> Vec<String> {
    let texts = ["train", "validation"].map(|file| {
        std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).expect("the data is readable")
    });
    let ours = |line: &&str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        serde_json::from_value::<Intent>(row["intent"].clone()).is_ok()
    };
    texts.iter().flat_map(|text| text.lines()).filter(ours).map(str::to_owned).collect()
}

#[tokio::test]
async fn optimizers_beat_zero_shot_on_banking77() {
    let Some(folder) = folder() else {
        eprintln!("skipped: there is no data in ../shared/data/banking77; set BANKING77 to its folder");
        return;
    };
    let lines = rows(&folder);
    let (train, validation) = lines.split_at(100.min(lines.len() / 2));
    let read = |lines: &[String], name| Rows::<Sort>::from_jsonl(&lines.join("\n"), name).expect("rows");
    let (train, validation) = (read(train, "train"), read(validation, "validation"));

    let (cx, program) = (built_in(), Predict::<Sort>::new());
    let search = RandomSearch::new(right)
        .seed(7)
        .compile(&cx, program.clone(), &train, &validation)
        .await
        .expect("it runs");
    let bootstrap = BootstrapFewShot::new(right)
        .seed(7)
        .compile(&cx, program.clone(), &train, &validation)
        .await
        .expect("it runs");
    let mipro =
        Mipro::light(right).seed(7).compile(&cx, program, &train, &validation).await.expect("it runs");
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
