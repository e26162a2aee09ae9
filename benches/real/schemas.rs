//! Every kind of type through a server that holds replies to its schema: does the server take the schema, and is what
//! the model then writes a value of the type?

use std::collections::{BTreeMap, BTreeSet};

use dspy::adapter::JsonAdapter;
use dspy::data::Record;
use dspy::signature::Fields;
use dspy::trace::Note;
use dspy::{Context, ErrorKind, Predict, Result, Signature, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Small,
    /// More than a metre.
    Large,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub enum External {
    Nothing,
    Circle { radius: f64 },
    Pair(u8, bool),
    One(String),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Internal {
    Post { street: String },
    Pickup,
    Courier(Person),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum Adjacent {
    Count(u32),
    Names(Vec<String>),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    Number(i64),
    Text(String),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<u8>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    id: u32,
    #[serde(flatten)]
    way: Internal,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sheet {
    title: String,
    #[serde(flatten)]
    more: BTreeMap<String, u8>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    name: String,
    children: Vec<Tree>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Anything {
    any: Value,
    many: Vec<Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Coded {
    #[schemars(regex(pattern = r"^[A-Z]{2}-[0-9]{3}$"))]
    code: String,
}

macro_rules! kinds {
    ($($name:ident: $made:ty,)*) => {
        $(
            /// Make up an example for the topic, a short one.
            #[signature]
            pub struct $name {
                #[input]
                topic: String,
                /// The example.
                #[output]
                made: $made,
            }
        )*

        /// Asks for one value of each kind, and prints a line for each.
        ///
        /// # Errors
        ///
        /// When the server cannot be reached.
        pub async fn run(cx: &Context) -> Result<()> {
            println!("| type | held to | value or error |\n|---|---|---|");
            $(one::<$name>(cx, stringify!($made)).await?;)*
            Ok(())
        }
    };
}

kinds! {
    AText: String,
    ABool: bool,
    AByte: u8,
    ALong: i64,
    ANumber: f64,
    AChar: char,
    AnOption: Option<String>,
    AList: Vec<String>,
    AListOfOptions: Vec<Option<i32>>,
    ASet: BTreeSet<u8>,
    ATuple: (u8, bool),
    AnArray: [u8; 3],
    AMap: BTreeMap<String, u8>,
    AMapOfNumbers: BTreeMap<u32, String>,
    ALabel: Label,
    AnExternal: External,
    AnInternal: Internal,
    AnAdjacent: Adjacent,
    AnUntagged: Untagged,
    APerson: Person,
    AnOrder: Order,
    ASheet: Sheet,
    ATree: Tree,
    AnAnything: Anything,
    ACode: Coded,
}

async fn one<S: Signature>(cx: &Context, name: &str) -> Result<()> {
    let cx = cx.with_adapter(JsonAdapter);
    let input = S::Input::from_record(Record::from_iter([("topic", "a garden in spring")]))?;
    let (held, said) = match Predict::<S>::new().call(&cx, input).await {
        Ok(prediction) => {
            let refused = prediction.notes().any(|note| matches!(note, Note::FormRefused { .. }));
            (if refused { "refused" } else { "schema" }, prediction.to_record()?.to_string())
        }
        Err(error) if error.kind() == ErrorKind::Parse => ("schema", format!("error: {error}")),
        Err(error) => return Err(error),
    };
    println!("| `{name}` | {held} | {} |", said.replace('|', "\\|"));
    Ok(())
}
