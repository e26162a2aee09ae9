//! An embedded Python for what models write: a part of the language, and nothing of the machine that it runs on.

mod session;

use super::{Interpreter, Limits, Session, dialect};
use crate::error::Result;
use session::PythonSession;

/// Runs the part of Python that models need, in this process and without access to anything in it.
///
/// # What there is
///
/// Numbers of any size up to 262,144 bits, texts, lists, tuples, dictionaries, sets; functions with all kinds of
/// parameters, lambdas, closures; comprehensions and generator expressions, f-strings, slices, `try`, `:=`; the
/// functions without an import that are about values; most of `math`, `re`, `json`, `collections` (`Counter`,
/// `defaultdict`), `itertools`, `functools.reduce`, `statistics` and `string`. [`manual`](Interpreter::manual) tells
/// models in short what is missing: classes, `yield`, `with`, `match`, decorators, bytes. `keys()`, `values()` and
/// `items()` are lists, sets keep the order in which things were added, and `re` knows no looking around, no
/// references to groups, and ASCII for `\w`, `\d`, `\b` and upper and lower case. A program that uses something else
/// gets an error that says so.
///
/// # What holds
///
/// Nothing outside is there: no file, network, environment, process, clock or random number, only the functions that
/// the [`Host`](super::Host) gives. [`Limits`] hold against hostile programs in this process, and no program can catch
/// one: each operation counts its work and looks at the clock at least every few milliseconds, memory is counted
/// before it is taken, and depth is bounded, also of what is read, compared, shown and dropped. A pattern is matched
/// in time that grows with the text alone, and refused where that would be long. Counted is what values take, at that
/// or a little more; the code itself, at most 256 KiB a run, and copies that are handed to the host are not.
///
/// A session has a thread of its own, whose stack is reserved by the recursion limit, 50 MB of address space by
/// default, and taken as it is used. The thread ends with the session; a run that is cancelled ends within
/// milliseconds. After a limit the session goes on with the variables that it has.
///
/// # Example
///
/// ```
/// use dspy::code::{Interpreter, Limits, NoFunctions, Python};
/// use dspy::data::Record;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let mut session = Python::new().open(&Limits::default())?;
/// let inputs = Record::from_iter([("text", "one two two")]);
/// let ran = session.run("words = text.split()\nprint(len(words))\nwords.count('two')", inputs, &NoFunctions).await?;
/// assert_eq!((ran.printed.as_str(), ran.value.as_deref()), ("3\n", Some("2")));
///
/// let ran = session.run("print(words[0])\nopen('/etc/passwd')", Record::new(), &NoFunctions).await?;
/// let error = ran.error.expect("there are no files");
/// assert_eq!((ran.printed.as_str(), error.kind(), error.line()), ("one\n", "NameError", Some(2)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Python {}

impl Python {
    /// The embedded Python.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }
}

impl Interpreter for Python {
    fn language(&self) -> &str {
        "Python"
    }

    fn manual(&self) -> &str {
        dialect::PYTHON.manual()
    }

    fn open(&self, limits: &Limits) -> Result<Box<dyn Session>> {
        Ok(Box::new(PythonSession::open(limits.clone())?))
    }
}
