//! GitHub's issues as `gh issue list --json …`, `gh issue view --json …` and the REST interface print them.

use std::collections::HashSet;

use anyhow::Result;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::batch::{Draft, Times};
use super::super::blank::is_blank;
use super::super::comment::Remark;
use super::super::create::New;
use super::super::text::Text;
use super::{Sheet, Wanted, body, broken, entitle, wrong};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    number: Option<u64>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow, default)]
    body: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default, alias = "state_reason")]
    state_reason: Text<'a>,
    #[serde(borrow, default)]
    labels: Option<Vec<Label<'a>>>,
    #[serde(borrow, default)]
    assignees: Option<Vec<Person<'a>>>,
    #[serde(borrow, default, alias = "user")]
    author: Option<Person<'a>>,
    /// What people open; the REST interface calls its own address `url`.
    #[serde(borrow, default)]
    url: Text<'a>,
    #[serde(borrow, default, rename = "html_url")]
    html_url: Text<'a>,
    #[serde(borrow, default, alias = "created_at")]
    created_at: Text<'a>,
    #[serde(borrow, default, alias = "updated_at")]
    updated_at: Text<'a>,
    #[serde(borrow, default, alias = "closed_at")]
    closed_at: Text<'a>,
    /// A list, or only their number.
    #[serde(borrow, default)]
    comments: Option<&'a RawValue>,
    #[serde(borrow, default)]
    milestone: Option<Milestone<'a>>,
    #[serde(borrow, default, rename = "pull_request")]
    pull_request: Option<&'a RawValue>,
    #[serde(default, rename = "isPullRequest")]
    is_pull_request: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label<'a> {
    Word(#[serde(borrow)] Text<'a>),
    Object {
        #[serde(borrow, default)]
        name: Text<'a>,
    },
}

impl Label<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Word(name) | Self::Object { name } => name.trim(),
        }
    }
}

#[derive(Deserialize)]
struct Person<'a> {
    #[serde(borrow, default)]
    login: Text<'a>,
}

#[derive(Deserialize)]
struct Milestone<'a> {
    #[serde(borrow, default)]
    title: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment<'a> {
    #[serde(borrow, default, alias = "user")]
    author: Option<Person<'a>>,
    #[serde(borrow, default)]
    body: Text<'a>,
    #[serde(borrow, default, alias = "created_at")]
    created_at: Text<'a>,
    /// The REST interface calls its own address `url`.
    #[serde(borrow, default)]
    url: Text<'a>,
    #[serde(borrow, default, rename = "html_url")]
    html_url: Text<'a>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

impl Comment<'_> {
    /// What stays the same when its words change.
    fn name(&self) -> String {
        let id = self.id.map(RawValue::get).filter(|id| *id != "null").unwrap_or_default();
        let names = [self.html_url.trim(), self.url.trim(), id];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
    }
}

/// Reads an array of issues, or one after the other.
pub fn read(text: &str, name: &str) -> Result<Sheet> {
    let issues: Vec<Issue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text).into_iter().collect()
    }
    .map_err(|error| broken(name, &error))?;
    let mut sheet = Sheet::default();
    let mut seen = HashSet::new();
    for (at, issue) in issues.iter().enumerate() {
        let Some(number) = issue.number else {
            return Err(wrong(name, &format!("element {}", at + 1), "has no `number`; add it to `--json`"));
        };
        if issue.pull_request.is_some() || issue.is_pull_request {
            sheet.notices.push(format!("`{name}`: #{number} is a pull request and is left out"));
            continue;
        }
        let place = format!("#{number}");
        let Some(title) = &issue.title else {
            return Err(wrong(name, &place, "has no `title`; add it to `--json`"));
        };
        if is_blank(title) {
            return Err(wrong(name, &place, "its `title` is blank"));
        }
        let address = if issue.html_url.is_empty() { issue.url.trim() } else { issue.html_url.trim() };
        if !seen.insert((number, address)) {
            return Err(wrong(name, &place, "is there twice"));
        }
        let mut draft = draft(issue, name, number)?;
        draft.place = format!("`{name}` {place}");
        entitle(&mut draft, title, &mut sheet.notices);
        let also = Some(address.to_owned()).filter(|address| !address.is_empty());
        sheet.wanted.push(Wanted { draft, also: also.into_iter().collect(), id: None });
    }
    Ok(sheet)
}

