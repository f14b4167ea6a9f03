//! The file that is imported: found, read, and its format told.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::wrong;
use crate::fault::Fault;
use crate::system::store;

/// What stands for standard input.
const STDIN: &str = "-";

/// How issues are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The lines of a store of Beads, or an array of its issues.
    Lines,
    /// User stories.
    Prd,
    /// Checklists.
    Markdown,
    /// Issues of GitHub.
    Github,
}

impl Format {
    /// Its name, as the user gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "jsonl",
            Self::Prd => "prd",
            Self::Markdown => "md",
            Self::Github => "github",
        }
    }
}

/// A text to be imported.
#[derive(Debug)]
pub struct Source {
    /// What it is called in errors.
    pub name: String,
    /// What it is called in references: its path in the project, else from the root; nothing for standard input,
    /// where any text may come another time.
    pub key: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// Reads the file at `path`, `-` for standard input, for the project at `root`.
    pub fn read(path: &Path, root: &Path) -> Result<Self> {
        if path.as_os_str() == STDIN {
            let name = "standard input".to_owned();
            return Ok(Self { text: store::read_stdin()?, key: String::new(), name });
        }
        let text = store::read_text(path)?.ok_or_else(|| {
            Fault::usage(
                format!("`{}` does not exist", path.display()),
                "give a file, or `-` for standard input",
            )
        })?;
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let key = whole.strip_prefix(&root).unwrap_or(&whole).display().to_string();
        Ok(Self { name: path.display().to_string(), key, text })
    }

    /// Tells the format by the contents, and by the file's name where those may be several.
    pub fn format(&self) -> Result<Format> {
        let text = self.text.trim_start_matches('\u{feff}').trim_start();
        let extension = self.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let found = match (extension, text.chars().next()) {
            ("jsonl" | "ndjson", _) => Some(Format::Lines),
            ("md" | "markdown", _) => Some(Format::Markdown),
            (_, Some('{' | '[')) => by_keys(text),
            _ if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| text.starts_with(mark)) => {
                Some(Format::Lines)
            }
            ("json", _) => None,
            _ => Some(Format::Markdown),
        };
        found.ok_or_else(|| {
            let what = "is neither issues of Beads, nor user stories, nor issues of GitHub";
            wrong(&self.name, what, "name what it is with `--format`")
        })
    }
}

/// The keys that tell documents apart.
#[derive(Deserialize)]
struct Keys {
    id: Option<IgnoredAny>,
    number: Option<IgnoredAny>,
    #[serde(rename = "userStories", alias = "user_stories", alias = "stories")]
    stories: Option<IgnoredAny>,
    #[serde(rename = "_type")]
    line_type: Option<IgnoredAny>,
    #[serde(rename = "_schema")]
    schema: Option<IgnoredAny>,
    #[serde(rename = "acceptanceCriteria")]
    criteria: Option<IgnoredAny>,
    passes: Option<IgnoredAny>,
    issue_type: Option<IgnoredAny>,
    status: Option<IgnoredAny>,
    updated_at: Option<IgnoredAny>,
}

impl Keys {
    /// One of a list of user stories; issues of Beads may have keys of any name, but have their own, too.
    fn is_story(&self) -> bool {
        let beads = [&self.line_type, &self.issue_type, &self.status, &self.updated_at];
        (self.criteria.is_some() || self.passes.is_some()) && beads.iter().all(|key| key.is_none())
    }
}

fn by_keys(text: &str) -> Option<Format> {
    let array = text.starts_with('[');
    let first = if array { text[1..].trim_start() } else { text };
    if array && first.starts_with(']') {
        return Some(Format::Lines);
    }
    if array && serde_json::from_str::<Vec<Keys>>(text).is_ok_and(|list| list.iter().any(Keys::is_story)) {
        return Some(Format::Prd);
    }
    // Only the first document counts: what follows may be any number of lines.
    let keys = serde_json::Deserializer::from_str(first).into_iter::<Keys>().next();
    match keys {
        Some(Ok(keys)) if keys.stories.is_some() && !array => Some(Format::Prd),
        Some(Ok(keys)) if keys.number.is_some() => Some(Format::Github),
        Some(Ok(keys)) if keys.id.is_some() || keys.line_type.is_some() || keys.schema.is_some() => {
            Some(Format::Lines)
        }
        Some(Ok(_)) => None,
        // Broken JSON: a guess by the words that are there, for an error that names the place.
        _ if text.contains("\"userStories\"") => Some(Format::Prd),
        _ if text.contains("\"number\"") => Some(Format::Github),
        _ => Some(Format::Lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told() {
        let table = [
            ("x", "{\"id\":\"a\"}\n{\"id\":\"b\"}", Some(Format::Lines)),
            ("x", "{\"_schema\":\"beads-jsonl/1\"}\n", Some(Format::Lines)),
            ("x", "{\"id\":\"a\"\n<<<<<<< x", Some(Format::Lines)),
            ("x", "<<<<<<< ours\n", Some(Format::Lines)),
            ("x.json", "[\n {\"id\":\"a\",\"title\":\"t\"}]", Some(Format::Lines)),
            ("x.json", "[]", Some(Format::Lines)),
            ("x.json", "{\"userStories\":[]}", Some(Format::Prd)),
            ("x.json", "{\"userStories\":[", Some(Format::Prd)),
            ("x.json", "[{\"id\":\"U\",\"title\":\"t\"},{\"id\":\"V\",\"passes\":true}]", Some(Format::Prd)),
            ("x.json", "[{\"id\":\"U\",\"acceptanceCriteria\":[]}]", Some(Format::Prd)),
            ("x.json", "[{\"id\":\"a\",\"status\":\"open\",\"passes\":1}]", Some(Format::Lines)),
            ("x", "[{\"number\":1,\"title\":\"t\"}]", Some(Format::Github)),
            ("x", "{\"number\":1}", Some(Format::Github)),
            ("x.md", "{% note %}\n- [ ] a", Some(Format::Markdown)),
            ("x", "\u{feff}# T\n- [ ] a", Some(Format::Markdown)),
            ("x.json", "{\"a\":1}", None),
            ("x.json", "hello", None),
        ];
        for (name, text, expected) in table {
            let source = Source { name: name.into(), key: name.into(), text: text.into() };
            assert_eq!(source.format().ok(), expected, "{text}");
        }
    }
}
