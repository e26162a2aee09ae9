//! The rows: what each family of models takes and wants, since which version.
//!
//! A row counts from its version on, until a newer row of the family; one with a kind counts for models of that kind
//! before any row without. The facts are those of the price and capability map of litellm 1.110.2, of the types of the
//! providers' own packages (openai 3.57.0, anthropic 2.14.0, google-genai 3.6.1, boto3 1.44.8, mistralai 3.7.0,
//! groq 1.7.0) and of their references, as of November 2026.

use super::{Efforts, Route, Rules, Takes, Thinking};
use crate::lm::Effort::{self, High, Low, Max, Medium, Minimal, XHigh};
use crate::lm::JsonSupport;

/// Models of one name but for their numbers and kinds.
pub(super) struct Family {
    /// The providers whose models these are.
    pub(super) providers: &'static [&'static str],
    /// The stem of their names.
    pub(super) stem: &'static str,
    /// Tells whether it may stand anywhere in a name.
    pub(super) anywhere: bool,
    /// Tells whether only a name with a number is of the family.
    pub(super) numbered: bool,
    /// Tells whether its models are not in the table, and its row stands in for them.
    pub(super) guess: bool,
    /// The separator between the numbers of a version, beside a point.
    pub(super) point: char,
    pub(super) rows: &'static [Row],
}

pub(super) struct Row {
    /// The model that it is about, for a person.
    pub(super) name: &'static str,
    pub(super) since: (u16, u16),
    /// The kind; empty for any.
    pub(super) word: &'static str,
    pub(super) rules: Rules,
}

const fn row(name: &'static str, since: (u16, u16), word: &'static str, rules: Rules) -> Row {
    Row { name, since, word, rules }
}

/// OpenAI's own, and Azure's deployments that are named like them.
const OPENAI: &[&str] = &["openai", "openai-responses", "azure"];

const fn family(providers: &'static [&'static str], stem: &'static str, rows: &'static [Row]) -> Family {
    Family { providers, stem, anywhere: false, numbered: false, guess: false, point: '.', rows }
}

const fn claude(stem: &'static str, rows: &'static [Row]) -> Family {
    Family { point: '-', ..family(&["anthropic", "vertex"], stem, rows) }
}

/// Returns the models at Amazon, whose names begin with a region and a vendor.
const fn amazon(stem: &'static str, rows: &'static [Row]) -> Family {
    Family { anywhere: true, point: '-', ..family(&["bedrock"], stem, rows) }
}

pub(super) const FAMILIES: &[Family] = &[
    Family { numbered: true, ..family(OPENAI, "gpt-", GPT) },
    Family { numbered: true, ..family(OPENAI, "o", O) },
    family(OPENAI, "chatgpt", &[row("chatgpt", (0, 0), "", GPT_4)]),
    claude("claude-opus-", OPUS),
    claude("claude-sonnet-", SONNET),
    claude("claude-haiku-", HAIKU),
    claude("claude-fable-", FABLE),
    claude("claude-mythos-", MYTHOS),
    Family { numbered: true, ..claude("claude-", CLAUDE) },
    Family { guess: true, ..claude("claude-", CLAUDE_NEW) },
    family(&["gemini", "vertex"], "gemini-", GEMINI),
    family(&["gemini"], "gemma", &[row("gemma", (0, 0), "", NO_EFFORT)]),
    family(&["deepseek"], "deepseek-", DEEPSEEK),
    family(&["xai"], "grok-", GROK),
    family(&["groq"], "openai/gpt-oss", &[row("gpt-oss", (0, 0), "", GROQ_SCHEMA)]),
    family(&["groq"], "qwen/qwen3.8", &[row("qwen3.8", (0, 0), "", GROQ_SCHEMA)]),
    amazon("claude-opus-", AMAZON_OPUS),
    amazon("claude-sonnet-", AMAZON_SONNET),
    amazon("claude-haiku-", AMAZON_HAIKU),
    amazon("claude-fable-", AMAZON_FABLE),
    amazon("claude-mythos-", AMAZON_MYTHOS),
    Family { numbered: true, ..amazon("claude-", CLAUDE) },
    Family { guess: true, ..amazon("claude-", CLAUDE_NEW) },
    amazon("deepseek.v3", AMAZON_HELD),
    amazon("ministral-3", AMAZON_HELD),
    amazon("mistral-large-3", AMAZON_HELD),
    amazon("voxtral-", AMAZON_HELD),
    amazon("minimax-m2", AMAZON_HELD),
    amazon("kimi-k2-thinking", AMAZON_HELD),
    amazon("nemotron-nano-3", AMAZON_HELD),
    amazon("qwen3", AMAZON_HELD),
    amazon("zai.glm-5", AMAZON_HELD),
    family(&["bedrock"], "", &[row("any", (0, 0), "", AMAZON)]),
];

