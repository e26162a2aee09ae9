//! The optimizers on one small task, side by side.
//!
//! ```console
//! $ cargo run --example optimizers
//! ```

use dspy::optimize::{LabeledFewShot, Plan};
use dspy::{BootstrapFewShot, Compiled, Context, Lm, Predict, RandomSearch, Result, Rows, Splits, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Room {
    Kitchen,
    Bathroom,
    Garage,
}

/// Say in which room a thing is kept.
#[signature]
struct Keep {
    /// The thing and its purpose.
    #[input]
    thing: String,
    /// The room where it is looked for first.
    #[output]
    room: Room,
}

const TRAIN: &str = "thing,room
a pan to fry eggs in,kitchen
soap to wash the hands with,bathroom
a jack to lift the car with,garage
a knife to cut bread with,kitchen
a towel to dry the hair with,bathroom
oil for the engine,garage
a pot to cook soup in,kitchen
a brush for the teeth,bathroom
spare tyres for winter,garage
";
const VALIDATION: &str = "thing,room
a pan to cook pasta in,kitchen
a brush to wash the back with,bathroom
a pump for the tyres,garage
a board to cut bread on,kitchen
a towel to dry the hands with,bathroom
a key to loosen the wheels of the car,garage
";
const TEST: &str = "thing,room
a spoon to stir soup with,kitchen
cream for the hands,bathroom
a rope to pull the car with,garage
";

fn right(row: &Keep, out: &KeepOutput) -> bool {
    row.room == out.room
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let rows = Rows::<Keep>::from_csv;
    let splits = Splits::new(rows(TRAIN, "train")?, rows(VALIDATION, "validation")?, rows(TEST, "test")?)?;
    let (program, train, validation) = (Predict::<Keep>::new(), &splits.train, &splits.validation);

    let labelled = LabeledFewShot::new(right).k(4).seed(1);
    let plan = labelled.plan(&cx, &program, &splits);
    show("LabeledFewShot", &plan, &labelled.compile(&cx, program.clone(), (train, validation)).await?);

    let bootstrap = BootstrapFewShot::new(right).max_labeled_demos(4).seed(1);
    let plan = bootstrap.plan(&cx, &program, &splits);
    show("BootstrapFewShot", &plan, &bootstrap.compile(&cx, program.clone(), (train, validation)).await?);

    let search = RandomSearch::new(right).max_labeled_demos(6).candidates(8).seed(1);
    let plan = search.plan(&cx, &program, &splits);
    show("RandomSearch", &plan, &search.compile(&cx, program.clone(), (train, validation)).await?);
    Ok(())
}

fn show<P>(name: &str, plan: &Plan, compiled: &Compiled<P>) {
    println!("{name}: planned for at most {} LM calls", plan.max_calls());
    println!("{compiled}");
}
