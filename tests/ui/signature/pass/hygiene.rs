// Generated code names nothing that a user can take away.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_macros)]

struct Result;
struct Option;
struct Vec;
struct Ok;
struct Some;
struct None;
struct Clone;
struct Debug;
struct Send;
struct FnOnce;
struct __Edge;
mod core {}
mod std {}
mod serde {}
const to: () = ();
const from: () = ();
static found: () = ();
static output: () = ();

macro_rules! concat {
    () => {};
}

mod private {
    pub(crate) type String = ::std::string::String;
}

/// Answer the question.
#[dspy::signature]
struct Qa {
    #[input]
    self_: private::String,
    #[input]
    state: private::String,
    #[input]
    from: private::String,
    #[output(desc = "", check(|text| text.len() < 9, "short"))]
    to: private::String,
    #[output(desc = "")]
    __x: ::std::option::Option<private::String>,
    #[meta]
    found: private::String,
}

fn main() {
    let text = || private::String::from("a");
    let input = QaInput { self_: text(), state: text(), from: text() };
    let output_ = QaOutput { to: text(), __x: ::std::option::Option::None };
    let row = Qa { self_: text(), state: text(), from: text(), to: text(), __x: ::std::option::Option::None, found: text() };
    println!("{input:?} {output_:?} {}", row.found);
}
