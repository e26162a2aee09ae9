//! Tokens by OAuth: a server and the authorization server that it trusts, both on loopback.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dspy::ErrorKind;
use dspy::lm::Secret;
use dspy::mcp::{McpOauth, McpServer};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{call, tool};
use crate::wire::server::{Came, Canned, Wire};

/// The state of the two servers, which are one.
#[derive(Default)]
struct State {
    /// The address at which both are.
    url: String,
    registers: bool,
    /// The clients that are known, with their redirects.
    clients: Vec<(String, String)>,
    /// The code that was given, with its challenge and client.
    code: Option<(String, String)>,
    /// The numbers of tokens that hold.
    tokens: BTreeSet<u32>,
    given: u32,
    scope: String,
    /// What the token endpoint was asked for.
    grants: Vec<Value>,
    refuses_refresh: bool,
    /// Tells whether the token endpoint is out of order.
    is_down: bool,
    /// The scope that calls want and no token has.
    wants: Option<&'static str>,
}

type Shared = Arc<Mutex<State>>;

/// Starts them.
async fn start(change: impl FnOnce(&mut State)) -> (Wire, Shared) {
    let state = Shared::default();
    let shared = state.clone();
    let wire = Wire::start(move |came| answer(&mut shared.lock().expect("no panic"), came)).await;
    let mut state_ = state.lock().expect("no panic");
    (state_.url, state_.registers) = (wire.url(), true);
    change(&mut state_);
    drop(state_);
    (wire, state)
}

