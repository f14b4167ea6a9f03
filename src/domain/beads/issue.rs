//! One whole issue, as people and prompts read it.

use serde::{Deserialize, Deserializer};

use super::line::Line;
use super::text::{Number, Text};

/// An issue with its texts; what a file leaves out is empty or the default.
#[derive(Debug, Clone, Deserialize)]
pub struct Issue {
    /// `bd-a3f`, a child `bd-a3f.1`.
    pub id: String,
    /// One line.
    #[serde(default, deserialize_with = "text")]
    pub title: String,
    /// What it is about.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// How it is to be built.
    #[serde(default, deserialize_with = "text")]
    pub design: String,
    /// When it is done.
    #[serde(default, deserialize_with = "text")]
    pub acceptance_criteria: String,
    /// What was noted on the way, one paragraph a time.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// `open`, `in_progress`, `blocked`, `deferred`, `closed`, or what a file says.
    #[serde(default, deserialize_with = "text")]
    pub status: String,
    /// 0 is the most urgent.
    #[serde(default, deserialize_with = "number")]
    pub priority: i64,
    /// `task`, `bug`, `feature`, `epic`, `chore`, `story`, or what a file says.
    #[serde(rename = "issue_type", default, deserialize_with = "text")]
    pub kind: String,
    /// Who works on it; empty for nobody.
    #[serde(default, deserialize_with = "text")]
    pub assignee: String,
    /// When it was made, as written.
    #[serde(default, deserialize_with = "text")]
    pub created_at: String,
    /// By whom.
    #[serde(default, deserialize_with = "text")]
    pub created_by: String,
    /// When somebody began to work on it, as written.
    #[serde(default, deserialize_with = "text")]
    pub started_at: String,
    /// When it last changed, as written.
    #[serde(default, deserialize_with = "text")]
    pub updated_at: String,
    /// When it was closed, as written.
    #[serde(default, deserialize_with = "text")]
    pub closed_at: String,
    /// Why it was closed.
    #[serde(default, deserialize_with = "text")]
    pub close_reason: String,
    /// Not before this time, as written.
    #[serde(default, deserialize_with = "text")]
    pub defer_until: String,
    /// Words to find it by.
    #[serde(default, deserialize_with = "texts")]
    pub labels: Vec<String>,
    /// What it waits for, belongs to, or is related to.
    #[serde(default, deserialize_with = "list")]
    pub dependencies: Vec<Dependency>,
    /// What was said about it, oldest first.
    #[serde(default, deserialize_with = "list")]
    pub comments: Vec<Comment>,
    /// The whole issue as JSON: the line of the file, with the defaults every reader expects.
    #[serde(skip)]
    pub json: String,
}

/// What an issue waits for, belongs to, or is related to.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    /// The other issue.
    #[serde(rename = "depends_on_id", default, deserialize_with = "text")]
    pub target: String,
    /// `blocks`, `parent-child`, `related`, …
    #[serde(rename = "type", default, deserialize_with = "text")]
    pub kind: String,
}

/// What somebody said about an issue.
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    /// A number in classic files, a UUID in newer ones.
    #[serde(default, deserialize_with = "text")]
    pub id: String,
    /// Who.
    #[serde(default, deserialize_with = "text")]
    pub author: String,
    /// What.
    #[serde(default, deserialize_with = "text")]
    pub text: String,
    /// When, as written.
    #[serde(default, deserialize_with = "text")]
    pub created_at: String,
}

impl Issue {
    /// Reads a line that is known to be an issue.
    pub fn parse(line: &str) -> serde_json::Result<Self> {
        let json = with_defaults(line.trim());
        let mut issue: Self = serde_json::from_str(&json)?;
        issue.json = json;
        Ok(issue)
    }

    /// Whether nothing waits for it any more.
    pub fn is_closed(&self) -> bool {
        self.status == "closed"
    }
}

/// The line with `status`, `priority` and `issue_type` filled in where `bd` would assume them.
pub fn with_defaults(line: &str) -> String {
    let mut line = Line::new(line);
    for (key, value) in [("status", "\"open\""), ("priority", "0"), ("issue_type", "\"task\"")] {
        if matches!(line.get(key), None | Some("null" | "\"\"")) {
            line.set(key, value);
        }
    }
    line.text().to_owned()
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Text::deserialize(from).map(Text::into_string)
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Option::<Vec<Text>>::deserialize(from)?.unwrap_or_default();
    Ok(texts.into_iter().map(Text::into_string).collect())
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(Option::<Number>::deserialize(from)?.map_or(0, |number| number.0))
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_filled_in_and_nothing_else_changes() {
        let issue =
            Issue::parse(r#"{"id":"bd-1","zzz":1e3,"comments":[{"id":3,"text":"a"},{"id":"u","text":"b"}]}"#)
                .unwrap();
        assert_eq!((issue.status.as_str(), issue.priority, issue.kind.as_str()), ("open", 0, "task"));
        assert_eq!(issue.comments[0].id.clone() + &issue.comments[1].id, "3u");
        assert_eq!(
            issue.json,
            r#"{"id":"bd-1","status":"open","priority":0,"issue_type":"task","zzz":1e3,"comments":[{"id":3,"text":"a"},{"id":"u","text":"b"}]}"#
        );
    }
}
