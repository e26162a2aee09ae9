//! A program that computes its answer.

use std::fmt;
use std::sync::Arc;

use super::coder::Coder;
use super::output::wrong;
use super::runs::Runs;
use super::settings::settings;
use super::walk::clipped;
use super::{CodeOutput, CodeStopReason, CodeTurn, Interpreter, NoFunctions};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::module::shape::Shape;
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::predict::ChainOfThought;
use crate::signature::{Fields, Schema, Signature, TypeSpec};
use crate::value::Record;

/// Writes code that works the answer out, runs it, and answers from what it printed.
///
/// The code has the inputs as variables. Where it fails, the model sees the code and the error and writes it
/// again; after the last attempt the error says what was wrong with it.
///
/// - **Predictors**: `generate`, once; `regenerate`, once for each attempt after the first; `answer.predict`, once.
///   All are tuned by optimizers.
/// - **Steps**: each run is one at `run`, with its code and what came of it by type; see [`runs`](Self::runs).
///
/// A call costs 2 LM calls if the first code runs, and [`attempts`](Self::attempts) and one more at most. After
/// `ProgramOfThought` of DSPy 3, and Chen et al., "Program of Thoughts Prompting" (2022).
///
/// # Example
///
/// ```
/// # #[cfg(feature = "python")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// use dspy::code::{ProgramOfThought, Python};
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, signature};
///
/// /// Solve the exercise.
/// #[signature]
/// struct Exercise {
///     #[input]
///     question: String,
///     /// The number alone.
///     #[output]
///     number: u64,
/// }
///
/// let cx = Context::new(Scripted::replies([
///     "[[ ## thought ## ]]\nAdd them up.\n[[ ## code ## ]]\nsum(range(1, 101))",
///     "[[ ## reasoning ## ]]\nThe code says so.\n[[ ## number ## ]]\n5050",
/// ]));
/// let solve = ProgramOfThought::<Exercise>::new(Python::new());
/// let reply = solve.call(&cx, ExerciseInput { question: "1 + 2 + … + 100?".into() }).await?;
/// assert_eq!(reply.number, 5050);
/// assert_eq!(reply.trajectory[0].ran.value.as_deref(), Some("5050"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "python"))]
/// # fn main() {}
/// ```
pub struct ProgramOfThought<S> {
    generate: Coder,
    regenerate: Coder,
    answer: ChainOfThought<S>,
    run: Runs,
    wrong: Option<String>,
    /// The inputs in which `regenerate` sees the code before and its error, and `answer` the code and its output.
    seen: [String; 3],
    attempts: usize,
    shown: usize,
}

impl<S: Signature> ProgramOfThought<S> {
    /// Three attempts.
    #[must_use]
    pub fn new(interpreter: impl Interpreter + 'static) -> Self {
        let (given, run) = (S::schema(), Runs::new(Arc::new(interpreter)));
        let seen = ["code_before", "error_before", "computed"].map(|name| given.free_name(name));
        let [code, error, computed] = &seen;
        let language = run.interpreter().language();
        let instructions = instructions(given, run.interpreter());
        let text = TypeSpec::of::<String>;
        let again = given.with_last_input(code, "The code that was written before.", text()).with_last_input(
            error,
            "What was wrong with it.",
            text(),
        );
        let mended =
            format!("{instructions}\n\nThe code before has failed. Write it anew, without the error.");
        let computed =
            (computed.as_str(), "Code that was run for this, and what it printed.", TypeSpec::of::<Shown>());
        Self {
            generate: Coder::new(given, &instructions, language, false, "generate"),
            regenerate: Coder::new(&again, &mended, language, false, "regenerate"),
            answer: ChainOfThought::seeing(computed, "Say what follows from what the code gave, briefly."),
            wrong: wrong(given),
            run,
            seen,
            attempts: 3,
            shown: 10_000,
        }
    }
}

impl<S> ProgramOfThought<S> {
    /// Sets the most times that code is written, at least once; 3 by default.
    #[must_use]
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts.max(1);
        self
    }
}

/// Code and its output as the model is shown them.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Shown {
    /// The code.
    code: String,
    /// The printed text, then the value.
    output: String,
}

