//! The built-in model: no language model, but a small learner that reads prompts like one.
//!
//! [`Lexical`] is deterministic, runs in the process and needs no key, so that examples, tests and
//! benchmarks exercise the whole loop offline. It sees nothing but the messages. It compares words,
//! character 3-grams and word pairs, weighted by how rare they are in the prompt:
//!
//! - a label scores by the words of its name, its description and the instructions that speak of it,
//!   plus the similarities of the five most similar demonstrations that have it;
//! - free text is the line of the inputs that fits the other inputs, the instructions, and, by 1.5
//!   times the square of their similarity, what demonstrations with like inputs answered;
//! - a number is made from the numbers of the inputs in the way that the demonstrations show;
//! - asked for better instructions, rules, lessons or advice, it reads rules off the rows in the request: for
//!   each label the words that set its rows apart. Asked to change notes, it adds lessons that are new and
//!   joins those on one label. A request without rows gets the best instructions that are in it.
//!
//! Its answers get better when instructions and demonstrations do, which is all it is for. It has no
//! knowledge of its own.

mod answer;
mod form;
mod prompt;
mod rules;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::{LanguageModel, Message, ModelId, Request, Response};
use crate::error::Result;
use prompt::{Reading, Task};

/// The built-in model, `builtin/lexical@1`; see the [module](self).
///
/// # Example
///
/// ```
/// use dspy::lm::Lexical;
/// use dspy::{Context, Predict, signature};
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(rename_all = "snake_case")]
/// enum Fruit {
///     /// Long, bent, yellow.
///     Banana,
///     /// Round, red or green.
///     Apple,
/// }
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Guess {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: Fruit,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lexical::new());
/// let guess = Predict::<Guess>::new().call(&cx, GuessInput { looks: "a round green thing".into() }).await?;
/// assert_eq!(guess.fruit, Fruit::Apple);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Lexical {
    id: ModelId,
    /// The parsed beginnings of the latest prompts, which calls share.
    tasks: Mutex<VecDeque<Known>>,
}

/// The beginning of a prompt and what was made of it.
type Known = (Arc<[Message]>, Arc<Task>);

/// The number of beginnings remembered.
const REMEMBERED: usize = 64;

impl Lexical {
    /// Makes the model.
    #[must_use]
    pub fn new() -> Self {
        Self { id: ModelId::new("builtin", "lexical").with_revision("1"), tasks: Mutex::default() }
    }

    fn task(&self, fixed: &Arc<[Message]>) -> Arc<Task> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, task)) = tasks.iter().find(|(known, _)| Arc::ptr_eq(known, fixed)) {
            return task.clone();
        }
        let task = Arc::new(Task::read(fixed.iter()));
        tasks.push_back((fixed.clone(), task.clone()));
        if tasks.len() > REMEMBERED {
            tasks.pop_front();
        }
        task
    }

    fn reply(&self, request: &Request) -> Response {
        let fixed = request.messages.fixed();
        let messages: Vec<&Message> = request.messages.iter().collect();
        // Messages of unknown origin are all read again.
        let (task, own) = match fixed.is_empty() {
            true => (
                Arc::new(Task::read(messages.iter().copied().take(messages.len().saturating_sub(1)))),
                &messages[messages.len().saturating_sub(1)..],
            ),
            false => (self.task(fixed), &messages[fixed.len()..]),
        };
        let reading = Reading::new(&task, own, request.rollout, request.sampling.temperature);
        let text = answer::write(&reading);
        let words = |text: &str| text.split_whitespace().count() as u64;
        Response::new(&*text)
            .with_tokens(messages.iter().map(|message| words(message.text())).sum(), words(&text))
    }
}

impl Default for Lexical {
    fn default() -> Self {
        Self::new()
    }
}

impl LanguageModel for Lexical {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        ready(Ok(self.reply(request))).boxed()
    }
}
