//! What is known of a signature when the program is compiled.

/// The names of a signature's fields.
#[derive(Clone, Copy, Debug)]
pub struct FieldNames {
    /// The inputs.
    pub inputs: &'static [&'static str],
    /// An output that the predictor puts before the others.
    pub first: Option<&'static str>,
    /// The outputs.
    pub outputs: &'static [&'static str],
}
