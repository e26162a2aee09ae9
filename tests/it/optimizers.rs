//! The other optimizers, against a model whose best instructions are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::context::Purpose;
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{
    Ace, BetterTogether, Copro, FinetuneExport, InferRules, KnnFewShot, LabeledFewShot, Optimizer, Simba,
    Termination,
};
use dspy::strategy::Ensemble;
use dspy::{Budget, Compiled, Context, Module, Predict, Splits};

use crate::looker::{
    ColourInput, Look, LookInput, LookOutput, Looker, RULES, half_each, rows, section, splits,
};
use crate::task::{Guess, built_in, guess, right};

/// Knows what its instructions say and nothing else; at temperature 1 it now and then guesses right. Asked to
/// propose, it finds one rule that is borne out by what it is shown; every third time it does harm.
fn model() -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |_, request: &Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let texts: Vec<&str> = request.messages.iter().map(|message| message.text()).collect();
        let (task, asked) = (texts[0], texts[texts.len() - 1]);
        let rollout = request.rollout as usize;
        let reply = match ["step", "better"].iter().any(|name| asked.contains(&format!("[[ ## {name} ## ]]")))
        {
            true => propose(task, asked, rollout),
            false => answer(task, asked, rollout),
        };
        Ok(Response::new(reply).with_tokens(10, 5))
    });
    (Context::new(model), calls)
}

fn answer(task: &str, asked: &str, rollout: usize) -> String {
    let field = if task.contains("`colour`") { "colour" } else { "size" };
    let lucky = rollout > 0 && (asked.len() + rollout).is_multiple_of(3);
    let known = RULES.iter().filter(|(of, rule)| *of == field && (lucky || task.contains(rule)));
    let fits = |rule: &&(&str, &str)| asked.contains(rule.1.split(' ').next().unwrap_or_default());
    let value = known.filter(fits).find_map(|(_, rule)| rule.split(' ').next_back()).unwrap_or("unknown");
    format!("[[ ## {field} ## ]]\n{value}\n[[ ## completed ## ]]")
}

fn propose(task: &str, asked: &str, rollout: usize) -> String {
    if task.contains("`advice`") {
        // What the row and its labels bear out, for each step.
        let row = section(asked, "row");
        let rule = |field: &str| {
            let fits = |rule: &&(&str, &str)| {
                let words: Vec<&str> = rule.1.split(' ').collect();
                rule.0 == field && row.contains(words[0]) && row.contains(words[3])
            };
            RULES.iter().find(fits).map_or("", |(_, rule)| rule)
        };
        let advice = serde_json::json!({"colour": rule("colour"), "size": rule("size")});
        return format!("[[ ## advice ## ]]\n{advice}\n[[ ## completed ## ]]");
    }
    if task.contains("`add`") {
        let add = serde_json::json!(section(asked, "lessons").lines().collect::<Vec<_>>());
        return format!(
            "[[ ## add ## ]]\n{add}\n[[ ## revise ## ]]\n{{}}\n[[ ## remove ## ]]\n[]\n[[ ## completed ## ]]"
        );
    }
    let field = if section(asked, "step").starts_with("colour") { "colour" } else { "size" };
    let own: Vec<&str> = RULES.iter().filter(|(of, _)| *of == field).map(|(_, rule)| *rule).collect();
    let borne_out = |rule: &&&str| {
        let words: Vec<&str> = rule.split(' ').collect();
        asked.lines().any(|line| line.contains(words[0]) && line.contains(words[3]))
    };
    let found: Vec<&&str> = own.iter().filter(borne_out).collect();
    let rule = |list: &[&&str]| {
        list.get(rollout % list.len().max(1)).map_or("Be careful.", |rule| **rule).to_owned()
    };
    let harm = rollout % 3 == 2;
    if task.contains("`rules`") {
        let rules = if harm {
            vec!["Say whatever you like.".to_owned()]
        } else {
            vec![rule(&found), rule(&found[1..])]
        };
        return format!(
            "[[ ## rules ## ]]\n{}\n[[ ## completed ## ]]",
            serde_json::to_string(&rules).expect("JSON")
        );
    }
    if task.contains("`lessons`") {
        let lesson = if harm { "Say whatever you like.".to_owned() } else { rule(&found) };
        return format!("[[ ## lessons ## ]]\n{lesson}\n[[ ## completed ## ]]");
    }
    // The last version is the best; nothing but its score says so.
    let attempts = section(asked, "attempts");
    let best = attempts.split("\n\nVersion ").last().and_then(|last| last.split_once(":\n"));
    let best = best.map_or("", |(_, text)| text);
    let text = if harm {
        "Say whatever you like.".to_owned()
    } else {
        format!("{best}\n{}", rule(&own.iter().collect::<Vec<_>>()))
    };
    format!("[[ ## instruction ## ]]\n{text}\n[[ ## completed ## ]]")
}

