//! What is found in broken files, and what they become; never a line lost.

use super::*;

/// Codes with their lines, the mended text, and what was moved aside.
fn look(text: &str) -> (Vec<String>, String, Vec<String>) {
    look_at(text, None)
}

/// The same with what git has still to merge.
fn look_at(text: &str, stages: Option<[&str; 3]>) -> (Vec<String>, String, Vec<String>) {
    let stages = stages.map(|stages| stages.map(|text| Some(text.as_bytes().to_owned())));
    let found = examine(text.as_bytes(), stages.as_ref());
    let code = |finding: &Finding| {
        let lines: Vec<String> = finding.lines.iter().map(ToString::to_string).collect();
        let mark = if finding.fix.is_some() { "" } else { "!" };
        format!("{mark}{}:{}", finding.code, lines.join(","))
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (
        found.findings.iter().map(code).collect(),
        text(found.bytes),
        found.aside.into_iter().map(text).collect(),
    )
}

fn edge(from: &str, to: &str, kind: &str, second: u8) -> String {
    format!(
        r#"{{"issue_id":"{from}","depends_on_id":"{to}","type":"{kind}","created_at":"2026-01-01T00:00:{second:02}Z"}}"#
    )
}

fn issue(id: &str, edges: &[String]) -> String {
    format!(r#"{{"id":"{id}","title":"t","priority":1,"dependencies":[{}]}}"#, edges.join(",")) + "\n"
}

#[test]
fn what_is_wrong_is_named_and_mended_in_one_go() {
    let fine = "{\"id\":\"z\",\"title\":\"t\"  ,\"odd\":1e3}\n";
    let table = [
        ("nothing", String::new(), "", ""),
        ("a torn line", "{\"id\":\"a\",\"tit".to_owned(), "bad-line:2", ""),
        ("no id", "{\"title\":\"x\"}\n".to_owned(), "bad-line:2", ""),
        (
            "closed without a time",
            "{\"id\":\"a\",\"title\":\"t\",\"status\":\"closed\",\"updated_at\":\"2026-01-01T00:00:00Z\"}\n"
                .to_owned(),
            "closed-without-time:2",
            "{\"id\":\"a\",\"title\":\"t\",\"status\":\"closed\",\"updated_at\":\"2026-01-01T00:00:00Z\",\"closed_at\":\"2026-01-01T00:00:00Z\"}\n",
        ),
        (
            "open with one",
            "{\"id\":\"a\",\"title\":\"t\",\"closed_at\":\"2026-01-01T00:00:00Z\"}\n".to_owned(),
            "open-with-closed-at:2",
            "{\"id\":\"a\",\"title\":\"t\"}\n",
        ),
        (
            "itself",
            issue("a", &[edge("a", "a", "blocks", 1)]),
            "cycle:2",
            "{\"id\":\"a\",\"title\":\"t\",\"priority\":1}\n",
        ),
        ("external", issue("a", &[edge("a", "external:x:y", "blocks", 1)]), "", "="),
        (
            "a target that is not there",
            issue("a", &[edge("a", "b", "blocks", 1)]),
            "!dangling-dependency:2",
            "=",
        ),
        (
            "a parent that is not there",
            issue("a", &[edge("a", "b", "parent-child", 1)]),
            "dangling-parent:2 !dangling-dependency:2",
            &issue("a", &[edge("a", "b", "related", 1)]),
        ),
    ];
    for (name, line, codes, becomes) in table {
        let (found, text, aside) = look(&format!("{fine}{line}"));
        // What is left of a mended parent is seen the next time.
        let codes: Vec<&str> = codes.split_whitespace().take(1).collect();
        assert_eq!(found, codes, "{name}");
        let becomes = if becomes == "=" { &line } else { becomes };
        assert_eq!(text, format!("{fine}{becomes}"), "{name}: other lines keep their bytes");
        assert_eq!(aside.concat(), if codes == ["bad-line:2"] { line.trim_end() } else { "" }, "{name}");
        let again = look(&text).0;
        assert!(again.iter().all(|code| code.starts_with('!')), "{name}: {again:?}");
    }
}

#[test]
fn lines_of_one_issue_become_one() {
    let old = r#"{"id":"a","title":"old","labels":["x"],"comments":[{"id":1,"text":"c"}],"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}"#;
    let new = r#"{"id":"a","title":"new","labels":["y"],"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}"#;
    for text in [format!("{old}\n{new}\n"), format!("{new}\n{old}\n")] {
        let (found, text, aside) = look(&text);
        assert_eq!(found, ["duplicate-id:1,2"]);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["title"], &line["comments"][0]["text"]), (&"new".into(), &"c".into()));
        assert_eq!(line["labels"], serde_json::json!(["x", "y"]));
        assert_eq!(aside, [old], "what is overruled is kept");
    }
    let (found, text, aside) = look(&format!("{new}\n{new}\n"));
    assert_eq!((found.len(), text, aside.len()), (1, format!("{new}\n"), 0));
}

