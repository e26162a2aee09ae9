//! What a call runs with: the model, the adapter, limits, the budget and the trace.

mod events;
mod history;
mod meter;

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};

pub use events::FieldEvent;
pub(crate) use events::{ChunkSink, Sent, Sink};
pub use history::{Exchange, HistoryView};
pub use meter::Budget;
pub(crate) use meter::Meter;

use crate::adapter::{Adapter, ChatAdapter, Layout};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Chunk, Lm, Request, Response, Sampling, Usage};
use crate::parse::Mode;
use crate::trace::Recorder;
use history::History;

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
    history: Arc<History>,
}

#[derive(Clone, Debug)]
struct Settings {
    lm: Lm,
    extraction_lm: Option<Lm>,
    adapter: Arc<dyn Adapter>,
    sampling: Sampling,
    rollout: u64,
    reasks: u32,
    reply_mode: Mode,
    partial_demos: bool,
    early_stop: bool,
    layout: Layout,
}

impl Context {
    /// Runs with a model, the [`ChatAdapter`], and one more question for a reply that cannot be read.
    pub fn new(lm: impl Into<Lm>) -> Self {
        let settings = Settings {
            lm: lm.into(),
            extraction_lm: None,
            adapter: ChatAdapter::shared(),
            sampling: Sampling::default(),
            rollout: 0,
            reasks: 1,
            reply_mode: Mode::Tolerant,
            partial_demos: false,
            early_stop: false,
            layout: Layout::Json,
        };
        Self {
            settings: Arc::new(settings),
            recorder: None,
            sink: None,
            meter: Arc::default(),
            history: Arc::default(),
        }
    }

    /// The model.
    pub fn lm(&self) -> &Lm {
        &self.settings.lm
    }

