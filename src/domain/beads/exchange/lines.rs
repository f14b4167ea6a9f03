//! Merges the lines of another store into ours, issue by issue: the newest wins, nothing that was said is lost.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::comment;
use super::super::issue::{Comment, Dependency, Issue};
use super::super::line::Line;
use super::super::record::Record;
use super::super::table::Table;
use super::apply::Outcome;
use super::import::{Action, Step};
use super::{TITLE, broken, wrong};

/// Longest id that is taken (bytes).
const ID: usize = 128;

/// Merges `text`, the lines of the file `name` or one array of issues.
pub fn import(table: &mut Table, text: &str, name: &str) -> Result<Outcome> {
    let array = text.trim_start().starts_with('[');
    let compact = if array { Some(flat(text, name)?) } else { None };
    let text = compact.as_deref().unwrap_or(text);
    // Every line is looked at before the first one counts.
    let mut notices = Table::parse(text, name)?.notices().to_vec();
    check(text, name, &mut notices)?;
    let mut others = others(table)?;
    let mut steps: Vec<Step> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let record = Record::parse(line)?;
        if !record.schema.is_empty() {
            continue;
        }
        if !record.is_issue() {
            let (key, title) = other(line, &record);
            let step = |action, reason: &str| Step {
                action,
                id: None,
                title: title.clone(),
                from: title.clone(),
                reason: reason.into(),
                kept: Vec::new(),
            };
            match others.get(&key) {
                None => {
                    table.push(&Line::new(line))?;
                    others.insert(key, line.to_owned());
                    steps.push(step(Action::Created, ""));
                }
                Some(ours) if ours == line => steps.push(step(Action::Unchanged, "")),
                Some(_) => steps.push(step(Action::Skipped, "another one of that name is here")),
            }
            continue;
        }
        let (action, reason) = one(table, line, &record)?;
        let step = Step {
            action,
            id: Some(record.id.to_string()),
            title: table.get(&record.id).unwrap_or(&record).title.to_string(),
            from: String::new(),
            reason: reason.into(),
            kept: Vec::new(),
        };
        match places.get(&*record.id) {
            // A second line of the same issue.
            Some(&at) if action == Action::Updated && steps[at].action != Action::Created => steps[at] = step,
            Some(_) => {}
            None => {
                places.insert(record.id.to_string(), steps.len());
                steps.push(step);
            }
        }
    }
    Ok((steps, notices))
}

/// The elements of an array as lines; one that is on a line of its own keeps its bytes.
fn flat(text: &str, name: &str) -> Result<String> {
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| broken(name, &error))?;
    let mut out = String::with_capacity(text.len());
    for item in items {
        out.push_str(&on_one_line(item.get()));
        out.push('\n');
    }
    Ok(out)
}

/// JSON without its line ends and the spaces around them; strings hold none.
fn on_one_line(json: &str) -> String {
    if json.contains(['\n', '\r']) { json.lines().map(str::trim).collect() } else { json.to_owned() }
}

/// Refuses ids that no tool would make, and tells of titles that `bd` does not take.
fn check(text: &str, name: &str, notices: &mut Vec<String>) -> Result<()> {
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record = Record::parse(line)?;
        if !record.is_issue() {
            continue;
        }
        let plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | ':');
        let id = &*record.id;
        let fine = id.len() <= ID
            && id.starts_with(char::is_alphanumeric)
            && id.chars().all(plain)
            && !id.contains("..");
        if !fine {
            let shown: String = id.chars().take(40).collect();
            let what = format!("`{}` cannot be an id", shown.escape_debug());
            return Err(wrong(name, &format!("line {}", at + 1), &what));
        }
        if record.title.len() > TITLE {
            notices.push(format!("the title of `{id}` is longer than {TITLE} bytes; `bd` will not read it"));
        }
    }
    Ok(())
}

