//! The handling of MCP requests by runs of a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::{Semaphore, mpsc};

use super::call_error::CallError;
use super::exposed::{Exposed, Steps};
use crate::context::Context;
use crate::value::Record;

/// More steps than a client wants to hear of at once; further ones are not reported.
const STEPS: usize = 64;

#[derive(Clone)]
pub(crate) struct Handler {
    tools: Arc<[Arc<dyn Exposed>]>,
    cx: Context,
    name: String,
    timeout: Duration,
    places: Arc<Semaphore>,
}

impl Handler {
    pub(super) fn new(
        tools: Vec<Arc<dyn Exposed>>,
        cx: Context,
        name: String,
        timeout: Duration,
        places: Arc<Semaphore>,
    ) -> Self {
        Self { tools: tools.into(), cx, name, timeout, places }
    }

    fn find(&self, name: &str) -> Result<&Arc<dyn Exposed>, ErrorData> {
        let names = || self.tools.iter().map(|tool| tool.name());
        self.tools.iter().find(|tool| tool.name() == name).ok_or_else(|| {
            let hint = match crate::signature::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is `{}`", names().collect::<Vec<_>>().join("`, `")),
            };
            let name = crate::error::snippet(name, 80);
            ErrorData::invalid_params(format!("there is no tool `{name}`; {hint}"), None)
        })
    }

    /// One run, within its time.
    async fn run(
        &self,
        tool: &dyn Exposed,
        request: CallToolRequestParams,
        steps: Option<Steps<'_>>,
    ) -> Result<Record, CallError> {
        let busy =
            |_| CallError::new("busy", "as many calls are under way as this server takes at once; try again");
        let _place = self.places.try_acquire().map_err(busy)?;
        let running = tool.call(&self.cx, request.arguments.unwrap_or_default(), steps);
        match tokio::time::timeout(self.timeout, running).await {
            Ok(outcome) => outcome,
            Err(_) => {
                Err(CallError::new("timeout", &format!("there was no answer within {:?}", self.timeout)))
            }
        }
    }

    /// Runs the program and reports each step.
    async fn run_told(
        &self,
        tool: &dyn Exposed,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Record, CallError> {
        let Some(token) = context.meta.get_progress_token() else {
            return self.run(tool, request, None).await;
        };
        let (steps, mut to_tell) = mpsc::channel(STEPS);
        let told = AtomicU64::new(0);
        let step = move |what: String| drop(steps.try_send(what));
        let telling = async {
            while let Some(what) = to_tell.recv().await {
                let number = told.fetch_add(1, Ordering::Relaxed) + 1;
                let progress =
                    ProgressNotificationParam::new(token.clone(), number as f64).with_message(what);
                // A client that does not listen gets its answer all the same.
                let _ = context.peer.notify_progress(progress).await;
            }
        };
        let running = async {
            let outcome = self.run(tool, request, Some(&step)).await;
            // Ends the telling, once all is told.
            drop(step);
            outcome
        };
        futures_util::future::join(running, telling).await.0
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new(self.name.clone(), env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(us)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.iter().map(|tool| tool.listed()).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.find(name).ok().map(|tool| tool.listed())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = self.find(&request.name)?.clone();
        let outcome = tokio::select! {
            outcome = self.run_told(&*tool, request, &context) => outcome,
            // Nobody reads this any more; the run and its calls are cancelled.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("the call was cancelled", None)),
        };
        Ok(CallToolResponse::Complete(match outcome {
            Ok(record) => CallToolResult::structured(serde_json::json!(record)),
            Err(told) => told.into_result(),
        }))
    }
}
