//! The list of a server's tools.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::model::{
    ClientRequest, CustomResult, ListToolsRequest, PaginatedRequestParams, ServerResult, Tool as Listed,
};
use serde_json::Value;

use super::call::RemoteTool;
use super::connection::McpConnection;
use crate::error::{Error, ErrorKind, Result};
use crate::mcp::names;
use crate::tool::Tool;

/// More pages than any server has; one whose list never ends is reported.
const PAGES: usize = 1_000;

/// The tools of a server, from [`McpConnection::tools`], as `Vec<Arc<dyn Tool>>` when it is awaited. See
/// [`McpServer`](crate::mcp::McpServer) for an example.
///
/// Pages are followed to the last. A tool whose name models do not take, such as `files.read`, gets another for
/// them and is called by its own. Calls are made as [`Tool`](crate::tool::Tool) says: what the model can
/// repair, such as wrong arguments, an error that the tool reports or an answer that does not come in time,
/// is `{"error": …}`; a server that is gone or refuses the token is an `Err`.
///
/// A result is given as its structured content, or else as its text; what is neither, such as an image, is
/// the JSON that MCP has for it, with its bytes in base64. A tool that returns nothing gives `null`.
///
/// # Errors
///
/// When the server is gone, its list cannot be read, two tools have one name, or one that was asked for is not
/// there.
#[must_use = "tools are listed when this is awaited"]
#[derive(Clone, Debug)]
pub struct McpToolList {
    connection: McpConnection,
    only: Option<Vec<String>>,
    prefix: String,
}

impl McpToolList {
    pub(super) fn new(connection: McpConnection) -> Self {
        Self { connection, only: None, prefix: String::new() }
    }

    /// Keeps only these, by the server's own names, in this order; one that is not there is an error.
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Puts this in front of the names for models, so that those of several servers do not meet.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    async fn list(self) -> Result<Vec<Arc<dyn Tool>>> {
        let connection = &self.connection;
        let listing = all(connection);
        let Ok(listed) = tokio::time::timeout(connection.0.server.start_timeout, listing).await else {
            let message = format!("{} did not list its tools in time", connection.shown());
            return Err(Error::new(ErrorKind::Timeout, message));
        };
        let mut listed = listed?;
        if let Some(only) = &self.only {
            let named = |name: &String| {
                let found = listed.iter().find(|tool| tool.name == *name).cloned();
                found.ok_or_else(|| self.missing(name, &listed))
            };
            listed = only.iter().map(named).collect::<Result<_>>()?;
        }
        let mut seen = BTreeSet::new();
        let mut tools: Vec<Arc<dyn Tool>> = Vec::new();
        for tool in listed {
            let name = names::for_models(&self.prefix, &tool.name);
            if !seen.insert(name.clone()) {
                return Err(self.wrong(format!("lists `{}` twice", connection.quoted(&tool.name, 80))));
            }
            tools.push(Arc::new(RemoteTool::new(connection.clone(), name, tool)?));
        }
        Ok(tools)
    }

    fn missing(&self, name: &str, listed: &[Listed]) -> Error {
        let names = || listed.iter().map(|tool| &*tool.name);
        let hint = match crate::signature::nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("it has {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            }
        };
        let hint = self.connection.quoted(&hint, 500);
        let message = format!("{} has no tool `{name}`; {hint}", self.connection.shown());
        Error::new(ErrorKind::NotConfigured, message)
    }

    fn wrong(&self, what: String) -> Error {
        Error::new(ErrorKind::Decode, format!("{} {what}", self.connection.shown()))
    }
}

impl IntoFuture for McpToolList {
    type Output = Result<Vec<Arc<dyn Tool>>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.list())
    }
}

/// The list to its last page.
async fn all(connection: &McpConnection) -> Result<Vec<Listed>> {
    let wrong = |what: String| Error::new(ErrorKind::Decode, format!("{} {what}", connection.shown()));
    let (mut tools, mut cursor, mut seen) = (Vec::new(), None, BTreeSet::new());
    for _ in 0..PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor.take());
        let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
        let page = match connection.peer().send_request(request).await {
            Ok(ServerResult::ListToolsResult(page)) => page,
            Ok(ServerResult::CustomResult(CustomResult(page))) => return Err(wrong(unreadable(&page))),
            Ok(_) => return Err(wrong("does not answer with a list of tools".to_owned())),
            Err(error) => {
                return Err(super::failure::of(connection, error).await.into_error(&connection.shown()));
            }
        };
        tools.extend(page.tools);
        match page.next_cursor {
            // Some end their list with an empty one.
            None => return Ok(tools),
            Some(next) if next.is_empty() => return Ok(tools),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(wrong("goes round in circles with the pages of its list of tools".to_owned()));
            }
            next => cursor = next,
        }
    }
    Err(wrong(format!("lists more than {PAGES} pages of tools")))
}

/// Reports the fault of a list that is none.
fn unreadable(page: &Value) -> String {
    let wrong = page["tools"].as_array().and_then(|tools| {
        tools.iter().enumerate().find(|(_, tool)| serde_json::from_value::<Listed>((*tool).clone()).is_err())
    });
    match wrong {
        Some((at, tool)) => {
            let name =
                tool["name"].as_str().map_or_else(|| format!("number {at}"), |name| format!("`{name}`"));
            let name = crate::error::snippet(&name, 80).into_owned();
            match tool["inputSchema"].is_object() {
                true => format!("lists a tool that is none: {name}"),
                false => format!("lists the tool {name} with an `inputSchema` that is no JSON object"),
            }
        }
        None => "does not answer with a list of tools".to_owned(),
    }
}
