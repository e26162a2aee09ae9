use ErrorKind::{
    Auth, Billing, Cancelled, ContentFilter, ContextWindow, InvalidRequest, NotConfigured, RateLimit, Server,
    Timeout, Unsupported,
};
use reqwest::StatusCode;

use super::*;
use crate::lm::Message;

fn error(status: u16, error_type: Option<&str>, body: &str) -> Error {
    let head = Head {
        status: StatusCode::from_u16(status).expect("a status"),
        retry_after: None,
        request_id: None,
        rate_limit: None,
        error_type: error_type.map(str::to_owned),
    };
    let request = Request::from(vec![Message::user("My number is 4111 1111 and my name is Ann.")]);
    let is_secret = |text: &str| text.contains("sk-123");
    let asked = Asked { at: "http://host", is_secret: &is_secret, key_name: "THE_KEY", request: &request };
    Failure::read(body.as_bytes()).error_of(&head, &asked)
}

#[test]
fn the_class_is_told_by_words_and_status() {
    for (status, body, kind) in [
        // OpenAI and those like it.
        (
            429,
            r#"{"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Billing,
        ),
        (429, r#"{"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}}"#, RateLimit),
        (
            400,
            r#"{"error":{"message":"x","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
            ContextWindow,
        ),
        (
            400,
            r#"{"error":{"message":"x","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            ContentFilter,
        ),
        (400, r#"{"error":{"message":"no seed","code":"unsupported_parameter"}}"#, Unsupported),
        (404, r#"{"error":{"message":"x","code":"model_not_found"}}"#, InvalidRequest),
        (401, r#"{"error":{"message":"x","code":"invalid_api_key"}}"#, Auth),
        (402, r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#, Billing),
        // llama.cpp, vLLM, Ollama.
        (
            400,
            r#"{"error":{"code":400,"message":"x","type":"exceed_context_size_error","n_ctx":64}}"#,
            ContextWindow,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 8 tokens.","code":400}"#,
            ContextWindow,
        ),
        (501, r#"{"error":{"code":501,"message":"no","type":"not_supported_error"}}"#, Unsupported),
        (404, r#"{"error":"model 'x' not found"}"#, InvalidRequest),
        // Anthropic.
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Server),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"input tokens per minute"}}"#,
            RateLimit,
        ),
        (400, r#"{"type":"error","error":{"type":"billing_error","message":"x"}}"#, Billing),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
            Billing,
        ),
        (413, r#"{"type":"error","error":{"type":"request_too_large","message":"x"}}"#, ContextWindow),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8"}}"#,
            ContextWindow,
        ),
        // Gemini.
        (429, r#"{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED"}}"#, RateLimit),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum","status":"INVALID_ARGUMENT"}}"#,
            ContextWindow,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
            Auth,
        ),
        (503, r#"[{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}]"#, Server),
        (499, r#"{"error":{"code":499,"message":"x","status":"CANCELLED"}}"#, Cancelled),
        // By status alone.
        (301, "", NotConfigured),
        (403, "no", Auth),
        (408, "", Timeout),
        (504, "", Timeout),
        (422, r#"{"detail":[]}"#, InvalidRequest),
        (500, "", Server),
        (529, "", Server),
    ] {
        assert_eq!(error(status, None, body).kind(), kind, "{status} {body}");
    }
}

#[test]
fn the_exceptions_of_bedrock_stand_in_a_header() {
    for (status, exception, kind) in [
        (429, "ThrottlingException:http://internal.amazon.com/coral/", RateLimit),
        (400, "com.amazon#ServiceQuotaExceededException", RateLimit),
        (403, "AccessDeniedException", Auth),
        (408, "ModelTimeoutException", Timeout),
        (424, "ModelErrorException", Server),
        (429, "ModelNotReadyException", Server),
        (404, "ResourceNotFoundException", InvalidRequest),
        (400, "ValidationException", InvalidRequest),
    ] {
        assert_eq!(error(status, Some(exception), r#"{"message":"x"}"#).kind(), kind, "{exception}");
    }
    let long =
        error(400, Some("ValidationException"), r#"{"message":"Input is too long for requested model."}"#);
    assert_eq!((long.kind(), long.code()), (ContextWindow, Some("ValidationException")));
}

#[test]
fn what_helps_is_kept_and_what_is_secret_is_not() {
    let body = r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED",
        "details":[{"retryDelay":"1.5s"}]},"request_id":"req_1"}"#;
    let slow = error(429, None, body);
    assert_eq!(slow.to_string(), "http://host answered 429: slow down");
    assert_eq!(slow.retry_after(), Some(Duration::from_millis(1500)));
    assert_eq!((slow.code(), slow.request_id()), (Some("RESOURCE_EXHAUSTED"), Some("req_1")));

    for body in [
        r#"{"error":{"message":"bad key sk-123","code":"sk-123"}}"#,
        r#"{"error":{"message":"bad input: My number is 4111 1111 and so on"}}"#,
        r#"{"error":{"message":"bad: ","code":"My number is 4111"}}"#,
    ] {
        let error = error(400, None, body);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("sk-123") && !text.contains("4111"), "{text}");
        }
    }
    let refused = error(401, None, r#"{"error":{"message":"whoever"}}"#);
    assert_eq!(refused.to_string(), "http://host answered 401; check THE_KEY");
}
