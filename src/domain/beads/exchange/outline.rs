//! The shape of a Markdown text: headings, checklist items and what is written below them.

use anyhow::Result;

use super::markdown::acceptance;
use super::{item, wrong};
use crate::domain::attempt::fence::{Fence, Line};

/// Deepest nesting of items.
pub const DEEPEST: usize = 32;
/// Columns of a tab.
const TAB: usize = 4;

/// A heading, or an item of a checklist.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its line, from 1.
    pub line: usize,
    /// The node it belongs to, which comes before it.
    pub parent: Option<usize>,
    /// What the heading or item says, on its line.
    pub text: String,
    /// What is written below, without its indentation.
    pub below: Vec<String>,
    /// Whether the box is ticked; `None` for a heading.
    pub ticked: Option<bool>,
}

/// Where a text is while it is read.
#[derive(Default)]
struct Reader {
    nodes: Vec<Node>,
    /// The lines of items that say nothing.
    empty: Vec<usize>,
    /// Headings that are in force: level, and the node once there is an item below it.
    headings: Vec<Heading>,
    /// Items that are in force: column, column of its text, node.
    items: Vec<(usize, usize, usize)>,
    criteria: Option<Criteria>,
    fence: Fence,
    blank: bool,
}

struct Heading {
    level: usize,
    line: usize,
    text: String,
    below: Vec<String>,
    node: Option<usize>,
}

/// Acceptance criteria that are being read.
struct Criteria {
    /// The item whose they are although nothing is indented below it.
    node: Option<usize>,
    /// What is less indented is not among them; of a heading they go on to the next one.
    least: usize,
    /// How far the line is indented that they are below.
    indent: usize,
    /// Whether the first of them has a box; only then boxes are criteria, not items.
    boxed: Option<bool>,
}

/// Reads the nodes of the file `name`: every item, and those headings that have items directly below. Also
/// the lines of items that are left out because they say nothing.
pub fn read(text: &str, name: &str) -> Result<(Vec<Node>, Vec<usize>)> {
    let mut reader = Reader { blank: true, ..Reader::default() };
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    let mut at = preamble(&lines);
    while let Some(line) = lines.get(at) {
        let level = lines.get(at + 1).and_then(|next| reader.underlined(line, next));
        let whole = level.map(|level| format!("{} {}", "#".repeat(level), line.trim_start()));
        if !reader.line(whole.as_deref().unwrap_or(line), at + 1) {
            let what = format!("items are nested deeper than {DEEPEST} levels");
            return Err(wrong(name, &format!("line {}", at + 1), &what));
        }
        at += if whole.is_some() { 2 } else { 1 };
    }
    for node in &mut reader.nodes {
        while node.below.last().is_some_and(String::is_empty) {
            node.below.pop();
        }
        let start = node.below.iter().position(|line| !line.is_empty()).unwrap_or(0);
        node.below.drain(..start);
    }
    Ok((reader.nodes, reader.empty))
}

/// How many lines at the top are about the file: `---`, some keys, `---`.
fn preamble(lines: &[&str]) -> usize {
    let end = lines.iter().skip(1).position(|line| *line == "---").map_or(0, |at| at + 2);
    let keys = |line: &&str| !line.is_empty() && boxed(line.trim_start()).is_none();
    let is = end > 2 && lines[0] == "---" && lines[1..end - 1].iter().all(keys);
    if is { end } else { 0 }
}

impl Reader {
    /// Takes one line; says whether it could.
    fn line(&mut self, line: &str, number: usize) -> bool {
        let (indent, rest) = indentation(line);
        if rest.is_empty() {
            self.blank = true;
            self.text("", 0, true);
            return true;
        }
        // A fence in an item is indented with it.
        let kind = self.fence.line(rest);
        let outside = kind == Line::Outside;
        let titled = heading(rest).filter(|_| outside && indent < TAB);
        let titled = titled.filter(|_| self.items.is_empty() || indent == 0);
        self.blank = match (titled, boxed(rest).filter(|_| outside)) {
            (Some((level, text)), _) => {
                self.titled(level, text, number);
                true
            }
            (_, Some((ticked, width, text))) if !self.is_criterion(indent) => {
                self.item((indent, width), ticked, text, number);
                false
            }
            _ => {
                self.text(line, indent, matches!(kind, Line::Outside | Line::Opens(_)));
                false
            }
        };
        self.items.len() <= DEEPEST
    }

