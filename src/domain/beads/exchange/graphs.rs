//! Pictures of what waits for what: Graphviz and Mermaid. No text of an issue can become part of their language.

use std::collections::HashMap;
use std::fmt::Write;

use super::super::graph::Graph;
use super::super::record::Record;
use crate::domain::attempt::prompt::one_line;

/// Characters of a title that are shown.
const SHOWN: usize = 60;

/// What an edge of a picture says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blocks,
    Parent,
    Other,
}

/// The edges among the issues, by their places: from what must come first, or from the parent.
fn edges(graph: &Graph, records: &[&Record]) -> Vec<(usize, usize, Kind)> {
    let places: HashMap<&str, usize> =
        records.iter().enumerate().map(|(at, record)| (&*record.id, at)).collect();
    let mut found = Vec::new();
    for (at, record) in records.iter().enumerate() {
        if let Some(&parent) = graph.parent(&record.id).and_then(|parent| places.get(&*parent.id)) {
            found.push((parent, at, Kind::Parent));
        }
        for edge in record.edges().iter().filter(|edge| !edge.is_parent()) {
            if let Some(&target) = places.get(&*edge.target) {
                let orders = edge.blocks() || edge.waits_for_children();
                found.push((target, at, if orders { Kind::Blocks } else { Kind::Other }));
            }
        }
    }
    found
}

fn label(record: &Record) -> (String, String) {
    let title = one_line(&record.title);
    let short: String = title.chars().take(SHOWN).collect();
    let more = if short.len() < title.len() { "…" } else { "" };
    (one_line(&record.id), format!("{short}{more}"))
}

/// The colour of a status.
fn colour(graph: &Graph, record: &Record) -> &'static str {
    match record.status() {
        "closed" => "#d9ead3",
        "in_progress" | "hooked" => "#fff2cc",
        _ if graph.is_ready(&record.id) => "#cfe2f3",
        _ => "#f4cccc",
    }
}

/// A directed graph for Graphviz.
pub fn dot(graph: &Graph, records: &[&Record]) -> String {
    let mut out = String::from(
        "digraph beads {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n",
    );
    for (at, record) in records.iter().enumerate() {
        let (id, title) = label(record);
        let (id, title) = (dot_text(&id), dot_text(&title));
        let colour = colour(graph, record);
        let _ = writeln!(out, "  n{at} [label=\"{id}\\n{title}\", fillcolor=\"{colour}\"];");
    }
    for (from, to, kind) in edges(graph, records) {
        let style = match kind {
            Kind::Blocks => "",
            Kind::Parent => " [style=dashed, arrowhead=none]",
            Kind::Other => " [style=dotted, constraint=false]",
        };
        let _ = writeln!(out, "  n{from} -> n{to}{style};");
    }
    out + "}\n"
}

/// Text inside the quotes of Graphviz.
fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A flow chart for Mermaid.
pub fn mermaid(graph: &Graph, records: &[&Record]) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, record) in records.iter().enumerate() {
        let (id, title) = label(record);
        let colour = colour(graph, record);
        let _ = writeln!(out, "  n{at}[\"{}<br/>{}\"]", mermaid_text(&id), mermaid_text(&title));
        let _ = writeln!(out, "  style n{at} fill:{colour}");
    }
    for (from, to, kind) in edges(graph, records) {
        let arrow = match kind {
            Kind::Blocks => "-->",
            Kind::Parent => "-.-",
            Kind::Other => "-. related .->",
        };
        let _ = writeln!(out, "  n{from} {arrow} n{to}");
    }
    out
}

/// Text inside the quotes of Mermaid: every mark by its number, for Mermaid has no other escape.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_punctuation() && !matches!(char, '.' | ',' | '-' | '_') {
            let _ = write!(out, "#{};", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::beads::Table;

    #[test]
    fn texts_stay_texts() {
        let text = concat!(
            r#"{"id":"a","title":"x\"] --> y\\ \n<b>;"}"#,
            "\n",
            r#"{"id":"b","title":"t","dependencies":[{"depends_on_id":"a","type":"blocks"}]}"#,
            "\n",
            r#"{"id":"a.1","title":"end","status":"closed","dependencies":[{"depends_on_id":"b","type":"related"}]}"#,
        );
        let table = Table::parse(text, "f").unwrap();
        let graph = table.graph();
        let records: Vec<_> = graph.records().collect();
        let dot = dot(&graph, &records);
        assert!(dot.contains(r##"n0 [label="a\nx\"] --> y\\ <b>;", fillcolor="#cfe2f3"];"##), "{dot}");
        assert!(
            dot.contains("  n0 -> n1;\n  n0 -> n2 [style=dashed, arrowhead=none];\n  n1 -> n2 [style=dotted"),
            "{dot}"
        );
        let mermaid = mermaid(&graph, &records);
        assert!(mermaid.contains("n0[\"a<br/>x#34;#93; --#62; y#92; #60;b#62;#59;\"]"), "{mermaid}");
        assert!(mermaid.contains("  n0 --> n1\n  n0 -.- n2\n  n1 -. related .-> n2\n"), "{mermaid}");
    }
}
