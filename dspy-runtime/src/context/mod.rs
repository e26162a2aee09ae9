//! What a call runs with: the model, the adapter, limits, the budget and the trace.

mod budget;
mod call;
mod described;
mod embed;
mod events;
mod history;
mod kept;
mod ledger;
mod meter;
mod price;
mod purpose;
mod repeats;
mod replies;
mod run;
pub(crate) mod spans;
mod wishes;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use budget::Budget;
pub(crate) use embed::Embedded;
pub use events::FieldEvent;
pub(crate) use events::{ChunkSink, Sent, Sink};
pub(crate) use history::Told;
pub use history::{Exchange, HistoryView};
pub(crate) use kept::Settled;
pub use ledger::{Ledger, Spent};
pub(crate) use meter::Meter;
pub use price::{Price, Prices};
pub use purpose::Purpose;
pub(crate) use repeats::Asked;
pub use repeats::Repeats;
pub(crate) use replies::{Call, Record, Replies};
pub(crate) use run::ProgramRun;

use tracing::Span;

use crate::adapter::{self, Adapter, Layout};
use crate::cache::CacheUse;
use crate::lm::{Embedder, Lm, Request, Sampling, Usage};
use crate::parse::Mode;
use crate::trace::Recorder;
use history::History;
use ledger::Accounts;

/// What a program runs with, passed to every call and never global.
///
/// A cheap clone; it crosses `spawn` and `join!` like any value. Methods that change a setting give
/// back a changed context and leave the others alone.
///
/// # Example
///
/// ```
/// use dspy::{Context, JsonAdapter, Lm};
///
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let json = cx.with_adapter(JsonAdapter).with_reasks(0);
/// assert_eq!(json.lm().id(), cx.lm().id());
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    settings: Arc<Settings>,
    /// Collects the steps of the program call that this context is in, if it is in one.
    recorder: Option<Arc<Recorder>>,
    /// Where the program call shows its fields as they come, if somebody looks.
    sink: Option<Sink>,
    meter: Arc<Meter>,
    run: Option<Arc<ProgramRun>>,
    replies: Option<Arc<Replies>>,
    /// What was asked so far, where somebody wants to know whether replies differ.
    asked: Option<Arc<Asked>>,
    purpose: Purpose,
    history: Arc<History>,
    accounts: Arc<Accounts>,
    /// What predictors are told beside their inputs, by path.
    advice: Option<Arc<BTreeMap<String, String>>>,
    /// The step that embedding calls are for, if they are for one.
    embedded: Option<Arc<Embedded>>,
    /// The program call that this context is in, for tasks that `tracing` does not follow.
    span: Span,
}

#[derive(Clone, Debug)]
struct Settings {
    lm: Lm,
    extraction_lm: Option<Lm>,
    embedder: Arc<dyn Embedder>,
    /// The one of the model where none was set.
    adapter: Option<Arc<dyn Adapter>>,
    sampling: Sampling,
    rollout: u64,
    /// How many attempts of strategies the calls are in, one inside of the other.
    nesting: u32,
    cache: CacheUse,
    reasks: u32,
    reply_mode: Mode,
    partial_demos: bool,
    early_stop: bool,
    layout: Layout,
    prices: Arc<Prices>,
    traced_contents: bool,
    kept_exchanges: bool,
}

impl Context {
    /// Runs with a model, the [adapter](Self::adapter) that fits it, and one more question for a reply that cannot be read.
    pub fn new(lm: impl Into<Lm>) -> Self {
        let settings = Settings {
            lm: lm.into(),
            extraction_lm: None,
            embedder: embed::built_in(),
            adapter: None,
            sampling: Sampling::default(),
            rollout: 0,
            nesting: 0,
            cache: CacheUse::default(),
            reasks: 1,
            reply_mode: Mode::Tolerant,
            partial_demos: false,
            early_stop: false,
            layout: Layout::Json,
            prices: Prices::shared(),
            traced_contents: false,
            kept_exchanges: false,
        };
        Self {
            settings: Arc::new(settings),
            recorder: None,
            sink: None,
            meter: Arc::default(),
            run: None,
            replies: None,
            asked: None,
            purpose: Purpose::Task,
            history: Arc::default(),
            accounts: Arc::default(),
            advice: None,
            embedded: None,
            span: Span::none(),
        }
    }

    /// The model.
    pub fn lm(&self) -> &Lm {
        &self.settings.lm
    }

    /// The adapter, which writes prompts and reads replies: the one that was [set](Self::with_adapter), or the
    /// [`JsonAdapter`](crate::JsonAdapter) for a model that can be [held to
    /// JSON](crate::LanguageModel::json_support), and the [`ChatAdapter`](crate::ChatAdapter) for any other.
    pub fn adapter(&self) -> &Arc<dyn Adapter> {
        let fitting = || adapter::for_model(self.lm().model().json_support());
        self.settings.adapter.as_ref().unwrap_or_else(fitting)
    }

