//! The shape of a Markdown text: headings, checklist items and what is written below them.

use anyhow::Result;

use super::wrong;
use crate::domain::attempt::fence::{Fence, Line};

/// Deepest nesting of items.
const DEEPEST: usize = 32;
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
    /// Headings that are in force: level, and the node once there is an item below it.
    headings: Vec<Heading>,
    /// Items that are in force: column, column of its text, node.
    items: Vec<(usize, usize, usize)>,
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

/// Reads the nodes of the file `name`: every item, and those headings that have items directly below.
pub fn read(text: &str, name: &str) -> Result<Vec<Node>> {
    let mut reader = Reader::default();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if !reader.line(line.trim_end(), at + 1) {
            let what = format!("items are nested deeper than {DEEPEST} levels");
            return Err(wrong(name, &format!("line {}", at + 1), &what));
        }
    }
    for node in &mut reader.nodes {
        while node.below.last().is_some_and(String::is_empty) {
            node.below.pop();
        }
        let start = node.below.iter().position(|line| !line.is_empty()).unwrap_or(0);
        node.below.drain(..start);
    }
    Ok(reader.nodes)
}

impl Reader {
    /// Takes one line; says whether it could.
    fn line(&mut self, line: &str, number: usize) -> bool {
        let (indent, rest) = indentation(line);
        if rest.is_empty() {
            self.blank = true;
            self.text("", 0);
            return true;
        }
        // A fence in an item is indented with it.
        let outside = self.fence.line(rest) == Line::Outside;
        match (outside, heading(rest).filter(|_| indent < TAB), boxed(rest)) {
            (true, Some((level, text)), _) if self.items.is_empty() || indent == 0 => {
                self.items.clear();
                self.headings.retain(|heading| heading.level < level);
                let text = text.to_owned();
                self.headings.push(Heading { level, line: number, text, below: Vec::new(), node: None });
            }
            (true, _, Some((ticked, width, text))) => {
                while self.items.last().is_some_and(|(column, ..)| indent < column + 2) {
                    self.items.pop();
                }
                let parent = self.items.last().map(|(_, _, node)| *node).or_else(|| self.heading());
                self.items.push((indent, indent + width, self.nodes.len()));
                let text = text.to_owned();
                self.nodes.push(Node { line: number, parent, text, below: Vec::new(), ticked: Some(ticked) });
            }
            _ => self.text(line, indent),
        }
        self.blank = false;
        self.items.len() <= DEEPEST
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

    /// A line of text: it belongs to the item it is indented below, or goes on right after.
    fn text(&mut self, line: &str, indent: usize) {
        let fenced = self.fence.closing().is_some();
        let below = |(column, ..): &&(usize, usize, usize)| line.is_empty() || indent > *column;
        let item = self.items.iter().rev().find(below).copied();
        let item = item.or_else(|| self.items.last().copied().filter(|_| !self.blank || fenced));
        if let Some((_, column, node)) = item {
            self.nodes[node].below.push(dedented(line, column));
        } else if !line.is_empty() {
            self.items.clear();
        }
        if item.is_none()
            && let Some(heading) = self.headings.last_mut()
        {
            match heading.node {
                Some(node) => self.nodes[node].below.push(line.to_owned()),
                None => heading.below.push(line.to_owned()),
            }
        }
    }
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
mod tests {
    use super::*;

    /// `depth` by parents, the tick, the text and what is below, one line each.
    fn shown(text: &str) -> Vec<String> {
        let nodes = read(text, "f").unwrap();
        let depth = |at: usize| std::iter::successors(nodes[at].parent, |&at| nodes[at].parent).count();
        let tick = |node: &Node| node.ticked.map_or('#', |ticked| if ticked { 'x' } else { '-' });
        let show = |(at, node): (usize, &Node)| {
            format!("{}{} {}|{}", " ".repeat(depth(at)), tick(node), node.text, node.below.join("/"))
        };
        nodes.iter().enumerate().map(show).collect()
    }

    #[test]
    fn texts_have_a_shape() {
        let table: [(&str, &[&str]); 11] = [
            (
                "- [ ] a\n- [x] b\n* [X] c\n+ [ ] d\n1. [ ] e\n2) [ ] f",
                &["- a|", "x b|", "x c|", "- d|", "- e|", "- f|"],
            ),
            (
                "- [ ] a\n  - [ ] b\n    - [x] c\n  - [ ] d\n- [ ] e",
                &["- a|", " - b|", "  x c|", " - d|", "- e|"],
            ),
            ("\u{feff}- [ ] a\r\n\t- [ ] b\r\n\t\t- [ ] c\r\n", &["- a|", " - b|", "  - c|"]),
            ("1. [ ] a\n   - [ ] b\n - [ ] c", &["- a|", " - b|", "- c|"]),
            (
                "# One\nwhy\n\n- [ ] a\n## Two\n- [ ] b\n# Three\nprose",
                &["# One|why", " - a|", " # Two|", "  - b|"],
            ),
            ("# Top\n## A\n- [ ] a", &["# A|", " - a|"]),
            (
                "- [ ] a\n  text\n\n  more\n    code\n- [ ] b\nlazy\n\nprose\n  x",
                &["- a|text//more/  code", "- b|lazy"],
            ),
            (
                "```\n- [ ] no\n```\n- [ ] a\n  ```\n  - [ ] no\n  # no\n  ```\n",
                &["- a|```/- [ ] no/# no/```"],
            ),
            ("- [ ] a\n\t\tb\n   \tc\n  \\- [ ] d", &["- a|  \tb/ \tc/\\- [ ] d"]),
            ("- a\n- [] b\n-[ ] c\n- [y] d\n- [ ]e\n10000000000. [ ] f", &[]),
            ("- [ ]\n- [ ] x", &["- |", "- x|"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let text: String =
            (0..10_000).flat_map(|depth| [" ".repeat(depth * 2), "- [ ] x\n".into()]).collect();
        assert!(read(&text, "f").unwrap_err().to_string().contains("`f` line 33: items are nested deeper"));
    }
}
