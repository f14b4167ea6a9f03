//! Issues written out in other formats.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::super::record::Record;
use super::super::select::Pick;
use super::super::store::Store;
use super::super::table::Table;
use super::{csv, graphs, tree};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::store;

/// How issues are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The lines of the store, byte for byte.
    Lines,
    /// One array of whole issues.
    Json,
    /// A checklist that can be imported again.
    Markdown,
    /// A table.
    Csv,
    /// A graph for Graphviz.
    Dot,
    /// A graph for Mermaid.
    Mermaid,
}

impl Shape {
    /// Whether it is looked at rather than kept.
    fn is_picture(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid)
    }
}

/// The file as it is now, edits included.
pub fn raw(table: &Table) -> Result<String> {
    let mut bytes = Vec::new();
    table.write(&mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

impl Store {
    /// What `pick` wants, written as `shape`; closed ones are in a picture only with `all`, or by their status.
    pub fn export(&self, shape: Shape, pick: &Pick, all: bool) -> Result<String> {
        self.view(|table| {
            if shape == Shape::Lines && pick.is_all() {
                return raw(table);
            }
            let graph = table.graph();
            let records =
                pick.of(table, &graph, |record| !all && shape.is_picture() && record.is_finished())?;
            match shape {
                Shape::Lines => lines(table, &records),
                Shape::Json => {
                    let items: Result<Vec<_>> = records.iter().map(|record| table.json(record)).collect();
                    let items = items?;
                    Ok(if items.is_empty() {
                        "[]\n".into()
                    } else {
                        format!("[\n{}\n]\n", items.join(",\n"))
                    })
                }
                Shape::Markdown => {
                    self.announce(tree::left_out(table, &records)?.into_iter().collect());
                    tree::markdown(table, &graph, &records)
                }
                Shape::Csv => csv::table(table, &graph, &records),
                Shape::Dot => Ok(graphs::dot(&graph, &records)),
                Shape::Mermaid => Ok(graphs::mermaid(&graph, &records)),
            }
        })
    }
}

impl Store {
    /// Writes an export to a file; one that is there is only replaced when that is meant, and never one of
    /// those that this store is made of.
    pub fn save(&self, path: &Path, text: &str, force: bool) -> Result<()> {
        let ours =
            [self.dir().to_owned(), self.file().to_owned(), Workspace::at(self.root().to_owned()).dir()];
        let target = store::resolved(path);
        let below = |ours: &PathBuf| {
            let ours = store::resolved(ours);
            ours.zip(target.as_ref()).is_some_and(|(ours, target)| target.starts_with(ours))
        };
        if ours.iter().any(below) {
            return Err(Fault::usage(
                format!("`{}` is among the files that the tasks and runs are kept in", path.display()),
                "give a file outside of `.beads` and `.taskrun`",
            ));
        }
        if store::is_outlet(path) {
            return store::write_into(path, text.as_bytes());
        }
        if force {
            return store::write(path, store::SHARED, text.as_bytes());
        }
        if store::create_new(path, store::SHARED, text.as_bytes())? {
            return Ok(());
        }
        Err(Fault::usage(
            format!("`{}` is there already", path.display()),
            "give another name, or replace it with `--force`",
        ))
    }
}

/// The lines of these issues as they stand in the file.
fn lines(table: &Table, records: &[&Record]) -> Result<String> {
    let wanted: HashSet<&str> = records.iter().map(|record| &*record.id).collect();
    let mut out = String::new();
    for line in raw(table)?.split_inclusive('\n').filter(|line| !line.trim().is_empty()) {
        let record = Record::parse(line)?;
        if record.is_issue() && wanted.contains(&*record.id) {
            out.push_str(line);
        }
    }
    Ok(out)
}
