//! What a signature costs to compile, against structs with serde's and schemars' own derives.
//!
//! ```console
//! $ cargo bench --bench compile_time              # cargo check
//! $ cargo bench --bench compile_time -- release   # release builds, with all dependencies first
//! ```
//!
//! It writes a package of 0, 1, 10 and 100 signatures of 6 fields into the target folder, and one of the
//! structs that a user would write instead: the row, its inputs and its outputs. Each is compiled three
//! times without incremental state; the fastest counts, and what an empty package takes is taken off.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const COUNTS: [usize; 3] = [1, 10, 100];

fn main() {
    let release = std::env::args().any(|argument| argument == "release");
    let folder = target().join("compile-time");
    let modes: &[&[&str]] = if release { &[&["build", "--release"]] } else { &[&["check"]] };
    println!("| command | signatures | `#[signature]` | by hand | ratio | a signature |");
    println!("|---|---|---|---|---|---|");
    for mode in modes {
        let empty = time(&folder, mode, "");
        for count in COUNTS {
            let ours = time(&folder, mode, &signatures(count)).saturating_sub(empty);
            let theirs = time(&folder, mode, &structs(count)).saturating_sub(empty);
            println!(
                "| `cargo {}` | {count} | {} | {} | {:.2} | {:.1} ms |",
                mode.join(" "),
                milliseconds(ours),
                milliseconds(theirs),
                ours.as_secs_f64() / theirs.as_secs_f64().max(0.001),
                ours.as_secs_f64() * 1000.0 / count as f64,
            );
        }
    }
}

fn signatures(count: usize) -> String {
    let mut code = String::from("use dspy::signature;\n");
    for index in 0..count {
        let _ = writeln!(code, "/// Do the task {index}.\n#[signature]\npub struct Task{index} {{");
        for (field, ty, output) in fields() {
            let role = if output { "output" } else { "input" };
            let _ = writeln!(code, "    /// The field {field}.\n    #[{role}]\n    pub {field}: {ty},");
        }
        code.push_str("}\n");
    }
    code
}

fn structs(count: usize) -> String {
    let mut code = String::from("use schemars::JsonSchema;\nuse serde::{Deserialize, Serialize};\n");
    for index in 0..count {
        let sides: [(&str, &dyn Fn(bool) -> bool); 3] =
            [("", &|_| true), ("Input", &|output| !output), ("Output", &|output| output)];
        for (suffix, takes) in sides {
            let _ = writeln!(
                code,
                "/// The task {index}.\n#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]\n\
                 pub struct Task{index}{suffix} {{"
            );
            for (field, ty, _) in fields().into_iter().filter(|(_, _, output)| takes(*output)) {
                let _ = writeln!(code, "    /// The field {field}.\n    pub {field}: {ty},");
            }
            code.push_str("}\n");
        }
    }
    code
}

fn fields() -> [(&'static str, &'static str, bool); 6] {
    [
        ("question", "String", false),
        ("context", "Vec<String>", false),
        ("limit", "Option<u32>", false),
        ("answer", "String", true),
        ("score", "f64", true),
        ("sure", "bool", true),
    ]
}

fn time(folder: &Path, mode: &[&str], code: &str) -> Duration {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dspy-runtime");
    let manifest = format!(
        "[package]\nname = \"compile-time\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         dspy-runtime = {{ path = {runtime:?} }}\nschemars = \"1.2\"\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\n[workspace]\n"
    );
    fs::create_dir_all(folder.join("src")).expect("the target folder can be written");
    fs::write(folder.join("Cargo.toml"), manifest).expect("it is a folder of ours");
    // The same versions as here.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    if !folder.join("Cargo.lock").exists() {
        let _ = fs::copy(lock, folder.join("Cargo.lock"));
    }
    let source = folder.join("src/lib.rs");
    let run = || {
        // Later than the last build, whatever the clock of the file system counts in.
        std::thread::sleep(Duration::from_millis(20));
        fs::write(&source, code).expect("it is a folder of ours");
        let start = Instant::now();
        let status = Command::new(env!("CARGO"))
            .args(mode)
            .args(["--quiet", "--offline"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .status();
        assert!(status.is_ok_and(|status| status.success()), "it compiles");
        start.elapsed()
    };
    run();
    (0..3).map(|_| run()).min().unwrap_or_default()
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from)
}
