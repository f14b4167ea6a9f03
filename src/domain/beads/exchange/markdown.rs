//! Checklists in Markdown: boxes, nesting by indentation, headings, `depends on` notes.

use std::collections::HashMap;

use anyhow::Result;

use super::super::batch::{self, Draft};
use super::super::blank::is_blank;
use super::super::create::New;
use super::item::{self, Item};
use super::outline::{self, Node, boxed, heading};
use super::{Sheet, Wanted, body, digest, entitle, wrong};
use crate::domain::attempt::fence::{Fence, Line};

/// Longest reference that is written out (bytes).
const REFERENCE: usize = 200;

/// A file with a checklist.
#[derive(Debug, Clone, Copy)]
pub struct Checklist<'a> {
    /// Its text.
    pub text: &'a str,
    /// What it is called in errors.
    pub name: &'a str,
    /// What tells it from other files; nothing for what was piped in.
    pub key: &'a str,
}

/// The issues that are in the store already.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Whether there is one with this very id.
    pub exact: &'a dyn Fn(&str) -> bool,
    /// The id of the one that this means, perhaps only its beginning; slower.
    pub any: &'a dyn Fn(&str) -> Option<String>,
}

/// The nodes of a file, and how they are found by what a note calls them.
struct Names<'a> {
    nodes: &'a [Node],
    items: &'a [Item],
    /// The nodes of items, in order: `#1` is the first.
    numbered: Vec<usize>,
    titles: HashMap<String, Vec<usize>>,
    ids: HashMap<&'a str, usize>,
    known: Known<'a>,
}

/// What a note names.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    Node(usize),
    Known(String),
}

/// Reads the items.
pub fn read(file: Checklist<'_>, known: Known<'_>) -> Result<Sheet> {
    let (nodes, empty) = outline::read(file.text, file.name)?;
    if nodes.is_empty() {
        return Err(wrong(file.name, "holds no checklist", "nothing like `- [ ] Write the docs` is in it"));
    }
    let items: Vec<Item> = nodes.iter().map(|node| item::read(&node.text)).collect();
    let names = Names::new(&nodes, &items, known);
    // Any list may be piped in: only the same one again is the same one.
    let titles: Vec<&str> = items.iter().map(|item| &*item.title).collect();
    let key = if file.key.is_empty() {
        format!("stdin-{}", digest(&titles.join("\n")))
    } else {
        file.key.to_owned()
    };
    let references = references(&nodes, &items, &key);
    let mut parents = vec![false; nodes.len()];
    nodes.iter().filter_map(|node| node.parent).for_each(|at| parents[at] = true);
    let mut sheet = Sheet { scope: Some(format!("md:{key}#")), ..Sheet::default() };
    let left = empty
        .iter()
        .map(|line| format!("`{}` line {line}: the item has no title; it is left out", file.name));
    sheet.notices.extend(left);
    for (at, node) in nodes.iter().enumerate() {
        let mut draft = Draft {
            place: format!("`{}` line {}", file.name, node.line),
            parent: node.parent,
            external_ref: references[at].clone(),
            ..Draft::default()
        };
        let title = names.fill(&mut draft, at, file.name)?;
        if is_blank(&title) {
            return Err(wrong(file.name, &format!("line {}", node.line), "the item has no title"));
        }
        draft.new.kind = match &items[at].kind {
            Some(kind) => kind.clone(),
            // What has parts is not work itself: a loop must take the parts.
            None if parents[at] => "epic".into(),
            None => "task".into(),
        };
        let done = is_done(&nodes, at);
        if node.ticked == Some(true) && !done {
            sheet.notices.push(format!("{}: not closed, as not all items below are ticked", draft.place));
        }
        draft.closed = done.then(|| format!("Ticked in {}", file.name));
        entitle(&mut draft, &title, &mut sheet.notices);
        sheet.wanted.push(Wanted { draft, id: items[at].id.clone(), also: Vec::new() });
    }
    refuse_circles(file.name, &names, &sheet)?;
    Ok(sheet)
}

/// An item that is ticked, or a heading, and all items below it ticked; without items its criteria.
fn is_done(nodes: &[Node], at: usize) -> bool {
    let below =
        |node: &&Node| std::iter::successors(node.parent, |&at| nodes[at].parent).any(|above| above == at);
    let mut items = nodes[at + 1..].iter().take_while(below).peekable();
    match (nodes[at].ticked, items.peek()) {
        (Some(false), _) => false,
        (None, None) => {
            let mut boxes = nodes[at].below.iter().filter_map(|line| boxed(line.trim())).peekable();
            boxes.peek().is_some() && boxes.all(|(ticked, ..)| ticked)
        }
        _ => items.all(|node| node.ticked != Some(false)),
    }
}