#[test]
fn a_circle_loses_its_newest_dependency_and_no_parent() {
    let (ab, bc, ca) =
        (edge("a", "b", "blocks", 1), edge("b", "c", "blocks", 3), edge("c", "a", "blocks", 2));
    let text = issue("a", &[ab]) + &issue("b", &[bc]) + &issue("c", &[ca]);
    let (found, mended, _) = look(&text);
    assert_eq!(found, ["cycle:1,2,3"]);
    assert_eq!(mended, text.replace(&edge("b", "c", "blocks", 3), &edge("b", "c", "related", 3)));
    assert!(look(&mended).0.is_empty());

    let own = issue("p", &[edge("p", "k", "blocks", 1)]) + &issue("k", &[edge("k", "p", "parent-child", 2)]);
    assert_eq!(look(&own).1, own.replace("blocks", "related"), "the parent stays");
}

#[test]
fn an_unfinished_merge_is_finished() {
    let line = |id: &str, title: &str, more: &str, second: u8| {
        format!(
            "{{\"id\":\"{id}\",\"title\":\"{title}\",\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-01T00:00:{second:02}Z\"{more}}}\n"
        )
    };
    let (a, b) = (line("a", "t", "", 1), line("b", "t", ",\"labels\":[\"x\"]", 1));
    let (ours, theirs) = (line("b", "ours", ",\"labels\":[\"x\"]", 2), line("b", "t", ",\"priority\":0", 3));
    let diff3 = format!(
        "{a}<<<<<<< HEAD\n{ours}||||||| base\n{b}=======\n{theirs}{}>>>>>>> other\n",
        line("c", "t", "", 1)
    );
    let (found, text, aside) = look(&diff3);
    assert_eq!((found, aside.len()), (vec!["merge-conflict:2,4,6,9".to_owned()], 0));
    let ids: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!((&ids[1]["title"], &ids[1]["priority"]), (&"ours".into(), &0.into()));
    assert!(ids[1]["labels"].is_null(), "the base tells that a label was removed");

    // Without the base nothing is known to be removed, and another title is another version.
    let plain = format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n{a}");
    let (_, text, _) = look(&plain);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["title"]), (2, &"t".into()), "{text}");
    assert_eq!(lines[0]["labels"], serde_json::json!(["x"]));

    let torn = format!("{a}=======\n{b}<<<<<<< HEAD\n");
    let (found, text, aside) = look(&torn);
    assert_eq!((found[0].as_str(), text, aside.len()), ("merge-conflict:2,4", format!("{a}{b}"), 2));
}

