//! Models that are asked in their provider's batches.

mod provider;
mod resume;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dspy::adapter::ChatAdapter;
use dspy::batched::Batched;
use dspy::context::{Price, Prices};
use dspy::lm::{CacheUse, Message, Request, Response, Sampling, ServiceTier};
use dspy::{
    Budget, Context, ErrorKind, Evaluate, Lm, Predict, RandomSearch, Result, Rows, Splits, signature,
};
use futures_util::StreamExt;
use futures_util::future::join_all;

use provider::{End, Fault, KINDS, Kind, Outcome, Provider};

/// A folder of one test, away when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("batched-{name}"));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    /// The one journal in it.
    fn journal(&self) -> PathBuf {
        let mut files = fs::read_dir(&self.0).expect("a folder");
        files.next().expect("a file").expect("readable").path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Asks in batches that go and are looked at as soon as may be.
fn batched(model: Lm, folder: &Folder) -> Batched {
    let (moment, soon) = (Duration::from_millis(1), Duration::from_millis(40));
    Batched::new(model, &folder.0).expect("it has batches").collect_for(soon).look_every(moment, moment)
}

/// Asks so again, as soon as those who followed its batches are gone.
async fn reopened(model: Lm, folder: &Folder) -> Lm {
    while let Err(error) = Batched::new(model.clone(), &folder.0) {
        assert!(error.to_string().contains("in use"), "{error}");
        tokio::task::yield_now().await;
    }
    Lm::from(batched(model, folder))
}

/// Collects calls of rows that begin one after the other, however slow the machine is.
fn patient(model: Lm, folder: &Folder) -> Batched {
    batched(model, folder).collect_for(Duration::from_millis(500))
}

fn request(text: &str) -> Request {
    let mut request = Request::from(vec![Message::user(text)]);
    request.sampling.max_tokens = Some(9);
    request
}

async fn ask(lm: &Lm, texts: &[&str]) -> Vec<Result<Response>> {
    let requests: Vec<Request> = texts.iter().map(|text| request(text)).collect();
    join_all(requests.iter().map(|request| lm.model().complete(request))).await
}

fn texts(replies: Vec<Result<Response>>) -> Vec<String> {
    replies.into_iter().map(|reply| reply.expect("a reply").text).collect()
}

/// Say it too.
#[signature]
struct Echo {
    #[input]
    word: String,
    /// The word.
    #[output]
    said: String,
}

#[tokio::test]
async fn calls_that_are_made_at_once_are_one_batch_and_each_gets_its_own_reply() {
    for kind in KINDS {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("one-{kind:?}")));
        let lm = Lm::from(batched(provider.model(), &folder));
        let replies = ask(&lm, &["a", "b", "c", "a"]).await;

        let tiers: Vec<_> = replies.iter().flatten().map(|reply| reply.service_tier).collect();
        assert_eq!(tiers, [Some(ServiceTier::Batch); 4]);
        let hits: u64 = replies.iter().flatten().map(|reply| reply.usage.hits).sum();
        assert_eq!((hits, provider.sizes()), (1, vec![3]), "equal calls are one request");
        assert_eq!(texts(replies), ["a, too", "b, too", "c, too", "a, too"]);
        // What was paid for once answers for nothing.
        let again = ask(&lm, &["b"]).await.remove(0).expect("a reply");
        assert_eq!((again.usage.hits, again.usage.paid().input_tokens, provider.sizes().len()), (1, 0, 1));
        assert_eq!(texts(ask(&lm, &["d"]).await), ["d, too"]);
        assert_eq!(provider.sizes(), [3, 1], "what comes later is in the next batch");
    }
}

