use serde_json::{Value, json};

use super::*;
use crate::error::Result;

fn of(prices: &Prices, name: &str) -> Option<Price> {
    prices.of(&name.parse().expect("a name"))
}

fn call(input_tokens: u64) -> Usage {
    Usage { calls: 1, input_tokens, output_tokens: 1_000, ..Usage::default() }
}

/// A table in a file, away when it was read.
fn loaded(name: &str, table: &Value) -> Result<Prices> {
    let path = std::env::temp_dir().join(format!("dspy-prices-{}-{name}.json", std::process::id()));
    std::fs::write(&path, table.to_string()).expect("written");
    let prices = Prices::load(&path);
    let _ = std::fs::remove_file(&path);
    prices
}

#[test]
fn the_models_that_are_much_used_have_prices() {
    let prices = Prices::default();
    for name in "openai/gpt-4o openai/gpt-4o-mini openai/gpt-4.1 openai/gpt-4.1-mini openai/gpt-5 openai/gpt-5-mini \
                 openai/gpt-5-nano openai/gpt-5.1 openai/gpt-5.2 openai/gpt-5.4 openai/gpt-5.4-mini \
                 openai/gpt-5.4-nano openai/gpt-5.5 openai/gpt-5.6 openai/gpt-5.6-sol openai/gpt-5.6-luna \
                 openai/gpt-6-sol openai/gpt-6-astra openai/gpt-6-luna openai/gpt-6.1-sol openai/gpt-6.1-terra \
                 openai-responses/gpt-6-sol openai/text-embedding-3-small openai/text-embedding-3-large \
                 anthropic/claude-haiku-4-5 anthropic/claude-haiku-5-5 anthropic/claude-sonnet-4-6 anthropic/claude-sonnet-5 anthropic/claude-sonnet-5-5 anthropic/claude-opus-4-6 anthropic/claude-opus-4-8 \
                 anthropic/claude-opus-5 anthropic/claude-opus-5-5 anthropic/claude-fable-5-1 anthropic/claude-mythos-5-1 gemini/gemini-2.5-pro gemini/gemini-2.5-flash gemini/gemini-3.5-flash \
                 gemini/gemini-3.6-flash gemini/gemini-3.7-flash gemini/gemini-3.8-flash gemini/gemini-4-argon \
                 gemini/gemini-4-hydrogen mistral/mistral-large-latest mistral/mistral-small-latest \
                 deepseek/deepseek-v4-pro deepseek/deepseek-v4-flash xai/grok-4.5 xai/grok-4.7"
        .split_whitespace()
    {
        assert!(of(&prices, name).is_some_and(|price| price.of(1, 0) > 0.0), "{name}");
    }
    assert!(prices.as_of().is_some_and(|day| day.len() == 10), "{:?}", prices.as_of());
    assert_eq!(Prices::none().as_of(), None);
}

#[test]
fn dated_versions_have_the_price_of_their_model_and_no_other_model_has() {
    let prices = Prices::default();
    let of = |name: &str| of(&prices, name);
    assert_eq!(of("openai/gpt-4o-2024-11-20"), of("openai/gpt-4o"));
    assert_eq!(of("anthropic/claude-haiku-4-5-20251001"), of("anthropic/claude-haiku-4-5"));
    assert_eq!(of("openai-responses/gpt-5.1"), of("openai/gpt-5.1"));
    assert_ne!(of("openai/gpt-4o-mini"), of("openai/gpt-4o"));
    assert_eq!(of("anthropic/claude"), None);
    assert_eq!(of("ollama/llama3.2"), Some(Price::per_million(0.0, 0.0)));
    let tuned = of("openai/ft:gpt-4.1-mini-2025-04-14:me:support:a1b2").expect("its base has a price");
    assert_eq!(tuned.of(1_000_000, 1_000_000), 0.8 + 3.2);
    assert_eq!(of("openai/ft:nothing:me::1"), None);
}

