//! Programs whose model is trained, by a provider that is made up.

mod agent;
mod resume;
mod trainer;
mod waits;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::data::Record;
use dspy::lm::{ModelId, Scripted, TrainingFile};
use dspy::optimize::{BetterTogether, Finetune, InferRules};
use dspy::{Budget, Compiled, Context, ErrorKind, Gate, Lm, Predict, Result, Rows, Splits, signature};
use serde_json::{Value, json};

use trainer::Trainer;

/// Name the capital of a country.
#[signature]
#[derive(Debug, Clone)]
pub struct Capital {
    #[input]
    pub country: String,
    /// Its name alone.
    #[output]
    pub capital: String,
}

const CAPITALS: [(&str, &str); 6] = [
    ("Austria", "Vienna"),
    ("France", "Paris"),
    ("Italy", "Rome"),
    ("Norway", "Oslo"),
    ("Peru", "Lima"),
    ("Spain", "Madrid"),
];

pub fn splits() -> Splits<Capital> {
    let rows = |name: &str, from: usize| {
        let lines = CAPITALS
            .iter()
            .enumerate()
            .map(|(i, (country, capital))| format!("{country}{},{capital}\n", " ".repeat(from + i + 1)));
        Rows::from_csv(&format!("country,capital\n{}", lines.collect::<String>()), name).expect("rows")
    };
    Splits::new(rows("train", 0), rows("validation", 10), rows("test", 20)).expect("no row twice")
}

pub fn right(row: &Capital, out: &CapitalOutput) -> bool {
    row.capital == out.capital
}

/// A model that knows these capitals, and counts its calls.
pub fn knows(name: &str, known: &'static [&'static str], calls: &Arc<AtomicUsize>) -> Lm {
    let calls = calls.clone();
    let lm = Scripted::answering(move |asked| {
        calls.fetch_add(1, Ordering::SeqCst);
        let capital =
            CAPITALS.iter().find(|(country, capital)| asked.contains(country) && known.contains(capital));
        format!("[[ ## capital ## ]]\n{}", capital.map_or("unknown", |(_, capital)| capital))
    });
    lm.named(ModelId::new("test", name)).into()
}

pub const ALL: &[&str] = &["Vienna", "Paris", "Rome", "Oslo", "Lima", "Madrid"];
pub const MOST: &[&str] = &["Vienna", "Paris", "Rome", "Oslo", "Lima"];

/// A context whose model knows most capitals.
pub fn large(calls: &Arc<AtomicUsize>) -> Context {
    Context::new(knows("large", MOST, calls))
}

pub fn finetune(trainer: &Trainer) -> Finetune<Capital, CapitalOutput> {
    Finetune::new(right).provider(trainer.clone()).base("small").observe(|_| {})
}

pub async fn compile(
    search: &Finetune<Capital, CapitalOutput>,
    cx: &Context,
) -> Result<Compiled<Predict<Capital>>> {
    let splits = splits();
    search.compile(cx, Predict::<Capital>::new(), &splits).await
}

