//! The bounds that an output may have: `min`, `max`, `len`, `pattern`, `one_of`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprUnary, Lit, RangeLimits, Token, UnOp, token};

use super::value::{kind_of, parenthesized, ungrouped};
use crate::diag::Diagnostic;

/// The kind of bound that an option sets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BoundForm {
    Min,
    Max,
    Length,
    Pattern,
    OneOf,
}

/// A bound as the user gave it.
pub(crate) struct Bound {
    pub(crate) key: Ident,
    pub(crate) form: BoundForm,
    /// The values as they stand, for errors about them.
    pub(crate) original: TokenStream,
    pub(crate) limits: Limits,
}

/// The limits that a bound sets.
pub(crate) enum Limits {
    Number(Number),
    Length { least: usize, most: Option<usize> },
    Pattern(syn::LitStr),
    Values(Vec<Literal>),
}

/// A number literal.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Whole(i128),
    Float(f64),
}

/// A literal among the values of `one_of`.
pub(crate) enum Literal {
    Text(syn::LitStr),
    Number(Number),
    Bool(bool),
}

impl BoundForm {
    /// Reads what stands after the key.
    pub(super) fn bound(self, key: &Ident, input: ParseStream<'_>) -> Result<Bound, Diagnostic> {
        if self == Self::OneOf {
            return self.values(key, input);
        }
        if !input.peek(Token![=]) || input.peek(Token![==]) {
            return Err(self.misused(key.to_token_stream(), key, None));
        }
        let _: Token![=] = input.parse()?;
        let value = ungrouped(input.parse()?);
        let limits = match self {
            Self::Min | Self::Max => number(&value).map(Limits::Number),
            Self::Length => length(&value),
            Self::Pattern => match &value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Limits::Pattern(text.clone())),
                _ => None,
            },
            Self::OneOf => None,
        };
        let original = value.to_token_stream();
        match limits {
            Some(limits) => Ok(Bound { key: key.clone(), form: self, original, limits }),
            None => Err(self.misused(original, key, Some(kind_of(&value)))),
        }
    }

    fn values(self, key: &Ident, input: ParseStream<'_>) -> Result<Bound, Diagnostic> {
        if !input.peek(token::Paren) {
            return Err(self.misused(key.to_token_stream(), key, None));
        }
        let (_, content) = parenthesized(input)?;
        let values = content.parse_terminated(Expr::parse_without_eager_brace, Token![,])?;
        let original = values.to_token_stream();
        let mut literals = Vec::new();
        for value in values.into_iter().map(ungrouped) {
            literals.push(
                literal(&value)
                    .ok_or_else(|| self.misused(value.to_token_stream(), key, Some(kind_of(&value))))?,
            );
        }
        if literals.is_empty() {
            return Err(self.misused(key.to_token_stream(), key, None));
        }
        Ok(Bound { key: key.clone(), form: self, original, limits: Limits::Values(literals) })
    }

    fn misused(self, at: TokenStream, key: &Ident, found: Option<&str>) -> Diagnostic {
        let expected = match self {
            Self::Min | Self::Max => "a number",
            Self::Length => "a length or a range of lengths",
            Self::Pattern => "a string",
            Self::OneOf => "strings, numbers or booleans",
        };
        let message = match found {
            Some(found) => format!("expected {expected} for option `{key}`, found {found}"),
            None => format!("option `{key}` needs {expected}"),
        };
        Diagnostic::new(&at, message).with_help(match self {
            Self::Min | Self::Max => format!("write `{key} = 1`"),
            Self::Length => "write `len = 1..=5`, `len = ..=5` or `len = 5`".to_owned(),
            Self::Pattern => "write `pattern = \"^[A-Z]{2}$\"`".to_owned(),
            Self::OneOf => "write `one_of(\"a\", \"b\")`".to_owned(),
        })
    }
}

impl Bound {
    /// The runtime's form of the bound.
    pub(crate) fn tokens(&self, private: &TokenStream) -> TokenStream {
        match &self.limits {
            Limits::Number(number) => {
                let number = number.tokens(private);
                match self.form {
                    BoundForm::Min => quote!(#private::Constraint::Min(#number)),
                    _ => quote!(#private::Constraint::Max(#number)),
                }
            }
            Limits::Length { least, most } => {
                let most = match most {
                    Some(most) => quote!(::core::option::Option::Some(#most)),
                    None => quote!(::core::option::Option::None),
                };
                quote!(#private::Constraint::Length { least: #least, most: #most })
            }
            Limits::Pattern(pattern) => {
                quote!(#private::Constraint::Pattern(::std::string::String::from(#pattern)))
            }
            Limits::Values(values) => {
                let values = values.iter().map(|value| value.tokens(private));
                quote!(#private::one_of([#(#values),*]))
            }
        }
    }
}

impl Number {
    pub(crate) fn value(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss)]
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    fn tokens(self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Whole(number) => quote!(#private::whole(#number)),
            Self::Float(number) => quote!(#private::float(#number)),
        }
    }
}

impl Literal {
    fn tokens(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Text(text) => quote!(#private::value(#text)),
            Self::Bool(value) => quote!(#private::value(#value)),
            Self::Number(number) => {
                let number = number.tokens(private);
                quote!(#private::value(#number))
            }
        }
    }
}

fn literal(value: &Expr) -> Option<Literal> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(Literal::Text(text.clone())),
        Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => Some(Literal::Bool(value.value)),
        other => number(other).map(Literal::Number),
    }
}

fn number(value: &Expr) -> Option<Number> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok().map(Number::Whole),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            number.base10_parse().ok().filter(|number: &f64| number.is_finite()).map(Number::Float)
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match number(expr)? {
            Number::Whole(number) => Some(Number::Whole(-number)),
            Number::Float(number) => Some(Number::Float(-number)),
        },
        _ => None,
    }
}

fn length(value: &Expr) -> Option<Limits> {
    let count = |value: &Expr| match number(value)? {
        Number::Whole(count) => usize::try_from(count).ok(),
        Number::Float(_) => None,
    };
    let Expr::Range(range) = value else {
        return count(value).map(|count| Limits::Length { least: count, most: Some(count) });
    };
    let least = range.start.as_deref().map_or(Some(0), count)?;
    let most = match range.end.as_deref() {
        None => None,
        Some(end) => Some(match range.limits {
            RangeLimits::Closed(_) => count(end)?,
            RangeLimits::HalfOpen(_) => count(end)?.checked_sub(1)?,
        }),
    };
    Some(Limits::Length { least, most })
}
