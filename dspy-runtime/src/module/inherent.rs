//! The methods of [`Module`](super::Module) on the library's own programs, which need no import.

/// Gives a program the methods of `Module`, for those who have not imported it; `call` where it has none of its own.
macro_rules! inherent {
    ([$($parameters:tt)*] $program:ty, call) => {
        impl<$($parameters)*> $program {
            /// Runs the program and returns its outputs with the trace and the usage of this call. The input is a struct of inputs, or
            /// the value itself where there is but one.
            ///
            /// # Errors
            ///
            /// When a call of the model failed, a reply did not hold what a signature asks for, or the budget of the context is
            /// spent.
            pub async fn call(
                &self,
                cx: &$crate::Context,
                input: impl Into<<Self as $crate::Module>::Input>,
            ) -> $crate::Result<$crate::Prediction<<Self as $crate::Module>::Output>> {
                $crate::Module::call(self, cx, input.into()).await
            }
        }
        $crate::module::inherent!([$($parameters)*] $program);
    };
    ([$($parameters:tt)*] $program:ty) => {
        impl<$($parameters)*> $program {
            /// Runs the program and shows the fields of its replies as they come, then the prediction; see
            /// [`Module::stream`](crate::Module::stream).
            pub fn stream(
                &self,
                cx: &$crate::Context,
                input: impl Into<<Self as $crate::Module>::Input>,
            ) -> $crate::module::ProgramStream<<Self as $crate::Module>::Output> {
                $crate::Module::stream(self, cx, input.into())
            }

            /// Runs the program on many inputs, many at once; see [`Module::batch`](crate::Module::batch).
            pub fn batch<I: Into<<Self as $crate::Module>::Input>>(
                &self,
                cx: &$crate::Context,
                inputs: impl IntoIterator<Item = I>,
            ) -> $crate::module::Batch<Self> {
                $crate::Module::batch(self, cx, inputs.into_iter().map(Into::into))
            }

            /// Returns the states of all predictors by path.
            pub fn state(&self) -> $crate::predictor::ProgramState {
                $crate::Module::state(self)
            }

            /// Returns the program with other states.
            ///
            /// # Errors
            ///
            /// When the paths are not those of the program's predictors; the error lists the differences.
            pub fn with_state(&self, state: &$crate::predictor::ProgramState) -> $crate::Result<Self> {
                $crate::Module::with_state(self, state)
            }

            /// Returns the version of the program; see [`Module::version`](crate::Module::version).
            pub fn version(&self) -> String {
                $crate::Module::version(self)
            }
        }
    };
}

pub(crate) use inherent;
