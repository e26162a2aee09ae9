//! `mcp`: the program as a tool of whoever starts this command.

use std::time::Duration;

use serde_json::json;

use super::super::args::Mcp;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::context::Context;
use crate::error::Result;
use crate::mcp::McpTools;
use crate::module::Module;
use crate::release::Live;

pub(super) async fn mcp<P: Module>(session: &Session<'_, P>, mcp: &Mcp) -> Result<Outcome> {
    let cx = session.uncached()?;
    let live = super::live::live(session, &cx, mcp.with.with.as_ref())?;
    let following = live.follow(Duration::from_secs(mcp.reload_seconds.max(1)))?;
    let tools =
        tools(session, &cx, mcp.name.as_deref(), live).timeout(Duration::from_secs(mcp.timeout_seconds));
    session
        .announce(format_args!("serving {} to an MCP client, over standard input and output", P::NAME), &cx);
    tools.serve_stdio().await?;
    drop(following);
    // Nobody reads what would be printed now.
    Ok(Outcome::done("", json!({"served": cx.usage()})))
}

/// The program under its own name, as the help describes it.
pub(super) fn tools<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    name: Option<&str>,
    live: Live<P>,
) -> McpTools {
    let own = P::NAME.to_lowercase();
    let tools = McpTools::new(cx).named(own.clone()).live(name.unwrap_or(&own), live);
    let tools = match session.about {
        Some(about) => tools.described(about),
        None => tools,
    };
    tools.with_prepare(session.prepare.cloned())
}