#[tokio::test]
async fn an_evaluation_goes_in_one_batch_for_half_the_price() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("evaluate"));
    let price = Price::per_million(2.0, 8.0);
    let prices = Prices::none().with("openai/gpt-4.1-mini", price).with_tier(
        "openai/gpt-4.1-mini",
        ServiceTier::Batch,
        Price::per_million(1.0, 4.0),
    );
    let cx = Context::new(patient(provider.model(), &folder)).with_adapter(ChatAdapter).with_prices(prices);
    let csv: String = (0..40).map(|row| format!("w{row},w{row}\n")).collect();
    let rows = Rows::<Echo>::from_csv(&format!("word,said\n{csv}"), "words.csv").expect("rows");
    let evaluate = Evaluate::new(|row: &Echo, out: &EchoOutput| out.said.contains(&row.word)).progress(false);
    let report = evaluate.run(&cx, &Predict::<Echo>::new(), &rows).await.expect("it runs");
    assert_eq!((report.rows().len(), provider.sizes()), (40, vec![40]), "more than the usual 16 at once");
    // Each prompt is said to be a million tokens.
    assert_eq!(cx.ledger().cost(), Some(40.0));

    let inputs = (0..20).map(|word| EchoInput { word: format!("v{word}") });
    let outcomes = Predict::<Echo>::new().batch(&cx, inputs).await;
    assert_eq!((outcomes.len(), provider.sizes()), (20, vec![40, 20]));
}

#[tokio::test]
async fn a_budget_is_charged_before_anything_is_submitted() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("budget"));
    let mut sampling = Sampling::default();
    sampling.max_tokens = Some(100);
    let cx = Context::new(batched(provider.model(), &folder))
        .with_adapter(ChatAdapter)
        .with_sampling(sampling)
        .with_budget(Budget::unlimited().with_cost(0.000_001, Price::per_million(1.0, 4.0)));
    let outcome = dspy::predict::DynPredict::parse("word -> said").expect("a signature");
    let input = dspy::data::Record::from_iter([("word".to_owned(), "a")]);
    let error = outcome.call(&cx, input).await.expect_err("the budget");
    assert!(error.is_budget(), "{error}");
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn requests_fail_one_by_one_with_the_class_that_calls_have() {
    for kind in KINDS {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("rows-{kind:?}")));
        provider.outcomes(|text| match text {
            "rate" => Outcome::Status(429),
            "bad" => Outcome::Status(400),
            "down" => Outcome::Status(500),
            "missing" => Outcome::Missing,
            _ => Outcome::Reply,
        });
        let lm = Lm::from(batched(provider.model(), &folder));
        let outcomes = ask(&lm, &["rate", "good", "bad", "down", "missing"]).await;
        let kinds: Vec<_> =
            outcomes.iter().map(|outcome| outcome.as_ref().err().map(dspy::Error::kind)).collect();
        use ErrorKind::{Decode, InvalidRequest, RateLimit, Server};
        assert_eq!(
            kinds,
            [Some(RateLimit), None, Some(InvalidRequest), Some(Server), Some(Decode)],
            "{kind:?}"
        );
        assert!(outcomes[0].as_ref().expect_err("refused").is_retryable());
        // An error is told once; the next call asks again.
        provider.outcomes(|_| Outcome::Reply);
        assert_eq!(
            texts(ask(&lm, &["rate", "missing", "good"]).await),
            ["rate, too", "missing, too", "good, too"]
        );
        assert_eq!(provider.sizes(), [5, 2]);
    }
}

