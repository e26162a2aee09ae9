//! The settings that all providers have, as methods of each.

/// Gives a provider with a field `core` the settings of all.
macro_rules! settings {
    ($provider:ident) => {
        impl $provider {
            /// Sets the key.
            #[must_use]
            pub fn key(mut self, key: $crate::lm::Secret) -> Self {
                self.core.key = Some(key);
                self
            }

            /// Sends a header with every call. Its value is treated like a key, and never shown.
            ///
            /// # Errors
            ///
            /// When the name or the value cannot stand in a header.
            pub fn header(mut self, name: &str, value: &str) -> $crate::error::Result<Self> {
                self.core.transport.add_header(name, value)?;
                // What is shorter stands in many texts by chance.
                if value.len() >= 8 {
                    self.core.secrets.push($crate::lm::Secret::new(value));
                }
                Ok(self)
            }

            /// Calls through a proxy, such as `http://user:password@host:3128`. Without it, `HTTP_PROXY`,
            /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say which one, if any.
            ///
            /// # Errors
            ///
            /// When the address cannot be one of a proxy.
            pub fn proxy(mut self, url: &str) -> $crate::error::Result<Self> {
                self.core.transport.set_proxy(url)?;
                Ok(self)
            }

            /// Sets the time to wait for a connection and for the whole answer; by default 10 s and 600 s.
            /// What a [`Retry`](crate::lm::Retry) does then is said there.
            #[must_use]
            pub fn timeouts(mut self, connect: std::time::Duration, call: std::time::Duration) -> Self {
                self.core.transport.set_timeouts(|timeouts| {
                    timeouts.connect = connect;
                    timeouts.call = call;
                });
                self
            }

            /// Sets the time to wait for the beginning of an answer, and from then on for each next part of
            /// it; by default only the whole answer has a limit.
            #[must_use]
            pub fn first_byte_timeout(mut self, limit: std::time::Duration) -> Self {
                self.core.transport.set_timeouts(|timeouts| timeouts.first_byte = Some(limit));
                self
            }

            /// Sets whether [tools](crate::lm::Request::tools) are asked for in the provider's own way: by
            /// default they are, but for a self-hosted server other than llama.cpp's, as not every model
            /// that it may hold can.
            #[must_use]
            pub fn tools(mut self, taken: bool) -> Self {
                self.core.takes_tools = taken;
                self
            }

            /// Sets whether every reply comes with the model's own reasoning, so that a
            /// [`Reasoning`](crate::Reasoning) is not asked for in prompts. By default it does where the provider is
            /// asked to show it: Anthropic to think with a budget or in a summary, OpenAI's Responses for a summary,
            /// Gemini for its thoughts. Others need a setting, such as a reasoning parser in vLLM.
            #[must_use]
            pub fn reasoning(mut self, given: bool) -> Self {
                self.core.gives_reasoning = Some(given);
                self
            }

            /// Sets what the model takes and wants, where its name does not show it or the table of this
            /// library is wrong. A JSON support that the rules state is set as well.
            #[must_use]
            pub fn rules(mut self, rules: $crate::lm::Rules) -> Self {
                self.json = rules.json.unwrap_or(self.json);
                self.core.rules = rules;
                self
            }

            /// Sends with every call what it does not set itself, such as a service tier or a temperature.
            #[must_use]
            pub fn defaults(mut self, sampling: $crate::lm::Sampling) -> Self {
                self.core.defaults = sampling;
                self
            }

            /// Merges JSON into the body of every call, for settings that this library has no words for; what a call
            /// [sets itself](crate::lm::Sampling::extra_body) goes before. See [`ExtraBody`](crate::lm::ExtraBody).
            ///
            /// # Errors
            ///
            /// When it is no object, or sets a secret or what this library sets itself.
            pub fn extra_body(mut self, extra: serde_json::Value) -> $crate::error::Result<Self> {
                self.core.defaults.extra_body = $crate::lm::ExtraBody::new(extra)?;
                Ok(self)
            }

            /// Leaves out what is set for a call and the model does not take, such as a seed, instead of
            /// refusing the call. What was left out is in [`Response::dropped`](crate::lm::Response::dropped),
            /// in the notes of the trace, and a `tracing` event.
            #[must_use]
            pub fn drop_unsupported(mut self) -> Self {
                self.core.drops = true;
                self
            }
        }

        impl $crate::lm::LanguageModel for $provider {
            fn id(&self) -> &$crate::lm::ModelId {
                &self.core.id
            }

            fn complete<'a>(
                &'a self,
                request: &'a $crate::lm::Request,
            ) -> futures_util::future::BoxFuture<'a, $crate::error::Result<$crate::lm::Response>> {
                $crate::lm::provider::complete(self, request)
            }

            fn stream<'a>(
                &'a self,
                request: &'a $crate::lm::Request,
            ) -> futures_util::stream::BoxStream<'a, $crate::error::Result<$crate::lm::Chunk>> {
                $crate::lm::provider::stream(self, request)
            }

            fn endpoint(&self) -> Option<String> {
                Some(self.core.transport.shown())
            }

            fn settings(&self) -> Option<serde_json::Value> {
                self.core.settings($crate::lm::provider::Protocol::own(self))
            }

            fn json_support(&self) -> $crate::lm::JsonSupport {
                self.json
            }

            fn takes_tools(&self) -> bool {
                self.core.takes_tools
            }

            fn gives_reasoning(&self) -> bool {
                let own = || $crate::lm::provider::Protocol::shows_reasoning(self);
                self.core.gives_reasoning.unwrap_or_else(own)
            }

            fn rules(&self) -> Option<&$crate::lm::Rules> {
                Some(&self.core.rules)
            }

            fn refuses(&self, media: &$crate::media::Media) -> Option<String> {
                media::refused(media)
            }

            fn service_tier(&self) -> Option<$crate::lm::ServiceTier> {
                let word = self.core.defaults.service_tier.as_deref();
                word.and_then($crate::lm::ServiceTier::of_word)
            }

            fn is_secret_in(&self, text: &str) -> bool {
                self.core.is_secret_in(text)
            }

            fn batches(&self) -> Option<&dyn $crate::lm::BatchApi> {
                $crate::lm::provider::Protocol::batches(self)
            }
        }
    };
}

pub(in crate::lm) use settings;
