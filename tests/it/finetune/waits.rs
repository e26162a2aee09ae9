//! How a job is waited for.

use std::time::Duration;

use dspy::lm::TrainingState::{Running, Succeeded, Waiting};

use super::trainer::Fault;
use super::*;
use crate::file::File;

#[tokio::test(start_paused = true)]
async fn looks_at_a_job_come_ever_less_often() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    trainer.says(&[Waiting, Running, Running, Running, Running, Running, Succeeded]);
    compile(&finetune(&trainer), &large(&calls)).await.expect("it is trained");
    let seconds: Vec<f64> = trainer.looks().iter().map(Duration::as_secs_f64).collect();
    assert_eq!(
        seconds,
        [0.0, 10.0, 25.0, 47.5, 81.25, 131.875, 191.875],
        "each wait half as long again, up to 60 s"
    );

    let trainer = Trainer::new();
    trainer.says(&[Running, Running, Running, Succeeded]);
    let search = finetune(&trainer).poll(Duration::from_secs(1), Duration::from_secs(1));
    compile(&search, &large(&calls)).await.expect("it is trained");
    assert_eq!(trainer.looks().last(), Some(&Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_takes_too_long_is_an_error_that_names_it_and_goes_on() {
    let file = File::new("finetune-late.jsonl");
    let (trainer, calls) = (Trainer::new(), Arc::default());
    trainer.says(&[Running]);
    let search = finetune(&trainer).journal(&file.0).timeout(Duration::from_secs(100));
    let cx = large(&calls);
    let error = compile(&search, &cx).await.expect_err("it takes too long");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(format!("{error:#}").contains("job `job-0` has not ended within"), "{error:#}");
    assert_eq!(
        trainer.looks().last(),
        Some(&Duration::from_secs(100)),
        "the last look is at the end of the time"
    );
    assert!(trainer.cancelled().is_empty());
    trainer.says(&[Running, Succeeded]);
    assert_eq!(compile(&search, &cx).await.expect("it is waited for again").score, 1.0);
    assert_eq!(trainer.orders().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_now_and_then_do_not_end_the_waiting() {
    let (trainer, calls) = (Trainer::new(), Arc::default());
    trainer.says(&[Running, Succeeded]);
    (0..9).for_each(|_| trainer.goes_wrong("status", Fault::Busy));
    compile(&finetune(&trainer), &large(&calls)).await.expect("it is trained");

    let trainer = Trainer::new();
    (0..11).for_each(|_| trainer.goes_wrong("status", Fault::Busy));
    let told =
        format!("{:#}", compile(&finetune(&trainer), &large(&calls)).await.expect_err("eleven in a row"));
    assert!(told.contains("job `job-0` goes on, and how far it is could not be asked"), "{told}");
}
