//! The visit that finds predictors: field by field, never by strings in user code.

use super::Module;
use super::shape::Shape;
use crate::context::Context;
use crate::predictor::{Place, Predictor};

/// Holds predictors: a predictor, a module, or a collection of them.
///
/// Implemented by `#[module]`, which visits every field; none can be forgotten.
///
/// # Example
///
/// ```
/// use dspy::{Module, Predict, module, signature};
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
/// struct Hops {
///     hops: [Predict<Answer>; 2],
///     #[frozen]
///     last: Box<Predict<Answer>>,
/// }
///
/// #[module]
/// impl Hops {
///     async fn forward(&self, cx: &dspy::Context, input: AnswerInput) -> dspy::Result<AnswerOutput> {
///         Ok(self.last.call(cx, input).await?.into_output())
///     }
/// }
///
/// assert_eq!(Hops::new().state().paths().collect::<Vec<_>>(), ["hops[0]", "hops[1]", "last"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no predictors",
    label = "no predictors in it",
    note = "put `#[module]` on its struct, or `#[plain]` on this field if it is only data"
)]
pub trait Predictors {
    /// The shape of its predictors, as far as the type alone shows it.
    #[doc(hidden)]
    const SHAPE: Shape = Shape::Unknown;

    /// Shows every predictor.
    fn visit(&self, visit: &mut Visit<'_>);

    /// Shows every predictor, to change it.
    fn visit_mut(&mut self, visit: &mut VisitMut<'_>);
}

/// The place of a visit: the path so far, whether the field is out of the search, and how often a run of the
/// program calls what is here at most.
struct At {
    path: String,
    frozen: bool,
    times: u64,
}

impl Default for At {
    fn default() -> Self {
        Self { path: String::new(), frozen: false, times: 1 }
    }
}

/// A visit of a program's predictors.
pub struct Visit<'a> {
    at: At,
    each: &'a mut dyn FnMut(&str, &Predictor, bool),
    /// The number of times a run calls each predictor that was met.
    times: Vec<u64>,
    /// The calls of a model beside those of predictors: the most calls of each in a context, and how often a
    /// run makes them.
    judges: Vec<(Calls, u64)>,
    /// The modules that were met, for those who ask.
    parts: Vec<Part>,
    /// Tells whether what has no predictor but steps is given its path.
    names: bool,
}

/// The most calls that something makes in a context.
type Calls = Box<dyn Fn(&Context) -> u64>;

/// A module on the way of a visit.
pub(crate) struct Part {
    pub(crate) path: String,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) wiring: String,
}

/// A visit of a program's predictors that may change them.
pub struct VisitMut<'a> {
    at: At,
    each: &'a mut dyn FnMut(&str, &mut Predictor, bool),
}

macro_rules! visits {
    (@count Visit, $visit:expr) => {
        $visit.times.push($visit.at.times)
    };
    (@count VisitMut, $visit:expr) => {};
    ($visit:ident, $method:ident, $($mutable:tt)*) => {
        impl $visit<'_> {
            /// Visits a field.
            pub fn field<P: Predictors + ?Sized>(&mut self, name: &str, field: &$($mutable)* P) {
                self.enter(name, |visit| field.$method(visit));
            }

            /// Visits a field that is out of the search.
            pub fn frozen<P: Predictors + ?Sized>(&mut self, name: &str, field: &$($mutable)* P) {
                let before = std::mem::replace(&mut self.at.frozen, true);
                self.field(name, field);
                self.at.frozen = before;
            }

            /// Visits an item of a collection.
            pub fn item<P: Predictors + ?Sized>(&mut self, index: usize, item: &$($mutable)* P) {
                let length = self.at.path.len();
                self.at.path.push_str(&format!("[{index}]"));
                item.$method(self);
                self.at.path.truncate(length);
            }

            /// Goes one name deeper.
            pub fn enter(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
                let length = self.at.path.len();
                if length > 0 {
                    self.at.path.push('.');
                }
                self.at.path.push_str(name);
                inside(self);
                self.at.path.truncate(length);
            }

            /// Shows the predictor that is here.
            pub fn predictor(&mut self, predictor: &$($mutable)* Predictor) {
                let path = if self.at.path.is_empty() { "self" } else { &self.at.path };
                visits!(@count $visit, self);
                (self.each)(path, predictor, self.at.frozen);
            }
        }

        impl std::fmt::Debug for $visit<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($visit)).field("path", &self.at.path).finish_non_exhaustive()
            }
        }
    };
}