fn bytes<P>(compiled: &Compiled<P>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent)).expect("it is JSON")
}

fn is_proposal(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Proposer | Purpose::Reflection)
}

async fn compile<T: Optimizer<Look, Looker>>(optimizer: &T) -> (Compiled<Looker>, u64) {
    let (cx, calls) = model();
    let compiled = optimizer.compile(&cx, Looker::new(), (&rows(0, 12), &rows(12, 16)).into()).await;
    (compiled.expect("it runs"), calls.load(Ordering::Relaxed) as u64)
}

/// Better than the baseline, within the plan, and the same at any concurrency.
async fn holds<T: Optimizer<Look, Looker>>(make: impl Fn(usize) -> T) -> Compiled<Looker> {
    let plan = make(1).plan(&model().0, &Looker::new(), (&splits()).into());
    let (one, calls) = compile(&make(1)).await;
    assert!(one.score > one.baseline, "{one}");
    let best = one.candidates.iter().filter(|candidate| candidate.rows.iter().all(Option::is_some));
    assert_eq!(one.score, best.map(|candidate| candidate.score).fold(0.0, f64::max), "{one}");
    let kept = one.candidates.iter().find(|candidate| candidate.score == one.score);
    assert_eq!(kept.map(|kept| &kept.state), Some(&one.program.state()), "what is returned is the best");
    assert_eq!(calls, one.usage.calls);
    let proposals = one.spent.iter().filter(|(purpose, _)| is_proposal(**purpose));
    let proposals: u64 = proposals.map(|(_, usage)| usage.calls).sum();
    let (task, proposer) = (plan.task_calls(), plan.proposer_calls());
    assert!((task.least..=task.most).contains(&(calls - proposals)), "{plan}\n{calls}, {proposals}");
    assert!((proposer.least..=proposer.most).contains(&proposals), "{plan}\n{proposals}");
    for concurrency in [4, 64] {
        assert_eq!(bytes(&one), bytes(&compile(&make(concurrency)).await.0), "{concurrency} at once");
    }
    one
}

/// No budget is passed, and what was scored until then is kept.
async fn keeps_budgets<T: Optimizer<Look, Looker>>(make: impl Fn(Budget) -> T) {
    for calls in [64, 90, 130, 200] {
        let (compiled, made) = compile(&make(Budget::calls(calls))).await;
        assert!(made <= calls, "{made} of {calls}");
        assert!(compiled.score >= compiled.baseline);
    }
    for most in [0, 3, 9] {
        let (compiled, _) = compile(&make(Budget::unlimited().with_proposer_calls(most))).await;
        let proposals = compiled.spent.iter().filter(|(purpose, _)| is_proposal(**purpose));
        assert!(proposals.map(|(_, usage)| usage.calls).sum::<u64>() <= most);
    }
}

