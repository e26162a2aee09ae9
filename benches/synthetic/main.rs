//! Searches against a model whose best prompts are known: `cargo bench --bench synthetic`, or with a number
//! of seeds, `-- 200`.
//!
//! Each of two predictors has three planted rules. A row is answered rightly with a probability that rises
//! with the rules in the instructions and with the demonstrations, and falls with the row's difficulty; the
//! luck of a row is the same for most prompts, and drawn anew for each prompt on three rows in ten. Asked for instructions, the
//! model adds a missing rule with probability 0.35, does harm with 0.25, and else changes nothing that
//! matters. So the true score of every candidate is known, and regret is what the picked one lacks to the
//! best there is.

use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::{MiproSearch, Racing};
use dspy::{
    Budget, Compiled, Context, Gate, Gepa, Mipro, Module, Predict, ProgramState, RandomSearch, Rows, Score,
    module, signature,
};

/// Answer the first half.
#[signature]
struct First {
    /// What is asked.
    #[input]
    question: String,
    /// The first answer.
    #[output]
    first: String,
}

/// Answer the second half.
#[signature]
struct Second {
    /// What is asked.
    #[input]
    question: String,
    /// The second answer.
    #[output]
    second: String,
}

/// Answer both halves.
#[signature]
struct Both {
    /// What is asked.
    #[input]
    question: String,
    /// The first answer.
    #[output]
    first: String,
    /// The second answer.
    #[output]
    second: String,
}

#[module(Both: question -> first, second)]
struct Program {
    #[call(question -> first)]
    first: Predict<First>,
    #[call(question -> second)]
    second: Predict<Second>,
}

fn half_each(row: &Both, out: &BothOutput) -> Score {
    let right = [row.first == out.first, row.second == out.second];
    let score = right.iter().map(|right| 0.5 * f64::from(u8::from(*right))).sum::<f64>();
    Score::from(score).because(format!("first {}, second {}", row.first, row.second))
}

fn rows(from: usize, count: usize) -> Rows<Both> {
    let row = |n| Both { question: format!("question {n}"), first: "yes".into(), second: "yes".into() };
    (from..from + count).map(row).collect()
}

const RULES: usize = 3;
const RULE: f64 = 0.9;
const HARM: f64 = -0.8;
const DEMOS: f64 = 0.12;
const BASE: f64 = -1.2;

/// A number from 0 up to 1 that follows from a text.
fn luck(parts: &str) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// How well instructions and so many demonstrations do, before the difficulty of a row.
fn skill(world: World, field: &str, text: &str, demos: usize) -> f64 {
    if !world.effects {
        return BASE + 1.2;
    }
    let rules = (0..RULES).filter(|rule| text.contains(&format!("rule {field} {rule}"))).count();
    BASE + RULE * rules as f64 + HARM * text.matches("harm").count() as f64 + DEMOS * demos.min(5) as f64
}

fn chance(skill: f64, field: &str, question: &str) -> f64 {
    let difficulty = 3.0 * (luck(&format!("difficulty {field} {question}")) - 0.5);
    1.0 / (1.0 + (difficulty - skill).exp())
}

/// Which luck rows have, and whether anything makes a difference.
#[derive(Clone, Copy)]
struct World {
    seed: u64,
    effects: bool,
}

fn model(world: World) -> Context {
    Context::new(Scripted::new(move |_, request: &Request| {
        let texts: Vec<&str> = request.messages.iter().map(|message| message.text()).collect();
        let (task, asked) = (texts[0], texts[texts.len() - 1]);
        let all = texts.join("\n");
        let text = if task.contains("`instruction`") {
            let field = if asked.contains("-> first") { "first" } else { "second" };
            format!(
                "[[ ## instruction ## ]]\n{}",
                proposal(world, field, asked, &format!("{all} {}", request.rollout))
            )
        } else if let Some(name) = ["observations", "summary", "description"]
            .iter()
            .find(|name| task.contains(&format!("- `{name}` (string)")))
        {
            format!("[[ ## {name} ## ]]\nquestions in two halves")
        } else {
            let field = if task.contains("- `first`") { "first" } else { "second" };
            let question = asked.lines().find(|line| line.starts_with("question ")).unwrap_or_default();
            let demos = (texts.len() - 2) / 2;
            let own = luck(&format!("{} {field} {question} {all} {}", world.seed, request.rollout));
            // Three rows in ten are answered anew for every prompt; without effects all are, which
            // leaves nothing but noise.
            let anew = !world.effects || luck(&format!("anew {question} {own}")) < 0.3;
            let luck = if anew { own } else { luck(&format!("{} {field} {question}", world.seed)) };
            let right = luck < chance(skill(world, field, task, demos), field, question);
            format!("[[ ## {field} ## ]]\n{}", if right { "yes" } else { "no" })
        };
        Ok(Response::new(text))
    }))
}

