//! What holds for the source as a whole.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    folders.iter().flat_map(|folder| self::files(folder)).chain(files).collect()
}

/// The table of the layers, which the documentation shows.
fn table() -> String {
    std::fs::read_to_string(root().join("dspy-runtime/src/layers.md")).expect("text")
}

/// The modules of each layer; one uses only those of its own layer and of those above it.
fn layers() -> Vec<Vec<String>> {
    let row = |line: &str| {
        let modules = line.split('|').nth(2).unwrap_or_default().split(',');
        modules.map(|module| module.trim().trim_matches('`').to_owned()).collect()
    };
    table().lines().skip(2).map(row).collect()
}

/// What each module of the runtime uses of the others, and in which file.
fn uses() -> Vec<(String, String, String)> {
    let source = root().join("dspy-runtime/src");
    let mut uses = Vec::new();
    for file in files(&source).into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")) {
        let inside = file.strip_prefix(&source).expect("inside").display().to_string();
        let own = inside.split(['/', '.']).next().unwrap_or_default();
        let text = std::fs::read_to_string(&file).expect("text");
        // Tests may look at everything.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        if inside.ends_with("tests.rs") || inside.contains("/tests/") {
            continue;
        }
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.contains("crate::")) {
            let used = line.split("crate::").skip(1).filter_map(|rest| rest.split([':', ';', ' ']).next());
            let other = used.filter(|used| *used != own);
            uses.extend(other.map(|used| (own.to_owned(), used.to_owned(), inside.clone())));
        }
    }
    uses
}

#[test]
fn every_module_is_in_one_layer() {
    let root = std::fs::read_to_string(root().join("dspy-runtime/src/lib.rs")).expect("text");
    let modules = root.lines().filter_map(|line| {
        let module = line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod "))?;
        module.strip_suffix(';').filter(|module| *module != "__private")
    });
    let mut modules: Vec<_> = modules.map(str::to_owned).collect();
    let mut listed: Vec<_> = layers().concat();
    modules.sort();
    listed.sort();
    assert_eq!(listed, modules);
}

#[test]
fn layers_point_one_way() {
    let layers = layers();
    let layer = |module: &str| layers.iter().position(|layer| layer.iter().any(|other| other == module));
    let below = |own: &str, used: &str| layer(own).zip(layer(used)).is_some_and(|(own, used)| used > own);
    let wrong = uses().into_iter().filter(|(own, used, _)| below(own, used));
    let wrong: Vec<_> = wrong.map(|(_, used, file)| format!("{file} uses `{used}`")).collect();
    assert!(wrong.is_empty(), "a layer uses one below it:\n{}", wrong.join("\n"));
}

#[test]
fn no_layer_goes_round_in_circles() {
    let uses = uses();
    for layer in layers() {
        let mut left: Vec<_> = layer.iter().collect();
        // What uses nothing that is left is taken away until nothing is.
        while !left.is_empty() {
            let needs = |own: &String| uses.iter().any(|(by, used, _)| by == own && left.contains(&used));
            let more: Vec<_> = left.iter().copied().filter(|own| needs(own)).collect();
            assert!(more.len() < left.len(), "they need each other: {more:?}");
            left = more;
        }
    }
}

/// The names that the root of the library exports, a line each, macros and modules apart.
fn root_names() -> Vec<String> {
    let source = std::fs::read_to_string(root().join("dspy-runtime/src/lib.rs")).expect("text");
    let mut names = Vec::new();
    for statement in source.split("pub use ").skip(1) {
        let path = statement.split(';').next().unwrap_or_default();
        let (module, list) = path.split_once("::").unwrap_or(("", path));
        let list = list.trim_matches(['{', '}', '\n', ' ']).split(',').map(str::trim);
        let kind = if module == "dspy_macros" { "macro " } else { "" };
        names.extend(list.filter(|name| !name.is_empty()).map(|name| format!("{kind}{name}")));
    }
    let modules = source.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.extend(modules.filter(|module| *module != "__private").map(|module| format!("mod {module}")));
    names.sort();
    names
}

#[test]
fn names_at_the_root_are_listed() {
    let listed = std::fs::read_to_string(root().join("docs/root-names.txt")).expect("text");
    let listed: Vec<&str> = listed.lines().collect();
    let names = root_names();
    assert_eq!(
        listed, names,
        "docs/root-names.txt lists the names at the root; say in CHANGELOG.md what changed"
    );
    let types = names.iter().filter(|name| !name.contains(' ')).count();
    assert!(types <= 36, "{types} names at the root: put what few programs name in its module");
}

#[test]
fn the_readme_shows_the_layers() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("text");
    assert!(readme.contains(&table()), "the table of the README is that of dspy-runtime/src/layers.md");
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

/// The first line of each doc comment of a file, with its number.
fn doc_openings(text: &str) -> Vec<(usize, &str)> {
    let doc = |line: &'static str| move |text: &str| text.trim_start().starts_with(line);
    let (item, module) = (doc("///"), doc("//!"));
    let lines: Vec<_> = text.lines().collect();
    let opens = |&(number, line): &(usize, &str)| {
        let before = number.checked_sub(1).and_then(|before| lines.get(before)).copied().unwrap_or_default();
        (item(line) && !item(before)) || (module(line) && !module(before))
    };
    let openings = lines.iter().copied().enumerate().filter(opens);
    openings
        .map(|(number, line)| (number + 1, line.trim_start().trim_start_matches(['/', '!', ' '])))
        .collect()
}

#[test]
fn doc_comments_open_with_a_verb_or_a_noun() {
    const REFUSED: [&str; 7] = ["What", "How", "Whether", "Which", "Why", "Who", "The same"];
    let crates = ["dspy-runtime/src", "dspy-macros/src", "dspy-numbers/src", "dspy-sandbox/src", "examples"];
    let sources = crates.iter().flat_map(|folder| files(&root().join(folder)));
    let sources = sources.filter(|file| {
        let built = file.components().any(|part| part.as_os_str() == "target");
        !built && file.extension().is_some_and(|kind| kind == "rs")
    });
    let mut wrong = Vec::new();
    for file in sources {
        let text = std::fs::read_to_string(&file).expect("text");
        for (number, opening) in doc_openings(&text) {
            let rest = REFUSED.iter().find_map(|words| opening.strip_prefix(words));
            if rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)) {
                wrong.push(format!("{}:{number}: {opening}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "say what it is or does, as `Returns …` or `The …`:\n{}", wrong.join("\n"));
}
