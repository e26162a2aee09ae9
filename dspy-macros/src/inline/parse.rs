//! The parser of the call.

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Token, Type};

use super::model::{InlineField, InlineModel};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ident::plain_name;
use crate::krate::Krate;
use crate::signature;

const EXPECTED: &str = "write `predict!(cx, input -> output: Type)`";

/// Reads the call; nothing when it is not one.
pub(crate) fn call(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Option<InlineModel> {
    let end = tokens.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
    let parser = |input: ParseStream<'_>| {
        let read = model(input, end, diagnostics);
        // syn would report what an error has left unread a second time.
        input.parse::<TokenStream>()?;
        Ok(read)
    };
    match parser.parse2(tokens) {
        Ok(Ok(model)) => Some(model),
        Ok(Err(error)) => {
            diagnostics.push(error);
            None
        }
        Err(error) => {
            diagnostics.syntax(error);
            None
        }
    }
}

fn model(
    input: ParseStream<'_>,
    end: Span,
    diagnostics: &mut Diagnostics,
) -> Result<InlineModel, Diagnostic> {
    let krate = Krate::leading(input)?;
    if input.is_empty() {
        return Err(
            Diagnostic::at(end, "`predict!` needs the context and what to predict").with_help(EXPECTED)
        );
    }
    let cx: Expr = input.parse()?;
    if !input.peek(Token![,]) {
        let message = "`predict!` takes the context first; it holds the model, the cache and the budget";
        return Err(Diagnostic::new(&cx, message).with_help(EXPECTED));
    }
    input.parse::<Token![,]>()?;
    let instructions = match input.peek(LitStr) {
        true => Some(input.parse::<LitStr>()?),
        false => None,
    };
    if let Some(text) = &instructions {
        if text.value().trim().is_empty() {
            diagnostics.error(text, "these instructions are blank; leave them out, or say what to do");
        }
        input.parse::<Token![,]>().map_err(|_| {
            Diagnostic::new(text, "expected `,` between the instructions and the inputs").with_help(EXPECTED)
        })?;
    }
    let inputs = fields(input, end)?;
    if !input.peek(Token![->]) {
        let place = if input.is_empty() { end } else { input.span() };
        return Err(Diagnostic::at(place, "expected `->` and what the model gives").with_help(EXPECTED));
    }
    input.parse::<Token![->]>()?;
    let outputs = fields(input, end)?;
    if !input.is_empty() {
        return Err(Diagnostic::at(input.span(), "expected `,` between two fields"));
    }
    let model = InlineModel { krate, cx, instructions, inputs, outputs };
    check(&model, diagnostics);
    Ok(model)
}

fn fields(input: ParseStream<'_>, end: Span) -> Result<Vec<InlineField>, Diagnostic> {
    let mut fields = vec![field(input, end)?];
    while input.parse::<Option<Token![,]>>()?.is_some() {
        if input.is_empty() || input.peek(Token![->]) {
            break;
        }
        fields.push(field(input, end)?);
    }
    Ok(fields)
}

fn field(input: ParseStream<'_>, end: Span) -> Result<InlineField, Diagnostic> {
    if !input.peek(Ident::peek_any) {
        let place = if input.is_empty() { end } else { input.span() };
        return Err(Diagnostic::at(place, "expected the name of a field").with_help(EXPECTED));
    }
    let ident = input.parse()?;
    let typed = input.parse::<Option<Token![:]>>()?.is_some();
    let mut ty: Option<Type> = if typed { Some(input.parse()?) } else { None };
    // A borrow is an error already; rustc would ask for its lifetime too.
    ty.iter_mut().for_each(signature::name_elided);
    let desc = if input.peek(LitStr) { Some(input.parse()?) } else { None };
    let given = input.parse::<Option<Token![=]>>()?.is_some();
    let value = if given { Some(input.parse()?) } else { None };
    Ok(InlineField { ident, ty, desc, value })
}

fn check(model: &InlineModel, diagnostics: &mut Diagnostics) {
    for output in &model.outputs {
        if let Some(value) = &output.value {
            diagnostics
                .error(value, "an output has no value here; the model gives it")
                .help("a description needs no `=`: `name: Type \"description\"`");
        }
    }
    let all: Vec<_> = model.inputs.iter().chain(&model.outputs).collect();
    for (number, field) in all.iter().enumerate() {
        let name = plain_name(&field.ident);
        if name == "completed" {
            let message = "`completed` cannot name a field; in a prompt it marks the end of a reply";
            diagnostics.error(&field.ident, message).help("give it another name, `is_completed` say");
        }
        if all.iter().take(number).any(|before| plain_name(&before.ident) == name) {
            diagnostics
                .error(&field.ident, format!("field `{name}` stands here twice"))
                .help("give this one another name; `name = value` says what an input holds");
        }
    }
}
