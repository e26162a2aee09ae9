//! What was stopped goes on, and nothing is submitted twice.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::*;

const WORDS: [&str; 3] = ["a", "b", "c"];

/// Asks in a process of its own, as far as it comes before the provider hangs: its runtime ends with all that goes on
/// in it.
async fn killed(provider: &Provider, folder: &Folder) {
    let runtime = Runtime::new().expect("a runtime");
    let lm = Arc::new(Lm::from(batched(provider.model(), folder)));
    let asked = lm.clone();
    let asking = runtime.spawn(async move { ask(&asked, &WORDS).await.len() });
    provider.hangs().await;
    assert!(!asking.is_finished());
    drop(lm);
    // Waits until nothing goes on any more.
    tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(60)))
        .await
        .expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_step_goes_on_without_submitting_anything_twice() {
    for kind in KINDS {
        for fault in [Fault::Hangs, Fault::HangsBefore] {
            for step in ["upload", "submit", "status", "results"] {
                let has_step = match step {
                    "upload" => kind == Kind::OpenAi,
                    "results" => kind != Kind::Gemini,
                    _ => true,
                };
                if !has_step {
                    continue;
                }
                let name = format!("killed-{kind:?}-{fault:?}-{step}");
                let (provider, folder) = (Provider::start(kind).await, Folder::new(&name));
                provider.goes_wrong(step, fault);
                killed(&provider, &folder).await;
                let lm = reopened(provider.model(), &folder).await;
                let replies = ask(&lm, &WORDS).await;
                let paid: u64 = replies.iter().flatten().map(|reply| reply.usage.paid().calls).sum();
                assert_eq!(paid, 3, "{name}: what nobody has had yet is charged when it is had");
                assert_eq!(texts(replies), ["a, too", "b, too", "c, too"], "{name}");
                assert_eq!(provider.sizes(), [3], "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_journal_cut_off_at_any_line_goes_on_without_submitting_anything_twice() {
    for kind in KINDS {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("cut-{kind:?}")));
        let lm = Lm::from(batched(provider.model(), &folder));
        ask(&lm, &WORDS).await;
        drop(lm);
        let journal = fs::read_to_string(folder.journal()).expect("text");
        let lines: Vec<&str> = journal.lines().collect();
        assert_eq!(
            lines.len(),
            9,
            "what is to be submitted, its name, three outcomes that were had, the end"
        );
        for kept in 1..=lines.len() {
            let mut left: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
            left.extend(lines.get(kept).map(|line| &line[..line.len() / 2]));
            drop(reopened(provider.model(), &folder).await);
            fs::write(folder.journal(), left).expect("it is ours");
            let lm = reopened(provider.model(), &folder).await;
            assert_eq!(texts(ask(&lm, &WORDS).await), ["a, too", "b, too", "c, too"]);
            assert_eq!(provider.sizes(), [3], "{kind:?}, after {kept} lines");
        }
    }
}

#[tokio::test]
async fn a_batch_that_was_noted_and_never_submitted_is_submitted() {
    for kind in KINDS {
        let (provider, folder) = (Provider::start(kind).await, Folder::new(&format!("noted-{kind:?}")));
        let lm = Lm::from(batched(provider.model(), &folder));
        ask(&lm, &WORDS).await;
        drop(lm);
        let journal = fs::read_to_string(folder.journal()).expect("text");
        let first = journal.lines().next().expect("a line");
        fs::write(folder.journal(), format!("{first}\n")).expect("it is ours");
        // At another server, which knows nothing of it, by way of the first one's name.
        let other = Provider::start(kind).await;
        other.has_other(3);
        let path = folder.journal();
        let elsewhere = Folder::new(&format!("noted-elsewhere-{kind:?}"));
        drop(batched(other.model(), &elsewhere));
        fs::copy(path, elsewhere.journal()).expect("it is ours");
        let lm = Lm::from(batched(other.model(), &elsewhere));
        assert_eq!(texts(ask(&lm, &WORDS).await), ["a, too", "b, too", "c, too"]);
        assert_eq!(other.sizes(), [3, 3]);
    }
}

#[tokio::test]
async fn a_batch_that_cannot_be_followed_is_followed_by_the_next_call() {
    let (provider, folder) = (Provider::start(Kind::OpenAi).await, Folder::new("followed"));
    provider.looks(1_000_000);
    let lm = Lm::from(batched(provider.model(), &folder).wait_at_most(Duration::from_millis(20)));
    for _ in 0..2 {
        for outcome in ask(&lm, &WORDS).await {
            let error = outcome.expect_err("too long");
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains("it goes on"), "{error}");
        }
    }
    provider.looks(0);
    assert_eq!(texts(ask(&lm, &WORDS).await), ["a, too", "b, too", "c, too"]);
    assert_eq!(provider.sizes(), [3]);
}