#[test]
fn what_git_holds_is_merged_and_nothing_written_by_hand_lost() {
    let (base, ours) = (issue("a", &[]) + &issue("b", &[]), issue("a", &[edge("a", "b", "blocks", 1)]));
    let ours = ours + &issue("b", &[]);
    let theirs = issue("a", &[]) + &issue("b", &[edge("b", "a", "blocks", 2)]) + &issue("c", &[]);
    let stages = Some([base.as_str(), &ours, &theirs]);
    let (found, text, aside) = look_at(&ours, stages);
    assert_eq!((found[0].as_str(), found[1].split(':').next(), aside.len()), ("unmerged:", Some("cycle"), 0));
    assert!(text.contains("related") && text.lines().count() == 3, "{text}");
    let again = look_at(&text, stages);
    assert_eq!(again, (vec!["!unmerged:".to_owned()], text.clone(), vec![]), "what was mended stays so");
    let by_hand = issue("d", &[]);
    let marked = format!("<<<<<<< x\n{ours}=======\n{by_hand}>>>>>>> y\n");
    let (found, merged, aside) = look_at(&marked, stages);
    assert_eq!(
        (found[0].as_str(), merged, aside.concat()),
        ("merge-conflict:1,4,6", text, by_hand.trim().to_owned())
    );

    let deleted = [Some(base.clone().into_bytes()), Some(ours.clone().into_bytes()), None];
    let found = examine(ours.as_bytes(), Some(&deleted));
    assert_eq!((found.findings[0].code, &found.findings[0].fix), ("unmerged", &None));
    assert_eq!((found.findings[0].severity, found.bytes), (Severity::Problem, ours.into_bytes()));
}

#[test]
fn two_issues_under_one_id_both_stay() {
    let task = |id: &str, title: &str, at: &str, edges: &[String]| {
        let list = edges.join(",");
        format!(
            "{{\"id\":\"{id}\",\"title\":\"{title}\",\"created_at\":\"{at}\",\"dependencies\":[{list}]}}\n"
        )
    };
    let below = |id: &str| edge(id, "p.1", "parent-child", 1);
    // As a union of two branches leaves it: ours, then theirs.
    let first = task("p.1", "first", "2026-01-01T00:00:01.5Z", &[edge("p.1", "p", "parent-child", 1)]);
    let own = task("p.1.1", "own", "2026-01-01T00:00:02.5Z", &[below("p.1.1")]);
    let second = task("p.1", "second", "2026-01-01T00:00:03.5Z", &[edge("p.1", "p", "parent-child", 1)]);
    let other = task("p.1.1", "other", "2026-01-01T00:00:04.5Z", &[below("p.1.1")]);
    let waits = task("x", "waits", "2026-01-01T00:00:05.5Z", &[edge("x", "p.1.1", "blocks", 1)]);
    let common = task("p", "p", "2026-01-01T00:00:00.5Z", &[]);
    let text = format!("{common}{first}{own}{second}{other}{waits}");
    let (found, mended, aside) = look(&text);
    assert_eq!((found, aside.len()), (vec!["shared-id:2,4".to_owned()], 0), "{mended}");
    let new = mended.lines().nth(3).unwrap().split('"').nth(3).unwrap().to_owned();
    assert!(new.starts_with("p.") && new.len() == 8, "{new}");
    let theirs = format!("{second}{other}{waits}").replace("p.1", &new);
    assert_eq!(mended, format!("{common}{first}{own}{theirs}"), "its child and who waits for that follow");
    assert_eq!(look(&mended).0, Vec::<String>::new());

    // Where the order tells nothing each line is still kept.
    let sorted = format!("{common}{first}{second}{own}{other}");
    let (found, mended, _) = look(&sorted);
    assert_eq!(found, ["shared-id:2,3", "shared-id:4,5"]);
    for title in ["first", "second", "own", "other"] {
        assert!(mended.contains(&format!("\"title\":\"{title}\"")), "{mended}");
    }
    // Another version of one issue, of a tool that writes whole seconds, is no second issue.
    let again = task("p", "q", "2026-01-01T00:00:00Z", &[]);
    assert_eq!(look(&format!("{common}{again}")).0, ["duplicate-id:1,2"]);
}

#[test]
fn a_newer_file_and_odd_bytes_are_handled() {
    let newer = "{\"_schema\":\"beads-jsonl/2\"}\n{\"id\":\"a\",\"status\":\"closed\"}\n";
    let (found, text, _) = look(newer);
    assert_eq!((found, text.as_str()), (vec!["!newer-format:1".to_owned()], newer));

    let found = examine(b"\xef\xbb\xbf{\"id\":\"a\",\"title\":\"t\"}\r\n\xff\xfe\r\n", None);
    assert_eq!(found.bytes, b"{\"id\":\"a\",\"title\":\"t\"}\r\n");
    assert_eq!(found.aside, [b"\xff\xfe".to_vec()]);
}
