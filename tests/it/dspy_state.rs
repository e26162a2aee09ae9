//! State of Python DSPy: what its files say, what comes into a typed program, and what goes back.
//!
//! Other folders of cases may be given in `DSPY_STATE_DIRS`, a list of paths as in `PATH`: each has files that
//! Python saved, and `expected.json`, which tells what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dspy::dspy_state::{DropReason, DspyPredictor, DspyState, ImportedProgram};
use dspy::lm::Scripted;
use dspy::{ChainOfThought, Context, Error, ErrorKind, Module, Predict, Result, module, signature};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::file::{File, given};

fn folders() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dspy_state");
    let mut folders = vec![own.join("reference"), own.join("shapes")];
    if let Some(more) = std::env::var_os("DSPY_STATE_DIRS") {
        folders.extend(std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty()).map(given));
    }
    folders
}

/// Every case: where it is, and what is expected of it.
fn cases() -> Vec<(PathBuf, Value)> {
    let mut cases = Vec::new();
    for folder in folders() {
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap_or_else(|error| {
            panic!("{}: {error}", folder.display());
        });
        let Value::Object(expected) = serde_json::from_str(&text).expect("JSON") else {
            panic!("{}: expected.json is no object", folder.display());
        };
        cases.extend(expected.into_iter().map(|(name, expected)| (folder.join(name), expected)));
    }
    cases
}

/// A predictor as `expected.json` tells it.
fn told(predictor: &DspyPredictor) -> Value {
    json!({
        "instructions": predictor.instructions,
        "fields": predictor.fields.iter().map(|field| &field.description).collect::<Vec<_>>(),
        "demos": predictor.demos,
        "lm": predictor.model,
    })
}

fn paths(state: &DspyState) -> BTreeSet<&str> {
    state.predictors().iter().map(|predictor| predictor.path.as_str()).collect()
}

#[test]
fn every_case_is_read_as_expected() {
    for (path, expected) in cases() {
        let state = DspyState::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let expected = expected.as_object().expect("an object");
        assert_eq!(paths(&state), expected.keys().map(String::as_str).collect(), "{}", path.display());
        for (predictor, expected) in expected {
            let told = told(state.get(predictor).expect("it is there"));
            for part in ["instructions", "fields", "demos"] {
                assert_eq!(told[part], expected[part], "{}: `{predictor}`: {part}", path.display());
            }
            // The name of the model, or the whole of what Python wrote about it.
            let model = expected["lm"].get("model").unwrap_or(&expected["lm"]);
            assert_eq!(told["lm"], *model, "{}: `{predictor}`: lm", path.display());
        }
    }
}

#[test]
fn every_case_comes_out_as_it_went_in() {
    let file = File::new("dspy-state-again.json");
    for (path, _) in cases() {
        let state = DspyState::load(&path).expect("it was read");
        state.save(&file.0).expect("written");
        let again = DspyState::load(&file.0).expect("it is of the same form");
        assert_eq!(
            state.predictors().iter().map(told).collect::<Vec<_>>(),
            again.predictors().iter().map(told).collect::<Vec<_>>()
        );
        assert_eq!(paths(&state), paths(&again));
        assert!(again.dropped().is_empty(), "{}: {:?}", path.display(), again.dropped());
        assert_eq!(state.to_json().expect("JSON"), again.to_json().expect("JSON"), "{}", path.display());
        // What Python asks for by name.
        let text: Value = serde_json::from_str(&state.to_json().expect("JSON")).expect("JSON");
        assert!(text["metadata"]["dependency_versions"].is_object());
        let bare = state.get("").is_some();
        for (name, entry) in
            text.as_object().expect("an object").iter().filter(|(name, _)| *name != "metadata")
        {
            let entry = if bare { &text } else { entry };
            for key in ["traces", "train", "demos", "signature", "lm"] {
                assert!(entry.get(key).is_some(), "`{name}` has no `{key}`");
            }
        }
    }
}

