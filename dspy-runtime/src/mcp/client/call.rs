//! A server's tool as one of ours.

use std::fmt;

use futures_util::future::BoxFuture;
use rmcp::model::{CallToolRequestParams, CallToolResponse, Tool as Listed};
use serde_json::{Map, Value};

use super::connection::McpConnection;
use super::failure::Failed;
use super::tool_result;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::tool::{Tool, failed as error};

/// A tool of a server, under a name that models can call it by.
pub(super) struct RemoteTool {
    connection: McpConnection,
    name: String,
    /// The server's name for it.
    own_name: String,
    description: String,
    parameters: Value,
}

impl RemoteTool {
    /// # Errors
    ///
    /// When the schema of its arguments is not that of an object.
    pub(super) fn new(connection: McpConnection, name: String, listed: Listed) -> Result<Self> {
        let own_name = listed.name.into_owned();
        let mut parameters = Map::clone(&listed.input_schema);
        // What MCP calls with is an object in any case, and providers want it said.
        match parameters.get("type") {
            Some(Value::String(kind)) if kind == "object" => {}
            None => drop(parameters.insert("type".to_owned(), "object".into())),
            Some(_) => {
                let (shown, tool) = (connection.shown(), connection.quoted(&own_name, 80));
                let message =
                    format!("{shown} lists the tool `{tool}` with arguments that are no JSON object");
                return Err(Error::new(ErrorKind::Decode, message));
            }
        }
        let description =
            listed.description.or(listed.title.map(Into::into)).unwrap_or_default().into_owned();
        Ok(Self { connection, name, own_name, description, parameters: parameters.into() })
    }

    async fn answer(&self, arguments: Map<String, Value>) -> Result<Value> {
        let params = CallToolRequestParams::new(self.own_name.clone()).with_arguments(arguments);
        let limit = self.connection.0.server.timeout;
        let calling = self.connection.peer().call_tool_once(params);
        match self.connection.within(limit, calling).await {
            Some(Ok(CallToolResponse::Complete(result))) => Ok(tool_result::value(result)),
            Some(Ok(_)) => Ok(error("the tool wants to ask its user something, and there is none here")),
            Some(Err(Failed::Told(text))) => Ok(error(text)),
            Some(Err(Failed::Broken(broken))) => Err(broken.context(format_args!("tool `{}`", self.name))),
            None => Ok(error(format_args!("no answer within {limit:?}; the call was cancelled"))),
        }
    }
}

impl Tool for RemoteTool {
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn parameters(&self) -> &Value {
        &self.parameters
    }

    fn call<'a>(&'a self, _: &'a Context, arguments: Value) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            match arguments {
                Value::Object(arguments) => self.answer(arguments).await,
                Value::Null => self.answer(Map::new()).await,
                other => {
                    let found = crate::error::snippet(&other.to_string(), 80).into_owned();
                    Ok(error(format_args!("the arguments are no JSON object; found `{found}`")))
                }
            }
        })
    }
}

impl fmt::Debug for RemoteTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteTool")
            .field("name", &self.name)
            .field("own_name", &self.own_name)
            .field("server", &self.connection.0.server)
            .finish_non_exhaustive()
    }
}
