//! What the macros say about mistakes, and what they accept.
//!
//! Each case is one file below `ui/`. One in `pass` compiles and runs; one in `fail` does not compile, and what stands
//! beside it is what the compiler says, but for what differs from machine to machine. Cases are compiled against the
//! library that the tests were built with, so nothing is built anew. `UPDATE_EXPECT=1 cargo test --test ui` writes the
//! messages; read what changed, it is what users will read.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::LazyLock;
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

// The compiler words its own errors anew from version to version, and these files hold some.
const VERSION: &str = "rustc 1.95.";
/// The crates that cases may use, each with a program that compiles with the one that the library is built with. One that
/// a macro is built with as well is there twice.
const CRATES: [(&str, &str); 4] = [
    ("dspy", ""),
    ("schemars", "fn is<T: schemars::JsonSchema>() {} fn main() { is::<dspy::media::Image>() }"),
    ("serde", "fn is<T: serde::Serialize>() {} fn main() { is::<dspy::data::Record>() }"),
    ("serde_json", "fn main() { let _ = serde_json::to_string(&dspy::data::Record::new()); }"),
];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    env::set_current_dir(root).expect("it is a folder");
    let found = version();
    // Elsewhere a test that cannot run is reported as ignored; there it fails.
    let ignored = !found.starts_with(VERSION) && env::var_os("CI").is_none();
    let mut trials = Vec::new();
    for group in entries(Path::new("tests/ui")) {
        for kind in ["pass", "fail"] {
            let cases = entries(&group.join(kind));
            for case in cases.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")) {
                let name = case.strip_prefix("tests/ui").expect("inside").with_extension("");
                let judge = if kind == "pass" { accepted } else { refused };
                let found = found.clone();
                let test = move || match found.starts_with(VERSION) {
                    true => judge(&case),
                    false => Err(format!("the messages are those of {VERSION}x, this is {found}").into()),
                };
                trials.push(Trial::test(name.display().to_string(), test).with_ignored_flag(ignored));
            }
        }
    }
    assert!(trials.len() > 90, "only {} cases", trials.len());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The entries of a folder in the order of their names; none where there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn version() -> String {
    let output = rustc().arg("--version").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// What cases are compiled against: a library for each crate, and the folder of those that it needs.
struct Built {
    externs: Vec<String>,
    folder: PathBuf,
}

impl Built {
    fn with(&self, library: &str) -> Self {
        Self { externs: [&self.externs[..], &[library.to_owned()]].concat(), folder: self.folder.clone() }
    }

    fn compiles(&self, program: &str) -> bool {
        let place = Place::of(Path::new("probe"));
        let file = place.0.join("probe.rs");
        fs::write(&file, program).expect("written");
        compile(self, &file, &place, "metadata").is_ok()
    }
}

/// Asks cargo where the libraries are that this test was built with.
static BUILT: LazyLock<Built> = LazyLock::new(|| {
    let folder = env::current_exe().expect("this is a program").parent().expect("a folder").to_owned();
    let profile = folder.parent().expect("a profile");
    let target = profile.parent().expect("a target folder");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--no-run", "--test", "ui", "--offline", "--message-format", "json", "--target-dir"]);
    cargo.arg(target).args(profile.ends_with("release").then_some("--release"));
    // What cargo told this test about itself would be taken for a change by build scripts that look at it.
    let told = |name: &str| {
        name == "OUT_DIR" || ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start))
    };
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a message")).collect();
    let mut built = Built { externs: Vec::new(), folder };
    for (name, probe) in CRATES {
        let of = |message: &&Value| {
            message["reason"] == "compiler-artifact"
                && message["target"]["name"] == name
                && message["target"]["kind"] == serde_json::json!(["lib"])
                && message["profile"]["test"] == false
        };
        let files = messages.iter().filter(of).flat_map(|message| message["filenames"].as_array()).flatten();
        let files = files.filter_map(Value::as_str).filter(|file| file.ends_with(".rlib"));
        let files: Vec<_> = files.map(|file| format!("{name}={file}")).collect();
        let fits = |file: &&String| files.len() == 1 || built.with(file).compiles(probe);
        let file = files.iter().find(fits).unwrap_or_else(|| panic!("cargo built no `{name}` that fits"));
        built.externs.push(file.clone());
    }
    built
});

