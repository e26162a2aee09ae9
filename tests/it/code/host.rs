//! Calls of the host by programs that want more than they may. What they may do alone is tested where the interpreter is.

use dspy::code::{HostReply, Interpreter, Limit, Python};
use dspy::data::Record;
use futures_util::FutureExt;
use futures_util::future::ready;
use serde_json::Value;

use super::{One, tight};

#[tokio::test]
async fn calls_of_the_host_are_counted() {
    let host = One("nothing", || ready(Ok(HostReply::Raise("no".into()))).boxed());
    let mut session = Python::new().open(&tight()).expect("it opens");
    let code = "n = 0\nwhile True:\n  try:\n    n += 1\n    nothing()\n  except: pass";
    let ran = session.run(code, Record::new(), &host).await.expect("the session holds");
    assert_eq!(ran.error.and_then(|error| error.limit()), Some(Limit::Calls));
    let ran = session.run("n", Record::new(), &host).await.expect("the session holds");
    assert_eq!(ran.value.as_deref(), Some("101"));
}

#[tokio::test]
async fn what_is_handed_to_the_host_is_counted_where_it_is_copied() {
    let host = One("take", || ready(Ok(HostReply::Value(Value::Null))).boxed());
    let mut session = Python::new().open(&tight()).expect("it opens");
    // Few bytes where the same value is in many places, and gigabytes where each is written out.
    for code in ["a = [0] * 1000\nfor i in range(3): a = [a] * 1000\ntake(a)", "take(['x' * 1000] * 100000)"]
    {
        let ran = session.run(code, Record::new(), &host).await.expect("the session holds");
        assert_eq!(ran.error.and_then(|error| error.limit()), Some(Limit::Memory), "{code}");
    }
    let ran = session.run("take(['x' * 1000] * 1000)", Record::new(), &host).await.expect("it runs");
    assert_eq!(ran.error, None);
}
