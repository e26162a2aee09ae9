//! The part of Python that each interpreter runs: the one table from which models are told, errors are mended and the
//! documentation is made. The tests hold it to the interpreters.

mod table;

use std::fmt::Write as _;
use std::sync::LazyLock;

pub use table::{CONSTRUCTS, MODULES};

/// A construct of the language, or a function that needs no import.
#[derive(Debug)]
pub struct Construct {
    /// Its name for models.
    pub name: &'static str,
    /// A program that uses it; it may call a function `ask` of the host.
    pub probe: &'static str,
    /// True where the embedded `Python` runs it.
    pub python: bool,
    /// True where `Monty` runs it.
    pub monty: bool,
    /// The part of an error that `Monty` refuses it with by which it is known, if it has one.
    pub refusal: &'static str,
    /// The code to write instead, in words.
    pub instead: &'static str,
}

/// A module of the library.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// The items that models take from it.
    pub items: &'static [&'static str],
    /// Those of them that the embedded `Python` has; none where it cannot be imported.
    pub python: &'static [&'static str],
    /// Those of them that `Monty` has; none where it cannot be imported.
    pub monty: &'static [&'static str],
    /// The code to write instead, in words.
    pub instead: &'static str,
}

/// The part of Python that an interpreter runs.
#[derive(Debug)]
pub struct Dialect {
    runs: fn(&Construct) -> bool,
    has: fn(&Module) -> &'static [&'static str],
    manual: LazyLock<String>,
}

/// That of the embedded `Python`.
#[cfg(feature = "python")]
pub static PYTHON: Dialect = Dialect {
    runs: |construct| construct.python,
    has: |module| module.python,
    manual: LazyLock::new(|| PYTHON.told()),
};

/// That of `Monty`.
#[cfg(feature = "monty")]
pub static MONTY: Dialect = Dialect {
    runs: |construct| construct.monty,
    has: |module| module.monty,
    manual: LazyLock::new(|| MONTY.told()),
};

impl Dialect {
    /// Returns whether it runs a construct.
    pub fn runs(&self, construct: &Construct) -> bool {
        (self.runs)(construct)
    }

    /// Returns what it has of a module.
    pub fn has(&self, module: &Module) -> &'static [&'static str] {
        (self.has)(module)
    }

    /// Returns what models are told of it.
    pub fn manual(&self) -> &str {
        &self.manual
    }

    fn told(&self) -> String {
        let missing = CONSTRUCTS.iter().filter(|construct| !self.runs(construct));
        let missing: Vec<_> = missing.map(|construct| construct.name).collect();
        format!(
            "The code is Python 3 without {}. These modules can be used, and no others: {}. There are no files, no \
             network and no clock. Variables keep their values from one piece of code to the next. What `print` \
             shows, and the value of the last line if it is an expression, is what you will see.",
            missing.join(", "),
            self.modules(|module, items| match items.len() < module.items.len() {
                true => format!("{} ({})", module.name, items.join(", ")),
                false => module.name.to_owned(),
            })
        )
    }

    fn modules(&self, named: impl Fn(&Module, &[&str]) -> String) -> String {
        let all = MODULES.iter().map(|module| (module, self.has(module)));
        let all = all.filter(|(_, items)| !items.is_empty());
        all.map(|(module, items)| named(module, items)).collect::<Vec<_>>().join(", ")
    }

    /// Returns the message of an error with the nearest thing that works, where the table has it.
    pub(super) fn mended(&self, message: &str) -> String {
        let quoted = |before: &str| {
            let rest = message.split_once(before)?.1;
            rest.split_once('\'').map(|(name, _)| name)
        };
        let missing = ["No module named '", "there is no module '"].into_iter().find_map(quoted);
        if let Some(name) = missing {
            let there = self.modules(|module, _| module.name.to_owned());
            let root = name.split('.').next().unwrap_or(name);
            let instead = match MODULES.iter().find(|module| module.name == root) {
                Some(module) => module.instead,
                None => "compute it with what there is",
            };
            return format!("there is no module '{name}' here; {instead}; there are {there}");
        }
        // An item that is missing in a module: of which there are others.
        let module = ["' from '", "module '"].into_iter().find_map(quoted);
        let module = module.and_then(|name| MODULES.iter().find(|module| module.name == name));
        if let Some(module) = module.filter(|module| !self.has(module).is_empty()) {
            let mut mended = message.replace(" (unknown location)", "");
            let _ = write!(mended, "; there are {}", self.has(module).join(", "));
            return mended;
        }
        let known = CONSTRUCTS.iter().find(|construct| {
            !self.runs(construct) && !construct.refusal.is_empty() && message.contains(construct.refusal)
        });
        match known {
            Some(Construct { name, instead, .. }) => format!("{name}: not there; {instead}"),
            None => match message.strip_prefix("The monty syntax parser does not yet support ") {
                Some(what) => format!("{what}: not there; write it without"),
                None => message.to_owned(),
            },
        }
    }
}

/// Returns the table for the documentation.
pub fn markdown() -> String {
    let mut text = "| | `Python` | `Monty` | instead |\n|---|---|---|---|\n".to_owned();
    let said = |runs| if runs { "yes" } else { "no" };
    for Construct { name, python, monty, instead, .. } in CONSTRUCTS {
        let _ = writeln!(text, "| {name} | {} | {} | {instead} |", said(*python), said(*monty));
    }
    text.push_str("\n| module | `Python` | `Monty` | instead |\n|---|---|---|---|\n");
    for Module { name, items, python, monty, instead } in MODULES {
        let said = |has: &[&str]| match has.len() {
            0 => "no".to_owned(),
            all if all == items.len() => "yes".to_owned(),
            _ => has.join(", "),
        };
        let _ = writeln!(text, "| `{name}` | {} | {} | {instead} |", said(python), said(monty));
    }
    text
}
