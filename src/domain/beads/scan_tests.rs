//! What the scanner takes means the same to `serde_json`.

use proptest::prelude::*;

use super::*;
use crate::domain::beads::record::InLine;

fn plain(line: &str) -> Option<Record<'_>> {
    Scanner::new(InLine).plain(line)
}

#[test]
fn plain_lines_need_no_second_look() {
    let lines = [
        r#"{"id":"a-1","title":"a \u003c b \"c\"","priority":2,"labels":["x","y\\"],"pinned":false}"#,
        r#"{ "id" : "a-1" , "labels" : [ ] , "zzz" : [1, -0.5e+3, {"a": [null, true]}] }"#,
        r#"{"id":"a","dependencies":[{"issue_id":"a","depends_on_id":"b","type":"waits-for","metadata":"{}"}]}"#,
        r#"{"id":"a","dependencies":[{"depends_on_id":"b","metadata":"{\"gate\":\"any-children\"}"},{}]}"#,
        r#"{"_type":"issue","id":"a","assignee":null,"dependencies":null,"priority":null,"wisp":null}"#,
        "{}\n",
        "{\"id\":\"a\"} \r\n",
    ];
    for line in lines {
        assert_eq!(plain(line), Some(Record::parse_slowly(line).unwrap()), "{line}");
    }
}

#[test]
fn whatever_is_odd_is_left_alone() {
    let lines = [
        "",
        "[]",
        "{",
        r#"{"id":"a""#,
        r#"{"id":"a",}"#,
        r#"{"id":"a"}}"#,
        r#"{"id":"a"} x"#,
        r#"{"id":"a" "title":1}"#,
        r#"{"id":"a","id":"b"}"#,
        r#"{"id":7}"#,
        r#"{"id":true}"#,
        r#"{"i\u0064":"a"}"#,
        r#"{"title":"\ud800"}"#,
        r#"{"title":"\x"}"#,
        r#"{"notes":"\u00g0"}"#,
        r#"{"priority":1.0}"#,
        r#"{"priority":01}"#,
        r#"{"priority":-1}"#,
        r#"{"n":-}"#,
        r#"{"n":1.}"#,
        r#"{"n":nul}"#,
        r#"{"n":[1,]}"#,
        r#"{"dependencies":[["b","blocks"]]}"#,
        "{\"notes\":\"a\tb\"}",
        "{\t\"id\":\"a\"}",
    ];
    for line in lines {
        assert_eq!(plain(line), None, "{line}");
    }
    let deep = format!("{{\"n\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(plain(&deep), None);
    assert!(Record::parse(&deep).is_ok());
}

/// A JSON value as tools write it, or nearly so.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[ -~äß日🚀]{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        r#""([a-z"]|\\[\\"/bfnrtu]|\\u[0-9a-fA-Fx]{4}|\\ud83d\\ude80){0,4}""#,
        "-?[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]?)?",
        "null|true|false|nul",
        "\"\\{(gate)?\\}\"",
    ];
    leaf.prop_recursive(4, 12, 4, |inner| {
        let member = (r#""(gate|type|depends_on_id|metadata|x|\\u0078)""#, inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(member.prop_map(|(key, value)| format!("{key}:{value}")), 0..4)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn line() -> impl Strategy<Value = String> {
    let texts = r#""(_type|_schema|id|title|status|issue_type|assignee|created_at|updated_at|closed_at|defer_until|notes)""#;
    let text = "[ -~äß日🚀]{0,60}".prop_map(|text| serde_json::Value::from(text).to_string());
    let others = r#""(priority|labels|dependencies|pinned|ephemeral|wisp|id|title|x)""#;
    let edge = (value(), value()).prop_map(|(target, metadata)| {
        format!(r#"[{{"depends_on_id":{target},"type":"blocks","metadata":{metadata}}}]"#)
    });
    let member = prop_oneof![
        4 => (texts, text).prop_map(|(key, value)| format!("{key}:{value}")),
        2 => (others, value()).prop_map(|(key, value)| format!("{key} : {value}")),
        1 => edge.prop_map(|edges| format!("\"dependencies\":{edges}")),
        1 => Just("\"labels\":[\"a\", \"b\"]".to_owned()),
    ];
    prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_taken_means_the_same(line in line()) {
        if let Some(record) = plain(&line) {
            let slow = Record::parse_slowly(&line);
            prop_assert!(slow.is_ok(), "{} {:?}", line, slow);
            prop_assert_eq!(record, slow.unwrap());
        }
    }

    #[test]
    fn a_broken_line_is_never_taken(line in line(), at in any::<prop::sample::Index>(), with in prop::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", " ", "\u{1}", "x", "e", "-"])) {
        let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        let at = places[at.index(places.len())];
        let mut broken = line.clone();
        let end = at + line[at..].chars().next().map_or(0, char::len_utf8);
        broken.replace_range(at..end, with);
        if let Some(record) = plain(&broken) {
            let slow = Record::parse_slowly(&broken);
            prop_assert!(slow.is_ok(), "{} {:?}", broken, slow);
            prop_assert_eq!(record, slow.unwrap());
        }
    }
}
