//! Settings that few protocols have, and what a user adds to a body.

use dspy::ErrorKind;
use dspy::lm::{
    Anthropic, Bedrock, CacheTtl, Effort, ExtraBody, Gemini, LanguageModel, Message, OpenAi, OpenAiResponses,
    Request, Sampling, Secret, ThinkingDisplay, ToolChoice, ToolSpec, Verbosity,
};
use serde_json::{Value, json};

use super::server::{Canned, Wire};
use super::*;

fn openai(id: &'static str) -> impl Fn(&str) -> OpenAi + Copy {
    super::chat::model(id)
}

fn responses(url: &str) -> OpenAiResponses {
    OpenAiResponses::at("openai-responses/gpt-6-sol".parse().expect("a name"), &format!("{url}/v1"))
        .expect("an address")
}

fn claude(url: &str) -> Anthropic {
    Anthropic::at("anthropic/claude-opus-5".parse().expect("a name"), url).expect("an address")
}

fn gemini(url: &str) -> Gemini {
    Gemini::at("gemini/gemini-3.7-flash".parse().expect("a name"), url).expect("an address")
}

fn bedrock(url: &str) -> Bedrock {
    Bedrock::at("bedrock/us.anthropic.claude-opus-5".parse().expect("a name"), url).expect("an address")
}

fn with(set: impl FnOnce(&mut Sampling)) -> Request {
    let mut request = Request::from(vec![Message::system("Be brief.").cached(), Message::user("Hi.")]);
    request.tools = vec![ToolSpec::new("look", "Looks.", json!({"type": "object"}))];
    set(&mut request.sampling);
    request
}

