#![deny(warnings)]

use std::sync::Arc;

use dspy::{Module, Predict, Result, Context, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module]
struct Inner {
    hops: [Predict<Qa>; 2],
    #[frozen]
    last: Box<Predict<Qa>>,
}

#[module]
struct Outer {
    inner: Inner,
    list: Vec<Predict<Qa>>,
    maybe: Option<Inner>,
    #[plain]
    passages: Arc<[String]>,
}

#[module]
impl Inner {
    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        for hop in &self.hops {
            hop.call(cx, input.clone()).await?;
        }
        Ok(self.last.call(cx, input).await?.into_output())
    }
}

#[module]
impl Outer {
    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        Ok(self.inner.call(cx, input).await?.into_output())
    }
}

fn main() {
    let program = Outer {
        inner: Inner::new(),
        list: vec![Predict::new()],
        maybe: Some(Inner::new()),
        passages: Arc::default(),
    };
    let paths = [
        "inner.hops[0]", "inner.hops[1]", "inner.last", "list[0]", "maybe.hops[0]", "maybe.hops[1]", "maybe.last",
    ];
    assert_eq!(program.state().paths().collect::<Vec<_>>(), paths);
}