fn lines(file: &TrainingFile) -> Vec<Value> {
    file.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn a_small_model_learns_what_the_large_one_does_well() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let cx = large(&calls);
    let search =
        finetune(&trainer).epochs(3).batch_size(2).learning_rate_multiplier(0.5).suffix("capitals").seed(7);
    let compiled = compile(&search, &cx).await.expect("it is trained");
    assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
    assert_eq!(compiled.lm().id().to_string(), "test/ft:small");
    assert_eq!(calls.load(Ordering::SeqCst), 6, "the teacher runs once for each train row");
    let names: Vec<&str> = compiled.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    assert_eq!(names, ["baseline", "trained test/ft:small"]);

    let (files, orders) = (trainer.files(), trainer.orders());
    let lines = lines(&files[0]);
    assert_eq!(lines.len(), 5, "what the metric accepts");
    let roles = |line: &Value| line["messages"].as_array().expect("messages").len();
    assert!(lines.iter().all(|line| roles(line) == 3));
    assert!(lines[0]["messages"][1]["content"].as_str().expect("a text").contains("Austria"));
    assert!(lines[0]["messages"][2]["content"].as_str().expect("a text").contains("Vienna"));
    let [order] = &*orders else { panic!("one job: {orders:?}") };
    assert_eq!((order.base.as_str(), order.file.as_str()), ("small", "file-0"));
    assert_eq!(
        (order.epochs, order.batch_size, order.learning_rate_multiplier),
        (Some(3), Some(2), Some(0.5))
    );
    assert_eq!((order.suffix.as_deref(), order.seed), (Some("capitals"), Some(7)));

    let artifact = compiled.candidate().expect("no secret in it");
    let artifact = serde_json::to_value(&artifact).expect("JSON");
    assert_eq!(artifact["model"], "test/ft:small");
    let trained = &artifact["provenance"]["settings"]["trained"];
    assert_eq!(trained["model"], "ft:small");
    assert_eq!(
        (&trained["job"], &trained["examples"], &trained["tokens"]),
        (&json!("job-0"), &json!(5), &json!(99))
    );

    let test = splits().test;
    let (small, program) = (trainer.model("small"), Predict::<Capital>::new());
    let gate = Gate::new(right).progress(false);
    let verdict = gate
        .compare_models(&cx, (&program, &small), (&compiled.program, compiled.lm()), &test)
        .await
        .expect("it decides");
    assert_eq!((verdict.baseline, verdict.candidate), (0.0, 1.0));
    assert_eq!(verdict.decision, dspy::gate::Decision::Promote);
}

#[tokio::test]
async fn a_model_that_can_do_nothing_yet_is_trained_all_the_same() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let file = crate::file::File::new("finetune-examples.jsonl");
    let search = finetune(&trainer).base("mute").file(&file.0);
    let compiled = compile(&search, &large(&calls)).await.expect("it is trained");
    assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
    let written = std::fs::read_to_string(&file.0).expect("it was written");
    assert_eq!(written, *trainer.files()[0].text, "what is sent is also kept");
}

#[tokio::test]
async fn a_model_that_is_no_better_is_not_taken() {
    let (trainer, calls) = (Trainer::new().learns(&[]), Arc::default());
    let compiled = compile(&finetune(&trainer), &large(&calls)).await.expect("it runs");
    assert_eq!((compiled.picked, compiled.score), (0, 0.0));
    assert_eq!(compiled.lm().id().to_string(), "test/small");
}