    /// The level of a heading that is underlined by the next line.
    fn underlined(&self, line: &str, next: &str) -> Option<usize> {
        let ((indent, rest), (under, marks)) = (indentation(line), indentation(next));
        let fits = self.blank && self.fence.closing().is_none() && indent < TAB && under < TAB;
        let plain = !rest.is_empty() && !starts_block(rest) && (self.items.is_empty() || indent == 0);
        let level = match marks.as_bytes() {
            [b'=', b'=', ..] if marks.bytes().all(|byte| byte == b'=') => 1,
            [b'-', b'-', ..] if marks.bytes().all(|byte| byte == b'-') => 2,
            _ => return None,
        };
        (fits && plain && (self.items.is_empty() || under == 0)).then_some(level)
    }

    fn titled(&mut self, level: usize, text: &str, number: usize) {
        self.criteria = None;
        let criteria = acceptance(&format!("# {text}")).is_some();
        let above = self.headings.iter().any(|heading| heading.level < level);
        if criteria && (above || !self.items.is_empty()) {
            let line = format!("# {text}");
            let node = if above { None } else { self.items.first().map(|(_, _, node)| *node) };
            self.items.clear();
            if above {
                self.headings.retain(|heading| heading.level < level);
            }
            self.criteria = Some(Criteria { node, least: 0, indent: 0, boxed: None });
            self.append(node, line);
            return;
        }
        self.items.clear();
        self.headings.retain(|heading| heading.level < level);
        let text = text.to_owned();
        self.headings.push(Heading { level, line: number, text, below: Vec::new(), node: None });
    }

    fn item(&mut self, (indent, width): (usize, usize), ticked: bool, text: &str, line: usize) {
        while self.items.last().is_some_and(|(column, ..)| indent < column + 2) {
            self.items.pop();
        }
        if item::read(text).title.trim().is_empty() {
            self.empty.push(line);
            return;
        }
        let parent = self.items.last().map(|(_, _, node)| *node).or_else(|| self.heading());
        self.items.push((indent, indent + width, self.nodes.len()));
        let text = text.to_owned();
        self.nodes.push(Node { line, parent, text, below: Vec::new(), ticked: Some(ticked) });
    }

    /// Whether a box is one of the acceptance criteria above it.
    fn is_criterion(&mut self, indent: usize) -> bool {
        let Some(criteria) = self.criteria.as_mut().filter(|criteria| indent >= criteria.least) else {
            self.criteria = None;
            return false;
        };
        let is = *criteria.boxed.get_or_insert(true);
        if is && criteria.node.is_none() && self.items.is_empty() {
            // What has criteria to tick is something to do.
            self.heading();
        }
        is
    }

    /// The node of the heading above, made where there is none yet.
    fn heading(&mut self) -> Option<usize> {
        let above = self.headings.iter().rev().skip(1).find_map(|heading| heading.node);
        let heading = self.headings.last_mut()?;
        if heading.node.is_none() {
            heading.node = Some(self.nodes.len());
            let (text, below) = (std::mem::take(&mut heading.text), std::mem::take(&mut heading.below));
            self.nodes.push(Node { line: heading.line, parent: above, text, below, ticked: None });
        }
        heading.node
    }

