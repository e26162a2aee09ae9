//! Instructions that evolve by reflection, against a model whose best instructions are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::context::Purpose;
use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{Accept, Components, Frontier, Parents, Racing, Termination};
use dspy::{Budget, Compiled, Context, Gepa, Module, Result};

use crate::looker::{Look, LookOutput, Looker, RULES, half_each, rows, section};

/// Knows what its instructions say and nothing else. Asked to reflect, it finds a rule that the feedback
/// names and that is for the step's own field; every third time it does harm instead.
fn model() -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |_, request: &Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let texts: Vec<&str> = request.messages.iter().map(|message| message.text()).collect();
        let (task, asked) = (texts[0], texts[texts.len() - 1]);
        let reply = if task.contains("`instruction`") { reflect(asked) } else { answer(task, asked) };
        Ok(Response::new(reply).with_tokens(10, 5))
    });
    (Context::new(model), calls)
}

fn answer(task: &str, asked: &str) -> String {
    let field = if task.contains("`colour`") { "colour" } else { "size" };
    let known = RULES.iter().filter(|(of, rule)| *of == field && task.contains(rule));
    let fits = |rule: &&(&str, &str)| asked.contains(rule.1.split(' ').next().unwrap_or_default());
    let value = known.filter(fits).find_map(|(_, rule)| rule.split(' ').next_back()).unwrap_or("unknown");
    format!("[[ ## {field} ## ]]\n{value}\n[[ ## completed ## ]]")
}

fn reflect(asked: &str) -> String {
    let field = if section(asked, "step").starts_with("colour") { "colour" } else { "size" };
    let (current, runs) = (section(asked, "current_instruction"), section(asked, "runs"));
    let missing =
        RULES.iter().find(|(of, rule)| *of == field && runs.contains(rule) && !current.contains(rule));
    let harm = runs.len() % 3 == 0;
    let text = match missing {
        Some((_, rule)) if !harm => format!("{current}\n{rule}"),
        _ if harm => "Say whatever you like.".to_owned(),
        _ => format!("{current}\nBe careful."),
    };
    format!("[[ ## instruction ## ]]\n{text}\n[[ ## completed ## ]]")
}

type Search = Gepa<Look, LookOutput>;

async fn compile(optimizer: Search) -> (Result<Compiled<Looker>>, usize) {
    let (cx, calls) = model();
    let compiled = optimizer.compile(&cx, Looker::new(), (&rows(0, 12), &rows(12, 16))).await;
    (compiled, calls.load(Ordering::Relaxed))
}

async fn evolved(optimizer: Gepa<Look, LookOutput>) -> Compiled<Looker> {
    compile(optimizer).await.0.expect("it runs")
}

fn bytes(compiled: &Compiled<Looker>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent)).expect("it is JSON")
}

#[tokio::test]
async fn it_finds_the_rules_and_gives_each_to_the_predictor_that_needs_it() {
    for seed in 0..5 {
        let compiled = evolved(Gepa::with_runs(half_each, 600).max_proposals(80).seed(seed)).await;
        assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0), "seed {seed}: {compiled}");
        assert_eq!(compiled.termination, Termination::Perfect);
        for (path, state) in compiled.program.state().iter() {
            for (field, rule) in RULES {
                assert_eq!(
                    state.instructions.contains(rule),
                    field == path,
                    "{path}: {}",
                    state.instructions
                );
            }
        }
    }
}

#[tokio::test]
async fn every_setting_gives_the_same_at_any_concurrency() {
    let base = || Gepa::with_runs(half_each, 200).max_proposals(16).seed(3);
    let settings: [fn(Search) -> Search; 9] = [
        |gepa| gepa,
        |gepa| gepa.wave(1).parents(Parents::CurrentBest),
        |gepa| gepa.parents(Parents::EpsilonGreedy(0.3)).accept(Accept::ImprovementOrEqual),
        |gepa| gepa.parents(Parents::TopPareto(2)).frontier(Frontier::Hybrid),
        |gepa| gepa.frontier(Frontier::Cartesian).components(Components::All),
        |gepa| gepa.components(Components::Credit),
        |gepa| gepa.frontier(Frontier::Objective).minibatch(5).max_merges(0),
        |gepa| gepa.racing(Racing::Futility { delta: 0.05 }),
        |gepa| gepa.budget(Budget::calls(200)),
    ];
    for (number, setting) in settings.iter().enumerate() {
        let one = evolved(setting(base()).concurrency(1)).await;
        assert!(one.score >= one.baseline);
        assert_eq!(bytes(&one), bytes(&evolved(setting(base()).concurrency(64)).await), "setting {number}");
    }
}

