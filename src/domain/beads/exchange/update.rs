//! Brings over what has changed of an issue that is here already, and leaves alone what was changed here.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::super::batch::Draft;
use super::super::change::set_status;
use super::super::comment;
use super::super::deps;
use super::super::issue::{Comment, Dependency, Issue};
use super::super::line::{Line, quote};
use super::super::table::Table;
use super::base::{Base, fields};
use super::digest;
use super::import::Action;

/// The text without spaces at the ends of its lines, and what no format takes over.
fn ends_trimmed(text: &str) -> String {
    let lines: Vec<String> = super::body(text).lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().trim_start_matches('\n').to_owned()
}

/// What belongs to each issue, by its id.
pub fn parts(table: &Table) -> HashMap<String, Vec<String>> {
    let graph = table.graph();
    let mut parts: HashMap<String, Vec<String>> = HashMap::new();
    for record in graph.records() {
        if let Some(parent) = graph.parent(&record.id) {
            parts.entry(parent.id.to_string()).or_default().push(record.id.to_string());
        }
    }
    parts
}

/// What became of an issue that is here already.
#[derive(Debug, Default)]
pub struct Changed {
    /// Something that people see.
    news: bool,
    /// At least what is remembered of the import.
    any: bool,
    /// It would have been closed, but what belongs to it is open.
    pub held: bool,
    /// The fields that were changed here and there, and are left as they are here.
    pub kept: Vec<&'static str>,
}

impl Changed {
    /// What to call it.
    pub fn action(&self) -> Action {
        match (self.news, self.kept.is_empty(), self.any) {
            (false, false, _) => Action::Skipped,
            (false, true, false) => Action::Unchanged,
            _ => Action::Updated,
        }
    }

    /// What was left, and why.
    pub fn reason(&self) -> String {
        let fields: Vec<String> = self.kept.iter().map(|field| format!("`{field}`")).collect();
        if fields.is_empty() {
            return String::new();
        }
        format!("changed here and there, what is here stays: {}", fields.join(", "))
    }
}

/// What is to be done about one field.
enum Verdict {
    Nothing,
    Take,
    /// Both sides changed it.
    Keep,
    /// An epic would be closed over open tasks.
    Hold,
}

/// One issue that is here already.
pub struct Update<'a> {
    /// What the file says.
    pub draft: &'a Draft,
    /// What the last import saw, where that is known.
    pub before: Option<Base>,
    /// What this import sees.
    pub base: Base,
    /// It is known by the id that the file names: what the file does not say stays, and nothing is remembered.
    pub by_id: bool,
    /// As it is here.
    pub issue: &'a Issue,
    /// Ids by reference.
    pub known: &'a HashMap<&'a str, &'a str>,
    /// The ids of what belongs to it.
    pub parts: &'a [String],
    /// Who is at work.
    pub author: &'a str,
}

