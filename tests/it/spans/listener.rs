//! What `tracing` was told, with the types of its values.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::field::{Field, FieldSet, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber, subscriber};
use tracing_subscriber::layer::{Context as In, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Values by field.
pub type Fields = BTreeMap<&'static str, Value>;

/// A span as it was told: its name, its parent and its fields.
#[derive(Clone, Debug)]
pub struct Told {
    pub name: &'static str,
    pub parent: Option<u64>,
    pub fields: Fields,
    /// The fields that it may have.
    pub known: Vec<&'static str>,
}

impl Told {
    pub fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().unwrap_or_else(|| panic!("{field} of {self:?} is no text"))
    }

    /// A field whose text is JSON.
    pub fn json(&self, field: &str) -> Value {
        serde_json::from_str(self.text(field)).expect("JSON")
    }
}

/// A measurement: its instruments and their attributes, and the fields that it may have.
#[derive(Clone, Debug)]
pub struct Measured {
    pub fields: Fields,
    pub known: Vec<&'static str>,
}

#[derive(Clone, Default)]
pub struct Listener {
    spans: Arc<Mutex<BTreeMap<u64, Told>>>,
    measured: Arc<Mutex<Vec<Measured>>>,
}

struct Reading<'a>(&'a mut Fields);

impl Visit for Reading<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), value.into());
    }
}

fn names(fields: &FieldSet) -> Vec<&'static str> {
    fields.iter().map(|field| field.name()).collect()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: In<'_, S>) {
        let parent = cx.span(id).and_then(|span| span.parent()).map(|parent| parent.id().into_u64());
        let known = names(attributes.metadata().fields());
        let mut told = Told { name: attributes.metadata().name(), parent, fields: Fields::new(), known };
        attributes.record(&mut Reading(&mut told.fields));
        self.spans.lock().expect("whole").insert(id.into_u64(), told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: In<'_, S>) {
        if let Some(told) = self.spans.lock().expect("whole").get_mut(&id.into_u64()) {
            values.record(&mut Reading(&mut told.fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: In<'_, S>) {
        if event.metadata().target() == "dspy::metrics" {
            let mut fields = Fields::new();
            event.record(&mut Reading(&mut fields));
            let known = names(event.metadata().fields());
            self.measured.lock().expect("whole").push(Measured { fields, known });
        }
    }
}

impl Listener {
    pub fn listen() -> (Self, DefaultGuard) {
        let listener = Self::default();
        let guard = subscriber::set_default(tracing_subscriber::registry().with(listener.clone()));
        (listener, guard)
    }

    /// The spans in the order in which they began.
    pub fn told(&self) -> Vec<(u64, Told)> {
        self.spans.lock().expect("whole").iter().map(|(id, told)| (*id, told.clone())).collect()
    }

    /// The spans of this name.
    pub fn named(&self, name: &str) -> Vec<Told> {
        self.told().into_iter().map(|(_, told)| told).filter(|told| told.name == name).collect()
    }

    /// The measurements in the order in which they came.
    pub fn measured(&self) -> Vec<Measured> {
        self.measured.lock().expect("whole").clone()
    }
}
