//! `serve` and `mcp`: the program as others call it, which is whatever is released.

use std::time::Duration;

use serde_json::json;

#[cfg(feature = "mcp")]
use super::super::args::Mcp;
#[cfg(feature = "serve")]
use super::super::args::Serve;
use super::super::args::Which;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::context::Context;
use crate::error::Result;
#[cfg(feature = "mcp")]
use crate::mcp::McpTools;
use crate::module::Module;
use crate::release::Live;
#[cfg(feature = "serve")]
use crate::serve::Service;

#[cfg(feature = "serve")]
pub(super) async fn serve<P: Module>(session: &Session<'_, P>, serve: &Serve) -> Result<Outcome> {
    let cx = session.uncached()?;
    let live = live(session, &cx, serve.with.with.as_ref())?;
    let following = live.follow(Duration::from_secs(serve.reload_seconds.max(1)))?;
    #[cfg(feature = "mcp")]
    let tools = serve.mcp.then(|| {
        let timeout = Duration::from_secs(serve.timeout_seconds);
        tools(session, &cx, None, live.clone()).timeout(timeout).in_flight(serve.in_flight)
    });
    let mut service = Service::live(live, &cx)
        .in_flight(serve.in_flight)
        .timeout(Duration::from_secs(serve.timeout_seconds))
        .with_prepare(session.prepare.cloned());
    if let Some(variable) = &serve.token_env {
        service = service.bearer_from_env(variable)?;
    }
    #[cfg(feature = "mcp")]
    if let Some(tools) = &tools {
        service = service.mcp(tools)?;
    }
    let bound = service.bind(serve.address.as_str()).await?;
    session.announce(format_args!("serving {} at http://{}", P::NAME, bound.local_addr()?), &cx);
    service.serve(bound, Service::<P>::told_to_end()).await?;
    drop(following);
    Ok(Outcome::done("", json!({"served": cx.usage()})))
}

#[cfg(feature = "mcp")]
pub(super) async fn mcp<P: Module>(session: &Session<'_, P>, mcp: &Mcp) -> Result<Outcome> {
    let cx = session.uncached()?;
    let live = live(session, &cx, mcp.with.with.as_ref())?;
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

/// The version that was asked for, or else what is released at each moment.
fn live<P: Module>(session: &Session<'_, P>, cx: &Context, with: Option<&Which>) -> Result<Live<P>> {
    let live = match with {
        None => Live::or_declared(session.program.clone(), &session.store()?, cx)?,
        Some(Which::Current) => Live::new(session.program.clone(), &session.store()?, cx)?,
        Some(which) => Live::fixed(session.versioned(cx, Some(which))?.program),
    };
    if live.get().release().is_none() && with.is_none() {
        session.say("nothing is released yet; the program is served as it was declared until something is");
    }
    Ok(live)
}

/// The program under its own name, as the help describes it.
#[cfg(feature = "mcp")]
fn tools<P: Module>(session: &Session<'_, P>, cx: &Context, name: Option<&str>, live: Live<P>) -> McpTools {
    let own = P::NAME.to_lowercase();
    let tools = McpTools::new(cx).named(own.clone()).live(name.unwrap_or(&own), live);
    let tools = match session.about {
        Some(about) => tools.described(about),
        None => tools,
    };
    tools.with_prepare(session.prepare.cloned())
}
