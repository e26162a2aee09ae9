//! `serve`: the program over HTTP.

use std::time::Duration;

use serde_json::json;

use super::super::args::{Serve, Which};
use super::super::outcome::Outcome;
use super::super::session::Session;
use crate::error::Result;
use crate::module::Module;
use crate::release::Live;
use crate::serve::Service;

pub(super) async fn serve<P: Module>(session: &Session<'_, P>, serve: &Serve) -> Result<Outcome> {
    let cx = session.uncached()?;
    let live = match &serve.with.with {
        None => Live::or_declared(session.program.clone(), &session.store()?, &cx)?,
        Some(Which::Current) => Live::new(session.program.clone(), &session.store()?, &cx)?,
        Some(which) => Live::fixed(session.versioned(&cx, Some(which))?.program),
    };
    if live.get().release().is_none() && serve.with.with.is_none() {
        session.say("nothing is released yet; the program is served as it was declared until something is");
    }
    let following = live.follow(Duration::from_secs(serve.reload_seconds.max(1)))?;
    let mut service = Service::live(live, &cx)
        .in_flight(serve.in_flight)
        .timeout(Duration::from_secs(serve.timeout_seconds))
        .with_prepare(session.prepare.cloned());
    if let Some(variable) = &serve.token_env {
        service = service.bearer_from_env(variable)?;
    }
    session.announce(format_args!("serving {} at http://{}", P::NAME, serve.address), &cx);
    service.listen(serve.address.as_str()).await?;
    drop(following);
    Ok(Outcome::done("", json!({"served": cx.usage()})))
}
