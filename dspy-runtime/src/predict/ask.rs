//! One LM call of a predictor.

use std::sync::Arc;

use serde_json::Value;

use super::digits::quotable;
use super::show::Show;
use super::vary::{Vary, goes_in_circles};
use crate::adapter::Adapter;
use crate::context::{Context, Exchange, Sent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{
    FinishReason, JsonSupport, Lm, Message, Messages, Request, Response, ResponseFormat, ToolSpec, Usage,
    is_refusal,
};
use crate::parse::{self, Mode, calls};
use crate::problem::Problem;
use crate::signature::Schema;
use crate::trace::Note;

/// What is asked for, in which form, and of whom.
pub(super) struct Question<'a> {
    pub(super) schema: &'a Schema,
    pub(super) adapter: Arc<dyn Adapter>,
    pub(super) cx: &'a Context,
    /// The tools that the model may ask for in its provider's way.
    pub(super) tools: &'a [ToolSpec],
    /// Whether whole numbers may stand in quotes.
    pub(super) quotes: bool,
    pub(super) vary: Vary,
}

/// What came back.
pub(super) struct Reply {
    pub(super) said: Message,
    /// The field at which the reply was stopped, and what is wrong with it.
    pub(super) stopped: Option<(String, Vec<Problem>)>,
    /// Why there is nothing in it to read.
    pub(super) nothing: Option<Nothing>,
    /// Parameters that were not sent.
    pub(super) dropped: Vec<String>,
    /// Whether it came out of a cache.
    pub(super) is_hit: bool,
    /// Whether the token limit cut off only what a model wrote after the end of its reply.
    pub(super) ran_on: bool,
}

/// Why a reply holds no answer, however it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// The token limit cut it off while it went round in circles.
    InCircles,
    /// The model thought, and said nothing.
    OnlyThoughts,
}

impl Nothing {
    /// What to tell whoever made the call, and the model where it is asked again.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::InCircles => "it says the same over and over until the token limit cut it off",
            Self::OnlyThoughts => {
                "it is reasoning alone, and no answer came after it; where a server takes answers for reasoning, turn \
                 its reasoning parser off"
            }
        }
    }
}

/// A reply that a model has given, and to what.
pub(super) struct Had {
    pub(super) lm: Lm,
    pub(super) request: Arc<Request>,
    pub(super) text: String,
    pub(super) is_hit: bool,
}

/// What is kept of the calls, whatever comes of them.
pub(super) struct Kept<'a> {
    pub(super) exchanges: &'a mut Vec<Exchange>,
    pub(super) notes: &'a mut Vec<Note>,
    pub(super) replies: &'a mut Vec<Had>,
}

