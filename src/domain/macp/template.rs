//! Tasks with placeholders that people keep in `.taskrun/templates/`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Map, Value};

use super::place::Place;
use crate::fault::Fault;

/// The fields of the task that template `name` makes of these values.
pub fn expand(place: &Place, name: &str, set: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    let _ = (place, set);
    Err(Fault::usage(format!("there is no template `{name}`"), "`man taskrun-triggers` documents them"))
}