/// A search that was stopped comes to the same result, and pays for nothing twice.
async fn goes_on<T: Optimizer<Look, Looker>>(name: &str, make: impl Fn(&std::path::Path) -> T) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
    let _ = std::fs::remove_file(&path);
    let (whole, paid) = compile(&make(&path)).await;
    let journal = std::fs::read_to_string(&path).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    for kept in 0..=lines.len() {
        let left: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, left).expect("it is ours");
        let (resumed, again) = compile(&make(&path)).await;
        assert_eq!(bytes(&resumed), bytes(&whole), "after {kept} lines");
        let had = lines[..kept].iter().filter(|line| line.contains("\"call\":")).count() as u64;
        assert_eq!(had + again, paid, "after {kept} lines");
    }
    let _ = std::fs::remove_file(&path);
}

fn infer_rules() -> InferRules<Look, LookOutput> {
    InferRules::new(half_each).candidates(6).threshold(0.5)
}

#[tokio::test]
async fn rules_are_read_out_of_rows_and_the_best_set_is_kept() {
    let compiled = holds(|at_once| infer_rules().concurrency(at_once)).await;
    assert_eq!(compiled.score, 1.0, "{compiled}");
    keeps_budgets(|budget| infer_rules().budget(budget)).await;
    goes_on("infer_rules", |path| infer_rules().journal(path)).await;
}

fn copro() -> Copro<Look, LookOutput> {
    Copro::new(half_each).breadth(4).depth(3)
}

#[tokio::test]
async fn rewrites_build_on_what_scored_best() {
    let compiled = holds(|at_once| copro().concurrency(at_once)).await;
    assert_eq!((compiled.score, compiled.termination), (1.0, Termination::Perfect), "{compiled}");
    let mut states: Vec<String> =
        compiled.candidates.iter().map(|candidate| candidate.state.fingerprint()).collect();
    let all = states.len();
    states.sort_unstable();
    states.dedup();
    assert_eq!(states.len(), all, "each distinct candidate is scored once");
    keeps_budgets(|budget| copro().budget(budget)).await;
    goes_on("copro", |path| copro().journal(path)).await;
}

fn simba() -> Simba<Look, LookOutput> {
    Simba::new(half_each).minibatch(8).candidates(3).steps(4)
}

#[tokio::test]
async fn rows_on_which_runs_differ_teach_most() {
    let compiled = holds(|at_once| simba().concurrency(at_once)).await;
    assert!(compiled.score >= 0.75, "{compiled}");
    for seed in 1..4 {
        let compiled = compile(&simba().seed(seed)).await.0;
        assert!(compiled.score > compiled.baseline, "{compiled}");
    }
    let compiled = compile(&simba().max_demos(0)).await.0;
    for candidate in &compiled.candidates {
        assert!(candidate.state.iter().all(|(_, state)| state.demos.is_empty()), "only rules are wanted");
    }
    keeps_budgets(|budget| simba().budget(budget)).await;
    // Few rows, since it is run again for every line.
    goes_on("simba", |path| simba().minibatch(3).candidates(2).steps(2).journal(path)).await;
}

fn ace() -> Ace<Look, LookOutput> {
    Ace::new(half_each).minibatch(4).rounds(6)
}

#[tokio::test]
async fn notes_grow_until_all_is_known() {
    let compiled = holds(|at_once| ace().concurrency(at_once)).await;
    assert_eq!((compiled.score, compiled.termination), (1.0, Termination::Perfect), "{compiled}");
    let state = compiled.program.state();
    let colour = &state.get("colour").expect("there").instructions;
    assert_eq!(colour.matches("ripe things are red").count(), 1, "{colour}");
    assert!(colour.starts_with("Say the colour of a thing."), "{colour}");
    keeps_budgets(|budget| ace().budget(budget)).await;
    goes_on("ace", |path| ace().journal(path)).await;
}

