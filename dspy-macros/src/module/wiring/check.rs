//! Checks of the wiring. Types and the names of fields are rustc's to check.

use super::graph::{At, End, Graph, same};
use super::model::{Call, Wiring};
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::suggest;

/// Reports every mistake between the ends of the wires.
pub(crate) fn wiring(wiring: &Wiring, calls: &[Call], diagnostics: &mut Diagnostics) {
    let graph = Graph::new(wiring, calls);
    check_made_once(&graph, calls, diagnostics);
    let meant = check_known(&graph, diagnostics);
    check_used(&graph, &meant, diagnostics);
    check_outputs(wiring, diagnostics);
    check_cycles(&graph, calls, diagnostics);
}

// Nobody could say which of the two values is meant.
fn check_made_once(graph: &Graph<'_>, calls: &[Call], diagnostics: &mut Diagnostics) {
    for (number, maker) in graph.makers.iter().enumerate() {
        let before = graph.makers.iter().take(number).find(|before| same(before.wire, maker.wire));
        let Some(before) = before else { continue };
        let by = match before.at {
            At::Program => "it is an input of the program".to_owned(),
            At::Call(call) => format!("`{}` makes it", calls.get(call).map(Call::name).unwrap_or_default()),
        };
        let name = plain_name(maker.wire);
        diagnostics
            .error(maker.wire, format!("wire `{name}` is made twice; {by} already"))
            .help(format!("give this one a name of its own: `{name} as other_{name}`"));
    }
}

// Gives back the names that were most likely meant by unknown ones.
fn check_known(graph: &Graph<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let made: Vec<String> = graph.makers.iter().map(|maker| plain_name(maker.wire)).collect();
    let mut meant = Vec::new();
    for end in graph.uses.iter().filter(|end| graph.maker(end.wire).is_none()) {
        let name = plain_name(end.wire);
        let near = suggest::nearest(&name, made.iter().map(String::as_str));
        meant.extend(near.map(ToOwned::to_owned));
        let help = match (near, end.at) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, At::Program) if name == "no_new" => {
                "options stand after the wiring and a `;`: `#[module(… -> …; no_new)]`".to_owned()
            }
            (None, At::Program) => format!("a call makes it: `#[call(… -> {name})]`"),
            (None, At::Call(_)) => suggest::help(&name, made.iter().map(String::as_str)),
        };
        let message = match end.at {
            At::Program => format!("output `{name}` is never made"),
            At::Call(_) => format!("unknown wire `{name}`"),
        };
        diagnostics.error(end.wire, message).help(help);
    }
    meant
}

// A value that nothing reads was meant for something. What a misspelled name meant is used.
fn check_used(graph: &Graph<'_>, meant: &[String], diagnostics: &mut Diagnostics) {
    let idle =
        |maker: &&End<'_>| graph.uses_of(maker).next().is_none() && !meant.contains(&plain_name(maker.wire));
    for maker in graph.makers.iter().filter(idle) {
        let name = plain_name(maker.wire);
        let help = match maker.at {
            At::Program => "an input that no call needs can be left out of the list",
            At::Call(_) => "an output that nothing needs can be left out of the list",
        };
        diagnostics.error(maker.wire, format!("wire `{name}` is never used")).help(help);
    }
}

fn check_outputs(wiring: &Wiring, diagnostics: &mut Diagnostics) {
    for (number, output) in wiring.outputs.iter().enumerate() {
        if wiring.outputs.iter().take(number).any(|before| same(&before.to, &output.to)) {
            let name = plain_name(&output.to);
            diagnostics
                .error(&output.to, format!("output `{name}` is given twice"))
                .help("remove one of the two");
        }
    }
}

fn check_cycles(graph: &Graph<'_>, calls: &[Call], diagnostics: &mut Diagnostics) {
    for cycle in graph.order().1 {
        let next = cycle.iter().cycle().skip(1);
        let mut path = String::new();
        let mut place = None;
        for (from, to) in cycle.iter().zip(next) {
            let (Some(from), Some(to)) = (calls.get(*from), calls.get(*to)) else { continue };
            let carried =
                from.gives.iter().find(|made| to.takes.iter().any(|used| same(&used.from, &made.to)));
            let Some(carried) = carried else { continue };
            path.push_str(&format!("`{}` -> {} -> ", from.name(), plain_name(&carried.to)));
            // The end that closes the cycle is in the call that it began with.
            place = to.takes.iter().find(|used| same(&used.from, &carried.to)).map(|used| &used.from);
        }
        let first = cycle.first().and_then(|first| calls.get(*first)).map(Call::name).unwrap_or_default();
        diagnostics
            .error(place, format!("`{first}` waits for what it makes itself: {path}`{first}`"))
            .help("wiring has no loops; write `async fn forward` in a `#[module]` block for one");
    }
}
