//! Models of clouds by what the environment says, each in a process of its own.

use std::process::Output;

use dspy::Lm;
use dspy::lm::{LanguageModel, Vertex, google_credentials};
use serde_json::json;
use tokio::process::Command;

use super::server::{Canned, Wire};
use super::*;
use crate::support::Place;

/// Makes this program the process: the name of a model to make, or with `vertex ` before it the address of a server to
/// call with the credentials of this machine.
const CHILD: &str = "DSPY_TEST_CLOUD";

#[tokio::test]
async fn child() {
    let Ok(asked) = std::env::var(CHILD) else { return };
    let said = match asked.strip_prefix("vertex ") {
        None => Lm::without_retries(&asked).map(|lm| format!("{} at {:?}", lm.id(), lm.model().endpoint())),
        Some(url) => {
            let vertex =
                Vertex::at("my-project", "global", url).expect("a place").tokens(google_credentials());
            let model = vertex.gemini("gemini-3.5-flash").expect("an address");
            model.complete(&plain()).await.map(|reply| reply.text)
        }
    };
    match said {
        Ok(said) => println!("made {said}"),
        Err(error) => println!("error {:?}: {error:#} {error:?}", error.kind()),
    }
}

/// What a process says with these variables and none of ours.
async fn said(asked: &str, variables: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().expect("this is a program");
    let Output { stdout, .. } = Command::new(program)
        .args(["--exact", "wire::clouds::child", "--nocapture"])
        .env_clear()
        .env("HOME", "/nowhere")
        .env(CHILD, asked)
        .envs(variables.iter().copied())
        .output()
        .await
        .expect("it runs");
    let text = String::from_utf8(stdout).expect("UTF-8");
    let line = text.lines().find(|line| line.starts_with("made ") || line.starts_with("error "));
    line.unwrap_or_else(|| panic!("it says nothing: {text}")).to_owned()
}

const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "very-secret");
const PROJECT: (&str, &str) = ("GOOGLE_CLOUD_PROJECT", "my-project");
const TOKEN: (&str, &str) = ("GOOGLE_ACCESS_TOKEN", "very-secret");

#[tokio::test]
async fn what_the_environment_lacks_is_told_before_anything_is_sent() {
    for (asked, variables, says) in [
        (
            "bedrock/m",
            &[][..],
            "set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        ("bedrock/m", &[ID], "no credentials of an AWS account; set AWS_SECRET_ACCESS_KEY"),
        ("bedrock/m", &[SECRET], "no credentials of an AWS account; set AWS_ACCESS_KEY_ID"),
        ("bedrock/m", &[ID, SECRET, ("AWS_REGION", "mars-1")], "AWS_REGION: `mars-1` is no region of AWS"),
        ("vertex/gemini-3.5-flash", &[TOKEN], "no project of Google Cloud; set GOOGLE_CLOUD_PROJECT"),
        (
            "vertex/gemini-3.5-flash",
            &[PROJECT, TOKEN, ("GOOGLE_CLOUD_LOCATION", "mars")],
            "`mars` is no location of Google Cloud; set GOOGLE_CLOUD_LOCATION",
        ),
        ("vertex/llama-4", &[PROJECT, TOKEN], "`vertex/llama-4` is neither a Gemini nor a Claude"),
    ] {
        let said = said(asked, variables).await;
        assert!(said.starts_with("error NotConfigured") && said.contains(says), "{asked}: {said}");
        assert!(!said.contains("very-secret"), "{said}");
    }
}

#[tokio::test]
async fn what_the_environment_says_is_used() {
    for (asked, variables, made) in [
        (
            "bedrock/m",
            &[ID, SECRET][..],
            r#"bedrock/m at Some("https://bedrock-runtime.us-east-1.amazonaws.com")"#,
        ),
        (
            "bedrock/m",
            &[ID, SECRET, ("AWS_DEFAULT_REGION", "cn-north-1")],
            r#"bedrock/m at Some("https://bedrock-runtime.cn-north-1.amazonaws.com.cn")"#,
        ),
        (
            "vertex/gemini-3.5-flash",
            &[PROJECT, TOKEN],
            r#"vertex/gemini-3.5-flash at Some("https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/publishers/google")"#,
        ),
        (
            "vertex/claude-sonnet-4-5@20250929",
            &[PROJECT, ("CLOUD_ML_REGION", "europe-west1")],
            r#"vertex/claude-sonnet-4-5@20250929 at Some("https://europe-west1-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west1/publishers/anthropic")"#,
        ),
    ] {
        assert_eq!(said(asked, variables).await, format!("made {made}"));
    }
}

#[tokio::test]
async fn the_credentials_of_the_machine_are_those_of_a_service_account() {
    let wire = Wire::start(|came| match came.line.as_str() {
        "POST /token" => Canned::json(
            200,
            &json!({"access_token": "ya29.machine", "token_type": "Bearer", "expires_in": 3600}),
        ),
        _ => Canned::json(
            200,
            &json!({"candidates": [{"content": {"parts": [{"text": "Hello."}]}, "finishReason": "STOP"}]}),
        ),
    })
    .await;
    let place = Place::new("service-account");
    let account = json!({
        "type": "service_account", "project_id": "my-project", "client_email": "tests@example.com",
        "private_key": include_str!("../../fixtures/cloud/key.pem"), "token_uri": format!("{}/token", wire.url()),
    });
    let file = place.path().join("account.json");
    std::fs::write(&file, account.to_string()).expect("written");
    let file = file.to_str().expect("UTF-8");
    let asked = format!("vertex {}/v1", wire.url());
    let credentials = |file| ("GOOGLE_APPLICATION_CREDENTIALS", file);
    assert_eq!(said(&asked, &[credentials(file)]).await, "made Hello.");
    let grant = wire.all().first().expect("a grant").body.to_string();
    assert!(grant.contains("jwt-bearer"), "{grant}");
    assert_eq!(wire.last().header("authorization"), Some("Bearer ya29.machine"));

    let broken = place.path().join("broken.json");
    std::fs::write(&broken, "\"very-secret\"").expect("written");
    let error = said(&asked, &[credentials(broken.to_str().expect("UTF-8"))]).await;
    assert!(error.contains("set GOOGLE_APPLICATION_CREDENTIALS to the key file"), "{error}");
    assert!(!error.contains("very-secret"), "{error}");
    let away = [credentials(file), ("DSPY_OFFLINE", "1")];
    let error = said(&asked, &away).await;
    assert!(error.contains("nothing is sent to Google's servers of tokens"), "{error}");
}