#[test]
fn files_of_this_library_are_what_python_wrote() {
    let path = folders()[0].join("support_bootstrapped.json");
    let python: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
    let ours = DspyState::load(&path).and_then(|state| state.to_json()).expect("it is read");
    assert_eq!(serde_json::from_str::<Value>(&ours).expect("JSON"), python);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    Delivery,
    Refund,
    Damage,
    Other,
}

/// Sort a shop message.
#[signature]
pub struct Triage {
    /// What the customer wrote
    #[input]
    message: String,
    /// delivery, refund, damage or other
    #[output]
    queue: Queue,
}

/// Answer a shop message.
#[signature]
pub struct Resolve {
    /// Policy text
    #[input]
    policy: String,
    /// What the customer wrote
    #[input]
    message: String,
    /// Where it goes
    #[input]
    queue: Queue,
    /// One sentence that names the policy
    #[output]
    resolution: String,
}

#[module]
#[derive(Debug)]
pub struct Support {
    triage: Predict<Triage>,
    resolve: ChainOfThought<Resolve>,
}

#[module]
impl Support {
    async fn forward(&self, cx: &Context, input: TriageInput) -> Result<ResolveOutput> {
        let queue = self.triage.call(cx, input.clone()).await?.queue;
        let input = ResolveInput { policy: "Refunds".to_owned(), message: input.message, queue };
        Ok(self.resolve.call(cx, input).await?.output.clone())
    }
}

fn read(name: &str) -> DspyState {
    DspyState::load(folders()[0].join(name)).expect("it is read")
}

#[tokio::test]
async fn the_demonstrations_of_a_bootstrapped_program_are_in_its_prompts() {
    let imported = read("support_bootstrapped.json").apply(Support::new()).expect("it fits");
    assert!(imported.dropped.is_empty() && imported.models.is_empty(), "{:?}", imported.dropped);
    let cx = Context::new(Scripted::answering(|_| {
        "[[ ## queue ## ]]\ndamage\n[[ ## reasoning ## ]]\nso\n[[ ## resolution ## ]]\nWe send a new one."
            .to_owned()
    }));
    let reply =
        imported.program.call(&cx, TriageInput { message: "Broken lid".to_owned() }).await.expect("it runs");
    assert_eq!(reply.resolution, "We send a new one.");
    let shown = cx.history(2).to_string();
    for text in [
        "Answer a shop message from the policy that applies.",
        "m0",
        "p1",
        "Sort a shop message into one queue.",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!shown.contains("m2"), "it lacks fields");
    let partial = cx.with_partial_demos(true);
    imported.program.call(&partial, TriageInput { message: "Broken lid".to_owned() }).await.expect("it runs");
    assert!(partial.history(2).to_string().contains("m2"), "a partial one is kept");
}

#[test]
fn a_program_goes_to_python_and_back() {
    let program = read("support_bootstrapped.json").apply(Support::new()).expect("it fits").program;
    let file = File::new("dspy-state-program.json");
    DspyState::of(&program).save(&file.0).expect("written");
    let state = DspyState::load(&file.0).expect("it is read");
    assert_eq!(state.apply(Support::new()).expect("it fits").program.state(), program.state());
    let python = read("support_bootstrapped.json");
    for (ours, theirs) in state.predictors().iter().zip(python.predictors()) {
        assert_eq!(
            (&ours.path, &ours.instructions, &ours.demos),
            (&theirs.path, &theirs.instructions, &theirs.demos)
        );
        let prefixes = |predictor: &DspyPredictor| {
            predictor.fields.iter().map(|field| field.prefix.clone()).collect::<Vec<_>>()
        };
        assert_eq!(prefixes(ours), prefixes(theirs));
    }
    let error = DspyState::of(&program).save(file.0.with_extension("txt")).expect_err("no JSON by name");
    assert!(error.to_string().contains("does not end in `.json`"), "{error}");
}

#[test]
fn bare_predictors_have_the_paths_of_python() {
    let bare = read("predict_bare.json").apply(Predict::<Triage>::new()).expect("it fits").program;
    assert_eq!(bare.state().get("self").expect("there").instructions, "Sort a shop message into one queue.");
    assert!(DspyState::of(&bare).get("").is_some());
    let chain =
        read("chain_of_thought_demos.json").apply(ChainOfThought::<Resolve>::new()).expect("it fits").program;
    let state = chain.state();
    let demos = &state.get("predict").expect("there").demos;
    assert_eq!(demos.len(), 2);
    assert_eq!(demos[0].get("augmented"), Some(&json!(true)));
}

