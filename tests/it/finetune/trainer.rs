//! A provider that trains at once, keeps what it is sent, and can be told to fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{ModelId, Scripted, TrainingFile, TrainingJob, TrainingOrder, TrainingService, TrainingState};
use dspy::{Error, ErrorKind, Lm, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{ALL, knows};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the answer is lost.
    Lost,
    /// It is done, and the answer never comes.
    Hangs,
    /// It is not done, and may be asked for again.
    Busy,
    /// It is refused for good.
    Refused,
}

#[derive(Clone, Debug)]
pub struct Trainer(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    files: Vec<TrainingFile>,
    orders: Vec<TrainingOrder>,
    faults: Vec<(&'static str, Fault)>,
    /// What is said of a job, look by look; the last for ever.
    states: Vec<TrainingState>,
    failure: Option<String>,
    looks: Vec<Instant>,
    cancelled: Vec<String>,
    least: usize,
    learns: &'static [&'static str],
    calls: Arc<std::sync::atomic::AtomicUsize>,
}

impl Trainer {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            files: Vec::new(),
            orders: Vec::new(),
            faults: Vec::new(),
            states: vec![TrainingState::Succeeded],
            failure: None,
            looks: Vec::new(),
            cancelled: Vec::new(),
            least: 1,
            learns: ALL,
            calls: Arc::default(),
        })))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().expect("no panic"))
    }

    /// Trains on so many examples at least.
    pub fn least(self, examples: usize) -> Self {
        self.change(|state| state.least = examples);
        self
    }

    /// What the trained model knows.
    pub fn learns(self, known: &'static [&'static str]) -> Self {
        self.change(|state| state.learns = known);
        self
    }

    /// What is said of a job, look by look.
    pub fn says(&self, states: &[TrainingState]) {
        self.change(|state| state.states = states.to_vec());
    }

    pub fn fails(&self, why: &str) {
        self.says(&[TrainingState::Failed]);
        self.change(|state| state.failure = Some(why.to_owned()));
    }

    /// Has the next request of this name go wrong.
    pub fn goes_wrong(&self, request: &'static str, fault: Fault) {
        self.change(|state| state.faults.push((request, fault)));
    }

    pub fn files(&self) -> Vec<TrainingFile> {
        self.change(|state| state.files.clone())
    }

    pub fn orders(&self) -> Vec<TrainingOrder> {
        self.change(|state| state.orders.clone())
    }

    /// Takes over what another was sent, as if it had been sent here.
    pub fn has(&self, other: &Self, files: bool, orders: bool) {
        let (sent, started) = (other.files(), other.orders());
        self.change(|state| {
            state.files.extend(sent.into_iter().filter(|_| files));
            state.orders.extend(started.into_iter().filter(|_| orders));
        });
    }

    /// How long after the first each look at a job was.
    pub fn looks(&self) -> Vec<Duration> {
        self.change(|state| state.looks.iter().map(|look| *look - state.looks[0]).collect())
    }

    pub fn cancelled(&self) -> Vec<String> {
        self.change(|state| state.cancelled.clone())
    }

    /// How many calls its models have answered.
    pub fn calls(&self) -> usize {
        self.change(|state| state.calls.load(std::sync::atomic::Ordering::SeqCst))
    }

    pub fn model(&self, name: &str) -> Lm {
        if name == "mute" {
            return Scripted::answering(|_| String::new()).named(ModelId::new("test", name)).into();
        }
        let (known, calls) = self.change(|state| (state.learns, state.calls.clone()));
        knows(name, if name.starts_with("ft:") { known } else { &[] }, &calls)
    }

    /// What goes wrong with this request, and the request otherwise; what is done is done before the answer.
    async fn request<T>(&self, name: &'static str, act: impl FnOnce(&mut State) -> T) -> Result<T> {
        let fault = self.change(|state| {
            let place = state.faults.iter().position(|(of, _)| *of == name)?;
            Some(state.faults.remove(place).1)
        });
        match fault {
            Some(Fault::Busy) => Err(Error::new(ErrorKind::RateLimit, "too many requests")),
            Some(Fault::Refused) => Err(Error::new(ErrorKind::InvalidRequest, "not on a Sunday")),
            Some(Fault::Lost) => {
                drop(self.change(act));
                Err(Error::new(ErrorKind::Transport, "the connection broke"))
            }
            Some(Fault::Hangs) => {
                drop(self.change(act));
                std::future::pending().await
            }
            None => Ok(self.change(act)),
        }
    }
}

impl TrainingService for Trainer {
    fn name(&self) -> String {
        "made up".to_owned()
    }

    fn least_examples(&self) -> usize {
        self.change(|state| state.least)
    }

    fn upload<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<String>> {
        let keep = |state: &mut State| {
            state.files.push(file.clone());
            format!("file-{}", state.files.len() - 1)
        };
        self.request("upload", keep).boxed()
    }

    fn uploaded<'a>(&'a self, file: &'a TrainingFile) -> BoxFuture<'a, Result<Option<String>>> {
        let find = |state: &mut State| {
            let place = state.files.iter().position(|known| known.name == file.name);
            place.map(|place| format!("file-{place}"))
        };
        self.request("uploaded", find).boxed()
    }

    fn start<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<TrainingJob>> {
        let keep = |state: &mut State| {
            state.orders.push(order.clone());
            TrainingJob::new(format!("job-{}", state.orders.len() - 1), TrainingState::Waiting)
        };
        self.request("start", keep).boxed()
    }

    fn started<'a>(&'a self, order: &'a TrainingOrder) -> BoxFuture<'a, Result<Option<TrainingJob>>> {
        let find = |state: &mut State| {
            let place = state.orders.iter().position(|known| known.key == order.key);
            place.map(|place| TrainingJob::new(format!("job-{place}"), TrainingState::Waiting))
        };
        self.request("started", find).boxed()
    }

    fn status<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        self.change(|state| state.looks.push(Instant::now()));
        let look = move |state: &mut State| {
            let said = if state.states.len() > 1 { state.states.remove(0) } else { state.states[0].clone() };
            let mut found = TrainingJob::new(job, said.clone());
            found.failure.clone_from(&state.failure);
            if said == TrainingState::Succeeded {
                (found.model, found.trained_tokens) = (Some("ft:small".to_owned()), Some(99));
            }
            found
        };
        self.request("status", look).boxed()
    }

    fn cancel<'a>(&'a self, job: &'a str) -> BoxFuture<'a, Result<TrainingJob>> {
        self.change(|state| state.cancelled.push(job.to_owned()));
        async move { Ok(TrainingJob::new(job, TrainingState::Cancelled)) }.boxed()
    }

    fn lm(&self, model: &str) -> Result<Lm> {
        Ok(self.model(model))
    }
}