#[test]
fn what_was_wrong_in_the_table_is_right() {
    let prices = Prices::default();
    let of = |name: &str| of(&prices, name).expect("a price");
    assert_eq!(of("mistral/mistral-small-latest").of(1_000_000, 1_000_000), 0.15 + 0.60);
    assert_eq!(of("mistral/mistral-large-latest").of(1_000_000, 1_000_000), 0.5 + 1.5);
    let cached = Usage { cached_input_tokens: 100_000, output_tokens: 0, ..call(100_000) };
    let cost = of("gemini/gemini-2.5-pro").of_usage(&cached);
    assert!((cost - 0.0125).abs() < 1e-12, "a tenth of what it is without the cache: {cost}");
}

#[test]
fn long_prompts_cost_what_the_table_says() {
    let prices = Prices::default();
    let haiku = of(&prices, "anthropic/claude-haiku-5-5").expect("a price");
    let short = haiku.of_usage(&call(100_000));
    let long = haiku.of_usage(&call(100_001));
    assert!((short - (0.01 + 0.0005)).abs() < 1e-12, "{short}");
    assert!((long - (0.050_000_5 + 0.0025)).abs() < 1e-12, "the whole call costs five times as much: {long}");
    let many = Usage { calls: 10, ..call(500_000) };
    assert!((haiku.of_usage(&many) - (0.05 + 0.0005)).abs() < 1e-12, "each of them is short");
    let cached = Usage { cached_input_tokens: 400_000, saved_input_tokens: 50_000, hits: 1, ..many };
    assert!((haiku.of_calls(&cached) - (0.05 + 0.0005)).abs() < 1e-12, "a cache is no merit of a candidate");
    assert_eq!((thousands(&call(272_000)), thousands(&call(272_001)), thousands(&call(0))), (271, 272, 0));
}

#[test]
fn the_most_that_a_call_can_cost_is_at_its_dearest() {
    let price = Price::per_million(1.0, 2.0).above(1_000, Price::per_million(3.0, 1.0).with_cache_write(4.0));
    assert_eq!(price.at_most(1_000_000, 1_000_000), 4.0 + 2.0);
    assert_eq!(Price::per_million(1.0, 2.0).at_most(1_000_000, 1_000_000), 3.0);
}

#[test]
fn tiers_and_long_cache_writes_are_chosen_for_all_models() {
    let prices = Prices::default();
    let cost = |prices: &Prices, name: &str| of(prices, name).map(|price| price.of(1_000_000, 0));
    let sol = "openai/gpt-6-sol";
    let at = |tier| cost(&prices.clone().at(tier), sol);
    let all = [ServiceTier::Standard, ServiceTier::Batch, ServiceTier::Flex, ServiceTier::Priority].map(at);
    assert_eq!(all, [Some(2.0), Some(1.0), Some(1.0), Some(4.0)]);
    let plain = Prices::none().with("a/b", Price::per_million(1.0, 1.0));
    assert_eq!(cost(&plain.clone().at(ServiceTier::Flex), "a/b"), Some(1.0), "it has no other price");
    let flex = plain.with_tier("a/b", ServiceTier::Flex, Price::per_million(0.5, 0.5));
    assert_eq!((cost(&flex, "a/b"), cost(&flex.at(ServiceTier::Flex), "a/b")), (Some(1.0), Some(0.5)));

    let written = Usage { cache_write_tokens: 10_000, output_tokens: 0, ..call(10_000) };
    let opus =
        |prices: &Prices| of(prices, "anthropic/claude-opus-5-5").map(|price| price.of_usage(&written));
    let near = |cost: Option<f64>, right: f64| cost.is_some_and(|cost| (cost - right).abs() < 1e-12);
    let hour = Usage { hour_cache_write_tokens: 5_000, ..written };
    let told = of(&prices, "anthropic/claude-opus-5-5").map(|price| price.of_usage(&hour));
    assert!(near(told, 0.025 + 0.04), "half of it stays for an hour");
    assert!(near(opus(&prices), 0.05) && near(opus(&prices.with_long_cache_writes(true)), 0.08));
}

