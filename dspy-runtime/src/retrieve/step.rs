//! A search as a step of a program.

use std::fmt;
use std::sync::Arc;

use crate::context::{Context, Embedded};
use crate::error::Result;
use crate::module::shape::Shape;
use crate::module::{Predictors, Visit, VisitMut};
use crate::predictor::Place;
use crate::retrieve::{Passage, Retriever};
use crate::signature::{FieldType, Fields, Reader, Schema, Signature, Writer};
use crate::trace::{Step, Traced};
use crate::value::Record;

/// Find passages for a query.
#[dspy_macros::signature]
#[derive(Clone, Debug)]
pub struct Search {
    /// The query.
    #[input]
    pub query: String,
    /// The most passages.
    #[input]
    pub k: usize,
    /// The passages found, the best first.
    #[output]
    pub passages: Vec<Passage<serde_json::Value>>,
}

/// The result of a search, with the types of its retriever; see [`Retrieve`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Found<M = ()> {
    /// The passages, the best first.
    pub passages: Vec<Passage<M>>,
}

impl<M: FieldType> Fields for Found<M> {
    type Answer = Self;

    fn into_answer(self) -> Self {
        self
    }

    fn write(&self, to: &mut Writer) {
        to.field("passages", &self.passages);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { passages: from.field("passages")? })
    }
}

/// A retriever as a part of a program: each search is a step of the trace, at the path of the field.
///
/// It holds no predictor, so an optimizer has nothing to tune in it; what is tuned are the predictors that
/// write its queries, by metrics that read what was found. Its [`Step`] has the query and `k` as inputs and the
/// passages as outputs, a failed search the reason. Calls of an embedder are charged at its path, and are in the
/// step's usage and so in the program's.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::retrieve::{Bm25, Passage, Retrieve};
/// use dspy::{Context, Module, Predict, Result, module, signature};
///
/// /// Answer from the passages.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     #[input]
///     passages: Vec<String>,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// /// Answer the question.
/// #[signature]
/// struct Question {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// #[module]
/// struct Rag {
///     handbook: Retrieve<Bm25>,
///     answer: Predict<Answer>,
/// }
///
/// #[module]
/// impl Rag {
///     async fn forward(&self, cx: &Context, input: QuestionInput) -> Result<QuestionOutput> {
///         let found = self.handbook.search(cx, &input.question).await?;
///         let passages = found.iter().map(ToString::to_string).collect();
///         let reply = self.answer.call(cx, AnswerInput { question: input.question, passages }).await?;
///         Ok(QuestionOutput { word: reply.word.clone() })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let handbook = Bm25::new([Passage::new("D1", "A late parcel is traced.")])?;
/// let rag = Rag { handbook: Retrieve::new(handbook, 3), answer: Predict::new() };
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\ntraced"]));
/// let reply = rag.call(&cx, QuestionInput { question: "What of my late parcel?".into() }).await?;
///
/// let hop = reply.trace().steps_of(&rag.handbook).next().expect("one search");
/// assert_eq!((&*hop.step().path, hop.output()?.passages[0].id.as_str()), ("handbook", "D1"));
/// # Ok(())
/// # }
/// ```
pub struct Retrieve<R> {
    retriever: Arc<R>,
    k: usize,
    place: Place,
}

impl<R: Retriever> Retrieve<R> {
    /// A retriever, and how many passages a search gives at most.
    pub fn new(retriever: R, k: usize) -> Self {
        Self { retriever: Arc::new(retriever), k, place: Place::new("self") }
    }

    /// The retriever.
    pub fn retriever(&self) -> &R {
        &self.retriever
    }

    /// Returns the most passages that a search gives.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Searches, and records the step where a program runs.
    ///
    /// # Errors
    ///
    /// As the retriever, with the path before it.
    pub async fn search(&self, cx: &Context, query: &str) -> Result<Vec<Passage<R::Meta>>> {
        let place = cx.scope().recorder().map(|recorder| (recorder, recorder.begin()));
        let path = self.place.path();
        let spent = Embedded::new(&path);
        let inner = cx.scoped(|scope| scope.embedding_in(spent.clone()));
        let outcome = self.retriever.search(&inner, query, self.k).await.map(|passages| Found { passages });
        let outcome = outcome.and_then(|found| Ok((found.to_record()?, found.passages)));
        let (output, outcome) = match outcome {
            Ok((record, passages)) => (Ok(record), Ok(passages)),
            Err(error) => (Err(format!("{error:#}")), Err(error.context(&path))),
        };
        if let Some((recorder, place)) = place {
            recorder.end(&place, &Arc::new(self.step(path, query, output, spent.usage())));
        }
        outcome
    }

    fn step(
        &self,
        path: Arc<str>,
        query: &str,
        output: Result<Record, String>,
        usage: crate::lm::Usage,
    ) -> Step {
        let mut input = Record::new();
        input.insert("query", query);
        input.insert("k", self.k);
        Step { usage, ..Step::of_part(path, self.schema().clone(), input, output) }
    }
}

impl<R: Retriever> Traced for Retrieve<R> {
    type Input = SearchInput;
    type Output = Found<R::Meta>;

    fn path(&self) -> Option<Arc<str>> {
        self.place.set_path()
    }

    fn schema(&self) -> &Arc<Schema> {
        Search::schema()
    }
}

impl<R: Retriever> Predictors for Retrieve<R> {
    const SHAPE: Shape = Shape::Fields(&[]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.place(&self.place);
        visit.part("Retrieve", "", self.k.to_string());
    }

    fn visit_mut(&mut self, _: &mut VisitMut<'_>) {}
}

impl<R> Clone for Retrieve<R> {
    fn clone(&self) -> Self {
        Self { retriever: self.retriever.clone(), k: self.k, place: self.place.clone() }
    }
}

impl<R: Retriever> fmt::Debug for Retrieve<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrieve")
            .field("path", &self.place.path())
            .field("retriever", &self.retriever)
            .field("k", &self.k)
            .finish()
    }
}
