//! Connections: how they are taken, how long they may idle, and how they end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::{Service, routes};
use crate::error::{Error, Result};
use crate::module::Module;

/// The time to wait when no connection can be taken, as when all file handles are in use.
const BREATH: Duration = Duration::from_millis(100);

pub(super) async fn serve<M: Module>(
    service: &Service<M>,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send,
) -> Result<()> {
    let address = listener.local_addr().map_err(|error| Error::from(error).context("cannot serve"))?;
    let ending = Arc::new(AtomicBool::new(false));
    let (router, end_streams) = routes::ending_router(service, ending.clone());
    let mut connections = http1::Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(service.settings.read_timeout);
    let graceful = GracefulShutdown::new();
    tracing::info!(%address, program = M::NAME, "serving");

    let mut end = pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        // Answers are small and whole; waiting for more of them only delays.
        let _ = stream.set_nodelay(true);
        let connection =
            connections.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        // What fails here is the client's: it went away, or sent no HTTP.
        tokio::spawn(async move {
            connection.await.map_err(|error| tracing::debug!(%error, "a connection broke"))
        });
    }

    ending.store(true, Ordering::Relaxed);
    end_streams();
    drop(listener);
    tracing::info!("finishing what is under way");
    if tokio::time::timeout(service.settings.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that took too long to finish were cancelled");
    }
    Ok(())
}

/// Ready when the process is asked to end: Ctrl-C, and on Unix SIGTERM.
pub(crate) async fn told_to_end() {
    let interrupted = async {
        // Without a handler for it the signal ends the process, which is what it asks for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
