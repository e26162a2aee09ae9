//! One run of the program for one request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Service;
use super::problem::Problem;
use crate::context::{Context, ProgramRun};
use crate::lm::Usage;
use crate::module::Module;
use crate::predict::Prediction;
use crate::release::Snapshot;
use crate::signature::Fields;

/// A request from when its input is read: the release that it runs on, and what it has cost.
pub(super) struct Running<M: Module> {
    pub(super) snapshot: Arc<Snapshot<M>>,
    pub(super) cx: Context,
    run: Arc<ProgramRun>,
    began: Instant,
    service: Service<M>,
}

impl<M: Module> Running<M> {
    pub(super) fn begin(service: &Service<M>) -> Self {
        let run = Arc::new(ProgramRun::new(None));
        let cx = service.cx.scoped(|scope| scope.detached().in_run(run.clone()));
        Self { snapshot: service.live.get(), cx, run, began: Instant::now(), service: service.clone() }
    }

    /// Returns the remaining time of the request.
    pub(super) fn left(&self) -> Duration {
        self.service.settings.timeout.saturating_sub(self.began.elapsed())
    }

    /// The whole answer.
    pub(super) async fn answer(&self, input: M::Input) -> Result<Value, Problem> {
        match tokio::time::timeout(self.left(), self.snapshot.program().call(&self.cx, input)).await {
            Ok(Ok(prediction)) => self.body(&prediction),
            Ok(Err(error)) => Err(Problem::run(&error)),
            Err(_) => Err(self.too_late()),
        }
    }

    pub(super) fn too_late(&self) -> Problem {
        let detail = format!("there was no answer within {:?}", self.service.settings.timeout);
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", detail)
    }

    /// Returns the body of the answer to a request.
    pub(super) fn body(&self, prediction: &Prediction<M::Output>) -> Result<Value, Problem> {
        let output = prediction.to_record().map_err(|error| Problem::run(&error))?;
        let mut body = json!({
            "output": output,
            "model": self.cx.lm().id().to_string(),
            "usage": prediction.usage(),
        });
        if let Some(release) = self.snapshot.release() {
            body["release"] = json!(release.version());
        }
        Ok(body)
    }

    fn usage(&self) -> Usage {
        self.run.usage()
    }
}

/// Notified when the request ends, however it ends: also when its client goes away.
impl<M: Module> Drop for Running<M> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        self.service.metrics.ran(self.usage(), took, self.run.latency());
    }
}