const fn some(efforts: &[Effort]) -> Efforts {
    Efforts::of(efforts)
}

const UP_TO_HIGH: &[Effort] = &[Low, Medium, High];
const UP_TO_XHIGH: &[Effort] = &[Low, Medium, High, XHigh];

const NO_EFFORT: Rules = Rules { efforts: Efforts::NONE, ..Rules::ANY };

// OpenAI. `max` is served by responses alone, and so it is a matter of the route as well.

const GPT_4: Rules = Rules { verbosity: false, cache_ttl: false, ..NO_EFFORT };

const GPT_5: Rules = Rules {
    efforts: some(&[Minimal, Low, Medium, High]),
    sampling: Takes::WithoutThinking,
    logprobs: Takes::WithoutThinking,
    stop: Takes::Never,
    penalties: Takes::Never,
    max_completion_tokens: Some(true),
    cache_ttl: false,
    ..Rules::ANY
};
const GPT_5_1: Rules =
    Rules { efforts: some(UP_TO_HIGH).with(Effort::None), usual_effort: Some(Effort::None), ..GPT_5 };
const GPT_5_2: Rules = Rules { efforts: some(UP_TO_XHIGH).with(Effort::None), ..GPT_5_1 };
const GPT_5_4: Rules = Rules { route: Route::ToolsWithEffortByResponses, ..GPT_5_2 };
const GPT_5_5: Rules = Rules { usual_effort: None, route: Route::ToolsByResponses, ..GPT_5_4 };
const GPT_5_6: Rules = Rules { cache_ttl: true, ..GPT_5_5 };
const GPT_6: Rules = Rules {
    efforts: some(UP_TO_XHIGH).with(Effort::None).with(Max),
    stop: Takes::WithoutThinking,
    penalties: Takes::WithoutThinking,
    ..GPT_5_6
};
const GPT_6_THINKING: Rules = Rules { efforts: some(UP_TO_XHIGH).with(Max), ..GPT_6 };

/// Models that responses alone have.
const fn responses(rules: Rules, efforts: &[Effort]) -> Rules {
    Rules { efforts: some(efforts), usual_effort: None, route: Route::Responses, ..rules }
}

const GPT: &[Row] = &[
    row("gpt-3", (3, 0), "", GPT_4),
    row("gpt-3.5", (3, 5), "", GPT_4),
    row("gpt-4", (4, 0), "", GPT_4),
    row("gpt-4.1", (4, 1), "", GPT_4),
    row("gpt-4.5", (4, 5), "", GPT_4),
    row("gpt-5", (5, 0), "", GPT_5),
    row("gpt-5-chat", (5, 0), "chat", Rules { max_completion_tokens: Some(true), ..GPT_4 }),
    row("gpt-5-search", (5, 0), "search", GPT_5_SEARCH),
    row("gpt-5-codex", (5, 0), "codex", responses(GPT_5, UP_TO_HIGH)),
    row("gpt-5-pro", (5, 0), "pro", responses(GPT_5, &[High])),
    row("gpt-5.1", (5, 1), "", GPT_5_1),
    row("gpt-5.1-codex-max", (5, 1), "codex-max", responses(GPT_5, UP_TO_XHIGH)),
    row("gpt-5.2", (5, 2), "", GPT_5_2),
    row("gpt-5.2-codex", (5, 2), "codex", responses(GPT_5, UP_TO_XHIGH)),
    row("gpt-5.2-pro", (5, 2), "pro", responses(GPT_5, &[Medium, High, XHigh])),
    row("gpt-5.3", (5, 3), "", GPT_5_2),
    row("gpt-5.3-codex", (5, 3), "codex", responses(GPT_5, &[Effort::None, Low, Medium, High, XHigh])),
    row("gpt-5.4", (5, 4), "", GPT_5_4),
    row(
        "gpt-5.4-pro",
        (5, 4),
        "pro",
        Rules { json: Some(JsonSupport::None), ..responses(GPT_5, UP_TO_XHIGH) },
    ),
    row("gpt-5.5", (5, 5), "", GPT_5_5),
    row(
        "gpt-5.5-pro",
        (5, 5),
        "pro",
        Rules { json: Some(JsonSupport::None), ..responses(GPT_5, &[Medium, High, XHigh]) },
    ),
    row("gpt-5.6", (5, 6), "", GPT_5_6),
    row("gpt-6", (6, 0), "", GPT_6),
    row("gpt-6-astra", (6, 0), "astra", GPT_6_THINKING),
    row("gpt-6-rosalind", (6, 0), "rosalind", GPT_6_THINKING),
    row("gpt-6.1", (6, 1), "", GPT_6),
    row("gpt-6.1-sol", (6, 1), "sol", GPT_6_THINKING),
];

