//! `macp trigger --check`: whether the rules and every template can be used.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::file;
use super::rules::Rule;
use crate::domain::macp::place::Place;
use crate::domain::macp::template;
use crate::domain::workspace::Workspace;

/// What is there, all of it good.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// The file of rules.
    pub file: PathBuf,
    /// The rules by name.
    pub rules: Vec<String>,
    /// The schedules by name.
    pub schedules: Vec<String>,
    /// The templates by name, whether a rule uses them or not.
    pub templates: Vec<String>,
    /// What can be used, but should be known.
    pub warnings: Vec<String>,
}

/// Reads all of it; the first thing that is wrong is the error.
pub fn check(place: &Place) -> Result<Checked> {
    let rules = file::load(place)?;
    let templates = template::list(&Workspace::at(place.root().to_owned()).templates_dir());
    templates.iter().try_for_each(|name| template::load(place, name).map(drop))?;
    Ok(Checked {
        warnings: rules.rules.iter().filter_map(warning).collect(),
        rules: rules.rules.into_iter().map(|rule| rule.name).collect(),
        schedules: rules.schedules.into_iter().map(|schedule| schedule.name).collect(),
        file: rules.file,
        templates,
    })
}

/// Rules by which an agent reads what an event says.
fn warning(rule: &Rule) -> Option<String> {
    let field = rule.job.told_to_agent()?;
    Some(format!(
        "rule `{}` hands values of events to an agent, in `{field}`: it reads them as words, and may follow them; see VALUES in \
         `man taskrun-triggers`",
        rule.name
    ))
}

impl Checked {
    /// For people.
    pub fn text(&self) -> String {
        let part = |what: &str, names: &[String]| {
            let many = if names.len() == 1 { "" } else { "s" };
            let list = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
            format!("{} {what}{many}{list}", names.len())
        };
        let parts =
            [part("rule", &self.rules), part("schedule", &self.schedules), part("template", &self.templates)];
        parts.join("\n")
    }
}
