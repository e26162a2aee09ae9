//! Doc comments as text for the prompt.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// Text that is known now, or that a macro such as `include_str!` gives when rustc runs it.
#[derive(Clone, Default)]
pub(crate) struct Text {
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Known(String),
    Macro(Box<Expr>),
}

impl Text {
    /// The doc comment among these attributes, without blank lines at its edges.
    pub(crate) fn of_docs(attrs: &[Attribute]) -> Self {
        let mut text = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
            // `#[doc(hidden)]` and its like carry no text.
            let Meta::NameValue(doc) = &attr.meta else {
                continue;
            };
            match literal(&doc.value) {
                Some(literal) => text.push_lines(&unindent(&literal.value())),
                None => text.push_macro(doc.value.clone()),
            }
        }
        text.trimmed()
    }

    /// The text that an option gives, as it stands.
    pub(crate) fn of_literal(literal: &LitStr) -> Self {
        Self { parts: vec![Part::Known(literal.value())] }
    }

    /// The text that a macro in an option will give.
    pub(crate) fn of_macro(expr: Expr) -> Self {
        Self { parts: vec![Part::Macro(Box::new(expr))] }
    }

    /// Returns whether it is certain that there is nothing to read.
    pub(crate) fn is_blank(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Known(text) => text.trim().is_empty(),
            Part::Macro(_) => false,
        })
    }

    fn push_lines(&mut self, lines: &str) {
        match self.parts.last_mut() {
            Some(Part::Known(text)) => *text = format!("{text}\n{lines}"),
            Some(Part::Macro(_)) => self.parts.push(Part::Known(format!("\n{lines}"))),
            None => self.parts.push(Part::Known(lines.to_owned())),
        }
    }

    fn push_macro(&mut self, expr: Expr) {
        if let Some(Part::Known(text)) = self.parts.last_mut() {
            text.push('\n');
        }
        self.parts.push(Part::Macro(Box::new(expr)));
    }

    fn trimmed(mut self) -> Self {
        if let Some(Part::Known(text)) = self.parts.first_mut() {
            *text = text.trim_start_matches(|c: char| c.is_whitespace()).to_owned();
        }
        if let Some(Part::Known(text)) = self.parts.last_mut() {
            text.truncate(text.trim_end().len());
        }
        self
    }
}

/// An expression of type `&'static str`.
impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self.parts.as_slice() {
            [] => "".to_tokens(tokens),
            [Part::Known(text)] => text.to_tokens(tokens),
            parts => {
                let parts = parts.iter().map(|part| match part {
                    Part::Known(text) => text.to_token_stream(),
                    Part::Macro(expr) => expr.to_token_stream(),
                });
                quote!(::core::concat!(#(#parts),*)).to_tokens(tokens);
            }
        }
    }
}

fn literal(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => Some(literal),
        // A doc comment that a `macro_rules!` macro passes on as `$doc:expr` comes wrapped.
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

// One `///` line, or a whole `/** */` block. A block may have a column of stars, and is
// indented as deep as its item; a line has the one space that everybody types after `///`.
fn unindent(comment: &str) -> String {
    if !comment.contains('\n') {
        return comment.strip_prefix(' ').unwrap_or(comment).trim_end().to_owned();
    }
    let (first, rest) = comment.split_once('\n').unwrap_or((comment, ""));
    let mut rest: Vec<&str> = rest.lines().collect();
    let starred = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('*');
    if rest.iter().all(starred) {
        for line in &mut rest {
            let bare = line.trim_start();
            *line = bare.strip_prefix('*').unwrap_or(bare);
        }
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let filled = rest.iter().filter(|line| !line.trim().is_empty());
    let depth = filled.map(indent).min().unwrap_or(0);
    let mut text = first.trim().to_owned();
    for line in rest {
        text.push('\n');
        text.push_str(line.get(depth..).unwrap_or("").trim_end());
    }
    text
}
