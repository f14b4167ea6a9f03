//! Statuses and types that a project has added to its own: `status.custom` and `types.custom` of
//! `.beads/config.yaml`, as `bd` writes them.

use std::path::Path;

use anyhow::Result;

use crate::system::store;

/// How an issue of a status of one's own is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Class {
    /// As one of `bd`'s own statuses says.
    #[default]
    Own,
    /// Waits for somebody, and is listed.
    Active,
    /// Somebody works on it.
    Wip,
    /// It is done, and not listed; what waits for it waits until it is closed.
    Done,
    /// Put away; not listed.
    Frozen,
}

/// What a project has added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customs {
    statuses: Vec<(String, Class)>,
    types: Vec<String>,
    /// Whether a classic `bd` keeps a database of its own beside the file.
    classic: bool,
}

impl Customs {
    /// Reads them from the `config.yaml` in `dir`; none where there is none.
    pub fn read(dir: &Path) -> Result<Self> {
        let mut customs = Self::parse(&store::read_text(&dir.join("config.yaml"))?.unwrap_or_default());
        let metadata = store::read_text(&dir.join("metadata.json")).ok().flatten().unwrap_or_default();
        customs.classic = dir.join("beads.db").is_file() && !metadata.contains("\"dolt\"");
        Ok(customs)
    }

    fn parse(yaml: &str) -> Self {
        let status = |entry: String| match entry.split_once(':') {
            Some((name, class)) => (name.trim().to_owned(), Class::named(class.trim())),
            None => (entry, Class::Active),
        };
        Self {
            statuses: entries(yaml, "status", "custom").into_iter().map(status).collect(),
            types: entries(yaml, "types", "custom"),
            classic: false,
        }
    }

    /// How `status` is treated.
    pub fn class(&self, status: &str) -> Class {
        self.statuses.iter().find(|(name, _)| name == status).map_or(Class::Own, |(_, class)| *class)
    }

    /// Whether there are none that bear on anything.
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty() && self.types.is_empty() && !self.classic
    }

    /// Whether a `bd` 0.47 to 0.49 reads the file into a database beside it, and knows its own types only.
    pub fn is_classic(&self) -> bool {
        self.classic
    }

    /// The names of the statuses.
    pub fn statuses(&self) -> impl Iterator<Item = &str> {
        self.statuses.iter().map(|(name, _)| name.as_str())
    }

    /// The names of the types.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(String::as_str)
    }
}

impl Class {
    fn named(name: &str) -> Self {
        match name {
            "wip" => Self::Wip,
            "done" => Self::Done,
            "frozen" => Self::Frozen,
            _ => Self::Active,
        }
    }
}

/// The entries at `table.key`, written as `table.key: …` or `key: …` below `table:`; as a text with commas, as
/// `[…]`, or as `- …` on lines of their own. All of YAML that this file needs.
fn entries(yaml: &str, table: &str, key: &str) -> Vec<String> {
    let dotted = format!("{table}.{key}");
    let lines: Vec<(usize, &str)> = yaml
        .lines()
        .map(|line| (line.len() - line.trim_start().len(), without_comment(line).trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let mut inside = false;
    for (at, (indent, line)) in lines.iter().enumerate() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if *indent == 0 {
            inside = name == table && value.trim().is_empty();
        }
        if (*indent == 0 && unquoted(name) == dotted) || (inside && *indent > 0 && unquoted(name) == key) {
            let below = lines[at + 1..].iter().map_while(|(_, line)| line.strip_prefix('-'));
            let below: Vec<&str> = below.collect();
            let value = value.trim();
            let value = value.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(value);
            let items = unquoted(value).split(',').chain(below);
            let items = items.map(|item| unquoted(item.trim()).trim().to_owned());
            return items.filter(|item| !item.is_empty()).collect();
        }
    }
    Vec::new()
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default() }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    // `"a","b"` is a list of quoted ones, not a quoted text.
    inner('"').or_else(|| inner('\'')).filter(|inner| !inner.contains(['"', '\''])).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        let table = [
            "status.custom: \"review:wip,archived:done\"\ntypes.custom: spike2, ritual # ours\n",
            "status:\n  custom: 'review:wip, archived:done'\ntypes:\n  custom: [spike2, \"ritual\"]\n",
            "x: 1\nstatus:\n  other: 2\n  custom:\n    - review:wip\n    - \"archived:done\"\ntypes:\n  custom:\n  - spike2\n  - ritual\n",
            "status.custom: [\"review:wip\", \"archived:done\"]\n'types.custom': ['spike2', 'ritual']\n",
        ];
        for yaml in table {
            let customs = Customs::parse(yaml);
            assert_eq!(
                customs.statuses,
                [("review".into(), Class::Wip), ("archived".into(), Class::Done)],
                "{yaml}"
            );
            assert_eq!(customs.types, ["spike2", "ritual"], "{yaml}");
        }
        for yaml in [
            "",
            "# status.custom: \"a:wip\"\nexternal_projects:\n  beads: ../beads\n  custom: x\nissue-prefix: \"bd\"\n",
            "other:\n  custom: a\n  status:\n",
        ] {
            assert!(Customs::parse(yaml).is_empty(), "{yaml}");
        }
        assert_eq!(Customs::parse("status.custom: a,b:frozen").class("a"), Class::Active);
        assert_eq!(Customs::parse("status.custom: a,b:frozen").class("b"), Class::Frozen);
    }
}
