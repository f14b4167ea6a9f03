//! Brings the issues of a file into the store: all of them, or nothing.

use anyhow::Result;
use serde::Serialize;

use super::super::store::Store;
use super::super::table::Table;
use super::markdown::Checklist;
use super::source::{Format, Source};
use super::{apply, github, lines, markdown, prd};
use crate::fault::Fault;

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the file is; told by its contents where it is not given.
    pub format: Option<Format>,
    /// The issue that all new ones belong to.
    pub parent: Option<String>,
    /// Write nothing, only tell what would be done.
    pub dry_run: bool,
    /// In whose name issues are made that name no author.
    pub author: String,
}

/// What an import does with one issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not there.
    Created,
    /// It was there and has changed.
    Updated,
    /// It was there, and the file says nothing new.
    Unchanged,
    /// It is left as it is though the file says something else.
    Skipped,
}

/// What an import did with one issue.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What was done.
    pub action: Action,
    /// Its id; none for what a dry run would make under an id of its own.
    pub id: Option<String>,
    /// Its title.
    pub title: String,
    /// What it is called where it comes from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The fields that were changed here and there, and are left as they are here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<&'static str>,
}

/// What an import did, or would do.
#[derive(Debug, Clone)]
pub struct Imported {
    /// What the file was.
    pub format: Format,
    /// One for each issue of the file.
    pub steps: Vec<Step>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// What the user should know.
    pub notices: Vec<String>,
}

/// What a rehearsal found out, carried out of [`Store::change`] as an error so that nothing is written.
#[derive(Debug, thiserror::Error)]
#[error("nothing is written")]
struct Rehearsed(Box<Imported>);

impl Imported {
    /// The ids, or in a rehearsal the other names, of what `action` was done to.
    pub fn of(&self, action: Action) -> Vec<&str> {
        let steps = self.steps.iter().filter(|step| step.action == action);
        steps.map(|step| step.id.as_deref().unwrap_or(&step.from)).collect()
    }
}

impl Store {
    /// Imports the source.
    pub fn import(&self, source: &Source, options: &Options) -> Result<Imported> {
        let format = options.format.map_or_else(|| source.format(), Ok)?;
        if format == Format::Lines && options.parent.is_some() {
            return Err(Fault::usage(
                "issues of Beads know where they belong; `--epic` is for other formats",
                "leave out `--epic`",
            ));
        }
        let fallback = self.configured_prefix()?;
        let done = self.change(|table| {
            let mut imported = read(table, source, format, options, fallback.as_deref())?;
            imported.dry_run = options.dry_run;
            if options.dry_run { Err(Rehearsed(Box::new(imported)).into()) } else { Ok(imported) }
        });
        match done {
            Err(error) => error.downcast::<Rehearsed>().map(|rehearsed| *rehearsed.0),
            done => done,
        }
    }
}

fn read(
    table: &mut Table,
    source: &Source,
    format: Format,
    options: &Options,
    fallback: Option<&str>,
) -> Result<Imported> {
    let circles = table.graph().cycles().len();
    let text = source.text.trim_start_matches('\u{feff}');
    let parent = options.parent.as_deref().map(|parent| table.resolve(parent)).transpose()?;
    let target = apply::Target {
        parent: parent.as_deref(),
        author: &options.author,
        dry_run: options.dry_run,
        prefix: fallback,
    };
    let (steps, mut notices) = match format {
        Format::Lines => lines::import(table, text, &source.name)?,
        Format::Prd => {
            apply::apply(table, prd::read(text, (&source.name, &source.key), parent.is_none())?, &target)?
        }
        Format::Github => apply::apply(table, github::read(text, &source.name)?, &target)?,
        Format::Markdown => {
            let file = Checklist { text, name: &source.name, key: &source.key };
            let exact = |id: &str| table.get(id).is_some_and(|record| !record.is_tombstone());
            let any = |id: &str| table.resolve(id).ok();
            let sheet = markdown::read(file, markdown::Known { exact: &exact, any: &any })?;
            apply::apply(table, sheet, &target)?
        }
    };
    if table.graph().cycles().len() > circles {
        notices
            .push("some of these issues wait for each other: `taskrun beads dep cycles` shows which".into());
    }
    Ok(Imported { format, steps, dry_run: false, notices })
}