/// The lines of the store that are no issues, by what they are about.
fn others(table: &Table) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for line in super::export::raw(table)?.lines().filter(|line| line.contains("\"_type\"")) {
        let record = Record::parse(line)?;
        if !record.is_issue() && record.schema.is_empty() {
            found.insert(other(line, &record).0, line.to_owned());
        }
    }
    Ok(found)
}

/// What a line that is no issue is about: its type and key, or all of it; and what to call it.
fn other(line: &str, record: &Record) -> (String, String) {
    let kind = record.line_type.to_string();
    match Line::new(line).get_text("key") {
        Some(key) => (format!("{kind}\0{key}"), format!("{kind} {key}")),
        None => (line.to_owned(), kind),
    }
}

/// Takes one issue in.
fn one(table: &mut Table, line: &str, theirs: &Record) -> Result<(Action, &'static str)> {
    let Some(ours) = table.get(&theirs.id) else {
        table.push(&Line::new(line))?;
        return Ok((Action::Created, ""));
    };
    let newer = theirs.updated() > ours.updated();
    let older = theirs.updated() < ours.updated();
    let (id, here) = (theirs.id.to_string(), table.json(ours)?.into_owned());
    if here.trim() == line.trim() {
        return Ok((Action::Unchanged, ""));
    }
    let (our_issue, their_issue) = (Issue::parse(&here)?, Issue::parse(line)?);
    if newer {
        let mut merged = Line::new(line);
        let extras = Extras::of((&here, &our_issue), &their_issue);
        let comments = extras.comments(table, &id)?;
        extras.add(&mut merged, &comments);
        table.put(&id, &merged)?;
        return Ok((Action::Updated, ""));
    }
    let extras = Extras::of((line, &their_issue), &our_issue);
    if !extras.is_empty() {
        let comments = extras.comments(table, &id)?;
        // Its time stays: what is added is no newer than the rest, and a file with a newer title must
        // still win when it comes later.
        table.amend(&id, |merged| extras.add(merged, &comments))?;
        return Ok((Action::Updated, ""));
    }
    Ok(match (older, apart_from_lists(&here) == apart_from_lists(&their_issue.json)) {
        (_, true) => (Action::Unchanged, ""),
        (true, _) => (Action::Skipped, "the one here is newer"),
        (false, _) => (Action::Skipped, "it was changed here at the same time"),
    })
}

/// An issue without its lists, of which ours has all that theirs has, and without their counters.
fn apart_from_lists(line: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut value: serde_json::Map<_, _> = serde_json::from_str(line).ok()?;
    for key in ["labels", "dependencies", "comments", "dependency_count", "dependent_count", "comment_count"]
    {
        value.remove(key);
    }
    Some(value)
}

/// What one side has in its lists and the other has not, as written.
struct Extras {
    labels: Vec<String>,
    dependencies: Vec<(String, bool)>,
    comments: Vec<Extra>,
}

/// A comment that one side has.
struct Extra {
    written: String,
    /// It has an id of its own that stays good in any file.
    lasting: bool,
    said: comment::Remark,
}

impl Extras {
    fn of((text, one): (&str, &Issue), other: &Issue) -> Self {
        #[derive(Deserialize)]
        struct Lists<'a> {
            #[serde(borrow, default)]
            labels: Option<Vec<&'a RawValue>>,
            #[serde(borrow, default)]
            dependencies: Option<Vec<&'a RawValue>>,
            #[serde(borrow, default)]
            comments: Option<Vec<&'a RawValue>>,
        }
        let lists = serde_json::from_str::<Lists>(text);
        let lists = lists.unwrap_or(Lists { labels: None, dependencies: None, comments: None });
        let mut seen = HashSet::new();
        let labels = lists.labels.into_iter().flatten().zip(&one.labels);
        let labels = labels.filter(|(_, label)| !other.labels.contains(label) && seen.insert(label.as_str()));
        let has = |edge: &Dependency| other.dependencies.iter().any(|known| known.target == edge.target);
        let edges = lists.dependencies.into_iter().flatten().zip(&one.dependencies);
        let edges = edges.filter(|(_, edge)| !has(edge));
        let comments = lists.comments.into_iter().flatten().zip(&one.comments);
        let comments = comments.filter(|(_, said)| !other.comments.iter().any(|known| same(known, said)));
        Self {
            labels: labels.map(|(raw, _)| raw.get().to_owned()).collect(),
            dependencies: edges.map(|(raw, edge)| (raw.get().to_owned(), edge.kind == "blocks")).collect(),
            comments: comments.map(|(raw, said)| extra(raw, said)).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.dependencies.is_empty() && self.comments.is_empty()
    }

