//! Who wins, what is kept and what is sent.

use super::*;

const OURS: &str = r#"{"id":"a","title":"t","zzz":1e3,"status":"open","priority":1,"issue_type":"task","updated_at":"UPDATED","metadata":{"b":1,"a":1e3}}"#;
const THEIRS: &str = r#"{"_type":"issue","id":"a","title":"t","status":"open","priority":1,"issue_type":"task","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T10:00:00Z","metadata":{"a":1000,"b":1},"dependency_count":0}"#;

fn exchange(ours: &str, theirs: &str, ties: Ties) -> Exchange {
    Exchange::new(
        &Table::parse(ours, "f").unwrap(),
        &Table::parse(theirs, "bd").unwrap(),
        Terms { ties, dolt: true },
    )
    .unwrap()
}

fn ways(exchange: &Exchange) -> (usize, usize) {
    (exchange.take.len(), exchange.give.len())
}

#[test]
fn the_newer_side_counts_and_the_same_content_is_no_change() {
    let ours = |at: &str| OURS.replace("UPDATED", at);
    assert_eq!(ways(&exchange(&ours("2030-01-01T00:00:00Z"), THEIRS, Ties::Ours)), (0, 0));
    let theirs = THEIRS.replace("\"title\":\"t\"", "\"title\":\"theirs\"");
    let table = [
        ("2026-01-01T10:00:00.6Z", Ties::Theirs, (0, 1)),
        ("2026-01-01T09:59:59.4Z", Ties::Ours, (1, 0)),
        // Its 10:00:00 may be anything from 09:59:59.5 on.
        ("2026-01-01T10:00:00.4Z", Ties::Theirs, (1, 0)),
        ("2026-01-01T10:00:00.4Z", Ties::Ours, (0, 1)),
        ("2026-01-01T09:59:59.7Z", Ties::Ours, (0, 1)),
        ("", Ties::Ours, (1, 0)),
    ];
    for (at, ties, expected) in table {
        assert_eq!(ways(&exchange(&ours(at), &theirs, ties)), expected, "{at} {ties:?}");
    }
}

#[test]
fn what_only_one_side_has_goes_to_the_other() {
    let found = exchange(
        "{\"id\":\"mine\"}\n{\"id\":\"gone\",\"status\":\"tombstone\"}\n",
        "{\"_type\":\"issue\",\"id\":\"yours\",\"comment_count\":0}\n",
        Ties::Ours,
    );
    assert_eq!(found.give.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(
        found.take[0].1.text(),
        "{\"id\":\"yours\",\"status\":\"open\",\"priority\":0,\"issue_type\":\"task\"}"
    );
}

#[test]
fn taking_keeps_what_bd_does_not_know_and_every_comment() {
    let ours = r#"{"id":"a","zzz":1e3,"title":"t","notes":"old","updated_at":"2026-01-01T00:00:00Z","dependencies":[{"depends_on_id":"x","type":"blocks","thread_id":"q"},{"depends_on_id":"y","type":"blocks"}],"comments":[{"id":1,"author":"a","text":"ours","created_at":"2026-01-01T00:00:00.7Z"}]}"#;
    let theirs = r#"{"_type":"issue","id":"a","title":"new","updated_at":"2026-02-01T00:00:00Z","dependencies":[{"depends_on_id":"x","type":"blocks","metadata":"{}"},{"depends_on_id":"z","type":"related"}],"comments":[{"id":"u","author":"b","text":"theirs"}],"comment_count":1}"#;
    let found = exchange(ours, theirs, Ties::Ours);
    let text = merged(&format!("{ours}\r\n{{\"id\":\"b\"}}"), &found.take).unwrap();
    assert_eq!(
        text,
        "{\"id\":\"a\",\"zzz\":1e3,\"title\":\"new\",\"status\":\"open\",\"priority\":0,\"issue_type\":\"task\",\
         \"updated_at\":\"2026-02-01T00:00:00Z\",\"dependencies\":[{\"depends_on_id\":\"x\",\"type\":\"blocks\",\
         \"thread_id\":\"q\"},{\"depends_on_id\":\"z\",\"type\":\"related\"}],\"comments\":[{\"id\":1,\"author\":\"a\",\
         \"text\":\"ours\",\"created_at\":\"2026-01-01T00:00:00.7Z\"},{\"id\":\"u\",\"author\":\"b\",\"text\":\"theirs\"}]}\r\n\
         {\"id\":\"b\"}"
    );
}

#[test]
fn giving_repeats_no_comment_and_names_what_must_go() {
    let ours = r#"{"id":"a","title":"t","labels":["l"],"updated_at":"2026-03-01T00:00:00Z","comments":[{"id":1,"author":"a","text":"known","created_at":"2026-01-01T00:00:00.7Z"},{"id":2,"author":"a","text":"new","created_at":"2026-01-01T00:00:00.7Z"}]}"#;
    let theirs = r#"{"_type":"issue","id":"a","title":"t","labels":["l","m"],"updated_at":"2026-02-01T00:00:00Z","dependencies":[{"depends_on_id":"x","type":"blocks"}],"comments":[{"id":"u","author":"a","text":"known","created_at":"2026-01-01T00:00:01Z"}]}"#;
    let found = exchange(ours, theirs, Ties::Ours);
    assert_eq!(found.drop_labels, [("a".to_owned(), vec!["m".to_owned()])]);
    assert_eq!(found.drop_deps, [("a".to_owned(), "x".to_owned())]);
    let line: Value = serde_json::from_str(found.give[0].1.text()).unwrap();
    assert_eq!(line["comments"][0]["id"], "u");
    assert_eq!(line["comments"][0]["created_at"], "2026-01-01T00:00:01Z");
    assert_eq!(line["comments"][1]["id"].as_str().unwrap().len(), 36);
    assert_eq!(line["comments"][1]["created_at"], "2026-01-01T00:00:01Z");
}

#[test]
fn the_line_that_counts_is_replaced_and_new_ones_come_last() {
    let text = "{\"id\":\"a\",\"updated_at\":\"2026-02-01T00:00:00Z\"}\n\n{\"id\":\"a\",\"updated_at\":\"2026-01-01T00:00:00Z\"}";
    let take = [
        ("a".to_owned(), Line::new("{\"id\":\"a\",\"x\":1}")),
        ("b".to_owned(), Line::new("{\"id\":\"b\"}")),
    ];
    let expected =
        "{\"id\":\"a\",\"x\":1}\n\n{\"id\":\"a\",\"updated_at\":\"2026-01-01T00:00:00Z\"}\n{\"id\":\"b\"}\n";
    assert_eq!(merged(text, &take).unwrap(), expected);
}
