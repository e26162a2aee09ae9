//! What calls depend on, as data.

use serde_json::{Value, json};

use super::Context;

impl Context {
    /// All that a reply depends on beside the program and its inputs. The adapter is told by its name; what it writes
    /// is for those to tell who have something to write.
    pub(crate) fn described(&self) -> Value {
        let settings = &self.settings;
        let model = |lm: &crate::lm::Lm| json!([lm.id().to_string(), lm.model().endpoint()]);
        json!({
            "model": model(&settings.lm),
            "extraction_model": settings.extraction_lm.as_ref().map(model),
            "embedder": settings.embedder.id().to_string(),
            "adapter": self.adapter().name(),
            "sampling": settings.sampling,
            "rollout": settings.rollout,
            "reasks": settings.reasks,
            "reading": [
                format!("{:?}", settings.reply_mode),
                format!("{:?}", settings.layout),
                format!("{:?}", (settings.partial_demos, settings.early_stop)),
            ],
        })
    }
}
