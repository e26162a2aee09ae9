//! A program of any text, which ends within its limits.

#![no_main]

use std::time::{Duration, Instant};

use dspy_sandbox::{Engine, Limits, NoLink, Order};

libfuzzer_sys::fuzz_target!(|code: &str| {
    let limits = Limits {
        time: Duration::from_millis(100),
        memory: 4 << 20,
        recursion: 50,
        output: 1_000,
        calls: 10,
    };
    let thread = std::thread::Builder::new().stack_size(Engine::stack_bytes(&limits));
    let code = code.to_owned();
    let run = move || {
        let began = Instant::now();
        let mut engine = Engine::new(limits);
        let ran = engine.run(Order::new(code), NoLink).expect("nothing ends it but the code");
        assert!(ran.printed.len() <= 1_000);
        assert!(began.elapsed() < Duration::from_secs(5));
        let again = engine.run(Order::new("1 + 1"), NoLink).expect("it lives on");
        assert!(again.value.as_deref() == Some("2") || again.failure.is_some());
    };
    thread.spawn(run).expect("a thread").join().expect("it does not panic");
});
