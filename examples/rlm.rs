//! A question about far more text than a prompt should hold: the text is a variable, the model explores it by code.
//!
//! ```console
//! $ cargo run --example rlm
//! ```
//!
//! With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY` it runs on that model. Without, replies are played that
//! were written for this example, code among them: a built-in model of words writes none. What the code does is real in
//! any case: it runs in the embedded Python, within its limits, on the tickets of these examples.

use std::path::Path;

use dspy::code::{Python, Rlm};
use dspy::lm::{Response, Scripted};
use dspy::{Context, Error, Lm, Result, signature};

/// Find out what the tickets say about glass that arrives broken.
#[signature]
struct Glass {
    /// All tickets of the quarter, one in a line: its id, a tab, what the customer wrote.
    #[input]
    tickets: String,
    /// The number of reviews about broken glass or mirrors.
    #[output]
    count: usize,
    /// Their ids.
    #[output]
    ids: Vec<String>,
    /// The wish of these customers, in a sentence.
    #[output]
    wish: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(if std::env::var_os("DSPY_MODEL").is_some() { Lm::from_env()? } else { played() });
    let tickets = tickets()?;
    println!("{} tickets, {} characters\n", tickets.lines().count(), tickets.chars().count());

    let explore = Rlm::<Glass>::new(Python::new()).turns(8).sub_calls(20).shown(600);
    let reply = explore.call(&cx, GlassInput { tickets }).await?;

    // Each run is a typed step, and so is each question that the code asked a model.
    for (number, run) in reply.trace().steps_of(explore.runs()).enumerate() {
        println!("--- code {}\n{}\n--- gave\n{}\n", number + 1, run.input()?.code, run.output()?.ran);
    }
    for query in reply.trace().steps_of(explore.queries()) {
        println!(
            "--- asked with {} characters\n{}\n",
            query.input()?.prompt.chars().count(),
            query.output()?.answer
        );
    }
    println!(
        "{} tickets, {} …: {}\n{}",
        reply.count,
        reply.ids[..reply.ids.len().min(4)].join(", "),
        reply.wish,
        reply.usage()
    );
    Ok(())
}

/// Ten copies of the tickets of these examples, each with ids of its own: about as much as a novella.
fn tickets() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/train.jsonl");
    let rows = std::fs::read_to_string(file)?;
    let mut tickets = String::new();
    for copy in 1..=10 {
        for row in rows.lines() {
            let row: serde_json::Value = serde_json::from_str(row)?;
            let text = |name: &str| row[name].as_str().unwrap_or_default().replace(['\n', '\t'], " ");
            tickets.push_str(&format!("{copy}/{}\t{}\n", text("id"), text("ticket_text")));
        }
    }
    Ok(tickets)
}

/// Plays what a model would say. The first code has a mistake, to show how it is repaired.
fn played() -> Lm {
    let code =
        |thought: &str, code: &str| format!("[[ ## thought ## ]]\n{thought}\n[[ ## code ## ]]\n{code}");
    let turns = [
        code(
            "Look at the form of the text first.",
            "rows = [line.split(',') for line in tickets.splitlines()]\nid, kind, text = rows[0]",
        ),
        code(
            "There is a tab between them. Filter by words; a model reads what is left.",
            "import re\n\
             rows = [line.split('\\t') for line in tickets.splitlines()]\n\
             about = [(id, text) for id, text in rows if re.search(r'glass|mirror|shatter', text, re.I)]\n\
             print(len(rows), 'tickets,', len(about), 'to read')\n\
             texts = list({text for _, text in about})\n\
             for text in texts: print('-', text[:100])",
        ),
        code(
            "Few texts differ. Ask about each whether glass broke, and then what they want.",
            "asked = llm_query_batched([f'Did glass or a mirror arrive broken? Say yes or no.\\n\\n{t}' for t in texts])\n\
             broken = {t for t, said in zip(texts, asked) if said.strip().lower().startswith('yes')}\n\
             ids = [id for id, text in about if text in broken]\n\
             wish = llm_query('What do these customers want? One sentence.\\n\\n' + '\\n'.join(sorted(broken)))\n\
             SUBMIT(count=len(ids), ids=ids, wish=wish)",
        ),
    ];
    let turns = std::sync::Mutex::new(turns.into_iter());
    Lm::from(Scripted::new(move |_, request| {
        let prompt =
            request.messages.iter().last().map(|message| message.text().to_lowercase()).unwrap_or_default();
        let answer = |text: &str| Ok(Response::new(format!("[[ ## answer ## ]]\n{text}")));
        if prompt.contains("say yes or no") {
            let broke = ["pieces", "shatter", "crack"].iter().any(|word| prompt.contains(word));
            return answer(if broke { "Yes." } else { "No." });
        }
        if prompt.contains("what do these customers want?") {
            return answer("They want the broken piece replaced or paid back.");
        }
        let next = turns.lock().ok().and_then(|mut turns| turns.next());
        next.map(Response::new)
            .ok_or_else(|| Error::new(dspy::ErrorKind::InvalidRequest, "all that was written is played"))
    }))
}