    /// The adapter, which writes prompts and reads replies.
    pub fn adapter(&self) -> &Arc<dyn Adapter> {
        &self.settings.adapter
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

    /// The same with a model of its own for the second call of an adapter such as
    /// [`TwoStep`](crate::TwoStep), which reads the outputs out of a free answer.
    #[must_use]
    pub fn with_extraction_lm(&self, lm: impl Into<Lm>) -> Self {
        self.changed(|settings| settings.extraction_lm = Some(lm.into()))
    }

    /// The same with another adapter.
    #[must_use]
    pub fn with_adapter(&self, adapter: impl Adapter + 'static) -> Self {
        self.changed(|settings| settings.adapter = Arc::new(adapter))
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

    /// The same with another [`Layout`] for inputs that are structs, lists or maps; JSON by default.
    #[must_use]
    pub fn with_layout(&self, layout: Layout) -> Self {
        self.changed(|settings| settings.layout = layout)
    }

    /// The same, with replies that are not waited for to their end once a field in them breaks a
    /// condition (`check`, `min`, `max`, `len`, `pattern`, `one_of`), or, as by default, read whole.
    ///
    /// Replies then come bit by bit, streamed or not. The call is given up as soon as the field is
    /// whole, and asked again as often as [`reasks`](Context::reasks) say. It is off by default because
    /// providers tell the tokens of a call at its end: those of a stopped call are not known, and
    /// [`Usage::stopped`] tells how many such calls there are. A model that replies all at once, or an
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

    /// The same, with demonstrations that lack fields shown or, as by default, left out.
    ///
    /// By default a [`Note`](crate::Note) in the trace says which were left out: a gap would teach the
    /// model to leave gaps. Where they are shown, each missing value reads `(not given)`, and the prompt
    /// says that no reply may.
    #[must_use]
    pub fn with_partial_demos(&self, shown: bool) -> Self {
        self.changed(|settings| settings.partial_demos = shown)
    }

    /// The same, for calls that are wanted to differ from those of another rollout.
    #[must_use]
    pub fn with_rollout(&self, rollout: u64) -> Self {
        self.changed(|settings| settings.rollout = rollout)
    }

    /// The same with a limit on what may be spent through it and its clones from here on.
    ///
    /// A call beyond the limit is not made; it is an error that [`is_budget`](Error::is_budget).
    #[must_use]
    pub fn with_budget(&self, budget: Budget) -> Self {
        self.with_meter(Meter::limited(self.meter.clone(), budget))
    }

    /// What was spent through this context and all that were made from it since its budget was set,
    /// or since it was new.
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// The last `n` exchanges with a model, exactly as they were, the latest last.
    ///
    /// A context and all that are made from it share one history of the last 64 exchanges.
    pub fn history(&self, n: usize) -> HistoryView {
        self.history.last(n)
    }

    /// A request with these messages and this context's settings.
    pub(crate) fn request(&self, messages: crate::lm::Messages) -> Request {
        let mut request = Request::from(messages);
        request.sampling.clone_from(&self.settings.sampling);
        request.rollout = self.settings.rollout;
        request
    }

    /// Makes one LM call; everything that is spent is spent here.
    ///
    /// The place is reserved before the call and what it cost is settled after it, so that no limit
    /// is ever passed. A call that is dropped half-way keeps its place: it may have been paid for.
    pub(crate) async fn complete(&self, path: &Arc<str>, request: Arc<Request>) -> (Usage, Result<Response>) {
        if let Err(error) = self.can_show(&request).and_then(|()| self.meter.reserve()) {
            return (Usage::default(), Err(error));
        }
        let outcome = self.settings.lm.model().complete(&request).await;
        (self.settle(path, request, &outcome), outcome)
    }

    /// As [`complete`](Self::complete), handing on each text of the reply as it comes.
    pub(crate) async fn complete_in_chunks(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        each: &mut (impl ChunkSink + ?Sized),
    ) -> (Usage, Result<Sent>) {
        if let Err(error) = self.can_show(&request).and_then(|()| self.meter.reserve()) {
            return (Usage::default(), Err(error));
        }
        let outcome = received(self.settings.lm.model().stream(&request), each).await;
        let exchanged = match outcome {
            Ok(Sent::Stopped(text)) => {
                return (self.settle_stopped(path, request, &text), Ok(Sent::Stopped(text)));
            }
            Ok(Sent::Whole(response)) => Ok(response),
            Err(error) => Err(error),
        };
        (self.settle(path, request, &exchanged), exchanged.map(Sent::Whole))
    }

    /// What a model cannot take is known before anything is sent.
    fn can_show(&self, request: &Request) -> Result<()> {
        let lm = self.lm();
        let refused = request.messages.media().find_map(|media| Some((media, lm.model().refuses(media)?)));
        refused.map_or(Ok(()), |(media, why)| {
            let message = format!("{} cannot be shown {media}: {why}", lm.id());
            Err(Error::new(ErrorKind::Unsupported, message))
        })
    }

    fn settle(&self, path: &Arc<str>, request: Arc<Request>, outcome: &Result<Response>) -> Usage {
        let usage = match outcome {
            Ok(response) => response.usage,
            Err(error) => failed(error),
        };
        self.meter.settle(usage);
        self.history.push(Exchange::new(path, &self.settings.lm, request, outcome));
        usage
    }

    /// A call that was given up in the middle has no tokens that anybody knows of.
    fn settle_stopped(&self, path: &Arc<str>, request: Arc<Request>, text: &str) -> Usage {
        let usage = Usage { calls: 1, stopped: 1, ..Usage::default() };
        self.meter.settle(usage);
        self.history.push(Exchange::stopped(path, &self.settings.lm, request, text));
        usage
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

    /// The same, for the calls that read a free answer.
    pub(crate) fn extracting(&self) -> Self {
        self.settings.extraction_lm.as_ref().map_or_else(|| self.clone(), |lm| self.with_lm(lm.clone()))
    }

    pub(crate) fn layout(&self) -> Layout {
        self.settings.layout
    }

    pub(crate) fn early_stop(&self) -> bool {
        self.settings.early_stop
    }

    pub(crate) fn partial_demos(&self) -> bool {
        self.settings.partial_demos
    }

    pub(crate) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref()
    }

    /// The same, inside a program call whose steps the recorder collects.
    pub(crate) fn recording(&self, recorder: Arc<Recorder>) -> Self {
        Self { recorder: Some(recorder), ..self.clone() }
    }

    /// The same, outside of any program call.
    pub(crate) fn detached(&self) -> Self {
        Self { recorder: None, sink: None, ..self.clone() }
    }

    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    pub(crate) fn with_meter(&self, meter: Meter) -> Self {
        Self { meter: Arc::new(meter), ..self.clone() }
    }

    fn changed(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::clone(&self.settings);
        change(&mut settings);
        Self { settings: Arc::new(settings), ..self.clone() }
    }
}

/// Hands on the texts of a reply. Dropping the stream, as when no more is wanted, gives the call up.
async fn received(
    mut chunks: BoxStream<'_, Result<Chunk>>,
    each: &mut (impl ChunkSink + ?Sized),
) -> Result<Sent> {
    let mut so_far = String::new();
    loop {
        match chunks.next().await {
            Some(Ok(Chunk::Text(text))) => {
                so_far.push_str(&text);
                if each.text(text).await.is_continue() {
                    continue;
                }
                // A reply that has ended already is not stopped, and its cost is known.
                return match chunks.next().now_or_never() {
                    Some(Some(Ok(Chunk::End(response)))) => Ok(Sent::Whole(response)),
                    _ => Ok(Sent::Stopped(so_far)),
                };
            }
            Some(Ok(Chunk::End(response))) => return Ok(Sent::Whole(response)),
            Some(Err(error)) => return Err(error),
            None => return Err(Error::new(ErrorKind::Decode, "the stream of the reply has no end")),
        }
    }
}

/// A failed call was a call, and so was each retry.
fn failed(error: &Error) -> Usage {
    Usage { calls: 1, retries: u64::from(error.retries()), ..Usage::default() }
}
