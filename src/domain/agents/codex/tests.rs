//! Recorded sessions of the real CLI (0.169.0; called without its launcher in `native`) and what they come
//! to. The model behind them was scripted.

use proptest::prelude::*;

use super::*;
use crate::domain::agents::{Class, Failure};
use crate::domain::attempt::completion::{Ended, Verdict, judge};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents/codex/", $name, ".ndjson"))
    };
}

fn read(text: &str) -> (Stream, Vec<Signal>) {
    let mut stream = Stream::default();
    let signals = text.lines().flat_map(|line| stream.line(line.as_bytes())).collect();
    (stream, signals)
}

/// Verdict in one word, class or promise with it; a negative code is a signal.
fn verdict(code: i32, report: &Report) -> String {
    let ended = Ended {
        code: Some(code).filter(|code| *code >= 0),
        signal: Some(-code).filter(|signal| *signal > 0),
        ..Ended::default()
    };
    match judge(&ended, report) {
        Verdict::Broken(failure) => format!("{:?}", failure.class),
        Verdict::Complete => "complete".into(),
        Verdict::Incomplete(_) => "incomplete".into(),
        other => format!("{other:?}"),
    }
}

const READING: &str = "Reading prompt from stdin...\n";
const LOG: &str = "2026-11-20T09:53:46.377538Z ERROR codex_core::session: failed to record rollout items: thread \
                   01a1f860-5452-7db0-86b4-1d526fdf53eb not found\n";

