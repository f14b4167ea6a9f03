//! Checklists in Markdown: boxes, nesting by indentation, headings, `depends on` notes.

use std::collections::HashMap;

use anyhow::Result;

use super::super::batch::{self, Draft};
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
    let nodes = outline::read(file.text, file.name)?;
    if nodes.is_empty() {
        return Err(wrong(file.name, "holds no checklist", "nothing like `- [ ] Write the docs` is in it"));
    }
    let items: Vec<Item> = nodes.iter().map(|node| item::read(&node.text)).collect();
    let names = Names::new(&nodes, &items, known);
    // Any list may be piped in: only the same one again is the same one.
    let titles = || items.iter().map(|item| format!("{}\n", item.title)).collect::<String>();
    let key = if file.key.is_empty() { format!("stdin-{}", digest(&titles())) } else { file.key.to_owned() };
    let references = references(&nodes, &items, &key);
    let mut parents = vec![false; nodes.len()];
    nodes.iter().filter_map(|node| node.parent).for_each(|at| parents[at] = true);
    let mut sheet = Sheet { scope: Some(format!("md:{key}#")), ..Sheet::default() };
    for (at, node) in nodes.iter().enumerate() {
        let mut draft = Draft {
            place: format!("`{}` line {}", file.name, node.line),
            parent: node.parent,
            external_ref: references[at].clone(),
            ..Draft::default()
        };
        let title = names.fill(&mut draft, at, file.name)?;
        if title.trim().is_empty() {
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

/// An item that is ticked, or a heading, and all items below it ticked.
fn is_done(nodes: &[Node], at: usize) -> bool {
    let below =
        |node: &&Node| std::iter::successors(node.parent, |&at| nodes[at].parent).any(|above| above == at);
    nodes[at].ticked != Some(false)
        && nodes[at + 1..].iter().take_while(below).all(|node| node.ticked != Some(false))
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
        let (mut description, mut acceptance, mut fence) = (Vec::new(), None, Fence::default());
        for line in &node.below {
            let outside = fence.line(line.trim_start()) == Line::Outside;
            let list = item::waits(line.trim()).filter(|list| outside && !list.is_empty());
            if let Some(found) = list.and_then(|list| self.find_all(list, at).ok()) {
                targets.extend(found);
            } else if outside && is_acceptance(line) && acceptance.is_none() {
                acceptance = Some(Vec::new());
            } else {
                let line = if outside { unescaped(line) } else { line.clone() };
                acceptance.as_mut().unwrap_or(&mut description).push(line);
            }
        }
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
            acceptance: body(&acceptance.unwrap_or_default().join("\n")),
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
    boxed(bare).is_some() || heading(bare).is_some() || item::waits(bare).is_some() || is_acceptance(bare)
}

/// The line as it was before it was marked as text.
fn unescaped(line: &str) -> String {
    let bare = line.trim_start();
    match bare.strip_prefix('\\').filter(|plain| plain.starts_with('\\') || is_marked(plain)) {
        Some(plain) => format!("{}{plain}", &line[..line.len() - bare.len()]),
        None => line.to_owned(),
    }
}

/// Whether what follows are acceptance criteria.
fn is_acceptance(line: &str) -> bool {
    let word = line.trim().trim_start_matches('#').trim().trim_matches('*').trim_end_matches(':');
    line.trim().ends_with(['*', ':'])
        && word.trim_end_matches('*').eq_ignore_ascii_case("acceptance criteria")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Result<Sheet> {
        let known = |id: &str| Some(id.to_owned()).filter(|id| id.starts_with("bd-"));
        let known = Known { exact: &|id| known(id).is_some(), any: &known };
        read(Checklist { text, name: "f.md", key: "f.md" }, known)
    }

    /// `reference parent kind priority state waits-for deps: title|description|acceptance`
    fn shown(text: &str) -> Vec<String> {
        let show = |wanted: &Wanted| {
            let draft = &wanted.draft;
            let state = if draft.closed.is_some() { "closed" } else { "open" };
            let below = [&draft.new.description, &draft.new.acceptance].map(|text| text.replace('\n', "/"));
            format!(
                "{} {:?} {} {} {state} {:?} {:?}: {}|{}|{}",
                draft.external_ref.trim_start_matches("md:f.md#"),
                draft.parent.unwrap_or(99),
                draft.new.kind,
                draft.new.priority,
                draft.waits_for,
                draft.new.deps,
                draft.new.title,
                below[0],
                below[1]
            )
        };
        sheet(text).unwrap().wanted.iter().map(show).collect()
    }

    #[test]
    fn a_checklist_becomes_issues() {
        let text = "# Ship it\nThe goal.\n\n- [x] Plan it (P0)\n- [ ] Build (P1) #core @ann\n  How to.\n  - [ ] Docs, depends on #1\n\
                    - [ ] Test (depends on: Build, bd-x)\n  Blocked by: Plan it\n  **Acceptance criteria**\n  all green\n  - [x] Docs\n";
        assert_eq!(
            shown(text),
            [
                "ship-it 99 epic 2 open [] []: Ship it|The goal.|",
                "ship-it/plan-it 0 task 0 closed [] []: Plan it||",
                "ship-it/build 0 epic 1 open [] []: Build|How to.|",
                "ship-it/build/docs-depends-on-1 2 task 2 open [1] []: Docs||",
                "ship-it/test 0 epic 2 open [2, 1] [\"bd-x\"]: Test||all green",
                "ship-it/test/docs 4 task 2 closed [] []: Docs||",
            ]
        );
    }

    #[test]
    fn titles_that_are_alike_are_told_apart() {
        let refs: Vec<String> = sheet("- [ ] a\n- [ ] A!\n- [ ] a")
            .unwrap()
            .wanted
            .into_iter()
            .map(|w| w.draft.external_ref)
            .collect();
        assert_eq!(refs, ["md:f.md#a", "md:f.md#a~2", "md:f.md#a~3"]);
        // A name that several have is the one beside it.
        let shown = shown("- [ ] A\n  - [ ] test\n- [ ] B\n  - [ ] test\n  - [ ] ship (after: test)");
        assert!(shown[4].contains("[3]"), "{shown:?}");
    }

    #[test]
    fn words_that_only_look_like_dependencies_stay() {
        for title in [
            "Drop what depends on third-party code",
            "List what it depends on",
            "Fix bug that depends on locale",
        ] {
            assert!(shown(&format!("- [ ] {title}"))[0].ends_with(&format!(": {title}||")));
        }
    }

    #[test]
    fn bad_files_are_named() {
        let table = [
            ("# prose\n- no box", "`f.md` holds no checklist"),
            ("- [ ] a\n- [ ] ", "`f.md` line 2: the item has no title"),
            ("- [ ] a (depends on: b)", "`f.md` line 1: depends on `b`, which is neither"),
            ("- [ ] a (depends on: #7)", "line 1: depends on `#7`"),
            (
                "- [ ] x\n- [ ] a (depends on: b)\n- [ ] b (depends on: a)",
                "line 2: the items wait for each other: a → b → a",
            ),
        ];
        for (text, expected) in table {
            let error = sheet(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