/// Rows as they stand in litellm 1.110.2.
fn litellm() -> Value {
    json!({
        "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of many"},
        "claude-haiku-5-5": {"input_cost_per_token_above_100k_tokens_batches": 2.5e-7,
            "output_cost_per_token_above_100k_tokens_batches": 1.25e-6,
            "cache_creation_input_token_cost_above_100k_tokens_batches": 3.125e-7,
            "cache_read_input_token_cost_above_100k_tokens_batches": 2.5e-8, "cache_creation_input_token_cost": 1.25e-7,
            "cache_creation_input_token_cost_above_1hr": 2e-7, "cache_creation_input_token_cost_batches": 6.25e-8,
            "cache_read_input_token_cost": 1e-8, "cache_read_input_token_cost_batches": 5e-9,
            "input_cost_per_token": 1e-7, "input_cost_per_token_batches": 5e-8, "litellm_provider": "anthropic",
            "max_input_tokens": 1_000_000, "mode": "chat", "output_cost_per_token": 5e-7,
            "output_cost_per_token_batches": 2.5e-7, "input_cost_per_token_above_100k_tokens": 5e-7,
            "output_cost_per_token_above_100k_tokens": 2.5e-6,
            "cache_creation_input_token_cost_above_100k_tokens": 6.25e-7,
            "cache_creation_input_token_cost_above_1hr_above_100k_tokens": 1e-6,
            "cache_read_input_token_cost_above_100k_tokens": 5e-8},
        "gpt-5.4": {"cache_read_input_token_cost": 2.5e-7, "cache_read_input_token_cost_above_272k_tokens": 5e-7,
            "cache_read_input_token_cost_batches": 1.3e-7, "cache_read_input_token_cost_above_272k_tokens_batches": 2.5e-7,
            "cache_read_input_token_cost_flex": 1.3e-7, "cache_read_input_token_cost_priority": 5e-7,
            "input_cost_per_token": 2.5e-6, "input_cost_per_token_above_272k_tokens": 5e-6,
            "input_cost_per_token_flex": 1.25e-6, "input_cost_per_token_batches": 1.25e-6,
            "input_cost_per_token_above_272k_tokens_batches": 2.5e-6, "input_cost_per_token_priority": 5e-6,
            "litellm_provider": "openai", "mode": "chat", "output_cost_per_token": 1.5e-5,
            "output_cost_per_token_above_272k_tokens": 2.25e-5, "output_cost_per_token_flex": 7.5e-6,
            "output_cost_per_token_batches": 7.5e-6, "output_cost_per_token_above_272k_tokens_batches": 1.125e-5,
            "output_cost_per_token_priority": 3e-5, "input_cost_per_token_above_272k_tokens_flex": 2.5e-6,
            "output_cost_per_token_above_272k_tokens_flex": 1.125e-5,
            "cache_read_input_token_cost_above_272k_tokens_flex": 2.5e-7},
        "mistral/mistral-large-latest": {"cache_read_input_token_cost": 5e-8, "input_cost_per_token": 5e-7,
            "litellm_provider": "mistral", "mode": "chat", "output_cost_per_token": 1.5e-6},
        "text-embedding-3-small": {"input_cost_per_token": 2e-8, "input_cost_per_token_batches": 1e-8,
            "litellm_provider": "openai", "mode": "embedding", "output_cost_per_token": 0.0,
            "output_cost_per_token_batches": 0.0},
        "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo": {"input_cost_per_token": 1.04e-6,
            "litellm_provider": "together_ai", "mode": "chat", "output_cost_per_token": 1.04e-6},
        "dashscope/qwen-flash": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
            {"input_cost_per_token": 5e-8, "output_cost_per_token": 4e-7, "range": [0, 256_000.0]},
            {"input_cost_per_token": 2.5e-7, "output_cost_per_token": 2e-6, "range": [256_000.0, 1_000_000.0]}]},
        "dall-e-3": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
    })
}

