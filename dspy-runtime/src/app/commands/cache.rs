//! `cache`: the replies that are kept.

use serde_json::json;

use super::super::args::Cache;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::error::Result;
use crate::figure::count;
use crate::module::Module;

pub(super) fn cache<P: Module>(session: &Session<'_, P>, command: Cache) -> Result<Outcome> {
    let folder = session.scratch("cache");
    let cache = session.cache()?;
    let (replies, bytes) = cache.on_disk()?;
    let json = json!({"folder": folder, "replies": replies, "bytes": bytes});
    let size = format!("{} replies of {} bytes", count(replies), count(bytes));
    Ok(match command {
        Cache::Stats => Outcome::done(format_args!("{size} in {}", folder.display()), json),
        Cache::Clear => {
            cache.clear()?;
            Outcome::done(format_args!("let go of {size} in {}", folder.display()), json)
        }
    })
}
