//! What an artifact holds, as far as it can be told without the program.

use super::hash;
use super::json::{self, Json};

/// The newest version of the file format that the runtime reads.
const VERSION: u32 = 1;

/// A predictor in the file.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
}

/// Why a file cannot be used.
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) help: &'static str,
}

const RESTORE: &str = "restore the file, or compile the program again";

/// Reads the predictors of an artifact that is whole and as it was written.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Refused> {
    let refused = |message: String| Refused { message, help: RESTORE };
    let mut file = json::read(text).map_err(refused)?;
    let version = match file.get("version") {
        Some(Json::Bare(version)) => version.parse::<u32>().ok(),
        _ => None,
    };
    let is_artifact = file.get("format").and_then(Json::text) == Some("dspy-artifact");
    let (Some(version), true) = (version, is_artifact) else {
        return Err(refused("it does not say `\"format\": \"dspy-artifact\"` and its version".to_owned()));
    };
    if version > VERSION {
        let message = format!("it has format {version}, and this release reads up to {VERSION}");
        return Err(Refused { message, help: "update the library" });
    }
    let content = file.get("content").and_then(Json::text).unwrap_or_default().to_owned();
    if let Json::Map(entries) = &mut file {
        entries.retain(|(name, _)| name != "content");
    }
    if hash::of(&file) != content {
        let message = "it was changed after it was written, so its scores and verdict are of other prompts";
        return Err(refused(message.to_owned()));
    }
    let Some(Json::Map(predictors)) = file.get("predictors") else {
        return Err(refused("it has no predictors".to_owned()));
    };
    let entry = |(path, entry): &(String, Json)| {
        let side = |name| entry.get(name).and_then(Json::keys);
        Some(Entry { path: path.clone(), inputs: side("inputs")?, outputs: side("outputs")? })
    };
    let entries = predictors.iter().map(entry).collect::<Option<Vec<_>>>();
    entries.ok_or_else(|| refused("a predictor in it has no fields".to_owned()))
}
