//! The text of a skill and how it is written: TOML, JSON or a `SKILL.md`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use anyhow::Result;

use super::node::{self, Broken, Value};
use super::{Skill, agent_skill, fields::Flaw, read};
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// Bytes a skill may have. It is read by a model, so this is far beyond sense.
pub const LARGEST: u64 = 1 << 20;

const MANUAL: &str = "correct it; `taskrun skill new` writes a file that shows every field";

/// How a skill is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `<id>.toml`
    Toml,
    /// `<id>.json`, with our field names or the seed's.
    Json,
    /// `<id>/SKILL.md`
    Folder,
}

impl Format {
    /// By the name of a file.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "md" => Some(Self::Folder),
            _ => None,
        }
    }

    /// By how a text begins.
    pub fn guess(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        match text.as_bytes() {
            [b'{', ..] => Self::Json,
            _ if text.lines().next().is_some_and(|line| line.trim_end() == "---") => Self::Folder,
            _ => Self::Toml,
        }
    }
}

/// Reads and checks a skill that is called `name` in errors. Where it lies in a place of skills, it must bear the `id` of its file.
pub fn parse(text: &str, format: Format, name: &str, id: Option<&str>) -> Result<Skill> {
    let told = |flaw: Flaw| {
        let line = text.as_bytes()[..flaw.at.min(text.len())].split(|byte| *byte == b'\n').count();
        let hint = flaw.hint.unwrap_or_else(|| MANUAL.into());
        Fault::invalid(format!("failed to parse `{name}` line {line}: {}", flaw.message), hint)
    };
    let (skill, at) = checked(text, format).map_err(told)?;
    match id.filter(|id| *id != skill.id) {
        None => Ok(skill),
        Some(id) => {
            let message = format!("its id is `{}`, but the file is named for `{id}`", skill.id);
            let hint =
                "rename the file or change the id; `taskrun skill register FILE` files a skill under its id"
                    .into();
            Err(told(Flaw { hint: Some(hint), ..Flaw::new(at, message) }))
        }
    }
}

/// The skill, and where its id stands.
fn checked(text: &str, format: Format) -> Result<(Skill, usize), Flaw> {
    // The mark is no part of the text, but of the places in it.
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - plain.len();
    let broken = |broken: Broken| Flaw::new(broken.at, broken.message);
    let read = match format {
        Format::Folder => {
            agent_skill::read(plain).map(|skill| (skill, plain.find("\nname").map_or(0, |at| at + 1)))
        }
        Format::Toml => node::toml(plain).map_err(broken).and_then(|root| whole(&root, false)),
        Format::Json => node::json(plain).map_err(broken).and_then(|root| whole(&root, true)),
    };
    read.map_err(|flaw| Flaw { at: flaw.at + skipped, ..flaw })
}

fn whole(root: &node::Node, shown: bool) -> Result<(Skill, usize), Flaw> {
    let skill = read::skill(root, shown)?;
    let rows = if let Value::Table(rows) = &root.value { rows.as_slice() } else { &[] };
    Ok((skill, rows.iter().find(|(name, _)| name == "id").map_or(0, |(_, node)| node.at)))
}

/// The text of the file at `path`.
pub fn read_file(path: &Path) -> Result<String> {
    let name = shown(path);
    let failed =
        |why: String| Fault::invalid(format!("failed to read `{name}`: {why}"), "give or mend the file");
    let told = |error: io::Error| failed(plain(&error));
    let kind = fs::metadata(path).map_err(told)?;
    if !kind.is_file() {
        let what = if kind.is_dir() { "it is a directory" } else { "it is not a regular file" };
        return Err(failed(what.into()));
    }
    let mut bytes = Vec::new();
    // Not all of a large file, and no more of one that grows.
    let file = File::open(path).map_err(told)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(told)?;
    check_size(bytes.len() as u64, kind.len(), &name)?;
    store::utf8(bytes, &name)
}

/// Refuses what is too large, by the bytes there or, where more are known of, by those.
pub fn check_size(there: u64, known: u64, name: &str) -> Result<()> {
    if there <= LARGEST {
        return Ok(());
    }
    let size = there.max(known).div_ceil(1 << 20);
    let message = format!("`{name}` is too large for a skill: {size} MiB; 1 MiB is allowed");
    Err(Fault::invalid(message, "a skill says how to work; keep data in files of the project"))
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: [&str; 3] = [
        include_str!("scaffold.toml"),
        "{\"id\": \"a\", \"name\": \"é\", \"stack\": [\"*\"], \"userStories\": [{\"id\": \"A\\u0041\"}], \"b\": {}}",
        "---\nname: é\ndescription: >-\n  a\n   b\nmore:\n- \"c\"\nd: 'e'\nf: |2+\n    g\n---\nbody {{ x }}\n",
    ];

    proptest! {
        #[test]
        fn nothing_written_badly_is_more_than_an_error(
            which in 0..3_usize, from in 0..2_500_usize, length in 0..40_usize, other in "[\\PC\n\t\"'{}:\\[\\]|>-]{0,6}",
        ) {
            let whole: Vec<char> = WHOLE[which].chars().collect();
            let from = from % whole.len();
            let end = (from + length).min(whole.len());
            let text: String = whole[..from].iter().copied().chain(other.chars()).chain(whole[end..].iter().copied()).collect();
            for format in [Format::Toml, Format::Json, Format::Folder, Format::guess(&text)] {
                if let Err(error) = parse(&text, format, "x", None) {
                    prop_assert!(error.to_string().starts_with("failed to parse `x` line "), "{}", error);
                }
            }
        }
    }

    #[test]
    fn a_format_is_known_by_how_the_text_begins() {
        let table =
            [("\u{feff} \n{", Format::Json), ("---\r\nname: x", Format::Folder), ("id = 1", Format::Toml)];
        for (text, expected) in table {
            assert_eq!(Format::guess(text), expected, "{text}");
        }
        let bom = format!("\u{feff}{}", "id = 'x'\nname = 7\n");
        assert!(parse(&bom, Format::Toml, "x", None).unwrap_err().to_string().contains("line "));
    }
}
