//! The check that an artifact fits this program and this model.

use std::collections::BTreeSet;
use std::fmt;

use super::{Artifact, Entry, Fields, fields};
use crate::context::Context;
use crate::lm::ModelId;
use crate::module::{self, Predictors, Program};
use crate::signature::{Role, Schema};

/// A way in which a program or model is not the one that an artifact was made for.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The artifact was tuned for another model or revision.
    Model {
        /// The model that it was tuned for.
        artifact: String,
        /// The model that it would run on.
        now: String,
    },
    /// The artifact was tuned in the form of another adapter.
    Adapter {
        /// The adapter that it was tuned with.
        artifact: String,
        /// The adapter of the context.
        now: String,
    },
    /// The program has a predictor that the artifact has not.
    Missing(String),
    /// The artifact has a predictor that the program has not.
    Extra(String),
    /// A field of a predictor is not the same in both.
    Field {
        /// The predictor.
        predictor: String,
        /// The field.
        field: String,
        /// Its type in the artifact, if it is there.
        artifact: Option<String>,
        /// Its type in the program, if it is there.
        now: Option<String>,
    },
    /// The fields of a predictor read the same, but their order or their JSON schemas differ.
    Types(String),
}

pub(super) fn differences<P: Predictors + Program>(
    artifact: &Artifact,
    program: &P,
    model: &ModelId,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if artifact.model != *model && !artifact.any_model {
        differences.push(Difference::Model { artifact: artifact.model.to_string(), now: model.to_string() });
    }
    let mut seen = BTreeSet::new();
    module::each(program, |path, predictor, _| {
        seen.insert(path.to_owned());
        match artifact.predictors.get(path) {
            None => differences.push(Difference::Missing(path.to_owned())),
            Some(entry) => differences.extend(changed(path, entry, predictor.schema())),
        }
    });
    let extra = artifact.predictors.keys().filter(|path| !seen.contains(*path));
    differences.extend(extra.cloned().map(Difference::Extra));
    differences
}

/// Returns the form in which a program would ask, if it is another than the one that the artifact was made
/// for. Predictors with adapters of their own ask in the form of these.
pub(super) fn adapter<P: Predictors>(artifact: &Artifact, program: &P, cx: &Context) -> Option<Difference> {
    let (was, now) = (&artifact.provenance.adapter, cx.adapter().name());
    if was.is_empty() || was == now || artifact.any_adapter {
        return None;
    }
    let mut asks = false;
    module::each(program, |_, predictor, _| asks |= predictor.fixed().0.is_none());
    asks.then(|| Difference::Adapter { artifact: was.clone(), now: now.to_owned() })
}

fn changed(path: &str, entry: &Entry, schema: &Schema) -> Vec<Difference> {
    if entry.fingerprint == schema.fingerprint() {
        return Vec::new();
    }
    let mut found = side(path, &entry.inputs, &fields(schema, Role::Input));
    found.extend(side(path, &entry.outputs, &fields(schema, Role::Output)));
    if found.is_empty() {
        found.push(Difference::Types(path.to_owned()));
    }
    found
}

fn side(path: &str, artifact: &Fields, now: &Fields) -> Vec<Difference> {
    let text =
        |fields: &Fields, name: &str| fields.get(name).and_then(|text| Some(text.as_str()?.to_owned()));
    let names: BTreeSet<&String> = artifact.keys().chain(now.keys()).collect();
    let different = names.into_iter().filter(|name| artifact.get(*name) != now.get(*name));
    different
        .map(|name| Difference::Field {
            predictor: path.to_owned(),
            field: name.clone(),
            artifact: text(artifact, name),
            now: text(now, name),
        })
        .collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model { artifact, now } => write!(
                f,
                "it was compiled for the model {artifact}, not {now}; compile for this one, or allow it with `for_any_model`"
            ),
            Self::Adapter { artifact, now } => write!(
                f,
                "it was compiled with the adapter `{artifact}`, not `{now}`; set that one with `Context::with_adapter`, \
                 or allow another with `for_any_adapter`"
            ),
            Self::Missing(path) => write!(f, "it has no predictor `{path}`"),
            Self::Extra(path) => write!(f, "its predictor `{path}` is not in the program"),
            Self::Field { predictor, field, artifact: None, now: Some(now) } => {
                write!(f, "predictor `{predictor}`: field `{field}` ({now}) is new")
            }
            Self::Field { predictor, field, artifact: Some(was), now: None } => {
                write!(f, "predictor `{predictor}`: field `{field}` ({was}) is gone")
            }
            Self::Field { predictor, field, artifact, now } => {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                write!(
                    f,
                    "predictor `{predictor}`: field `{field}` was {}, now {}",
                    text(artifact),
                    text(now)
                )
            }
            Self::Types(path) => {
                write!(f, "predictor `{path}`: the fields have another order or other JSON schemas")
            }
        }
    }
}
