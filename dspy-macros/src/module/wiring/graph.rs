//! The graph of the wires: their makers, their users and the order in which the calls can run.

use proc_macro2::Ident;

use super::model::{Call, Wiring};
use crate::ident::plain_name;

/// The wiring as ends of wires.
pub(super) struct Graph<'a> {
    /// Every place that makes a wire, in source order: the program's inputs, then the calls.
    pub(super) makers: Vec<End<'a>>,
    /// Every place that uses one: the calls, then the program's outputs.
    pub(super) uses: Vec<End<'a>>,
    calls: usize,
}

/// One end of a wire.
pub(super) struct End<'a> {
    pub(super) at: At,
    /// The index of the name in the list.
    pub(super) index: usize,
    /// The name of the wire, as it stands there.
    pub(super) wire: &'a Ident,
}

/// The beginning or end of a wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// At the edge of the program.
    Program,
    /// At the call of this index.
    Call(usize),
}

impl<'a> Graph<'a> {
    pub(super) fn new(wiring: &'a Wiring, calls: &'a [Call]) -> Self {
        let mut makers: Vec<End<'a>> = Vec::new();
        let mut uses: Vec<End<'a>> = Vec::new();
        makers.extend(ends(At::Program, wiring.inputs.iter().map(|wire| &wire.to)));
        for (index, call) in calls.iter().enumerate() {
            makers.extend(ends(At::Call(index), call.gives.iter().map(|wire| &wire.to)));
            uses.extend(ends(At::Call(index), call.takes.iter().map(|wire| &wire.from)));
        }
        uses.extend(ends(At::Program, wiring.outputs.iter().map(|wire| &wire.from)));
        Self { makers, uses, calls: calls.len() }
    }

    /// The place that makes a wire; the first, should there be two.
    pub(super) fn maker(&self, wire: &Ident) -> Option<&End<'a>> {
        self.makers.iter().find(|maker| same(maker.wire, wire))
    }

    /// The numbers of the places that use what is made here.
    pub(super) fn uses_of<'s>(&'s self, maker: &'s End<'_>) -> impl Iterator<Item = usize> + 's {
        let used = move |(number, end): (usize, &End<'_>)| same(end.wire, maker.wire).then_some(number);
        self.uses.iter().enumerate().filter_map(used)
    }

    /// The calls, each after those that it waits for, and the cycles that make that impossible.
    pub(super) fn order(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut left: Vec<usize> = (0..self.calls).collect();
        let (mut order, mut cycles) = (Vec::new(), Vec::new());
        while !left.is_empty() {
            let ready = left.iter().position(|call| self.waits_for(*call, &left).is_none());
            match ready {
                Some(ready) => order.push(left.remove(ready)),
                None => {
                    let cycle = self.cycle(&left);
                    left.retain(|call| !cycle.contains(call));
                    cycles.push(cycle);
                }
            }
        }
        (order, cycles)
    }

    // Against the data, from call to call, until one comes again.
    fn cycle(&self, left: &[usize]) -> Vec<usize> {
        let mut path: Vec<usize> = left.iter().copied().take(1).collect();
        while let Some(next) = path.last().and_then(|last| self.waits_for(*last, left)) {
            if let Some(start) = path.iter().position(|call| *call == next) {
                let mut cycle = path.split_off(start);
                cycle.reverse();
                let first = cycle.iter().enumerate().min_by_key(|(_, call)| **call).map_or(0, |(at, _)| at);
                cycle.rotate_left(first);
                return cycle;
            }
            path.push(next);
        }
        path
    }

    // The first of these calls that makes something this one needs.
    fn waits_for(&self, call: usize, among: &[usize]) -> Option<usize> {
        let uses = self.uses.iter().filter(|end| end.at == At::Call(call));
        uses.filter_map(|end| self.maker(end.wire)).find_map(|maker| match maker.at {
            At::Call(maker) if among.contains(&maker) => Some(maker),
            _ => None,
        })
    }
}

/// Returns whether two names are one wire: `r#type` and `type` are.
pub(super) fn same(left: &Ident, right: &Ident) -> bool {
    plain_name(left) == plain_name(right)
}

fn ends<'a>(at: At, wires: impl Iterator<Item = &'a Ident>) -> impl Iterator<Item = End<'a>> {
    wires.enumerate().map(move |(index, wire)| End { at, index, wire })
}
