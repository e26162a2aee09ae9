//! The program as others call it: whatever is released.

use crate::app::args::Which;
use crate::app::session::Session;
use crate::context::Context;
use crate::error::Result;
use crate::module::Module;
use crate::release::Live;

/// The version that was asked for, or else what is released at each moment.
pub(super) fn live<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    with: Option<&Which>,
) -> Result<Live<P>> {
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