const GPT_5_SEARCH: Rules = Rules {
    sampling: Takes::Never,
    logprobs: Takes::Never,
    stop: Takes::Never,
    penalties: Takes::Never,
    max_completion_tokens: Some(true),
    ..NO_EFFORT
};

const O_3: Rules = Rules { efforts: some(UP_TO_HIGH), verbosity: false, parallel_tool_calls: false, ..GPT_5 };
const O: &[Row] = &[
    row("o1", (1, 0), "", Rules { stop: Takes::Always, ..O_3 }),
    row("o1-pro", (1, 0), "pro", responses(O_3, UP_TO_HIGH)),
    row("o3", (3, 0), "", O_3),
    row("o3-pro", (3, 0), "pro", responses(O_3, UP_TO_HIGH)),
    row("o4", (4, 0), "", O_3),
    row("o-deep-research", (3, 0), "deep-research", responses(O_3, UP_TO_HIGH)),
];

// Anthropic. An effort of `none` turns the thinking off; without it among the efforts it is always on.

/// The longest reply that comes in ten minutes, as Anthropic's own packages reckon it: 128,000 tokens an
/// hour.
const TEN_MINUTES: Option<u32> = Some(21_333);

const CLAUDE_PLAIN: Rules = Rules {
    efforts: Efforts::NONE,
    thinking: Thinking::Budget,
    temperature_with_top_p: false,
    longest_reply: Some(64_000),
    longest_unstreamed: TEN_MINUTES,
    ..Rules::ANY
};
const CLAUDE_OLD: Rules =
    Rules { temperature_with_top_p: true, json: Some(JsonSupport::None), ..CLAUDE_PLAIN };
const CLAUDE_3: Rules = Rules { thinking: Thinking::None, longest_reply: Some(4_096), ..CLAUDE_OLD };
const OPUS_4: Rules = Rules { longest_reply: Some(32_000), ..CLAUDE_OLD };
const OPUS_4_1: Rules = Rules { longest_reply: Some(32_000), ..CLAUDE_PLAIN };
const OPUS_4_5: Rules = Rules { efforts: some(UP_TO_HIGH).with(Effort::None), ..CLAUDE_PLAIN };
const CLAUDE_4_6: Rules = Rules {
    efforts: some(UP_TO_HIGH).with(Effort::None).with(Max),
    thinking: Thinking::Either,
    longest_reply: Some(128_000),
    ..CLAUDE_PLAIN
};
/// The models whose replies are drawn in one way alone.
const CLAUDE_4_7: Rules = Rules {
    efforts: some(UP_TO_XHIGH).with(Effort::None).with(Max),
    thinking: Thinking::Adaptive,
    sampling: Takes::Never,
    ..CLAUDE_4_6
};
/// The models that always think.
const CLAUDE_ALWAYS: Rules = Rules { efforts: some(UP_TO_XHIGH).with(Max), ..CLAUDE_4_7 };
/// And that cannot be made to call a tool.
const CLAUDE_FREE: Rules = Rules { forced_tools: Takes::Never, ..CLAUDE_ALWAYS };