#[tokio::test]
async fn the_nearest_rows_are_shown_at_each_call() {
    let (train, validation) = (crate::task::rows(0, 12), crate::task::rows(12, 12));
    let optimizer = || KnnFewShot::new(right, 2);
    let splits =
        Splits::new(train.clone(), validation.clone(), crate::task::rows(24, 6)).expect("no row twice");
    let plan = optimizer().plan(&built_in(), &Predict::<Guess>::new(), &splits);
    let mut results = Vec::new();
    for concurrency in [1, 64] {
        let optimizer = optimizer().concurrency(concurrency);
        let compiled = optimizer
            .compile(&built_in(), Predict::<Guess>::new(), (&train, &validation))
            .await
            .expect("it runs");
        assert!(compiled.score > compiled.baseline, "{compiled}");
        assert!(compiled.usage.calls <= plan.max_calls());
        results.push(bytes(&compiled));
        let cx = built_in();
        let reply = compiled.program.call(&cx, guess("a long and bent yellow thing")).await.expect("it runs");
        assert_eq!(reply.fruit, crate::task::Fruit::Banana);
        assert_eq!(cx.usage().calls, 1, "a call costs what it did before");
        let prompt = cx.history(1).to_string();
        assert!(prompt.contains("long and bent and yellow") && !prompt.contains("crunchy"), "{prompt}");
        let pool = compiled.program.state().get("self").expect("there").demos.len();
        assert_eq!(pool, 12, "an artifact holds all of them");
    }
    assert_eq!(results[0], results[1]);
}

#[tokio::test]
async fn the_built_in_model_learns_from_rows_in_each_form() {
    let (train, validation) = (crate::task::rows(0, 24), crate::task::rows(24, 24));
    let ace = Ace::new(right);
    let compiled =
        ace.compile(&built_in(), Predict::<Guess>::new(), (&train, &validation)).await.expect("it runs");
    assert!(compiled.score > compiled.baseline, "{compiled}");
    let state = compiled.program.state();
    let notes = &state.get("self").expect("there").instructions;
    assert!(notes.contains("for words like"), "{notes}");
    let rules = InferRules::new(right).max_bootstrapped_demos(0).max_labeled_demos(0);
    let rules =
        rules.compile(&built_in(), Predict::<Guess>::new(), (&train, &validation)).await.expect("it runs");
    assert!(rules.score > rules.baseline, "{rules}");
    // Its request shows scores and no rows, so there is nothing to read a rule off.
    let copro = Copro::new(right).breadth(3).depth(2);
    let copro =
        copro.compile(&built_in(), Predict::<Guess>::new(), (&train, &validation)).await.expect("it runs");
    assert_eq!((copro.score, copro.candidates.len()), (copro.baseline, 1), "{copro}");
}

#[tokio::test]
async fn an_ensemble_gives_what_most_say() {
    let (compiled, _) = compile(&copro()).await;
    let ensemble = compiled.ensemble(3).expect("its own states");
    assert_eq!(ensemble.programs().len(), 3);
    let paths: Vec<String> = ensemble.state().paths().map(str::to_owned).collect();
    assert_eq!(paths[..2], ["programs[0].colour", "programs[0].size"]);
    let (cx, calls) = model();
    let reply =
        ensemble.call(&cx, LookInput { thing: "a ripe and wet thing".into() }).await.expect("it runs");
    assert_eq!((reply.size.as_str(), calls.load(Ordering::Relaxed)), ("large", 6));

    let few = Ensemble::new(vec![Looker::new(); 5]).size(2).seed(3).vote_on("colour");
    let shown = |ensemble: Ensemble<Looker>| async move {
        let input = LookInput { thing: "a cold and dry thing".into() };
        let reply = ensemble.call(&model().0, input).await.expect("it runs");
        reply.trace().steps().map(|step| step.path.to_string()).collect::<Vec<_>>()
    };
    let (one, other) = (shown(few.clone()).await, shown(few).await);
    assert_eq!((one.len(), &one), (4, &other), "the seed and the input choose");

    let unknown = Ensemble::new(vec![Looker::new(); 2]).vote_on("shade");
    let error =
        unknown.call(&model().0, LookInput { thing: "a thing".into() }).await.expect_err("no such field");
    assert!(error.to_string().contains("there is no output `shade`"), "{error}");
}

