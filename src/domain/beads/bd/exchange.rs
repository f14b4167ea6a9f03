//! Brings `issues.jsonl` and what a database of `bd` exports together: issue by issue, field by field, from what
//! both had the last time on, as two branches of the file are.
//!
//! Pure. Nothing is overruled, renamed or deleted in silence.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;

use super::content::{CONTENT, LISTS, content, items, name};
use super::lift::{Known, lift};
use super::synced::{Pair, Pairs};
use crate::domain::beads::comment;
use crate::domain::beads::instant::instant;
use crate::domain::beads::line::{Line, quote};
use crate::domain::beads::merge::{Side, merge};
use crate::fault::Fault;

/// Characters of an id that nobody else has.
const UUID: usize = 36;

/// How two stores are brought together.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Whether the file is of the make of 1.x.
    pub typed: bool,
    /// Whether the other side is a Dolt database, which keeps whole seconds and ids of its own for comments;
    /// since when new ones are made.
    pub dolt: Option<Timestamp>,
    /// Whether the file is only an export: what is missing in it was not deleted, and an issue that was never
    /// compared is as the newer side has it.
    pub export: bool,
}

/// What is to go which way.
#[derive(Debug, Default)]
pub struct Exchange {
    /// The file, with what is new to it.
    pub text: String,
    /// The file as it was, but for issues that had to get another id.
    pub ours: String,
    /// Issues that the file has otherwise than before.
    pub taken: Vec<String>,
    /// Lines for `bd import`.
    pub give: Vec<(String, Line)>,
    /// Labels that `bd import` would leave: issue and labels.
    pub drop_labels: Vec<(String, Vec<String>)>,
    /// Dependencies that `bd import` would leave: issue and target.
    pub drop_deps: Vec<(String, String)>,
    /// Issues that were deleted in the file alone.
    pub deleted: Vec<String>,
    /// What the user should know.
    pub said: Vec<String>,
    /// The lines of `bd`'s, as the file would have them.
    lifted: BTreeMap<String, String>,
}

impl Exchange {
    /// Compares the file with what the database exports.
    pub fn new(ours: &str, theirs: &str, pairs: &Pairs, terms: Terms) -> Result<Self> {
        let mut exchange = Self::default();
        let theirs = Side::parse(theirs);
        let kept = exchange.apart(ours, &theirs, pairs)?;
        let ours = Side::parse(&kept);
        let mut base = BTreeMap::new();
        for (id, pair) in pairs.pairs.iter().filter(|(_, pair)| !pair.bd.is_empty()) {
            if !terms.export || ours.text(id).is_some() {
                base.insert(id.clone(), pair.file.clone());
            }
        }
        let mut lifted = BTreeMap::new();
        for head in theirs.heads() {
            let (id, line) = (head.id.to_string(), theirs.text(&head.id).unwrap_or_default());
            let known = Known { ours: ours.text(&id), pair: pairs.get(&id) };
            let new = lift(line, known, (terms.typed, !terms.export));
            if let (true, None, Some(mine)) = (terms.export, known.pair, known.ours) {
                let older = if updated(mine) > updated(line) { &new } else { mine };
                base.insert(id.clone(), older.to_owned());
            }
            lifted.insert(id, new);
        }
        let text = |lines: &BTreeMap<String, String>| -> String {
            lines.values().flat_map(|line| [line.as_str(), "\n"]).collect()
        };
        let merged = merge(&text(&base), &kept, &text(&lifted)).map_err(|why| {
            Fault::invalid(format!("it cannot be exchanged with `bd`: {why}"), "mend the file")
        })?;
        let result = Side::parse(&merged.text);
        let mut said = merged.said;
        let gone =
            |id: &&String| !lifted.contains_key(*id) && ours.text(id).is_some() && result.text(id).is_none();
        said.extend(
            base.keys().filter(gone).map(|id| format!("`{id}` was deleted in `bd`: it is gone here, too")),
        );
        for head in result.heads() {
            let now = result.text(&head.id).unwrap_or_default();
            let mine = ours.text(&head.id);
            if mine.is_none_or(|mine| content(mine) != content(now)) {
                exchange.taken.push(head.id.to_string());
            }
            let yours = lifted.get(&*head.id).map(String::as_str);
            let old = base.get(&*head.id).map(String::as_str);
            said.extend(
                mine.zip(yours)
                    .and_then(|(mine, yours)| overruled(&head.id, [old, Some(mine), Some(yours), Some(now)])),
            );
            exchange.weigh(&head.id, now, (theirs.text(&head.id), yours), (pairs, terms));
        }
        let gone = theirs.heads().filter(|head| result.text(&head.id).is_none());
        exchange.deleted.extend(gone.map(|head| head.id.to_string()));
        exchange.text.clone_from(&merged.text);
        exchange.ours.clone_from(&kept);
        exchange.said.append(&mut said);
        exchange.lifted = lifted;
        Ok(exchange)
    }

