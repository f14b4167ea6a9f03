//! Files so long that they are read in pieces and by several threads, and printed as they come.

use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::sandbox::Sandbox;

const FILE: &str = ".beads/issues.jsonl";

/// Six megabytes: every tenth closed, every third waiting for the one before, all below an epic.
fn many() -> (Sandbox, String) {
    let text = "What is to be done, and \\\"why\\\".\\n".repeat(28);
    let mut lines = String::from("{\"id\":\"bn-e\",\"title\":\"epic\",\"issue_type\":\"epic\"}\r\n");
    for at in 0..6000 {
        let status = if at % 10 == 9 { "closed" } else { "open" };
        let waits = if at % 3 == 2 {
            format!(",{{\"depends_on_id\":\"bn-{}\",\"type\":\"blocks\"}}", at - 1)
        } else {
            String::new()
        };
        let _ = writeln!(
            lines,
            "{{\"id\":\"bn-{at}\",\"title\":\"number {at}\",\"description\":\"{text}\",\"status\":\"{status}\",\
             \"priority\":{},\"zzz\":1e3,\"dependencies\":[{{\"depends_on_id\":\"bn-e\",\"type\":\"parent-child\"}}{waits}]}}",
            at % 5
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write(FILE, lines.trim_end());
    (sandbox, lines.trim_end().to_owned())
}

#[test]
fn changes_touch_their_lines_and_no_other() {
    let (sandbox, before) = many();
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    assert_eq!(sandbox.run(&["beads", "update", "bn-0", "bn-3000", "--title", "new"]).code, 0);
    let closed = sandbox.run(&["beads", "close", "bn-4000"]);
    assert!(
        closed.stdout.contains("closed bn-4000") && closed.stdout.contains("ready  bn-4001"),
        "{closed:?}"
    );
    let child = sandbox.run(&["beads", "create", "child", "--parent", "bn-5999", "--silent"]);
    assert_eq!(child.stdout, "bn-5999.1\n", "{child:?}");
    assert_eq!(sandbox.run(&["beads", "comment", "bn-5998", "seen"]).code, 0);
    let after = sandbox.read(FILE);
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    assert_eq!(after.len(), before.len() + 1);
    for (at, line) in before.iter().enumerate() {
        if [1, 3001, 4001, 5999].contains(&at) {
            assert!(
                after[at] != *line && after[at].contains("\"zzz\":1e3,\"dependencies\""),
                "{}",
                after[at]
            );
        } else {
            assert_eq!(after[at].trim_end_matches('\n'), line.trim_end_matches('\n'));
        }
    }
    assert!(after[after.len() - 1].starts_with("{\"id\":\"bn-5999.1\""));
}

#[test]
fn a_long_list_is_whole_and_in_order() {
    let (sandbox, _) = many();
    let ready = sandbox.run(&["beads", "ready", "--json"]).json();
    let ready = ready.as_array().unwrap();
    assert_eq!(ready.len(), 3800 + 1);
    let priorities: Vec<i64> = ready.iter().map(|issue| issue["priority"].as_i64().unwrap()).collect();
    assert!(priorities.is_sorted());
    let all = sandbox.run(&["beads", "list", "--json", "--all"]).json();
    assert_eq!(all.as_array().unwrap().len(), 6001);
    let board = sandbox.run(&["board", "--json"]).json();
    let columns =
        ["blocked", "ready", "in_progress", "done"].map(|name| board[name].as_array().unwrap().len());
    assert_eq!(columns, [1600, 3801, 0, 600]);
}

#[test]
fn a_reader_who_has_had_enough_is_no_failure() {
    let (sandbox, _) = many();
    for args in [&["beads", "list", "--json"][..], &["board", "--json"], &["beads", "ready"]] {
        let mut child =
            sandbox.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 10]).unwrap();
        drop(out);
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{args:?} {out:?}");
    }
}

#[test]
fn a_bad_line_far_down_is_named() {
    let (sandbox, before) = many();
    let mut lines: Vec<&str> = before.split_inclusive('\n').collect();
    lines[5500] = "{\"id\":\"bn-5499\",}\n";
    lines[5900] = "<<<<<<< ours\n";
    let text = lines.concat();
    sandbox.write(FILE, &text);
    for args in [&["beads", "ready"][..], &["beads", "update", "bn-0", "-p", "1"]] {
        let out = sandbox.run(args);
        assert!(out.code == 2 && out.stderr.contains("line 5501 is not a JSON object"), "{out:?}");
    }
    assert_eq!(sandbox.read(FILE), text);
}

#[test]
fn a_line_of_ten_megabytes_is_one_line() {
    let long =
        format!("{{\"id\":\"bd-long\",\"title\":\"long\",\"notes\":\"{}\"}}", "ten bytes\\n".repeat(1 << 20));
    let sandbox = Sandbox::new();
    sandbox.write(FILE, format!("{{\"id\":\"bd-a\"}}\n{long}\n{{\"id\":\"bd-b\"}}\n"));
    assert_eq!(sandbox.run(&["beads", "update", "bd-b", "-p", "1"]).code, 0);
    assert_eq!(sandbox.read(FILE).split('\n').nth(1), Some(&*long));
    assert_eq!(sandbox.run(&["beads", "update", "bd-long", "-p", "1"]).code, 0);
    let shown = sandbox.run(&["beads", "show", "bd-long", "--json"]).json();
    assert_eq!(
        (shown[0]["priority"].as_i64(), shown[0]["notes"].as_str().unwrap().len()),
        (Some(1), 10 << 20)
    );
    let left = fs::read_dir(sandbox.path(".beads")).unwrap().count();
    assert_eq!(left, 1);
}