impl<'a> Visit<'a> {
    fn new(each: &'a mut dyn FnMut(&str, &Predictor, bool)) -> Self {
        Self {
            at: At::default(),
            each,
            times: Vec::new(),
            judges: Vec::new(),
            parts: Vec::new(),
            names: false,
        }
    }
}

impl Visit<'_> {
    /// Tells which module is here; generated code does, before it visits the fields.
    #[doc(hidden)]
    pub fn module<M: Module>(&mut self) {
        self.part(M::NAME, M::CRATE, M::WIRING.to_owned());
    }

    /// Visits what a run of the program calls up to so many times, so that the plan of a search allows for it.
    ///
    /// By default each predictor counts once. Say it in an implementation by hand, as for a module that asks its
    /// predictor in a loop.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::module::{Predictors, Visit, VisitMut};
    ///
    /// struct Thrice<P>(P);
    ///
    /// impl<P: Predictors> Predictors for Thrice<P> {
    ///     fn visit(&self, visit: &mut Visit<'_>) {
    ///         visit.times(3, |visit| visit.field("inner", &self.0));
    ///     }
    ///
    ///     fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
    ///         visit.field("inner", &mut self.0);
    ///     }
    /// }
    /// ```
    pub fn times(&mut self, times: u64, inside: impl FnOnce(&mut Self)) {
        let before = self.at.times;
        self.at.times = before.saturating_mul(times);
        inside(self);
        self.at.times = before;
    }

    /// Shows the place of a part that has steps and no predictor.
    pub(crate) fn place(&self, place: &Place) {
        if self.names {
            place.set(if self.at.path.is_empty() { "self" } else { &self.at.path });
        }
    }

    /// Reports the calls besides those of predictors, as a judge of attempts is.
    pub(crate) fn judge(&mut self, calls: impl Fn(&Context) -> u64 + 'static) {
        self.judges.push((Box::new(calls), self.at.times));
    }

    /// Tells what a module of this crate does with its parts.
    pub(crate) fn part(&mut self, name: &'static str, version: &'static str, wiring: String) {
        self.parts.push(Part { path: self.at.path.clone(), name, version, wiring });
    }
}

visits!(Visit, visit,);
visits!(VisitMut, visit_mut, mut);

/// Calls a closure with the path of each predictor, the predictor, and whether it is frozen.
pub(crate) fn each<P: Predictors + ?Sized>(program: &P, mut each: impl FnMut(&str, &Predictor, bool)) {
    program.visit(&mut Visit::new(&mut each));
}

/// Each predictor with how often a run of the program calls it at most, as far as the modules say.
pub(crate) fn calls<P: Predictors + ?Sized>(program: &P) -> Vec<(Predictor, u64)> {
    let mut predictors = Vec::new();
    let mut each = |_: &str, predictor: &Predictor, _: bool| predictors.push(predictor.clone());
    let mut visit = Visit::new(&mut each);
    program.visit(&mut visit);
    let times = visit.times;
    predictors.into_iter().zip(times).collect()
}

/// The most calls of a run of the program in a context that no predictor makes.
pub(crate) fn judge_calls<P: Predictors + ?Sized>(cx: &Context, program: &P) -> u64 {
    let mut each = |_: &str, _: &Predictor, _: bool| {};
    let mut visit = Visit::new(&mut each);
    program.visit(&mut visit);
    let calls = visit.judges.iter().map(|(calls, times)| calls(cx).saturating_mul(*times));
    calls.fold(0, u64::saturating_add)
}

/// Visits as [`each`] does, and returns the modules that are on the way.
pub(crate) fn each_in_parts<P: Predictors + ?Sized>(
    program: &P,
    mut each: impl FnMut(&str, &Predictor, bool),
) -> Vec<Part> {
    let mut visit = Visit::new(&mut each);
    program.visit(&mut visit);
    visit.parts
}

/// Visits as [`each`] does, to change the predictors.
pub(crate) fn each_mut<P: Predictors + ?Sized>(
    program: &mut P,
    mut each: impl FnMut(&str, &mut Predictor, bool),
) {
    program.visit_mut(&mut VisitMut { at: At::default(), each: &mut each });
}

/// Names every predictor, and every other part with steps, by its path in this program, the outermost that runs.
pub(crate) fn name<P: Predictors + ?Sized>(program: &P) {
    let mut each = |path: &str, predictor: &Predictor, _: bool| predictor.name(path);
    program.visit(&mut Visit { names: true, ..Visit::new(&mut each) });
}
