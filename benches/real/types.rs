//! Types as the property tests of the parser draw them, through a server that holds replies to their schemas.

#[allow(dead_code)]
#[path = "../../tests/it/parse/types.rs"]
mod drawn;

use dspy::adapter::JsonAdapter;
use dspy::data::Record;
use dspy::predict::DynPredict;
use dspy::signature::SchemaBuilder;
use dspy::trace::Note;
use dspy::{Context, ErrorKind, Result};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Asks for a value of each of so many types, always the same ones, and prints those of which none came, and how many
/// there were of each outcome.
///
/// # Errors
///
/// When the server cannot be reached.
pub async fn run(cx: &Context, count: usize) -> Result<()> {
    let cx = cx.with_adapter(JsonAdapter).with_parse_retries(0);
    let mut runner = TestRunner::deterministic();
    let (mut right, mut refused, mut cut, mut wrong) = (0, 0, 0, 0);
    for place in 0..count {
        let ty = drawn::ty().new_tree(&mut runner).expect("nothing is filtered for ever").current();
        let schema = SchemaBuilder::new("Example", "Make up an example for the topic, a short one.")
            .input::<String>("topic", "")
            .output_schema("made", "The example.", ty.schema())
            .build();
        let input = Record::from_iter([("topic", "a garden in spring")]);
        let said = match DynPredict::new(schema).call(&cx, input).await {
            Ok(reply) => {
                let asked_for_less = reply.notes().any(|note| matches!(note, Note::FormRefused { .. }));
                right += usize::from(!asked_for_less);
                refused += usize::from(asked_for_less);
                asked_for_less.then(|| "the server refuses the schema".to_owned())
            }
            Err(error) if error.kind() == ErrorKind::Parse => {
                let text = format!("{error:#}");
                let is_cut = text.contains("token limit");
                cut += usize::from(is_cut);
                wrong += usize::from(!is_cut);
                Some(text)
            }
            Err(error) => return Err(error),
        };
        if let Some(said) = said {
            println!("{place}: {}\n    {said}", ty.schema()["type"]);
            println!("    {ty:?}");
        }
    }
    println!(
        "{count} types: {right} values right, {cut} cut at the token limit, {wrong} not of the type, {refused} schemas \
         refused"
    );
    Ok(())
}