/// The same task by other names.
#[signature]
pub struct Renamed {
    #[input(desc = "")]
    text: String,
    #[output(desc = "")]
    goes_to: Queue,
}

fn bare(fields: &Value, demos: &Value) -> DspyState {
    let file = json!({
        "traces": [], "train": [], "demos": demos, "lm": null,
        "signature": {"instructions": "Sort.", "fields": fields},
    });
    DspyState::parse(&file.to_string()).expect("a state")
}

fn field(prefix: &str, description: &str) -> Value {
    json!({"prefix": prefix, "description": description})
}

fn imported(state: &DspyState) -> Result<Value> {
    let ImportedProgram { program, .. } = state.apply(Predict::<Renamed>::new())?;
    Ok(json!(program.state().get("self").expect("there").demos))
}

#[test]
fn names_follow_from_the_file_where_it_says_them() {
    let demos = json!([{"ticketText": "Broken lid", "queue": "damage", "policy": "p", "augmented": true}]);
    let expected = json!([{"text": "Broken lid", "goes_to": "damage", "policy": "p", "augmented": true}]);
    let (prefix, described) = (field("Ticket Text:", "What they wrote"), field("Put it into", "${queue}"));
    assert_eq!(imported(&bare(&json!([prefix, described]), &demos)).expect("told"), expected);
    // Labels of the row that are no fields stay what they are.
    let row = json!([{"ticketText": "Broken lid", "policy": "p"}]);
    let made = field("Queue:", "where");
    assert_eq!(
        imported(&bare(&json!([prefix, made]), &row)).expect("told"),
        json!([{"text": "Broken lid", "policy": "p"}])
    );

    let own = field("Put it into", "where it goes");
    let state = bare(&json!([prefix, own]), &demos);
    let error = imported(&state).expect_err("nobody says it").to_string();
    assert!(error.contains("the prefix `Put it into`") && error.contains("`policy`, `queue`"), "{error}");
    let state = state.with_names("", ["ticketText", "queue"]).expect("two fields");
    assert_eq!(imported(&state).expect("said"), expected);
    assert!(
        state.with_names("", ["one"]).expect_err("two fields").to_string().contains("has 2 fields, not 1")
    );
    // With nothing left that it could be, it is in none of them.
    let few = json!([{"ticketText": "Broken lid"}]);
    assert_eq!(
        imported(&bare(&json!([prefix, own]), &few)).expect("nothing left"),
        json!([{"text": "Broken lid"}])
    );
    // A key that fits twice.
    let twice = json!([{"ticket_text": "a", "ticketText": "b"}]);
    assert!(imported(&bare(&json!([prefix, made]), &twice)).is_err());
}

#[test]
fn fields_may_have_other_names_in_python() {
    let fields = json!([field("Text:", "${text}"), field("Goes To:", "${goes_to}")]);
    let program = bare(&fields, &json!([{"text": "Broken lid", "goes_to": "damage", "policy": "p"}]));
    let program = program.apply(Predict::<Renamed>::new()).expect("it fits").program;
    let state = DspyState::of(&program).rename_fields("", ["ticketText", "queue"]).expect("two fields");
    assert_eq!(
        state.predictors()[0].demos[0].to_string(),
        r#"{"ticketText":"Broken lid","queue":"damage","policy":"p"}"#
    );
    let shown = format!("{:?}", state.predictors()[0].fields);
    assert!(shown.contains("Ticket Text:") && shown.contains("${queue}"), "{shown}");
    let file = DspyState::parse(&state.to_json().expect("JSON")).expect("a state");
    assert_eq!(file.apply(Predict::<Renamed>::new()).expect("it fits").program.state(), program.state());
    assert!(
        file.rename_fields("", ["a", "b"]).expect_err("nobody says them").to_string().contains("with_names")
    );
    let error = state.rename_fields("", ["policy", "queue"]).expect_err("there is one").to_string();
    assert!(error.contains("has two values for `policy`"), "{error}");
}

