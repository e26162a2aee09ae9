//! `serve`: the program over HTTP.

use std::time::Duration;

use serde_json::json;

use super::super::args::Serve;
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::error::Result;
use crate::module::Module;
use crate::serve::Service;

pub(super) async fn serve<P: Module>(session: &Session<'_, P>, serve: &Serve) -> Result<Outcome> {
    let cx = session.uncached()?;
    let live = super::live::live(session, &cx, serve.with.with.as_ref())?;
    let following = live.follow(Duration::from_secs(serve.reload_seconds.max(1)))?;
    #[cfg(feature = "mcp")]
    let tools = serve.mcp.then(|| {
        let timeout = Duration::from_secs(serve.timeout_seconds);
        super::mcp::tools(session, &cx, None, live.clone()).timeout(timeout).in_flight(serve.in_flight)
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
    session.announce(format_args!("serving {} at http://{}", P::NAME, serve.address), &cx);
    service.listen(serve.address.as_str()).await?;
    drop(following);
    Ok(Outcome::done("", json!({"served": cx.usage()})))
}
