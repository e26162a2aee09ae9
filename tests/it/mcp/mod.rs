//! MCP in both directions: tools of servers, and programs as tools.

mod child;
mod client;
mod http;
mod lies;
mod oauth;
mod official;
mod server;

use std::sync::Arc;

use dspy::Result;
use dspy::lm::{LanguageModel, ModelId, Request, Response};
use dspy::tool::Tool;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::task::built_in;

/// The tool of this name.
fn tool(tools: &[Arc<dyn Tool>], name: &str) -> Arc<dyn Tool> {
    tools.iter().find(|tool| tool.name() == name).expect("it is listed").clone()
}

/// What a tool tells a model.
async fn call(tool: &Arc<dyn Tool>, arguments: Value) -> Value {
    tool.call(&built_in(), arguments).await.expect("nothing is wrong that a model could not mend")
}

/// A model that never answers, and says when it was asked and when its call was given up.
#[derive(Debug)]
struct Held {
    id: ModelId,
    asked: Arc<Semaphore>,
    given_up: Arc<Semaphore>,
}

impl Held {
    fn new() -> (Self, Arc<Semaphore>, Arc<Semaphore>) {
        let (asked, given_up) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        (
            Self { id: ModelId::new("test", "held"), asked: asked.clone(), given_up: given_up.clone() },
            asked,
            given_up,
        )
    }
}

/// Tells that it is dropped.
struct Dropped<'a>(&'a Semaphore);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl LanguageModel for Held {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async {
            let _dropped = Dropped(&self.given_up);
            self.asked.add_permits(1);
            std::future::pending().await
        })
    }
}
