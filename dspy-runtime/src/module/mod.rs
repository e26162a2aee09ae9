//! Programs: modules that hold predictors and run.

mod batch;
mod chat;
mod containers;
mod inherent;
mod knn;
pub(crate) mod outline;
pub(crate) mod shape;
mod stream;
mod text_stream;
pub(crate) mod version;
mod visit;

use std::future::Future;

pub use batch::Batch;
pub use chat::Chat;
pub use knn::Knn;
pub use stream::{ProgramStream, StreamEvent};
pub use text_stream::TextStream;
pub use visit::{Predictors, Visit, VisitMut};

use crate::context::{Context, spans};
use crate::error::{Error, ErrorKind, Result};
use crate::predictor::{Prediction, PredictorState, ProgramState};
use crate::signature::Fields;
use crate::trace::Recorder;

/// A program, or a part of one: typed inputs to typed outputs by way of LM calls.
///
/// `#[module]` on a struct and on the `impl` that has its `forward` implements it.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, Predict, Result, module, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// #[module]
/// struct Twice {
///     draft: Predict<Answer>,
///     check: Predict<Answer>,
/// }
///
/// #[module]
/// impl Twice {
///     async fn forward(&self, cx: &Context, input: AnswerInput) -> Result<AnswerOutput> {
///         let draft = self.draft.call(cx, input).await?;
///         let question = format!("Is {} right?", draft.word);
///         Ok(self.check.call(cx, AnswerInput { question }).await?.into_output())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis", "[[ ## word ## ]]\nyes"]));
/// let reply = Twice::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(reply.word, "yes");
/// assert_eq!(reply.trace().steps().map(|step| &*step.path).collect::<Vec<_>>(), ["draft", "check"]);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module",
    label = "not a module",
    note = "put `#[module]` on the struct and on the `impl` block that has its `async fn forward`"
)]
pub trait Module: Predictors + Program + Clone + Send + Sync + 'static {
    /// The input.
    type Input: Fields;
    /// The output.
    type Output: Fields;

    /// The hash of what is written in the program's `forward` and beside it, or of its wiring.
    ///
    /// `#[module]` makes it. In an `impl` by hand set it to something else whenever `forward` changes
    /// what it does, so that [`version`](Module::version) does, too.
    const WIRING: &'static str = "";

    /// Runs the program; its steps go to the trace of the call it is in.
    fn forward(&self, cx: &Context, input: Self::Input) -> impl Future<Output = Result<Self::Output>> + Send;

    /// Runs the program and returns its outputs with the trace and the usage of this call.
    fn call(
        &self,
        cx: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<Prediction<Self::Output>>> + Send {
        let span = cx.scope().program_span(Self::NAME);
        let inside = span.clone();
        let run = async move {
            let recorder = Recorder::new(cx.scope().recorder().cloned());
            let inner = cx.scoped(|scope| scope.recording(recorder.clone(), inside, Self::NAME));
            if cx.scope().recorder().is_none() {
                name(self);
            }
            let output = self.forward(&inner, input).await?;
            Ok(Prediction::new(output, recorder.trace()))
        };
        spans::within(span, Self::NAME, run)
    }

    /// Runs the program and shows the fields of its replies as they come, then the prediction.
    ///
    /// Fields of all predictors come, each with the predictor's path. It costs the same LM calls as
    /// [`call`](Module::call).
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::context::FieldEvent;
    /// use dspy::lm::Scripted;
    /// use dspy::module::StreamEvent;
    /// use dspy::{Context, Module, Predict, signature};
    /// use futures_util::StreamExt;
    ///
    /// /// Answer the question.
    /// #[signature]
    /// struct Answer {
    ///     #[input]
    ///     question: String,
    ///     /// One word.
    ///     #[output]
    ///     answer: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let reply = "[[ ## answer ## ]]\nParis, of course.\n[[ ## completed ## ]]";
    /// let cx = Context::new(Scripted::replies([reply]).in_chunks(4));
    /// let mut stream = Predict::<Answer>::new().stream(&cx, AnswerInput { question: "Capital of France?".into() });
    /// let mut shown = String::new();
    /// while let Some(event) = stream.next().await {
    ///     match event? {
    ///         StreamEvent::Field(FieldEvent::FieldDelta { text, .. }) => shown.push_str(&text),
    ///         StreamEvent::Prediction(reply) => assert_eq!(reply.answer, shown),
    ///         _ => {}
    ///     }
    /// }
    /// assert_eq!(shown, "Paris, of course.");
    /// # Ok(())
    /// # }
    /// ```
    fn stream(&self, cx: &Context, input: Self::Input) -> ProgramStream<Self::Output>
    where
        Self::Output: 'static,
    {
        ProgramStream::new(self.clone(), cx, input)
    }

    /// Runs the program on many inputs, many at once, and gives each outcome at the place of its input; see
    /// [`Batch`], which it gives and which runs when it is awaited.
    fn batch(&self, cx: &Context, inputs: impl IntoIterator<Item = Self::Input>) -> Batch<Self> {
        Batch::new(self.clone(), cx, inputs.into_iter().collect())
    }

    /// The states of all predictors by path.
    fn state(&self) -> ProgramState {
        state_of(self)
    }

    /// The version of the program, `sha256:…`: another one where a prompt, the wiring or the version of its
    /// crate is another, whatever the states are.
    ///
    /// Artifacts record it, and a [`Store`](crate::release::Store) looks them up by it. It covers, for the
    /// program and for every module in it:
    ///
    /// - each predictor's path, whether it is frozen, the names, types, descriptions and conditions of its
    ///   fields, its own adapter, and how many demonstrations it chooses;
    /// - all tokens of the `#[module] impl` block that `forward` is in, or the lists of `#[module(…)]` and
    ///   `#[call(…)]`; white space and comments do not count;
    /// - the version of the crate that declares the struct.
    ///
    /// Not covered is what the program calls beyond that: functions elsewhere, the values of `#[plain]` fields,
    /// closures. Change the crate's version with them. Of a generic module inside of another, `forward` counts
    /// only if the bounds on the outer struct say that it is a module.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Module, Predict, signature};
    ///
    /// /// Answer the question.
    /// #[signature]
    /// struct Answer {
    ///     #[input]
    ///     question: String,
    ///     /// One word.
    ///     #[output]
    ///     word: String,
    /// }
    ///
    /// let program = Predict::<Answer>::new();
    /// let mut state = program.state();
    /// state.get_mut("self").expect("the one predictor").instructions = "Answer in one word.".into();
    /// assert_eq!(program.with_state(&state)?.version(), program.version(), "states do not count");
    /// # Ok::<(), dspy::Error>(())
    /// ```
    fn version(&self) -> String {
        version::of(self)
    }

    /// Returns the program with other states.
    ///
    /// # Errors
    ///
    /// When the paths are not those of the program's predictors; the error lists the differences.
    fn with_state(&self, state: &ProgramState) -> Result<Self> {
        set_state(self.clone(), state)
    }
}