/// Compiles a case in a folder of its own, and gives what the compiler printed where it cannot.
fn compile(built: &Built, case: &Path, place: &Place, emit: &str) -> Result<(), String> {
    let Built { externs, folder } = built;
    let mut compiler = rustc();
    compiler.args(["--edition", "2024", "--crate-name", "case", "--diagnostic-width", "140", "--emit", emit]);
    compiler.arg("--out-dir").arg(&place.0).arg("-L").arg(folder);
    for library in externs {
        compiler.arg("--extern").arg(library);
    }
    let output = compiler.arg(case).output().expect("the compiler starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A folder of a case, in which it is compiled; away when the value is.
struct Place(PathBuf);

impl Place {
    fn of(case: &Path) -> Self {
        let name = case.with_extension("").display().to_string().replace(['/', '\\'], "-");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn program(&self) -> PathBuf {
        self.0.join("case").with_extension(env::consts::EXE_EXTENSION)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn accepted(case: &Path) -> Result<(), Failed> {
    let place = Place::of(case);
    compile(&BUILT, case, &place, "link")?;
    let output = Command::new(place.program()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

fn refused(case: &Path) -> Result<(), Failed> {
    let Err(said) = compile(&BUILT, case, &Place::of(case), "metadata") else {
        return Err("it compiles, and should not".into());
    };
    let said = plain(&said);
    let file = case.with_extension("stderr");
    if env::var_os("UPDATE_EXPECT").is_some() {
        return Ok(fs::write(file, said)?);
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    match said == expected {
        true => Ok(()),
        false => Err(format!("{} says:\n{expected}\nand the compiler:\n{said}", file.display()).into()),
    }
}

/// The messages without what differs from machine to machine and from day to day: where other people's code lies, which
/// lines it has, and how many more there are of something.
fn plain(said: &str) -> String {
    let over = ["error: aborting due to", "For more information about", "Some errors have"];
    let messages = said.split("\n\n").map(|message| {
        let lines = message.lines().filter(|line| !over.iter().any(|start| line.starts_with(start)));
        narrow(own(lines)).join("\n")
    });
    let messages: Vec<_> = messages.filter(|message| !message.trim().is_empty()).collect();
    messages.join("\n\n") + "\n"
}

/// The lines of a message without those that show other people's code.
fn own<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut own = Vec::new();
    let mut elsewhere = false;
    for line in lines {
        let place = ["--> ", "::: "].iter().find_map(|mark| {
            let (before, place) = line.split_once(mark)?;
            before.trim().is_empty().then(|| (format!("{before}{mark}"), place))
        });
        // A number or nothing before a bar, and then the code.
        let shown = line.trim_start().trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
        if let Some((mark, place)) = place {
            elsewhere = !place.starts_with("tests/ui/");
            own.push(if elsewhere { format!("{mark}{}", others(place)) } else { line.to_owned() });
        } else if let Some(("and", rest)) = line.trim_start().split_once(' ')
            && let Some((_, "others")) = rest.split_once(' ')
        {
            own.push(format!("{}and $N others", " ".repeat(line.len() - line.trim_start().len())));
        } else if !elsewhere || !(shown.starts_with('|') || shown == "...") {
            own.push(line.to_owned());
        }
    }
    own
}

/// The lines of a message, whose margin is as wide as the line numbers of all code that was shown, with the margin that
/// the numbers in it need.
fn narrow(lines: Vec<String>) -> Vec<String> {
    let number = |line: &String| {
        let (number, _) = line.split_once(" |")?;
        let number = number.trim();
        number.parse::<u32>().is_ok().then_some(number.len())
    };
    let needed = lines.iter().filter_map(number).max().unwrap_or(1);
    let margin = lines.iter().find_map(|line| line.split_once("--> ").map(|(before, _)| before.len()));
    let more = " ".repeat(margin.unwrap_or(needed).saturating_sub(needed));
    lines.into_iter().map(|line| line.strip_prefix(&more).map(str::to_owned).unwrap_or(line)).collect()
}

/// Where in which crate something is, without the line.
fn others(place: &str) -> String {
    let place = place.replace('\\', "/");
    let path = place.split(".rs:").next().unwrap_or_default();
    let path = match path.rsplit_once("/library/") {
        Some((_, file)) => format!("$RUST/{file}"),
        None => match path.rsplit_once("/registry/src/") {
            Some((_, file)) => format!("$CARGO/{}", file.split_once('/').map_or(file, |(_, file)| file)),
            None => path.to_owned(),
        },
    };
    format!("{path}.rs")
}
