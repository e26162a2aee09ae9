#!/usr/bin/env bash
# Measures how long checkouts of the project take to build and to test, one after the other, in seconds of CPU:
#
#     bash benches/build_time.sh FOLDER OLD_CHECKOUT NEW_CHECKOUT
#
# Each checkout has a target folder of its own in FOLDER, which is emptied. Dependencies must have been downloaded.
set -euo pipefail
place=$1
shift

# Prints seconds of CPU and of the clock for a command, in a folder.
measure() {
    local name=$1 folder=$2
    shift 2
    local spent TIMEFORMAT='%U %S %R'
    spent=$({ time (cd "$folder" && "$@" >>"$log" 2>&1 </dev/null); } 2>&1) || spent="$spent (failed)"
    awk -v name="$name" '{ printf "  %-36s %7.1f CPU %7.1f clock %s\n", name, $1 + $2, $3, $4 }' <<<"$spent"
}

for checkout in "$@"; do
    checkout=$(realpath "$checkout")
    label=$(git -C "$checkout" rev-parse --short HEAD)
    export CARGO_TARGET_DIR=$place/$label
    log=$place/$label.log
    mkdir -p "$place"
    : >"$log"
    echo "$label"
    rm -rf "$CARGO_TARGET_DIR"
    measure "first command" "$checkout" cargo run --example support
    rm -rf "$CARGO_TARGET_DIR"
    measure "cargo test, build and run" "$checkout" cargo test --no-fail-fast
    # What follows in the file gets other lines.
    sed -i '1i // An edit.' "$checkout/dspy-runtime/src/gate/mod.rs"
    measure "one test after an edit" "$checkout" cargo test --test it gate::
    git -C "$checkout" checkout -q dspy-runtime/src/gate/mod.rs
    rm -rf "$CARGO_TARGET_DIR"
    measure "release build, default features" "$checkout" cargo build --release -p dspy-runtime
    rm -rf "$CARGO_TARGET_DIR"
    user=$place/$label-user
    mkdir -p "$user/src"
    cp "$checkout/Cargo.lock" "$user/Cargo.lock"
    cat >"$user/Cargo.toml" <<MANIFEST
[package]
name = "program"
version = "0.0.0"
edition = "2024"

[dependencies]
dspy-runtime = { path = "$checkout/dspy-runtime" }
schemars = "1.2"
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }

[workspace]
MANIFEST
    cat >"$user/src/main.rs" <<'PROGRAM'
use dspy::{ChainOfThought, Context, Lm, Predict, Result, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Queue {
    Delivery,
    Refund,
    Damage,
}

/// Decide which queue a customer message belongs to.
#[signature]
struct Triage {
    /// The customer's message.
    #[input]
    message: String,
    /// Where it goes.
    #[output]
    queue: Queue,
}

/// Answer the customer in one sentence.
#[signature]
struct Answer {
    /// The customer's message.
    #[input]
    message: String,
    /// What the customer reads.
    #[output]
    answer: String,
}

#[module]
struct Desk {
    triage: Predict<Triage>,
    answer: ChainOfThought<Answer>,
}

#[module]
impl Desk {
    async fn forward(&self, cx: &Context, input: TriageInput) -> Result<AnswerOutput> {
        let triage = self.triage.call(cx, input.clone()).await?;
        println!("{:?}", triage.queue);
        let answer = self.answer.call(cx, AnswerInput { message: input.message }).await?;
        Ok(answer.output.clone())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::new("builtin/lexical")?);
    let reply = Desk::new().call(&cx, TriageInput { message: "My lamp came broken".into() }).await;
    println!("{reply:?}");
    Ok(())
}
PROGRAM
    measure "a user's program, first" "$user" cargo run --offline
    echo "// An edit." >>"$user/src/main.rs"
    measure "a user's program, after an edit" "$user" cargo run --offline
    rm -rf "$CARGO_TARGET_DIR"
done
