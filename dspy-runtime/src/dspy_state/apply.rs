//! The application of the state to the program.

use std::collections::BTreeMap;

use super::dropped_item::{DropReason, DroppedItem};
use super::predictor::DspyPredictor;
use super::{ALONE, DspyState, SELF, demo, lm, names};
use crate::error::{Error, ErrorKind, Result};
use crate::module::{self, Predictors};
use crate::predictor::{Predictor, PredictorState};
use crate::signature::Field;

/// A program with the state of a file, and what of the file is not in it.
///
/// # Example
///
/// ```
/// use dspy::dspy_state::{DspyState, ImportedProgram};
/// use dspy::Module;
///
/// fn import<P: Module>(state: &DspyState, program: P) -> dspy::Result<P> {
///     let ImportedProgram { program, dropped, .. } = state.apply(program)?;
///     for dropped in dropped {
///         eprintln!("{dropped}"); // `resolve.predict`: `lm.api_key` is left out: it may be a secret
///     }
///     Ok(program)
/// }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct ImportedProgram<P> {
    /// The program.
    pub program: P,
    /// Everything that is not in the program.
    pub dropped: Vec<DroppedItem>,
    /// The models that predictors were pinned to, by path. A program here has the model of the context.
    pub models: BTreeMap<String, String>,
}

pub(super) fn to<P: Predictors>(state: &DspyState, program: P, name: &str) -> Result<ImportedProgram<P>> {
    paths(state, &program, name)?;
    let here = |path: &str| if path == ALONE { SELF.to_owned() } else { path.to_owned() };
    let mut dropped: Vec<DroppedItem> = state.dropped.clone();
    // What was at the top of a bare predictor's file has its path.
    if state.get(ALONE).is_some() {
        dropped.iter_mut().for_each(|dropped| dropped.path = here(&dropped.path));
    }
    let mut states = module::state_of(&program);
    let mut failed = Ok(());
    module::each(&program, |path, predictor, _| {
        let Some(saved) = find(state, path) else { return };
        match predictor_state(path, predictor, saved, &mut dropped) {
            Ok(state) => states.insert(path, state),
            Err(error) if failed.is_ok() => failed = Err(error),
            Err(_) => {}
        }
    });
    failed?;
    for saved in &state.predictors {
        let settings = lm::names(&saved.settings).map(|name| format!("lm.{name}"));
        dropped.extend(settings.map(|item| DroppedItem::new(&here(&saved.path), item, DropReason::Setting)));
    }
    let models = state.predictors.iter().filter_map(|saved| Some((here(&saved.path), saved.model.clone()?)));
    Ok(ImportedProgram { program: module::set_state(program, &states)?, dropped, models: models.collect() })
}

fn find<'a>(state: &'a DspyState, path: &str) -> Option<&'a DspyPredictor> {
    state.get(path).or_else(|| state.get(ALONE).filter(|_| path == SELF))
}

/// Every predictor of the file is in the program; every one of the program that learns is in the file.
fn paths<P: Predictors>(state: &DspyState, program: &P, name: &str) -> Result<()> {
    let (mut own, mut missing) = (Vec::new(), Vec::new());
    module::each(program, |path, _, frozen| {
        own.push(path.to_owned());
        if !frozen && find(state, path).is_none() {
            missing.push(format!("the file has no `{path}`"));
        }
    });
    let is_own = |path: &str| own.iter().any(|own| own == path || (path == ALONE && own == SELF));
    let extra = state.predictors.iter().filter(|saved| !is_own(&saved.path));
    missing.extend(extra.map(|saved| format!("`{name}` has no `{}`", saved.path)));
    if missing.is_empty() {
        return Ok(());
    }
    let list = |paths: Vec<&str>| paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "the state is of another program: {}; the file has {}, and `{name}` has {}: `rename` gives a predictor \
         another path",
        missing.join(", "),
        list(state.predictors.iter().map(|saved| &*saved.path).collect()),
        list(own.iter().map(String::as_str).collect()),
    );
    Err(Error::new(ErrorKind::Artifact, message))
}

fn predictor_state(
    path: &str,
    predictor: &Predictor,
    saved: &DspyPredictor,
    dropped: &mut Vec<DroppedItem>,
) -> Result<PredictorState> {
    let schema = predictor.schema();
    let fields: Vec<&Field> = schema.inputs().chain(schema.outputs()).collect();
    let here: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    if fields.len() != saved.fields.len() {
        let message = format!(
            "predictor `{path}` has {} fields in the file ({}) and {} in the program ({}): inputs, then outputs",
            saved.fields.len(),
            saved.field_list(),
            fields.len(),
            here.join(", ")
        );
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    let keys = names::keys(saved, &here)?;
    let fields: Vec<(&Field, Option<String>)> = fields.into_iter().zip(keys).collect();
    let mut state = PredictorState::new(saved.instructions.as_str());
    for (place, demo) in saved.demos.iter().enumerate() {
        match demo::typed(demo, &fields) {
            Ok(demo) => state.demos.push(demo),
            Err(why) => {
                dropped.push(DroppedItem::new(path, format!("demos[{place}]"), DropReason::Misfit(why)))
            }
        }
    }
    Ok(state)
}