    /// A line of text: it belongs to the item it is indented below, or goes on right after. Inside of a
    /// block of code it belongs where the block does.
    fn text(&mut self, line: &str, indent: usize, free: bool) {
        let bare = line.trim_start();
        let block = starts_block(bare);
        if free && !line.is_empty() {
            self.criteria = self.criteria.take().filter(|criteria| indent >= criteria.least);
        }
        if let Some(criteria) = self.criteria.as_mut().filter(|_| free && !line.is_empty()) {
            let after = self.blank && indent <= criteria.indent && !block && criteria.boxed.is_some();
            criteria.boxed = if after { Some(false) } else { criteria.boxed.or(Some(false)) };
        }
        let newest = self.items.len().checked_sub(1);
        let below = || {
            let least = if block { 2 } else { 1 };
            self.items.iter().rposition(|(column, ..)| indent >= column + least)
        };
        let owner = if line.is_empty() || !free {
            newest
        } else {
            below().or_else(|| newest.filter(|_| !self.blank && !block))
        };
        let node = self.criteria.as_ref().and_then(|criteria| criteria.node);
        if node.is_some() {
            self.append(node, line.to_owned());
        } else if let Some(at) = owner {
            let (_, column, node) = self.items[at];
            if !line.is_empty() && below() == Some(at) {
                self.items.truncate(at + 1);
            }
            self.nodes[node].below.push(dedented(line, column));
        } else {
            if !line.is_empty() {
                self.items.clear();
            }
            self.append(None, line.to_owned());
        }
        if free && acceptance(bare).is_some_and(str::is_empty) && self.criteria.is_none() {
            let least = owner.map_or(0, |at| self.items.get(at).map_or(0, |(column, ..)| column + 2));
            self.criteria = Some(Criteria { node: None, least, indent, boxed: None });
        }
    }

    /// Adds a line to a node, or to the heading above.
    fn append(&mut self, node: Option<usize>, line: String) {
        let heading = self.headings.last_mut();
        match node.or(heading.as_ref().and_then(|heading| heading.node)) {
            Some(node) => self.nodes[node].below.push(line),
            None => heading.into_iter().for_each(|heading| heading.below.push(line.clone())),
        }
    }
}

/// Whether a line begins something that no paragraph goes on in: a list, a quote, a block of code, a rule.
fn starts_block(text: &str) -> bool {
    let digits = text.len() - text.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let mark = match text.as_bytes().get(digits) {
        Some(b'-' | b'*' | b'+') => digits == 0,
        Some(b'.' | b')') => (1..=9).contains(&digits),
        _ => false,
    };
    let list =
        mark && text.get(digits + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    let rule = ["---", "***", "___", "```", "~~~", ">"].iter().any(|mark| text.starts_with(mark));
    list || rule || heading(text).is_some()
}

/// How far a line is indented, and the rest of it.
fn indentation(line: &str) -> (usize, &str) {
    let mut column = 0;
    for (at, char) in line.char_indices() {
        match char {
            ' ' => column += 1,
            '\t' => column += TAB - column % TAB,
            _ => return (column, &line[at..]),
        }
    }
    (column, "")
}

/// The line without so many columns of indentation.
fn dedented(line: &str, columns: usize) -> String {
    let mut column = 0;
    for (at, char) in line.char_indices() {
        if column >= columns || !matches!(char, ' ' | '\t') {
            return " ".repeat(column.saturating_sub(columns)) + &line[at..];
        }
        column += if char == ' ' { 1 } else { TAB - column % TAB };
    }
    String::new()
}

/// `## Heading`: its level and text.
pub fn heading(text: &str) -> Option<(usize, &str)> {
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let fits = (1..=6).contains(&level) && rest.starts_with([' ', '\t']);
    fits.then(|| (level, rest.trim().trim_end_matches('#').trim_end())).filter(|(_, text)| !text.is_empty())
}

/// `- [x] text`: whether it is ticked, where the text begins below it, the text.
pub fn boxed(text: &str) -> Option<(bool, usize, &str)> {
    let digits = text.len() - text.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let mark = match text.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let rest = &text[mark..];
    let inner = rest.trim_start_matches([' ', '\t']);
    let spaces = rest.len() - inner.len();
    let mut chars = inner.strip_prefix('[')?.chars();
    let (tick, close) = (chars.next()?, chars.next()?);
    let text = chars.as_str();
    let fits = spaces > 0 && close == ']' && (text.is_empty() || text.starts_with([' ', '\t']));
    let ticked = matches!(tick, 'x' | 'X');
    (fits && (ticked || tick == ' ')).then(|| (ticked, mark + 1, text.trim()))
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
