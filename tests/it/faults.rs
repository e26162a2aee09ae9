//! A bad afternoon at the provider: what is paid, counted and answered while calls fail and are given up.

use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{LanguageModel, Limited, Limiter, ModelId, OpenAi, Request, Response, Retry};
use dspy::{Budget, Context, Error, ErrorKind, Lm, Predict, Result};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::Value;

use crate::server::{Act, Server};
use crate::task::{Guess, guess};

/// Numbers that look random and are the same in every run.
fn mixed(mut seed: u64) -> u64 {
    seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

/// A model in simulated time: it takes a while, fails now and then, and counts the calls that reach it.
#[derive(Debug)]
struct Moody {
    id: ModelId,
    seed: u64,
    calls: Arc<AtomicU64>,
}

impl LanguageModel for Moody {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let luck = mixed(self.seed * 1_000 + call);
        async move {
            tokio::time::sleep(Duration::from_millis(luck % 50)).await;
            match (luck >> 8) % 10 {
                0 | 1 => Err(Error::new(ErrorKind::Server, "down")),
                2 => Err(Error::new(ErrorKind::InvalidRequest, "no")),
                3 => Ok(Response::new("what?").with_tokens(30, 10)),
                _ => Ok(Response::new("[[ ## fruit ## ]]\napple").with_tokens(30, 10)),
            }
        }
        .boxed()
    }
}

/// Any order of replies, failures, retries and cancellations: no budget is passed, and the books agree.
#[tokio::test(start_paused = true)]
async fn no_schedule_passes_a_budget_and_the_ledger_agrees_with_the_model() {
    for schedule in 0..10_000_u64 {
        let luck = |what: u64| mixed(schedule * 100 + what);
        let calls = Arc::new(AtomicU64::new(0));
        let moody = Moody { id: ModelId::new("test", "moody"), seed: schedule, calls: calls.clone() };
        let limiter = Limiter::new().in_flight(1 + (luck(1) % 4) as usize);
        let lm = Retry::new(Limited::new(moody, &limiter)).times(2).first_wait(Duration::from_millis(5));
        let (most, tokens) = (luck(2) % 12, luck(3) % 4_000);
        let mut sampling = dspy::lm::Sampling::default();
        sampling.max_tokens = Some(20);
        let all = Context::new(lm).with_sampling(sampling);
        let cx = all.with_budget(Budget::calls(most).with_tokens(tokens));
        let asked = (0..8).map(|number| {
            let (cx, patience) = (cx.clone(), Duration::from_millis(luck(10 + number) % 120));
            async move {
                let call = Predict::<Guess>::new();
                let _ = tokio::time::timeout(patience, call.call(&cx, guess("red"))).await;
            }
        });
        join_all(asked).await;
        let used = cx.usage();
        assert!(used.calls <= most && used.total_tokens() <= tokens, "schedule {schedule}: {used}");
        assert_eq!((used, all.usage()), (cx.ledger().total(), used), "schedule {schedule}");
        // A call that was given up may have been tried several times, or have waited for its turn in vain.
        let reached = calls.load(Ordering::SeqCst);
        assert!(
            used.calls - used.stopped + used.retries <= reached,
            "schedule {schedule}: {used}, {reached} reached it"
        );
        assert!(
            reached <= used.calls + used.retries + 2 * used.stopped,
            "schedule {schedule}: {used}, {reached} reached it"
        );
    }
}

const ROWS: u64 = 10_000;
const BATCHES: u64 = 8;

