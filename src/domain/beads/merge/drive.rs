//! The merge as git asks for it: three files in, the result where ours was.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::merge;
use crate::domain::beads::table::Table;
use crate::fault::Fault;
use crate::system::{git, store};

/// Most notices about single issues.
const MOST: usize = 20;

/// What [`drive`] did.
#[derive(Debug, Default)]
pub struct Driven {
    /// Whether something is left for a person.
    pub conflict: bool,
    /// What the user should know.
    pub said: Vec<String>,
}

/// Merges the file `theirs` into the file `ours`, both made from the file `base`; `name` is what
/// people call it. What cannot be merged line by line is merged as text, as git does without us.
pub fn drive([base, ours, theirs]: [&Path; 3], name: &str) -> Result<Driven> {
    for path in [ours, theirs] {
        if !path.is_file() {
            return Err(Fault::usage(
                format!("`{}` is not a file", path.display()),
                "git names the files: `taskrun beads merge-driver %O %A %B %P`",
            ));
        }
    }
    let texts = (store::read_text(base), store::read_text(ours), store::read_text(theirs));
    let why = match texts {
        (Ok(base), Ok(Some(our)), Ok(Some(their))) => {
            match merge(base.as_deref().unwrap_or_default(), &our, &their) {
                Ok(merged) => {
                    let mut said: Vec<String> =
                        merged.said.iter().take(MOST).map(|notice| format!("`{name}`: {notice}")).collect();
                    if let Some(more) = merged.said.len().checked_sub(MOST).filter(|more| *more > 0) {
                        said.push(format!("`{name}`: and {more} more of these"));
                    }
                    if merged.conflict {
                        said.push(format!("`{name}` has lines that cannot be read: they are at its end"));
                    } else {
                        said.extend(circles(&merged.text, [&our, &their], name));
                    }
                    if merged.text != our {
                        store::write(ours, store::SHARED, merged.text.as_bytes())?;
                    }
                    return Ok(Driven { conflict: merged.conflict, said });
                }
                Err(why) => why,
            }
        }
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => format!("{error:#}"),
        _ => "it is gone".to_owned(),
    };
    let mut driven =
        Driven { conflict: true, said: vec![format!("`{name}` is merged as plain text: {why}")] };
    match git::merge_text([base, ours, theirs])? {
        Some((text, clean)) => {
            store::write(ours, store::SHARED, &text)?;
            // Only text that is clean by git's measure and of a format newer than ours is left to git.
            driven.conflict = !clean || !why.contains("is not known");
        }
        None => driven.said.push(format!("`{name}` is left as it was on our side: merge it by hand")),
    }
    Ok(driven)
}

/// The circles that neither side has alone.
fn circles(merged: &str, sides: [&str; 2], name: &str) -> Vec<String> {
    let found = |text: &str| -> Vec<Vec<String>> {
        let Ok(table) = Table::parse(text, name) else { return Vec::new() };
        let cycles = table.graph().cycles();
        cycles.iter().map(|circle| circle.iter().map(|id| (*id).to_owned()).collect()).collect()
    };
    let circles = found(merged);
    if circles.is_empty() {
        return Vec::new();
    }
    let members = |circle: &Vec<String>| circle.iter().cloned().collect::<BTreeSet<_>>();
    let known: BTreeSet<_> = sides.into_iter().flat_map(found).map(|circle| members(&circle)).collect();
    let new = circles.iter().filter(|circle| !known.contains(&members(circle)));
    let say = |circle: &Vec<String>| {
        format!(
            "`{name}`: {} wait for each other since both sides added dependencies; `taskrun beads doctor` \
             shows and mends it",
            circle.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        )
    };
    new.map(say).collect()
}
