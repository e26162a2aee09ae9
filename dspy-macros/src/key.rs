//! The one grammar that every attribute of ours has: `key`, `key = value`, `key(…)`, by commas.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream};
use syn::{Attribute, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, Path, Token, token};

use crate::diag::{Diagnostic, Diagnostics};
use crate::docs::Text;
use crate::suggest;

/// One option that an attribute knows.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

/// What stands after the key.
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
}

/// What an output must hold, and how to say so to the model.
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
                    .error(
                        meta.eq_token,
                        format!("`#[{name}]` takes its options in parentheses"),
                    )
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

    fn entries(
        &self,
        input: ParseStream<'_>,
        entries: &mut Vec<Entry>,
        diagnostics: &mut Diagnostics,
    ) {
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
            return Err(Diagnostic::at(
                input.span(),
                "expected the name of an option",
            ));
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
                .error(
                    &key,
                    format!("duplicate option `{key}`; it can be given once"),
                )
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

impl Form {
    fn value(self, key: &Ident, input: ParseStream<'_>) -> Result<Value, Diagnostic> {
        match self {
            Form::Flag => self.flag(key, input),
            Form::Check => self.check(key, input),
            Form::Name | Form::Text | Form::Path => {
                if !input.peek(Token![=]) || input.peek(Token![==]) {
                    return Err(self.misused(key.span(), key));
                }
                let equals: Token![=] = input.parse()?;
                if input.is_empty() || input.peek(Token![,]) {
                    return Err(self.misused(equals.span, key));
                }
                self.assigned(key, input.parse()?)
            }
        }
    }

    fn flag(self, key: &Ident, input: ParseStream<'_>) -> Result<Value, Diagnostic> {
        if input.is_empty() || input.peek(Token![,]) {
            Ok(Value::Flag)
        } else {
            Err(self.misused(input.span(), key))
        }
    }

    fn assigned(self, key: &Ident, value: Expr) -> Result<Value, Diagnostic> {
        let value = ungrouped(value);
        match (self, &value) {
            (
                Form::Name,
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }),
            ) => Ok(Value::Name(text.clone())),
            (
                Form::Text,
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }),
            ) => Ok(Value::Text(Text::of_literal(text))),
            (Form::Text, Expr::Macro(_)) => Ok(Value::Text(Text::of_macro(value))),
            (
                Form::Path,
                Expr::Path(ExprPath {
                    qself: None, path, ..
                }),
            ) => Ok(Value::Path(path.clone())),
            _ => {
                let (expected, found) = (self.expected(), kind_of(&value));
                let message = format!("expected {expected} for option `{key}`, found {found}");
                Err(Diagnostic::new(&value, message).with_help(self.usage(key)))
            }
        }
    }

    // The closure is an expression of the user's and is used as it stands: rustc checks it.
    fn check(self, key: &Ident, input: ParseStream<'_>) -> Result<Value, Diagnostic> {
        if !input.peek(token::Paren) {
            return Err(self.misused(key.span(), key));
        }
        let (parens, content) = parenthesized(input)?;
        if content.is_empty() {
            return Err(self.misused(parens.span.join(), key));
        }
        let test: Expr = content.parse()?;
        let comma: Option<Token![,]> = content.parse()?;
        if comma.is_none() || content.is_empty() {
            return Err(self.wordless(&test, key));
        }
        let words: Expr = content.parse()?;
        let text = match Form::Text.assigned(key, words.clone())? {
            Value::Text(text) if !text.is_blank() => text,
            _ => return Err(self.wordless(&words, key)),
        };
        let _: Option<Token![,]> = content.parse()?;
        if content.is_empty() {
            Ok(Value::Check(Check { test, text }))
        } else {
            let rest = content.span();
            let _: TokenStream = content.parse()?;
            Err(self.misused(rest, key))
        }
    }

    fn misused(self, span: Span, key: &Ident) -> Diagnostic {
        let message = match self {
            Form::Flag => format!("option `{key}` takes no value"),
            Form::Check => format!("option `{key}` takes a test and its text"),
            Form::Name | Form::Text | Form::Path => format!("option `{key}` needs a value"),
        };
        Diagnostic::at(span, message).with_help(self.usage(key))
    }

    fn wordless(self, at: &Expr, key: &Ident) -> Diagnostic {
        let message = "this check has no text; the model and the errors need words for it";
        Diagnostic::new(at, message).with_help(self.usage(key))
    }

    fn expected(self) -> &'static str {
        match self {
            Form::Path => "a path",
            Form::Flag | Form::Name | Form::Text | Form::Check => "a string",
        }
    }

    fn usage(self, key: &Ident) -> String {
        match self {
            Form::Flag => format!("write `{key}` alone"),
            Form::Name | Form::Text => format!("write `{key} = \"…\"`"),
            Form::Path => format!("write `{key} = path`"),
            Form::Check => format!("write `{key}(|value: &T| …, \"what must hold\")`"),
        }
    }
}

fn parenthesized(input: ParseStream<'_>) -> syn::Result<(token::Paren, ParseBuffer<'_>)> {
    let content;
    let parens = syn::parenthesized!(content in input);
    Ok((parens, content))
}

// A value that came through a `macro_rules!` fragment is wrapped in an invisible group.
fn ungrouped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => ungrouped(*group.expr),
        value => value,
    }
}

fn kind_of(value: &Expr) -> &'static str {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(_) => "a string",
            Lit::ByteStr(_) => "a byte string",
            Lit::CStr(_) => "a C string",
            Lit::Byte(_) => "a byte",
            Lit::Char(_) => "a character",
            Lit::Int(_) => "an integer",
            Lit::Float(_) => "a float",
            Lit::Bool(_) => "a boolean",
            _ => "another literal",
        },
        Expr::Path(_) => "a path",
        Expr::Closure(_) => "a closure",
        Expr::Macro(_) => "a macro",
        _ => "an expression",
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