fn answer(state: &mut State, came: &Came) -> Canned {
    let url = state.url.clone();
    let (method, target) = came.line.split_once(' ').expect("a line");
    let target = Url::parse(&url).expect("an address").join(target).expect("a target");
    match (method, target.path()) {
        ("POST", "/mcp") => mcp(state, came),
        ("GET", "/.well-known/oauth-protected-resource/mcp") => Canned::json(
            200,
            &json!({"resource": format!("{url}/mcp"), "authorization_servers": [url], "scopes_supported": ["tickets:read"]}),
        ),
        ("GET", "/.well-known/oauth-authorization-server") => {
            let mut metadata = json!({
                "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            });
            if state.registers {
                metadata["registration_endpoint"] = format!("{url}/register").into();
            }
            Canned::json(200, &metadata)
        }
        ("POST", "/register") if state.registers => {
            let redirect = came.body["redirect_uris"][0].as_str().expect("a redirect").to_owned();
            let id = format!("client-{}", state.clients.len());
            state.clients.push((id.clone(), redirect));
            let mut registered = came.body.clone();
            registered["client_id"] = id.into();
            Canned::json(201, &registered)
        }
        ("POST", "/token") => token(state, came),
        _ => Canned::json(404, &json!({})),
    }
}

fn token(state: &mut State, came: &Came) -> Canned {
    let form = Url::parse(&format!("http://x/?{}", came.body.as_str().unwrap_or_default())).expect("a form");
    let form: serde_json::Map<String, Value> =
        form.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    let form = Value::Object(form);
    state.grants.push(form.clone());
    if state.is_down {
        return Canned::json(502, &json!("down"));
    }
    let refused = |error: &str| Canned::json(400, &json!({"error": error, "error_description": "no"}));
    match form["grant_type"].as_str() {
        Some("authorization_code") => {
            let Some((code, challenge)) = state.code.take() else { return refused("invalid_grant") };
            let verifier = form["code_verifier"].as_str().unwrap_or_default();
            let proved = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            if form["code"] != code || verifier.len() < 43 || proved != challenge {
                return refused("invalid_grant");
            }
        }
        Some("refresh_token") if state.refuses_refresh => return refused("invalid_grant"),
        Some("refresh_token") if form["refresh_token"] == format!("refresh-secret-{}", state.given) => {}
        _ => return refused("invalid_grant"),
    }
    state.given += 1;
    state.tokens = BTreeSet::from([state.given]);
    Canned::json(
        200,
        &json!({
            "access_token": format!("access-secret-{}", state.given), "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": format!("refresh-secret-{}", state.given), "scope": state.scope,
        }),
    )
}

/// The server of tools, which lets in who has a token that holds.
fn mcp(state: &State, came: &Came) -> Canned {
    let token = came.header("authorization").and_then(|header| header.strip_prefix("Bearer access-secret-"));
    let holds =
        token.and_then(|token| token.parse().ok()).is_some_and(|token: u32| state.tokens.contains(&token));
    if !holds {
        let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", state.url);
        let challenge =
            format!("www-authenticate: Bearer resource_metadata=\"{metadata}\", scope=\"tickets:read\"");
        return Canned::json(401, &json!({"error": "invalid_token"})).header(&challenge);
    }
    let (id, params) = (&came.body["id"], &came.body["params"]);
    if let (Some(scope), "tools/call") = (state.wants, came.body["method"].as_str().unwrap_or_default()) {
        let challenge = format!("www-authenticate: Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        return Canned::json(403, &json!({"error": "insufficient_scope"})).header(&challenge);
    }
    let result = match came.body["method"].as_str().unwrap_or_default() {
        "server/discover" => json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "tickets", "version": "1"}, "ttlMs": 0, "cacheScope": "private",
        }),
        "tools/list" => json!({
            "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "tools": [{"name": "open", "description": "Names open tickets.", "inputSchema": {"type": "object"}}],
        }),
        "tools/call" if params["name"] == "open" => {
            json!({"resultType": "complete", "content": [{"type": "text", "text": "7 and 8"}]})
        }
        other => {
            return Canned::json(
                200,
                &json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": other}}),
            );
        }
    };
    Canned::json(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// Agrees, as a person would in a browser, or does not; and counts how often it was asked.
fn browser(state: &Shared, agrees: bool) -> (McpOauth, Arc<Mutex<Vec<Url>>>) {
    let opened: Arc<Mutex<Vec<Url>>> = Arc::default();
    let (state, seen) = (state.clone(), opened.clone());
    let oauth = McpOauth::new(move |address| {
        let address = Url::parse(address).expect("an address");
        seen.lock().expect("no panic").push(address.clone());
        let word = |name: &str| {
            let found = address.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        assert_eq!(
            (word("code_challenge_method").as_str(), word("response_type").as_str()),
            ("S256", "code")
        );
        let mut back = Url::parse(&word("redirect_uri")).expect("a redirect");
        let mut state = state.lock().expect("no panic");
        match agrees {
            true => {
                state.code = Some(("the-code".to_owned(), word("code_challenge")));
                state.scope = word("scope");
                back.query_pairs_mut().append_pair("code", "the-code").append_pair("iss", &state.url);
            }
            false => drop(back.query_pairs_mut().append_pair("error", "access_denied")),
        }
        back.query_pairs_mut().append_pair("state", &word("state"));
        tokio::spawn(async move {
            let at = (back.host_str().expect("a host").to_owned(), back.port().expect("a port"));
            let mut stream = tokio::net::TcpStream::connect(at).await.expect("it listens");
            for target in ["/favicon.ico", &format!("{}?{}", back.path(), back.query().unwrap_or_default())] {
                let asked = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
                tokio::io::AsyncWriteExt::write_all(&mut stream, asked.as_bytes()).await.expect("it reads");
                let mut page = String::new();
                tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut page).await.expect("it answers");
                if target == "/favicon.ico" {
                    assert!(page.starts_with("HTTP/1.1 404"), "{page}");
                    let at = (back.host_str().expect("a host").to_owned(), back.port().expect("a port"));
                    stream = tokio::net::TcpStream::connect(at).await.expect("it listens");
                }
            }
        });
    });
    (oauth, opened)
}

fn server(wire: &Wire, oauth: &McpOauth) -> McpServer {
    McpServer::http(format!("{}/mcp", wire.url())).oauth(oauth.clone())
}

/// The grants that the token endpoint was asked for, by their names.
fn grants(state: &Shared) -> Vec<String> {
    let state = state.lock().expect("no panic");
    state.grants.iter().map(|grant| grant["grant_type"].as_str().expect("a grant").to_owned()).collect()
}

#[tokio::test]
async fn a_person_is_asked_once_and_the_token_is_renewed() {
    let (wire, state) = start(|_| {}).await;
    let (oauth, opened) = browser(&state, true);
    let connection = server(&wire, &oauth).connect().await.expect("it is agreed to");
    let tools = connection.tools().await.expect("listed");
    let open = tool(&tools, "open");
    assert_eq!(call(&open, json!({})).await, "7 and 8");
    {
        let state = state.lock().expect("no panic");
        let [(id, redirect)] = &state.clients[..] else { panic!("one client: {:?}", state.clients) };
        let grant = &state.grants[0];
        assert_eq!((&grant["client_id"], &grant["redirect_uri"]), (&json!(id), &json!(redirect)));
        assert_eq!(grant["resource"], format!("{}/mcp", state.url));
        assert_eq!(state.scope, "tickets:read", "what the server says that it needs");
    }

    state.lock().expect("no panic").tokens.clear();
    assert_eq!(call(&open, json!({})).await, "7 and 8");
    assert_eq!(grants(&state), ["authorization_code", "refresh_token"]);

    let again = server(&wire, &oauth).connect().await.expect("the token is there");
    assert_eq!(again.tools().await.expect("listed").len(), 1);
    assert_eq!(opened.lock().expect("no panic").len(), 1);
    let text = format!("{connection:?} {again:?} {oauth:?} {:?} {:?}", server(&wire, &oauth), tools[0]);
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_client_that_is_known_is_not_registered() {
    let (wire, state) = start(|state| state.registers = false).await;
    let (oauth, opened) = browser(&state, true);
    let error = server(&wire, &oauth).connect().await.expect_err("nobody can register");
    assert_eq!(error.kind(), ErrorKind::NotConfigured, "{error}");
    assert!(error.to_string().contains("give its id with `McpOauth::client`"), "{error}");
    assert!(opened.lock().expect("no panic").is_empty());

    let known = oauth.client("my-client", Some(Secret::new("client-secret"))).scopes(["tickets:write"]);
    let tools = server(&wire, &known).connect().await.expect("agreed").tools().await.expect("listed");
    state.lock().expect("no panic").tokens.clear();
    assert_eq!(call(&tool(&tools, "open"), json!({})).await, "7 and 8");
    assert_eq!(grants(&state), ["authorization_code", "refresh_token"]);
    let asked: Vec<Came> = wire.all().into_iter().filter(|came| came.line == "POST /token").collect();
    assert!(
        asked
            .iter()
            .all(|came| came.header("authorization").is_some_and(|header| header.starts_with("Basic ")))
    );
    assert_eq!(state.lock().expect("no panic").scope, "tickets:write");
    assert!(!format!("{known:?}").contains("client-secret"));
}

#[tokio::test]
async fn a_token_that_is_not_renewed_is_told_and_asked_for_anew() {
    let (wire, state) = start(|state| state.refuses_refresh = true).await;
    let (oauth, opened) = browser(&state, true);
    let tools = server(&wire, &oauth).connect().await.expect("agreed").tools().await.expect("listed");
    state.lock().expect("no panic").tokens.clear();
    let cx = crate::task::built_in();
    let error = tools[0].call(&cx, json!({})).await.expect_err("it has run out");
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    assert!(!format!("{error:?} {error:#}").contains("secret"), "{error:?}");
    let tools =
        server(&wire, &oauth).connect().await.expect("agreed once more").tools().await.expect("listed");
    assert_eq!(call(&tools[0], json!({})).await, "7 and 8");
    assert_eq!(opened.lock().expect("no panic").len(), 2);
}

#[tokio::test]
async fn nobody_is_asked_anew_while_an_authorization_server_is_down() {
    let (wire, state) = start(|_| {}).await;
    let (oauth, opened) = browser(&state, true);
    let tools = server(&wire, &oauth).connect().await.expect("agreed").tools().await.expect("listed");
    {
        let mut state = state.lock().expect("no panic");
        state.tokens.clear();
        state.is_down = true;
    }
    let error = tools[0].call(&crate::task::built_in(), json!({})).await.expect_err("it is down");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let error = server(&wire, &oauth).connect().await.expect_err("it is down");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    state.lock().expect("no panic").is_down = false;
    assert_eq!(call(&tools[0], json!({})).await, "7 and 8");
    assert_eq!(opened.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn a_scope_that_the_token_has_not_is_told() {
    let (wire, state) = start(|state| state.wants = Some("tickets:write")).await;
    let (oauth, _) = browser(&state, true);
    let tools = server(&wire, &oauth).connect().await.expect("agreed").tools().await.expect("listed");
    let error = tools[0].call(&crate::task::built_in(), json!({})).await.expect_err("it wants more");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(403)), "{error}");
    assert!(
        error.to_string().contains("`tickets:write`") && error.to_string().contains("`McpOauth::scopes`"),
        "{error}"
    );
}

#[tokio::test]
async fn who_does_not_agree_or_does_not_come_is_told() {
    let (wire, state) = start(|_| {}).await;
    let (oauth, _) = browser(&state, false);
    let error = server(&wire, &oauth).connect().await.expect_err("it is not agreed to");
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().ends_with("was not authorized: access_denied"), "{error}");

    let nobody = McpOauth::new(|_| {}).patience(std::time::Duration::from_millis(50));
    let error = server(&wire, &nobody).connect().await.expect_err("nobody comes");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("`McpOauth::patience`"), "{error}");

    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let error = server(&wire, &McpOauth::new(|_| {}).port(port)).connect().await.expect_err("it is taken");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    assert!(error.to_string().contains("is the port of `McpOauth::port` free?"), "{error}");
}

#[tokio::test]
async fn what_was_given_can_be_kept_for_later() {
    let kept: Arc<Mutex<Option<String>>> = Arc::default();
    let keeping = |oauth: McpOauth| {
        let (loads, saves) = (kept.clone(), kept.clone());
        oauth.kept(
            move || loads.lock().expect("no panic").clone(),
            move |text| *saves.lock().expect("no panic") = Some(text.to_owned()),
        )
    };
    let (wire, state) = start(|_| {}).await;
    let (oauth, opened) = browser(&state, true);
    let first = server(&wire, &keeping(oauth)).connect().await.expect("agreed");
    first.tools().await.expect("listed");
    assert!(kept.lock().expect("no panic").as_ref().is_some_and(|text| text.contains("refresh-secret-1")));

    // Another process.
    let (oauth, later) = browser(&state, true);
    state.lock().expect("no panic").tokens.clear();
    let tools = server(&wire, &keeping(oauth)).connect().await.expect("kept").tools().await.expect("listed");
    assert_eq!(call(&tools[0], json!({})).await, "7 and 8");
    assert_eq!((opened.lock().expect("no panic").len(), later.lock().expect("no panic").len()), (1, 0));
    assert!(kept.lock().expect("no panic").as_ref().is_some_and(|text| text.contains("refresh-secret-2")));
}
