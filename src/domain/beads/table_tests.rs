//! What a table keeps, counts and refuses.

use super::*;

fn written(table: &Table) -> String {
    let mut out = Vec::new();
    table.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_not_touched_survives_byte_for_byte() {
    let text = "{\"_schema\":\"beads-jsonl/1\"}\r\n \t\r\n{\"_type\":\"memory\",\"key\":\"k\"}\n\
                { \"id\" : \"bd-1\" , \"zzz\":1e3 }\r\n{\"_type\":\"later\",\"id\":\"x\"}\n{\"id\":\"bd-2\"}";
    let mut table = Table::parse(text, "f").unwrap();
    assert_eq!(written(&table), text);
    table.edit("bd-1", |line| line.set("priority", "3")).unwrap();
    let lines: Vec<String> = written(&table).split_inclusive('\n').map(str::to_owned).collect();
    let before: Vec<&str> = text.split_inclusive('\n').collect();
    for at in [0, 1, 2, 4, 5] {
        assert_eq!(lines[at], before[at]);
    }
    assert!(
        lines[3].starts_with("{ \"id\" : \"bd-1\",\"priority\":3,\"updated_at\":\"")
            && lines[3].ends_with(" , \"zzz\":1e3 }\r\n")
    );
    table.push(&Line::new("{\"id\":\"bd-3\"}")).unwrap();
    assert!(written(&table).ends_with("{\"id\":\"bd-2\"}\n{\"id\":\"bd-3\"}\n"));
    assert_eq!(table.records().count(), 3);
}

#[test]
fn the_latest_of_two_lines_counts() {
    let line =
        |at: &str, title: &str| format!("{{\"id\":\"a\",\"title\":\"{title}\",\"updated_at\":\"{at}\"}}\n");
    let (old, new) = (line("2026-01-01T00:00:00Z", "old"), line("2099-01-01T01:00:00+01:00", "new"));
    for text in [format!("{old}{new}"), format!("{new}{old}")] {
        let mut table = Table::parse(&text, "f").unwrap();
        assert_eq!(&*table.get("a").unwrap().title, "new");
        assert_eq!((table.records().count(), table.notices().len()), (1, 1));
        table.edit("a", |line| line.set_text("title", "edited")).unwrap();
        let text = written(&table);
        assert_eq!(&*Table::parse(&text, "f").unwrap().get("a").unwrap().title, "edited");
    }
}

#[test]
fn bad_lines_are_named() {
    let table = [
        ("\u{feff}{}", "line 1 starts with a byte order mark"),
        ("{\"id\":\"a\"}\n<<<<<<< HEAD\n", "line 2 is a merge conflict marker"),
        ("{\"id\":\"a\"}\n\n{\"id\":\"b\",\"tit", "line 3 is cut off"),
        ("{\"id\":\"a\",}\n", "line 1 is not a JSON object"),
        ("[]\n", "line 1 is not a JSON object"),
        ("{\"title\":\"t\"}\n", "line 1 is an issue without an `id`"),
        ("{\"_schema\":\"beads-jsonl/2\"}\n", "`beads-jsonl/2` is not known"),
    ];
    for (text, expected) in table {
        let error = Table::parse(text, "f").unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Fault::Invalid { .. })));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn short_ids_resolve_when_there_is_one() {
    let table = Table::parse("{\"id\":\"a-1\"}\n{\"id\":\"a-2\"}\n{\"id\":\"b-2\"}\n", "f").unwrap();
    assert_eq!(table.resolve("1").unwrap(), "a-1");
    let error = table.resolve("2").unwrap_err();
    assert_eq!(error.to_string(), "`2` can mean `a-2`, `b-2`");
    assert_eq!(table.resolve_all(&["b-2", "1", "a-1"]).unwrap(), ["b-2", "a-1"]);
    for unknown in ["2", "", "-1", "a", "a-3"] {
        assert!(matches!(table.resolve(unknown).unwrap_err().downcast_ref(), Some(Fault::NotFound { .. })));
    }
}
