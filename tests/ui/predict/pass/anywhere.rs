//! In statements, in arguments, in closures, in macros, and with names taken.
#![deny(warnings)]

use dspy as renamed;
use dspy::{Context, Result, predict};

#[allow(dead_code)]
struct String;
#[allow(dead_code)]
struct InlinePredictionX;

macro_rules! ask {
    ($cx:expr, $name:ident = $value:expr, $ty:ty) => {
        predict!($cx, $name = $value -> answer: $ty)
    };
}

async fn run(context: &Context) -> Result<()> {
    let text = std::borrow::Cow::from("a");
    let one = predict!(context, text -> urgent: bool).await?;
    let other = ask!(context, question = &text, Option<u8>).await?;
    let both = [predict!(crate = renamed, context, text, -> a, b: bool,), predict_again(context).await];
    drop(both);
    assert!(one.urgent && other.answer.is_some() && text.len() == 1);
    Ok(())
}

fn predict_again<T>(_: &Context) -> std::future::Ready<T> {
    todo()
}

fn todo<T>() -> T {
    std::process::exit(0)
}

fn main() {
    let _ = run;
}
