//! Acceptance criteria as a checklist: bullets and lines become `- [ ]`, what is one already stays.

use super::fence::{Fence, Line};

/// The criteria of a task, as an agent is shown them.
///
/// A bullet (`-`, `*`, `+`, `1.`) gets a box, at any depth; boxes that are there are kept, ticked or not. Where
/// there are no bullets at all, each line is a criterion. Headings, code blocks, lines that introduce others
/// (`Then:`) and what continues a bullet stay as they are.
pub fn checklist(text: &str) -> String {
    let bullets = lines(text).any(|(line, outside)| outside && bullet(line).is_some());
    let out: Vec<String> = lines(text)
        .map(|(line, outside)| match bullet(line) {
            Some((indent, item)) if outside => format!("{indent}- {}", boxed(item)),
            None if outside && !bullets && is_criterion(line) => format!("- [ ] {}", line.trim()),
            _ => line.to_owned(),
        })
        .collect();
    out.join("\n")
}

/// Criteria that stand one by one, as a checklist: each is one item, whatever its lines look like.
pub fn listed<'t>(criteria: impl IntoIterator<Item = &'t str>) -> String {
    let item = |text: &str| format!("- [ ] {}", text.trim().replace('\n', "\n      "));
    criteria.into_iter().map(item).collect::<Vec<_>>().join("\n")
}

/// Each line, and whether it is outside of code blocks.
fn lines(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut fence = Fence::default();
    text.lines().map(move |line| (line, fence.line(line) == Line::Outside))
}

/// The indent and the text of a bullet.
fn bullet(line: &str) -> Option<(&str, &str)> {
    let item = line.trim_start();
    let indent = &line[..line.len() - item.len()];
    let digits = item.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match item.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let text = item[marker..].strip_prefix([' ', '\t'])?.trim();
    // `- - -` and `* * *` are rules.
    let rule = text.chars().all(|c| matches!(c, '-' | '*' | ' '));
    (!rule).then_some((indent, text))
}

/// The text after a box, its own where it has one.
fn boxed(item: &str) -> String {
    let ticked = ["[ ]", "[x]", "[X]"].iter().any(|tick| {
        item.strip_prefix(tick).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    });
    if ticked { item.to_owned() } else { format!("[ ] {item}") }
}

/// Whether a line without a bullet is a criterion of its own.
fn is_criterion(line: &str) -> bool {
    let text = line.trim();
    let indented = line.starts_with("    ") || line.starts_with('\t');
    let odd = text.starts_with(['#', '>', '|', '<']) || text.ends_with(':');
    text.chars().any(char::is_alphanumeric) && !indented && !odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_become_a_checklist() {
        let table = [
            ("", ""),
            ("it greets", "- [ ] it greets"),
            ("it greets\nit leaves", "- [ ] it greets\n- [ ] it leaves"),
            ("- it greets\n* it leaves\n+ twice", "- [ ] it greets\n- [ ] it leaves\n- [ ] twice"),
            ("1. one\n2) two\n2026 three", "- [ ] one\n- [ ] two\n2026 three"),
            ("- [ ] open\n- [x] done\n* [X] done", "- [ ] open\n- [x] done\n- [X] done"),
            ("- [link](x) works\n- []", "- [ ] [link](x) works\n- [ ] []"),
            ("- one\n  goes on\n\n  - deeper", "- [ ] one\n  goes on\n\n  - [ ] deeper"),
            ("# Must\n\n- one", "# Must\n\n- [ ] one"),
            ("All of:\none\ntwo", "All of:\n- [ ] one\n- [ ] two"),
            ("one\n```\n- code\nline\n```\ntwo", "- [ ] one\n```\n- code\nline\n```\n- [ ] two"),
            ("-not a bullet\n-- nor this", "- [ ] -not a bullet\n- [ ] -- nor this"),
            ("- - -\none", "- - -\n- [ ] one"),
            ("- ü\r\n- é", "- [ ] ü\n- [ ] é"),
            ("3.14 is pi", "- [ ] 3.14 is pi"),
        ];
        for (text, expected) in table {
            let checked = checklist(text);
            assert_eq!(checked, expected, "{text:?}");
            assert_eq!(checklist(&checked), checked, "again: {text:?}");
        }
    }

    #[test]
    fn listed_criteria_are_items_whatever_they_say() {
        let text = listed(["one", "- two\nlines", "[x] three"]);
        assert_eq!(text, "- [ ] one\n- [ ] - two\n      lines\n- [ ] [x] three");
        assert_eq!(checklist(&text), text);
    }
}
