//! The signature model at run time.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::constraint::Constraint;
use super::fields::FieldType;
use super::json_schema::{self, JsonFormat};
use super::types::TypeSpec;
use crate::fingerprint;
use crate::problem::Problem;
use crate::value::Record;

/// A signature as data: its name, instructions and fields.
///
/// # Example
///
/// ```
/// use dspy::{Signature, signature};
///
/// /// Say how a review feels.
/// #[signature]
/// struct Feeling {
///     #[input]
///     review: String,
///     /// Whether the writer liked it.
///     #[output]
///     positive: bool,
/// }
///
/// let schema = Feeling::schema();
/// assert_eq!(schema.name(), "Feeling");
/// assert_eq!(schema.to_string(), "Feeling(review: string) -> (positive: boolean)");
/// ```
#[derive(Clone, Debug)]
pub struct Schema {
    name: String,
    instructions: String,
    fields: Vec<Field>,
    /// Tells whether no model is asked for the outputs, but a tool, and the instructions are what models are
    /// told of it.
    tool: bool,
    fingerprint: OnceLock<String>,
    json_format: OnceLock<Arc<JsonFormat>>,
    extraction: OnceLock<Arc<Schema>>,
    beside_reasoning: OnceLock<Option<Arc<Schema>>>,
}

/// One field of a signature.
#[derive(Clone, Debug)]
pub struct Field {
    name: String,
    description: String,
    role: Role,
    spec: TypeSpec,
    checks: Vec<String>,
    constraints: Vec<Constraint>,
}

/// The role of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Shown to the model.
    Input,
    /// Asked from the model.
    Output,
    /// Travels with a row and never reaches a model.
    Meta,
}

impl Schema {
    /// The name of the signature's struct.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instructions that the signature declares.
    pub fn instructions(&self) -> &str {
        &self.instructions
    }

    /// Returns all fields in declared order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The inputs in order.
    pub fn inputs(&self) -> impl Iterator<Item = &Field> {
        self.with_role(Role::Input)
    }

