//! The file that production loads: what fits loads, and what does not says why.

use dspy::data::Record;
use dspy::lm::{ModelId, OpenAi, Scripted, Secret};
use dspy::{Artifact, Context, ErrorKind, Gate, Lm, Module, Predict, RandomSearch, module, signature};

use crate::task::{Guess, GuessInput, GuessOutput, Sorter, built_in, right, splits};

fn text_of<P: dspy::module::Predictors + dspy::module::Program>(program: &P) -> String {
    Artifact::new(program, built_in().lm().id()).to_json().expect("no secret in it")
}

fn refused(text: &str) -> String {
    let error =
        Artifact::parse(text).and_then(|artifact| artifact.apply(Sorter::new(), &built_in())).map(|_| ());
    let error = error.expect_err("it does not fit");
    assert_eq!(error.kind(), ErrorKind::Artifact);
    error.to_string()
}

#[tokio::test]
async fn a_compiled_program_is_saved_and_loads_in_a_fresh_one() {
    let (cx, splits) = (built_in(), splits());
    let optimizer = RandomSearch::new(right).candidates(3).seed(7);
    let compiled = optimizer.compile(&cx, Sorter::new(), &splits).await.expect("it runs");
    let verdict =
        Gate::new(right).compare(&cx, &Sorter::new(), &compiled.program, &splits.test).await.expect("rows");
    let path = std::env::temp_dir().join(format!("dspy-artifact-{}.json", std::process::id()));
    compiled.save(&path, &verdict).expect("written");

    let loaded = Sorter::load(&path, &cx).expect("it fits");
    assert_eq!(loaded.state(), compiled.program.state());
    let artifact = Artifact::load(&path).expect("it is whole");
    let provenance = artifact.provenance();
    assert_eq!(
        (&*provenance.optimizer, provenance.seed, &*provenance.metric),
        ("RandomSearch", 7, "task::right")
    );
    assert_eq!(provenance.data["train"].rows, 12);
    assert!(provenance.data["validation"].fingerprint.starts_with("sha256:"));
    assert_eq!(provenance.scores["baseline on validation"], compiled.baseline);
    assert_eq!(provenance.scores["compiled on test"], verdict.candidate);
    assert_eq!(provenance.verdict["decision"], serde_json::to_value(verdict.decision).expect("JSON"));
    assert_eq!(provenance.usage, compiled.usage);

    let whole = std::fs::read(&path).expect("readable");
    for length in [0, 1, whole.len() / 2, whole.len() - 3] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let error = Sorter::load(&path, &cx).expect_err("it is cut");
        assert!(error.to_string().contains(path.file_name().and_then(|name| name.to_str()).expect("a name")));
        assert!(error.to_string().contains("the file ends too early"), "{error}");
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(Sorter::load(&path, &cx).expect_err("it is gone").kind(), ErrorKind::Io);
}

#[test]
fn a_changed_file_is_refused() {
    let text = text_of(&Sorter::new());
    let message = refused(&text.replace("Say which fruit it is.", "Say it in French."));
    assert!(message.contains("changed after it was written"), "{message}");
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    assert!(refused(&newer).contains("the artifact has format 2, this release reads up to 1"));
    assert!(refused("[]").contains("not an artifact"));
    assert!(refused("no").contains("not JSON"));
}

#[test]
fn another_model_revision_is_refused_unless_told_otherwise() {
    let text = text_of(&Sorter::new());
    let cx =
        Context::new(Scripted::replies([""]).named(ModelId::new("builtin", "lexical").with_revision("2")));
    let artifact = Artifact::parse(&text).expect("it is whole");
    let error = artifact.apply(Sorter::new(), &cx).expect_err("another revision").to_string();
    assert!(
        error.contains("it was compiled for the model builtin/lexical@1, not builtin/lexical@2"),
        "{error}"
    );
    artifact.for_any_model().apply(Sorter::new(), &cx).expect("it was told otherwise");
}

/// Say which fruit it is.
#[signature]
struct Renamed {
    #[input]
    appearance: String,
    #[input]
    looks: i64,
    #[output(desc = "")]
    fruit: crate::task::Fruit,
}

#[module]
struct Changed {
    guess: Predict<Renamed>,
    third: Predict<Guess>,
}

#[module]
impl Changed {
    async fn forward(&self, cx: &Context, input: GuessInput) -> dspy::Result<GuessOutput> {
        Ok(self.third.call(cx, input).await?.into_output())
    }
}

#[test]
fn the_artifact_of_another_program_lists_every_difference() {
    let message = refused(&text_of(&Changed::new()));
    let expected = "the artifact of `Changed` does not fit `Sorter`:\n  \
         - predictor `guess`: field `appearance` (string) is gone\n  \
         - predictor `guess`: field `looks` was integer, now string\n  \
         - it has no predictor `recount.predict`\n  \
         - its predictor `third` is not in the program";
    assert_eq!(message, expected);
}

#[test]
fn no_secret_is_written() {
    let mut state = Sorter::new().state();
    let demo = Record::from_iter([("looks", "key sk-abcdefghijklmnopqrstuvwxyz"), ("fruit", "apple")]);
    state.get_mut("guess").expect("there").demos.push(demo);
    let program = Sorter::new().with_state(&state).expect("its own paths");
    let error = Artifact::new(&program, built_in().lm().id()).to_json().expect_err("a key");
    assert!(error.to_string().contains("an API key"), "{error}");
    assert!(!error.to_string().contains("abcdef"), "{error}");

    // A key that looks like nothing, but is the key of the model.
    let model = OpenAi::at(ModelId::new("openai", "m"), "http://127.0.0.1:1/v1").expect("an address");
    let lm = Lm::from(model.key(Secret::new("correct horse")));
    assert!(lm.model().is_secret_in("the correct horse is here"));
    assert!(!format!("{lm:?}").contains("horse"));
}

#[test]
fn an_artifact_that_was_tuned_in_another_form_is_refused_unless_told_otherwise() {
    let cx = Context::new(dspy::Lm::new("builtin/lexical").expect("it is built in"));
    let mut provenance = dspy::artifact::Provenance::default();
    provenance.adapter = "json".into();
    let artifact = Artifact::new(&Sorter::new(), cx.lm().id()).with_provenance(provenance);
    let artifact = Artifact::parse(&artifact.to_json().expect("it has no secrets")).expect("it is whole");

    let error = artifact.apply(Sorter::new(), &cx).expect_err("the context asks in sections").to_string();
    assert!(error.contains("compiled with the adapter `json`, not `chat`"), "{error}");
    artifact.apply(Sorter::new(), &cx.with_adapter(dspy::adapter::JsonAdapter)).expect("the same form");
    artifact.clone().for_any_adapter().apply(Sorter::new(), &cx).expect("it was told otherwise");
}
