//! What the macros say about mistakes, and what they accept.
//!
//! Each case is one file. `TRYBUILD=overwrite cargo test --test ui` writes the expected messages;
//! read what changed, it is what users will read.

use std::process::Command;

// rustc words its own errors anew from version to version, and these files hold some.
const VERSION: &str = "rustc 1.95.";

fn same_version() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let same = version.starts_with(VERSION);
    if !same {
        println!("skipped: the messages are those of {VERSION}x, this is {}", version.trim());
    }
    same
}

#[test]
fn signature() {
    if same_version() {
        let cases = trybuild::TestCases::new();
        cases.pass("tests/ui/signature/pass/*.rs");
        cases.compile_fail("tests/ui/signature/fail/*.rs");
    }
}

#[test]
fn module() {
    if same_version() {
        let cases = trybuild::TestCases::new();
        cases.pass("tests/ui/module/pass/*.rs");
        cases.compile_fail("tests/ui/module/fail/*.rs");
    }
}

#[test]
fn predict() {
    if same_version() {
        let cases = trybuild::TestCases::new();
        cases.pass("tests/ui/predict/pass/*.rs");
        cases.compile_fail("tests/ui/predict/fail/*.rs");
    }
}

#[test]
fn artifact() {
    if same_version() {
        let cases = trybuild::TestCases::new();
        cases.pass("tests/ui/artifact/pass/*.rs");
        cases.compile_fail("tests/ui/artifact/fail/*.rs");
    }
}

#[test]
fn tool() {
    if same_version() {
        let cases = trybuild::TestCases::new();
        cases.pass("tests/ui/tool/pass/*.rs");
        cases.compile_fail("tests/ui/tool/fail/*.rs");
    }
}