    /// The outputs in order.
    pub fn outputs(&self) -> impl Iterator<Item = &Field> {
        self.with_role(Role::Output)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The hash of the inputs' and outputs' names and types: another one means another task.
    ///
    /// Instructions and descriptions do not count; they are what is tuned.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let side = |role| -> Vec<Value> {
                self.with_role(role).map(|field| json!([field.name, field.spec.shape()])).collect()
            };
            fingerprint::of(&json!({"inputs": side(Role::Input), "outputs": side(Role::Output)}))
        })
    }

    /// Returns whether it describes a tool: there is no LM call, and so no demonstration.
    pub(crate) fn is_of_tool(&self) -> bool {
        self.tool
    }

    /// The outputs as one JSON schema, for models that can be held to one.
    pub(crate) fn json_format(&self) -> &Arc<JsonFormat> {
        self.json_format.get_or_init(|| {
            let schema = json_schema::object(self.outputs());
            let strict = json_schema::is_enforceable(&schema);
            Arc::new(JsonFormat { name: self.name.clone(), schema, strict })
        })
    }

    /// The constraints that outputs do not meet.
    pub(crate) fn violations(&self, outputs: &Record) -> Vec<Problem> {
        let given = self.outputs().filter_map(|field| Some((field, outputs.get(&field.name)?)));
        given.flat_map(|(field, value)| field.violations(value)).collect()
    }

    /// A copy with one more output before the others.
    pub(crate) fn with_first_output(&self, name: &str, description: &str, spec: TypeSpec) -> Self {
        let mut fields = self.fields.clone();
        let first = fields.iter().position(|field| field.role == Role::Output).unwrap_or(fields.len());
        fields.insert(first, Field::new(name, description, Role::Output, spec));
        Self { fields, ..self.anew() }
    }

    /// A copy with one more input after the others.
    pub(crate) fn with_last_input(&self, name: &str, description: &str, spec: TypeSpec) -> Self {
        let mut fields = self.fields.clone();
        let last = fields.iter().rposition(|field| field.role == Role::Input).map_or(0, |last| last + 1);
        fields.insert(last, Field::new(name, description, Role::Input, spec));
        Self { fields, ..self.anew() }
    }

    /// A copy with other instructions and outputs.
    pub(crate) fn with_outputs(&self, instructions: &str, outputs: impl IntoIterator<Item = Field>) -> Self {
        let kept = self.fields.iter().filter(|field| field.role != Role::Output).cloned();
        let fields = kept.chain(outputs).collect();
        Self { fields, instructions: instructions.to_owned(), ..self.anew() }
    }

    /// A copy with other inputs.
    pub(crate) fn with_inputs(&self, inputs: impl IntoIterator<Item = Field>) -> Self {
        let kept = self.fields.iter().filter(|field| field.role != Role::Input).cloned();
        let fields = inputs.into_iter().chain(kept).collect();
        Self { fields, ..self.anew() }
    }

    /// The name of two of its fields, if there are such.
    pub(crate) fn doubled(&self) -> Option<&str> {
        let fields = self.fields.iter().enumerate();
        let mut again =
            fields.filter(|(at, field)| self.fields.iter().take(*at).any(|other| other.name == field.name));
        again.next().map(|(_, field)| field.name())
    }

    /// A name that no field has: this one, or with `_` at its end as often as needed.
    pub(crate) fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.field(&name).is_some() {
            name.push('_');
        }
        name
    }

    /// The task of reading the outputs out of an answer in free text.
    pub(crate) fn extraction(&self) -> &Arc<Schema> {
        self.extraction.get_or_init(|| {
            let name = self.free_name("answer_text");
            let answer = Field::new(&name, "The whole answer.", Role::Input, TypeSpec::of::<String>());
            let fields = std::iter::once(answer).chain(self.outputs().cloned()).collect();
            let instructions = "Read these fields out of an answer that somebody gave. \
                                Take what it says as it says it, and make nothing up.";
            Arc::new(Self { fields, instructions: instructions.to_owned(), ..self.anew() })
        })
    }

    /// The output that a model's own reasoning may take the place of.
    pub(crate) fn reasoning(&self) -> Option<&Field> {
        self.outputs().find(|field| field.spec.is_reasoning())
    }

    /// The task without the output that a model's own reasoning may take the place of, if there is one and others are
    /// left.
    pub(crate) fn beside_reasoning(&self) -> Option<&Arc<Schema>> {
        let beside = self.beside_reasoning.get_or_init(|| {
            let name = self.reasoning()?.name.clone();
            let is_it = |field: &Field| field.role == Role::Output && field.name == name;
            let fields: Vec<Field> = self.fields.iter().filter(|field| !is_it(field)).cloned().collect();
            let has_others = fields.iter().any(|field| field.role == Role::Output);
            has_others.then(|| Arc::new(Self { fields, ..self.anew() }))
        });
        beside.as_ref()
    }

    /// A copy whose fields may be changed: nothing that follows from them is kept.
    fn anew(&self) -> Self {
        Self {
            name: self.name.clone(),
            instructions: self.instructions.clone(),
            fields: self.fields.clone(),
            tool: self.tool,
            fingerprint: OnceLock::new(),
            json_format: OnceLock::new(),
            extraction: OnceLock::new(),
            beside_reasoning: OnceLock::new(),
        }
    }

    fn with_role(&self, role: Role) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }
}

impl std::fmt::Display for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = |role| {
            let fields: Vec<_> =
                self.with_role(role).map(|field| format!("{}: {}", field.name, field.spec.text())).collect();
            fields.join(", ")
        };
        write!(f, "{}({}) -> ({})", self.name, side(Role::Input), side(Role::Output))
    }
}