    /// How replies are drawn.
    pub fn sampling(&self) -> &Sampling {
        &self.settings.sampling
    }

    /// How often a reply that cannot be read is asked for again, with the error shown. Each is one
    /// more LM call, counted in the usage like any other.
    pub fn reasks(&self) -> u32 {
        self.settings.reasks
    }

    /// The same with another model.
    #[must_use]
    pub fn with_lm(&self, lm: impl Into<Lm>) -> Self {
        self.changed(|settings| settings.lm = lm.into())
    }

    /// The same with another adapter.
    #[must_use]
    pub fn with_adapter(&self, adapter: impl Adapter + 'static) -> Self {
        self.with_shared_adapter(Arc::new(adapter))
    }

    pub(crate) fn with_shared_adapter(&self, adapter: Arc<dyn Adapter>) -> Self {
        self.changed(|settings| settings.adapter = Some(adapter))
    }

    /// The same with another way to draw replies.
    #[must_use]
    pub fn with_sampling(&self, sampling: Sampling) -> Self {
        self.changed(|settings| settings.sampling = sampling)
    }

    /// The same with another temperature.
    #[must_use]
    pub fn with_temperature(&self, temperature: f64) -> Self {
        self.changed(|settings| settings.sampling.temperature = Some(temperature))
    }

    /// The same with another number of [`reasks`](Context::reasks); 1 by default.
    #[must_use]
    pub fn with_reasks(&self, reasks: u32) -> Self {
        self.changed(|settings| settings.reasks = reasks)
    }

    /// The same, with replies that need a [repair](crate::Repair) refused or, as by default, taken.
    ///
    /// A reply that is refused is asked for again like any that cannot be read.
    #[must_use]
    pub fn with_strict_replies(&self, strict: bool) -> Self {
        self.changed(|settings| settings.reply_mode = if strict { Mode::Strict } else { Mode::Tolerant })
    }

    /// The same, for calls that are wanted to differ from those of another rollout: no cache and no search takes the
    /// reply of another for theirs, and where a [seed](Sampling::seed) is set each has its own.
    #[must_use]
    pub fn with_rollout(&self, rollout: u64) -> Self {
        self.changed(|settings| settings.rollout = rollout)
    }

    /// The rollout that calls are of; 0 by default.
    pub(crate) fn rollout(&self) -> u64 {
        self.settings.rollout
    }

    /// How many attempts of strategies this context is in.
    pub(crate) fn nesting(&self) -> u32 {
        self.settings.nesting
    }

    /// The same, in one more attempt of a strategy.
    pub(crate) fn nested(&self) -> Self {
        self.changed(|settings| settings.nesting += 1)
    }

    /// The same, for calls that use the cache of their model otherwise, if it is [`Cached`](crate::Cached). By
    /// default they take what is there and keep what is not.
    ///
    /// A search asks the same once, and so [`CacheUse::Refresh`] is once there, too.
    #[must_use]
    pub fn with_cache(&self, cache: CacheUse) -> Self {
        self.changed(|settings| settings.cache = cache)
    }

    /// The same with a limit on what may be spent through it and its clones from here on.
    ///
    /// A call beyond the limit is not made; it is an error that [`is_budget`](crate::Error::is_budget).
    #[must_use]
    pub fn with_budget(&self, budget: Budget) -> Self {
        self.with_meter(Arc::new(Meter::limited(self.meter.clone(), budget)))
    }

    /// What was spent through this context and all that were made from it since its budget was set,
    /// or since it was new.
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// What was spent through this context and all that were made from it, by predictor, model and purpose,
    /// since the first of them was new.
    pub fn ledger(&self) -> Ledger {
        self.accounts.ledger(&self.settings.prices)
    }

    /// The same with another table of prices, by which the [`ledger`](Context::ledger) tells costs.
    #[must_use]
    pub fn with_prices(&self, prices: Prices) -> Self {
        self.changed(|settings| settings.prices = Arc::new(prices))
    }

    /// The table of prices.
    pub fn prices(&self) -> &Prices {
        &self.settings.prices
    }

    /// The same, with the texts of prompts and replies in the `tracing` spans of calls, or without them, as by
    /// default: they are as confidential as the data.
    ///
    /// Each program call is a span `invoke_workflow`, each LM call a span `chat` in it, both at level info, with the
    /// attributes of OpenTelemetry's conventions for generative AI (`gen_ai.request.model`,
    /// `gen_ai.usage.input_tokens`, `error.type` and so on) and a few of our own (`dspy.predictor`,
    /// `dspy.purpose`, `dspy.cached`, `dspy.retries`). Calls of an [embedder](Context::embed) are spans `embeddings`;
    /// their texts are in none. Any `tracing` subscriber sees them.
    #[must_use]
    pub fn with_traced_contents(&self, traced: bool) -> Self {
        self.changed(|settings| settings.traced_contents = traced)
    }

