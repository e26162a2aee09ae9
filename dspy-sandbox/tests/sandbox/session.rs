//! Engines for tests.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dspy_sandbox::{Engine, Execution, Failure, Limit, Limits, NoLink, Order};

/// Limits that are soon met, but for that of the time, which depends on the machine.
pub fn tight() -> Limits {
    Limits { time: Duration::from_secs(30), memory: 16 << 20, recursion: 200, output: 10_000, calls: 100 }
}

/// An engine in a thread whose stack is deep enough.
pub struct Session {
    orders: mpsc::Sender<Order>,
    ran: mpsc::Receiver<Execution>,
}

impl Session {
    pub fn open(limits: Limits) -> Self {
        let (orders, taken) = mpsc::channel::<Order>();
        let (done, ran) = mpsc::channel();
        let deep = thread::Builder::new().stack_size(Engine::stack_bytes(&limits));
        let serve = move || {
            let mut engine = Engine::new(limits);
            for order in taken {
                let ran = engine.run(order, NoLink).expect("nothing ends it but the code");
                if done.send(ran).is_err() {
                    return;
                }
            }
        };
        deep.spawn(serve).expect("a thread");
        Self { orders, ran }
    }

    pub fn order(&self, order: Order) -> Execution {
        self.orders.send(order).expect("it is alive");
        self.ran.recv().expect("it does not panic")
    }

    pub fn run(&self, code: &str) -> Execution {
        self.order(Order::new(code))
    }
}

/// Runs one piece of code in a session of its own.
pub fn run(code: &str) -> Execution {
    Session::open(tight()).run(code)
}

/// The end of a run.
pub trait Shown {
    fn limit(&self) -> Option<Limit>;
    fn raised(&self) -> Option<&str>;
}

impl Shown for Execution {
    fn limit(&self) -> Option<Limit> {
        match self.failure {
            Some(Failure::Limit(limit, _)) => Some(limit),
            _ => None,
        }
    }

    fn raised(&self) -> Option<&str> {
        match &self.failure {
            Some(Failure::Raised { kind, .. }) => Some(kind),
            _ => None,
        }
    }
}
