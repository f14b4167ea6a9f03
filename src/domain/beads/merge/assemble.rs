//! Puts the merged file together: our order, with what only they have at its place.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::side::{Kind, Row, Side, schema};
use super::{fields, values};

/// A line of the result.
pub struct Out<'s> {
    /// Whose it is, where it is the line of an issue.
    pub id: Option<&'s str>,
    pub text: Cow<'s, str>,
    pub end: &'s str,
}

/// The lines of the result and what is left of the conflict.
#[derive(Default)]
pub struct Assembly<'s> {
    pub out: Vec<Out<'s>>,
    /// Lines nobody can read that one side brought in: ours, theirs.
    pub unreadable: [Vec<&'s str>; 2],
    pub said: Vec<String>,
}

/// Merges three versions whose ids mean the same issues.
pub fn assemble<'s>([base, ours, theirs]: [&'s Side<'_>; 3]) -> Assembly<'s> {
    let mut assembly = Assembly::default();
    let loose = Loose::new([base, ours, theirs]);
    let mut shadows = loose.new_shadows();
    for row in &ours.rows {
        if let Kind::Issue(head) = &row.kind {
            // Before the line that counts, lest one of them should count instead.
            for shadow in shadows.remove(&*head.id).unwrap_or_default() {
                assembly.out.push(Out { id: None, text: Cow::Borrowed(shadow), end: newline(ours) });
            }
        }
        assembly.ours(row, &loose, [base, theirs]);
    }
    let mut added = Vec::new();
    for row in &theirs.rows {
        let kept = assembly.theirs(row, &loose, [base, ours]);
        added.extend(kept.then(|| Out { id: id(row), text: Cow::Borrowed(&*row.text), end: newline(ours) }));
    }
    assembly.insert(added, ours);
    assembly
}

impl<'s> Assembly<'s> {
    fn ours(&mut self, row: &'s Row, loose: &Loose<'s>, [base, theirs]: [&'s Side<'_>; 2]) {
        let text = match &row.kind {
            Kind::Issue(head) => {
                let (old, their) = (base.text(&head.id), theirs.text(&head.id));
                self.note(&head.id, old, [Some(&row.text), their]);
                issue(old, &row.text, their)
            }
            Kind::Blank => Some(Cow::Borrowed(&*row.text)),
            Kind::Bad if !loose.base.contains(row.text.trim()) => {
                self.unreadable[0].push(&row.text);
                None
            }
            _ => loose.keeps_ours(&row.text).then(|| Cow::Borrowed(&*row.text)),
        };
        self.out.extend(text.map(|text| Out { id: id(row), text, end: row.end }));
    }

    /// Whether a line that only they have is to be added.
    fn theirs(&mut self, row: &'s Row, loose: &Loose<'s>, [base, ours]: [&'s Side<'_>; 2]) -> bool {
        match &row.kind {
            Kind::Issue(head) => {
                let old = base.text(&head.id);
                if ours.head(&head.id).is_none() {
                    self.note(&head.id, old, [None, Some(&row.text)]);
                }
                let removed = old.is_some_and(|old| values::alike(old, &row.text));
                ours.head(&head.id).is_none() && !removed
            }
            Kind::Bad if loose.adds(&row.text) => {
                self.unreadable[1].push(&row.text);
                false
            }
            // Those of an issue that ours has too came before its line.
            Kind::Shadow(id) => ours.head(id).is_none() && loose.adds(&row.text),
            Kind::Other => loose.adds(&row.text),
            _ => false,
        }
    }

    /// Says where one side deleted what the other changed.
    fn note(&mut self, id: &str, base: Option<&str>, sides: [Option<&str>; 2]) {
        let Some(base) = base else { return };
        let (kept, what) = match sides {
            [Some(kept), None] | [None, Some(kept)] => (kept, "it stays"),
            [Some(a), Some(b)] if a != b && [a, b].iter().any(|text| text.contains("\"tombstone\"")) => {
                let dead = |text: &str| {
                    values::Version::parse(text).meaning(&["status"]) == [Some("\"tombstone\"".to_owned())]
                };
                if dead(base) || dead(a) == dead(b) {
                    return;
                }
                (if dead(a) { b } else { a }, "the later change of its status counts")
            }
            _ => return,
        };
        let notice = format!("`{id}` was deleted on one side and changed on the other: {what}");
        if !values::alike(base, kept) {
            self.said.push(notice);
        }
    }