#[test]
fn values_have_the_types_of_the_row() {
    let fields = json!([field("Message:", "m"), field("Queue:", "q")]);
    let demos = json!([
        {"message": "a", "queue": "damage"},
        {"message": "b", "queue": "lost"},
        {"message": 3, "queue": "other"},
        {"message": " spaced ", "queue": "other"},
    ]);
    let imported = bare(&fields, &demos).apply(Predict::<Triage>::new()).expect("it fits");
    let state = imported.program.state();
    let messages: Vec<_> =
        state.get("self").expect("there").demos.iter().map(|demo| demo.get("message").cloned()).collect();
    assert_eq!(messages, [Some(json!("a")), Some(json!(" spaced "))]);
    let dropped: Vec<String> = imported.dropped.iter().map(ToString::to_string).collect();
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    assert!(
        dropped[0].starts_with("`self`: `demos[1]` is left out: the value of `queue` does not fit"),
        "{dropped:?}"
    );
    assert!(
        dropped[1].starts_with("`self`: `demos[2]` is left out: the value of `message` does not fit"),
        "{dropped:?}"
    );
}

#[test]
fn another_program_is_refused_with_both_lists() {
    let message = |outcome: Result<ImportedProgram<Support>, Error>| {
        let error = outcome.expect_err("it does not fit");
        assert_eq!(error.kind(), ErrorKind::Artifact);
        error.to_string()
    };
    let text = message(read("list_of_modules.json").apply(Support::new()));
    assert!(
        text.contains("the file has no `triage`") && text.contains("`Support` has no `answer`"),
        "{text}"
    );
    assert!(text.contains("the file has `generate_query[0].predict`"), "{text}");
    let swapped = read("support_bootstrapped.json")
        .rename("triage", "x")
        .and_then(|state| state.rename("resolve.predict", "triage"));
    let swapped = swapped.and_then(|state| state.rename("x", "resolve.predict")).expect("they are there");
    let text = message(swapped.apply(Support::new()));
    let expected = "predictor `triage` has 5 fields in the file (Policy, Message, Queue, Reasoning, Resolution) and 2 in \
                    the program (message, queue): inputs, then outputs";
    assert_eq!(text, expected);
    assert!(read("support_bootstrapped.json").rename("triage", "resolve.predict").is_err());
    let missing = read("predict_bare.json").rename("x", "y").expect_err("there is none").to_string();
    assert_eq!(missing, "there is no predictor `x`; there are: ``");
}

#[test]
fn secrets_and_addresses_are_left_out_and_named() {
    let state = DspyState::load(folders()[1].join("models.json")).expect("it is read");
    let second = state.get("second").expect("there");
    assert_eq!(second.model.as_deref(), Some("azure/my-deployment"));
    let named: Vec<(&str, &DropReason)> =
        state.dropped().iter().map(|dropped| (&*dropped.item, &dropped.reason)).collect();
    let expected = [
        ("lm.train_kwargs", &DropReason::Unknown),
        ("lm.api_key", &DropReason::Secret),
        ("lm.api_base", &DropReason::Address),
        ("lm.extra_headers", &DropReason::Secret),
        ("lm.base_url", &DropReason::Address),
        ("lm.model_list", &DropReason::Address),
        ("lm.aws_secret_access_key", &DropReason::Secret),
        ("lm.rollout_id", &DropReason::Unknown),
    ];
    assert_eq!(named, expected);
    for shown in [format!("{state:?}"), state.to_json().expect("JSON"), format!("{:?}", state.dropped())] {
        assert!(!shown.contains("not-to-be-seen"), "{shown}");
    }
    let key = "sk-abcdefghijklmnopqrstuvwxyz";
    let fields = json!([field("Message:", "m"), field("Queue:", "q")]);
    let state =
        bare(&fields, &json!([{"message": key, "queue": "other"}, {"message": "a", "queue": "other"}]));
    assert_eq!(state.predictors()[0].demos.len(), 1);
    assert_eq!(state.dropped()[0].to_string(), "`demos[0]` is left out: it may be a secret");
    let file = json!({"p": {"demos": [], "lm": null, "signature": {"instructions": key, "fields": []}}});
    let error = DspyState::parse(&file.to_string()).expect_err("a key").to_string();
    assert!(
        error.contains("an API key (sk-…) is in the instructions") && !error.contains("abcdef"),
        "{error}"
    );
    let mut state = Support::new().state();
    state.get_mut("triage").expect("there").instructions = key.to_owned();
    let error =
        DspyState::of(&Support::new().with_state(&state).expect("its own")).to_json().expect_err("a key");
    assert!(error.to_string().contains("an API key"), "{error}");
}