#[test]
fn the_table_of_litellm_is_read_as_it_is_and_says_what_the_default_one_does() {
    let read = loaded("litellm", &litellm()).expect("a table");
    let default = Prices::default();
    for tier in [ServiceTier::Standard, ServiceTier::Batch, ServiceTier::Flex, ServiceTier::Priority] {
        let (read, default) = (read.clone().at(tier), default.clone().at(tier));
        for name in [
            "anthropic/claude-haiku-5-5",
            "openai/gpt-5.4",
            "mistral/mistral-large-latest",
            "openai/text-embedding-3-small",
        ] {
            assert_eq!(of(&read, name), of(&default, name), "{name} at {tier}");
            assert!(of(&read, name).is_some());
        }
    }
    let llama = of(&read, "together/meta-llama/Llama-3.3-70B-Instruct-Turbo").expect("a price");
    assert_eq!(llama, Price::per_million(1.04, 1.04));
    let qwen = of(&read, "dashscope/qwen-flash").expect("a price");
    assert_eq!(qwen, Price::per_million(0.05, 0.4).above(256_000, Price::per_million(0.25, 2.0)));
    assert_eq!(of(&read, "openai/dall-e-3"), None);
}

#[test]
fn a_table_of_ones_own_is_read_and_written_and_told_apart_from_none() {
    let own = json!({"a/b": {"input": 1.0, "output": 2.0, "above": [{"tokens": 1_000, "input": 3.0, "output": 4.0}],
        "flex": {"input": 0.5, "output": 1.0}}, "a/c": {"input": 1.0}});
    let prices = loaded("own", &own).expect("a table");
    assert_eq!(
        of(&prices, "a/b"),
        Some(Price::per_million(1.0, 2.0).above(1_000, Price::per_million(3.0, 4.0)))
    );
    let again: Prices =
        serde_json::from_value(serde_json::to_value(&prices).expect("JSON")).expect("a table");
    assert_eq!(again, prices);
    let error = loaded("wrong", &json!({"a/b": {"output": 2.0}})).expect_err("no price of prompts");
    assert!(error.to_string().contains("is no table of prices: `a/b`: missing field `input`"), "{error}");
    assert!(loaded("list", &json!([1])).is_err());
    assert_eq!(of(&Prices::none(), "a/b"), None);
}

#[test]
fn no_number_of_lengths_breaks_a_price() {
    let price = (1..=6).fold(Price::per_million(1.0, 0.0), |price, thousands| {
        price.above(thousands * 1_000, Price::per_million(1.0 + thousands as f64, 0.0))
    });
    assert!((price.of_usage(&Usage { output_tokens: 0, ..call(4_500) }) - 5.0 * 0.0045).abs() < 1e-12);
    assert!((price.of_usage(&Usage { output_tokens: 0, ..call(6_500) }) - 5.0 * 0.0065).abs() < 1e-12);
}

#[test]
fn cached_tokens_cost_what_the_table_says_and_hits_nothing() {
    let price = Price::per_million(3.0, 15.0).with_cached(0.3).with_cache_write(3.75);
    let usage = Usage {
        calls: 1,
        input_tokens: 1_000_000,
        output_tokens: 100_000,
        cached_input_tokens: 600_000,
        cache_write_tokens: 200_000,
        ..Usage::default()
    };
    let cost = price.of_usage(&usage);
    assert!((cost - (0.2 * 3.0 + 0.6 * 0.3 + 0.2 * 3.75 + 0.1 * 15.0)).abs() < 1e-9, "{cost}");
    assert_eq!(price.of_usage(&usage.as_hit()), 0.0);
}

#[test]
fn a_tier_is_known_by_the_words_of_providers() {
    for (word, tier) in [
        ("default", Some(ServiceTier::Standard)),
        ("standard_only", Some(ServiceTier::Standard)),
        ("batch", Some(ServiceTier::Batch)),
        ("FLEX", Some(ServiceTier::Flex)),
        ("priority", Some(ServiceTier::Priority)),
        ("auto", None),
        ("scale", None),
    ] {
        assert_eq!(ServiceTier::of_word(word), tier, "{word}");
    }
}
