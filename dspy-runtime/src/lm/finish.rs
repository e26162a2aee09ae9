//! The reasons replies end, in the words of each wire.
//!
//! Only what is known to mean a whole reply is one. A word that stands in no row is kept as it came, and whoever
//! reads the reply refuses it by its name.
//!
//! The words are those of the providers' references and of the sources of public servers, as of late 2026. Case does
//! not count, as gateways hand on the words of one wire on another.

use super::FinishReason;
use super::provider::Unread;
use crate::error::ErrorKind;

/// The words of one wire.
pub(super) struct Words {
    /// The model was done.
    whole: &'static [&'static str],
    /// The token limit cut it off.
    cut: &'static [&'static str],
    /// It waits for the answers of tools.
    calls: &'static [&'static str],
    /// The provider withheld the rest.
    withheld: &'static [&'static str],
    /// The provider or the model failed, and the class of that.
    failed: &'static [(&'static str, ErrorKind)],
}

/// Chat completions. Beside OpenAI: Mistral (`model_length`, `error`), OpenRouter (`error`), DeepSeek
/// (`insufficient_system_resource`), vLLM and SGLang (`abort`), Together (`eos`), TGI (`eos_token`, `stop_sequence`),
/// Zhipu (`sensitive`, `network_error`), Cohere (`complete`, `error_toxic`), and what gateways hand on from Anthropic,
/// Bedrock and Gemini.
pub(super) const CHAT: Words = Words {
    whole: &["stop", "eos", "eos_token", "stop_sequence", "end_turn", "complete"],
    cut: &["length", "model_length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"],
    calls: &["tool_calls", "function_call", "tool_use"],
    withheld: &[
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "refusal",
        "sensitive",
        "error_toxic",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
    ],
    failed: &[
        ("error", ErrorKind::Server),
        ("abort", ErrorKind::Server),
        ("insufficient_system_resource", ErrorKind::Server),
        ("network_error", ErrorKind::Server),
        ("malformed_function_call", ErrorKind::Parse),
        ("malformed_tool_use", ErrorKind::Parse),
        ("malformed_model_output", ErrorKind::Parse),
    ],
};

/// The reason a response of OpenAI's is incomplete. One that is complete has no word for it.
pub(super) const INCOMPLETE: Words = Words {
    whole: &[],
    cut: &["max_output_tokens", "max_tokens"],
    calls: &[],
    withheld: &["content_filter"],
    failed: &[],
};

/// Anthropic. `pause_turn` is the middle of a turn, and in no row.
pub(super) const ANTHROPIC: Words = Words {
    whole: &["end_turn", "stop_sequence"],
    cut: &["max_tokens", "model_context_window_exceeded"],
    calls: &["tool_use"],
    withheld: &["refusal"],
    failed: &[],
};

/// Bedrock's Converse.
pub(super) const BEDROCK: Words = Words {
    whole: &["end_turn", "stop_sequence"],
    cut: &["max_tokens", "model_context_window_exceeded"],
    calls: &["tool_use"],
    withheld: &["guardrail_intervened", "content_filtered"],
    failed: &[("malformed_tool_use", ErrorKind::Parse), ("malformed_model_output", ErrorKind::Parse)],
};

/// Gemini. Its `OTHER`, `ESCALATION` and `CONTINUATION` say too little, and are in no row.
pub(super) const GEMINI: Words = Words {
    whole: &["stop"],
    cut: &["max_tokens"],
    calls: &["function_call"],
    withheld: &[
        "safety",
        "recitation",
        "language",
        "blocklist",
        "prohibited_content",
        "spii",
        "model_armor",
        "image_safety",
        "image_prohibited_content",
        "image_recitation",
    ],
    failed: &[
        ("malformed_function_call", ErrorKind::Parse),
        ("malformed_response", ErrorKind::Parse),
        ("unexpected_tool_call", ErrorKind::Parse),
        ("too_many_tool_calls", ErrorKind::Parse),
        ("missing_thought_signature", ErrorKind::InvalidRequest),
    ],
};

/// The texts that some servers write for no word at all.
const NONE: [&str; 3] = ["", "null", "finish_reason_unspecified"];

/// A word, if there is one.
pub(super) fn said(word: Option<String>) -> Option<String> {
    word.filter(|word| !NONE.contains(&word.trim().to_lowercase().as_str()))
}

impl Words {
    /// Returns the reason a reply ended of which all has come. A body that is whole may do without a word
    /// for it.
    pub(super) fn read(&self, word: Option<&str>) -> Result<FinishReason, Unread> {
        let word = word.unwrap_or_default().trim();
        let plain = word.to_lowercase();
        if let Some((_, kind)) = self.failed.iter().find(|(failed, _)| *failed == plain) {
            return Err(Unread::Ended(word.to_owned(), *kind));
        }
        let rows = [
            (&NONE[..], FinishReason::Stop),
            (self.whole, FinishReason::Stop),
            (self.cut, FinishReason::Length),
            (self.calls, FinishReason::ToolCalls),
            (self.withheld, FinishReason::ContentFilter),
        ];
        let known = rows.into_iter().find(|(row, _)| row.contains(&plain.as_str()));
        Ok(known.map_or_else(|| FinishReason::Other(word.to_owned()), |(_, finish)| finish))
    }

    /// Returns the reason one of the further replies ended: that it failed is no failure of the first.
    pub(super) fn other(&self, word: Option<&str>) -> FinishReason {
        self.read(word).unwrap_or_else(|_| FinishReason::Other(word.unwrap_or_default().to_owned()))
    }
}
