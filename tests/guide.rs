//! The guide as a whole: its links, its chapters, and the counts of lines that it states.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every page of the guide, but for its table of contents.
fn chapters() -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => below(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    below(&root().join("docs/src"), &mut found);
    found.retain(|path| path.extension().is_some_and(|kind| kind == "md") && !path.ends_with("SUMMARY.md"));
    found.sort();
    found
}

/// The lines of a page that are outside of its blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.trim_start().starts_with("```") {
            true => is_code = !is_code,
            false if !is_code => lines.push(line),
            false => {}
        }
    }
    lines
}

/// A line without what stands in backticks, where brackets are no links.
fn plain(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// The targets of the links of a page.
fn links(text: &str) -> Vec<String> {
    let lines = prose(text).into_iter().map(plain);
    let targets = lines.flat_map(|line| {
        let parts = line.split("](").skip(1).filter_map(|part| part.split(')').next().map(str::to_owned));
        parts.collect::<Vec<_>>()
    });
    targets.collect()
}

/// The anchors of a page, as mdBook and GitHub make them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_chapter_is_listed_and_compiled() {
    let source = root().join("docs/src");
    let listed: BTreeSet<_> = links(&text(source.join("SUMMARY.md"))).into_iter().collect();
    let compiled = text(root().join("tests/book.rs"));
    let mut names = BTreeSet::new();
    for chapter in chapters() {
        let name = chapter.strip_prefix(&source).expect("inside").display().to_string();
        let has_rust = text(&chapter).lines().any(|line| line.trim_start().starts_with("```rust"));
        assert!(!has_rust || compiled.contains(&format!("\"{name}\"")), "tests/book.rs lacks {name}");
        names.insert(name);
    }
    assert_eq!(listed, names, "docs/src/SUMMARY.md lists each chapter, and nothing else");
}

#[test]
fn links_lead_somewhere() {
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"];
    let mut pages: Vec<_> = pages.iter().map(|page| root().join(page)).chain(chapters()).collect();
    pages.push(root().join("docs/src/SUMMARY.md"));
    let mut wrong = Vec::new();
    for page in pages {
        let own = text(&page);
        for link in links(&own) {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().expect("a folder").join(file),
            };
            // A page of the book has no neighbours outside of it once it is built.
            let in_book = |path: &Path| path.display().to_string().contains("docs/src");
            let leaves = in_book(&page) && (file.starts_with("../../") || file.starts_with("../../../"));
            let is_page = target.extension().is_some_and(|kind| kind == "md");
            let is_there = target.exists()
                && (anchor.is_empty() || !is_page || anchors(&text(&target)).contains(anchor));
            if !is_there || leaves {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn tasks_are_as_long_as_stated_and_not_much_longer_than_in_python() {
    let page = text(root().join("docs/src/dspy/tasks.md"));
    let mut stated = page.lines().filter(|line| line.starts_with("| ["));
    let tasks: Vec<_> = page.split("\n## ").skip(1).collect();
    assert_eq!(tasks.len(), 12);
    for task in tasks {
        let title = task.lines().next().unwrap_or_default();
        let count = |language: &str| {
            let block =
                task.split(&format!("```{language}")).nth(1).and_then(|rest| rest.split("```").next());
            let lines = block.unwrap_or_else(|| panic!("{title} in {language}")).lines().skip(1);
            // Lines that begin with `# ` are for the tests; no program has such ones.
            lines.filter(|line| !line.trim().is_empty() && *line != "#" && !line.starts_with("# ")).count()
        };
        let (python, rust) = (count("python"), count("rust"));
        let row = stated.next().unwrap_or_default();
        assert!(row.ends_with(&format!("| {python} | {rust} |")), "{title}: {python} and {rust}, not {row}");
        assert!(3 * rust <= 4 * python, "{title}: {rust} lines, where Python has {python}");
    }
}
