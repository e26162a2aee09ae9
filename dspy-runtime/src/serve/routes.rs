//! The routes and their handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::answer::Running;
use super::problem::Problem;
use super::{Service, guard, input, openapi, stream};
use crate::module::Module;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The state that all requests share.
pub(super) struct Shared<M: Module> {
    service: Service<M>,
    places: Arc<Semaphore>,
    numbers: AtomicU64,
    ending: Arc<AtomicBool>,
}

pub(super) fn router<M: Module>(service: &Service<M>) -> Router {
    ending_router(service, Arc::default()).0
}

/// Ends what would else stay open for as long as its client likes.
pub(super) type EndStreams = Box<dyn Fn() + Send + Sync>;

/// The routes of a service that says when it is being shut down.
pub(super) fn ending_router<M: Module>(
    service: &Service<M>,
    ending: Arc<AtomicBool>,
) -> (Router, EndStreams) {
    let places = Arc::new(Semaphore::new(service.settings.in_flight));
    let shared = Shared { service: service.clone(), places, numbers: AtomicU64::new(1), ending };
    let router = Router::new()
        .route("/run", post(run::<M>))
        .route("/openapi.json", get(document::<M>))
        .route("/health", get(|| async { "alive\n" }))
        .route("/ready", get(ready::<M>))
        .route("/metrics", get(metrics::<M>))
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "the route takes another method")
        })
        .fallback(|| async {
            let detail = "there is POST /run, and GET /openapi.json, /health, /ready and /metrics";
            Problem::new(StatusCode::NOT_FOUND, "route", detail)
        })
        .with_state(Arc::new(shared));
    with_mcp(router, service)
}

/// Adds the tools that are served by MCP, if there are any.
#[cfg(feature = "mcp")]
fn with_mcp<M: Module>(router: Router, service: &Service<M>) -> (Router, EndStreams) {
    let Some(tools) = service.mcp.clone() else { return (router, Box::new(|| ())) };
    let token = service.settings.token;
    let endpoint = crate::mcp::Endpoint::new(tools, token.is_some(), service.settings.max_body);
    let end = endpoint.clone();
    let answer = move |request: axum::extract::Request| async move {
        match guard::knows(token.as_ref(), request.headers()) {
            Ok(()) => endpoint.answer(request).await,
            Err(problem) => problem.into_response(),
        }
    };
    (router.route("/mcp", axum::routing::any(answer)), Box::new(move || end.end()))
}

#[cfg(not(feature = "mcp"))]
fn with_mcp<M: Module>(router: Router, _: &Service<M>) -> (Router, EndStreams) {
    (router, Box::new(|| ()))
}

async fn run<M: Module>(State(shared): State<Arc<Shared<M>>>, headers: HeaderMap, body: Body) -> Response {
    let id = request_id(&headers, &shared.numbers);
    let mut response = match answer(&shared, &headers, body).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    shared.service.metrics.answered(response.status().as_u16());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

async fn answer<M: Module>(shared: &Shared<M>, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let Service { settings, prepare, metrics, .. } = &shared.service;
    guard::knows(settings.token.as_ref(), headers)?;
    let place = guard::place(&shared.places)?;
    let under_way = metrics.under_way();
    let input = input::read::<M::Input>(headers, body, settings, prepare.as_ref()).await?;
    let running = Running::begin(&shared.service);
    if wants_events(headers) {
        return Ok(stream::response(running, input, (place, under_way)));
    }
    Ok(json_response(&running.answer(input).await?))
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim() == "text/event-stream")
}

/// The caller's own name for the request, or a number.
fn request_id(headers: &HeaderMap, numbers: &AtomicU64) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| id.len() <= 128);
    given.cloned().unwrap_or_else(|| HeaderValue::from(numbers.fetch_add(1, Ordering::Relaxed)))
}

async fn document<M: Module>(State(shared): State<Arc<Shared<M>>>) -> Response {
    json_response(&openapi::document::<M>(shared.service.settings.token.is_some()))
}

async fn ready<M: Module>(State(shared): State<Arc<Shared<M>>>) -> Response {
    let ending = shared.ending.load(Ordering::Relaxed);
    let live = &shared.service.live;
    let body = json!({
        "ready": !ending,
        "program": M::NAME,
        "model": shared.service.cx.lm().id().to_string(),
        "release": live.get().release().map(|release| release.version()),
        "reload_error": live.last_error().map(|error| format!("{error:#}")),
    });
    let status = if ending { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let mut response = json_response(&body);
    *response.status_mut() = status;
    response
}

async fn metrics<M: Module>(
    State(shared): State<Arc<Shared<M>>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    guard::knows(shared.service.settings.token.as_ref(), &headers)?;
    let release = shared.service.live.get().release().map_or(0, |release| release.version());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], shared.service.metrics.text(release)).into_response())
}

fn json_response(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
