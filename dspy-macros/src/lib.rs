//! The macros of [`dspy-runtime`](https://docs.rs/dspy-runtime), which exports them again.
//!
//! Use them from there; generated code names things of that crate.
//!
//! [`macro@signature`] makes a task for a language model from a struct, [`macro@module`] a program
//! from a struct of predictors and its `forward` or its wiring, [`macro@tool`] a tool from a function.
//! [`predict!`] is a signature and its call in one expression, and [`include_artifact!`] puts what an
//! optimizer found into the program.
//!
//! `DSPY_MACROS_DEBUG=Support cargo check` prints what the macros make of the item `Support`, and
//! `DSPY_MACROS_DEBUG=*` everything. Cargo does not know of the variable: touch the file first.

mod artifact;
mod companion;
mod diag;
mod docs;
mod edge;
mod gathered;
mod guard;
mod ident;
mod inline;
mod key;
mod krate;
mod misspelled;
mod module;
mod shim;
mod show;
mod signature;
mod suggest;
mod tokens;
mod tool;
mod wired;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use guard::guarded;

/// Makes a signature from a struct: a task that a language model does.
///
/// The struct says it all. Its doc comment is the instruction to begin with, its fields are what
/// goes in and what comes out, and their doc comments describe them to the model.
///
/// ```ignore
/// use dspy::signature;
///
/// /// Decide which queue a customer message belongs to.
/// #[signature]
/// pub struct Triage {
///     /// The customer's message.
///     #[input]
///     pub ticket_text: String,
///     /// Where it goes.
///     #[output]
///     pub queue: Queue,
///     #[meta]
///     pub id: String,
/// }
/// ```
///
/// # What it makes
///
/// - `TriageInput` and `TriageOutput`, structs of the inputs and of the outputs, with the
///   visibility and the doc comments of the fields they are made from. They are [`Clone`] and
///   [`Debug`], and read and write JSON.
/// - An implementation of `dspy::Signature`, by which predictors know the task.
/// - An implementation of `dspy::Row`: the struct itself is a row of data, its outputs are the
///   labels.
///
/// # Fields
///
/// Each field has exactly one role:
///
/// | attribute | the field |
/// |---|---|
/// | `#[input]` | is given by the program and shown to the model |
/// | `#[output]` | is asked from the model |
/// | `#[meta]` | travels with a row of data, and no model sees it |
///
/// The type of a field is any owned type that is `Clone`, `Debug`, `serde::Serialize`,
/// `serde::Deserialize` and `schemars::JsonSchema`. A struct with lifetimes or other parameters
/// cannot be a signature.
///
/// ## Options of `#[input]` and `#[output]`
///
/// - `desc = "…"` describes the field to the model, in place of its doc comment. A macro such as
///   `include_str!("…")` does too. An output without any is a warning; `desc = ""` says that its
///   name is enough.
/// - `rename = "…"` is the name in prompts and in data, in place of the field's. No two fields of
///   a signature have the same name, and none is called `completed`, which ends a reply. A raw
///   identifier needs no option: `r#type` is `type` there.
///
/// ## Options of `#[output]`
///
/// Bounds are told to the model, are part of the JSON schema that it may be held to, and are
/// enforced; `null` meets all of them.
///
/// - `min = 1`, `max = 9.5`: the least and the greatest number.
/// - `len = 1..=5`, `len = ..=400`, `len = 2`: how long a text is, in characters, or a list, in
///   items.
/// - `pattern = "^[A-Z]{2}$"`: a regular expression that is found in the text. It is checked when
///   the program is compiled.
/// - `one_of("a", "b")`: the only values. An enum says the same with types.
/// - `check(test, "text")`, any number of times: what the value must hold. The test is a closure or
///   a function from a reference to a `bool`, the text says the same in words. A reply that fails
///   it is an error that names the text, and the model is told the text beforehand.
///
/// ```ignore
/// #[output(
///     desc = "A reply to the customer.",
///     check(|text: &String| text.len() <= 400, "at most 400 bytes"),
///     check(is_polite, "polite"),
/// )]
/// resolution: String,
/// ```
///
/// # Options of `#[signature]`
///
/// - `instructions = "…"` is the instruction to begin with, in place of the doc comment. It may be
///   a macro, as in `#[signature(instructions = include_str!("triage.md"))]`.
/// - `crate = path` is where the runtime is, in place of `::dspy`.
#[proc_macro_attribute]
pub fn signature(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || signature::attribute(args.into(), item.clone())).into()
}

