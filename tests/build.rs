//! Which tests can run here: those that need a tool that this machine lacks are ignored, and fail in CI (`CI` is set).

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn main() {
    for variable in ["CI", "PATH", "CHROME", "DSPY_LLMOCK", "DSPY_MCP_PYTHON"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let is_ci = env::var_os("CI").is_some();
    for (tool, is_here) in [("browser", browser()), ("llmock", llmock()), ("python_mcp", python_mcp())] {
        println!("cargo::rustc-check-cfg=cfg({tool})");
        if is_ci || is_here {
            println!("cargo::rustc-cfg={tool}");
        }
    }
}

fn browser() -> bool {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let paths = env::var_os("PATH").unwrap_or_default();
    env::var_os("CHROME").is_some()
        || env::split_paths(&paths).any(|path| names.iter().any(|name| path.join(name).is_file()))
}

fn llmock() -> bool {
    env::var_os("DSPY_LLMOCK").is_some()
}

fn python_mcp() -> bool {
    let python = env::var_os("DSPY_MCP_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let mut imports = Command::new(python);
    imports.args(["-c", "from mcp import Client; from mcp.server import MCPServer"]);
    imports.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    imports.status().is_ok_and(|status| status.success())
}
