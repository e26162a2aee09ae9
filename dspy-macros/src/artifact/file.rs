//! The contents of an artifact, as far as they can be read without the program.

use serde_json::Value;

use crate::hash;

/// The newest version of the file format that the runtime reads.
const VERSION: u64 = 1;

/// A predictor in the file.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
}

/// The reason a file cannot be used.
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) help: &'static str,
}

const RESTORE: &str = "restore the file, or compile the program again";

/// Reads the predictors of an artifact that is whole and as it was written.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Refused> {
    let refused = |message: String| Refused { message, help: RESTORE };
    let mut file: Value = serde_json::from_str(text).map_err(|error| {
        let line = error.line();
        refused(match error.is_eof() {
            true => format!("it ends too early, at line {line}; it is not whole"),
            false => format!("it is not JSON at line {line}"),
        })
    })?;
    let version = file.get("version").and_then(Value::as_u64);
    let is_artifact = file.get("format").and_then(Value::as_str) == Some("dspy-artifact");
    let (Some(version), true) = (version, is_artifact) else {
        return Err(refused("it does not say `\"format\": \"dspy-artifact\"` and its version".to_owned()));
    };
    if version > VERSION {
        let message = format!("it has format {version}, and this release reads up to {VERSION}");
        return Err(Refused { message, help: "update the library" });
    }
    let content = file.as_object_mut().and_then(|file| file.shift_remove("content"));
    if content.as_ref().and_then(Value::as_str) != Some(&*content_of(&file)) {
        let message = "it was changed after it was written, so its scores and verdict are of other prompts";
        return Err(refused(message.to_owned()));
    }
    let Some(predictors) = file.get("predictors").and_then(Value::as_object) else {
        return Err(refused("it has no predictors".to_owned()));
    };
    let entry = |(path, entry): (&String, &Value)| {
        let side = |name| Some(entry.get(name)?.as_object()?.keys().cloned().collect());
        Some(Entry { path: path.clone(), inputs: side("inputs")?, outputs: side("outputs")? })
    };
    let entries = predictors.iter().map(entry).collect::<Option<Vec<_>>>();
    entries.ok_or_else(|| refused("a predictor in it has no fields".to_owned()))
}

/// The hash of the content, as the runtime makes it: of the value with its keys sorted and without spaces.
fn content_of(file: &Value) -> String {
    let mut sorted = file.clone();
    sorted.sort_all_objects();
    format!("sha256:{}", hash::hex(&sorted.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{content_of, read};

    fn artifact(predictors: &str) -> String {
        let rest = format!("\"format\":\"dspy-artifact\",\"version\":1,\"predictors\":{predictors}");
        let content = content_of(&serde_json::from_str(&format!("{{{rest}}}")).expect("JSON"));
        format!("{{{rest},\"content\":\"{content}\"}}")
    }

    #[test]
    fn fields_are_in_the_order_of_the_file() {
        let text = artifact("{\"guess\":{\"inputs\":{\"z\":1,\"a\":2e-7},\"outputs\":{\"m\":\"\\u00e9\"}}}");
        let entries = read(&text).unwrap_or_default();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (&*entries[0].path, entries[0].inputs.join(" "), entries[0].outputs.join(" ")),
            ("guess", "z a".into(), "m".into())
        );
    }

    #[test]
    fn what_was_changed_or_cut_is_refused() {
        let text = artifact("{\"guess\":{\"inputs\":{},\"outputs\":{}}}");
        let refused = |text: &str| read(text).err().expect("no artifact").message;
        assert!(refused(&text.replace("guess", "other")).contains("was changed"));
        assert!(refused(&text[..text.len() - 1]).starts_with("it ends too early, at line 1"));
        assert!(refused(&text.replace(',', ",\n,")).starts_with("it is not JSON at line 2"));
        assert!(refused(&"[".repeat(100_000)).starts_with("it is not JSON"));
        assert!(refused("{}").contains("does not say"));
    }
}