#[tokio::test]
async fn what_a_batch_did_not_come_to_before_it_expired_is_an_error_of_its_call() {
    for kind in [Kind::OpenAi, Kind::Anthropic] {
        for (row, end, is) in [
            (Outcome::Expired, End::Expired, ErrorKind::Timeout),
            (Outcome::Missing, End::Expired, ErrorKind::Timeout),
            (Outcome::Cancelled, End::Cancelled, ErrorKind::Cancelled),
        ] {
            if (kind, row) == (Kind::Anthropic, Outcome::Missing) {
                continue;
            }
            let name = format!("expired-{kind:?}-{row:?}");
            let (provider, folder) = (Provider::start(kind).await, Folder::new(&name));
            provider.ends(end);
            provider.outcomes(move |text| if text == "done" { Outcome::Reply } else { row });
            let lm = Lm::from(batched(provider.model(), &folder));
            let mut outcomes = ask(&lm, &["late", "done"]).await;
            assert_eq!(outcomes.remove(1).expect("a reply").text, "done, too");
            let error = outcomes.remove(0).expect_err("late");
            assert_eq!(error.kind(), is, "{error}");
            let word = if is == ErrorKind::Timeout { "expired" } else { "was cancelled" };
            assert!(error.to_string().contains(&format!("{word} before it came to this request")), "{error}");
        }
    }
    let (provider, folder) = (Provider::start(Kind::Gemini).await, Folder::new("expired-gemini"));
    provider.ends(End::Expired);
    let lm = Lm::from(batched(provider.model(), &folder));
    for outcome in ask(&lm, &["a", "b"]).await {
        assert_eq!(outcome.expect_err("late").kind(), ErrorKind::Timeout);
    }
}

#[tokio::test]
async fn a_batch_that_is_not_taken_is_an_error_of_all_its_calls() {
    for kind in [Kind::OpenAi, Kind::Gemini] {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("failed-{kind:?}")));
        provider.ends(End::Failed);
        let lm = Lm::from(batched(provider.model(), &folder));
        for outcome in ask(&lm, &["a", "b"]).await {
            let error = outcome.expect_err("failed");
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains("the lines are no requests"), "{error}");
        }
    }
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("busy"));
    provider.ends(End::Busy);
    let lm = Lm::from(batched(provider.model(), &folder));
    let error = ask(&lm, &["a"]).await.remove(0).expect_err("no room");
    assert!(error.is_retryable() && error.kind() == ErrorKind::RateLimit, "{error}");
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("refused"));
    provider.goes_wrong("submit", Fault::Refused);
    let lm = Lm::from(batched(provider.model(), &folder));
    let outcomes = ask(&lm, &["a", "b"]).await;
    let kinds: Vec<_> =
        outcomes.iter().map(|outcome| outcome.as_ref().expect_err("refused").kind()).collect();
    assert_eq!(kinds, [ErrorKind::InvalidRequest; 2]);
    assert_eq!(texts(ask(&lm, &["a", "b"]).await), ["a, too", "b, too"], "and may be asked again");
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_nothing_is_submitted_twice() {
    for kind in KINDS {
        for fault in [Fault::Lost, Fault::Busy] {
            for request in ["submit", "list", "status", "results"] {
                let name = format!("lost-{kind:?}-{fault:?}-{request}");
                let (provider, folder) = (Provider::start(kind).await, Folder::new(&name));
                // Where the provider keeps no name of ours, others may be taken for it.
                provider.has_other(2);
                provider.goes_wrong(request, fault);
                let lm = Lm::from(batched(provider.model(), &folder));
                assert_eq!(texts(ask(&lm, &["a", "b"]).await), ["a, too", "b, too"], "{name}");
                let twice: Vec<_> = provider.times().into_iter().filter(|(_, times)| *times != 1).collect();
                assert!(twice.is_empty(), "{name}: {twice:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_earlier_batch_of_the_same_requests_is_not_taken_for_the_next() {
    for kind in KINDS {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("earlier-{kind:?}")));
        provider.outcomes(|_| Outcome::Status(500));
        let lm = Lm::from(batched(provider.model(), &folder));
        assert!(ask(&lm, &["a", "b"]).await.iter().all(Result::is_err));
        provider.outcomes(|_| Outcome::Reply);
        provider.goes_wrong("submit", Fault::LostBefore);
        assert_eq!(texts(ask(&lm, &["a", "b"]).await), ["a, too", "b, too"], "{kind:?}");
        assert_eq!(provider.sizes(), [2, 2], "{kind:?}");
        drop(lm);
        // Nor by the next process.
        let lm = reopened(provider.model(), &folder).await;
        provider.outcomes(|_| Outcome::Status(500));
        assert!(ask(&lm, &["c", "d"]).await.iter().all(Result::is_err));
        drop(lm);
        let lm = reopened(provider.model(), &folder).await;
        provider.outcomes(|_| Outcome::Reply);
        provider.goes_wrong("submit", Fault::LostBefore);
        assert_eq!(texts(ask(&lm, &["c", "d"]).await), ["c, too", "d, too"], "{kind:?}");
        assert_eq!(provider.sizes(), [2; 4], "{kind:?}");
    }
}

#[tokio::test]
async fn batches_are_no_larger_than_is_set() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("size"));
    let lm = Lm::from(batched(provider.model(), &folder).at_most(2));
    assert_eq!(lm.model().calls_at_once(), Some(2));
    let words = ["a", "b", "c", "d", "e"];
    let replies = texts(ask(&lm, &words).await);
    assert_eq!(replies, words.map(|word| format!("{word}, too")));
    let sizes = provider.sizes();
    assert!(sizes.iter().all(|size| *size <= 2) && sizes.iter().sum::<usize>() == 5, "{sizes:?}");

    let (provider, folder) = (Provider::start(Kind::Gemini).await, Folder::new("large"));
    let lm = Lm::from(batched(provider.model(), &folder));
    let long = "x".repeat(11_000_000);
    let error = ask(&lm, &[&"y".repeat(20_000_000)]).await.remove(0).expect_err("larger than a batch");
    assert_eq!(error.kind(), ErrorKind::ContextWindow);
    let replies = ask(&lm, &[&long, &format!("{long}.")]).await;
    assert!(replies.iter().all(std::result::Result::is_ok));
    assert_eq!(provider.sizes(), [1, 1], "both together are larger than a batch in line may be");
}