impl Update<'_> {
    /// Brings over what has changed.
    pub fn run(&self, table: &mut Table) -> Result<Changed> {
        let id = &self.issue.id;
        let now = table.now();
        let open = |part: &String| {
            table.get(part).is_some_and(|part| part.status() != "closed" && !part.is_tombstone())
        };
        let has_open_parts = self.draft.closed.is_some() && self.parts.iter().any(open);
        let (mut done, mut base) = (Changed::default(), self.base.clone());
        table.edit(id, |line| {
            let was = line.text().to_owned();
            for (key, text) in fields(self.draft) {
                match (self.verdict(line, key, &text, has_open_parts), key) {
                    (Verdict::Nothing, _) => {}
                    (Verdict::Keep, _) => done.kept.push(key),
                    (Verdict::Hold, _) => {
                        // Remembered as it was, so that the next import tries again.
                        base.recall(self.before.as_ref(), key);
                        done.held = true;
                    }
                    (Verdict::Take, "status") => self.status(line, &text, now),
                    (Verdict::Take, "priority") => line.set("priority", &text),
                    (Verdict::Take, _) => line.set_text(key, &text),
                }
            }
            self.labels(line);
            done.news = line.text() != was;
            if let Some(metadata) = base.written(line.get("metadata")).filter(|_| !self.by_id) {
                line.set("metadata", &metadata);
            }
        })?;
        let fields = table.issue(id)?.json;
        self.dependencies(table)?;
        done.kept.extend(self.comments(table)?.then_some("comments"));
        let after = table.issue(id)?.json;
        done.news |= after != fields;
        done.any = after != self.issue.json;
        Ok(done)
    }

    fn verdict(&self, line: &Line, key: &str, text: &str, has_open_parts: bool) -> Verdict {
        if !self.is_news(line, key, text) {
            return Verdict::Nothing;
        }
        let here = match key {
            "status" if has_open_parts => return Verdict::Hold,
            "status" => return Verdict::Take,
            "priority" => line.get(key).unwrap_or("0").to_owned(),
            _ => line.get_text(key).unwrap_or_default(),
        };
        let touched = self.before.as_ref().is_some_and(|before| !before.saw(key, &here));
        if touched { Verdict::Keep } else { Verdict::Take }
    }

    fn status(&self, line: &mut Line, status: &str, now: Timestamp) {
        set_status(line, status, now);
        if let Some(reason) = &self.draft.closed {
            line.set_text("close_reason", reason);
            line.set_text("closed_at", &self.draft.times.closed.unwrap_or(now).to_string());
        }
    }

    /// Whether the file has something to say about a field that is not so here yet.
    fn is_news(&self, line: &Line, key: &str, text: &str) -> bool {
        let before = self.before.as_ref();
        let here = match key {
            "priority" => line.get(key).unwrap_or("0").to_owned(),
            _ => line.get_text(key).unwrap_or_default(),
        };
        if key == "status" {
            let closed = here == "closed";
            let differs = closed != (text == "closed");
            // Without a memory nothing that is closed here is opened by a file that may be old.
            return differs && before.map_or(!closed, |before| before.differs(&self.base, key));
        }
        let same = match key {
            "priority" => here == text,
            "title" => super::title(&here).0 == text,
            // Spaces at the ends of lines do not survive every format.
            _ => here == text || ends_trimmed(&here) == ends_trimmed(text),
        };
        match before {
            Some(before) => !same && before.differs(&self.base, key),
            None => !same && !text.is_empty() && key != "issue_type",
        }
    }

    fn labels(&self, line: &mut Line) {
        let before = self.before.as_ref();
        let gone = before.map(|before| &before.labels[..]).unwrap_or_default();
        let gone: Vec<&String> = gone.iter().filter(|label| !self.base.labels.contains(label)).collect();
        line.retain("labels", |label| {
            serde_json::from_str::<String>(label).map_or(true, |label| !gone.contains(&&label))
        });
        let remembered = |label: &String| before.is_some_and(|before| before.labels.contains(label));
        for label in
            self.base.labels.iter().filter(|label| !self.issue.labels.contains(label) && !remembered(label))
        {
            line.push("labels", &quote(label));
        }
    }

    fn dependencies(&self, table: &mut Table) -> Result<()> {
        let (id, issue, before) = (&self.issue.id, self.issue, self.before.as_ref());
        let old = before.map(|before| &before.waits_for[..]).unwrap_or_default();
        let find =
            |name: &String| self.known.get(&**name).map_or_else(|| name.clone(), |id| (*id).to_owned());
        let gone: Vec<String> =
            old.iter().filter(|name| !self.base.waits_for.contains(name)).map(find).collect();
        let has = |target: &str| issue.dependencies.iter().any(|dependency| dependency.target == target);
        if gone.iter().any(|target| has(target)) {
            table.edit(id, |line| {
                let stays = |item: &str| {
                    serde_json::from_str::<Dependency>(item)
                        .map_or(true, |item| item.kind != "blocks" || !gone.contains(&item.target))
                };
                line.retain("dependencies", stays);
                let count = gone.iter().filter(|target| has(target)).count();
                line.count("dependency_count", -i64::try_from(count).unwrap_or(0));
            })?;
        }
        for target in self.base.waits_for.iter().filter(|name| !old.contains(name)).map(find) {
            if !has(&target) {
                deps::add(table, id, &target, "blocks", self.author)?;
            }
        }
        Ok(())
    }

    /// Adds what was said there and is not here yet, and brings over what was said in other words since. Says
    /// whether somebody did that here, too.
    fn comments(&self, table: &mut Table) -> Result<bool> {
        let (id, here) = (&self.issue.id, &self.issue.comments);
        let is = |has: &Comment, said: &comment::Remark| has.author == said.author && has.text == said.text;
        let (mut new, mut edited, mut kept) = (Vec::new(), HashMap::new(), false);
        for said in self.draft.comments.iter().filter(|said| !here.iter().any(|has| is(has, said))) {
            let Some(seen) = self.before.as_ref().and_then(|before| before.seen(said)) else {
                new.push(said);
                continue;
            };
            // What is the same there was changed or removed here.
            if *seen != digest(&said.text) {
                let untouched = |has: &Comment| has.author == said.author && digest(&has.text) == *seen;
                match here.iter().position(untouched) {
                    Some(at) => drop(edited.insert(at, &said.text)),
                    None => kept = true,
                }
            }
        }
        if !edited.is_empty() {
            table.edit(id, |line| reworded(line, &edited))?;
        }
        if !new.is_empty() {
            let mut ids = comment::Ids::of(table)?;
            table.edit(id, |line| new.iter().for_each(|said| comment::push(line, &ids.record(id, said))))?;
        }
        Ok(kept)
    }
}

/// Gives some of the comments, by their places, other words.
fn reworded(line: &mut Line, edited: &HashMap<usize, &String>) {
    let list = line.get("comments").unwrap_or("[]").to_owned();
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(&list) else { return };
    let items: Vec<String> = (items.iter().enumerate())
        .map(|(at, item)| {
            let mut item = Line::new(item.get());
            if let Some(text) = edited.get(&at) {
                item.set_text("text", text);
            }
            item.text().to_owned()
        })
        .collect();
    line.set("comments", &format!("[{}]", items.join(",")));
}
