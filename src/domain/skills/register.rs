//! Takes over a skill into a place where skills are kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::catalog::{Catalog, From};
use super::home::Home;
use super::source::{self, Format};
use super::{agent_skill, write};
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// From where a skill is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A file, or a folder with a `SKILL.md`.
    File(PathBuf),
    /// Standard input, in any of the formats.
    Stdin,
    /// JSON on the command line.
    Inline(String),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// The skill.
    pub id: String,
    /// Where it is now.
    pub from: From,
    /// Its file.
    pub path: PathBuf,
    /// Whether there was one.
    pub replaced: bool,
    /// Whose skill of that name it goes before, if any.
    pub hides: Option<From>,
    /// Whose skill of that name goes before it, if any.
    pub hidden_by: Option<From>,
    /// What was left out.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// The text of a skill, its format, and what it is called.
struct Taken {
    text: String,
    format: Format,
    name: String,
    notes: Vec<String>,
}

/// Checks the skill and puts it into `home`; one that is there is replaced with `force` only. TOML and `SKILL.md` are
/// kept as they are, with their comments; JSON becomes TOML.
pub fn register(catalog: &Catalog, home: &Home, given: &Given, force: bool) -> Result<Registered> {
    let Taken { text, format, name, notes } = take(given)?;
    let skill = source::parse(&text, format, &name, None)?;
    let kept = if format == Format::Json { write::toml(&skill) } else { text };
    put(catalog, home, &skill.id, (format, &kept), force).map(|done| Registered { notes, ..done })
}

/// Puts a checked text into `home`.
pub(super) fn put(
    catalog: &Catalog,
    home: &Home,
    id: &str,
    (format, text): (Format, &str),
    force: bool,
) -> Result<Registered> {
    let (path, replaced) = home.put(id, format, text, force)?;
    Ok(Registered {
        id: id.into(),
        from: home.from(),
        path,
        replaced,
        hides: catalog.behind(id, home),
        hidden_by: catalog.before(id, home),
        notes: Vec::new(),
    })
}

fn take(given: &Given) -> Result<Taken> {
    match given {
        Given::Inline(text) => checked(text.clone(), Some(Format::Json), "--inline"),
        Given::Stdin => checked(store::read_stdin()?, None, "standard input"),
        Given::File(path) if path.is_dir() => {
            let file = path.join(agent_skill::FILE);
            if !file.exists() {
                let message = format!("`{}` is a directory without a `{}`", shown(path), agent_skill::FILE);
                return Err(Fault::usage(
                    message,
                    "give the file of a skill, or the folder of an agent skill",
                ));
            }
            let text = checked(source::read_file(&file)?, Some(Format::Folder), &shown(&file))?;
            Ok(Taken { notes: left_out(path), ..text })
        }
        Given::File(path) => checked(source::read_file(path)?, Format::of(path), &shown(path)),
    }
}

fn checked(text: String, format: Option<Format>, name: &str) -> Result<Taken> {
    source::check_size(text.len() as u64, 0, name)?;
    let format = format.unwrap_or_else(|| Format::guess(&text));
    Ok(Taken { text, format, name: name.into(), notes: Vec::new() })
}

/// What else lies in the folder of an agent skill: its text may speak of it.
fn left_out(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut others: Vec<String> = names.filter(|name| name != agent_skill::FILE).collect();
    others.sort();
    if others.is_empty() {
        return Vec::new();
    }
    let more = if others.len() > 5 { ", …" } else { "" };
    others.truncate(5);
    let others = others.join("`, `");
    vec![format!("only `{}` is taken over; `{others}`{more} stay in `{}`", agent_skill::FILE, shown(folder))]
}
