//! Finds the tools that some tests need: those whose tool this machine lacks are ignored, and fail in CI (`CI` is set).

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn main() {
    for variable in
        ["CI", "PATH", "CHROME", "DSPY_LLMOCK", "DSPY_MCP_NODE", "DSPY_MCP_PYTHON", "DSPY_SEMCONV_PYTHON"]
    {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let is_ci = env::var_os("CI").is_some();
    let mcp = python("DSPY_MCP_PYTHON", "from mcp import Client; from mcp.server import MCPServer");
    let semconv = python("DSPY_SEMCONV_PYTHON", "import pytest_genai_semconv");
    for (tool, found) in [
        ("browser", browser()),
        ("llmock", named("DSPY_LLMOCK")),
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

/// A Python that can import something: the one that the variable names, or the one on the path.
fn python(variable: &str, import: &str) -> Option<PathBuf> {
    let python = named(variable).unwrap_or_else(|| "python3".into());
    let mut imports = Command::new(&python);
    imports.args(["-c", import]);
    imports.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    imports.status().is_ok_and(|status| status.success()).then_some(python)
}
