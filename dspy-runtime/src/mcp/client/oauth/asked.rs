//! The answer of a person, whose browser is sent back to a port of this machine.

use std::io::Result;

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATH: &str = "/callback";
/// A longer request is none of an answer.
const LONGEST: usize = 16 << 10;
const THANKS: &str = "Thank you. You can close this page and go back to the program.";
const SORRY: &str = "It was not agreed to. You can close this page and go back to the program.";

/// Listens for the answer.
pub(super) struct Listener {
    listener: TcpListener,
    port: u16,
}

impl Listener {
    pub(super) async fn open(port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address that the browser is to be sent back to.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the address that the browser comes back with; or else the words of the authorization server.
    pub(super) async fn answer(self) -> Result<std::result::Result<String, String>> {
        loop {
            let (mut stream, _) = self.listener.accept().await?;
            let Some(answer) = read(&mut stream, &self.address()).await else {
                // Browsers ask for icons, too.
                let _ = stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .await;
                continue;
            };
            let text = if answer.is_ok() { THANKS } else { SORRY };
            let page = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\
                 \r\n{text}",
                text.len()
            );
            // What was answered counts, whether the browser shows the page or not.
            let _ = stream.write_all(page.as_bytes()).await;
            let _ = stream.shutdown().await;
            return Ok(answer);
        }
    }
}

/// The answer in a request, if it is one.
async fn read(stream: &mut TcpStream, address: &str) -> Option<std::result::Result<String, String>> {
    let (mut asked, mut buffer) = (Vec::new(), [0; 1024]);
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        asked.extend_from_slice(buffer.get(..read)?);
        if asked.len() > LONGEST {
            return None;
        }
    }
    let line = std::str::from_utf8(&asked).ok()?.lines().next()?;
    let target = line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    let url = Url::parse(address).ok()?.join(target).ok().filter(|url| url.path() == PATH)?;
    let word =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (word("code"), word("error")) {
        (Some(_), None) => Some(Ok(url.into())),
        (_, Some(error)) => Some(Err(match word("error_description") {
            Some(description) => format!("{description} ({error})"),
            None => error,
        })),
        _ => None,
    }
}
