//! The settings that programs which write code have in common, as methods of each.

/// Gives a program with fields `run` and `shown` what all of them can set.
macro_rules! settings {
    ($program:ident) => {
        impl<S> $program<S> {
            /// Sets the limits of each run.
            #[must_use]
            pub fn limits(mut self, limits: $crate::code::Limits) -> Self {
                self.run.limits = limits;
                self
            }

            /// Sets the number of characters of a run's output that the model is shown; 10,000 by default.
            /// A mark shows the cut.
            #[must_use]
            pub fn shown(mut self, characters: usize) -> Self {
                self.shown = characters;
                self
            }

            /// The runs, for [`Trace::steps_of`](crate::trace::Trace::steps_of).
            pub fn runs(&self) -> &$crate::code::Runs {
                &self.run
            }
        }

        #[cfg(any(feature = "python", feature = "monty"))]
        impl<S: $crate::Signature> $crate::module::Build for $program<S> {
            /// Makes it with the interpreter that [`installed`](super::installed) finds, and without tools.
            fn build() -> Self {
                Self::new($crate::code::installed())
            }
        }
    };
}

/// Gives a program with fields `tools` and `tool_time` the methods that set them.
macro_rules! takes_tools {
    ($program:ident) => {
        impl<S> $program<S> {
            /// Gives it a tool, as a function of its name, in which hyphens are underscores.
            #[must_use]
            pub fn tool(mut self, tool: impl $crate::tool::Tool + 'static) -> Self {
                self.tools.push(std::sync::Arc::new(tool));
                self
            }

            /// Gives it several tools, such as those of a server.
            #[must_use]
            pub fn with_tools(
                mut self,
                tools: impl IntoIterator<Item = std::sync::Arc<dyn $crate::tool::Tool>>,
            ) -> Self {
                tools.into_iter().for_each(|tool| self.tools.push(tool));
                self
            }

            /// Sets the longest time for one call of a tool; 60 s by default.
            #[must_use]
            pub fn tool_time(mut self, time: std::time::Duration) -> Self {
                self.tool_time = time;
                self
            }

            /// The tools.
            pub fn tools(&self) -> &$crate::tool::Toolbox {
                &self.tools
            }
        }
    };
}

pub(in crate::code) use {settings, takes_tools};
