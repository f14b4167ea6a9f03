//! Texts and the shape that is read from them.

use super::*;

/// `depth` by parents, the tick, the text and what is below, one line each.
fn shown(text: &str) -> Vec<String> {
    let nodes = read(text, "f").unwrap().0;
    let depth = |at: usize| std::iter::successors(nodes[at].parent, |&at| nodes[at].parent).count();
    let tick = |node: &Node| node.ticked.map_or('#', |ticked| if ticked { 'x' } else { '-' });
    let show = |(at, node): (usize, &Node)| {
        format!("{}{} {}|{}", " ".repeat(depth(at)), tick(node), node.text, node.below.join("/"))
    };
    nodes.iter().enumerate().map(show).collect()
}

#[test]
fn texts_have_a_shape() {
    let table: [(&str, &[&str]); 20] = [
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
        ("```\n- [ ] no\n```\n- [ ] a\n  ```\n  - [ ] no\n  # no\n  ```\n", &["- a|```/- [ ] no/# no/```"]),
        ("- [ ] a\n\t\tb\n   \tc\n  \\- [ ] d", &["- a|  \tb/ \tc/\\- [ ] d"]),
        ("- a\n- [] b\n-[ ] c\n- [y] d\n- [ ]e\n10000000000. [ ] f", &[]),
        ("- [ ]\n- [ ] x", &["- x|"]),
        ("- [ ] a\n  - [ ]\n  - [ ] b", &["- a|", " - b|"]),
        (
            "Top\n===\nwhy\n\nPart\n---\n- [ ] a\n\nNext\n====\n- [ ] b",
            &["# Part|", " - a|", "# Next|", " - b|"],
        ),
        ("---\ntitle: x\n---\n- [ ] a\n---\n- [ ] b\n\n---\n", &["- a|", "- b|"]),
        (
            "# T\n- [ ] a\n  - [ ] b\n- plain\n- [ ] c\n> quote\n- [ ] d\n```\n    x\n```\n",
            &["# T|- plain/> quote/```/    x/```", " - a|", "  - b|", " - c|", " - d|"],
        ),
        ("- [ ] a\n  - [ ] b\n  ```\n      x\n  ```\n    - [ ] c", &["- a|```/    x/```", " - b|", " - c|"]),
        (
            "- [ ] a\n  Acceptance criteria:\n  - [ ] one\n    more\n  - [x] two\n\n  Tasks\n  - [ ] b\n- [ ] c",
            &["- a|Acceptance criteria:/- [ ] one/  more/- [x] two//Tasks", " - b|", "- c|"],
        ),
        (
            "- [ ] a\n  **Acceptance criteria**\n  green\n  - [ ] b",
            &["- a|**Acceptance criteria**/green", " - b|"],
        ),
        (
            "# P\n## S\nwhy\n**Acceptance Criteria:**\n- [ ] one\n- [ ] two\n## R\n### Acceptance criteria\n- [x] x\n",
            &["# S|why/**Acceptance Criteria:**/- [ ] one/- [ ] two", "# R|# Acceptance criteria/- [x] x"],
        ),
        ("- [ ] a\n\n### Acceptance criteria\n- [ ] one\ntwo", &["- a|# Acceptance criteria/- [ ] one/two"]),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn nesting_has_an_end() {
    let text: String = (0..10_000).flat_map(|depth| [" ".repeat(depth * 2), "- [ ] x\n".into()]).collect();
    assert!(read(&text, "f").unwrap_err().to_string().contains("`f` line 33: items are nested deeper"));
}
