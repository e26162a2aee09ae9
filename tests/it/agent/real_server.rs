//! An agent against a server process that is not ours, which speaks the protocols of four providers.
//!
//! It is `llmock` of the npm package `@copilotkit/aimock`, which the environment variable `DSPY_LLMOCK` names. Without
//! it the test is ignored.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dspy::agent::StopReason;
use dspy::lm::{Anthropic, Gemini, LanguageModel, Lm, OpenAi, OpenAiResponses, Secret};

use super::*;

/// The running server; it ends with the value.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let program = option_env!("TEST_LLMOCK").map(Path::new).expect("DSPY_LLMOCK names `llmock`");
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/aimock/agent.json");
        let mut process = Command::new(program)
            .args(["-p", "0", "-f", fixtures])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut said = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let url =
            said.find_map(|line| Some(format!("http://{}", line.split("listening on http://").nth(1)?)));
        // What it says afterwards must not fill the pipe.
        std::thread::spawn(move || said.for_each(drop));
        Self { process, url: url.expect("it says where it listens") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn models(url: &str) -> Vec<Lm> {
    fn lm(model: dspy::Result<impl LanguageModel + 'static>) -> Lm {
        model.expect("a model").into()
    }
    let id = |name: &str| name.parse().expect("a name");
    let key = || Secret::new("mock-key-of-no-use");
    vec![
        lm(OpenAi::at(id("openai/gpt-4o-mini"), &format!("{url}/v1")).map(|model| model.key(key()))),
        lm(OpenAiResponses::at(id("openai-responses/gpt-4o-mini"), &format!("{url}/v1"))
            .map(|model| model.key(key()))),
        lm(Anthropic::at(id("anthropic/claude-sonnet-4-5"), url).map(|model| model.key(key()))),
        lm(Gemini::at(id("gemini/gemini-2.5-flash"), &format!("{url}/v1beta")).map(|model| model.key(key()))),
    ]
}

#[tokio::test]
#[cfg_attr(not(llmock), ignore = "set DSPY_LLMOCK to `llmock` of @copilotkit/aimock")]
async fn native_tool_calls_of_four_protocols_end_in_a_typed_answer() {
    let server = Server::start();
    for lm in models(&server.url) {
        assert!(lm.model().takes_tools(), "{}", lm.id());
        let cx = dspy::Context::new(lm.clone());
        let reply =
            agent().call(&cx, question()).await.unwrap_or_else(|error| panic!("{}: {error}", lm.id()));
        assert_eq!(
            (reply.word.as_str(), reply.sure, reply.stop_reason),
            ("Lyon", 9, StopReason::Submitted),
            "{}",
            lm.id()
        );
        assert_eq!(reply.trajectory.len(), 1, "{}", lm.id());
        assert_eq!(reply.trajectory[0].thought, "I look both up.", "{}", lm.id());
        let observed: Vec<_> =
            reply.trajectory[0].calls.iter().map(|call| call.observation.clone()).collect();
        assert_eq!(observed, [json!("Lyon"), json!("noon")], "{}", lm.id());
        assert_eq!(reply.usage().calls, 2, "{}", lm.id());
    }
}
