//! A server as a child process: how it starts, what it may send, and how it ends.

use std::ffi::OsString;
use std::path::Path;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::process::{self, ChildStderr, Command};
use tokio::sync::{oneshot, watch};

use super::McpServer;
use super::connection::{Hello, McpConnection, Unreached, quoted};
use super::secrets::Secrets;
use crate::error::{Error, ErrorKind, Result};

/// The time a server may take to end by itself once its input has ended.
const GRACE: Duration = Duration::from_secs(2);
/// The time to wait for the exit of a server whose output has ended.
const BREATH: Duration = Duration::from_secs(1);
/// The size of its text on standard error that is kept.
const LAST_WORDS: usize = 2048;
/// The environment variables that a program needs to run, and nothing more.
const INHERITED: [&str; 16] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "TMPDIR",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "APPDATA",
    "LOCALAPPDATA",
    "PATHEXT",
    "TEMP",
    "TMP",
    "USERPROFILE",
];

/// The known facts about a server's process.
pub(super) struct Child {
    exit: watch::Receiver<Option<ExitStatus>>,
    words: Arc<Mutex<Vec<u8>>>,
    too_large: Arc<AtomicBool>,
    max_bytes: usize,
    /// Dropped with the last who uses the server.
    _used: oneshot::Sender<()>,
}

/// Starts the server. One that ends at what it hears first is started again and spoken to as servers were before.
pub(super) async fn connect(
    server: &McpServer,
    command: &OsString,
    arguments: &[OsString],
    env: &[(OsString, OsString)],
    folder: Option<&Path>,
) -> Result<McpConnection> {
    match start(server, command, arguments, env, folder, Hello::New).await? {
        Err(unreached) if unreached.has_ended => {
            Ok(start(server, command, arguments, env, folder, Hello::Old).await??)
        }
        started => Ok(started?),
    }
}

async fn start(
    server: &McpServer,
    command: &OsString,
    arguments: &[OsString],
    env: &[(OsString, OsString)],
    folder: Option<&Path>,
    hello: Hello,
) -> Result<Result<McpConnection, Unreached>> {
    let mut process = Command::new(command);
    process.args(arguments).env_clear();
    process.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    process.envs(env.iter().map(|(name, value)| (name, value)));
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(folder) = folder {
        process.current_dir(folder);
    }
    let mut process = process.spawn().map_err(|error| {
        let shown = server.shown();
        let message =
            format!("{shown} cannot be started: {error}; is the command installed, and is its folder there?");
        Error::new(ErrorKind::Transport, message)
    })?;
    let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(Error::new(
            ErrorKind::Transport,
            format!("{} has no standard input or output", server.shown()),
        ));
    };
    let too_large = Arc::new(AtomicBool::new(false));
    let stdout =
        Bounded { inner: stdout, since_line: 0, max: server.max_bytes, too_large: too_large.clone() };
    let child = Child::watch(process, stderr, too_large, server.max_bytes);
    // The limit is ours, which does not pass over a message in silence.
    let transport = AsyncRwTransport::new_client(stdout, stdin).with_max_line_length(usize::MAX);
    Ok(McpConnection::open(server, transport, Some(child), hello, server.secrets()).await)
}

impl Child {
    fn watch(
        process: process::Child,
        stderr: ChildStderr,
        too_large: Arc<AtomicBool>,
        max_bytes: usize,
    ) -> Self {
        let words = Arc::new(Mutex::new(Vec::new()));
        let (told, exit) = watch::channel(None);
        let (used, unused) = oneshot::channel();
        let listening = tokio::spawn(listen(stderr, words.clone()));
        tokio::spawn(supervise(process, unused, told, listening));
        Self { exit, words, too_large, max_bytes, _used: used }
    }

    /// Returns the outcome, after its name.
    pub(super) async fn ended(&self, secrets: &Secrets) -> String {
        if self.too_large.load(Ordering::Relaxed) {
            let most = self.max_bytes;
            return format!(
                "sent a message of more than {most} bytes and was dropped (`max_bytes` allows more)"
            );
        }
        let mut exit = self.exit.clone();
        let status = tokio::time::timeout(BREATH, exit.wait_for(Option::is_some)).await;
        let status = status.ok().and_then(Result::ok).and_then(|status| *status);
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let words = String::from_utf8_lossy(&words).trim().to_owned();
        // What matters comes last.
        let skipped = words.chars().count().saturating_sub(400);
        let words: String = words.chars().skip(skipped).collect();
        let mut text = match status {
            Some(status) => format!("ended ({status})"),
            None => "has closed its output".to_owned(),
        };
        if !words.is_empty() {
            text.push_str(&format!(", saying: {}", quoted(&words, 400, secrets)));
        }
        text
    }
}

/// Keeps the last words.
async fn listen(mut stderr: ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(&buffer[..read]);
        let surplus = words.len().saturating_sub(LAST_WORDS);
        words.drain(..surplus);
    }
}

/// Waits until the server ends or nobody needs it; then it may end by itself for a while.
async fn supervise(
    mut process: process::Child,
    unused: oneshot::Receiver<()>,
    told: watch::Sender<Option<ExitStatus>>,
    listening: tokio::task::JoinHandle<()>,
) {
    let status = tokio::select! {
        status = process.wait() => status.ok(),
        _ = unused => match tokio::time::timeout(GRACE, process.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                let _ = process.kill().await;
                None
            }
        },
    };
    // Its last words first; but a process of its own may keep the pipe open.
    let _ = tokio::time::timeout(BREATH / 2, listening).await;
    let _ = told.send(status);
}

/// The output of a server, which ends with a message that is too large.
struct Bounded<R> {
    inner: R,
    since_line: usize,
    max: usize,
    too_large: Arc<AtomicBool>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = into.filled().len();
        std::task::ready!(Pin::new(&mut self.inner).poll_read(cx, into))?;
        let read = into.filled().get(before..).unwrap_or_default();
        for piece in read.split_inclusive(|byte| *byte == b'\n') {
            self.since_line += piece.len();
            if self.since_line > self.max {
                self.too_large.store(true, Ordering::Relaxed);
                return Poll::Ready(Err(std::io::Error::other("a message is too large")));
            }
            if piece.ends_with(b"\n") {
                self.since_line = 0;
            }
        }
        Poll::Ready(Ok(()))
    }
}
