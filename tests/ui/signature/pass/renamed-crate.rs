#![deny(warnings)]

mod vendored {
    pub(crate) use dspy as renamed;
}

/// Answer the question.
#[vendored::renamed::signature(crate = crate::vendored::renamed)]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

fn main() {
    let _ = size_of::<Qa>();
    let _ = (QaInput { question: String::new() }, QaOutput { answer: String::new() });
}
