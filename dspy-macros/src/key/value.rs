//! The values of options, each of the form that its key asks for.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{ParseBuffer, ParseStream};
use syn::{Expr, ExprLit, ExprPath, Lit, Token, token};

use super::{Check, Form, Value};
use crate::diag::Diagnostic;
use crate::docs::Text;

impl Form {
    /// Reads what stands after the key.
    pub(super) fn value(self, key: &Ident, input: ParseStream<'_>) -> Result<Value, Diagnostic> {
        match self {
            Form::Flag => self.flag(key, input),
            Form::Check => self.check(key, input),
            Form::Bound(form) => form.bound(key, input).map(Value::Bound),
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
            (Form::Name, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(Value::Name(text.clone())),
            (Form::Text, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                Ok(Value::Text(Text::of_literal(text)))
            }
            (Form::Text, Expr::Macro(_)) => Ok(Value::Text(Text::of_macro(value))),
            (Form::Path, Expr::Path(ExprPath { qself: None, path, .. })) => Ok(Value::Path(path.clone())),
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
            Form::Name | Form::Text | Form::Path | Form::Bound(_) => format!("option `{key}` needs a value"),
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
            Form::Flag | Form::Name | Form::Text | Form::Check | Form::Bound(_) => "a string",
        }
    }

    fn usage(self, key: &Ident) -> String {
        match self {
            Form::Flag => format!("write `{key}` alone"),
            Form::Name | Form::Text | Form::Bound(_) => format!("write `{key} = \"…\"`"),
            Form::Path => format!("write `{key} = path`"),
            Form::Check => format!("write `{key}(|value: &T| …, \"what must hold\")`"),
        }
    }
}

pub(super) fn parenthesized(input: ParseStream<'_>) -> syn::Result<(token::Paren, ParseBuffer<'_>)> {
    let content;
    let parens = syn::parenthesized!(content in input);
    Ok((parens, content))
}

// A value that came through a `macro_rules!` fragment is wrapped in an invisible group.
pub(super) fn ungrouped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => ungrouped(*group.expr),
        value => value,
    }
}

pub(super) fn kind_of(value: &Expr) -> &'static str {
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
