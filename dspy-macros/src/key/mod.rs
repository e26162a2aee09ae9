//! The one grammar that each of our attributes has: `key`, `key = value`, `key(…)`, by commas.

mod bound;
mod value;

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, LitStr, Meta, Path, Token};

use crate::diag::{Diagnostic, Diagnostics};
use crate::docs::Text;
use crate::suggest;

pub(crate) use bound::{Bound, BoundForm, Limits};

/// One option that an attribute knows.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

/// The form of an option after its key.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Nothing: `no_new`.
    Flag,
    /// A string: `rename = "…"`.
    Name,
    /// A string, or a macro that makes one: `desc = include_str!("…")`.
    Text,
    /// A path: `crate = renamed`.
    Path,
    /// A test and its text, any number of times: `check(|value| …, "…")`.
    Check,
    /// A bound of an output: `min = 1`, `len = 1..=5`.
    Bound(BoundForm),
}

/// An option as the user gave it.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// The value of an option, of the [`Form`] that its key asks for.
pub(crate) enum Value {
    Flag,
    Name(LitStr),
    Text(Text),
    Path(Path),
    Check(Check),
    Bound(Bound),
}

/// A condition on an output, and the words that state it to the model.
pub(crate) struct Check {
    pub(crate) test: Expr,
    pub(crate) text: Text,
}

/// An attribute: how messages call it, and what it knows.
pub(crate) struct Grammar {
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [Key],
}

impl Grammar {
    /// Reads the options of an attribute, and reports each one that is wrong.
    ///
    /// A wrong option is left out and the next one is read, so that all are reported together.
    pub(crate) fn read(&self, attr: &Attribute, diagnostics: &mut Diagnostics) -> Vec<Entry> {
        let mut entries = Vec::new();
        match &attr.meta {
            Meta::Path(_) => {}
            Meta::NameValue(meta) => {
                let name = self.name;
                diagnostics
                    .error(meta.eq_token, format!("`#[{name}]` takes its options in parentheses"))
                    .help(format!("write `#[{name}(…)]`, or `#[{name}]` alone"));
            }
            Meta::List(list) => {
                let parser = |input: ParseStream<'_>| {
                    self.entries(input, &mut entries, diagnostics);
                    Ok(())
                };
                if let Err(error) = list.parse_args_with(parser) {
                    diagnostics.syntax(error);
                }
            }
        }
        entries
    }

    fn entries(&self, input: ParseStream<'_>, entries: &mut Vec<Entry>, diagnostics: &mut Diagnostics) {
        while !input.is_empty() {
            match self.entry(input, entries, diagnostics) {
                Ok(()) if input.is_empty() || input.peek(Token![,]) => {}
                Ok(()) => {
                    diagnostics.error_at(input.span(), "expected `,` between two options");
                }
                Err(error) => {
                    diagnostics.push(error);
                }
            }
            skip_past_comma(input);
        }
    }

    fn entry(
        &self,
        input: ParseStream<'_>,
        entries: &mut Vec<Entry>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Diagnostic> {
        if !input.peek(syn::Ident::peek_any) {
            return Err(Diagnostic::at(input.span(), "expected the name of an option"));
        }
        let key = Ident::parse_any(input)?;
        let Some(known) = self.keys.iter().find(|known| key == known.name) else {
            self.unknown(&key, diagnostics);
            skip_to_comma(input);
            return Ok(());
        };
        let value = known.form.value(&key, input)?;
        let repeats = matches!(known.form, Form::Check);
        if !repeats && entries.iter().any(|entry| entry.key == key) {
            diagnostics
                .error(&key, format!("duplicate option `{key}`; it can be given once"))
                .help("remove one of the two");
        } else {
            entries.push(Entry { key, value });
        }
        Ok(())
    }

    fn unknown(&self, key: &Ident, diagnostics: &mut Diagnostics) {
        let name = self.name;
        let error = diagnostics.error(key, format!("unknown option `{key}` for `#[{name}]`"));
        if self.keys.is_empty() {
            error.help(format!("`#[{name}]` takes no options"));
        } else {
            let names = self.keys.iter().map(|known| known.name);
            error.help(suggest::help(&key.to_string(), names));
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn skip_past_comma(input: ParseStream<'_>) {
    skip_to_comma(input);
    let _ = input.parse::<Option<Token![,]>>();
}
