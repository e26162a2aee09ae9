//! What it takes to search 100,000 passages in memory.
//!
//!     cargo bench --bench retrieve
//!
//! The passages are made up: 20 to 80 words each, of 50,000 words that are as frequent as Zipf's law has it.

use std::time::{Duration, Instant};

use dspy::retrieve::{Bm25, Embeddings, Passage, Retriever};
use dspy::{Context, Lm, Result};

const PASSAGES: usize = 100_000;
const WORDS: usize = 50_000;
const QUERIES: usize = 200;

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
    let embeddings = Embeddings::build(&cx, passages.clone()).await?;
    row("`Embeddings`, 512 numbers", &cx, &embeddings, begun.elapsed(), before, &queries).await?;

    let file = std::env::temp_dir().join(format!("dspy-bench-retrieve-{}", std::process::id()));
    let begun = Instant::now();
    embeddings.save(&file)?;
    let (saved, begun) = (begun.elapsed(), Instant::now());
    let loaded = Embeddings::<()>::load(&file, &cx);
    let (took, size) = (begun.elapsed(), std::fs::metadata(&file)?.len() / 1_000_000);
    std::fs::remove_file(&file)?;
    println!("\nfile of {} passages: {size} MB, saved in {saved:.1?}, loaded in {took:.1?}", loaded?.len());
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
