//! The whole path in one go, each step as it would be typed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use dspy::app::App;
use dspy::release::{Live, Store};
use dspy::serve::Service;
use dspy::{Context, Error, Lm, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::program::{Support, SupportTicket};
use crate::retrieve;

/// Plans, compiles, judges, releases and serves one request, in a folder that is gone afterwards.
pub async fn tour(app: App<Support, SupportTicket>) -> ExitCode {
    let folder = Folder::new();
    let store = folder.0.join("artifacts");
    let app = app.store(&store).scratch(folder.0.join("scratch"));
    for command in ["plan --seed 7", "compile --seed 7", "gate", "promote", "history"] {
        eprintln!("\n$ support {command}");
        let arguments = std::iter::once("support").chain(command.split(' '));
        let code = app.run_from(arguments).await;
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    match request(&store).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("support: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves what was released and asks it once.
async fn request(store: &Path) -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let live = Live::<Support>::open(&Store::open(store)?, &cx)?;
    let service = Service::live(live, &cx).prepare(retrieve::policies);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move { service.serve(listener, async { _ = ended.await }).await });

    let answer = post(address, r#"{"ticket_text": "The lamp arrived in pieces"}"#).await;
    let _ = end.send(());
    serving.await.map_err(Error::program)??;
    println!("{}", answer?);
    Ok(())
}

async fn post(address: SocketAddr, body: &'static str) -> Result<String> {
    eprintln!("\n$ support serve --address {address} &\n$ curl --json '{body}' http://{address}/run");
    // Plain HTTP on this machine, but the client wants to be able to do more.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new()
        .post(format!("http://{address}/run"))
        .header("content-type", "application/json");
    let response = request.body(body).send().await.map_err(Error::program)?;
    response.error_for_status().map_err(Error::program)?.text().await.map_err(Error::program)
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("dspy-support-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
