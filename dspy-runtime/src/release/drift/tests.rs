//! The rate at which the watch is wrong, and the time it takes to be right.

use super::*;
use dspy_numbers::random::Keyed;

/// Rows of traffic: right or wrong, with a chance that may change on the way.
fn traffic(random: &mut Keyed, drift: &Drift, rows: usize, mean: f64) -> Option<usize> {
    (0..rows).find(|_| {
        drift.observe(random.unit() < mean).expect("a score");
        matches!(drift.state(), DriftState::Recompile { .. })
    })
}

/// Returns a gate's measurement of a program that is right with this chance.
fn measured(random: &mut Keyed, mean: f64, rows: usize) -> f64 {
    let right = (0..rows).filter(|_| random.unit() < mean).count();
    right as f64 / rows as f64
}

#[test]
fn without_a_drop_it_calls_no_oftener_than_it_promises() {
    for (gate, mean) in [(100, 0.6), (200, 0.85), (500, 0.95)] {
        let called = (0..1_000_u64).filter(|seed| {
            let mut random = Keyed::new(*seed, &["drift", "steady"]);
            // The gate's rows are a sample, too.
            let drift = Drift::from_gate(measured(&mut random, mean, gate), gate).expect("it measured");
            traffic(&mut random, &drift, 2_000, mean).is_some()
        });
        let called = called.count();
        assert!(called <= 50, "{called} of 1,000 with {gate} rows at {mean}");
    }
}

#[test]
fn slices_share_the_promise() {
    let slices = |random: &mut Keyed| {
        let slice = |name: &str, random: &mut Keyed| (name.to_owned(), measured(random, 0.8, 60), 60);
        ["a", "b", "c", "d"].map(|name| slice(name, random)).to_vec()
    };
    let called = (0..1_000_u64).filter(|seed| {
        let mut random = Keyed::new(*seed, &["drift", "slices"]);
        let slices = slices(&mut random);
        let mean = slices.iter().map(|(_, mean, _)| mean / 4.0).sum();
        let drift = Drift::measured(mean, 240, slices).expect("it measured");
        (0..2_000).any(|row| {
            let slice = ["a", "b", "c", "d"][row % 4];
            drift.observe_in(slice, random.unit() < 0.8).expect("a score");
            matches!(drift.state(), DriftState::Recompile { .. })
        })
    });
    let called = called.count();
    assert!(called <= 50, "{called} of 1,000");
}

fn median_delay(gate: usize, before: usize, drop: f64) -> usize {
    let mut delays: Vec<usize> = (0..200_u64)
        .filter_map(|seed| {
            let mut random = Keyed::new(seed, &["drift", "delay"]);
            let drift = Drift::from_gate(0.85, gate).expect("it measured");
            if traffic(&mut random, &drift, before, 0.85).is_some() {
                return None;
            }
            Some(traffic(&mut random, &drift, 20_000, 0.85 - drop).unwrap_or(20_000))
        })
        .collect();
    delays.sort_unstable();
    delays[delays.len() / 2]
}

#[test]
fn the_delays_of_the_documentation_are_those_that_are_measured() {
    for (gate, delays) in
        [(200, [688, 1_612, 95, 225]), (500, [378, 824, 76, 173]), (2_000, [221, 533, 59, 147])]
    {
        let cases = [(0, 0.1), (2_000, 0.1), (0, 0.2), (2_000, 0.2)];
        let measured = cases.map(|(before, drop)| median_delay(gate, before, drop));
        for (documented, measured) in delays.into_iter().zip(measured) {
            assert!(measured.abs_diff(documented) * 10 <= documented, "{gate} rows: {measured:?}");
        }
    }
}

#[test]
fn a_slice_that_falls_is_named_though_the_mean_stands() {
    let slices = vec![("refund".to_owned(), 0.9, 200), ("delivery".to_owned(), 0.6, 200)];
    let drift = Drift::measured(0.75, 400, slices).expect("it measured");
    for row in 0..400 {
        drift.observe_in("refund", row % 5 < 3).expect("a score");
        drift.observe_in("delivery", row % 10 < 9).expect("a score");
        drift.observe_in("new", true).expect("it counts among all rows");
    }
    let DriftState::Recompile { why } = drift.state() else { panic!("{}", drift.state()) };
    assert!(
        why.starts_with("slice `refund`: 0.600 lately, 400 rows in all; the gate measured 0.900"),
        "{why}"
    );
    assert_eq!(drift.watched()[0].rows, 1_200);
    for _ in 0..2_000 {
        drift.observe_in("refund", true).expect("a score");
    }
    assert!(matches!(drift.state(), DriftState::Recompile { .. }), "it stays so");
}

#[test]
fn graded_scores_are_watched_and_others_refused() {
    let drift = Drift::from_gate(0.7, 300).expect("it measured");
    for score in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert_eq!(drift.observe(score).expect_err("no score").kind(), ErrorKind::Metric);
    }
    assert_eq!(drift.watched()[0].rows, 0);
    for _ in 0..1_000 {
        drift.observe(0.5).expect("a score");
    }
    assert!(matches!(drift.state(), DriftState::Recompile { .. }), "{}", drift.state());
    assert!(drift.watched()[0].evidence.is_finite());
    assert!(Drift::from_gate(0.7, 0).is_err() && Drift::from_gate(1.2, 10).is_err());
    assert!(Drift::from_gate(0.7, 10).is_ok_and(|drift| drift.false_alarms(0.0).is_err()));
    // Nothing to fall from.
    let none = Drift::from_gate(0.0, 10).expect("it measured");
    (0..100).for_each(|_| none.observe(false).expect("a score"));
    assert_eq!(none.state(), DriftState::Steady);
}
