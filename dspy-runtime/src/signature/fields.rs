//! The typed edge: structs to records and back.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::described::Described;
use super::schema::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::problem::Problem;
use crate::value::Record;

/// A type that a signature's field can have.
///
/// Every type that is [`serde::Serialize`], [`serde::de::DeserializeOwned`] and
/// [`schemars::JsonSchema`], and [`Clone`], [`Debug`], [`Send`] and [`Sync`], is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a signature",
    label = "cannot be read from a reply or shown in a prompt",
    note = "derive what a field needs: \
            `#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]`"
)]
pub trait FieldType:
    Serialize + DeserializeOwned + JsonSchema + Clone + Debug + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<T> FieldType for T where
    T: Serialize + DeserializeOwned + JsonSchema + Clone + Debug + Send + Sync + 'static
{
}

/// A struct of named fields that turns into a [`Record`] and back; implemented by the macros.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a struct of named fields",
    label = "what goes into and comes out of a module has names",
    note = "use the `…Input` and `…Output` that `#[signature]` makes beside its struct"
)]
pub trait Fields: Sized + Send + Sync + 'static {
    /// The outputs that a signature declares, without what a program such as [`ChainOfThought`](crate::ChainOfThought) adds to
    /// them.
    type Answer;

    /// Returns the outputs that a signature declares.
    fn into_answer(self) -> Self::Answer;

    /// Writes every field.
    fn write(&self, to: &mut Writer);

    /// Gives every field away. Texts are moved, so that a long input is not copied.
    fn give(self, to: &mut Writer) {
        self.write(to);
    }

    /// Reads every field; `None` when one could not be read, with the reasons left in the reader.
    fn read(from: &mut Reader) -> Option<Self>;

    /// The fields with their types, where they are known before there is a value.
    #[doc(hidden)]
    fn described() -> Option<Described> {
        None
    }

    /// The task of which this is a row with labels; nothing for the inputs or the outputs alone.
    #[doc(hidden)]
    fn task() -> Option<&'static Arc<Schema>> {
        None
    }

    /// The fields as a record.
    ///
    /// # Errors
    ///
    /// When a value has no JSON form, as a map whose keys are not strings.
    fn to_record(&self) -> Result<Record> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    /// Moves the fields into a record.
    ///
    /// # Errors
    ///
    /// As [`to_record`](Fields::to_record).
    fn into_record(self) -> Result<Record> {
        let mut writer = Writer::default();
        self.give(&mut writer);
        writer.finish()
    }

    /// Reads the fields from a record.
    ///
    /// # Errors
    ///
    /// When fields are missing or have another type; the error lists all of them.
    fn from_record(record: Record) -> Result<Self> {
        let mut reader = Reader::new(record);
        match Self::read(&mut reader) {
            Some(fields) => Ok(fields),
            None => Err(Problem::error(ErrorKind::Data, reader.problems)),
        }
    }
}

/// Collects the fields of a struct as a record.
#[derive(Debug, Default)]
pub struct Writer {
    record: Record,
    failed: Option<Error>,
}

impl Writer {
    /// Adds a field.
    pub fn field<T: Serialize>(&mut self, name: &str, value: &T) {
        match serde_json::to_value(value) {
            Ok(value) => self.record.insert(name, value),
            Err(error) => {
                let message = format!("field `{name}` has no JSON form");
                self.failed.get_or_insert(Error::data(message).with_source(error));
            }
        }
    }

    /// Adds a field that is given away: a text as it is, anything else as [`field`](Writer::field) does.
    pub fn give<T: Serialize + 'static>(&mut self, name: &str, value: T) {
        let mut value = Some(value);
        let text = (&mut value as &mut dyn Any).downcast_mut::<Option<String>>();
        if let Some(text) = text.and_then(Option::take) {
            self.record.insert(name, text);
        } else if let Some(value) = &value {
            self.field(name, value);
        }
    }

    fn finish(self) -> Result<Record> {
        self.failed.map_or(Ok(self.record), Err)
    }
}

/// Hands out the fields of a record by type, and collects what did not fit.
#[derive(Debug)]
pub struct Reader {
    record: Record,
    problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn new(record: Record) -> Self {
        Self { record, problems: Vec::new() }
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Everything that is still there.
    pub(crate) fn take_all(&mut self) -> Record {
        std::mem::take(&mut self.record)
    }

    /// Takes a field out as a `T`. A field that is not there is read as null, so that an `Option`
    /// may be left out.
    pub fn field<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let Some(value) = self.record.take(name) else {
            let absent = T::deserialize(Value::Null).ok();
            if absent.is_none() {
                self.problems.push(Problem::missing(name));
            }
            return absent;
        };
        let found = beginning(&value);
        match serde_path_to_error::deserialize(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let path = error.path().to_string();
                let path = if path == "." { name.to_owned() } else { format!("{name}.{path}") };
                self.problems.push(Problem::unfit(path, found, error.into_inner().to_string()));
                None
            }
        }
    }
}

/// The beginning of a value, long enough for a snippet.
fn beginning(value: &Value) -> String {
    struct Short(String);
    impl std::fmt::Write for Short {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend(text.chars().take(400));
            if self.0.len() < 400 { Ok(()) } else { Err(std::fmt::Error) }
        }
    }
    let mut short = Short(String::new());
    let _ = std::fmt::write(&mut short, format_args!("{value}"));
    crate::error::snippet(&short.0, 80).into_owned()
}

/// The subject of [`Signature::check`](super::Signature::check).
#[derive(Debug)]
pub enum Checked<'a, O> {
    /// All outputs.
    All(&'a O),
    /// One output, while the others are still to come.
    One {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: &'a Value,
    },
}

/// Collects the conditions that outputs do not meet.
#[derive(Debug, Default)]
pub struct Violations(Vec<Problem>);

impl Violations {
    /// Records a violation unless the check holds.
    pub fn check<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
        check: impl FnOnce(&T) -> bool,
        text: &str,
    ) {
        if !check(value) {
            let found = serde_json::to_string(value).unwrap_or_default();
            self.0.push(Problem::violated(name, &found, text));
        }
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    /// Sum a text up.
    #[dspy_macros::signature]
    struct SumUp {
        #[input]
        text: String,
        #[input]
        limit: u32,
        #[output(desc = "")]
        sum: String,
    }

    #[test]
    fn a_text_that_is_given_away_is_not_copied() {
        let text = "long ".repeat(1_000);
        let place = text.as_ptr();
        let record = SumUpInput { text, limit: 3 }.into_record().expect("it has a JSON form");
        assert_eq!(record.get("text").and_then(|text| text.as_str()).map(str::as_ptr), Some(place));
        assert_eq!(record.get("limit"), Some(&3.into()));
    }
}