#[tokio::test]
async fn optimizers_go_on_from_the_best_of_those_before() {
    let (train, validation) = (rows(0, 12), rows(12, 16));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("together.jsonl");
    let search = |at_once: usize| {
        let rules = infer_rules().candidates(2).concurrency(at_once);
        let unshown = LabeledFewShot::new(half_each).k(2).concurrency(at_once);
        BetterTogether::new()
            .then("demos", unshown)
            .then("rules", rules)
            .then("rewrite", copro().concurrency(at_once))
    };
    let run = |search: BetterTogether<Look, Looker>| {
        let (train, validation) = (train.clone(), validation.clone());
        async move {
            let (cx, calls) = model();
            let compiled = search.compile(&cx, Looker::new(), (&train, &validation)).await.expect("it runs");
            (compiled, calls.load(Ordering::Relaxed) as u64)
        }
    };
    let (whole, paid) = run(search(1)).await;
    assert_eq!((whole.baseline, whole.score), (0.0, 1.0), "{whole}");
    assert_eq!(whole.usage.calls, paid);
    assert_eq!(bytes(&whole), bytes(&run(search(64)).await.0));
    assert!(whole.candidates.iter().any(|candidate| candidate.name.starts_with("rewrite: ")));
    let plan = search(1).plan(&model().0, &Looker::new(), &splits());
    assert!(paid <= plan.max_calls(), "{plan}");
    for budget in [70, 100, 160, 250] {
        let (compiled, made) = run(search(8).budget(Budget::calls(budget))).await;
        assert!(made <= budget && compiled.score >= compiled.baseline);
    }
    let _ = std::fs::remove_file(&path);
    assert_eq!(bytes(&run(search(4).journal(&path)).await.0), bytes(&whole));
    let journal = std::fs::read_to_string(&path).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    for kept in 0..=lines.len() {
        std::fs::write(&path, lines[..kept].iter().map(|line| format!("{line}\n")).collect::<String>())
            .expect("it is ours");
        let (resumed, again) = run(search(4).journal(&path)).await;
        assert_eq!(bytes(&resumed), bytes(&whole), "after {kept} lines");
        let had = lines[..kept].iter().filter(|line| line.contains("\"call\":")).count() as u64;
        assert_eq!(had + again, paid, "after {kept} lines");
    }
    let _ = std::fs::remove_file(&path);
}

#[tokio::test]
async fn accepted_runs_are_written_as_they_were_sent() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("finetune.jsonl");
    let (compiled, _) = compile(&copro()).await;
    let cx = model().0;
    let export = FinetuneExport::new(half_each).concurrency(3);
    let exported = export.write(&cx, &compiled.program, &rows(40, 4), &path).await.expect("it is written");
    assert_eq!((exported.rows, exported.failed, exported.accepted, exported.lines), (4, 0, 4, 8));
    let text = std::fs::read_to_string(&path).expect("it was written");
    let line: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    let input = ColourInput { thing: rows(40, 1)[0].thing.clone() };
    let sent = compiled.program.colour.render(&cx, &input).expect("it has a JSON form");
    let sent: Vec<&str> = sent.iter().map(|message| message.text()).collect();
    for (place, text) in sent.iter().enumerate() {
        assert_eq!(line["messages"][place]["content"], **text);
    }
    assert_eq!(line["messages"][sent.len()]["role"], "assistant");
    let none = export.write(&cx, &Looker::new(), &rows(40, 4), &path).await.expect("it is written");
    assert_eq!((none.accepted, std::fs::read_to_string(&path).expect("it is there").len()), (0, 0));
    let _ = std::fs::remove_file(&path);
}