/// Makes a program from a struct of predictors and an `impl` block with its `forward`.
///
/// ```ignore
/// use dspy::{ChainOfThought, Context, Predict, Result, module};
///
/// #[module]
/// pub struct Support {
///     triage: Predict<Triage>,
///     resolve: ChainOfThought<ResolveTicket>,
/// }
///
/// #[module]
/// impl Support {
///     async fn forward(&self, cx: &Context, ticket: TriageInput) -> Result<ResolveTicketOutput> {
///         let ticket_text = ticket.ticket_text.clone();
///         let queue = self.triage.call(cx, ticket).await?.queue;
///         let reply = self.resolve.call(cx, ResolveTicketInput { ticket_text, queue }).await?;
///         Ok(ResolveTicketOutput { resolution: reply.resolution.clone() })
///     }
/// }
///
/// let reply = Support::new().call(&cx, ticket).await?;
/// ```
///
/// # On a struct
///
/// Every field holds predictors: a predictor, another module, or a `Vec`, array, `Option` or `Box`
/// of these. The names of the fields are the names of the predictors, `triage` and
/// `resolve.predict` above, in traces, in artifacts and for optimizers. The struct needs named
/// fields, and may have parameters.
///
/// The macro finds the predictors, adds `#[derive(Clone)]` unless a `#[derive(…)]` below it has
/// that, and makes
///
/// - `new()`, every predictor as its signature describes it, and
/// - `load(path, &cx)`, the same with what an artifact holds,
///
/// both as visible as the struct. When only you can know what is in a field, because it is
/// `#[plain]`, a `Vec`, an `Option` or another collection, they are not made: write a constructor
/// with a struct literal.
///
/// ## Attributes of fields
///
/// - `#[frozen]`: no optimizer changes the predictors in this field. Artifacts show them all the
///   same.
/// - `#[plain]`: the field holds no predictors, but data or a retriever.
/// - `#[call(inputs -> outputs)]`: what the module in the field takes and gives; see Wiring.
///
/// ## Options
///
/// - `no_new`: `new` and `load` are not made.
/// - `crate = path`: where the runtime is, in place of `::dspy`.
///
/// ## Wiring
///
/// A program that only hands values on needs no `forward`. The attribute on the struct says what goes
/// in and comes out, `#[call(inputs -> outputs)]` on a field what the module in it takes and gives:
///
/// ```ignore
/// #[module(SupportTicket: ticket_text, policy_context -> queue, resolution)]
/// pub struct Support {
///     #[call(ticket_text -> queue)]
///     triage: Predict<Triage>,
///     #[call(policy_context, ticket_text, queue -> resolution)]
///     resolve: ChainOfThought<ResolveTicket>,
/// }
/// ```
///
/// Each name is a wire: one value, made at one place and used at any number of places. The order of
/// the calls follows from them, not from the order of the fields. A call starts the moment its inputs
/// are there, so calls that do not wait for each other run at the same time. The first error ends all
/// of them. A value goes to the last place that uses it, and a clone of it to the others; an output
/// of a module is cloned out of it. Names and types are checked by rustc, where you wrote them.
///
/// The macro makes `forward`, `call`, the implementation of `dspy::Module`, and a table of the data
/// flow in the documentation of the struct.
///
/// - `#[module(Task: inputs -> outputs)]`: the program takes and gives what the signature `Task` does.
///   An input that no call needs can be left out; every output has to be there.
/// - `#[module(input: Type, … -> output: Type, …)]`: the types stand in the list, and the macro makes
///   `SupportInput` and `SupportOutput` of them.
/// - `#[module(… -> …; no_new, crate = path)]`: options come after a `;`.
/// - `from as to` renames, from left to right as the value goes. In
///   `#[call(message as question -> answer as reply)]` the wire `message` goes into the field
///   `question`, and the field `answer` out to the wire `reply`. `Task: ticket as text -> label as
///   queue` renames in the same way between the task and the wires.
/// - The `reasoning` of a `ChainOfThought` is an output like any other: `#[call(… -> reasoning, queue)]`.
/// - A field may have several `#[call]`s, and may hold any module, wired or not. A field without one is
///   an error, unless it is `#[plain]`.
/// - `#[call(fn clean(text, &limit) -> short)]` on the struct, below `#[module]`, calls a function by
///   its path with the values of the wires in order, or with references to them. It may be `async`,
///   and may give a `Result`, whose error ends the program. With several outputs it gives a tuple. It
///   stands on the struct because it belongs to no field.
///
/// # On an `impl` block
///
/// The block has a function of this shape, and may have others:
///
/// ```ignore
/// async fn forward(&self, cx: &Context, input: Input) -> Result<Output>
/// ```
///
/// Its body is ordinary Rust: loops, `match`, `join!`. It has to be `Send`, so that many rows can
/// run at the same time. `Output` is a struct of fields, most often the output of a signature.
/// With several arguments after `cx`, the macro makes a struct of them that is named after the
/// program, `SupportInput`, and is the program's input.
///
/// The macro makes an implementation of `dspy::Module`, and `call`, which runs `forward` and gives
/// its output with its trace and its cost. `call` is public wherever the struct is.
///
/// ## Option
///
/// - `crate = path`: where the runtime is, in place of `::dspy`.
#[proc_macro_attribute]
pub fn module(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || module::attribute(args.into(), item.clone())).into()
}

