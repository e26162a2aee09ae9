//! What a search came to, seed by seed, and over all seeds.

use std::fmt;

use dspy::gate::Decision;
use dspy::{Gate, Module};

use crate::model::model;
use crate::searches::{Found, RANDOM, Search, run};
use crate::task::{FIELDS, Program, changed, half_each, rows};
use crate::world::{World, learned};

/// A seed's result.
#[derive(Clone, Copy)]
pub struct Outcome {
    pub score: f64,
    pub calls: f64,
    /// The calls that were spent when the best candidate so far first was as good as was asked.
    pub reached: Option<f64>,
    /// What random search comes to with the same number of calls.
    pub random: f64,
}

/// A search, and random search with the calls that it took.
pub async fn beside_random(search: Search, world: World, calls: u64, target: f64) -> Outcome {
    let found = run(search, world, calls).await;
    let score = world.truth(&found.program);
    let random = match search.name == RANDOM.name {
        true => score,
        false => world.truth(&run(RANDOM, world, found.calls.max(400)).await.program),
    };
    Outcome { score, calls: found.calls as f64, reached: reached(world, &found, target), random }
}

/// The calls that were spent when the best candidate so far first had a true score of so much. Candidates
/// that were scored at the same time are compared when all of them are.
fn reached(world: World, found: &Found, target: f64) -> Option<f64> {
    let mut best = f64::NEG_INFINITY;
    for wave in found.candidates.chunk_by(|a, b| a.0 == b.0) {
        let first = wave.iter().reduce(|first, next| if next.1 > first.1 { next } else { first })?;
        if first.1 > best {
            best = first.1;
            if world.truth(&first.2) >= target {
                return Some(first.0 as f64);
            }
        }
    }
    None
}

/// What became of the predictors where the first alone has room to gain.
#[derive(Clone, Copy)]
pub struct Credit {
    pub changed: [bool; 2],
    /// The rules that each has less the harm.
    pub learned: [f64; 2],
}

pub async fn credit(search: Search, seed: u64, calls: u64) -> Credit {
    let found = run(search, World { seed, room: [true, false] }, calls).await;
    let learned = FIELDS.map(|field| learned(field, &found.state.get(field).expect("there").instructions));
    Credit { changed: changed(&found.state), learned }
}

/// Whether the gate keeps the program as it came where nothing makes a difference.
pub async fn kept(search: Search, seed: u64, calls: u64) -> bool {
    let world = World { seed, room: [false; 2] };
    let found = run(search, world, calls).await;
    let (cx, gate) = (model(world), Gate::new(half_each));
    let verdict = gate.compare(&cx, &Program::new(), &found.program, &rows(5_000, 100)).await;
    verdict.expect("it runs").decision != Decision::Promote || found.state == Program::new().state()
}

/// A mean and the half width of its 95 % interval.
pub struct Mean {
    pub mean: f64,
    pub half: f64,
}

impl Mean {
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.collect();
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        Self { mean, half: 1.96 * (variance / n).sqrt() }
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} ± {:.3}", self.mean, self.half)
    }
}

/// A share and Wilson's 95 % interval, which is also right near 0 and 1.
pub struct Share {
    pub of: usize,
    pub all: usize,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, z) = (self.all.max(1) as f64, 1.96);
        let share = self.of as f64 / n;
        let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let percent = |value: f64| (100.0 * value).round().abs();
        write!(f, "{} % ({} to {})", percent(share), percent(middle - half), percent(middle + half))
    }
}

/// The value in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}