#[tokio::test]
async fn examples_show_the_programs_own_prompt_whatever_the_teacher_was_told() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let mut state = Predict::<Capital>::new().state();
    let own = state.get_mut("self").expect("a predictor");
    own.instructions = "A long text that helps.".into();
    let demo = |country: &str, capital: &str| Record::from_iter([("country", country), ("capital", capital)]);
    own.demos.push(demo("Chad", "N'Djamena"));
    let told = Arc::new(AtomicUsize::new(0));
    let heard = told.clone();
    let teacher = Scripted::new(move |_, request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        heard.fetch_add(
            usize::from(text.contains("A long text") && text.contains("N'Djamena")),
            Ordering::SeqCst,
        );
        Ok(dspy::lm::Response::new("[[ ## capital ## ]]\nParis"))
    });
    let teacher = teacher.named(ModelId::new("test", "teacher"));
    let search = finetune(&trainer).teacher(teacher).teacher_state(state.clone());
    compile(&search, &large(&calls)).await.expect("it runs");
    assert_eq!((told.load(Ordering::SeqCst), calls.load(Ordering::SeqCst)), (6, 0));
    let line = lines(&trainer.files()[0]).remove(0);
    let system = line["messages"][0]["content"].as_str().expect("a text");
    assert!(system.contains("Name the capital") && !system.contains("A long text"), "{system}");

    let splits = splits();
    for (demos, messages) in [(true, 5), (false, 3)] {
        let trainer = Trainer::new();
        let program = Predict::<Capital>::new().with_state(&state).expect("it fits");
        let search = finetune(&trainer).demos(demos);
        let compiled = search.compile(&large(&calls), program, &splits).await.expect("it runs");
        assert_eq!(
            compiled.program.state().get("self").expect("a predictor").demos.len(),
            usize::from(demos)
        );
        let line = lines(&trainer.files()[0]).remove(0);
        assert_eq!(line["messages"].as_array().expect("messages").len(), messages);
    }
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_trained_on_or_paid_for() {
    let calls = Arc::default();
    let trainer = Trainer::new().least(6);
    let error = compile(&finetune(&trainer), &large(&calls)).await.expect_err("too few");
    let told = error.to_string();
    assert!(
        told.contains("accepts 5 of 6 runs, which are 5 examples, and made up trains on 6 at least"),
        "{told}"
    );

    let search = finetune(&trainer).epochs(4).max_training_tokens(100);
    let error = compile(&search.threshold(0.0), &large(&calls)).await.expect_err("too many tokens");
    assert!(error.is_budget() && error.to_string().contains("may take 100, so nothing was sent"), "{error}");

    // The baseline takes 6 calls; what is left pays for 7 runs of two calls each, 6 of them with the trained model.
    let trainer = Trainer::new();
    let search = finetune(&trainer).budget(Budget::calls(20));
    let compiled = compile(&search, &large(&calls)).await.expect("it runs");
    assert_eq!((lines(&trainer.files()[0]).len(), compiled.score), (1, 1.0), "{compiled}");
    let error =
        compile(&finetune(&trainer).budget(Budget::calls(18)), &large(&calls)).await.expect_err("no room");
    assert!(error.is_budget(), "{error}");
    assert_eq!(trainer.files().len(), 1);

    let error = compile(&Finetune::new(right), &large(&calls)).await.expect_err("by whom?");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
}

#[tokio::test]
async fn a_plan_tells_of_the_training_apart_from_the_calls() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let plan = finetune(&trainer).epochs(3).plan(&large(&calls), &Predict::<Capital>::new(), &splits());
    assert_eq!((plan.max_calls(), plan.task_calls().least), (36, 6));
    let training = plan.training().expect("it trains");
    assert_eq!((training.examples, training.epochs), (6, Some(3)));
    assert_eq!(training.trained_tokens(), 3 * training.tokens);
    let told = plan.to_string();
    assert!(told.contains("sends 6 examples of about"), "{told}");
    assert!(told.contains("3 times, and the provider bills that apart, outside the budget"), "{told}");
    assert_eq!(serde_json::to_value(&plan).expect("JSON")["training"]["examples"], 6);
    assert_eq!((trainer.files().len(), calls.load(Ordering::SeqCst)), (0, 0), "a plan sends nothing");
}

#[tokio::test]
async fn steps_after_it_tune_the_program_for_the_trained_model() {
    let (trainer, calls) = (Trainer::new().learns(MOST), Arc::default());
    let splits = splits();
    let together = BetterTogether::new()
        .then("weights", finetune(&trainer).teacher(knows("large", ALL, &calls)))
        .then("prompt", InferRules::new(right).candidates(1).observe(|_| {}));
    let small = Context::new(trainer.model("small"));
    let compiled = together.compile(&small, Predict::<Capital>::new(), &splits).await.expect("it runs");
    let scores: Vec<(&str, f64)> =
        compiled.candidates.iter().map(|candidate| (candidate.name.as_str(), candidate.score)).collect();
    let near = |score: f64| (score - 5.0 / 6.0).abs() < 1e-9;
    assert!(
        matches!(scores[..2], [("weights: baseline", 0.0), ("weights: trained test/ft:small", x)] if near(x))
    );
    assert!(
        scores[2..].iter().any(|(name, score)| *name == "prompt: baseline" && near(*score)),
        "{scores:?}"
    );
    assert_eq!(compiled.lm().id().to_string(), "test/ft:small");
}
