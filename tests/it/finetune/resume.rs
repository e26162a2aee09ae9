//! What was stopped goes on, and does nothing twice.

use std::fs;

use dspy::lm::TrainingState;
use dspy::optimize::{SearchEvent, SearchEventKind};
use dspy::{Error, RandomSearch};

use super::trainer::Fault;
use super::*;
use crate::file::File;

fn bytes(compiled: &Compiled<Predict<Capital>>) -> String {
    let settings =
        &serde_json::to_value(compiled.candidate().expect("no secret")).expect("JSON")["provenance"];
    serde_json::to_string(&(&compiled.candidates, compiled.usage, settings)).expect("JSON")
}

#[tokio::test(start_paused = true)]
async fn a_journal_cut_off_at_any_line_goes_on_without_doing_anything_twice() {
    let file = File::new("finetune-cut.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let first = compile(&finetune(&trainer).journal(&file.0), &large(&calls)).await.expect("it runs");
    let whole = bytes(&first);
    let paid = calls.load(Ordering::SeqCst) + trainer.calls();
    let journal = fs::read_to_string(&file.0).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    let count = |lines: &[&str], what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(count(&lines, "\"call\":"), paid);
    assert_eq!(
        count(&lines, "\"deed\":"),
        6,
        "which examples, sending and starting before and after, the model"
    );
    for kept in 0..=lines.len() {
        let mut left: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
        left.extend(lines.get(kept).map(|line| &line[..line.len() / 2]));
        fs::write(&file.0, left).expect("it is ours");
        // What the killed process had asked for is done, whether it noted so or not.
        let (again, calls) = (Trainer::new(), Arc::default());
        let (sent, started) = (count(&lines[..kept], "send dspy-") > 0, count(&lines[..kept], "start ") > 0);
        again.has(&trainer, sent, started);
        let compiled = compile(&finetune(&again).journal(&file.0), &large(&calls)).await.expect("it goes on");
        assert_eq!(bytes(&compiled), whole, "after {kept} lines");
        assert_eq!((again.files().len(), again.orders().len()), (1, 1), "after {kept} lines");
        let repaid = calls.load(Ordering::SeqCst) + again.calls();
        assert_eq!(count(&lines[..kept], "\"call\":") + repaid, paid, "after {kept} lines");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_looked_for_and_nothing_is_done_twice() {
    for request in ["upload", "start"] {
        for fault in [Fault::Lost, Fault::Busy] {
            let (trainer, calls) = (Trainer::new(), Arc::default());
            trainer.goes_wrong(request, fault);
            trainer.goes_wrong("uploaded", Fault::Busy);
            trainer.goes_wrong("started", Fault::Busy);
            let compiled = compile(&finetune(&trainer), &large(&calls)).await.expect("it is made good");
            assert_eq!(compiled.score, 1.0);
            assert_eq!((trainer.files().len(), trainer.orders().len()), (1, 1), "{request}, {fault:?}");
        }
        let (trainer, calls) = (Trainer::new(), Arc::default());
        trainer.goes_wrong(request, Fault::Refused);
        let error = compile(&finetune(&trainer), &large(&calls)).await.expect_err("refused");
        let told = format!("{error:#}");
        assert!(told.starts_with("made up: ") && told.ends_with("not on a Sunday"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_in_the_middle_of_a_request_is_found_again() {
    for request in ["upload", "start", "status"] {
        let file = File::new(&format!("finetune-dropped-{request}.jsonl"));
        let (trainer, calls) = (Trainer::new(), Arc::default());
        trainer.goes_wrong(request, Fault::Hangs);
        let search = finetune(&trainer).journal(&file.0);
        let cx = large(&calls);
        let stopped =
            tokio::time::timeout(std::time::Duration::from_secs(3_600), compile(&search, &cx)).await;
        assert!(stopped.is_err(), "it hangs");
        let compiled = compile(&search, &cx).await.expect("it goes on");
        assert_eq!(compiled.score, 1.0);
        assert_eq!((trainer.files().len(), trainer.orders().len()), (1, 1), "{request}");
        assert_eq!(calls.load(Ordering::SeqCst), 6, "the teacher is not asked again");
        assert!(trainer.cancelled().is_empty(), "dropping leaves the job as it is");
        let looks = trainer.looks().len();
        compile(&search, &cx).await.expect("it is all in the journal");
        assert_eq!(trainer.looks().len(), looks, "what is done is not asked for");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_failed_is_told_of_and_the_next_call_starts_another() {
    let file = File::new("finetune-failed.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    trainer.fails("invalid_training_file: line 3 has no reply");
    let search = finetune(&trainer).journal(&file.0);
    let cx = large(&calls);
    let error = compile(&search, &cx).await.expect_err("it failed");
    let told = format!("{error:#}");
    assert_eq!(told, "made up: job `job-0` failed: invalid_training_file: line 3 has no reply");
    assert!(error.is_mine());

    trainer.says(&[TrainingState::Cancelled]);
    let told = format!("{:#}", compile(&search, &cx).await.expect_err("it was cancelled"));
    assert!(told.contains("job `job-1` was cancelled"), "{told}");

    trainer.says(&[TrainingState::Succeeded]);
    assert_eq!(compile(&search, &cx).await.expect("the third").score, 1.0);
    assert_eq!((trainer.files().len(), trainer.orders().len()), (1, 3), "the file is sent once");
    let keys: std::collections::BTreeSet<_> = trainer.orders().into_iter().map(|order| order.key).collect();
    assert_eq!(keys.len(), 3);
    assert_eq!(calls.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn a_step_of_several_keeps_its_job_in_their_journal() {
    let file = File::new("finetune-together.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let splits = splits();
    let small = Context::new(trainer.model("small"));
    let run = || {
        let search = RandomSearch::new(right).candidates(1).max_labeled_demos(0).max_bootstrapped_demos(0);
        let together = BetterTogether::new()
            .then("weights", finetune(&trainer).teacher(knows("large", ALL, &calls)))
            .then("demos", search)
            .journal(&file.0);
        let (small, splits) = (small.clone(), splits.clone());
        async move { together.compile(&small, Predict::<Capital>::new(), &splits).await }
    };
    trainer.goes_wrong("start", Fault::Hangs);
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(3_600), run()).await;
    assert!(stopped.is_err(), "it hangs");
    assert_eq!(run().await.expect("it goes on").score, 1.0);
    assert_eq!((trainer.files().len(), trainer.orders().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn other_settings_are_another_search_and_who_watches_sees_the_job() {
    let file = File::new("finetune-other.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    trainer.says(&[TrainingState::Waiting, TrainingState::Running, TrainingState::Succeeded]);
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = seen.clone();
    let search = finetune(&trainer).journal(&file.0).observe(move |event: &SearchEvent| {
        if let SearchEventKind::Training { job, state, .. } = &event.kind {
            told.lock().expect("no panic").push((job.clone(), state.clone()));
        }
    });
    compile(&search, &large(&calls)).await.expect("it runs");
    let job = |state| ("job-0".to_owned(), state);
    assert_eq!(*seen.lock().expect("no panic"), [job(TrainingState::Waiting), job(TrainingState::Running)]);
    drop(search);
    let error = compile(&finetune(&trainer).epochs(2).journal(&file.0), &large(&calls)).await;
    let told = error.map(drop).map_err(|error: Error| error.to_string()).expect_err("another search");
    assert!(told.contains("these differ: settings"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_something_else_when_it_goes_on_is_trained_once_all_the_same() {
    let file = File::new("finetune-other-examples.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    let fewer = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = fewer.clone();
    // As where a tool tells the time: the rows to learn from come out otherwise.
    let metric = move |row: &Capital, out: &CapitalOutput| {
        let left_out =
            told.load(Ordering::SeqCst) && row.country.starts_with("Peru") && row.country.len() < 10;
        right(row, out) && !left_out
    };
    let search =
        Finetune::new(metric).provider(trainer.clone()).base("small").journal(&file.0).observe(|_| {});
    trainer.goes_wrong("start", Fault::Hangs);
    let cx = large(&calls);
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(3_600), compile(&search, &cx)).await;
    assert!(stopped.is_err(), "it hangs");
    fewer.store(true, Ordering::SeqCst);
    assert_eq!(compile(&search, &cx).await.expect("it goes on").score, 1.0);
    assert_eq!((trainer.files().len(), trainer.orders().len()), (1, 1));
    assert_eq!(trainer.files()[0].examples(), 5);
}
