//! Tools as functions of code.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Map, Value};

use super::{Host, HostReply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::signature::{Field, Schema};
use crate::tool::{ToolPart, Toolbox};

/// Tools that code may call, each by its name.
pub(super) struct Functions<'a> {
    pub(super) cx: &'a Context,
    pub(super) tools: &'a Toolbox,
    pub(super) time: Duration,
}

/// The name that a tool has in code: one that models take may have hyphens.
fn name(part: &ToolPart) -> String {
    part.tool().name().replace('-', "_")
}

/// Checks the names of tools, beside names that are taken and those of the variables.
pub(super) fn check(tools: &Toolbox, taken: &[&str], given: &Schema) -> Result<()> {
    tools.check("")?;
    let mut names: Vec<String> = taken.iter().map(ToString::to_string).collect();
    for part in tools.iter() {
        let name = name(part);
        if names.contains(&name) {
            return Err(Error::declaration(format!(
                "two functions have the name `{name}`; give the tool another"
            )));
        }
        names.push(name);
    }
    match given.inputs().map(Field::name).find(|input| names.iter().any(|name| name == input)) {
        Some(name) => {
            Err(Error::declaration(format!("`{name}` is an input and a function; rename one of them")))
        }
        None => Ok(()),
    }
}

/// Each tool in a line: `find(number: integer, places: integer = …): Says where a parcel is.`
pub(super) fn described(tools: &Toolbox) -> Vec<String> {
    let described = tools.iter().map(|part| {
        let parameters = part.tool().parameters();
        let required = parameters.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let all = parameters.get("properties").and_then(Value::as_object);
        let given = all.into_iter().flatten().map(|(name, schema)| {
            let kind = schema.get("type").map_or_else(String::new, |kind| match kind {
                Value::String(kind) => format!(": {kind}"),
                other => format!(": {other}"),
            });
            format!("{name}{kind}{}", if is_required(name) { "" } else { " = …" })
        });
        let given: Vec<_> = given.collect();
        let notes = all
            .into_iter()
            .flatten()
            .filter_map(|(name, schema)| Some(format!(" {name}: {}", schema.get("description")?.as_str()?)));
        let notes: String = notes.collect();
        format!("{}({}): {}{notes}", name(part), given.join(", "), part.description())
    });
    described.collect()
}

/// Arguments by name: those by position have the names of the parameters, in their order.
pub(super) fn by_name<'a>(
    parameters: impl Iterator<Item = &'a str>,
    args: Vec<Value>,
    named: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let parameters: Vec<&str> = parameters.collect();
    if args.len() > parameters.len() {
        return Err(format!("it takes {} arguments: {}", parameters.len(), parameters.join(", ")));
    }
    let mut all: Map<String, Value> =
        parameters.iter().zip(args).map(|(name, value)| ((*name).to_owned(), value)).collect();
    for (name, value) in named {
        if all.insert(name.clone(), value).is_some() {
            return Err(format!("the argument {name} is given twice"));
        }
    }
    Ok(all)
}

impl Host for Functions<'_> {
    fn functions(&self) -> Vec<String> {
        self.tools.iter().map(name).collect()
    }

    fn call<'a>(
        &'a self,
        called: &'a str,
        args: Vec<Value>,
        named: Map<String, Value>,
    ) -> BoxFuture<'a, Result<HostReply>> {
        async move {
            let Some(part) = self.tools.iter().find(|part| name(part) == called) else {
                return Ok(HostReply::Raise(format!("there is no function {called}")));
            };
            let properties = part.tool().parameters().get("properties").and_then(Value::as_object);
            let names = properties.into_iter().flatten().map(|(name, _)| name.as_str());
            let arguments = match by_name(names, args, named) {
                Ok(arguments) => arguments,
                Err(wrong) => return Ok(HostReply::Raise(format!("{called}: {wrong}"))),
            };
            let given = part.call(self.cx, None, Value::Object(arguments), Some(self.time)).await?;
            // What a model can repair is a value of a tool, and an exception of a function.
            if let Some(error) =
                given.as_object().filter(|given| given.len() == 1).and_then(|given| given.get("error"))
            {
                let error = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
                return Ok(HostReply::Raise(format!("{called}: {error}")));
            }
            Ok(HostReply::Value(given))
        }
        .boxed()
    }
}
