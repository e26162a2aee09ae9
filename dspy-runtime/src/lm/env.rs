//! The model that the environment names.

use super::openai::Dialect;
use super::openai::dialect::DIALECTS;
use super::{
    Anthropic, Bedrock, Gemini, Lexical, Limited, Limiter, Lm, ModelId, OpenAi, OpenAiResponses, Retry,
    Rules, Vertex,
};
use crate::error::{Error, ErrorKind, Result};

const VARIABLE: &str = "DSPY_MODEL";

/// The model of a name, with what stands around a provider by default.
pub(super) fn model(name: &str) -> Result<Lm> {
    let model = bare(name)?;
    Ok(match model.id().provider() {
        "builtin" => model,
        _ => Lm::from(Retry::new(Limited::new(model, &Limiter::new()))),
    })
}

/// The model of a name, alone.
pub(super) fn bare(name: &str) -> Result<Lm> {
    let id: ModelId = name.parse()?;
    match (id.provider(), id.name()) {
        ("builtin", "lexical") => lexical(&id),
        ("builtin", other) => Err(unknown(&format!("built-in model `{other}`; there is `builtin/lexical`"))),
        ("openai-responses", _) => OpenAiResponses::from_env(id).map(Lm::from),
        ("anthropic", _) => Anthropic::from_env(id).map(Lm::from),
        ("gemini", _) => Gemini::from_env(id).map(Lm::from),
        ("vertex", _) => Vertex::from_env()?.model(&id),
        ("bedrock", _) => Bedrock::from_env(id).map(Lm::from),
        #[cfg(feature = "genai")]
        ("genai", _) => Ok(Lm::from(super::Genai::new(id))),
        #[cfg(not(feature = "genai"))]
        ("genai", _) => Err(Error::new(
            ErrorKind::NotConfigured,
            "`genai/…` needs the feature `genai` of this library; build with it",
        )),
        (other, _) if Dialect::is_known(other) => OpenAi::from_env(id).map(Lm::from),
        (other, _) => Err(unknown(&format!("provider `{other}`; known are {}", known()))),
    }
}

/// The providers, for those who misspell one.
fn known() -> String {
    let dialects = DIALECTS.iter().map(|dialect| dialect.prefix).filter(|prefix| !prefix.is_empty());
    let all = dialects.chain(["openai-responses", "anthropic", "gemini", "vertex", "bedrock", "builtin"]);
    all.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The model of `DSPY_MODEL`, announced on standard error.
pub(super) fn model_from_env() -> Result<Lm> {
    named()?.ok_or_else(|| {
        let message = format!(
            "{VARIABLE} is not set: it names the model, such as `openai/gpt-5.4` or `ollama/qwen3`; \
             `Lm::from_env_or_builtin` takes the built-in model instead"
        );
        Error::new(ErrorKind::NotConfigured, message)
    })
}

/// The model of `DSPY_MODEL`, or the built-in one, announced on standard error.
pub(super) fn model_from_env_or_builtin() -> Result<Lm> {
    if let Some(lm) = named()? {
        return Ok(lm);
    }
    let lm = Lm::from(Lexical::new());
    eprintln!("dspy: the model is {}, built in; set {VARIABLE}=provider/name to use another", lm.id());
    Ok(lm)
}

fn named() -> Result<Option<Lm>> {
    let Some(name) = variable(VARIABLE) else { return Ok(None) };
    let lm = model(&name).map_err(|error| error.context(VARIABLE))?;
    eprintln!("dspy: the model is {}", lm.id());
    if let Some(of) = lm.model().rules().and_then(Rules::stands_in) {
        eprintln!("dspy: it is not in the table of models and is taken to have the rules of {of}");
    }
    Ok(Some(lm))
}

/// An environment variable that is set and not blank.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn lexical(asked: &ModelId) -> Result<Lm> {
    let lm = Lm::from(Lexical::new());
    match asked.revision() {
        Some(revision) if lm.id().revision() != Some(revision) => Err(unknown(&format!(
            "revision `{revision}` of the built-in model; this library has {}",
            lm.id()
        ))),
        _ => Ok(lm),
    }
}

fn unknown(what: &str) -> Error {
    Error::new(ErrorKind::NotConfigured, format!("unknown {what}"))
}