fn draft(issue: &Issue, name: &str, number: u64) -> Result<Draft> {
    let time = |text: &str, what: &str| -> Result<Option<Timestamp>> {
        // `gh` prints a time of nothing for what is not closed.
        if text.is_empty() || text.starts_with("0001-") {
            return Ok(None);
        }
        let bad = |_| wrong(name, &format!("#{number}"), &format!("`{what}` is not a time: `{text}`"));
        text.parse().map(Some).map_err(bad)
    };
    let mut labels: Vec<String> = Vec::new();
    let given = issue.labels.iter().flatten().map(|label| label.name().to_owned());
    let milestone = issue.milestone.iter().map(|milestone| format!("milestone:{}", milestone.title.trim()));
    for label in given.chain(milestone).filter(|label| !label.is_empty() && !label.ends_with(':')) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let mut people = issue.assignees.iter().flatten().map(|person| person.login.to_string());
    let assignee = people.next().unwrap_or_default();
    let others: Vec<String> = people.collect();
    let notes =
        if others.is_empty() { String::new() } else { format!("Also assigned: {}", others.join(", ")) };
    let closed = issue.state.eq_ignore_ascii_case("closed").then(|| {
        let dropped = issue.state_reason.eq_ignore_ascii_case("not_planned");
        if dropped { "Closed on GitHub as not planned" } else { "Closed on GitHub" }.to_owned()
    });
    let new = New {
        kind: labels.iter().find_map(|label| kind(label)).unwrap_or("task").into(),
        priority: labels.iter().find_map(|label| priority(label)).unwrap_or(2),
        description: body(&issue.body),
        labels,
        assignee,
        author: issue.author.as_ref().map(|author| author.login.to_string()).unwrap_or_default(),
        ..New::default()
    };
    let times = Times {
        created: time(&issue.created_at, "createdAt")?,
        updated: time(&issue.updated_at, "updatedAt")?,
        closed: time(&issue.closed_at, "closedAt")?,
    };
    let comments = comments(issue, name, number)?;
    Ok(Draft {
        new,
        notes,
        closed,
        times,
        comments,
        external_ref: format!("gh-{number}"),
        ..Draft::default()
    })
}

fn comments(issue: &Issue, name: &str, number: u64) -> Result<Vec<Remark>> {
    let Some(list) = issue.comments.map(RawValue::get).filter(|text| text.starts_with('[')) else {
        return Ok(Vec::new());
    };
    let bad = |error: serde_json::Error| wrong(name, &format!("#{number} `comments`"), &error.to_string());
    let comments: Vec<Comment> = serde_json::from_str(list).map_err(bad)?;
    let said = comments.iter().filter(|comment| !comment.body.trim().is_empty()).map(|comment| Remark {
        author: comment.author.as_ref().map_or("ghost", |author| &author.login).to_owned(),
        text: body(&comment.body),
        created_at: comment.created_at.to_string(),
        from: comment.name(),
    });
    Ok(said.collect())
}

/// The type that a label means: `bug`, `type: bug`, `kind/feature`.
fn kind(label: &str) -> Option<&'static str> {
    let label = label.to_lowercase();
    let word = match label.rsplit_once([':', '/']) {
        Some((group, word)) if matches!(group.trim(), "type" | "kind" | "category") => word,
        Some(_) => return None,
        None => &label,
    };
    match word.trim() {
        "bug" | "defect" | "regression" => Some("bug"),
        "enhancement" | "feature" | "feature request" | "feature-request" => Some("feature"),
        "epic" => Some("epic"),
        "chore" | "maintenance" | "refactor" => Some("chore"),
        _ => None,
    }
}

