//! The program: ask, search, ask again with what was found, search, answer.

use std::path::Path;

use dspy::retrieve::{Bm25, Passage, Retrieve};
use dspy::{Context, Error, Predict, Result, module, signature};
use serde::Deserialize;

/// Pick what to look up in the policy handbook, so that the policy that applies is found.
#[signature]
pub struct Ask {
    /// The customer's message, a sentence a line.
    #[input]
    pub ticket_text: String,
    /// The findings of earlier searches.
    #[input]
    pub found: String,
    /// The query to search for.
    #[output]
    pub query: String,
}

/// Resolve the ticket by the one policy that applies.
#[signature]
pub struct Answer {
    /// The findings of the searches, each with its tag.
    #[input]
    pub found: String,
    #[input]
    pub ticket_text: String,
    /// Resolution that cites the policy by its tag in square brackets.
    #[output]
    pub resolution: String,
}

/// Resolve a support ticket: the task of the whole program, and a row of its data.
#[signature]
#[derive(Clone)]
pub struct Case {
    #[meta]
    pub id: String,
    #[meta]
    pub kind: String,
    /// The data's own searches, which the program does not see.
    #[meta]
    pub policy_context: String,
    #[meta]
    pub queue: String,
    #[input]
    pub ticket_text: String,
    /// The answer to the customer, with the tag of the policy.
    #[output]
    pub resolution: String,
}

#[module]
pub struct Handbook {
    pub hops: [Predict<Ask>; 2],
    pub search: Retrieve<Bm25>,
    pub answer: Predict<Answer>,
}

#[module]
impl Handbook {
    pub async fn forward(&self, cx: &Context, case: CaseInput) -> Result<CaseOutput> {
        let ticket_text = sentences(&case.ticket_text);
        let mut found: Vec<Passage> = Vec::new();
        for hop in &self.hops {
            let ask = AskInput { ticket_text: ticket_text.clone(), found: lines(&found) };
            let query = hop.call(cx, ask).await?.query.clone();
            for passage in self.search.search(cx, &query).await? {
                if !found.iter().any(|known| known.id == passage.id) {
                    found.push(passage);
                }
            }
        }
        let reply = self.answer.call(cx, AnswerInput { found: lines(&found), ticket_text }).await?;
        Ok(CaseOutput { resolution: reply.resolution.clone() })
    }
}

impl Handbook {
    /// The program over a handbook of policies, a JSON object with `tag` and `text` on each line.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        #[derive(Deserialize)]
        struct Policy {
            tag: String,
            text: String,
        }

        let path = path.as_ref();
        let text =
            std::fs::read_to_string(path).map_err(|error| Error::from(error).context(path.display()))?;
        let policies: Vec<Policy> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let passages = policies.into_iter().map(|policy| Passage::new(policy.tag, policy.text));
        let search = Retrieve::new(Bm25::new(passages)?, 3);
        Ok(Self { hops: [Predict::new(), Predict::new()], search, answer: Predict::new() })
    }
}

fn lines(passages: &[Passage]) -> String {
    passages.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn sentences(text: &str) -> String {
    text.split_inclusive(['.', '?', '!']).map(str::trim).collect::<Vec<_>>().join("\n")
}