    /// Our text, in which issues made on both sides under one id have another: `bd` cannot rename its own.
    fn apart(&mut self, text: &str, theirs: &Side, pairs: &Pairs) -> Result<String> {
        let mut ours = Side::parse(text);
        let mut map: HashMap<String, String> = HashMap::new();
        for head in ours.heads() {
            let id = head.id.to_string();
            let (Some(mine), Some(yours)) = (ours.text(&id), theirs.text(&id)) else { continue };
            if pairs.pairs.contains_key(&id) || is_same(mine, yours, !pairs.any) {
                continue;
            }
            // Told apart from anything, it gets the id that every merge would give it.
            let mut other = Line::new("{\"created_at\":\"1970-01-01T00:00:00Z\",\"title\":\"\"}");
            other.set_text("id", &id);
            let one = merge(other.text(), mine, other.text())
                .map_err(|why| Fault::invalid(why, "mend the file"))?;
            let Some(new) =
                Side::parse(&one.text).heads().map(|head| head.id.to_string()).find(|new| *new != id)
            else {
                continue;
            };
            self.said.push(format!(
                "`{id}` was made twice, here and in `bd`: the one made here, `{}`, is now `{new}`",
                &*head.title
            ));
            map.insert(id, new);
        }
        if map.is_empty() {
            return Ok(text.to_owned());
        }
        let children: Vec<(String, String)> = ours
            .heads()
            .filter(|head| !map.contains_key(&*head.id))
            .filter_map(|head| {
                let (parent, new) =
                    map.iter().find(|(parent, _)| head.id.starts_with(&format!("{parent}.")))?;
                Some((head.id.to_string(), format!("{new}{}", &head.id[parent.len()..])))
            })
            .collect();
        map.extend(children);
        ours.rename(&map);
        Ok(ours.rows.iter().flat_map(|row| [&*row.text, row.end]).collect())
    }

    /// What `bd` is to be given of one issue.
    fn weigh(
        &mut self,
        id: &str,
        now: &str,
        (raw, lifted): (Option<&str>, Option<&str>),
        (pairs, terms): (&Pairs, Terms),
    ) {
        let (Some(raw), Some(lifted)) = (raw, lifted) else {
            // It was given once, and `bd` does not export it.
            let known = pairs
                .pairs
                .get(id)
                .is_some_and(|pair| pair.bd.is_empty() && content(&pair.file) == content(now));
            if !is_dead(now) && !known {
                self.give.push((id.to_owned(), given(now, None, terms.dolt)));
            }
            return;
        };
        let (wanted, has) = (content(now), content(lifted));
        if wanted == has {
            return;
        }
        if is_dead(now) {
            self.deleted.push(id.to_owned());
            return;
        }
        let (line, raw) = (Line::new(now), Line::new(raw));
        let labels =
            |line: &Line| items(line, "labels").iter().map(|item| name("labels", item)).collect::<Vec<_>>();
        let keep = labels(&line);
        let gone: Vec<String> = labels(&raw).into_iter().filter(|label| !keep.contains(label)).collect();
        if !gone.is_empty() {
            self.drop_labels.push((id.to_owned(), gone));
        }
        let keep = items(&line, "dependencies");
        for edge in items(&raw, "dependencies") {
            if !keep.iter().any(|kept| kept["depends_on_id"] == edge["depends_on_id"]) {
                let target = edge["depends_on_id"].as_str().unwrap_or_default();
                self.drop_deps.push((id.to_owned(), target.to_owned()));
            }
        }
        self.give.push((id.to_owned(), given(now, Some(raw.text()), terms.dolt)));
    }

    /// What both have where `bd` was asked only: the file takes over its lines.
    pub fn after_taking(&self, exported: &str) -> Pairs {
        let theirs = Side::parse(exported);
        let pair = |(id, file): (&String, &String)| {
            (id.clone(), Pair { file: file.clone(), bd: theirs.text(id).unwrap_or_default().to_owned() })
        };
        Pairs { any: true, pairs: self.lifted.iter().map(pair).collect() }
    }

