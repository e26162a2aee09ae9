//! The table of prices that litellm has, `model_prices_and_context_window.json`: dollars a token, each kind of call by a
//! name of its own, such as `input_cost_per_token_above_272k_tokens_flex`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::prices::Tiers;
use super::{Above, Longer, Price, Rates};

/// The providers that are called otherwise here.
const NAMES: [(&str, &str); 5] = [
    ("together_ai", "together"),
    ("bedrock_converse", "bedrock"),
    ("azure_ai", "azure"),
    ("vertex_ai-language-models", "vertex"),
    ("vertex_ai-anthropic_models", "vertex"),
];

/// The row that explains the others.
const SAMPLE: &str = "sample_spec";

const INPUT: &str = "input_cost_per_token";
const CACHE_WRITE: &str = "cache_creation_input_token_cost";

/// Returns whether a table is one of litellm's.
pub(super) fn is_table(table: &BTreeMap<String, Value>) -> bool {
    table.values().any(|model| model.get("litellm_provider").is_some())
}

/// The prices by model. What has none for tokens, as a model that draws, is left out.
pub(super) fn models(table: &BTreeMap<String, Value>) -> BTreeMap<String, Tiers> {
    let mut models = BTreeMap::new();
    for (key, model) in table.iter().filter(|(key, _)| *key != SAMPLE) {
        if let Some((name, tiers)) = named(key, model).zip(tiers(model)) {
            models.entry(name).or_insert(tiers);
        }
    }
    models
}

fn named(key: &str, model: &Value) -> Option<String> {
    let provider = model.get("litellm_provider")?.as_str()?;
    let name = key.strip_prefix(provider).and_then(|name| name.strip_prefix('/')).unwrap_or(key);
    let ours = NAMES.iter().find(|(theirs, _)| *theirs == provider).map_or(provider, |(_, ours)| *ours);
    // `bedrock/…` is also a prefix of what is called through Converse, and `vertex_ai/…` of what is of others.
    let mut prefixes = [ours, "vertex_ai"].into_iter();
    let name = prefixes.find_map(|own| name.strip_prefix(own)?.strip_prefix('/')).unwrap_or(name);
    Some(format!("{ours}/{name}"))
}

fn tiers(model: &Value) -> Option<Tiers> {
    let standard = price(model, "", None).or_else(|| by_ranges(model))?;
    let own = |suffix| price(model, suffix, Some(&standard));
    Some(Tiers { standard, batch: own("_batches"), flex: own("_flex"), priority: own("_priority") })
}

/// The price of a kind of call, with what is usual where it says nothing.
fn price(model: &Value, suffix: &str, usual: Option<&Price>) -> Option<Price> {
    let rates = rates(model, "", suffix, usual.map(|usual| &usual.rates))?;
    let mut above = Vec::new();
    for thousands in lengths(model) {
        let tokens = thousands * 1_000;
        let usual =
            usual.and_then(|usual| usual.above.0.iter().flatten().find(|longer| longer.tokens == tokens));
        let infix = format!("_above_{thousands}k_tokens");
        let usual = usual.map_or(&rates, |longer| &longer.rates);
        above.extend(self::rates(model, &infix, suffix, Some(usual)).map(|rates| Longer { tokens, rates }));
    }
    Some(Price { rates, above: Above::from(above) })
}

fn rates(model: &Value, infix: &str, suffix: &str, usual: Option<&Rates>) -> Option<Rates> {
    let cost = |name: &str| million(model.get(format!("{name}{infix}{suffix}"))?);
    let dear = |cost: Option<f64>| cost.filter(|cost| *cost > 0.0);
    let long = [1, 12].into_iter().find_map(|hours| cost(&format!("{CACHE_WRITE}_above_{hours}hr")));
    Some(Rates {
        input: cost(INPUT)?,
        output: cost("output_cost_per_token").or(usual.map(|usual| usual.output)).unwrap_or_default(),
        cached: dear(cost("cache_read_input_token_cost")).or(usual.and_then(|usual| usual.cached)),
        cache_write: dear(cost(CACHE_WRITE)).or(usual.and_then(|usual| usual.cache_write)),
        long_cache_write: dear(long).or(usual.and_then(|usual| usual.long_cache_write)),
    })
}

/// The lengths of prompts above which there are other prices, in thousands of tokens.
fn lengths(model: &Value) -> BTreeSet<u64> {
    let keys = model.as_object().into_iter().flatten().map(|(key, _)| key);
    let length = |key: &String| {
        key.strip_prefix(INPUT)?.strip_prefix("_above_")?.strip_suffix("k_tokens")?.parse().ok()
    };
    keys.filter_map(length).collect()
}

/// Prices that are given as a list of ranges of prompts.
fn by_ranges(model: &Value) -> Option<Price> {
    let mut levels = model.get("tiered_pricing")?.as_array()?.iter().filter_map(|level| {
        let from = level.get("range")?.get(0)?.as_f64()?;
        // Casts from a float saturate.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Longer { tokens: from as u64, rates: rates(level, "", "", None)? })
    });
    let first = levels.next()?;
    Some(Price { rates: first.rates, above: Above::from(levels.collect::<Vec<_>>()) })
}

/// A price of a token as one of a million, without what a float adds at its end.
fn million(cost: &Value) -> Option<f64> {
    let cost = cost.as_f64().filter(|cost| cost.is_finite() && *cost >= 0.0)?;
    Some((cost * 1e12).round() / 1e6)
}