#[tokio::test]
async fn each_setting_has_the_name_of_its_protocol() {
    let openai_all = with(|sampling| {
        sampling.reasoning_effort = Some(Effort::None);
        (sampling.verbosity, sampling.service_tier) = (Some(Verbosity::Low), Some("flex".into()));
        (sampling.parallel_tool_calls, sampling.cache_ttl) = (Some(false), Some(CacheTtl::HalfHour));
    });
    let sent = body(openai("openai/gpt-6-sol"), &openai_all).await;
    assert_eq!((&sent["verbosity"], &sent["service_tier"]), (&json!("low"), &json!("flex")));
    assert_eq!(
        (&sent["parallel_tool_calls"], &sent["prompt_cache_options"]),
        (&json!(false), &json!({"ttl": "30m"}))
    );
    let sent = body(responses, &openai_all).await;
    assert_eq!((&sent["text"], &sent["service_tier"]), (&json!({"verbosity": "low"}), &json!("flex")));
    assert_eq!(
        (&sent["parallel_tool_calls"], &sent["prompt_cache_options"]),
        (&json!(false), &json!({"ttl": "30m"}))
    );

    let mut request = with(|sampling| {
        (sampling.service_tier, sampling.cache_ttl) = (Some("standard_only".into()), Some(CacheTtl::Hour));
        sampling.parallel_tool_calls = Some(false);
    });
    let sent = body(claude, &request).await;
    assert_eq!(sent["system"][0]["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(sent["tool_choice"], json!({"type": "auto", "disable_parallel_tool_use": true}));
    assert_eq!(sent["service_tier"], "standard_only");
    request.tool_choice = Some(ToolChoice::Required);
    let sent = body(claude, &request).await;
    assert_eq!(sent["tool_choice"], json!({"type": "any", "disable_parallel_tool_use": true}));
    (request.tools, request.tool_choice) = (Vec::new(), None);
    assert!(body(claude, &request).await.get("tool_choice").is_none(), "there is nothing to choose");

    let tier = with(|sampling| sampling.service_tier = Some("flex".into()));
    assert_eq!(body(gemini, &tier).await["serviceTier"], "flex");
    let tier = with(|sampling| {
        (sampling.service_tier, sampling.cache_ttl) = (Some("flex".into()), Some(CacheTtl::Hour))
    });
    let sent = body(bedrock, &tier).await;
    assert_eq!(
        (&sent["serviceTier"], &sent["system"][1]),
        (&json!({"type": "flex"}), &json!({"cachePoint": {"type": "default", "ttl": "1h"}}))
    );

    let template = with(|sampling| {
        sampling.chat_template_kwargs.insert("enable_thinking".into(), false.into());
        sampling.parallel_tool_calls = Some(true);
    });
    for id in ["vllm/qwen3", "sglang/qwen3", "llamacpp/qwen3", "acme/m"] {
        let sent = body(openai(id), &template).await;
        assert_eq!(sent["chat_template_kwargs"], json!({"enable_thinking": false}), "{id}");
        assert_eq!(sent["parallel_tool_calls"], true, "{id}");
    }
    let mut plain = template;
    plain.tools.clear();
    assert!(
        body(openai("vllm/qwen3"), &plain).await.get("parallel_tool_calls").is_none(),
        "it is refused without tools"
    );
}

#[tokio::test]
async fn a_setting_that_a_protocol_or_model_lacks_is_an_error_that_names_it() {
    type Set = fn(&mut Sampling);
    let verbosity: Set = |sampling| sampling.verbosity = Some(Verbosity::High);
    let tier: Set = |sampling| sampling.service_tier = Some("flex".into());
    let parallel: Set = |sampling| sampling.parallel_tool_calls = Some(true);
    let hour: Set = |sampling| sampling.cache_ttl = Some(CacheTtl::Hour);
    let half: Set = |sampling| sampling.cache_ttl = Some(CacheTtl::HalfHour);
    let template: Set = |sampling| _ = sampling.chat_template_kwargs.insert("a".into(), 1.into());
    for (id, name, set) in [
        ("openai/gpt-4o", "verbosity", verbosity),
        ("openai/o3", "parallel_tool_calls", parallel),
        ("openai/gpt-5.5", "cache_ttl", half),
        ("openai/gpt-6-sol", "cache_ttl", hour),
        ("openai/gpt-6-sol", "chat_template_kwargs", template),
        ("groq/m", "verbosity", verbosity),
        ("mistral/m", "service_tier", tier),
        ("deepseek/deepseek-v4-pro", "parallel_tool_calls", parallel),
        ("vllm/m", "service_tier", tier),
    ] {
        let error = refused(openai(id), &with(set)).await;
        let told = format!("{id} does not take `{name}`");
        assert!(error.kind() == ErrorKind::Unsupported && error.to_string().starts_with(&told), "{error}");
        let response = Wire::start(|_| {
            Canned::json(200, &json!({"choices": [{"message": {"content": "hi"}}], "output": []}))
        })
        .await;
        let dropped = openai(id)(&response.url())
            .drop_unsupported()
            .complete(&with(set))
            .await
            .expect("a reply")
            .dropped;
        assert_eq!(dropped, [name], "{id}");
    }
    for set in [verbosity, half, template] {
        refused(claude, &with(set)).await;
        refused(bedrock, &with(set)).await;
    }
    for set in [verbosity, hour, template, parallel] {
        refused(gemini, &with(set)).await;
    }
    refused(bedrock, &with(parallel)).await;
    refused(responses, &with(template)).await;
}

#[tokio::test]
async fn what_a_user_adds_is_merged_into_each_body() {
    let extra =
        |extra: Value| with(|sampling| sampling.extra_body = ExtraBody::new(extra).expect("an object"));
    let sent =
        body(openai("openai/gpt-4o"), &extra(json!({"logit_bias": {"50256": -100}, "tool_choice": "none"})))
            .await;
    assert_eq!((&sent["logit_bias"], &sent["tool_choice"]), (&json!({"50256": -100}), &json!("none")));
    assert_eq!(sent["messages"][1]["content"], "Hi.", "the rest stays");
    let mut request = extra(json!({"text": {"verbosity": "low"}}));
    request.format = format();
    let sent = body(responses, &request).await;
    assert_eq!(
        (&sent["text"]["verbosity"], &sent["text"]["format"]["name"]),
        (&json!("low"), &json!("Size"))
    );
    assert_eq!(body(claude, &extra(json!({"metadata": {"user_id": "7"}}))).await["metadata"]["user_id"], "7");
    let sent = body(gemini, &extra(json!({"generationConfig": {"mediaResolution": "LOW"}}))).await;
    assert_eq!(sent["generationConfig"]["mediaResolution"], "LOW");
    let sent = body(bedrock, &extra(json!({"additionalModelRequestFields": {"top_k": 40}}))).await;
    assert_eq!(sent["additionalModelRequestFields"], json!({"top_k": 40}));

    let always = |url: &str| {
        let mut defaults = Sampling::default();
        defaults.service_tier = Some("flex".into());
        let model = openai("openai/gpt-4o")(url).defaults(defaults);
        model.extra_body(json!({"user": "a", "metadata": {"team": "1", "run": "2"}})).expect("an object")
    };
    let sent = body(always, &extra(json!({"metadata": {"run": "3"}}))).await;
    assert_eq!((&sent["user"], &sent["service_tier"]), (&json!("a"), &json!("flex")));
    assert_eq!(sent["metadata"], json!({"team": "1", "run": "3"}), "that of the call goes before");
    let sent = body(always, &with(|sampling| sampling.service_tier = Some("auto".into()))).await;
    assert_eq!(sent["service_tier"], "auto");
}

#[tokio::test]
async fn no_secret_is_added_and_none_is_shown() {
    let key = "sk-very-secret-key-of-mine";
    let extra = ExtraBody::new(json!({"metadata": {"note": format!("use {key}")}})).expect("an object");
    let make = |url: &str| openai("openai/gpt-4o")(url).key(Secret::new(key));
    let error = refused(make, &with(|sampling| sampling.extra_body = extra)).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!error.to_string().contains(key), "{error}");
    let shown = openai("openai/gpt-4o")("http://127.0.0.1:1").extra_body(json!({"user": "Ada Lovelace"}));
    let shown = format!("{:?}", shown.expect("an object"));
    assert!(shown.contains("\"user\"") && !shown.contains("Ada"), "{shown}");
    for extra in [json!({"stream": true}), json!({"api_key": "k"}), json!("text")] {
        assert!(openai("openai/gpt-4o")("http://127.0.0.1:1").extra_body(extra).is_err());
    }
}

#[tokio::test]
async fn thoughts_of_claude_are_shown_or_kept_as_asked() {
    let request = with(|_| ());
    let shown = |url: &str| claude(url).adaptive_thinking().thinking_display(ThinkingDisplay::Summarized);
    assert_eq!(body(shown, &request).await["thinking"], json!({"type": "adaptive", "display": "summarized"}));
    let old = |url: &str| {
        let model =
            Anthropic::at("anthropic/claude-sonnet-4-5".parse().expect("a name"), url).expect("an address");
        model.thinking_budget(2_048).thinking_display(ThinkingDisplay::Omitted)
    };
    assert_eq!(
        body(old, &request).await["thinking"],
        json!({"type": "enabled", "budget_tokens": 2_048, "display": "omitted"})
    );
    assert_eq!(
        body(|url: &str| claude(url).thinking_off(), &request).await["thinking"],
        json!({"type": "disabled"})
    );
    let always = |url: &str| {
        Anthropic::at("anthropic/claude-opus-5-5".parse().expect("a name"), url)
            .expect("an address")
            .thinking_off()
    };
    let error = refused(always, &request).await;
    assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains("always thinks"), "{error}");
    let between = |url: &str| claude(url).thinking_between_tools();
    assert_eq!(body(between, &request).await["thinking"], json!({"type": "between_tools"}));
    let error = refused(|url: &str| claude(url).thinking_display(ThinkingDisplay::Omitted), &request).await;
    assert!(error.to_string().contains("add `adaptive_thinking`"), "{error}");
}

