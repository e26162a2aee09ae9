//! Files, jobs and batches of a server, beside its calls.
//!
//! Wire: <https://platform.openai.com/docs/api-reference/files>.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form;
use crate::error::Result;
use crate::lm::aside::{count, or_default};
use crate::lm::http::{Call, Post};
use crate::lm::provider::Core;

/// A part of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) has_more: bool,
}

/// An item of a list, after which the next part is asked for.
pub(super) trait Listed {
    fn id(&self) -> &str;
}

#[derive(Deserialize)]
struct FileAnswer {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    filename: String,
    #[serde(default, deserialize_with = "count")]
    bytes: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
}

impl FileAnswer {
    /// Returns whether it is this file, and all of it.
    fn is(&self, name: &str, bytes: usize) -> bool {
        let whole = self.bytes.is_none_or(|known| known == bytes as u64);
        self.filename == name && whole && self.status != "error" && self.status != "deleted"
    }
}

impl Listed for FileAnswer {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The number of items asked for at once.
const PAGE: usize = 100;

const FILES: [&str; 1] = ["files"];

pub(super) fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|part| (*part).to_owned()).collect()
}

impl Core {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: Option<String>) -> Result<T> {
        self.ask(Call { query, ..Call::get(owned(path)) }).await
    }

    pub(super) async fn post_to<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<T> {
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        self.ask(Call::from(Post { path: owned(path), query: None, headers: Vec::new(), body })).await
    }

    /// Sends a file for a purpose, and gives the server's name for it.
    pub(super) async fn send_file(&self, purpose: &str, name: &str, text: &str) -> Result<String> {
        let (content_type, body) = form::of(purpose, name, text);
        let post = Post { path: owned(&FILES), query: None, headers: Vec::new(), body };
        let call = Call { content_type: Some(content_type), ..Call::from(post) };
        self.ask(call).await.map(|answer: FileAnswer| answer.id)
    }

    /// Finds a file of this name and size.
    pub(super) async fn find_file(&self, purpose: &str, name: &str, bytes: usize) -> Result<Option<String>> {
        let filter = format!("&order=desc&purpose={}", form::quoted(purpose));
        let found = self.find(&FILES, &filter, |known: &FileAnswer| known.is(name, bytes)).await?;
        Ok(found.map(|known| known.id))
    }

    /// The first of a list that is wanted, page by page.
    pub(super) async fn find<T: DeserializeOwned + Listed>(
        &self,
        path: &[&str],
        filter: &str,
        wanted: impl Fn(&T) -> bool + Send,
    ) -> Result<Option<T>> {
        let mut after = String::new();
        loop {
            let page: Page<T> = self.get(path, Some(format!("{after}limit={PAGE}{filter}"))).await?;
            let last = page.data.last().map(|listed| listed.id().to_owned());
            if let Some(found) = page.data.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
            let next = last.filter(|_| page.has_more).map(|last| format!("after={}&", form::quoted(&last)));
            match next.filter(|next| *next != after) {
                Some(next) => after = next,
                None => return Ok(None),
            }
        }
    }
}