    /// The comments for our file: classic numbers are given anew.
    fn comments(&self, table: &Table, id: &str) -> Result<Vec<String>> {
        let mut ids = None;
        let mut comments = Vec::with_capacity(self.comments.len());
        for extra in &self.comments {
            comments.push(if extra.lasting {
                extra.written.clone()
            } else {
                let ids = match &mut ids {
                    Some(ids) => ids,
                    none => none.insert(comment::Ids::of(table)?),
                };
                ids.record(id, &extra.said)
            });
        }
        Ok(comments)
    }

    /// Appends all of it to a line.
    fn add(&self, line: &mut Line, comments: &[String]) {
        for label in &self.labels {
            line.push("labels", label);
        }
        for (edge, blocks) in &self.dependencies {
            line.push("dependencies", edge);
            line.count("dependency_count", i64::from(*blocks));
        }
        for comment in comments {
            comment::push(line, comment);
        }
    }
}

/// Whether two comments are the same one: ids are made anew by some tools at every import.
fn same(one: &Comment, other: &Comment) -> bool {
    let at = |comment: &Comment| comment.created_at.parse::<jiff::Timestamp>().ok();
    let instant = at(one) == at(other) && (at(one).is_some() || one.created_at == other.created_at);
    one.author == other.author && one.text == other.text && instant
}

fn extra(raw: &RawValue, said: &Comment) -> Extra {
    let (author, text) = (said.author.clone(), said.text.clone());
    Extra {
        written: raw.get().to_owned(),
        lasting: Line::new(raw.get()).get("id").is_some_and(|id| id.starts_with('"')),
        said: comment::Remark { author, text, created_at: said.created_at.clone(), from: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title, labels and comments of the one issue, in no order.
    fn outcome(table: &Table) -> (String, String, Vec<String>, Vec<String>) {
        let issue = table.issue("a").unwrap();
        let (mut labels, mut said): (Vec<_>, Vec<_>) =
            (issue.labels.clone(), issue.comments.iter().map(|said| said.text.clone()).collect());
        labels.sort_unstable();
        said.sort_unstable();
        (issue.title, issue.updated_at, labels, said)
    }

    #[test]
    fn the_order_of_files_does_not_matter() {
        let copy = |at: usize| {
            format!(
                r#"{{"id":"a","title":"t{at}","updated_at":"2026-01-0{at}T00:00:00Z","labels":["l{at}","all"],"comments":[{{"id":{at},"author":"x","text":"c{at}","created_at":"2026-01-0{at}T00:00:00Z"}}]}}"#
            )
        };
        let same = copy(3).replace("l3", "other");
        let copies = [copy(1), copy(2), copy(3), same];
        let orders = (0..256).map(|code| [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6]);
        let orders: Vec<[usize; 4]> = orders.filter(|order| (0..4).all(|at| order.contains(&at))).collect();
        assert_eq!(orders.len(), 24);
        let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let expected = (
            "t3".to_owned(),
            "2026-01-03T00:00:00Z".to_owned(),
            text(&["all", "l1", "l2", "l3", "other"]),
            text(&["c1", "c2", "c3"]),
        );
        for order in orders {
            let mut table = Table::parse(&copies[order[0]], "f").unwrap();
            for &at in &order[1..] {
                import(&mut table, &copies[at], "x").unwrap();
            }
            assert_eq!(outcome(&table), expected, "{order:?}");
        }
    }
}
