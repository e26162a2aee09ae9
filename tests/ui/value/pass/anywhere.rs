//! Another name for the crate, derives and serde attributes of one's own, and names taken.
#![deny(warnings)]
#![allow(non_camel_case_types)]

mod values {
    use ::dspy as renamed;

    #[allow(dead_code)]
    pub struct Clone;
    #[allow(dead_code)]
    pub struct Debug;

    /// A queue.
    #[renamed::value(crate = renamed)]
    #[derive(Copy, Eq, Hash)]
    #[serde(rename_all = "snake_case")]
    pub enum Queue {
        /// Money back.
        Refund,
        Delivery,
    }

    #[renamed::value(crate = renamed)]
    #[derive(Default, PartialEq, serde::Serialize)]
    #[serde(default)]
    pub struct Parcel {
        #[serde(rename = "no")]
        pub number: u32,
        pub content: String,
    }
}

/// Sort it.
#[dspy::signature]
struct Sort {
    #[input]
    text: String,
    /// The queue.
    #[output]
    queue: values::Queue,
    /// The parcels.
    #[output]
    parcels: Vec<values::Parcel>,
}

fn main() {
    let output: SortOutput =
        serde_json::from_str(r#"{"queue": "refund", "parcels": [{"no": 7}]}"#).expect("it is one");
    assert!(output.queue == values::Queue::Refund && output.parcels[0].number == 7);
    let _ = <Sort as dspy::Signature>::schema();
    let _ = SortInput::from("a text");
}