/// Items that are issues already may wait for each other as they do.
fn refuse_circles(name: &str, names: &Names, sheet: &Sheet) -> Result<()> {
    let nodes = names.nodes;
    let is_known = |wanted: &Wanted| wanted.id.as_deref().is_some_and(|id| (names.known.exact)(id));
    let edges = |wanted: &Wanted| Draft {
        parent: wanted.draft.parent,
        waits_for: wanted.draft.waits_for.clone(),
        ..Draft::default()
    };
    let edges = |wanted| if is_known(wanted) { Draft::default() } else { edges(wanted) };
    let drafts: Vec<Draft> = sheet.wanted.iter().map(edges).collect();
    let Some(circle) = batch::circle(&drafts) else { return Ok(()) };
    let names: Vec<&str> = circle.iter().map(|&at| sheet.wanted[at].draft.new.title.as_str()).collect();
    let what = format!("the items wait for each other: {}", names.join(" → "));
    Err(wrong(name, &format!("line {}", nodes[circle[0]].line), &what))
}

/// `md:FILE#heading/item/part`, each once.
fn references(nodes: &[Node], items: &[Item], key: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::with_capacity(nodes.len());
    let mut used: HashMap<String, usize> = HashMap::new();
    for (node, item) in nodes.iter().zip(items) {
        let above = node.parent.map(|at| format!("{}/", paths[at])).unwrap_or_default();
        let mut path = format!("{above}{}", item::slug(&item.title));
        let count = used.entry(path.clone()).or_default();
        *count += 1;
        if *count > 1 {
            path = format!("{path}~{count}");
        }
        paths.push(path);
    }
    let reference = |path: String| {
        let whole = format!("md:{key}#{path}");
        if whole.len() <= REFERENCE { whole } else { format!("md:#{}", digest(&whole)) }
    };
    paths.into_iter().map(reference).collect()
}

impl<'a> Names<'a> {
    fn new(nodes: &'a [Node], items: &'a [Item], known: Known<'a>) -> Self {
        let mut names =
            Self { nodes, items, numbered: Vec::new(), titles: HashMap::new(), ids: HashMap::new(), known };
        for (at, (node, item)) in nodes.iter().zip(items).enumerate() {
            names.numbered.extend(node.ticked.map(|_| at));
            names.titles.entry(item::key(&item.title)).or_default().push(at);
            if let Some(perhaps) = &item.perhaps {
                names.titles.entry(item::key(&perhaps.title)).or_default().push(at);
            }
            names.ids.extend(item.id.as_deref().map(|id| (id, at)));
        }
        names
    }

    /// Finds what one name means to the node `from`.
    fn find(&self, name: &str, from: usize) -> Option<Target> {
        let name = item::bare(name);
        let number = name.strip_prefix('#').and_then(|number| number.parse::<usize>().ok());
        if let Some(number) = number {
            return self.numbered.get(number.checked_sub(1)?).map(|&at| Target::Node(at));
        }
        if let Some(&at) = self.ids.get(name) {
            return Some(Target::Node(at));
        }
        let titled = self.titles.get(&item::key(name)).map(Vec::as_slice).unwrap_or_default();
        let beside = titled.iter().filter(|&&at| self.nodes[at].parent == self.nodes[from].parent);
        match (titled, &beside.copied().collect::<Vec<_>>()[..]) {
            ([at], _) | (_, [at]) => Some(Target::Node(*at)),
            _ => Some(name)
                .filter(|name| item::is_id(name))
                .and_then(|name| (self.known.any)(name))
                .map(Target::Known),
        }
    }

    /// Finds all that a list names: one title with commas in it, or several names.
    fn find_all(&self, list: &str, from: usize) -> Result<Vec<Target>, String> {
        if let Some(target) = self.find(list, from) {
            return Ok(vec![target]);
        }
        let names = item::names(list);
        names.into_iter().map(|name| self.find(&name, from).ok_or(name)).collect()
    }