#[tokio::test]
async fn a_version_of_anthropics_is_sent_as_it_is_wanted() {
    let wire = Wire::start(|_| Canned::json(200, &json!({}))).await;
    let (request, warm) = (with(|_| ()), with(|sampling| sampling.top_p = Some(0.9)));
    let haiku = || {
        let id = "anthropic/claude-haiku-4-5".parse().expect("a name");
        Anthropic::at(id, &wire.url()).expect("an address").key(Secret::new("k"))
    };
    let shown = |name| wire.last().header(name).map(str::to_owned);
    let _ = haiku().complete(&warm).await;
    assert_eq!(
        (shown("anthropic-version"), shown("x-api-key")),
        (Some("2023-06-01".into()), Some("k".into()))
    );
    let new = || haiku().version("2026-10-21").expect("a day");
    let _ = new().cache_turns().complete(&request).await;
    assert_eq!(shown("anthropic-version"), Some("2026-10-21".into()));
    assert_eq!((shown("x-api-key"), shown("authorization")), (None, Some("Bearer k".into())));
    assert_eq!(wire.last().body["cache_control"], json!({"type": "ephemeral"}));
    let error = refused(|_| new(), &warm).await;
    assert!(error.to_string().contains("does not take `top_p`"), "{error}");
    for version in ["", "2026", "2026-1-1", "2026-10-2x", "latest\n"] {
        let error = haiku().version(version).expect_err("no day");
        assert_eq!(error.kind(), ErrorKind::NotConfigured, "{error}");
    }
}

#[tokio::test]
async fn what_is_always_sent_is_checked_as_what_a_call_sets() {
    let mut cold = Sampling::default();
    cold.temperature = Some(0.0);
    let make = move |url: &str| claude(url).defaults(cold.clone());
    let error = refused(make.clone(), &with(|_| ())).await;
    assert!(error.to_string().contains("`temperature` of 0"), "{error}");
    let warm = with(|sampling| sampling.temperature = Some(1.0));
    assert!(body(make, &warm).await.get("temperature").is_none(), "what the call sets goes before");
}

#[tokio::test]
async fn marks_are_told_to_openai_where_it_knows_them() {
    let mut request = with(|sampling| sampling.reasoning_effort = Some(Effort::None));
    request.messages.push(Message::assistant("Hello.").cached());
    let mark = json!({"mode": "explicit"});
    let told = |kind: &str| json!([{"type": kind, "text": "Be brief.", "prompt_cache_breakpoint": mark}]);
    let sent = body(openai("openai/gpt-6-sol"), &request).await;
    assert_eq!(
        (&sent["messages"][0]["content"], &sent["messages"][2]["content"]),
        (&told("text"), &json!("Hello."))
    );
    let sent = body(responses, &request).await;
    assert_eq!(
        (&sent["input"][0]["content"], &sent["input"][2]["content"]),
        (&told("input_text"), &json!("Hello."))
    );
    for id in ["openai/gpt-5.2", "acme/m", "vllm/m"] {
        assert_eq!(body(openai(id), &request).await["messages"][0]["content"], "Be brief.", "{id}");
    }
    let day = with(|sampling| sampling.cache_ttl = Some(CacheTtl::HalfDay));
    assert_eq!(body(responses, &day).await["prompt_cache_options"], json!({"ttl": "12h"}));
    refused(claude, &day).await;
    refused(openai("openai/gpt-4o"), &day).await;
}
