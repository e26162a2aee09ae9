//! Tools of other programs, and programs as tools of others, by the
//! [Model Context Protocol](https://modelcontextprotocol.io) (MCP), with the feature `mcp`.
//!
//! [`McpServer`] reaches a server, whose tools are [`Tool`](crate::tool::Tool)s like those of `#[tool]`.
//! [`McpTools`] is a server whose tools are programs. Both speak over standard input and output and over
//! streamable HTTP, with servers and clients of revision 2025-11-25 of the protocol and those before it.

mod client;
mod names;
mod server;

pub use client::{McpConnection, McpServer, McpToolList};
pub use server::McpTools;
#[cfg(feature = "serve")]
pub(crate) use server::{handler::Handler, http::Endpoint};