    /// What both have after `bd` was given everything, when it exported `before`, and now `after`; `both` where
    /// the file took over everything, too.
    pub fn after_giving(&self, [before, after]: [&str; 2], both: bool, old: &Pairs) -> Pairs {
        let (before, after) = (Side::parse(before), Side::parse(after));
        let (file, result) = (Side::parse(&self.ours), Side::parse(&self.text));
        let given = |id: &str| self.give.iter().any(|(given, _)| given == id);
        let mut pairs = Pairs { any: true, pairs: BTreeMap::new() };
        for head in after.heads() {
            let id = &*head.id;
            let now = after.text(id).unwrap_or_default();
            let earlier = self.lifted.get(id).zip(before.text(id));
            let mine = if both { result.text(id) } else { file.text(id) }.filter(|line| !is_dead(line));
            let settled = mine
                .filter(|mine| both || result.text(id).is_some_and(|line| content(line) == content(mine)));
            let pair = match (settled, earlier) {
                // Changed in `bd` meanwhile, by somebody else.
                (Some(_), Some((lifted, before))) if !given(id) && before != now && both => {
                    Some(Pair { file: lifted.clone(), bd: before.to_owned() })
                }
                (Some(mine), _) if given(id) || before.text(id) == Some(now) => {
                    Some(Pair { file: mine.to_owned(), bd: now.to_owned() })
                }
                // Deleted in the file, and still in `bd`.
                (None, Some((lifted, before))) if both => {
                    Some(Pair { file: lifted.clone(), bd: before.to_owned() })
                }
                _ => old.get(id).cloned(),
            };
            pairs.pairs.extend(pair.map(|pair| (id.to_owned(), pair)));
        }
        for (id, _) in self.give.iter().filter(|(id, _)| after.text(id).is_none()) {
            if let Some(line) = result.text(id) {
                pairs.pairs.insert(id.clone(), Pair { file: line.to_owned(), bd: String::new() });
            }
        }
        let hidden = old.pairs.iter().filter(|(id, pair)| pair.bd.is_empty() && after.text(id).is_none());
        for (id, pair) in hidden {
            pairs.pairs.entry(id.clone()).or_insert_with(|| pair.clone());
        }
        pairs
    }
}

/// Fields that both sides changed to different values, and whose of them counts.
fn overruled(id: &str, lines: [Option<&str>; 4]) -> Option<String> {
    let [old, mine, yours, now] = lines.map(|line| line.map(content).unwrap_or_default());
    if mine == yours {
        return None;
    }
    let changed = |key: &&str| {
        let [old, mine, yours] = [&old, &mine, &yours].map(|content| content.get(*key));
        !LISTS.contains(key) && mine != yours && (lines[0].is_none() || (mine != old && yours != old))
    };
    let (here, there): (Vec<&str>, Vec<&str>) =
        CONTENT.into_iter().filter(changed).partition(|key| now.get(*key) == mine.get(*key));
    let list = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let side = |keys: &[&str], whose: &str| (!keys.is_empty()).then(|| format!("{} as {whose}", list(keys)));
    let words: Vec<String> =
        [side(&here, "the file has it"), side(&there, "`bd` has it")].into_iter().flatten().collect();
    (!words.is_empty()).then(|| format!("`{id}` was changed on both sides: {} counts", words.join(", ")))
}

/// Whether two lines of one id, never compared before, are one issue; of a store that never was, they are
/// where both were made at one time.
fn is_same(mine: &str, yours: &str, first: bool) -> bool {
    let (mine, yours) = (Line::new(mine), Line::new(yours));
    let made = |line: &Line| line.get_text("created_at").and_then(|at| Some((instant(&at)?, at)));
    let (Some((a, a_text)), Some((b, b_text))) = (made(&mine), made(&yours)) else { return true };
    let close = (a.as_millisecond() - b.as_millisecond()).abs() <= 500;
    close && (first || a_text == b_text || mine.get_text("title") == yours.get_text("title"))
}

fn is_dead(line: &str) -> bool {
    Line::new(line).get("status") == Some("\"tombstone\"")
}

fn updated(line: &str) -> Option<Timestamp> {
    Line::new(line).get_text("updated_at").and_then(|at| instant(&at)).map(comment::whole_second)
}

/// Our line as `bd import` takes it: comments that it has already carry its own ids and times, or it would
/// store them twice; new ones carry ids that nobody else has, and whole seconds.
fn given(mine: &str, yours: Option<&str>, dolt: Option<Timestamp>) -> Line {
    let mut line = Line::new(mine);
    let yours = yours.map(Line::new);
    let mut theirs: Vec<Value> = yours.as_ref().map_or_else(Vec::new, |yours| items(yours, "comments"));
    let comments = items(&line, "comments");
    if !comments.is_empty() {
        line.remove("comments");
    }
    for mut item in comments {
        let same = |their: &Value| their["author"] == item["author"] && their["text"] == item["text"];
        if let Some(at) = theirs.iter().position(same) {
            line.push("comments", &theirs.swap_remove(at).to_string());
            continue;
        }
        let Some(now) = dolt else {
            line.push("comments", &item.to_string());
            continue;
        };
        if item["id"].as_str().is_none_or(|id| id.len() != UUID) {
            item["id"] = Value::from(comment::uuid(now));
        }
        if let Some(at) = item["created_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok()) {
            item["created_at"] = comment::whole_second(at).to_string().into();
        }
        line.push("comments", &item.to_string());
    }
    // What is older than its own is not taken by `bd import`.
    let at = |line: &Line| line.get_text("updated_at").and_then(|at| instant(&at));
    if let Some(yours) = &yours
        && let Some(latest) = at(yours)
        && at(&line).is_none_or(|mine| mine < latest)
    {
        line.set("updated_at", &quote(&yours.get_text("updated_at").unwrap_or_default()));
    }
    line
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
