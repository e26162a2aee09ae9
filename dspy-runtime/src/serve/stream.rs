//! A run that is shown field by field, as server-sent events.

use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};

use super::answer::Running;
use super::problem::Problem;
use crate::module::{Module, StreamEvent};

/// The interval at which a silent stream shows that it lives, so that nobody on the way closes it.
const ALIVE: Duration = Duration::from_secs(15);

/// Each field event by its name, and at the end `output` with the whole answer, or `error` with the problem.
pub(super) fn response<M: Module>(
    running: Running<M>,
    input: M::Input,
    held: impl Send + 'static,
) -> Response {
    let events = events(running, input, held).map(Ok::<_, std::convert::Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

/// The events; `held` is let go when they end.
fn events<M: Module>(
    running: Running<M>,
    input: M::Input,
    held: impl Send + 'static,
) -> impl Stream<Item = Event> {
    let events = running.snapshot.program().stream(&running.cx, input);
    stream::unfold(Some((running, events, held)), |state| async {
        let (running, mut events, held) = state?;
        let next = match tokio::time::timeout(running.left(), events.next()).await {
            Ok(Some(Ok(StreamEvent::Field(field)))) => {
                let json = field.to_json();
                let name = json["event"].as_str().unwrap_or_default().to_owned();
                return Some((event(&name, &json), Some((running, events, held))));
            }
            Ok(Some(Ok(StreamEvent::Prediction(prediction)))) => running.body(&prediction),
            Ok(Some(Err(error))) => Err(Problem::run(&error)),
            Ok(None) => return None,
            Err(_) => Err(running.too_late()),
        };
        let last = match next {
            Ok(body) => event("output", &body),
            Err(problem) => event("error", &problem.to_json()),
        };
        Some((last, None))
    })
}

fn event(name: &str, data: &serde_json::Value) -> Event {
    // One line, as JSON is written without line breaks.
    Event::default().event(name).data(data.to_string())
}
