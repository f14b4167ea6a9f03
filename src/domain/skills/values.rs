//! What the variables of a skill stand for, and the texts they are filled into. A value is data: it is never read as
//! a template again.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Skill, placeholders};
use crate::domain::attempt::prompt::{Template, environment};
use crate::fault::Fault;

/// A value for every variable of a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

/// Values that were `given` one after another, by name; two for one name are refused.
pub fn named(given: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for (name, value) in given {
        if values.insert(name.clone(), value.clone()).is_some() {
            return Err(Fault::usage(format!("`{name}` is set twice"), "give one value for each name"));
        }
    }
    Ok(values)
}

impl Values {
    /// What is `given` (`--set NAME=VALUE`), then what was `known` before, then the defaults. Errors: a name that the skill
    /// does not have, a variable without a value.
    pub fn of(
        skill: &Skill,
        given: &BTreeMap<String, String>,
        known: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let names: Vec<String> = skill.variables.keys().map(|name| format!("`{name}`")).collect();
        if let Some(strange) = given.keys().find(|name| !skill.variables.contains_key(*name)) {
            let hint =
                if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) };
            return Err(Fault::usage(format!("skill `{}` has no variable `{strange}`", skill.id), hint));
        }
        let mut values = BTreeMap::new();
        for (name, variable) in &skill.variables {
            let value = given.get(name).or_else(|| known.get(name)).or(variable.default.as_ref());
            let Some(value) = value else {
                let what = if variable.description.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", variable.description)
                };
                return Err(Fault::usage(
                    format!("skill `{}` needs a value for `{name}`{what}", skill.id),
                    format!("add `--set {name}=…` to `taskrun skill apply {}`", skill.id),
                ));
            };
            if value.contains('\0') {
                return Err(Fault::usage(
                    format!("the value of `{name}` has a NUL byte in it"),
                    "give another one",
                ));
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(Self(values))
    }

    /// By name.
    pub fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// `text` with each value in place; `place` names it in errors.
    pub fn fill(&self, text: &str, place: &str) -> Result<String> {
        if !placeholders::is_template(text) {
            return Ok(text.to_owned());
        }
        let template = Template { name: place, source: text };
        let filled = environment(&template).and_then(|environment| {
            let parsed = environment.get_template(place);
            let filled = parsed.and_then(|parsed| parsed.render(&self.0));
            filled.map_err(|error| crate::domain::attempt::prompt::Mistake::of(&error, text))
        });
        filled.map_err(|mistake| Fault::invalid(format!("{place}: {}", mistake.said), "correct the skill"))
    }
}