    /// Adds lines where they belong: a header first; issues by their ids where ours are in that order;
    /// everything else at the end.
    fn insert(&mut self, mut added: Vec<Out<'s>>, ours: &'s Side<'_>) {
        if added.is_empty() {
            return;
        }
        if let Some(at) = added.iter().position(|out| out.id.is_none() && schema(&out.text).is_some()) {
            let header = added.remove(at);
            match self.out.iter_mut().find(|out| out.id.is_none() && schema(&out.text).is_some()) {
                // Both sides changed it: the same one counts whichever is ours.
                Some(known) if known.text < header.text => known.text = header.text,
                Some(_) => {}
                None => self.out.insert(0, header),
            }
        }
        if let Some(last) = self.out.last_mut().filter(|last| last.end.is_empty()) {
            last.end = newline(ours);
        }
        if !ours.is_sorted() {
            return self.out.append(&mut added);
        }
        let (mut issues, rest): (Vec<_>, Vec<_>) = added.into_iter().partition(|out| out.id.is_some());
        issues.sort_by_key(|out| out.id);
        let mut issues = issues.into_iter().peekable();
        let mut merged = Vec::with_capacity(self.out.len() + issues.len() + rest.len());
        for out in self.out.drain(..) {
            while out.id.is_some() && issues.peek().is_some_and(|new| new.id < out.id) {
                merged.extend(issues.next());
            }
            merged.push(out);
        }
        // After the last issue, before what stands behind it.
        let tail = merged.iter().rposition(|out| out.id.is_some()).map_or(merged.len(), |at| at + 1);
        merged.splice(tail..tail, issues);
        merged.extend(rest);
        self.out = merged;
    }
}

/// The line of an issue that ours has; `None` where it is removed.
fn issue<'s>(base: Option<&str>, ours: &'s str, theirs: Option<&'s str>) -> Option<Cow<'s, str>> {
    match (base, theirs) {
        (_, Some(theirs)) if theirs == ours => Some(Cow::Borrowed(ours)),
        (Some(base), Some(theirs)) if base == ours => Some(Cow::Borrowed(theirs)),
        (Some(base), Some(theirs)) if base == theirs => Some(Cow::Borrowed(ours)),
        (base, Some(theirs)) => Some(Cow::Owned(fields::merge(base.unwrap_or_default(), ours, theirs))),
        (Some(base), None) if values::alike(base, ours) => None,
        (_, None) => Some(Cow::Borrowed(ours)),
    }
}

fn id<'s>(row: &'s Row) -> Option<&'s str> {
    match &row.kind {
        Kind::Issue(head) => Some(&head.id),
        _ => None,
    }
}

/// How ours ends its lines.
fn newline<'s>(ours: &'s Side) -> &'s str {
    let end = ours.rows.first().map_or("\n", |row| row.end);
    if end == "\r\n" { end } else { "\n" }
}

/// The lines that are no issue's, as whole texts.
struct Loose<'s> {
    base: HashSet<&'s str>,
    ours: HashSet<&'s str>,
    theirs: HashSet<&'s str>,
    shadows: Vec<(&'s str, &'s str)>,
}

impl<'s> Loose<'s> {
    fn new([base, ours, theirs]: [&'s Side<'_>; 3]) -> Self {
        let loose = |side: &'s Side<'_>| {
            let rows = side.rows.iter().filter(|row| !matches!(row.kind, Kind::Issue(_) | Kind::Blank));
            rows.map(|row| row.text.trim()).collect()
        };
        let shadows = theirs.rows.iter().filter_map(|row| match &row.kind {
            Kind::Shadow(id) => Some((id.as_str(), &*row.text)),
            _ => None,
        });
        Self { base: loose(base), ours: loose(ours), theirs: loose(theirs), shadows: shadows.collect() }
    }

    /// Whether a line of ours stays: theirs has it too, or never had it.
    fn keeps_ours(&self, text: &str) -> bool {
        let text = text.trim();
        self.theirs.contains(text) || !self.base.contains(text)
    }

    /// Whether a line of theirs is new to both others.
    fn adds(&self, text: &str) -> bool {
        let text = text.trim();
        !self.ours.contains(text) && !self.base.contains(text)
    }

    /// Second lines of issues that only theirs has.
    fn new_shadows(&self) -> HashMap<&'s str, Vec<&'s str>> {
        let mut shadows: HashMap<&str, Vec<&str>> = HashMap::new();
        for (id, text) in &self.shadows {
            if self.adds(text) {
                shadows.entry(id).or_default().push(text);
            }
        }
        shadows
    }
}
