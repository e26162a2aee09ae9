//! The module `statistics`.

use super::args::Args;
use super::member;
use crate::ast::Binary;
use crate::machine::Machine;
use crate::number::Number;
use crate::stop::{Run, raise, type_error};
use crate::value::Value;

const FUNCTIONS: &[&str] = &[
    "statistics.fmean",
    "statistics.mean",
    "statistics.median",
    "statistics.mode",
    "statistics.pstdev",
    "statistics.pvariance",
    "statistics.stdev",
    "statistics.variance",
];

pub fn item(name: &str) -> Option<Value> {
    if name == "StatisticsError" {
        return Some(Value::Type("ValueError"));
    }
    member(FUNCTIONS.iter().copied(), "statistics", name)
}

pub fn call(machine: &mut Machine, name: &'static str, args: Args) -> Run {
    let items = machine.collect(&args.only()?)?;
    if items.is_empty() {
        return Err(raise("ValueError", "statistics need at least one value"));
    }
    match name {
        "statistics.mode" => mode(machine, items),
        "statistics.median" => {
            let keyed = items.into_iter().map(|item| (item.clone(), item)).collect();
            let sorted: Vec<Value> =
                machine.sorted(keyed, false)?.into_iter().map(|(_, item)| item).collect();
            let middle = sorted.len() / 2;
            let (Some(high), low) = (sorted.get(middle), middle.checked_sub(1).and_then(|at| sorted.get(at)))
            else {
                return Ok(Value::None);
            };
            match low.filter(|_| sorted.len().is_multiple_of(2)) {
                None => Ok(high.clone()),
                Some(low) => {
                    let both = machine.binary(Binary::Add, low, high)?;
                    machine.binary(Binary::Div, &both, &Value::Int(2))
                }
            }
        }
        "statistics.mean" => {
            let whole =
                items.iter().all(|item| matches!(item, Value::Int(_) | Value::Big(_) | Value::Bool(_)));
            let count = Value::count(items.len());
            let total = if whole { sum(machine, &items)? } else { Value::Float(exact_sum(&floats(&items)?)) };
            let mean = machine.binary(Binary::Div, &total, &count)?;
            // The mean of whole numbers is whole where it can be.
            if whole {
                let rest = machine.binary(Binary::Mod, &total, &count)?;
                if !rest.truth() {
                    return machine.binary(Binary::FloorDiv, &total, &count);
                }
            }
            Ok(mean)
        }
        _ => {
            let numbers = floats(&items)?;
            machine.work(numbers.len() * 4)?;
            let count = numbers.len() as f64;
            let mean = exact_sum(&numbers) / count;
            if name == "statistics.fmean" {
                return Ok(Value::Float(mean));
            }
            let sample = matches!(name, "statistics.stdev" | "statistics.variance");
            if sample && numbers.len() < 2 {
                return Err(raise("ValueError", "a variance of a sample takes at least two values"));
            }
            let squares: Vec<f64> = numbers.iter().map(|number| (number - mean).powi(2)).collect();
            let variance = exact_sum(&squares) / if sample { count - 1.0 } else { count };
            Ok(Value::Float(if name.ends_with("stdev") { variance.sqrt() } else { variance }))
        }
    }
}

fn sum(machine: &mut Machine, items: &[Value]) -> Run {
    let mut total = Value::Int(0);
    for item in items {
        total = machine.binary(Binary::Add, &total, item)?;
    }
    Ok(total)
}

fn floats(items: &[Value]) -> Run<Vec<f64>> {
    let float = |item: &Value| match Number::of(item) {
        Some(number) => number.float(),
        None => Err(type_error(format!("statistics are of numbers, not of {}", item.type_name()))),
    };
    items.iter().map(float).collect()
}

/// A sum that keeps aside what each step loses.
fn exact_sum(numbers: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for number in numbers {
        let new = sum + number;
        lost += if sum.abs() >= number.abs() { (sum - new) + number } else { (number - new) + sum };
        sum = new;
    }
    sum + lost
}

fn mode(machine: &mut Machine, items: Vec<Value>) -> Run {
    let list = Value::list(items)?;
    let counter = super::construct(machine, "Counter", vec![list], Vec::new())?;
    let most = machine.method(&counter, "most_common", vec![Value::Int(1)], Vec::new())?;
    let first = machine.index(&most, &Value::Int(0))?;
    machine.index(&first, &Value::Int(0))
}