    /// The last `n` exchanges with a model, exactly as they were, the latest last.
    ///
    /// A context and all that are made from it share one history of the last 64 exchanges, of which it keeps
    /// at most 16 MiB, what they share counted for each; say otherwise with
    /// [`with_history_bytes`](Context::with_history_bytes).
    pub fn history(&self, n: usize) -> HistoryView {
        self.history.last(n)
    }

    /// The same, with a history of its own that keeps at most so many bytes of the last 64 exchanges; with 0 it
    /// keeps none.
    #[must_use]
    pub fn with_history_bytes(&self, most: usize) -> Self {
        Self { history: Arc::new(History::limited(most)), ..self.clone() }
    }

    /// The same, with the exact prompts and replies of each predictor call in its [`Step`](crate::Step), or without
    /// them, as by default. What a predictor's calls have in common is held once; the rest takes the memory that
    /// its texts have, for as long as the trace is kept.
    #[must_use]
    pub fn with_kept_exchanges(&self, kept: bool) -> Self {
        self.changed(|settings| settings.kept_exchanges = kept)
    }

    pub(crate) fn keeps_exchanges(&self) -> bool {
        self.settings.kept_exchanges
    }

    /// A request with these messages and this context's settings.
    pub(crate) fn request(&self, messages: crate::lm::Messages) -> Request {
        let mut request = Request::from(messages);
        request.sampling.clone_from(&self.settings.sampling);
        request.rollout = self.settings.rollout;
        if let (Some(seed), 1..) = (&mut request.sampling.seed, request.rollout) {
            // Some servers take no more than 31 bits.
            *seed = seed.wrapping_add(request.rollout) & 0x7fff_ffff;
        }
        request.cache = self.settings.cache;
        request
    }

    /// The same with advice to predictors, by path, in place of what they were told before.
    pub(crate) fn with_advice(&self, advice: BTreeMap<String, String>) -> Self {
        let mut told = self.advice.as_deref().cloned().unwrap_or_default();
        told.extend(advice);
        Self { advice: Some(Arc::new(told)), ..self.clone() }
    }

    /// What the predictor of this path is told beside its inputs.
    pub(crate) fn advice(&self, path: &str) -> Option<&str> {
        self.advice.as_ref()?.get(path).map(String::as_str)
    }

    pub(crate) fn sink(&self) -> Option<&Sink> {
        self.sink.as_ref()
    }

    /// The same, showing fields as they come.
    pub(crate) fn showing(&self, sink: Sink) -> Self {
        Self { sink: Some(sink), ..self.clone() }
    }

    pub(crate) fn reply_mode(&self) -> Mode {
        self.settings.reply_mode
    }

    pub(crate) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref()
    }

    /// The same, inside a program call whose steps the recorder collects.
    pub(crate) fn recording(&self, recorder: Arc<Recorder>, span: Span) -> Self {
        Self { recorder: Some(recorder), span, ..self.clone() }
    }

    /// The same, whose program calls also leave their steps here, whether they end well or not.
    pub(crate) fn recorded_in(&self, recorder: Arc<Recorder>) -> Self {
        Self { recorder: Some(recorder), ..self.clone() }
    }

    /// The same, outside of any program call.
    pub(crate) fn detached(&self) -> Self {
        Self { recorder: None, sink: None, ..self.clone() }
    }

    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    pub(crate) fn with_meter(&self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self.clone() }
    }

    /// The same for one run of a program, with what counts its calls.
    pub(crate) fn in_run(&self, run: Arc<ProgramRun>) -> Self {
        Self { run: Some(run), ..self.clone() }
    }

    /// The same, paying for each distinct request once.
    pub(crate) fn with_replies(&self, replies: Arc<Replies>) -> Self {
        Self { replies: Some(replies), ..self.clone() }
    }

    /// The same, with replies that are shared from here on, if they are not already.
    pub(crate) fn with_shared_replies(&self) -> Self {
        self.with_replies(self.replies.clone().unwrap_or_default())
    }

    pub(crate) fn replies(&self) -> Option<&Arc<Replies>> {
        self.replies.as_ref()
    }

    /// The same, with calls that are for something else, outside of any run.
    pub(crate) fn for_purpose(&self, purpose: Purpose, meter: Arc<Meter>) -> Self {
        Self { purpose, meter, run: None, ..self.clone() }
    }

    fn changed(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::clone(&self.settings);
        change(&mut settings);
        Self { settings: Arc::new(settings), ..self.clone() }
    }
}
