//! The model's reply.

use serde_json::{Map, Number, Value};

use super::prompt::{Kind, Output, Reading, text};
use super::rules;
use dspy_numbers::bag::{Bag, words};

/// The number of a label's demonstrations that speak for it. With more, frequent labels would win by number.
const NEAREST: usize = 5;

/// The weight of a demonstration with similar inputs that was answered like this.
const DEMO_WEIGHT: f32 = 1.5;

/// The whole reply, in the form that the prompt asks for.
pub(super) fn write(reading: &Reading<'_>) -> String {
    let mut answers = Map::new();
    for output in &reading.task.outputs {
        let asked = rules::asked(reading, &output.name);
        let answer = asked.unwrap_or_else(|| answer(reading, output, &output.kind));
        answers.insert(output.name.clone(), answer);
    }
    if reading.task.outputs.is_empty() {
        return segment(reading, None).unwrap_or_default();
    }
    reading.task.form.write(answers)
}

fn answer(reading: &Reading<'_>, output: &Output, kind: &Kind) -> Value {
    match kind {
        Kind::Null => Value::Null,
        Kind::Labels(labels) => label(reading, output, labels),
        Kind::Number { whole, least, most } => number(reading, output, *whole, *least, *most),
        Kind::List(items) => list(reading, output, items),
        Kind::Object(properties) => {
            let property = |(name, kind): &(String, Kind)| (name.clone(), answer(reading, output, kind));
            Value::Object(properties.iter().map(property).collect())
        }
        Kind::Text => words_or_line(reading, output),
    }
}

/// Text: one of the demonstrations' answers where those are all of a few words, else a line of the inputs.
fn words_or_line(reading: &Reading<'_>, output: &Output) -> Value {
    let shown = reading.task.demos.iter().filter_map(|demo| demo.outputs.get(&output.name)?.as_str());
    let shown: Vec<&str> = shown.collect();
    if !shown.is_empty() && shown.iter().all(|text| text.split_whitespace().count() <= 3) {
        let mut labels: Vec<String> = Vec::new();
        for text in shown {
            if !labels.iter().any(|label| label == text) {
                labels.push(text.to_owned());
            }
        }
        return label(reading, output, &labels);
    }
    Value::from(segment(reading, Some(output)).unwrap_or_default())
}

/// The label whose own words and most similar demonstrations fit best; the first of those that tie.
fn label(reading: &Reading<'_>, output: &Output, labels: &[String]) -> Value {
    let best = scores(reading, output, labels)
        .into_iter()
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    let label = best.map_or("", |(label, _)| label);
    match label {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => Value::from(other),
    }
}

fn scores<'a>(reading: &Reading<'_>, output: &Output, labels: &'a [String]) -> Vec<(&'a str, f32)> {
    let rarity = &reading.task.rarity;
    let score = |label: &'a String| {
        let profile = output.profiles.iter().find(|(of, _)| of == label).map(|(_, profile)| profile);
        let own = |profile: &Bag| {
            let fits = reading.inputs.iter().map(|(_, _, bag)| bag.cosine(profile, rarity));
            fits.fold(0.0, f32::max)
        };
        let shown = reading.demos(None).filter(|(demo, _)| {
            demo.outputs.get(&output.name).is_some_and(|value| text(value) == *label || holds(value, label))
        });
        let mut similar: Vec<f32> = shown.map(|(_, similar)| similar).collect();
        similar.sort_by(|a, b| b.total_cmp(a));
        let nearest: f32 = similar.iter().take(NEAREST).sum();
        let score = profile.map_or(0.0, own) + nearest + reading.noise(label);
        (label.as_str(), score)
    };
    labels.iter().map(score).collect()
}

fn holds(value: &Value, label: &str) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(|item| text(item) == label))
}

fn list(reading: &Reading<'_>, output: &Output, items: &Kind) -> Value {
    match items {
        Kind::Labels(labels) => {
            let scores = scores(reading, output, labels);
            let best = scores.iter().map(|(_, score)| *score).fold(0.0, f32::max);
            scores
                .into_iter()
                .filter(|(_, score)| *score > 0.0 && *score >= 0.6 * best)
                .map(|(label, _)| label)
                .collect()
        }
        other => Value::Array(vec![answer(reading, output, other)]),
    }
}