const CLAUDE: &[Row] = &[
    row("claude-2", (2, 0), "", CLAUDE_3),
    row("claude-3", (3, 0), "", CLAUDE_3),
    row("claude-3.5", (3, 5), "", Rules { longest_reply: Some(8_192), ..CLAUDE_3 }),
    row("claude-3.7", (3, 7), "", CLAUDE_OLD),
];
/// The rules for names of no known line.
const CLAUDE_NEW: &[Row] = &[row("claude-opus-5-5", (0, 0), "", CLAUDE_FREE)];
const OPUS: &[Row] = &[
    row("claude-opus-4", (4, 0), "", OPUS_4),
    row("claude-opus-4-1", (4, 1), "", OPUS_4_1),
    row("claude-opus-4-5", (4, 5), "", OPUS_4_5),
    row("claude-opus-4-6", (4, 6), "", CLAUDE_4_6),
    row("claude-opus-4-7", (4, 7), "", CLAUDE_4_7),
    row("claude-opus-4-8", (4, 8), "", CLAUDE_4_7),
    row("claude-opus-5", (5, 0), "", CLAUDE_4_7),
    row("claude-opus-5-5", (5, 5), "", CLAUDE_FREE),
];
const SONNET: &[Row] = &[
    row("claude-sonnet-4", (4, 0), "", CLAUDE_OLD),
    row("claude-sonnet-4-5", (4, 5), "", CLAUDE_PLAIN),
    row("claude-sonnet-4-6", (4, 6), "", CLAUDE_4_6),
    row("claude-sonnet-5", (5, 0), "", CLAUDE_4_7),
    row("claude-sonnet-5-5", (5, 5), "", CLAUDE_FREE),
];
const HAIKU: &[Row] =
    &[row("claude-haiku-4-5", (4, 5), "", CLAUDE_PLAIN), row("claude-haiku-5-5", (5, 5), "", CLAUDE_4_7)];
const FABLE: &[Row] =
    &[row("claude-fable-5", (5, 0), "", CLAUDE_ALWAYS), row("claude-fable-5-1", (5, 1), "", CLAUDE_FREE)];
const MYTHOS: &[Row] = &[
    row("claude-mythos-preview", (0, 0), "preview", CLAUDE_ALWAYS),
    row("claude-mythos-5", (5, 0), "", CLAUDE_ALWAYS),
    row("claude-mythos-5-1", (5, 1), "", CLAUDE_FREE),
];

// Amazon's Converse. Which models it holds to a schema is a matter of its own.

const AMAZON: Rules = Rules { json: Some(JsonSupport::None), ..NO_EFFORT };
/// The models that are held to one, of whatever number.
const AMAZON_HELD: &[Row] = &[row("any", (0, 0), "", held(AMAZON))];
const fn unheld(rules: Rules) -> Rules {
    Rules { json: Some(JsonSupport::None), ..rules }
}
const fn held(rules: Rules) -> Rules {
    Rules { json: Some(JsonSupport::Schema), ..rules }
}

const AMAZON_OPUS: &[Row] = &[
    row("claude-opus-4", (4, 0), "", OPUS_4),
    row("claude-opus-4-1", (4, 1), "", unheld(OPUS_4_1)),
    row("claude-opus-4-5", (4, 5), "", held(OPUS_4_5)),
    row("claude-opus-4-6", (4, 6), "", held(CLAUDE_4_6)),
    row("claude-opus-4-7", (4, 7), "", unheld(CLAUDE_4_7)),
    row("claude-opus-4-8", (4, 8), "", unheld(CLAUDE_4_7)),
    row("claude-opus-5", (5, 0), "", unheld(CLAUDE_4_7)),
    row("claude-opus-5-5", (5, 5), "", unheld(CLAUDE_FREE)),
];
const AMAZON_SONNET: &[Row] = &[
    row("claude-sonnet-4", (4, 0), "", CLAUDE_OLD),
    row("claude-sonnet-4-5", (4, 5), "", held(CLAUDE_PLAIN)),
    row("claude-sonnet-4-6", (4, 6), "", held(CLAUDE_4_6)),
    row("claude-sonnet-5", (5, 0), "", unheld(CLAUDE_4_7)),
    row("claude-sonnet-5-5", (5, 5), "", unheld(CLAUDE_FREE)),
];
const AMAZON_HAIKU: &[Row] = &[
    row("claude-haiku-4-5", (4, 5), "", held(CLAUDE_PLAIN)),
    row("claude-haiku-5-5", (5, 5), "", unheld(CLAUDE_4_7)),
];
const AMAZON_FABLE: &[Row] = &[
    row("claude-fable-5", (5, 0), "", unheld(CLAUDE_ALWAYS)),
    row("claude-fable-5-1", (5, 1), "", unheld(CLAUDE_FREE)),
];
const AMAZON_MYTHOS: &[Row] = &[
    row("claude-mythos-preview", (0, 0), "preview", unheld(CLAUDE_ALWAYS)),
    row("claude-mythos-5", (5, 0), "", held(CLAUDE_ALWAYS)),
    row("claude-mythos-5-1", (5, 1), "", held(CLAUDE_FREE)),
];

// Google. Those that think by a budget are told one for each word. From Flash-Lite 3.5 and Flash 3.6 on, temperature and
// top_p are ignored, and are to be errors.

