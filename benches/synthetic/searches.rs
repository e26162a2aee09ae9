//! The optimizers that are compared, each with its defaults.

use dspy::module::Knn;
use dspy::optimize::{
    Ace, BetterTogether, Copro, InferRules, KnnFewShot, MiproSearch, Optimizer, Racing, Simba,
};
use dspy::predict::ProgramState;
use dspy::{Auto, BootstrapFewShot, Budget, Compiled, Context, Gepa, Mipro, Module, RandomSearch};

use crate::model::model;
use crate::task::{Both, Program, half_each, rows};
use crate::world::World;

/// What a search may change, which is what its optimum depends on.
#[derive(Clone, Copy)]
pub struct Search {
    pub name: &'static str,
    pub rules: bool,
    pub demos: usize,
}

const fn search(name: &'static str, rules: bool, demos: usize) -> Search {
    Search { name, rules, demos }
}

pub const RANDOM: Search = search("random search", false, 16);

pub const SEARCHES: [Search; 16] = [
    RANDOM,
    search("bootstrap", false, 16),
    search("nearest 8", false, 16),
    search("mipro light, additive", true, 16),
    search("mipro light, TPE", true, 16),
    search("gepa light", true, 0),
    search("gepa light, minibatch 8", true, 0),
    search("gepa light, minibatch 8, futility", true, 0),
    search("copro", true, 0),
    search("copro, futility", true, 0),
    search("infer rules", true, 16),
    search("simba", true, 4),
    search("simba, rules alone", true, 0),
    search("ace", true, 0),
    search("random search, then gepa", true, 16),
    search("auto", true, 48),
];

pub const TRAIN: usize = 50;
pub const VALIDATION: usize = 100;

/// A program that was tuned, whatever it is wrapped in.
pub struct Found {
    pub program: Program,
    /// The programs of whole candidates with their scores and the calls that were spent when these were known.
    pub candidates: Vec<(u64, f64, Program)>,
    pub state: ProgramState,
    pub calls: u64,
}

/// Runs a search within so many calls.
pub async fn run(search: Search, world: World, calls: u64) -> Found {
    let cx = model(world).with_parse_retries(0);
    let (seed, budget) = (world.seed, Budget::calls(calls));
    let futility = Racing::Futility { delta: 0.01 };
    let mipro = || Mipro::light(half_each).seed(seed).budget(budget).racing(futility);
    let gepa = || Gepa::light(half_each).seed(seed).budget(budget);
    let copro = || Copro::new(half_each).seed(seed).budget(budget);
    let simba = || Simba::new(half_each).seed(seed).budget(budget);
    match search.name {
        "auto" => plain(Auto::new(half_each).seed(seed).budget(budget), &cx).await,
        "bootstrap" => plain(BootstrapFewShot::new(half_each).seed(seed).budget(budget), &cx).await,
        "nearest 8" => nearest(KnnFewShot::new(half_each, 8).seed(seed).budget(budget), &cx).await,
        "mipro light, additive" => plain(mipro(), &cx).await,
        "mipro light, TPE" => plain(mipro().search(MiproSearch::Tpe), &cx).await,
        "gepa light" => plain(gepa(), &cx).await,
        "gepa light, minibatch 8" => plain(gepa().minibatch(8), &cx).await,
        "gepa light, minibatch 8, futility" => plain(gepa().minibatch(8).racing(futility), &cx).await,
        "copro" => plain(copro(), &cx).await,
        "copro, futility" => plain(copro().racing(futility), &cx).await,
        "infer rules" => plain(InferRules::new(half_each).seed(seed).budget(budget), &cx).await,
        "simba" => plain(simba(), &cx).await,
        "simba, rules alone" => plain(simba().max_demos(0), &cx).await,
        "ace" => plain(Ace::new(half_each).seed(seed).budget(budget), &cx).await,
        "random search, then gepa" => {
            let demos = RandomSearch::new(half_each).candidates(5).seed(seed).racing(futility);
            let both = BetterTogether::new().then("demos", demos).then("rules", gepa().minibatch(8));
            let (train, validation) = (rows(0, TRAIN), rows(1_000, VALIDATION));
            let compiled = both.budget(budget).compile(&cx, Program::new(), (&train, &validation)).await;
            found(compiled.expect("it runs"), Clone::clone)
        }
        // As many sets as the budget pays for.
        _ => {
            let search = RandomSearch::new(half_each).candidates(calls as usize / (2 * VALIDATION));
            plain(search.seed(seed).budget(budget), &cx).await
        }
    }
}

async fn plain(optimizer: impl Optimizer<Both, Program> + Send + Sync, cx: &Context) -> Found {
    let compiled =
        optimizer.compile(cx, Program::new(), (&rows(0, TRAIN), &rows(1_000, VALIDATION)).into()).await;
    found(compiled.expect("it runs"), Clone::clone)
}

async fn nearest(optimizer: impl Optimizer<Both, Knn<Program>> + Send + Sync, cx: &Context) -> Found {
    let program = Knn::new(Program::new(), 8);
    let compiled = optimizer.compile(cx, program, (&rows(0, TRAIN), &rows(1_000, VALIDATION)).into()).await;
    found(compiled.expect("it runs"), |program| program.program().clone())
}

fn found<P: Module>(compiled: Compiled<P>, inner: impl Fn(&P) -> Program) -> Found {
    let whole = compiled.candidates.iter().filter(|candidate| candidate.rows.iter().all(Option::is_some));
    let candidate = |candidate: &dspy::optimize::CandidateScore| {
        let program = compiled.program.with_state(&candidate.state).expect("its own");
        (candidate.calls, candidate.score, inner(&program))
    };
    Found {
        program: inner(&compiled.program),
        candidates: whole.map(candidate).collect(),
        state: compiled.program.state(),
        calls: compiled.usage.calls,
    }
}