#[test]
fn recorded_sessions_come_to_what_they_were() {
    // name, stream, exit code, verdict, calls of the model (1000 tokens of input, 2000 cached, 50 of output)
    type Row = (&'static str, &'static str, i32, &'static str, u64);
    let table: [Row; 41] = [
        ("success", recorded!("success"), 0, "complete", 3),
        ("appendprompt", recorded!("appendprompt"), 0, "complete", 1),
        ("lastmessage", recorded!("lastmessage"), 0, "complete", 2),
        ("toolfail", recorded!("toolfail"), 0, "complete", 5),
        ("drop", recorded!("drop"), 0, "complete", 2),
        ("err500", recorded!("err500"), 0, "complete", 2),
        ("overloaded529", recorded!("overloaded529"), 0, "complete", 2),
        ("rate429", recorded!("rate429"), 0, "complete", 2),
        ("echo", recorded!("echo"), 0, "incomplete", 2),
        ("marker_early", recorded!("marker_early"), 0, "incomplete", 2),
        ("nomarker", recorded!("nomarker"), 0, "incomplete", 2),
        ("schema", recorded!("schema"), 0, "incomplete", 2),
        ("resume", recorded!("resume"), 0, "incomplete", 2),
        ("resume.2", recorded!("resume.2"), 0, "complete", 3),
        ("auth401", recorded!("auth401"), 1, "Authentication", 0),
        ("forbidden403", recorded!("forbidden403"), 1, "Authentication", 0),
        ("insufficient_quota", recorded!("insufficient_quota"), 1, "Billing", 0),
        ("usage_limit_codex", recorded!("usage_limit_codex"), 1, "RateLimit", 0),
        ("rate429_forever", recorded!("rate429_forever"), 1, "RateLimit", 0),
        ("model404", recorded!("model404"), 1, "Model", 0),
        ("toolong400", recorded!("toolong400"), 1, "ContextTooLong", 0),
        ("drop_before_forever", recorded!("drop_before_forever"), 1, "Overload", 0),
        ("drop_forever", recorded!("drop_forever"), 1, "Overload", 0),
        ("err500_few_retries", recorded!("err500_few_retries"), 1, "Overload", 0),
        ("err500_forever", recorded!("err500_forever"), 1, "Overload", 0),
        ("overloaded529_forever", recorded!("overloaded529_forever"), 1, "Overload", 0),
        ("rate429_long", recorded!("rate429_long"), -9, "Aborted", 0),
        ("noserver", recorded!("noserver"), -9, "Aborted", 0),
        ("noserver_few_retries", recorded!("noserver_few_retries"), -9, "Aborted", 0),
        ("kill_int_group", recorded!("kill_int_group"), 1, "Other", 0),
        ("kill_int_pid", recorded!("kill_int_pid"), 1, "Other", 0),
        ("kill_kill_group", recorded!("kill_kill_group"), -9, "Aborted", 0),
        ("kill_kill_pid", recorded!("kill_kill_pid"), -9, "Aborted", 0),
        ("kill_term_group", recorded!("kill_term_group"), -15, "Aborted", 0),
        ("kill_term_pid", recorded!("kill_term_pid"), -15, "Aborted", 0),
        ("native int group", recorded!("native/kill_int_group"), 1, "Other", 0),
        ("native int pid", recorded!("native/kill_int_pid"), 1, "Other", 0),
        ("native kill group", recorded!("native/kill_kill_group"), -9, "Aborted", 0),
        ("native kill pid", recorded!("native/kill_kill_pid"), -9, "Aborted", 0),
        ("native term group", recorded!("native/kill_term_group"), -15, "Aborted", 0),
        ("native term pid", recorded!("native/kill_term_pid"), -15, "Aborted", 0),
    ];
    for (name, text, code, expected, calls) in table {
        let (mut stream, signals) = read(text);
        assert_eq!(stream.busy(), name.contains("kill") || name.starts_with("native"), "{name}");
        let stderr = if name.contains("int") { [READING, LOG].concat() } else { READING.to_owned() };
        stream.ended(Some(code).filter(|code| *code >= 0), &stderr);
        let report = stream.report();
        assert_eq!(verdict(code, &report), expected, "{name}: {report:?}");
        let usage = Usage { input: 1000 * calls, cached: 2000 * calls, cache_write: 0, output: 50 * calls };
        assert_eq!(report.usage, usage, "{name}");
        assert_eq!((report.usd, report.model), (None, None), "{name}");
        assert!(matches!(&signals[0], Signal::Session(id) if Some(id) == report.session.as_ref()), "{name}");
    }
}

#[test]
fn a_continued_session_counts_only_what_is_new() {
    let (first, _) = read(recorded!("resume"));
    let mut second = Stream::new(first.report().usage);
    let signals: Vec<Signal> =
        recorded!("resume.2").lines().flat_map(|line| second.line(line.as_bytes())).collect();
    let usage = Usage { input: 1000, cached: 2000, cache_write: 0, output: 50 };
    assert_eq!(second.report().usage, usage);
    assert_eq!(second.report().session, first.report().session);
    assert_eq!(signals.last(), Some(&Signal::Used { usage, usd: None }));
    // One that used nothing new, and one that never said anything.
    let (all, _) = read(recorded!("resume.2"));
    assert_eq!(Stream::new(all.report().usage).report().usage, Usage::default());
}

#[test]
fn signals_are_the_agents_own_words_and_calls() {
    let shown = |text: &str| -> Vec<String> {
        let show = |signal: &Signal| match signal {
            Signal::Message(text) => Some(text.lines().next().unwrap_or_default().to_owned()),
            Signal::Tool { name, detail } => Some(format!("{name}: {detail}")),
            Signal::Retry { class, words, until: None } => Some(format!("{class:?}: {words}")),
            Signal::Retry { .. } => Some("until".into()),
            _ => None,
        };
        read(text).1.iter().filter_map(show).collect()
    };
    let expected = [
        "I will create the file.",
        "file_change: $WORK/hello.txt",
        "command_execution: /bin/bash -lc 'cat hello.txt && wc -c hello.txt'",
        "Created hello.txt and checked it.",
    ];
    assert_eq!(shown(recorded!("success")), expected);
    let dropped = "Overload: stream disconnected before completion: Transport error: network error: error decoding \
                   response body";
    assert_eq!(shown(recorded!("drop_forever"))[2..], [dropped; 6]);
    let limited = "RateLimit: exceeded retry limit, last status: 429 Too Many Requests";
    assert_eq!(shown(recorded!("rate429"))[..2], [limited; 2]);
    assert_eq!(shown(recorded!("rate429_long")), [limited]);
    assert_eq!(shown(recorded!("noserver")), ["Overload: Connection failed: error sending request"; 10]);
    let refused = "Authentication: unexpected status 401 Unauthorized: invalid x-api-key";
    assert_eq!(shown(recorded!("auth401")), [refused; 6]);
    // Servers, searches and what comes finished, as the CLI prints them.
    let item =
        |kind: &str, fields: &str| format!(r#"{{"type":"item.{kind}","item":{{"id":"item_0",{fields}}}}}"#);
    let mcp = r#""type":"mcp_tool_call","server":"docs","tool":"find","arguments":{"query":"x"}"#;
    let search = r#""type":"web_search","query":"rust\nbook","action":{}"#;
    let both = [item("started", mcp), item("completed", mcp), item("completed", search)].join("\n");
    assert_eq!(shown(&both), ["docs.find: x", "web_search: rust book"]);
}

#[test]
fn limits_say_until_when() {
    let line = |message: &str| {
        format!(
            "{{\"type\":\"turn.failed\",\"error\":{{\"message\":\"You’ve hit your usage limit. {message}\"}}}}"
        )
    };
    let not_before = |message: &str| match read(&line(message)).0.report().terminal {
        Terminal::Failure(Failure { class: Class::RateLimit, not_before, .. }) => not_before,
        other => panic!("{other:?}"),
    };
    let soon = not_before("Try again in 2 hours 5 minutes.").unwrap().duration_since(clock::now());
    assert!((7490..=7500).contains(&soon.as_secs()), "{soon}");
    assert_eq!(not_before("Try again later."), None);
}

const TOLD: &str = r#"{"type":"item.completed","item":{"id":"item_9","type":"agent_message","text":"x\n<promise>COMPLETE</promise>"}}"#;
const DONE: &str = r#"{"type":"turn.completed","usage":{"input_tokens":9,"output_tokens":1}}"#;
const CALL: &str =
    r#"{"type":"item.started","item":{"id":"item_3","type":"command_execution","command":"ls"}}"#;
const CALLED: &str = r#"{"type":"item.completed","item":{"id":"item_3","type":"command_execution","command":"ls","aggregated_output":"unexpected status 401 rate limit\n<promise>COMPLETE</promise>","exit_code":1,"status":"failed"}}"#;
const FAILED: &str = r#"{"type":"turn.failed","error":{"message":"Quota exceeded."}}"#;

/// What a stream of `lines` comes to with exit code 0.
fn ends(lines: &[&str]) -> String {
    let (mut stream, _) = read(&lines.join("\n"));
    stream.ended(Some(0), "");
    verdict(0, &stream.report())
}

#[test]
fn odd_streams_complete_nothing() {
    let warning = r#"{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `m` not found."}}"#;
    let plan = r#"{"type":"item.completed","item":{"id":"item_5","type":"todo_list","items":[]}}"#;
    let error = r#"{"type":"error","message":"Reconnecting... 1/5 (x)"}"#;
    let turn = r#"{"type":"turn.started"}"#;
    let table: [(&[&str], &str); 17] = [
        (&[TOLD, DONE], "complete"),
        (&[warning, TOLD, plan, DONE, warning], "complete"),
        (
            &["warning: x", "", "[1,2]", "\"turn.completed\"", "12", TOLD, DONE, "{\"type\":\"new\"}"],
            "complete",
        ),
        (&[CALL, CALLED, TOLD, DONE], "complete"),
        // A call that began before the message and ends after it.
        (&[CALL, TOLD, CALLED, DONE], "complete"),
        (&[error, TOLD, error, DONE], "complete"),
        (&[TOLD, DONE, "{\"type\":\"turn.comp"], "complete"),
        (&[TOLD], "Other"),
        (&[DONE], "incomplete"),
        (&[TOLD, CALL, CALLED, DONE], "incomplete"),
        (&[TOLD, CALLED, DONE], "incomplete"),
        (&[TOLD, DONE, turn], "Other"),
        (&[TOLD, DONE, turn, DONE], "incomplete"),
        (&[TOLD, DONE, CALL], "Other"),
        (&[TOLD, DONE, error], "Other"),
        (&[TOLD, FAILED], "Billing"),
        (&[TOLD, DONE, FAILED], "Billing"),
    ];
    for (lines, expected) in table {
        assert_eq!(ends(lines), expected, "{lines:#?}");
    }
}

#[test]
fn busy_is_between_start_and_end_of_a_tool() {
    let mut stream = Stream::default();
    let mut busy = |line: &str| {
        stream.line(line.as_bytes());
        stream.busy()
    };
    let other = CALL.replace("item_3", "item_4");
    let steps = [(CALL, true), (CALLED, false), (CALL, true), (&other, true), (CALLED, true), (DONE, false)];
    for (line, expected) in steps {
        assert_eq!(busy(line), expected, "{line}");
    }
    for number in 0..1000 {
        stream.line(CALL.replace("item_3", &format!("item_{number}")).as_bytes());
        assert!(stream.running.len() <= RUNNING);
    }
    let mut stream = Stream::default();
    stream.line(CALL.as_bytes());
    stream.oversized(br#"{"type":"item.completed","item":{"id":"item_3","type":"command_execution","aggr"#);
    assert!(!stream.busy());
}

#[test]
fn long_lines_and_ends_without_a_word() {
    let big = format!(
        r#"{{"item":{{"aggregated_output":"{}","type":"command_execution"}},"type":"item.completed"}}"#,
        "<promise>COMPLETE</promise>\\n".repeat(400_000)
    );
    assert_eq!(read(&big).1.len(), 1);
    // Of an oversized message the end is not known.
    let (mut stream, _) = read(TOLD);
    stream.oversized(&TOLD.as_bytes()[..80]);
    stream.line(DONE.as_bytes());
    assert_eq!(verdict(0, &stream.report()), "incomplete");
    let ended = |lines: &[&str], code, stderr: &str| {
        let (mut stream, _) = read(&lines.join("\n"));
        stream.ended(code, stderr);
        stream.report().terminal
    };
    let class = |terminal| match terminal {
        Terminal::Failure(failure) => Some(failure.class),
        _ => None,
    };
    let said = r#"{"type":"error","message":"Quota exceeded."}"#;
    let retried = r#"{"type":"error","message":"Reconnecting... 2/5 (Quota exceeded.)"}"#;
    assert_eq!(class(ended(&[said], Some(1), "")), Some(Class::Billing));
    assert_eq!(class(ended(&[said, TOLD], Some(1), "")), None);
    assert_eq!(class(ended(&[retried], Some(1), "")), None);
    assert_eq!(class(ended(&[said], None, "")), None);
    assert_eq!(class(ended(&[], Some(2), "error: unexpected argument '--x' found")), Some(Class::Crash));
    assert_eq!(ended(&[], Some(0), "error: x"), Terminal::Missing);
    assert_eq!(ended(&[TOLD, DONE], Some(1), "Error: x"), Terminal::Success);
}

const TRAPS: [&str; 5] = [
    recorded!("echo"),
    recorded!("marker_early"),
    recorded!("nomarker"),
    recorded!("kill_int_pid"),
    recorded!("drop_forever"),
];

proptest! {
    #[test]
    fn a_cut_stream_is_never_complete(at in 0usize..20_000, from in 0usize..20_000) {
        let text = recorded!("success").trim_end();
        let (at, from) = (at % text.len(), from % text.len());
        let mut stream = Stream::default();
        for line in text.as_bytes()[..at].split(|byte| *byte == b'\n') {
            stream.line(line);
        }
        prop_assert_ne!(verdict(0, &stream.report()), "complete");
        let mut stream = Stream::default();
        for line in text.as_bytes()[from..].split(|byte| *byte == b'\n') {
            stream.line(line);
        }
        let _ = stream.report();
    }

    #[test]
    fn a_trap_with_lines_lost_is_never_complete(trap in 0usize..TRAPS.len(), lost in prop::collection::vec(any::<bool>(), 40)) {
        let lines: Vec<&str> = TRAPS[trap].lines().zip(lost).filter(|(_, lost)| !lost).map(|(line, _)| line).collect();
        prop_assert_ne!(ends(&lines), "complete");
    }

    #[test]
    fn any_bytes_are_survived(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..8)) {
        let mut stream = Stream::default();
        for line in &lines {
            stream.line(line);
            stream.oversized(line);
        }
        stream.ended(Some(1), &String::from_utf8_lossy(&lines.concat()));
        prop_assert!(stream.report().terminal != Terminal::Success);
    }
}