const GEMINI_2_5: Rules = Rules {
    efforts: some(&[Effort::None, Minimal, Low, Medium, High]),
    thinking: Thinking::Budget,
    ..Rules::ANY
};
const GEMINI_3: Rules =
    Rules { efforts: some(&[Minimal, Low, Medium, High]), thinking: Thinking::Adaptive, ..Rules::ANY };
const GEMINI_3_6: Rules = Rules { sampling: Takes::Never, ..GEMINI_3 };
const GEMINI_3_7: Rules = Rules { efforts: some(UP_TO_HIGH), ..GEMINI_3_6 };
const GEMINI_4: Rules = Rules { efforts: some(UP_TO_HIGH), ..GEMINI_3 };
const GEMINI: &[Row] = &[
    row("gemini-1", (1, 0), "", Rules { thinking: Thinking::None, ..NO_EFFORT }),
    row("gemini-1.5", (1, 5), "", Rules { thinking: Thinking::None, ..NO_EFFORT }),
    row("gemini-2.0", (2, 0), "", Rules { thinking: Thinking::None, ..NO_EFFORT }),
    row("gemini-2.5", (2, 5), "", GEMINI_2_5),
    // It cannot help thinking.
    row(
        "gemini-2.5-pro",
        (2, 5),
        "pro",
        Rules { efforts: GEMINI_2_5.efforts.without(Effort::None), ..GEMINI_2_5 },
    ),
    row("gemini-3", (3, 0), "", GEMINI_3),
    row("gemini-3-pro", (3, 0), "pro", GEMINI_3),
    row("gemini-3.1", (3, 1), "", GEMINI_3),
    row("gemini-3.5", (3, 5), "", GEMINI_3),
    row("gemini-3.5-flash-lite", (3, 5), "flash-lite", GEMINI_3_6),
    row("gemini-3.6", (3, 6), "", GEMINI_3_6),
    row("gemini-3.7", (3, 7), "", GEMINI_3_7),
    row("gemini-3.8", (3, 8), "", GEMINI_3_7),
    row("gemini-4", (4, 0), "", GEMINI_4),
    row("gemini-4-pro", (4, 0), "pro", GEMINI_4),
    row("gemini-4-hydrogen", (4, 0), "hydrogen", Rules { efforts: some(UP_TO_XHIGH), ..GEMINI_4 }),
];

// DeepSeek. Of V4 an effort of `none` turns the thinking off; while it thinks, sampling is ignored, and a choice of tools
// is an error.

const DEEPSEEK_V4: Rules = Rules {
    sampling: Takes::WithoutThinking,
    penalties: Takes::WithoutThinking,
    forced_tools: Takes::WithoutThinking,
    thoughts_back: true,
    ..Rules::ANY
};
const DEEPSEEK: &[Row] = &[
    row("deepseek-chat", (0, 0), "chat", NO_EFFORT),
    row("deepseek-coder", (0, 0), "coder", NO_EFFORT),
    row(
        "deepseek-reasoner",
        (0, 0),
        "reasoner",
        Rules { sampling: Takes::Never, logprobs: Takes::Never, penalties: Takes::Never, ..NO_EFFORT },
    ),
    row("deepseek-v3", (3, 0), "", NO_EFFORT),
    row("deepseek-v3.2", (3, 2), "", NO_EFFORT),
    row("deepseek-v4", (4, 0), "", DEEPSEEK_V4),
];

// xAI.

const GROK_THINKING: Rules = Rules { stop: Takes::Never, penalties: Takes::Never, ..Rules::ANY };
const GROK: &[Row] = &[
    row("grok-2", (2, 0), "", Rules::ANY),
    row("grok-3", (3, 0), "", Rules::ANY),
    row("grok-3-mini", (3, 0), "mini", GROK_THINKING),
    row("grok-4", (4, 0), "", GROK_THINKING),
    row("grok-4.3", (4, 3), "", GROK_THINKING),
    row("grok-4.5", (4, 5), "", GROK_THINKING),
    row("grok-4.6", (4, 6), "", GROK_THINKING),
    row("grok-4.7", (4, 7), "", GROK_THINKING),
    row("grok-4.20", (4, 20), "", GROK_THINKING),
    row("grok-non-reasoning", (0, 0), "non-reasoning", Rules::ANY),
];

// Groq. These alone of its models are held to a schema.

const GROQ_SCHEMA: Rules = Rules { json: Some(JsonSupport::Schema), ..Rules::ANY };