/// Makes one prediction, with its signature in place: for a quick trial.
///
/// ```ignore
/// let ticket_text = "My parcel never came";
/// let reply = predict!(cx, ticket_text -> urgent: bool, reason).await?;
/// println!("{} because {}", reply.urgent, reply.reason);
/// ```
///
/// It is a future of `dspy::Result<dspy::Prediction<…>>`, whose outputs are fields of the types that
/// were asked for. The context comes first, as in every call, and the `.await` is yours to write: what
/// waits for a model, and can fail, should be seen to.
///
/// # Grammar
///
/// `predict!(cx, "instructions", inputs -> outputs)`, where the instructions can be left out, and each
/// field is a name and what else there is to say about it, in this order:
///
/// - `: Type`, any type that a field of a `#[signature]` can have; `String` when it is left out.
/// - `"description"` for the model.
/// - `= value`, of an input; otherwise it is the variable of the same name. Values are taken by
///   reference, like those of `format!`. An input without a type takes anything that is
///   `AsRef<str>`.
///
/// ```ignore
/// predict!(
///     cx,
///     "Judge the tone of a review.",
///     review "The text as it was sent." = &row.text, stars: u8 = row.stars
///     -> tone: Tone, quotes: Vec<String> "The words that show it."
/// )
/// ```
///
/// `predict!(crate = path, cx, …)` says where the runtime is, in place of `::dspy`.
///
/// `DynPredict::parse` of the runtime reads the same grammar from a string, for signatures that are
/// known only when the program runs.
#[proc_macro]
pub fn predict(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into();
    guarded(&tokens, None, || inline::call(tokens.clone())).into()
}

/// Puts an artifact into the program, and checks when the program is compiled that it fits.
///
/// ```ignore
/// static SUPPORT: IncludedArtifact<Support> = include_artifact!(Support, "support.json");
///
/// let support = SUPPORT.load(&cx)?;
/// ```
///
/// - The first argument is the program: a `#[module]` struct, or any type that holds predictors.
/// - The second is the path of the file, a string. It goes from the folder of the source file that it
///   stands in, like that of `include_str!`, and the file is a dependency of the build like there.
///
/// `include_artifact!(crate = path, Support, "support.json")` says where the runtime is, in place of
/// `::dspy`.
///
/// These are errors when the program is compiled: a file that is missing, not whole, not an artifact,
/// of a newer format, or not as it was written (by its content hash); and predictors or fields that the
/// file has and the program has not, or the other way round, all of them in one error. Types of fields
/// are known to `schemars`, and the model to the context, only when the program runs; `load` compares
/// those, without reading a file.
#[proc_macro]
pub fn include_artifact(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into();
    guarded(&tokens, None, || artifact::include(tokens.clone())).into()
}

/// Makes a tool of a function: something that a model may call.
///
/// ```ignore
/// /// Says where a parcel is.
/// #[tool]
/// async fn find_parcel(
///     /// The number on the receipt.
///     number: u32,
///     places: Option<usize>,
/// ) -> Result<Vec<String>, NoSuchParcel> {
///     look_up(number, places).await
/// }
///
/// let answer = FindParcel.call(&cx, json!({ "number": 7 })).await?;
/// ```
///
/// The function stays as it is. Beside it the macro makes a unit struct with its name in capitals,
/// `FindParcel`, and the same visibility, which implements `dspy::tool::Tool`:
///
/// - its name is the function's, its description the doc comment above it;
/// - its parameters are the JSON schema of the arguments, described by the doc comments above them. An
///   argument that may be null, as an `Option`, may be left out. Arguments are owned and of types that
///   a field of a `#[signature]` can have. A first argument `cx: &Context` is not among them; the
///   function is given the context of the call.
/// - a call gives what the function returns as JSON. Wrong arguments and an `Err` of the function are
///   given as `{"error": "…"}`, for the model to see. An `Err` of `dspy::Error` that no model can mend,
///   as a spent budget, is one of the call too.
///
/// The function may be `async`, and may return a `Result` of any error with a `Display`.
///
/// # Options
///
/// - `name = "…"`: the name for models, in place of the function's.
/// - `desc = "…"`: the description, in place of the doc comment. It may be a macro.
/// - `crate = path`: where the runtime is, in place of `::dspy`.
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || tool::attribute(args.into(), item.clone())).into()
}

/// The work of `#[signature]`; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Signature, attributes(dspy, input, output, meta))]
pub fn derive_signature(item: TokenStream) -> TokenStream {
    let item = item.into();
    guarded(&item, None, || signature::derive(item.clone())).into()
}

/// The work of `#[module]` on a struct; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Module, attributes(dspy, call, frozen, plain))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    let item = item.into();
    guarded(&item, None, || module::derive(item.clone())).into()
}