#[tokio::test]
async fn a_call_that_is_given_up_before_is_not_submitted_and_afterwards_is_kept() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("dropped"));
    let lm = Lm::from(patient(provider.model(), &folder));
    let (gone, kept) = (request("gone"), request("kept"));
    let call = lm.model().complete(&gone);
    assert!(tokio::time::timeout(Duration::from_millis(2), call).await.is_err());
    lm.model().complete(&kept).await.expect("a reply");
    assert_eq!(provider.sizes(), [1]);

    provider.goes_wrong("status", Fault::HangsBefore);
    let late = request("late");
    tokio::select! {
        _ = lm.model().complete(&late) => unreachable!("its batch hangs"),
        () = provider.hangs() => {}
    }
    // The one who follows the batch still waits for the provider; in another process it is found.
    assert_eq!(provider.sizes(), [1, 1]);
}

#[tokio::test]
async fn another_reply_is_had_by_another_rollout_or_use_of_the_cache() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("rollouts"));
    let lm = Lm::from(batched(provider.model(), &folder));
    let mut other = request("a");
    other.rollout = 1;
    let mut fresh = request("a");
    fresh.cache = CacheUse::Off;
    let requests = [request("a"), other, fresh.clone(), fresh];
    let replies = join_all(requests.iter().map(|request| lm.model().complete(request))).await;
    assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.usage.hits == 0)));
    assert_eq!(provider.sizes(), [4]);
    // A reply that nobody can read is let go of.
    lm.model().forget(&request("a"), "a, too").await;
    let again = ask(&lm, &["a"]).await.remove(0).expect("a reply");
    assert_eq!((again.usage.hits, provider.sizes()), (0, vec![4, 1]));
}

#[tokio::test]
async fn a_stream_brings_the_whole_reply_at_its_end() {
    let (provider, folder) = (Provider::start(Kind::Anthropic).await, Folder::new("stream"));
    let lm = Lm::from(batched(provider.model(), &folder));
    let asked = request("a");
    let chunks: Vec<_> = lm.model().stream(&asked).collect().await;
    assert!(matches!(chunks.last(), Some(Ok(dspy::lm::Chunk::End(reply))) if reply.text == "a, too"));
}