/// The states of all predictors by path.
pub(crate) fn state_of<P: Predictors + ?Sized>(program: &P) -> ProgramState {
    let mut state = ProgramState::default();
    visit::each(program, |path, predictor, _| state.insert(path, predictor.state().clone()));
    state
}

/// Gives a program other states, or lists the paths that differ.
pub(crate) fn set_state<P: Predictors>(mut program: P, state: &ProgramState) -> Result<P> {
    let own = state_of(&program);
    let missing =
        own.paths().filter(|path| state.get(path).is_none()).map(|path| format!("`{path}` is missing"));
    let extra =
        state.paths().filter(|path| own.get(path).is_none()).map(|path| format!("there is no `{path}`"));
    let differences: Vec<_> = missing.chain(extra).collect();
    if !differences.is_empty() {
        let message = format!("the state is of another program: {}", differences.join(", "));
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    visit::each_mut(&mut program, |path, predictor, _| {
        predictor.name(path);
        if let Some(state) = state.get(path).filter(|state| *state != predictor.state()) {
            predictor.set_state(PredictorState::clone(state));
        }
    });
    Ok(program)
}

/// The name of a program's type; implemented by `#[module]`.
pub trait Program {
    /// The name of the struct.
    const NAME: &'static str;

    /// The version of the crate that the struct is in; nothing for what is in no crate of a user's.
    const CRATE: &'static str = "";
}

/// Something that is made without arguments; `#[module]` gives `new` to a struct whose fields all are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made without arguments",
    label = "needs arguments",
    note = "make the module with a struct literal in a function of your own instead of `new`"
)]
pub trait Build: Sized {
    /// Makes it.
    fn build() -> Self;
}

/// The return type of a `forward`.
#[diagnostic::on_unimplemented(
    message = "`forward` must return `dspy::Result<_>`, not `{Self}`",
    label = "not a `dspy::Result`",
    note = "turn errors of your own into `dspy::Error` with `.map_err(dspy::Error::program)?`"
)]
pub trait ForwardResult {
    /// The type in the `Ok`.
    type Output;
}

impl<T> ForwardResult for Result<T> {
    type Output = T;
}

pub(crate) use inherent::inherent;
pub(crate) use visit::{calls, each, each_mut, judge_calls, name};