fn proposal(world: World, field: &str, asked: &str, key: &str) -> String {
    let rest = asked.split("[[ ## current_instruction ## ]]\n").nth(1).unwrap_or_default();
    let current = rest.split("\n\n[[ ##").next().unwrap_or_default();
    let drawn = luck(&format!("{} proposal {key}", world.seed));
    let missing: Vec<usize> =
        (0..RULES).filter(|rule| !current.contains(&format!("rule {field} {rule}"))).collect();
    let pick = luck(&format!("{} which {key}", world.seed)) * missing.len() as f64;
    match missing.get(pick as usize) {
        Some(rule) if drawn < 0.35 => format!("{current}\nrule {field} {rule}"),
        _ if drawn < 0.6 => format!("{current}\nharm {:.6}", drawn),
        _ => format!("{current}\nThink {:.6}.", drawn),
    }
}

/// The mean chance of a candidate over many rows.
fn truth(world: World, state: &ProgramState) -> f64 {
    let of = |field: &str| {
        let state = state.get(field).expect("a predictor");
        let skill = skill(world, field, &state.instructions, state.demos.len());
        (0..400).map(|n| chance(skill, field, &format!("question {}", 10_000 + n))).sum::<f64>() / 400.0
    };
    0.5 * (of("first") + of("second"))
}

/// The best that demonstrations and rules can do.
fn optimum(world: World, demos: usize) -> f64 {
    let mut state = Program::new().state();
    for field in ["first", "second"] {
        let own = state.get_mut(field).expect("a predictor");
        own.instructions.extend((0..RULES).map(|rule| format!("\nrule {field} {rule}")));
        own.demos = vec![dspy::Record::new(); demos];
    }
    truth(world, &state)
}

const CALLS: u64 = 2_500;

async fn compile(name: &str, world: World) -> Compiled<Program> {
    let (cx, train, validation) = (model(world), rows(0, 50), rows(50, 100));
    let (seed, budget) = (world.seed, Budget::calls(CALLS));
    let futility = Racing::Futility { delta: 0.01 };
    let program = Program::new();
    let mipro = || Mipro::light(half_each).seed(seed).budget(budget).racing(futility);
    let gepa = || Gepa::light(half_each).seed(seed).budget(budget).minibatch(8);
    let found = match name {
        "random search" => {
            let search = RandomSearch::new(half_each).seed(seed).budget(budget);
            search.compile(&cx.with_reasks(0), program, &train, &validation).await
        }
        "mipro, additive" => mipro().compile(&cx.with_reasks(0), program, &train, &validation).await,
        "mipro, TPE" => {
            mipro().search(MiproSearch::Tpe).compile(&cx.with_reasks(0), program, &train, &validation).await
        }
        "gepa" => gepa().compile(&cx.with_reasks(0), program, &train, &validation).await,
        _ => gepa().racing(futility).compile(&cx.with_reasks(0), program, &train, &validation).await,
    };
    found.expect("it runs")
}

/// The mean and the half width of its 95 % interval.
fn interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, 1.96 * (variance / n).sqrt())
}

#[tokio::main]
async fn main() {
    let seeds: u64 = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(40);
    let world = |seed| World { seed, effects: true };
    let baseline = truth(world(0), &Program::new().state());
    println!(
        "{seeds} seeds, at most {CALLS} LM calls, 100 validation rows; true score of the program as it came {baseline:.3},"
    );
    println!(
        "of the best instructions {:.3}, with demonstrations {:.3}\n",
        optimum(world(0), 0),
        optimum(world(0), 5)
    );
    println!("| search | true score | regret | LM calls |\n|---|---|---|---|");
    for name in ["random search", "mipro, additive", "mipro, TPE", "gepa", "gepa, futility"] {
        let (mut scores, mut calls) = (Vec::new(), Vec::new());
        for seed in 0..seeds {
            let compiled = compile(name, world(seed)).await;
            scores.push(truth(world(seed), &compiled.program.state()));
            calls.push(compiled.usage.calls as f64);
        }
        let ((score, half), (calls, _)) = (interval(&scores), interval(&calls));
        println!("| {name} | {score:.3} ± {half:.3} | {:.3} | {calls:.0} |", optimum(world(0), 5) - score);
    }
    let mut kept = [0; 2];
    for (place, name) in ["random search", "gepa"].iter().enumerate() {
        for seed in 0..seeds {
            let world = World { seed, effects: false };
            let compiled = compile(name, world).await;
            let gate = Gate::new(half_each);
            let verdict =
                gate.compare(&model(world), &Program::new(), &compiled.program, &rows(500, 100)).await;
            kept[place] += u64::from(verdict.expect("it runs").decision != dspy::gate::Decision::Promote);
        }
    }
    println!(
        "\nnothing but noise: the gate keeps the program as it came in {} and {} of {seeds} runs",
        kept[0], kept[1]
    );
}