#[tokio::test]
async fn a_model_without_batches_and_a_journal_in_use_are_refused() {
    let folder = Folder::new("refusals");
    let error =
        Batched::new(Lm::new("builtin/lexical").expect("it is built in"), &folder.0).expect_err("no batches");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let provider = Provider::start(Kind::OpenAi).await;
    let first = batched(provider.model(), &folder);
    let error = Batched::new(provider.model(), &folder.0).expect_err("in use");
    assert!(error.to_string().contains("in use by another"), "{error}");
    drop(first);
    let lm = reopened(provider.model(), &folder).await;
    let error = {
        let mut request = request("a");
        request.sampling.chat_template_kwargs.insert("x".to_owned(), true.into());
        lm.model().complete(&request).await.expect_err("not taken")
    };
    assert_eq!(error.kind(), ErrorKind::Unsupported, "what the model does not take is said before");
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn no_word_of_a_prompt_and_no_key_is_written() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("secrets"));
    let lm = Lm::from(batched(provider.model(), &folder));
    // The stand-in repeats what it is asked in its reply.
    let replies = ask(&lm, &["the key is sk-test"]).await;
    assert_eq!(texts(replies), ["the key is sk-test, too"]);
    let journal = fs::read_to_string(folder.journal()).expect("text");
    assert!(
        journal.contains("\"ended\"") && !journal.contains("sk-test") && !journal.contains("the key"),
        "{journal}"
    );
    drop(lm);
}

#[tokio::test]
async fn a_search_scores_in_batches_and_goes_on_from_them() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("search"));
    let rows = |from: usize| {
        let csv: String = (from..from + 20).map(|row| format!("w{row},w{row}\n")).collect();
        Rows::<Echo>::from_csv(&format!("word,said\n{csv}"), "words.csv").expect("rows")
    };
    let (train, validation) = (rows(0), rows(20));
    let search = || {
        RandomSearch::new(|row: &Echo, out: &EchoOutput| out.said == row.word).candidates(1).observe(|_| {})
    };
    let mut paid = Vec::new();
    for _ in 0..2 {
        drop(reopened(provider.model(), &folder).await);
        let cx = Context::new(patient(provider.model(), &folder)).with_adapter(ChatAdapter);
        let compiled =
            search().compile(&cx, Predict::<Echo>::new(), (&train, &validation)).await.expect("it runs");
        assert_eq!(compiled.score, 1.0);
        paid.push(cx.usage().paid().calls);
    }
    let (sizes, requests) = (provider.sizes(), provider.times());
    assert!(sizes.iter().any(|size| *size >= 20) && sizes.len() <= 6, "a batch for a round: {sizes:?}");
    assert!(requests.values().all(|times| *times == 1));
    assert_eq!(paid, [requests.len() as u64, 0], "the same search again costs nothing");
}

#[tokio::test]
async fn a_plan_says_what_batches_save() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("plan"));
    let rows =
        |word: &str| Rows::<Echo>::from_csv(&format!("word,said\n{word},{word}\n"), word).expect("rows");
    let splits = Splits::new(rows("a"), rows("b"), rows("c")).expect("no row in two");
    let search = RandomSearch::new(|row: &Echo, out: &EchoOutput| out.said == row.word);
    for (cx, is_batched, says) in [
        (
            Context::new(batched(provider.model(), &folder)),
            true,
            "its runs are asked in batches and cost about ",
        ),
        (Context::new(provider.model()), false, "its runs cost about "),
    ] {
        let plan = search.plan(&cx, &Predict::<Echo>::new(), &splits);
        let cost = plan.batches().expect("both prices are known");
        assert_eq!((cost.is_batched, cost.batched * 2.0), (is_batched, cost.usual));
        assert!(cost.usual > 0.0 && plan.to_string().contains(says), "{plan}");
    }
    let plan = search.plan(
        &Context::new(Lm::new("builtin/lexical").expect("built in")),
        &Predict::<Echo>::new(),
        &splits,
    );
    assert_eq!(plan.batches(), None);
}
