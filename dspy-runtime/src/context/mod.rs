//! The context that a program is called with.
//!
//! A [`Context`] is two things, and each can be understood alone. Its settings are the user's
//! configuration: which model, written to and read how. Its scope is where in a run it is: who records,
//! counts and pays. Users change settings by `with_…`; the library changes scopes. A call takes its request
//! from the settings and is made in the scope (`call.rs`, and `embed.rs` for vectors of texts).

mod budget;
mod call;
mod convention;
mod embed;
mod events;
mod history;
mod ledger;
mod measures;
mod meter;
mod price;
mod repeats;
mod replies;
mod run;
mod scope;
mod settings;
mod settled;
pub(crate) mod spans;

use std::sync::Arc;

pub use budget::Budget;
pub(crate) use embed::Embedded;
pub use events::FieldEvent;
pub(crate) use events::{ChunkSink, Sent, Sink};
pub use history::HistoryView;
pub use ledger::{Ledger, Purpose, Spent};
pub(crate) use meter::Meter;
pub use price::{Price, Prices};
pub(crate) use repeats::Asked;
pub use repeats::Repeats;
pub(crate) use replies::{Call, Record, Replies};
pub(crate) use run::ProgramRun;
pub(crate) use scope::Scope;
pub(crate) use settings::Settings;
pub(crate) use settled::Settled;

use crate::adapter::{Adapter, Layout};
use crate::error::Result;
use crate::lm::{CacheUse, Embedder, Embeddings, Lm, Sampling, Usage};
use crate::parse::Mode;
use history::History;

/// The settings that a program runs with, passed to every call and never global.
///
/// A cheap clone; it crosses `spawn` and `join!` like any value. Methods that change a setting give
/// back a changed context and leave the others alone.
///
/// # Example
///
/// ```
/// use dspy::adapter::JsonAdapter;
/// use dspy::{Context, Lm};
///
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let json = cx.with_adapter(JsonAdapter).with_parse_retries(0);
/// assert_eq!(json.lm().id(), cx.lm().id());
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    settings: Arc<Settings>,
    scope: Scope,
}

impl Context {
    /// Runs with a model, the [adapter](Self::adapter) that fits it, and one more question for a reply that cannot be read.
    pub fn new(lm: impl Into<Lm>) -> Self {
        Self { settings: Arc::new(Settings::new(lm.into())), scope: Scope::new() }
    }

    /// The model.
    pub fn lm(&self) -> &Lm {
        &self.settings.lm
    }

    /// The number of rows or runs that go on at once: what was set, or what the model wants, or 16.
    pub(crate) fn at_once(&self, set: Option<usize>) -> usize {
        set.or_else(|| self.lm().model().calls_at_once()).unwrap_or(16)
    }

    /// The adapter, which writes prompts and reads replies: the one that was [set](Self::with_adapter), or the
    /// [`JsonAdapter`](crate::adapter::JsonAdapter) for a model that can be [held to
    /// JSON](crate::lm::LanguageModel::json_support), and the [`ChatAdapter`](crate::adapter::ChatAdapter) for any other.
    pub fn adapter(&self) -> &Arc<dyn Adapter> {
        self.settings.adapter()
    }

    /// Returns the sampling of replies.
    pub fn sampling(&self) -> &Sampling {
        &self.settings.sampling
    }

    /// Returns the number of times a reply that cannot be read is asked for again, with the error
    /// shown. Each is one more LM call, counted in the usage like any other.
    pub fn parse_retries(&self) -> u32 {
        self.settings.parse_retries
    }

    /// Returns a context with another model.
    #[must_use]
    pub fn with_lm(&self, lm: impl Into<Lm>) -> Self {
        self.changed(|settings| settings.lm = lm.into())
    }

    /// Returns a context with another adapter.
    #[must_use]
    pub fn with_adapter(&self, adapter: impl Adapter + 'static) -> Self {
        self.changed(|settings| settings.adapter = Some(Arc::new(adapter)))
    }

