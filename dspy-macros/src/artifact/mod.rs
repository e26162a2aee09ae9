//! `include_artifact!`: an artifact in the program's binary, checked when the program is compiled.
//!
//! The macro sees the file and not the program's types. So it checks the file by itself, and emits a
//! constant assertion that compares what the file holds with what the types say of themselves.

mod expand;
mod file;

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token, Type};

use crate::diag::{Diagnostic, Diagnostics};
use crate::krate::Krate;

const EXPECTED: &str = "write `include_artifact!(Program, \"path.json\")`";

/// The value that loads the program.
pub(crate) fn include(tokens: TokenStream) -> TokenStream {
    let expanded = parsed(tokens).and_then(|(krate, program, path)| {
        let entries = entries(&path)?;
        Ok(expand::included(&krate, &program, &path, &entries))
    });
    match expanded {
        Ok(expression) => expression,
        Err(error) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(error);
            let errors = diagnostics.into_expressions();
            quote!({ #(#errors);* })
        }
    }
}

fn parsed(tokens: TokenStream) -> Result<(Krate, Type, LitStr), Diagnostic> {
    let end = tokens.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
    let parser = |input: ParseStream<'_>| {
        let read = (|| {
            let krate = Krate::leading(input)?;
            if input.is_empty() || input.peek(LitStr) {
                let end = if input.is_empty() { end } else { input.span() };
                return Err(Diagnostic::at(end, "which program's artifact?").with_help(EXPECTED));
            }
            let program: Type = input.parse()?;
            if input.parse::<Option<Token![,]>>()?.is_none() || !input.peek(LitStr) {
                let place = if input.is_empty() { end } else { input.span() };
                return Err(
                    Diagnostic::at(place, "expected the path of the artifact, a string").with_help(EXPECTED)
                );
            }
            let path: LitStr = input.parse()?;
            input.parse::<Option<Token![,]>>()?;
            match input.is_empty() {
                true => Ok((krate, program, path)),
                false => Err(Diagnostic::at(input.span(), "expected nothing after the path")),
            }
        })();
        input.parse::<TokenStream>()?;
        Ok(read)
    };
    parser.parse2(tokens).unwrap_or_else(|error| Err(error.into()))
}

// Beside the source file that the path stands in, as `include_str!` has it. An editor may not know
// that file; it sees no differences then, and rustc does.
fn entries(path: &LitStr) -> Result<Vec<file::Entry>, Diagnostic> {
    if !proc_macro::is_available() {
        return Ok(Vec::new());
    }
    let Some(source) = path.span().unwrap().local_file() else {
        return Ok(Vec::new());
    };
    let name = path.value();
    let full: PathBuf = source.parent().map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name));
    let text = std::fs::read_to_string(&full).map_err(|error| {
        Diagnostic::new(path, format!("cannot read `{name}`: {error}"))
            .with_help("the path goes from the folder of this source file; `Compiled::save` writes the file")
    })?;
    file::read(&text).map_err(|error| {
        let diagnostic = Diagnostic::new(path, format!("`{name}` is no artifact to use: {}", error.message));
        diagnostic.with_help(error.help)
    })
}
