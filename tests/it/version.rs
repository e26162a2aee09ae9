//! The version of a program: what changes it, and what does not.

use dspy::adapter::JsonAdapter;
use dspy::module::Predictors;
use dspy::strategy::Ensemble;
use dspy::{ChainOfThought, Module, Predict, Result, module, signature};

use crate::task::{Guess, GuessInput, GuessOutput, Sorter};

/// Wraps one program in a module of its own, so that several may have one name.
macro_rules! program {
    ($module:ident, $guess:ty, { $($forward:tt)* }) => {
        mod $module {
            use super::*;

            #[module]
            pub struct Program {
                pub guess: $guess,
            }

            #[module]
            impl Program {
                $($forward)*
            }
        }
    };
}

program!(first, Predict<Guess>, {
    async fn forward(&self, cx: &dspy::Context, input: GuessInput) -> Result<GuessOutput> {
        Ok(self.guess.call(cx, input).await?.into_output())
    }
});

program!(reformatted, Predict<Guess>, {
    /// Guesses.
    async fn forward(&self, cx: &dspy::Context, input: GuessInput) -> Result<GuessOutput> {
        // One call.
        Ok(self.guess.call(cx, input).await?.into_output())
    }
});

program!(rewritten, Predict<Guess>, {
    async fn forward(&self, cx: &dspy::Context, input: GuessInput) -> Result<GuessOutput> {
        self.guess.call(cx, input.clone()).await?;
        Ok(self.guess.call(cx, input).await?.into_output())
    }
});

/// Say which fruit it is.
#[signature]
pub struct Described {
    /// How it looks like, in other words.
    #[input]
    looks: String,
    /// Which one it is.
    #[output]
    fruit: crate::task::Fruit,
}

program!(described, Predict<Described>, {
    async fn forward(&self, cx: &dspy::Context, input: DescribedInput) -> Result<DescribedOutput> {
        Ok(self.guess.call(cx, input).await?.into_output())
    }
});

#[test]
fn it_follows_the_tokens_of_forward_and_not_its_looks() {
    let version = first::Program::new().version();
    assert!(version.starts_with("sha256:") && version.len() == 71, "{version}");
    assert_eq!(version, first::Program::new().version());
    assert_eq!(version, reformatted::Program::new().version(), "white space and comments");
    assert_ne!(version, rewritten::Program::new().version(), "another call");
    assert_ne!(version, described::Program::new().version(), "another description");
}

#[test]
fn it_does_not_follow_states_but_adapters_and_choices() {
    let program = first::Program::new();
    let mut state = program.state();
    state.get_mut("guess").expect("there").instructions = "Say it in French.".to_owned();
    assert_eq!(program.with_state(&state).expect("its own").version(), program.version());
    let other = first::Program { guess: Predict::new().adapter(JsonAdapter) };
    assert_ne!(other.version(), program.version());
    let ensemble = |size| Ensemble::new(vec![first::Program::new(); 3]).size(size).version();
    assert_ne!(ensemble(2), ensemble(3));
    assert_ne!(
        dspy::module::Knn::new(Sorter::new(), 2).version(),
        dspy::module::Knn::new(Sorter::new(), 3).version()
    );
}

macro_rules! outer {
    ($module:ident, $inner:ident) => {
        mod $module {
            use super::*;

            #[module]
            pub struct Outer {
                pub inner: $inner::Program,
            }

            #[module]
            impl Outer {
                async fn forward(&self, cx: &dspy::Context, input: GuessInput) -> Result<GuessOutput> {
                    Ok(self.inner.call(cx, input).await?.into_output())
                }
            }
        }
    };
}

outer!(around_first, first);
outer!(around_reformatted, reformatted);
outer!(around_rewritten, rewritten);

#[test]
fn it_follows_the_forward_of_a_module_inside() {
    let version = around_first::Outer::new().version();
    assert_eq!(version, around_reformatted::Outer::new().version());
    assert_ne!(version, around_rewritten::Outer::new().version());
}

macro_rules! wired {
    ($module:ident, ($($first:tt)*), ($($second:tt)*)) => {
        mod $module {
            use super::*;

            #[module(Guess: looks -> fruit)]
            pub struct Wired {
                #[call($($first)*)]
                first: ChainOfThought<Guess>,
                #[call($($second)*)]
                second: ChainOfThought<Guess>,
            }
        }
    };
}

wired!(forth, (looks -> reasoning as why), (why as looks -> fruit));
wired!(same, (looks->reasoning /* of the first */ as why), (why as looks -> fruit));
wired!(back, (why as looks -> fruit), (looks -> reasoning as why));

#[test]
fn it_follows_the_lists_of_wiring() {
    assert_eq!(forth::Wired::new().version(), same::Wired::new().version());
    assert_ne!(forth::Wired::new().version(), back::Wired::new().version());
}

/// Holds predictors, and runs nothing.
#[module]
pub struct Pair {
    pub left: Predict<Guess>,
    #[frozen]
    pub right: Predict<Guess>,
}

#[module]
pub struct Holder<M: Predictors> {
    pub pair: Pair,
    pub other: M,
}

#[module]
impl<M: Module<Input = GuessInput, Output = GuessOutput>> Holder<M> {
    async fn forward(&self, cx: &dspy::Context, input: GuessInput) -> Result<GuessOutput> {
        Ok(self.other.call(cx, input).await?.into_output())
    }
}

#[test]
fn a_struct_that_is_no_program_and_a_generic_one_have_versions_too() {
    fn holder<M: Module<Input = GuessInput, Output = GuessOutput>>(other: M) -> String {
        Holder { pair: Pair::new(), other }.version()
    }
    assert_eq!(holder(first::Program::new()), holder(reformatted::Program::new()));
    assert_ne!(holder(first::Program::new()), holder(rewritten::Program::new()));
}
