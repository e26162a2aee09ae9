//! What holds for the source as a whole.

use std::path::{Path, PathBuf};

/// The layers of the runtime; a module uses only those of its own layer and of those above it here.
/// What all layers may use is in none.
const LAYERS: [&[&str]; 9] = [
    &["signature", "data", "media"],
    &["adapter", "page", "parse", "prompt"],
    &["lm", "cache", "context", "trace"],
    &["predict", "module", "tool", "agent", "code", "retrieve", "strategy", "artifact", "dspy_state"],
    &["evaluate", "gate"],
    &["release"],
    &["optimize"],
    &["mcp"],
    &["app", "serve"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    folders.iter().flat_map(|folder| self::files(folder)).chain(files).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn layers_point_one_way() {
    let source = root().join("dspy-runtime/src");
    let mut wrong = Vec::new();
    for file in files(&source) {
        let inside = file.strip_prefix(&source).expect("inside").display().to_string();
        let Some(own) = layer(inside.split(['/', '.']).next().unwrap_or_default()) else { continue };
        let text = std::fs::read_to_string(&file).expect("text");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.contains("crate::")) {
            let used = line.split("crate::").skip(1).filter_map(|rest| rest.split([':', ';', ' ']).next());
            for module in used.filter(|module| layer(module).is_some_and(|used| used > own)) {
                wrong.push(format!("{inside} uses `{module}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "a layer uses one below it:\n{}", wrong.join("\n"));
}

#[test]
fn every_example_is_in_both_tables() {
    let listed = ["README.md", "examples/README.md"]
        .map(|file| std::fs::read_to_string(root().join(file)).expect("text"));
    for file in files(&root().join("examples")) {
        let name = match file.file_name().and_then(|name| name.to_str()) {
            // A workspace of its own has its source in a folder.
            Some("main.rs") if file.parent().is_some_and(|folder| folder.ends_with("src")) => {
                file.ancestors().nth(2).and_then(Path::file_name)
            }
            Some("main.rs") => file.parent().and_then(Path::file_name),
            Some(name) if name.ends_with(".rs") && file.parent() == Some(&root().join("examples")) => {
                file.file_stem()
            }
            _ => continue,
        };
        let name = name.and_then(|name| name.to_str()).expect("a name");
        let all = listed
            .iter()
            .all(|text| text.contains(&format!("[{name}]")) || text.contains(&format!("[`{name}`]")));
        assert!(all, "example `{name}` is missing in a table");
    }
}

#[test]
fn no_message_shows_what_is_private() {
    for file in files(&root().join("tests/ui"))
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "stderr"))
    {
        let text = std::fs::read_to_string(file).expect("text");
        assert!(!text.contains("__private"), "{}", file.display());
    }
}
