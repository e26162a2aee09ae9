//! Finds the tools that some tests need: those whose tool this machine lacks are ignored, and fail in CI (`CI` is set).
//! Takes the program of the guide's tutorial out of its page.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The page of the tutorial, whose last program is run.
const TUTORIAL: &str = "../docs/src/tutorial.md";

fn main() {
    tutorial();
    for variable in [
        "CI",
        "PATH",
        "CHROME",
        "DSPY_LLMOCK",
        "DSPY_MCP_NODE",
        "DSPY_MCP_PYTHON",
        "DSPY_SEMCONV_PYTHON",
        "MONTY_BIN",
    ] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let is_ci = env::var_os("CI").is_some();
    let mcp = python("DSPY_MCP_PYTHON", "from mcp import Client; from mcp.server import MCPServer");
    let semconv = python("DSPY_SEMCONV_PYTHON", "import pytest_genai_semconv");
    for (tool, found) in [
        ("browser", browser()),
        ("llmock", named("DSPY_LLMOCK")),
        ("monty_worker", monty()),
        ("node_mcp", named("DSPY_MCP_NODE")),
        ("python_mcp", mcp),
        ("python_semconv", semconv),
    ] {
        println!("cargo::rustc-check-cfg=cfg({tool})");
        if is_ci || found.is_some() {
            println!("cargo::rustc-cfg={tool}");
        }
        if let Some(path) = found {
            println!("cargo::rustc-env=TEST_{}={}", tool.to_uppercase(), path.display());
        }
    }
}

/// Writes the program of the tutorial where a test includes it.
fn tutorial() {
    println!("cargo::rerun-if-changed={TUTORIAL}");
    let page = std::fs::read_to_string(TUTORIAL).expect("the page of the tutorial");
    let blocks = page.split("```rust,no_run\n").skip(1);
    let program = blocks.last().and_then(|rest| rest.split("```").next()).expect("a program");
    let program = program.replace("async fn main()", "pub async fn main()");
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).expect("Cargo sets it");
    std::fs::write(folder.join("tutorial.rs"), program).expect("a folder to write to");
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}

/// A browser: `CHROME`, or one on the path.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let paths = env::var_os("PATH").unwrap_or_default();
    let mut on_path = env::split_paths(&paths).flat_map(|path| names.map(|name| path.join(name)));
    named("CHROME").or_else(|| on_path.find(|file| file.is_file()))
}

/// The worker of `Monty`: `MONTY_BIN`, or the one on the path.
fn monty() -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&paths).map(|path| path.join("monty")).find(|file| file.is_file());
    named("MONTY_BIN").or(on_path)
}

/// A Python that can import something: the one that the variable names, or the one on the path.
fn python(variable: &str, import: &str) -> Option<PathBuf> {
    let python = named(variable).unwrap_or_else(|| "python3".into());
    let mut imports = Command::new(&python);
    imports.args(["-c", import]);
    imports.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    imports.status().is_ok_and(|status| status.success()).then_some(python)
}
