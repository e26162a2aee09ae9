//! Wishes about prompts and replies that few programs have.

use std::sync::Arc;

use super::Context;
use crate::adapter::{Adapter, Layout};
use crate::lm::Lm;

impl Context {
    /// The same with a model of its own for the second call of an adapter such as
    /// [`TwoStep`](crate::TwoStep), which reads the outputs out of a free answer.
    #[must_use]
    pub fn with_extraction_lm(&self, lm: impl Into<Lm>) -> Self {
        self.changed(|settings| settings.extraction_lm = Some(lm.into()))
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
    /// [`Usage::stopped`](crate::Usage::stopped) tells how many such calls there are. Searches keep replies,
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

    /// The same, with demonstrations that lack fields shown or, as by default, left out.
    ///
    /// By default a [`Note`](crate::Note) in the trace says which were left out: a gap would teach the
    /// model to leave gaps. Where they are shown, each missing value reads `(not given)`, and the prompt
    /// says that no reply may.
    #[must_use]
    pub fn with_partial_demos(&self, shown: bool) -> Self {
        self.changed(|settings| settings.partial_demos = shown)
    }

    /// The same, for the calls that read a free answer.
    pub(crate) fn extracting(&self) -> Self {
        self.settings.extraction_lm.as_ref().map_or_else(|| self.clone(), |lm| self.with_lm(lm.clone()))
    }

    /// The model that reads free answers.
    pub(crate) fn reading_lm(&self) -> &Lm {
        self.settings.extraction_lm.as_ref().unwrap_or_else(|| self.lm())
    }

    pub(crate) fn layout(&self) -> Layout {
        self.settings.layout
    }

    /// Whether replies may be stopped. A search keeps its replies, so it has them whole.
    pub(crate) fn early_stop(&self) -> bool {
        self.settings.early_stop && self.replies.is_none()
    }

    pub(crate) fn partial_demos(&self) -> bool {
        self.settings.partial_demos
    }

    /// The LM calls of one call of a predictor with this adapter: if all goes well, and at most.
    pub(crate) fn calls_with(&self, adapter: &Arc<dyn Adapter>) -> (u64, u64) {
        let extraction = adapter.extraction(self.reading_lm().model().json_support());
        let for_an_answer = if extraction.is_some() { 2 } else { 1 };
        (for_an_answer, for_an_answer * (1 + u64::from(self.reasks())))
    }
}
