//! Tables and properties of the graph's decisions.

use proptest::prelude::*;

use super::*;

const NOW: &str = "2026-06-01T00:00:00Z";

/// `id status[:type] kind>target…`: one issue; created in the order of the lines.
fn records(text: &str) -> Vec<Record<'static>> {
    let line = |(at, line): (usize, &str)| {
        let mut words = line.split_whitespace();
        let id = words.next().unwrap();
        let (status, kind) =
            words.next().unwrap().split_once(':').map_or((None, None), |(s, t)| (Some(s), Some(t)));
        let status = status.unwrap_or_else(|| line.split_whitespace().nth(1).unwrap());
        let edges: Vec<String> = words
            .filter_map(|word| word.split_once('>'))
            .map(|(kind, target)| format!(r#"{{"type":"{kind}","depends_on_id":"{target}"}}"#))
            .collect();
        let json = format!(
            r#"{{"id":"{id}","status":"{status}","issue_type":"{}","priority":2,"created_at":"2026-01-01T00:{at:02}:00Z","dependencies":[{}]}}"#,
            kind.unwrap_or("task"),
            edges.join(",")
        );
        Record::parse(&json).unwrap().into_owned()
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate().map(line).collect()
}

fn ready(text: &str) -> String {
    let records = records(text);
    let graph = Graph::new(&records, NOW.parse().unwrap());
    let ids: Vec<&str> =
        graph.ready(&Filter::default(), Sort::Priority).iter().map(|record| &*record.id).collect();
    ids.join(" ")
}

#[test]
fn ready_by_rule() {
    let table = [
        ("a open\nb open blocks>a", "a"),
        ("a closed\nb open blocks>a", "b"),
        ("a in_progress\nb open blocks>a", ""),
        ("a pinned\nb open blocks>a", "b"),
        ("a tombstone\nb open blocks>a", "b"),
        ("b open blocks>gone", "b"),
        ("a open\nb open conditional-blocks>a", "a"),
        ("a open\nb open related>a discovered-from>a parent_child>a", "a b"),
        ("x open\ne open:epic blocks>x\ne.1 open parent-child>e\ne.1.1 open parent-child>e.1", "x"),
        ("x open\ne closed:epic blocks>x\ne.1 open parent-child>e", "x e.1"),
        ("x open\ne open:epic blocks>x\ne.1 open", "x e.1"),
        ("e open:epic\ne.1 open parent-child>e", "e e.1"),
        ("a open blocks>b\nb open blocks>a", ""),
        ("a open blocks>a", ""),
        ("s open\ns.1 open parent-child>s\nw open waits-for>s", "s s.1"),
        ("s open\ns.1 closed parent-child>s\nw open waits-for>s", "s w"),
        ("s open\nw open waits-for>s", "s w"),
        ("g open:gate\nm open:molecule\nc open:chore", "c"),
    ];
    for (text, expected) in table {
        assert_eq!(ready(text), expected, "{text}");
    }
}

#[test]
fn the_loop_takes_no_epic_that_has_children() {
    let records = records("e open:epic\nf open:epic\ne.1 open parent-child>e\ne.2 open");
    let graph = Graph::new(&records, NOW.parse().unwrap());
    assert_eq!(&*graph.first(&Filter::default()).unwrap().id, "f");
    let below = Filter { epic: Some("e".into()), skip: vec!["e.1".into()], ..Filter::default() };
    assert_eq!(&*graph.first(&below).unwrap().id, "e.2");
    assert_eq!(graph.children("e").len(), 2);
    assert_eq!(&*graph.parent("e.2").unwrap().id, "e");
}

#[test]
fn who_blocks_whom() {
    let records =
        records("a open\nb open blocks>a blocks>a\ne open:epic blocks>a\ne.1 open parent-child>e blocks>b");
    let graph = Graph::new(&records, NOW.parse().unwrap());
    let blockers =
        |id| graph.blockers(id).iter().map(|by| format!("{}>{}", by.kind, by.id)).collect::<Vec<_>>();
    assert_eq!(blockers("a"), Vec::<String>::new());
    assert_eq!(blockers("b"), ["blocks>a"]);
    assert_eq!(blockers("e.1"), ["parent-child>e", "blocks>b"]);
}

#[test]
fn cycles_and_paths() {
    let records = records(
        "a open blocks>b\nb open blocks>c\nc open blocks>a\nd open blocks>a\ns open blocks>s\nr open related>r\n\
         e open:epic blocks>e.1\ne.1 open parent-child>e",
    );
    let graph = Graph::new(&records, NOW.parse().unwrap());
    assert_eq!(graph.cycles(), [vec!["a", "b", "c"], vec!["s"], vec!["e", "e.1"]]);
    assert_eq!(graph.path("d", "c"), Some(vec!["d", "a", "b", "c"]));
    assert_eq!(graph.path("c", "d"), None);
}

proptest! {
    /// On any graph of blocking edges: ready are exactly the open ones whose targets are all settled,
    /// and something is ready whenever something is open and no cycle exists.
    #[test]
    fn ready_is_what_has_no_open_target(edges in proptest::collection::vec((0usize..12, 0usize..12), 0..30), closed in 0u16..4096) {
        let text: Vec<String> = (0..12).map(|at| {
            let status = if closed >> at & 1 == 1 { "closed" } else { "open" };
            let targets: Vec<String> = edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| format!("blocks>n{to}")).collect();
            format!("n{at} {status} {}", targets.join(" "))
        }).collect();
        let records = records(&text.join("\n"));
        let graph = Graph::new(&records, NOW.parse().unwrap());
        for at in 0..12 {
            let open = |at: usize| closed >> at & 1 == 0;
            let expected = open(at) && !edges.iter().any(|(from, to)| *from == at && open(*to));
            prop_assert_eq!(graph.is_ready(&format!("n{at}")), expected);
            prop_assert_eq!(graph.blockers(&format!("n{at}")).is_empty(), expected || !open(at));
        }
        if graph.cycles().is_empty() && closed != 4095 {
            prop_assert!(!graph.ready(&Filter::default(), Sort::Priority).is_empty());
        }
    }
}