    /// Returns a context with another way to draw replies.
    #[must_use]
    pub fn with_sampling(&self, sampling: Sampling) -> Self {
        self.changed(|settings| settings.sampling = sampling)
    }

    /// Returns a context with another temperature.
    #[must_use]
    pub fn with_temperature(&self, temperature: f64) -> Self {
        self.changed(|settings| settings.sampling.temperature = Some(temperature))
    }

    /// Returns a context with another number of [`parse_retries`](Context::parse_retries); 1 by default.
    #[must_use]
    pub fn with_parse_retries(&self, parse_retries: u32) -> Self {
        self.changed(|settings| settings.parse_retries = parse_retries)
    }

    /// Returns a context in which replies that need a [repair](crate::parse::Repair) are refused or, as by
    /// default, taken.
    ///
    /// A reply that is refused is asked for again like any that cannot be read.
    #[must_use]
    pub fn with_strict_replies(&self, strict: bool) -> Self {
        self.changed(|settings| settings.reply_mode = if strict { Mode::Strict } else { Mode::Tolerant })
    }

    /// Returns a context for calls that should differ from those of another rollout: no cache and no search
    /// takes the reply of another for theirs, and where a [seed](Sampling::seed) is set each has its own.
    #[must_use]
    pub fn with_rollout(&self, rollout: u64) -> Self {
        self.changed(|settings| settings.rollout = rollout)
    }

    /// Returns a context for calls that use the cache of their model otherwise, if it is
    /// [`Cached`](crate::cache::Cached). By default they take what is there and keep what is not.
    ///
    /// A search asks the same once, and so [`CacheUse::Refresh`] is once there, too.
    #[must_use]
    pub fn with_cache(&self, cache: CacheUse) -> Self {
        self.changed(|settings| settings.cache = cache)
    }

    /// Returns a context with a limit on the spending through it and its clones from here on.
    ///
    /// A call beyond the limit is not made; it is an error that [`is_budget`](crate::Error::is_budget).
    #[must_use]
    pub fn with_budget(&self, budget: Budget) -> Self {
        let meter = Arc::new(Meter::limited(self.scope.meter.clone(), budget));
        self.scoped(|scope| scope.charging(meter))
    }

    /// Returns the spending through this context and all that were made from it since its budget was
    /// set, or since it was new.
    pub fn usage(&self) -> Usage {
        self.scope.meter.usage()
    }

    /// Returns the spending through this context and all that were made from it, by predictor, model and
    /// purpose, since the first of them was new.
    pub fn ledger(&self) -> Ledger {
        self.scope.accounts.ledger(&self.settings.prices)
    }

    /// Returns a context with another table of prices, by which the [`ledger`](Context::ledger) reports
    /// costs.
    #[must_use]
    pub fn with_prices(&self, prices: Prices) -> Self {
        self.changed(|settings| settings.prices = Arc::new(prices))
    }

    /// The table of prices.
    pub fn prices(&self) -> &Prices {
        &self.settings.prices
    }

