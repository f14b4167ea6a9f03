//! Makes an issue: what a new one must be.

use std::path::Path;

use anyhow::Result;

use super::batch::{self, Draft};
use super::blank::is_blank;
use super::issue::Issue;
use super::store::Store;
use super::table::Table;
use crate::fault::Fault;
use crate::system::store;

/// Types every store takes; a file's own are taken beside them.
pub const TYPES: [&str; 6] = ["task", "bug", "feature", "epic", "chore", "story"];

/// Those of them that came with `bd` 1.x.
const NOT_CLASSIC: [&str; 1] = ["story"];

/// `bd` refuses longer titles, so none must get into a file both read.
const TITLE_BYTES: usize = 500;

/// What a new issue is to be.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// One line, at most 500 bytes.
    pub title: String,
    /// One of [`TYPES`], or one the file already uses.
    pub kind: String,
    /// 0 is the most urgent, 4 the least.
    pub priority: i64,
    /// What it is about.
    pub description: String,
    /// How it is to be built.
    pub design: String,
    /// When it is done.
    pub acceptance: String,
    /// The issue it belongs to.
    pub parent: Option<String>,
    /// What it depends on: `ID`, or `TYPE:ID` for another kind than `blocks`.
    pub deps: Vec<String>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// Who is to work on it; empty for nobody.
    pub assignee: String,
    /// How many minutes it may take.
    pub estimate: Option<u32>,
    /// Who makes it.
    pub author: String,
}

impl Store {
    /// Makes an issue and returns it.
    pub fn create(&self, new: &New) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.create(self, new);
        }
        let fallback = self.configured_prefix()?;
        let draft = [Draft { new: new.clone(), ..Draft::default() }];
        self.change(|table| {
            let ids = batch::create(table, &draft, fallback.as_deref())?;
            table.issue(&ids[0])
        })
    }
}

/// The text of a file that people wrote a description in.
pub fn body(path: &Path) -> Result<String> {
    store::read_text(path)?.ok_or_else(|| {
        Fault::usage(format!("`{}` does not exist", path.display()), "give a file, or `-` for standard input")
    })
}

/// A title that `bd` takes, too.
pub fn check_title(title: &str) -> Result<()> {
    if is_blank(title) {
        return Err(Fault::usage("the title is empty", "say in a few words what is to be done"));
    }
    if title.len() > TITLE_BYTES {
        return Err(Fault::usage(
            format!("the title is {} bytes long; at most {TITLE_BYTES} are allowed", title.len()),
            "put the rest into the description",
        ));
    }
    Ok(())
}

/// A type that is known or already used.
pub fn check_type(table: &Table, kind: &str) -> Result<()> {
    let known: Vec<&str> = TYPES.into_iter().chain(table.customs().types()).collect();
    let own = table.customs().types().any(|own| own == kind);
    if own || table.records().any(|record| record.kind() == kind) {
        return Ok(());
    }
    if table.customs().is_classic() && NOT_CLASSIC.contains(&kind) {
        return Err(Fault::usage(
            format!("`bd` 0.47 to 0.49, which has a database beside this file, knows no type `{kind}`"),
            format!(
                "it would refuse the whole file: take `feature`, or run `bd config set types.custom {kind}` and \
                 write `types.custom: {kind}` into `.beads/config.yaml`"
            ),
        ));
    }
    if known.contains(&kind) {
        return Ok(());
    }
    Err(Fault::usage(format!("`{kind}` is not a type of issue"), format!("one of {}", known.join(", "))))
}