#[tokio::test]
async fn no_cap_is_ever_passed() {
    let splits = dspy::Splits::new(rows(0, 12), rows(12, 16), rows(28, 4)).expect("no row twice");
    for (seed, runs) in [(0, 40), (1, 70), (2, 100), (3, 150)] {
        let optimizer = Gepa::with_runs(half_each, runs).seed(seed);
        let plan = optimizer.plan(&model().0, &Looker::new(), &splits);
        let compiled = evolved(optimizer).await;
        let reflection = compiled.spent.get(&Purpose::Reflection).map_or(0, |usage| usage.calls);
        assert!(reflection <= plan.proposer_calls().most);
        assert!(compiled.usage.calls - reflection <= 2 * runs as u64, "two predictors, nothing asked again");
        assert!(
            (plan.task_calls().least..=plan.task_calls().most).contains(&(compiled.usage.calls - reflection))
        );
    }
    for budget in [64, 90, 130] {
        let compiled = evolved(Gepa::light(half_each).budget(Budget::calls(budget))).await;
        assert!(compiled.usage.calls <= budget);
        assert_eq!(compiled.termination, Termination::BudgetSpent);
    }
    let capped = Budget::unlimited().with_proposer_calls(6);
    let compiled = evolved(Gepa::light(half_each).budget(capped)).await;
    assert!(compiled.spent[&Purpose::Reflection].calls <= 6);
}

#[tokio::test]
async fn children_know_their_parents_and_merges_have_two() {
    let mut merges = 0;
    for seed in 0..6 {
        let compiled =
            evolved(Gepa::with_runs(half_each, 600).max_proposals(60).reflections(1).wave(2).seed(seed))
                .await;
        for (place, candidate) in compiled.candidates.iter().enumerate().skip(1) {
            assert!(!candidate.parents.is_empty() && candidate.parents.iter().all(|parent| *parent < place));
            merges += usize::from(candidate.parents.len() == 2);
        }
    }
    assert!(merges > 0, "colour and size improve apart, so somewhere they meet");
}

#[tokio::test]
async fn a_stopped_search_goes_on_to_the_same_result_without_paying_twice() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("gepa.jsonl");
    let _ = std::fs::remove_file(&path);
    let search = || Gepa::with_runs(half_each, 150).max_proposals(12).seed(3).journal(&path);
    let (whole, paid) = compile(search()).await;
    let whole = bytes(&whole.expect("it runs"));
    let journal = std::fs::read_to_string(&path).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    for kept in 0..lines.len() {
        std::fs::write(&path, lines[..kept].iter().map(|line| format!("{line}\n")).collect::<String>())
            .expect("it is ours");
        let (resumed, again) = compile(search()).await;
        assert_eq!(bytes(&resumed.expect("it goes on")), whole, "after {kept} lines");
        let had = lines[..kept].iter().filter(|line| line.contains("\"call\":")).count();
        assert_eq!(had + again, paid, "after {kept} lines");
    }
    let _ = std::fs::remove_file(&path);
}

#[tokio::test]
async fn what_is_perfect_already_costs_its_validation_rows_alone() {
    let mut state = Looker::new().state();
    for (field, rule) in RULES {
        state.get_mut(field).expect("there").instructions.push_str(rule);
    }
    let program = Looker::new().with_state(&state).expect("its own paths");
    let (cx, calls) = model();
    let compiled =
        Gepa::light(half_each).compile(&cx, program, (&rows(0, 12), &rows(12, 16))).await.expect("it runs");
    assert_eq!((compiled.score, compiled.termination), (1.0, Termination::Perfect));
    assert_eq!(calls.load(Ordering::Relaxed), 2 * 16);
}

#[tokio::test]
async fn a_limit_on_tokens_ends_the_search_with_the_best_so_far_wherever_it_falls() {
    // Wherever the limit falls: on a minibatch, in a reflection, in a race.
    for tokens in (3_000..9_000).step_by(250) {
        let (cx, _) = model();
        let mut sampling = dspy::lm::Sampling::default();
        sampling.max_tokens = Some(20);
        let budget = Budget::unlimited().with_tokens(tokens);
        let search =
            Gepa::with_runs(half_each, 600).max_proposals(60).wave(2).seed(tokens % 6).budget(budget);
        let found = search
            .compile(&cx.with_sampling(sampling), Looker::new(), (&rows(0, 12), &rows(12, 16)))
            .await
            .expect("the best so far");
        assert!(found.usage.total_tokens() <= tokens);
        assert!(found.score >= found.baseline);
    }
}
