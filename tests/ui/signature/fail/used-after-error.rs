use dspy::{Context, Predict, Result, Signature, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input(descr = "what is asked")]
    question: String,
    #[output]
    answer: String,
    confidence: f64,
}

async fn ask(cx: &Context, predict: Predict<Qa>) -> Result<QaOutput> {
    let reply = predict.call(cx, QaInput { question: String::from("?") }).await?;
    Ok(QaOutput { answer: reply.answer.clone(), confidence: reply.confidence })
}

fn main() {
    let _ = Qa { question: String::new(), answer: String::new(), confidence: 0.5 };
    println!("{:?} {:?}", Qa::schema(), QaInput { question: String::new() }.clone());
    let _ = ask;
}