impl Field {
    pub(crate) fn new(name: &str, description: &str, role: Role, spec: TypeSpec) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            role,
            spec,
            checks: Vec::new(),
            constraints: Vec::new(),
        }
    }

    /// The name in prompts, replies and data files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the meaning of the field, or nothing.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the role of the field.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The type.
    pub fn spec(&self) -> &TypeSpec {
        &self.spec
    }

    /// The conditions that the value must meet besides its constraints, as stated to the model.
    pub fn checks(&self) -> &[String] {
        &self.checks
    }

    /// The conditions that a JSON schema can say.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The constraints that a value does not meet, and the conditions that its type states of values inside it.
    pub(crate) fn violations(&self, value: &Value) -> impl Iterator<Item = Problem> {
        let unmet = self.constraints.iter().filter(|constraint| !constraint.holds(value));
        let of_field = unmet
            .map(|constraint| Problem::violated(&self.name, &value.to_string(), &constraint.to_string()));
        of_field.chain(self.spec.unmet(value).into_iter().map(|problem| problem.within(&self.name)))
    }

    /// All conditions in words.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = String> {
        self.constraints.iter().map(ToString::to_string).chain(self.checks.iter().cloned())
    }
}

/// Makes a [`Schema`]: for the code that `#[signature]` generates, and for tasks known only at run time.
#[derive(Debug)]
pub struct SchemaBuilder(Schema);

impl SchemaBuilder {
    /// Starts a schema.
    #[must_use]
    pub fn new(name: &str, instructions: &str) -> Self {
        Self(Schema {
            name: name.to_owned(),
            instructions: instructions.trim().to_owned(),
            fields: Vec::new(),
            tool: false,
            fingerprint: OnceLock::new(),
            json_format: OnceLock::new(),
            extraction: OnceLock::new(),
            beside_reasoning: OnceLock::new(),
        })
    }

    /// Adds an input.
    #[must_use]
    pub fn input<T: FieldType>(self, name: &str, description: &str) -> Self {
        self.field(Field::new(name, description, Role::Input, TypeSpec::of::<T>()))
    }

    /// Adds an output.
    #[must_use]
    pub fn output<T: FieldType>(self, name: &str, description: &str) -> Self {
        self.field(Field::new(name, description, Role::Output, TypeSpec::of::<T>()))
    }

    /// Adds an output whose type is known only at run time, as a JSON schema.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::signature::SchemaBuilder;
    /// use serde_json::json;
    ///
    /// let schema = SchemaBuilder::new("Count", "Count the pieces.")
    ///     .output_schema("pieces", "", json!({"type": "integer", "minimum": 0}))
    ///     .build();
    /// assert_eq!(schema.to_string(), "Count() -> (pieces: integer (at least 0))");
    /// ```
    #[must_use]
    pub fn output_schema(self, name: &str, description: &str, schema: Value) -> Self {
        self.field(Field::new(name, description, Role::Output, TypeSpec::from_schema(schema)))
    }

    /// Adds a field that never reaches a model.
    #[must_use]
    pub fn meta<T: FieldType>(self, name: &str) -> Self {
        self.field(Field::new(name, "", Role::Meta, TypeSpec::of::<T>()))
    }

    /// Adds a condition to the field added last.
    #[must_use]
    pub fn check(mut self, text: &str) -> Self {
        if let Some(field) = self.0.fields.last_mut() {
            field.checks.push(text.to_owned());
        }
        self
    }

    /// Adds a constraint to the field added last.
    #[must_use]
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        if let Some(field) = self.0.fields.last_mut() {
            field.constraints.push(constraint);
        }
        self
    }

    /// Says that a tool gives the outputs.
    pub(crate) fn of_tool(mut self) -> Self {
        self.0.tool = true;
        self
    }

    /// Finishes the schema.
    #[must_use]
    pub fn build(self) -> Arc<Schema> {
        Arc::new(self.0)
    }

    /// Adds a field whose type is no Rust type.
    pub(crate) fn with(self, name: &str, description: &str, role: Role, spec: TypeSpec) -> Self {
        self.field(Field::new(name, description, role, spec))
    }

    fn field(mut self, field: Field) -> Self {
        self.0.fields.push(field);
        self
    }
}