/// The priority that a label means: `P0`, `priority: high`, `prio/2`, `critical`.
fn priority(label: &str) -> Option<i64> {
    let label = label.to_lowercase();
    let words: Vec<&str> =
        label.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words[..] {
        ["priority" | "prio" | "severity" | "p", level] | [level, "priority" | "prio"] => {
            super::item::priority(level)
        }
        [word @ ("p0" | "p1" | "p2" | "p3" | "p4" | "critical" | "urgent" | "blocker")] => {
            super::item::priority(word)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_mean_types_and_priorities() {
        let table = [
            ("bug", Some("bug"), None),
            ("Type: Feature", Some("feature"), None),
            ("kind/bug", Some("bug"), None),
            ("area/bug", None, None),
            ("P0", None, Some(0)),
            ("priority: high", None, Some(1)),
            ("priority/P3", None, Some(3)),
            ("low-priority", None, Some(3)),
            ("high", None, None),
            ("good first issue", None, None),
        ];
        for (label, expected, level) in table {
            assert_eq!((kind(label), priority(label)), (expected, level), "{label}");
        }
    }

    #[test]
    fn an_issue_of_gh_becomes_a_draft() {
        let text = r#"[{"number":7,"title":"It \u001b[31mfails","body":"Steps:\r\n- [ ] one\u0000","state":"CLOSED",
            "stateReason":"NOT_PLANNED","labels":[{"id":"x","name":"bug"},{"name":"P1"},{"name":"odd, one"}],
            "assignees":[{"login":"ann"},{"login":"bob"}],"url":"https://github.com/o/r/issues/7",
            "createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-02-02T03:04:05Z","closedAt":"2026-02-01T00:00:00Z",
            "comments":[{"author":{"login":"cy"},"body":"me too","createdAt":"2026-01-03T00:00:00Z"},{"author":null,"body":" "}],
            "milestone":{"title":"v1"},"author":{"login":"dee"}}]"#;
        let sheet = read(text, "f").unwrap();
        let Wanted { draft, also, .. } = &sheet.wanted[0];
        assert_eq!(
            (draft.new.title.as_str(), draft.new.kind.as_str(), draft.new.priority),
            ("It [31mfails", "bug", 1)
        );
        assert_eq!(draft.new.description, "Steps:\n- [ ] one");
        assert_eq!(draft.new.labels, ["bug", "P1", "odd, one", "milestone:v1"]);
        assert_eq!((draft.new.assignee.as_str(), draft.notes.as_str()), ("ann", "Also assigned: bob"));
        assert_eq!(draft.closed.as_deref(), Some("Closed on GitHub as not planned"));
        assert_eq!(
            (draft.external_ref.as_str(), also[0].as_str()),
            ("gh-7", "https://github.com/o/r/issues/7")
        );
        assert_eq!((draft.comments.len(), draft.comments[0].author.as_str()), (1, "cy"));
        assert_eq!(draft.times.created.unwrap().to_string(), "2026-01-02T03:04:05Z");
    }

    #[test]
    fn one_issue_of_rest_is_read_and_pull_requests_are_not() {
        let one = r#"{"number":1,"title":"t","body":null,"state":"open","user":{"login":"a"},"comments":3,
            "url":"https://api.github.com/x","html_url":"https://github.com/o/r/issues/1","created_at":"2026-01-01T00:00:00Z"}"#;
        let sheet = read(one, "f").unwrap();
        assert_eq!(
            (sheet.wanted[0].also[0].as_str(), sheet.wanted[0].draft.closed.clone()),
            ("https://github.com/o/r/issues/1", None)
        );
        let lines = "{\"number\":1,\"title\":\"a\"}\n{\"number\":2,\"title\":\"b\"}\n";
        assert_eq!(read(lines, "f").unwrap().wanted.len(), 2);
        let sheet = read(r#"[{"number":2,"title":"t","pull_request":{}}]"#, "f").unwrap();
        assert_eq!((sheet.wanted.len(), sheet.notices.len()), (0, 1));
    }

    #[test]
    fn bad_files_are_named() {
        let table = [
            ("[{\"number\":1,\n\"title\":NaN}]", "`f` line 2 column 9"),
            ("[{\"title\":\"t\"}]", "`f` element 1: has no `number`"),
            ("[{\"number\":1}]", "`f` #1: has no `title`"),
            ("{\"number\":1,\"title\":\" \"}", "`f` #1: its `title` is blank"),
            ("{\"number\":1,\"title\":\"a\"}\n{\"number\":2,\"title\":NaN}", "`f` line 2 column 21"),
            ("[{\"number\":1,\"title\":\"a\"},{\"number\":1,\"title\":\"b\"}]", "`f` #1: is there twice"),
            ("[{\"number\":1,\"title\":\"a\",\"createdAt\":\"soon\"}]", "`createdAt` is not a time"),
            (&format!("[{}", "[".repeat(10_000)), "`f` line 1"),
        ];
        for (text, expected) in table {
            let error = read(text, "f").unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
