//! What it takes to search 100,000 passages in memory, and what a search in cells misses.
//!
//!     cargo bench --bench retrieve
//!
//! The passages are made up: 20 to 80 words each, of 50,000 words that are as frequent as Zipf's law has it. For the
//! cells there are also vectors around 1,000 directions, as those of texts with topics lie, and vectors in random
//! directions, in which no cell is near to anything: the worst case.

use std::time::{Duration, Instant};

use dspy::lm::{Embedder, Embeddings as Made, ModelId};
use dspy::retrieve::{Bm25, Cells, Passage, Retriever, VectorIndex};
use dspy::{Context, Lm, Result};
use futures_util::future::{BoxFuture, FutureExt, ready};

const PASSAGES: usize = 100_000;
const WORDS: usize = 50_000;
const QUERIES: usize = 200;
const DIMENSIONS: usize = 512;
const TOPICS: usize = 1_000;

/// A small generator (`SplitMix64`), the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % bound
    }
}

impl Random {
    /// A direction; each number is the sum of four, so that no axis is favoured.
    fn direction(&mut self) -> Vec<f32> {
        let mut number = || (0..4).map(|_| self.below(2_001) as f32 / 1_000.0 - 1.0).sum();
        (0..DIMENSIONS).map(|_| number()).collect()
    }
}

/// Gives each text, which is a number, a vector: near one of the topics, or anywhere.
#[derive(Debug)]
struct Directions {
    id: ModelId,
    topics: Vec<Vec<f32>>,
}

impl Directions {
    fn new(name: &str, topics: usize) -> Self {
        let mut random = Random(11);
        Self { id: ModelId::new("bench", name), topics: (0..topics).map(|_| random.direction()).collect() }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut random = Random(text.parse().expect("a number"));
        let own = random.direction();
        match self.topics.get(random.below(self.topics.len().max(1))) {
            // As near to each other as texts about one thing are: a cosine of 0.74.
            Some(topic) => topic.iter().zip(own).map(|(topic, own)| topic + 0.6 * own).collect(),
            None => own,
        }
    }
}

impl Embedder for Directions {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Made>> {
        ready(Ok(Made::new(texts.iter().map(|text| self.vector(text)).collect()))).boxed()
    }
}

/// Words by rank, the n-th with weight 1/n.
struct Zipf(Vec<u64>);

impl Zipf {
    fn new() -> Self {
        let mut sum = 0;
        Self((1..=WORDS as u64).map(|rank| (sum += 1_000_000_000 / rank, sum).1).collect())
    }

    fn text(&self, random: &mut Random, words: usize) -> String {
        let all = self.0.last().copied().unwrap_or(1) as usize;
        let mut word = || format!("w{}", self.0.partition_point(|sum| *sum <= random.below(all) as u64));
        (0..words).map(|_| word()).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::new("builtin/lexical")?);
    let (zipf, mut random) = (Zipf::new(), Random(7));
    let passages: Vec<Passage> = (0..PASSAGES)
        .map(|id| {
            let words = 20 + random.below(61);
            Passage::new(id.to_string(), zipf.text(&mut random, words))
        })
        .collect();
    let queries: Vec<String> = (0..QUERIES).map(|_| zipf.text(&mut random, 6)).collect();

    println!("| retriever | build | memory | p50 | p99 |\n|---|---|---|---|---|");
    let (before, begun) = (resident(), Instant::now());
    let bm25 = Bm25::new(passages.clone())?;
    row("`Bm25`", &cx, &bm25, begun.elapsed(), before, &queries).await?;
    let (before, begun) = (resident(), Instant::now());
    let embeddings = VectorIndex::build(&cx, passages.clone()).await?;
    row("`VectorIndex`, 512 numbers", &cx, &embeddings, begun.elapsed(), before, &queries).await?;

    let file = std::env::temp_dir().join(format!("dspy-bench-retrieve-{}", std::process::id()));
    let begun = Instant::now();
    embeddings.save(&file)?;
    let (saved, begun) = (begun.elapsed(), Instant::now());
    let loaded = VectorIndex::<()>::load(&file, &cx);
    let (took, size) = (begun.elapsed(), std::fs::metadata(&file)?.len() / 1_000_000);
    std::fs::remove_file(&file)?;
    println!("\nfile of {} passages: {size} MB, saved in {saved:.1?}, loaded in {took:.1?}", loaded?.len());

    println!("\n| vectors | cells built | probes | p50 | p99 | recall@10 |\n|---|---|---|---|---|---|");
    cells("built-in embedder", &cx, embeddings, &queries).await?;
    let numbers = |from: usize, count: usize| (from..from + count).map(|number| number.to_string());
    for (name, topics) in [("around 1,000 directions", TOPICS), ("in random directions", 0)] {
        let cx = cx.with_embedder(Directions::new(name, topics));
        let passages = numbers(0, PASSAGES).map(|number| Passage::new(number.clone(), number));
        let embeddings = VectorIndex::build(&cx, passages).await?;
        cells(name, &cx, embeddings, &numbers(PASSAGES, QUERIES).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// What a search in some of the cells takes and misses.
async fn cells(name: &str, cx: &Context, exact: VectorIndex, queries: &[String]) -> Result<()> {
    let mut best = Vec::new();
    let mut times = Vec::new();
    for query in queries {
        let begun = Instant::now();
        best.push(exact.search(cx, query, 10).await?);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| -> Duration { times[times.len() * share / 100] };
    println!("| {name} | none | all | {:.2?} | {:.2?} | 1 |", at(50), at(99));
    for probes in [4, 16, 64] {
        let begun = Instant::now();
        let cells = exact.clone().approximate(Cells::default().probes(probes))?;
        let built = begun.elapsed();
        let (mut times, mut hits) = (Vec::new(), 0);
        for (query, best) in queries.iter().zip(&best) {
            let begun = Instant::now();
            let found = cells.search(cx, query, 10).await?;
            times.push(begun.elapsed());
            hits += found.iter().filter(|found| best.iter().any(|best| best.id == found.id)).count();
        }
        times.sort_unstable();
        let at = |share: usize| -> Duration { times[times.len() * share / 100] };
        let recall = hits as f64 / (10 * queries.len()) as f64;
        println!("| {name} | {built:.1?} | {probes} | {:.2?} | {:.2?} | {recall:.2} |", at(50), at(99));
    }
    Ok(())
}

async fn row(
    name: &str,
    cx: &Context,
    retriever: &impl Retriever,
    built: Duration,
    before: Option<usize>,
    queries: &[String],
) -> Result<()> {
    let memory = resident().zip(before).map(|(now, before)| now.saturating_sub(before) / 1024);
    let memory = memory.map_or_else(|| "unknown".to_owned(), |memory| format!("{memory} MiB"));
    let mut times = Vec::new();
    for query in queries {
        let begun = Instant::now();
        retriever.search(cx, query, 10).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| -> Duration { times[times.len() * share / 100] };
    println!("| {name} | {built:.1?} | {memory} | {:.1?} | {:.1?} |", at(50), at(99));
    Ok(())
}

/// The memory of the process in KiB, where the system says.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