/// The line of the inputs that fits best, with what the demonstrations teach about which lines do.
fn segment(reading: &Reading<'_>, output: Option<&Output>) -> Option<String> {
    let rarity = &reading.task.rarity;
    let segments =
        reading.inputs.iter().flat_map(|(name, text, _)| lines(text).map(move |line| (name, line)));
    let score = |(name, line): (&String, String)| {
        let bag = Bag::new(&line);
        let others = reading.inputs.iter().filter(|(other, ..)| other != name);
        let asked: f32 = others.map(|(_, _, other)| bag.cosine(other, rarity)).sum();
        let wanted = bag.cosine(&reading.task.about, rarity)
            + output.map_or(0.0, |output| bag.cosine(&output.about, rarity));
        let shown = reading.demos(Some(name)).filter_map(|(demo, similar)| {
            let (_, said) =
                demo.said.iter().find(|(name, _)| output.is_some_and(|output| output.name == *name))?;
            Some(similar * similar * bag.cosine(said, rarity))
        });
        let shown = shown.fold(0.0, f32::max);
        // Where lines of several inputs compete, those of the longest are the material to answer from.
        let material = if is_longest(reading, name) { 0.2 } else { 0.0 };
        (asked + 0.3 * wanted + DEMO_WEIGHT * shown + material + reading.noise(&line), line)
    };
    segments.map(score).reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, line)| line)
}

fn is_longest(reading: &Reading<'_>, name: &str) -> bool {
    let longest = reading
        .inputs
        .iter()
        .reduce(|longest, next| if next.1.len() > longest.1.len() { next } else { longest });
    longest.is_some_and(|(longest, ..)| longest == name)
}

/// The lines of a text, or its sentences where it is one line.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match lines.len() {
        1 => text.split_inclusive(['.', '!', '?']).map(|line| line.trim().to_owned()).collect::<Vec<_>>(),
        _ => lines,
    }
    .into_iter()
    .filter(|line| !words(line).is_empty())
}

/// Ways to make a number from numbers, in the order in which they are preferred.
const WAYS: [Way; 6] = [
    |numbers| numbers.last().copied().unwrap_or_default(),
    |numbers| numbers.first().copied().unwrap_or_default(),
    |numbers| numbers.iter().copied().fold(f64::MIN, f64::max),
    |numbers| numbers.iter().copied().fold(f64::MAX, f64::min),
    |numbers| numbers.iter().sum(),
    |numbers| numbers.iter().product(),
];

type Way = fn(&[f64]) -> f64;

/// The number that comes of the inputs' numbers in the way that most demonstrations show.
fn number(reading: &Reading<'_>, output: &Output, whole: bool, least: f64, most: f64) -> Value {
    let shown: Vec<(Vec<f64>, f64)> = reading
        .task
        .demos
        .iter()
        .filter_map(|demo| {
            let of = demo.inputs.iter().flat_map(|(_, text, _)| numbers(text)).collect();
            Some((of, demo.outputs.get(&output.name)?.as_f64()?))
        })
        .collect();
    let fits =
        |way: &Way| shown.iter().filter(|(of, said)| !of.is_empty() && (way(of) - said).abs() < 1e-9).count();
    let way = WAYS.iter().reduce(|best, next| if fits(next) > fits(best) { next } else { best });
    let given: Vec<f64> = reading.inputs.iter().flat_map(|(_, text, _)| numbers(text)).collect();
    let made = match way {
        Some(way) if !given.is_empty() => way(&given),
        _ => 0.0,
    };
    let made = made.clamp(least, most);
    #[allow(clippy::cast_possible_truncation)]
    match whole {
        true => Value::from(made.round() as i64),
        false => Number::from_f64(made).map_or(Value::from(0), Value::Number),
    }
}

fn numbers(text: &str) -> Vec<f64> {
    let pieces = text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != '-' && c != ',');
    pieces.filter_map(|piece| piece.trim_end_matches(['.', ',', '-']).replace(',', "").parse().ok()).collect()
}