    /// Gives the draft all that its node says, and returns its title.
    fn fill(&self, draft: &mut Draft, at: usize, name: &str) -> Result<String> {
        let (node, item) = (&self.nodes[at], &self.items[at]);
        let mut targets = Vec::new();
        for list in &item.waits_for {
            targets.extend(self.find_all(list, at).map_err(|unknown| {
                let what =
                    format!("depends on `{unknown}`, which is neither one item of the file nor an issue");
                wrong(name, &format!("line {}", node.line), &what)
            })?);
        }
        let perhaps = item.perhaps.as_ref();
        let perhaps = perhaps.and_then(|perhaps| Some((perhaps, self.find_all(&perhaps.names, at).ok()?)));
        let title = perhaps.as_ref().map_or(&item.title, |(perhaps, _)| &perhaps.title).clone();
        targets.extend(perhaps.into_iter().flat_map(|(_, targets)| targets));
        let (mut description, mut criteria, mut fence) = (Vec::new(), None, Fence::default());
        for line in &node.below {
            let outside = fence.line(line.trim_start()) == Line::Outside;
            let list = dependency(line).filter(|list| outside && !list.is_empty());
            if let Some(found) = list.and_then(|list| self.find_all(list, at).ok()) {
                targets.extend(found);
            } else if let Some(first) = acceptance(line).filter(|_| outside && criteria.is_none()) {
                criteria = Some((line, vec![first.to_owned()]));
            } else if let Some((_, criteria)) = &mut criteria {
                criteria.push(if outside { criterion(line) } else { line.clone() });
            } else {
                description.push(if outside { unescaped(line) } else { line.clone() });
            }
        }
        let acceptance = criteria.as_ref().map(|(_, lines)| body(&lines.join("\n"))).unwrap_or_default();
        // A line that nothing follows stays what it is.
        description.extend(criteria.filter(|_| acceptance.is_empty()).map(|(line, _)| line.clone()));
        for target in targets {
            match target {
                Target::Node(other) if !draft.waits_for.contains(&other) => draft.waits_for.push(other),
                Target::Known(id) if !draft.new.deps.contains(&id) => draft.new.deps.push(id),
                _ => {}
            }
        }
        draft.new = New {
            priority: item.priority.unwrap_or(2),
            description: body(&description.join("\n")),
            acceptance,
            labels: item.labels.clone(),
            assignee: item.assignee.clone(),
            deps: std::mem::take(&mut draft.new.deps),
            ..New::default()
        };
        Ok(title)
    }
}

/// Whether a line below an item means something, and is not just text.
pub fn is_marked(line: &str) -> bool {
    let bare = line.trim();
    boxed(bare).is_some()
        || heading(bare).is_some()
        || dependency(bare).is_some()
        || acceptance(bare).is_some()
        || Fence::default().line(bare) != Line::Outside
}

/// What follows `Depends on:`, also in bold letters or as a point of a list.
fn dependency(line: &str) -> Option<&str> {
    let bare = line.trim();
    let point = ["- ", "* ", "+ "].iter().find_map(|mark| bare.strip_prefix(mark));
    let start = point.unwrap_or(bare).trim_start_matches([' ', '\t', '*', '_']);
    if start.len() == bare.len() {
        return item::waits(bare);
    }
    let (words, list) = start.split_once(':')?;
    let known = item::waits(words.trim_end_matches(['*', '_', ' '])) == Some("");
    known.then(|| list.trim_matches(['*', '_', ' ', '\t']).trim_end_matches('.'))
}

/// One line of acceptance criteria; an open box is only the mark of a list.
fn criterion(line: &str) -> String {
    let bare = line.trim_start();
    match boxed(bare) {
        Some((false, _, text)) => format!("{}- {text}", &line[..line.len() - bare.len()]),
        _ => unescaped(line),
    }
}

/// The line as it was before it was marked as text.
fn unescaped(line: &str) -> String {
    let bare = line.trim_start();
    match bare.strip_prefix('\\').filter(|plain| plain.starts_with('\\') || is_marked(plain)) {
        Some(plain) => format!("{}{plain}", &line[..line.len() - bare.len()]),
        None => line.to_owned(),
    }
}

/// What stands on the line after `Acceptance criteria:`, which may be bold or a heading; the criteria follow.
pub fn acceptance(line: &str) -> Option<&str> {
    const WORDS: &str = "acceptance criteria";
    let bare = line.trim();
    let plain = bare.trim_start_matches('#').trim_start();
    let start = plain.trim_start_matches(['*', '_']);
    let rest = start.get(..WORDS.len()).filter(|words| words.eq_ignore_ascii_case(WORDS));
    let rest = &start[rest?.len()..];
    let text = rest.trim_start_matches(['*', '_', ':']);
    let marks = &rest[..rest.len() - text.len()];
    let marked = start.len() < bare.len() && text.trim().is_empty();
    (marks.contains(':') || marked).then(|| text.trim())
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
