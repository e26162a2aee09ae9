//! The repairs made in reading a reply.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was repaired to read a reply.
///
/// A repair is made only where one reading is left; which were made is always reported, and
/// [`with_strict_replies`](crate::Context::with_strict_replies) refuses them all. [`parse::repairs`](crate::parse::repairs)
/// lists them with examples, and what is refused instead.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// The reply was read in another format than the one that was asked for.
    OtherFormat(String),
    /// A reasoning block before the answer was left out.
    Reasoning,
    /// The model's own reasoning was taken for an output that the reply lacked.
    OwnReasoning,
    /// A code fence, emphasis or words around a value were left out.
    Surroundings,
    /// The last of several values in the reply was taken, which stands in the place of the others.
    LastOfSeveral,
    /// A marker was written in another way: bold, indented, as a heading, with its value in the line.
    MarkerSpelling,
    /// A label was written as the marker, in place of its output's name.
    LabelAsMarker,
    /// The value was the whole reply, alone or after its name, without a marker.
    ValueAlone,
    /// The keys of an object were written as sections.
    KeysAsSections,
    /// Text after the end of the reply was left out.
    RunOn,
    /// A call of a tool stood in the text of a reply, in place of where calls belong.
    CallInText,
    /// A section of this name, which is no output, was left out.
    UnknownSection(String),
    /// A section of this name stood twice with the same text.
    RepeatedSection(String),
    /// A byte order mark, NUL or unusual space was passed over.
    StrayCharacters,
    /// A string or key stood in other quotes than `"`.
    QuoteStyle,
    /// A string or key stood without quotes, or words where any JSON value may stand.
    Unquoted,
    /// Quotes inside a string were not escaped.
    InnerQuotes,
    /// Line breaks or other control characters inside a string were not escaped.
    RawControl,
    /// An escape was written that JSON does not have.
    Escape,
    /// Parentheses around an object or list were left out.
    Parentheses,
    /// Comments were left out.
    Comments,
    /// Commas were missing or too many, as between two pairs of an object.
    Commas,
    /// `=` stood for `:`.
    Separator,
    /// `True`, `False` and `None` were read as Python means them, or a tuple as a list.
    Python,
    /// Brackets left open at the end were closed.
    Unclosed,
    /// JSON was written as a string inside JSON.
    DoubleEncoded,
    /// The value was taken out of an object or list around it, or out of the envelope of a call or a service.
    Unwrapped,
    /// A list stood without the one key of the object around it.
    KeyLeftOut,
    /// One value was taken as a list of one.
    SingleItem,
    /// Lines or parts between commas were taken as a list.
    TextList,
    /// A key was written in another way: case, spaces, hyphens.
    KeySpelling(String),
    /// A key that the type does not have was left out.
    UnknownKey(String),
    /// A key stood twice with the same value.
    RepeatedKey(String),
    /// A label was written in another way: case, quotes, a final dot.
    LabelSpelling,
    /// A yes or no was written in another word than `true` or `false`.
    BoolSpelling,
    /// A number was written with separators, a currency, a plus sign or as a ratio.
    NumberSpelling,
    /// An integer was written with an exponent or with a fraction of zeros.
    IntegerSpelling,
    /// A null was written as a word or left empty.
    NullSpelling,
    /// A number or boolean was taken as text, as it was written.
    AsText,
    /// A number, boolean or null was written as text.
    Quoted,
    /// The reply was asked for again with the error shown.
    AskedAgain,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Repair::OtherFormat(name) => return write!(f, "read as {name}"),
            Repair::UnknownSection(name) => return write!(f, "left out the unknown section `{name}`"),
            Repair::RepeatedSection(name) => return write!(f, "took the repeated section `{name}` once"),
            Repair::KeySpelling(name) => return write!(f, "took the key `{name}` in another spelling"),
            Repair::UnknownKey(name) => return write!(f, "left out the unknown key `{name}`"),
            Repair::RepeatedKey(name) => return write!(f, "took the repeated key `{name}` once"),
            Repair::Reasoning => "left out a reasoning block",
            Repair::OwnReasoning => "took the model's own reasoning for an output",
            Repair::Surroundings => "left out what stood around a value",
            Repair::LastOfSeveral => "took the last of several values",
            Repair::MarkerSpelling => "took a marker in another spelling",
            Repair::LabelAsMarker => "took a label that was written as a marker",
            Repair::ValueAlone => "took the whole reply for the value",
            Repair::KeysAsSections => "took sections for the keys of an object",
            Repair::RunOn => "left out what followed the end of the reply",
            Repair::CallInText => "took a call of a tool out of the text",
            Repair::StrayCharacters => "passed over stray characters",
            Repair::QuoteStyle => "took other quotes for quotes",
            Repair::Unquoted => "took words without quotes",
            Repair::InnerQuotes => "took quotes inside a string as text",
            Repair::RawControl => "took line breaks inside a string as text",
            Repair::Escape => "read an escape that JSON does not have",
            Repair::Parentheses => "left out parentheses around a value",
            Repair::Comments => "left out comments",
            Repair::Commas => "repaired commas",
            Repair::Separator => "took `=` for `:`",
            Repair::Python => "read Python for JSON",
            Repair::Unclosed => "closed brackets at the end",
            Repair::DoubleEncoded => "read JSON inside a string",
            Repair::Unwrapped => "took a value out of what was around it",
            Repair::KeyLeftOut => "took a list for the one key of an object",
            Repair::SingleItem => "took one value as a list of one",
            Repair::TextList => "took lines or parts of a text as a list",
            Repair::LabelSpelling => "took a label in another spelling",
            Repair::BoolSpelling => "took a word for true or false",
            Repair::NumberSpelling => "took a number in another spelling",
            Repair::IntegerSpelling => "took a number without a fraction as an integer",
            Repair::NullSpelling => "took a word or nothing for null",
            Repair::AsText => "took a number or boolean as text",
            Repair::Quoted => "took a value out of quotes",
            Repair::AskedAgain => "asked again",
        })
    }
}