impl Question<'_> {
    /// Asks, and asks in a weaker form where the server refuses to hold the model to one: it knows what the library
    /// can only guess, such as which of its models take a schema.
    pub(super) async fn ask(
        &self,
        path: &Arc<str>,
        messages: Messages,
        check_field: fn(&str, &Value) -> Vec<Problem>,
        kept: &mut Kept<'_>,
    ) -> (Usage, Result<Reply>) {
        let lm = self.cx.lm();
        let mut request = self.cx.settings().request(messages);
        request.tools = self.tools.to_vec();
        self.vary.apply(&mut request);
        let mut wanted = held_to(self.adapter.format(self.schema), lm.model().json_support());
        if self.quotes {
            wanted = quotable(wanted);
        }
        let (mut request, mut used) = (Arc::new(request), Usage::default());
        loop {
            let form = lm.refused_forms().strongest(wanted.clone());
            let asked = Arc::make_mut(&mut request);
            if form == ResponseFormat::Text {
                asked.hints.stop = self.adapter.stops(self.schema);
            }
            asked.format = form.clone();
            let (usage, outcome) = self.send(path, request.clone(), check_field, kept).await;
            used += usage;
            match &outcome {
                Err(error) if is_refusal(error, &form) => {
                    lm.refused_forms().add(&form);
                    kept.notes.push(Note::FormRefused { form: form.to_string(), model: lm.id().to_string() });
                }
                _ => return (used, outcome),
            }
        }
    }

    async fn send(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        check_field: fn(&str, &Value) -> Vec<Problem>,
        kept: &mut Kept<'_>,
    ) -> (Usage, Result<Reply>) {
        // Somebody who looks needs the reply bit by bit, and so does whoever may stop it.
        let wanted = (self.cx.scope().sink().is_some() || self.cx.scope().stops_early(self.cx.settings()))
            && self.tools.is_empty();
        let Some(splitter) = wanted.then(|| self.adapter.splitter(self.schema)).flatten() else {
            let (usage, outcome) = self.cx.scope().complete(self.cx.settings(), path, &request).await;
            let asked = request.clone();
            self.keep(kept, || Exchange::new(path, self.cx.lm().id(), asked, &outcome));
            return (usage, outcome.and_then(|response| self.had(request, response, kept)));
        };
        let mut show = Show {
            path,
            schema: self.schema,
            sink: self.cx.scope().sink(),
            mode: self.cx.settings().reply_mode,
            check_field: self.cx.scope().stops_early(self.cx.settings()).then_some(check_field),
            stopped: None,
            splitter,
        };
        let (usage, sent) =
            self.cx.scope().complete_in_chunks(self.cx.settings(), path, &request, &mut show).await;
        self.keep(kept, || self.exchange(path, request.clone(), &sent));
        let stopped = show.stopped.take();
        if stopped.is_none() {
            show.end().await;
        }
        let reply = match sent {
            Ok(Sent::Whole(response)) => self.had(request, response, kept),
            Ok(Sent::Stopped(text)) => {
                let said = Message::assistant(text);
                Ok(Reply { said, stopped, nothing: None, dropped: Vec::new(), is_hit: false, ran_on: false })
            }
            Err(error) => Err(error),
        };
        (usage, reply)
    }

    fn had(&self, request: Arc<Request>, response: Response, kept: &mut Kept<'_>) -> Result<Reply> {
        let (lm, text, is_hit) = (self.cx.lm().clone(), response.text.clone(), response.usage.hits > 0);
        kept.replies.push(Had { lm, request, text, is_hit });
        self.whole(response)
    }

    /// A reply that ended by itself, that is there up to where it should have ended, or that can be asked for again.
    fn whole(&self, response: Response) -> Result<Reply> {
        let mut said = said(&response);
        let is_silent = response.text.trim().is_empty() && response.tool_calls.is_empty();
        let thought = response.reasoning.as_ref().is_some_and(|thoughts| !thoughts.text.trim().is_empty());
        let only_thoughts = is_silent && (thought || response.usage.reasoning_tokens > 0);
        let mut nothing = (only_thoughts && self.tools.is_empty()).then_some(Nothing::OnlyThoughts);
        let mut ran_on = false;
        match response.finish {
            FinishReason::Length => {
                let readable =
                    self.cx.settings().reply_mode == Mode::Tolerant && response.tool_calls.is_empty();
                let whole = match self.tools {
                    [] => parse::before_run_on(self.schema, &response.text),
                    tools => {
                        calls::before_cut(&response.text, |name| tools.iter().any(|tool| tool.name == name))
                    }
                };
                match whole.filter(|_| readable) {
                    Some(whole) => (said, ran_on) = (Message::assistant(whole), true),
                    None if self.tools.is_empty() && goes_in_circles(&response.text) => {
                        nothing = Some(Nothing::InCircles);
                    }
                    None => {
                        let message = cut_off(response.usage, only_thoughts);
                        return Err(Error::new(ErrorKind::Parse, message));
                    }
                }
            }
            FinishReason::ContentFilter => {
                return Err(Error::new(ErrorKind::ContentFilter, "the provider withheld the reply"));
            }
            FinishReason::Stop | FinishReason::ToolCalls => {}
            FinishReason::Other(word) => {
                let word = crate::error::snippet(&word, 60);
                let message =
                    format!("the reply ended with `{word}`, which is not known to mean a whole one");
                return Err(Error::new(ErrorKind::Parse, message));
            }
        }
        let is_hit = response.usage.hits > 0;
        Ok(Reply { said, stopped: None, nothing, dropped: response.dropped, is_hit, ran_on })
    }

    fn keep(&self, kept: &mut Kept<'_>, exchange: impl FnOnce() -> Exchange) {
        if self.cx.settings().kept_exchanges {
            kept.exchanges.push(exchange());
        }
    }

    fn exchange(&self, path: &Arc<str>, request: Arc<Request>, sent: &Result<Sent>) -> Exchange {
        let model = self.cx.lm().id();
        match sent {
            Ok(Sent::Whole(response)) => Exchange::new(path, model, request, &Ok(response.clone())),
            Ok(Sent::Stopped(text)) => Exchange::stopped(path, model, request, text),
            Err(error) => {
                let error = Error::new(error.kind(), error.to_string());
                Exchange::new(path, model, request, &Err(error))
            }
        }
    }
}

/// The reply as a message. Only of an exchange with tools does a provider want back more than the text.
fn said(response: &Response) -> Message {
    match response.tool_calls.is_empty() {
        true => Message::assistant(&response.text),
        false => response.message(),
    }
}

fn cut_off(usage: Usage, only_thoughts: bool) -> String {
    let thoughts = match usage.reasoning_tokens {
        0 if only_thoughts => " (all that came is reasoning)".to_owned(),
        0 => String::new(),
        thoughts => format!(
            " ({thoughts} of its {} tokens were reasoning)",
            crate::figure::count(usage.output_tokens)
        ),
    };
    format!("the token limit cut the reply off{thoughts}; raise `max_tokens`")
}

/// The form that is wanted, as far as the model can be held to it.
fn held_to(wanted: ResponseFormat, support: JsonSupport) -> ResponseFormat {
    match (wanted, support) {
        (ResponseFormat::JsonSchema(format), JsonSupport::Schema) => ResponseFormat::JsonSchema(format),
        (ResponseFormat::Text, _) | (_, JsonSupport::None) => ResponseFormat::Text,
        _ => ResponseFormat::JsonObject,
    }
}