/// What the server does with a try of a row. Some rows are never answered well.
fn fate(row: u64, tried: u64) -> Act {
    let status = |status, header: &'static str, body: &str| Act::Status(status, header, body.to_owned());
    match row % 500 {
        7 => {
            return status(
                400,
                "x-fault: yes",
                r#"{"error": {"message": "not like this", "type": "invalid_request_error"}}"#,
            );
        }
        8 => return status(401, "x-fault: yes", r#"{"error": {"message": "who are you?"}}"#),
        9 => return status(500, "x-fault: yes", "always broken"),
        _ => {}
    }
    match mixed(row * 64 + tried) % 1_000 {
        0..50 => status(429, "retry-after-ms: 2", r#"{"error": {"message": "slow down"}}"#),
        50..100 => status(429, "x-fault: yes", r#"{"error": {"message": "slow down"}}"#),
        100..125 => status(500, "x-fault: yes", "<html>oops</html>"),
        125..150 => status(503, "content-type: text/plain", "busy"),
        150..175 => Act::Drop,
        175..200 => Act::Cut,
        200..210 => status(200, "x-fault: yes", r#"{"choices": [{"message": {"content": "[[ ## fr"#),
        210..220 => status(200, "content-type: text/html", "<html>hello</html>"),
        _ => Act::Say("[[ ## fruit ## ]]\napple".to_owned()),
    }
}

fn row_of(body: &Value) -> u64 {
    let text = body["messages"][1]["content"].as_str().unwrap_or_default();
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().expect("every call has its row")
}

async fn afternoon() {
    let tries: Arc<Mutex<HashMap<u64, u64>>> = Arc::default();
    let seen = tries.clone();
    let server = Server::start(move |_, body| {
        let row = row_of(body);
        let mut tries = seen.lock().expect("whole");
        let tried = tries.entry(row).or_default();
        *tried += 1;
        fate(row, *tried)
    })
    .await;
    let model = OpenAi::at(ModelId::new("openai", "m"), &server.url()).expect("an address");
    let limiter = Limiter::new().in_flight(256);
    let lm =
        Lm::from(Retry::new(Limited::new(model, &limiter)).times(8).first_wait(Duration::from_millis(1)));
    let cx = Context::new(lm).with_history_bytes(1 << 20);
    let ask = |row: u64| {
        let cx = cx.clone();
        async move { Predict::<Guess>::new().call(&cx, guess(&format!("number {row}!"))).await }
    };
    let mut memory = Vec::new();
    for batch in 0..BATCHES {
        let rows: Vec<u64> = (batch * ROWS / BATCHES..(batch + 1) * ROWS / BATCHES).collect();
        let answers = join_all(rows.iter().map(|row| tokio::spawn(ask(*row)))).await;
        for (row, answer) in rows.iter().zip(answers) {
            let answer = answer.expect("no panic").map(|reply| reply.fruit).map_err(|error| error.kind());
            let wants = match row % 500 {
                7 => Err(ErrorKind::InvalidRequest),
                8 => Err(ErrorKind::Auth),
                9 => Err(ErrorKind::Server),
                _ => Ok(crate::task::Fruit::Apple),
            };
            assert_eq!(answer, wants, "row {row}");
        }
        memory.push(resident());
    }
    let usage = cx.usage();
    let tries = tries.lock().expect("whole");
    assert_eq!((usage.calls, usage.calls + usage.retries), (ROWS, server.calls()));
    assert_eq!(cx.ledger().total(), usage);
    let (once, most) = (tries.iter().filter(|(row, _)| matches!(*row % 500, 7 | 8)), tries.values().max());
    assert!(
        once.clone().count() == 40 && once.into_iter().all(|(_, tried)| *tried == 1),
        "what is final is final"
    );
    assert_eq!(most, Some(&9), "no more than the retries");
    // After the first half, what is kept is kept. An allocator keeps some MiB more or less from batch to batch.
    let (first, second) = memory.split_at(memory.len() / 2);
    let (most, least) = (first.iter().flatten().max(), second.iter().flatten().min());
    if let (Some(most), Some(least)) = (most, least) {
        assert!(*least < most + 12 * 1024, "memory grew: {memory:?} KiB");
    }
    println!("{} calls, {} retries, memory {memory:?} KiB", usage.calls, usage.retries);
}

/// The memory of this process in KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// In a process of its own, whose memory no other test moves.
#[test]
fn every_row_of_a_bad_afternoon_is_answered_or_told_and_counted() {
    const INSIDE: &str = "DSPY_TEST_FAULTS_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.expect("it starts").block_on(afternoon());
    }
    let name = "faults::every_row_of_a_bad_afternoon_is_answered_or_told_and_counted";
    let test = std::env::current_exe().expect("it runs");
    let run = Command::new(test)
        .args([name, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    println!("{said}");
}
