//! A mounted site: what was decided when it was mounted, written down in `.taskrun/sites/NAME.json`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

pub use super::records::Sites;
use crate::domain::stack::Recipe;
use crate::fault::Fault;
use crate::system::config::env;

/// The version of the file that is written.
pub const VERSION: u32 = 1;

/// Longest name (bytes): it is part of file names.
const LONGEST: usize = 64;

/// A mounted site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Of the file.
    pub version: u32,
    /// What it goes by in this workspace: a plain word.
    pub name: String,
    /// Its folder, absolute and without links.
    pub path: PathBuf,
    /// Why it is taken for what it is.
    pub reason: String,
    /// `npm`, `pnpm`, `yarn`, `bun`, `deno`.
    pub package_manager: Option<String>,
    /// How it is served, checked and looked through; decided at mounting.
    pub recipe: Recipe,
    /// The port it is served on where that is free: asked for, or what it got the last time.
    pub port: Option<u16>,
    /// The port that a person mounted it with: it is served there, and where that is taken a start says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mounted_port: Option<u16>,
    /// Variables that its server gets.
    pub env: BTreeMap<String, String>,
    /// Names of variables whose values its server gets when it starts, the way for secrets: see [`Site::environment`].
    pub pass_env: Vec<String>,
    /// The page that was last selected.
    pub page: Option<String>,
    /// Values for the parameters of dynamic pages: pattern to concrete path.
    pub examples: BTreeMap<String, String>,
    /// The epic whose tasks are shown beside it.
    pub epic: Option<String>,
    /// When it was mounted.
    pub mounted_at: String,
}

impl Site {
    /// Its variables with the values that its server is to get now. Errors ([`Fault::Usage`]): one that is handed on by
    /// its name is not set.
    pub fn environment(&self) -> Result<Vec<(String, OsString)>> {
        let own = self.env.iter().map(|(name, value)| Ok((name.clone(), value.into())));
        let passed = self.pass_env.iter().map(|name| {
            let value = env::value(name).ok_or_else(|| {
                Fault::usage(
                    format!("`{name}` is not set; the server of `{}` is to get its value", self.name),
                    format!("set `{name}`, or mount the site again without `--env {name}`"),
                )
            })?;
            Ok((name.clone(), value))
        });
        own.chain(passed).collect()
    }

    /// Which of `all` the directory `dir` (absolute, without links) lies in; the innermost.
    pub fn around(all: &[Self], dir: &Path) -> Option<usize> {
        let around = all.iter().enumerate().filter(|(_, site)| dir.starts_with(&site.path));
        around.max_by_key(|(_, site)| site.path.components().count()).map(|(at, _)| at)
    }

    /// What is wrong with a record that was read from the file of the site `name`.
    pub(super) fn flaw(&self, name: &str) -> Option<String> {
        if self.name != name {
            return Some(format!("`name` is `{}`; `{name}` is expected", self.name.escape_debug()));
        }
        (!self.path.is_absolute()).then(|| "`path` is no absolute path".into())
    }
}

/// Whether a site can be called `word`: letters, digits, `-`, `_` and `.`, from a letter or a digit on.
pub fn is_name(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    word.len() <= LONGEST
        && word.bytes().all(plain)
        && word.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && !word.ends_with('.')
        // `a.server.json` is what is known of the server of `a`.
        && !word.to_ascii_lowercase().ends_with(".server")
}

/// The order of names as people count: `web2` before `web10`.
pub fn in_order(one: &str, other: &str) -> Ordering {
    parts(one).cmp(parts(other)).then_with(|| one.cmp(other))
}

/// The letters and the numbers of a name, in turn.
fn parts(name: &str) -> impl Iterator<Item = (&str, usize, &str)> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let next = |digits: bool, text: &str| {
            text.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(text.len())
        };
        if rest.is_empty() {
            return None;
        }
        let (word, more) = rest.split_at(next(false, rest));
        let (number, more) = more.split_at(next(true, more));
        rest = more;
        let number = number.trim_start_matches('0');
        // A longer number is a larger one.
        Some((word, number.len(), number))
    })
}

/// What the site in `dir` goes by where nobody says: the folder's name, other characters than a name may have replaced.
pub fn name_of(dir: &Path) -> Option<String> {
    let mut name = String::new();
    for letter in dir.file_name()?.to_string_lossy().chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' | '-' => name.push(letter),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST);
    let name = name.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    is_name(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        let long = "x".repeat(LONGEST);
        for good in ["a", "decocms", "vibegui.com", "my-site_2", "0", "server", "observer", &long] {
            assert!(is_name(good), "{good}");
        }
        let longer = format!("{long}x");
        for bad in [
            "", ".", "..", ".git", "-n", "_a", "a/b", "a b", "a\n", "ä", "a.", "x.server", "x.SERVER",
            &longer,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_told_as_people_count() {
        let mut names =
            ["web10", "web2", "web", "web-b", "a1-20", "a1-3", "a01-3", "10", "9", "b", "web2b", "web2a"];
        names.sort_by(|one, other| in_order(one, other));
        assert_eq!(
            names,
            ["9", "10", "a01-3", "a1-3", "a1-20", "b", "web", "web2", "web2a", "web2b", "web10", "web-b"]
        );
    }

    #[test]
    fn a_folder_gives_a_name_or_none() {
        let long = format!("/{}", "ab-".repeat(40));
        let table = [
            ("/srv/vibegui.com", Some("vibegui.com")),
            ("/srv/My  Site (new)", Some("My-Site-new")),
            ("/srv/.hidden", Some("hidden")),
            ("/srv/--x--", Some("x")),
            ("/srv/日本", None),
            ("/srv/a.server", None),
            ("/", None),
            (&long, Some("ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a")),
        ];
        for (dir, expected) in table {
            assert_eq!(name_of(Path::new(dir)).as_deref(), expected, "{dir}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_told() {
        let site = Site { name: "a".into(), pass_env: vec!["TASKRUN_NOT_SET".into()], ..Site::default() };
        let error = site.environment().unwrap_err();
        assert_eq!(error.to_string(), "`TASKRUN_NOT_SET` is not set; the server of `a` is to get its value");
        let own = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let site = Site { env: own, pass_env: vec!["PATH".into()], ..Site::default() };
        let all = site.environment().unwrap();
        assert_eq!(all[0], ("A".to_owned(), "1".into()));
        assert_eq!(all[1].0, "PATH");
    }
}