#[test]
fn pickles_are_never_read() {
    let refused = |path: &Path| {
        let error = DspyState::load(path).expect_err("it is a pickle").to_string();
        assert!(error.contains("is a pickle") && error.contains("program.save(\"state.json\")"), "{error}");
    };
    let by_content = File::new("dspy-state-pickle.json");
    std::fs::write(&by_content.0, b"\x80\x05\x95\x00").expect("written");
    refused(&by_content.0);
    let by_name = File::new("dspy-state.pkl");
    std::fs::write(&by_name.0, "{}").expect("written");
    refused(&by_name.0);
    let folder = crate::cache::Folder::new("dspy-state");
    std::fs::create_dir_all(&folder.0).expect("made");
    std::fs::write(folder.0.join("program.pkl"), b"\x80\x05").expect("written");
    std::fs::write(folder.0.join("metadata.json"), "{}").expect("written");
    refused(&folder.0);
}

#[test]
fn what_is_no_state_says_so() {
    let message = |text: &str| DspyState::parse(text).expect_err("no state").to_string();
    assert!(message("[]").contains("not a state of a DSPy program: it is no object"));
    assert!(message("{}").contains("there is no predictor in it"));
    assert!(message("{\"a\":").contains("not JSON"));
    let old = json!({"p": {"demos": [], "signature_instructions": "x", "signature_prefix": "y"}});
    assert!(message(&old.to_string()).contains("predictor `p` was saved by DSPy 2.5 or before"));
    let odd = json!({"p": {"demos": [1], "lm": null, "signature": {"instructions": "x", "fields": []}}});
    assert_eq!(message(&odd.to_string()), "predictor `p`: demonstration 0 is no object");
    assert_eq!(DspyState::load("no-such-file.json").expect_err("no file").kind(), ErrorKind::Io);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|entries| entries.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_state_comes_out_as_it_went_in(
        names in prop::collection::btree_set("[a-z]{1,8}(\\[[0-9]\\])?(\\.predict)?", 1..4),
        texts in prop::collection::vec(any::<String>(), 4),
        demo in prop::collection::btree_map(any::<String>(), json_value(), 0..4),
    ) {
        let demo: Value = demo.into_iter().collect::<serde_json::Map<_, _>>().into();
        let entry = json!({
            "traces": [], "train": [], "demos": [demo], "lm": null,
            "signature": {"instructions": texts[0], "fields": [field(&texts[1], &texts[2]), field(&texts[3], "${x}")]},
        });
        let mut file: serde_json::Map<String, Value> = names.into_iter().filter(|name| name != "metadata").map(|name| (name, entry.clone())).collect();
        file.insert("metadata".into(), json!({"dependency_versions": {"dspy": "3.4.1"}}));
        let state = DspyState::parse(&Value::from(file.clone()).to_string()).expect("a state");
        let again: Value = serde_json::from_str(&state.to_json().expect("JSON")).expect("JSON");
        prop_assert_eq!(again, Value::from(file));
        prop_assert!(state.dropped().is_empty());
    }

    #[test]
    fn any_json_is_a_state_or_an_error(value in json_value()) {
        let _ = DspyState::parse(&value.to_string());
        let entry = json!({"p": {"demos": value, "lm": value, "signature": {"fields": [value], "instructions": value}}, "metadata": value});
        let _ = DspyState::parse(&entry.to_string());
    }
}