/// Writes the task to compute, and its language.
fn instructions(given: &Schema, interpreter: &dyn Interpreter) -> String {
    let outputs: Vec<_> = given
        .outputs()
        .map(|field| match field.description() {
            "" => format!("`{}` ({})", field.name(), field.spec().text()),
            text => format!("`{}` ({}): {text}", field.name(), field.spec().text()),
        })
        .collect();
    format!(
        "{}\n\nDo not answer yet: write {} code that computes what the answer needs and prints it. The answer will \
         be {}. The inputs are variables of their names. {}",
        given.instructions().trim(),
        interpreter.language(),
        outputs.join("; "),
        interpreter.manual()
    )
}

impl<S: Signature> Module for ProgramOfThought<S> {
    type Input = S::Input;
    type Output = CodeOutput<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        self.wrong.as_ref().map_or(Ok(()), |wrong| Err(Error::declaration(wrong.clone())))?;
        let input = input.into_record()?;
        let [code_before, error_before, computed] = &self.seen;
        let mut trajectory: Vec<CodeTurn> = Vec::new();
        for _ in 0..self.attempts {
            let written = match trajectory.last() {
                None => self.generate.write(cx, input.clone(), Vec::new()).await?,
                Some(last) => {
                    let mut input = input.clone();
                    input.insert(code_before, last.code.as_str());
                    input.insert(error_before, clipped(&last.ran, self.shown));
                    self.regenerate.write(cx, input, Vec::new()).await?
                }
            };
            // Nothing of a failed attempt is left for the next.
            let mut session = self.run.open()?;
            let inputs = (&*written.code, input.clone());
            let ran = self.run.run(cx, &mut *session, inputs, &NoFunctions).await?;
            trajectory.push(CodeTurn { thought: written.thought, code: written.code, ran });
            let Some(last) = trajectory.last().filter(|last| last.ran.error.is_none()) else { continue };
            let shown = Shown { code: last.code.clone(), output: clipped(&last.ran, self.shown) };
            let mut input: Record = input;
            input.insert(computed, serde_json::to_value(shown)?);
            let output = self.answer.call_record(cx, input).await?.into_inner().output;
            return Ok(CodeOutput::new(output, trajectory, CodeStopReason::Done));
        }
        let errors = trajectory
            .iter()
            .zip(1..)
            .filter_map(|(turn, attempt)| Some(format!("attempt {attempt}: {}", turn.ran.error.as_ref()?)));
        let errors: Vec<_> = errors.collect();
        Err(Error::new(ErrorKind::Code, format!("no code has run: {}", errors.join("; "))))
    }
}

impl<S: Signature> Predictors for ProgramOfThought<S> {
    // Code is written with other fields than the signature's.
    const SHAPE: Shape = Shape::Fields(&[
        ("generate", Shape::Unknown),
        ("regenerate", Shape::Unknown),
        ("answer", Shape::Unknown),
        ("run", Shape::Fields(&[])),
    ]);

    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { attempts, shown, .. } = self;
        visit.part(Self::NAME, Self::CRATE, format!("{attempts} attempts, {shown} characters"));
        visit.enter("generate", |visit| visit.predictor(self.generate.core()));
        visit.times(*attempts as u64 - 1, |visit| {
            visit.enter("regenerate", |visit| visit.predictor(self.regenerate.core()));
        });
        visit.field("answer", &self.answer);
        visit.field("run", &self.run);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.enter("generate", |visit| visit.predictor(self.generate.core_mut()));
        visit.enter("regenerate", |visit| visit.predictor(self.regenerate.core_mut()));
        visit.field("answer", &mut self.answer);
    }
}

crate::module::inherent!([S: Signature] ProgramOfThought<S>, call);

impl<S: Signature> Program for ProgramOfThought<S> {
    const NAME: &'static str = "ProgramOfThought";
}

settings!(ProgramOfThought);

impl<S> Clone for ProgramOfThought<S> {
    fn clone(&self) -> Self {
        Self {
            generate: self.generate.clone(),
            regenerate: self.regenerate.clone(),
            answer: self.answer.clone(),
            run: self.run.clone(),
            wrong: self.wrong.clone(),
            seen: self.seen.clone(),
            attempts: self.attempts,
            shown: self.shown,
        }
    }
}

impl<S> fmt::Debug for ProgramOfThought<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramOfThought")
            .field("generate", &self.generate)
            .field("regenerate", &self.regenerate)
            .field("answer", &self.answer)
            .field("run", &self.run)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
