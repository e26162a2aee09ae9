//! Tools of other programs, and programs as tools of others, by the
//! [Model Context Protocol](https://modelcontextprotocol.io) (MCP), with the feature `mcp`.
//!
//! [`McpServer`] reaches a server, whose tools are [`Tool`](crate::tool::Tool)s like those of `#[tool]`.
//! [`McpTools`] is a server whose tools are programs. Both speak over standard input and output and over
//! streamable HTTP, with clients and servers of revision 2026-07-28 of the protocol and with those of the revisions
//! before it, back to 2024-11-05: a connection begins in the new way (`server/discover`), and where the other side does
//! not know that, in the old one (`initialize`).
//!
//! | | client | server |
//! |---|---|---|
//! | tools: listed page by page, called, cancelled | yes | yes |
//! | structured results, and schemas of them | yes | yes |
//! | progress of a call | no | yes, of each field |
//! | tokens: given, or by OAuth ([`McpOauth`]) | yes | given ones, of the service |
//! | what a tool asks of its user in the middle of a call | reported as an error | no |
//! | resources, prompts, completions, tasks, changes of the list of tools | no | no |

mod client;
mod names;
mod server;

pub use client::{McpConnection, McpOauth, McpServer, McpToolList};
pub use server::McpTools;
#[cfg(feature = "serve")]
pub(crate) use server::{handler::Handler, http::Endpoint};
