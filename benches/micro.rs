//! The pure parts of a call, one by one: `cargo bench --bench micro`.

#[allow(dead_code)]
mod task;

use divan::{Bencher, black_box};
use dspy::adapter::{Adapter, ChatAdapter, JsonAdapter, XmlAdapter};
use dspy::lm::Lexical;
use dspy::parse::Mode;
use dspy::signature::Fields;
use dspy::{Context, Predict, Signature};

use task::{EIGHT_REPLY, Eight, EightOutput, One, demonstrated, question};

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 16])]
fn render_with_demonstrations(bencher: Bencher, demos: usize) {
    let cx = Context::new(Lexical::new());
    let predict = Predict::<One>::new().with_predictor_state(demonstrated(demos));
    bencher.bench(|| predict.render(black_box(&cx), &question()));
}

#[divan::bench]
fn read_eight_fields_from_sections() -> EightOutput {
    let parsed = ChatAdapter.parse(Eight::schema(), black_box(EIGHT_REPLY), Mode::Tolerant).expect("it fits");
    EightOutput::from_record(parsed.record).expect("it fits")
}

#[divan::bench]
fn read_eight_fields_from_tags(bencher: Bencher) {
    let parsed = ChatAdapter.parse(Eight::schema(), EIGHT_REPLY, Mode::Tolerant).expect("it fits");
    let tags = XmlAdapter.output(Eight::schema(), &parsed.record);
    bencher.bench(|| {
        let parsed =
            XmlAdapter.parse(Eight::schema(), black_box(tags.text()), Mode::Tolerant).expect("it fits");
        EightOutput::from_record(parsed.record).expect("it fits")
    });
}

#[divan::bench]
fn read_eight_fields_from_json(bencher: Bencher) {
    let parsed = ChatAdapter.parse(Eight::schema(), EIGHT_REPLY, Mode::Tolerant).expect("it fits");
    let json = parsed.record.to_string();
    bencher.bench(|| {
        let parsed = JsonAdapter.parse(Eight::schema(), black_box(&json), Mode::Tolerant).expect("it fits");
        EightOutput::from_record(parsed.record).expect("it fits")
    });
}