    /// Returns a context with the texts of prompts, replies and calls of tools in the `tracing` spans of calls, or without them,
    /// as by default: they are as confidential as the data.
    ///
    /// Each program call is a span `invoke_workflow`, each LM call a span `chat` in it, each call of a tool a span
    /// `execute_tool`, each call of an [embedder](Context::embed) a span `embeddings`, all at level info. Their
    /// attributes are those of OpenTelemetry's conventions for generative AI, v0.1.0 (`gen_ai.request.model`,
    /// `gen_ai.usage.input_tokens`, `error.type` and so on), and a few of our own (`dspy.predictor`, `dspy.purpose`,
    /// `dspy.cached`, `dspy.retries`). Lists are the text of their JSON, as no field of `tracing` holds one;
    /// `examples/otlp` exports them as lists. Texts that are embedded are in no span.
    ///
    /// What calls take and use is in events of the target `dspy::metrics` at level debug, whose fields are instruments
    /// of the conventions (`histogram.gen_ai.client.inference.duration` in seconds,
    /// `monotonic_counter.gen_ai.client.inference.usage.input_tokens` and so on) as the `MetricsLayer` of
    /// `tracing-opentelemetry` reads them; replies of caches are not measured.
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
        self.scope.history.last(n)
    }

    /// Returns a context with its own history that keeps at most so many bytes of the last 64 exchanges; with
    /// 0 it keeps none.
    #[must_use]
    pub fn with_history_bytes(&self, most: usize) -> Self {
        self.scoped(|scope| scope.remembering(Arc::new(History::limited(most))))
    }

    /// Returns a context with the exact prompts and replies of each predictor call in its
    /// [`Step`](crate::trace::Step), or without them, as by default. What a predictor's calls have in common is held
    /// once; the rest takes the memory that its texts have, for as long as the trace is kept.
    #[must_use]
    pub fn with_kept_exchanges(&self, kept: bool) -> Self {
        self.changed(|settings| settings.kept_exchanges = kept)
    }

    /// Returns a context with a separate model for the second call of an adapter such as
    /// [`TwoStep`](crate::adapter::TwoStep), which reads the outputs out of a free answer.
    #[must_use]
    pub fn with_extraction_lm(&self, lm: impl Into<Lm>) -> Self {
        self.changed(|settings| settings.extraction_lm = Some(lm.into()))
    }

    /// Returns a context with another [`Layout`] for inputs that are structs, lists or maps; JSON by default.
    #[must_use]
    pub fn with_layout(&self, layout: Layout) -> Self {
        self.changed(|settings| settings.layout = layout)
    }

    /// Returns a context in which replies are dropped once a field in them breaks a condition (`check`,
    /// `min`, `max`, `len`, `pattern`, `one_of`), or, as by default, read whole.
    ///
    /// Replies then come bit by bit, streamed or not. The call is cancelled as soon as the field is
    /// whole, and asked again as often as [`parse_retries`](Context::parse_retries) say. It is off by default because
    /// providers report the tokens of a call at its end: those of a stopped call are not known, and
    /// [`Usage::stopped`](crate::lm::Usage::stopped) tells how many such calls there are. Searches keep replies,
    /// and so have them whole. A model that replies all at once, or an
    /// adapter that cannot tell fields apart before that, has nothing to stop.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::Scripted;
    /// use dspy::{Context, Predict, signature};
    ///
    /// /// Name the colour and say why.
    /// #[signature]
    /// struct Colour {
    ///     #[input]
    ///     thing: String,
    ///     /// Its colour.
    ///     #[output(one_of("red", "blue"))]
    ///     colour: String,
    ///     /// Why.
    ///     #[output]
    ///     why: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let reply = |colour| format!("[[ ## colour ## ]]\n{colour}\n[[ ## why ## ]]\nIt is a long story.");
    /// let cx = Context::new(Scripted::replies([reply("green"), reply("blue")]).in_chunks(5));
    /// let input = ColourInput { thing: "the sea".into() };
    /// let colour = Predict::<Colour>::new().call(&cx.with_early_stop(true), input).await?;
    /// assert_eq!((colour.colour.as_str(), colour.usage().calls, colour.usage().stopped), ("blue", 2, 1));
    /// assert!(cx.history(2).exchanges().next().is_some_and(|first| first.is_stopped()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_early_stop(&self, stops: bool) -> Self {
        self.changed(|settings| settings.early_stop = stops)
    }

    /// Returns a context in which demonstrations that lack fields are shown or, as by default, left out.
    ///
    /// By default a [`Note`](crate::trace::Note) in the trace says which were left out: a gap would teach the
    /// model to leave gaps. Where they are shown, each missing value reads `(not given)`, and the prompt
    /// says that no reply may.
    #[must_use]
    pub fn with_partial_demos(&self, shown: bool) -> Self {
        self.changed(|settings| settings.partial_demos = shown)
    }

    /// Embeds with another embedder than the built-in one, [`HashedEmbedder`](crate::lm::HashedEmbedder).
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::{LimitedEmbedder, Limiter, embedder};
    /// use dspy::{Context, Lm};
    ///
    /// let limiter = Limiter::new().requests_per_minute(3_000);
    /// let embedder = LimitedEmbedder::new(embedder("builtin/hashed")?, &limiter);
    /// let cx = Context::new(Lm::new("builtin/lexical")?).with_embedder(embedder);
    /// assert_eq!(cx.embedder().id().to_string(), "builtin/hashed@1");
    /// # Ok::<(), dspy::Error>(())
    /// ```
    #[must_use]
    pub fn with_embedder(&self, embedder: impl Embedder + 'static) -> Self {
        self.changed(|settings| settings.embedder = Arc::new(embedder))
    }

    /// The embedder.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.settings.embedder
    }

    /// Makes one vector for each text, within the budget.
    ///
    /// Each call of the embedder's provider is charged like a call of a model: to the budget, to the
    /// [usage](Context::usage) and to the [ledger](Context::ledger), there at the path `embed` (in a retriever,
    /// that of its [`Retrieve`](crate::retrieve::Retrieve)) and under the embedder's name. To `tracing` it is a span `embeddings`. The built-in embedder makes no call.
    ///
    /// # Errors
    ///
    /// When the embedder cannot be reached, or the budget is spent.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Context, Lm};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Lm::new("builtin/lexical")?);
    /// let vectors = cx.embed(["the parcel is late", "where is my parcel"]).await?.vectors;
    /// assert_eq!((vectors.len(), cx.usage().calls), (2, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn embed<T: Into<String>>(&self, texts: impl IntoIterator<Item = T>) -> Result<Embeddings> {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        self.scope.embed(&**self.embedder(), &texts).await
    }

    /// The user's configuration.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The scope of the run that this is in.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns a context with other settings.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::clone(&self.settings);
        change(&mut settings);
        Self { settings: Arc::new(settings), scope: self.scope.clone() }
    }

    /// Returns a context in a scope made from this one's.
    pub(crate) fn scoped(&self, inner: impl FnOnce(Scope) -> Scope) -> Self {
        Self { settings: self.settings.clone(), scope: inner(self.scope.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::Scripted;

    #[test]
    fn what_is_set_and_where_a_call_is_change_apart() {
        let cx = Context::new(Scripted::replies(["never"]));
        let inner = cx.scoped(Scope::nested);
        assert!(Arc::ptr_eq(&cx.settings, &inner.settings), "a scope shares the settings");
        assert_eq!((cx.scope().nesting(), inner.scope().nesting()), (0, 1));
        let set = inner.with_parse_retries(7).with_rollout(3);
        assert_eq!((inner.parse_retries(), set.parse_retries(), set.settings().rollout), (1, 7, 3));
        assert!(Arc::ptr_eq(cx.scope().meter(), set.scope().meter()), "settings share the budget");
        assert_eq!(set.scope().nesting(), 1, "and where they are");
    }

    #[test]
    fn a_budget_is_under_the_one_before_and_a_purpose_is_outside_of_runs() {
        let cx = Context::new(Scripted::replies(["never"])).with_budget(Budget::calls(3));
        let low = cx.with_budget(Budget::calls(5));
        assert_eq!(low.scope().meter().calls_left(), 3);
        let run = Arc::new(ProgramRun::new(Some(0)));
        let running = low.scoped(|scope| scope.in_run(run));
        assert!(running.scope().begin().is_err(), "the run may make no call");
        let judging = running.scoped(|scope| scope.for_purpose(Purpose::Judge));
        assert!(judging.scope().begin().is_ok(), "and judging is none of it");
        assert_eq!(judging.scope().meter().calls_left(), 3);
    }
}
