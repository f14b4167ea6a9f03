//! Recorded sessions of the real CLI (0.61.0) and what they come to. The model behind them was scripted.

use super::*;
use crate::domain::attempt::completion::{Ended, Verdict, judge};
use proptest::prelude::*;

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents/gemini/", $name, ".ndjson"))
    };
}

fn stream(text: &str) -> (Stream, Vec<Signal>) {
    let mut stream = Stream::default();
    let signals = text.lines().flat_map(|line| stream.line(line.as_bytes())).collect();
    (stream, signals)
}

fn read(text: &str, code: i32, stderr: &str) -> Report {
    let (mut stream, _) = stream(text);
    stream.ended(Some(code), stderr);
    stream.report()
}

/// Verdict in one word, class or promise with it.
fn verdict(code: i32, report: &Report) -> String {
    match judge(&Ended { code: Some(code), ..Ended::default() }, report) {
        Verdict::Broken(failure) => format!("{:?}", failure.class),
        Verdict::Complete => "complete".into(),
        Verdict::Incomplete(_) => "incomplete".into(),
        other => format!("{other:?}"),
    }
}

#[test]
fn recorded_sessions_come_to_what_they_were() {
    // name, stream, exit code, verdict, tokens: input, cached, output
    type Row = (&'static str, &'static str, i32, &'static str, [u64; 3]);
    let table: [Row; 26] = [
        ("success", recorded!("success"), 0, "complete", [3000, 6000, 150]),
        ("echo", recorded!("echo"), 0, "incomplete", [2000, 4000, 100]),
        ("marker_early", recorded!("marker_early"), 0, "incomplete", [2000, 4000, 100]),
        ("nomarker", recorded!("nomarker"), 0, "incomplete", [2000, 4000, 100]),
        ("toolfail", recorded!("toolfail"), 0, "complete", [5000, 10000, 250]),
        ("resume.2", recorded!("resume.2"), 0, "complete", [1000, 2000, 50]),
        ("drop", recorded!("drop"), 0, "complete", [2000, 4000, 100]),
        ("max_tokens", recorded!("max_tokens"), 0, "incomplete", [2000, 4000, 100]),
        // Thoughts are output, too.
        ("reasoning", recorded!("reasoning"), 0, "incomplete", [2000, 4000, 160]),
        ("read_only", recorded!("read_only"), 0, "complete", [16000, 32000, 800]),
        ("empty", recorded!("empty"), 0, "Other", [2000, 4000, 100]),
        ("loop", recorded!("loop"), 0, "Loop", [4000, 8000, 200]),
        ("maxturns", recorded!("maxturns"), 53, "AgentLimit", [3000, 6000, 150]),
        ("model404", recorded!("model404"), 1, "Model", [0, 0, 0]),
        ("auth401", recorded!("auth401"), 145, "Authentication", [0, 0, 0]),
        ("forbidden403", recorded!("forbidden403"), 147, "Authentication", [0, 0, 0]),
        ("billing402", recorded!("billing402"), 146, "Billing", [0, 0, 0]),
        ("rate429_long", recorded!("rate429_long"), 173, "RateLimit", [0, 0, 0]),
        ("quota_daily", recorded!("quota_daily"), 173, "RateLimit", [0, 0, 0]),
        ("toolong400", recorded!("toolong400"), 144, "ContextTooLong", [0, 0, 0]),
        ("err500", recorded!("err500_few_retries"), 244, "Overload", [0, 0, 0]),
        ("overloaded529", recorded!("overloaded529_forever"), 17, "Overload", [0, 0, 0]),
        ("noserver", recorded!("noserver"), 1, "Overload", [0, 0, 0]),
        ("drop_forever", recorded!("drop_forever"), 1, "Overload", [1000, 2000, 50]),
        ("kill_term_group", recorded!("kill_term_group"), 0, "Other", [0, 0, 0]),
        ("kill_int_group", recorded!("kill_int_group"), 0, "Other", [0, 0, 0]),
    ];
    for (name, text, code, expected, [input, cached, output]) in table {
        let report = read(text, code, "");
        assert_eq!(verdict(code, &report), expected, "{name}: {report:?}");
        assert_eq!(report.usage, Usage { input, cached, output, cache_write: 0 }, "{name}");
        assert_eq!((report.usd, report.model.as_deref()), (None, Some("gemini-2.5-pro")), "{name}");
        let (_, signals) = stream(text);
        assert!(matches!(&signals[0], Signal::Session(id) if Some(id) == report.session.as_ref()), "{name}");
        let killed = name.starts_with("kill");
        assert_eq!(report.terminal == Terminal::Missing, killed, "{name}");
    }
}

#[test]
fn signals_are_whole_messages_and_calls() {
    let (_, signals) = stream(recorded!("success"));
    let shown: Vec<String> = signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Message(text) => Some(text.clone()),
            Signal::Tool { name, detail } => Some(format!("{name}: {detail}")),
            _ => None,
        })
        .collect();
    let expected = [
        "I will create the file.",
        "write_file: $WORK/hello.txt",
        "run_shell_command: cat hello.txt && wc -c hello.txt",
        "Created hello.txt and checked it.\n\n<promise>COMPLETE</promise>",
    ];
    assert_eq!(shown, expected);
    let used = Usage { input: 3000, cached: 6000, output: 150, cache_write: 0 };
    assert_eq!(signals.last(), Some(&Signal::Used { usage: used, usd: None }));
}

#[test]
fn a_tool_that_has_not_answered_keeps_it_busy() {
    assert!(stream(recorded!("kill_int_group")).0.busy());
    assert!(!stream(recorded!("success")).0.busy());
    let call = r#"{"type":"tool_use","tool_name":"t","tool_id":"a","parameters":{}}"#;
    let answer = r#"{"type":"tool_result","tool_id":"a","status":"success"}"#;
    let busy = |lines: &[&str]| stream(&lines.join("\n")).0.busy();
    assert!(busy(&[call]) && !busy(&[call, answer]));
    assert!(busy(&[call, &call.replace("\"a\"", "\"b\""), answer]));
    let (mut long, _) = stream(call);
    long.oversized(br#"{"type":"tool_result","timestamp":"t","tool_id":"a","status":"success","output":"xx"#);
    assert!(!long.busy());
    long.oversized(br#"{"type":"tool_use","timestamp":"t","tool_name":"t","tool_id":"c","parameters":{"x"#);
    assert!(long.busy());
}

#[test]
fn limits_say_until_when() {
    let stderr = "Error executing tool x: no\n  cause: {\n    code: 429\n  },\n  retryDelayMs: 3600000,\n";
    let report = read(recorded!("rate429_long"), 173, stderr);
    let until = "2026-11-20T10:56:18.131Z".parse().ok();
    let Terminal::Failure(failure) = report.terminal else { panic!("{report:?}") };
    assert_eq!(failure.not_before, until);
    assert!(
        failure.message.starts_with("This request would exceed your account's rate limit"),
        "{failure:?}"
    );
}

#[test]
fn without_a_result_its_exit_code_and_its_own_words_count() {
    let untrusted = "\u{1b}[31mGemini CLI is not running in a trusted directory.\u{1b}[0m\n";
    let table = [
        (55, untrusted, "Permission", "Gemini CLI is not running in a trusted directory."),
        (42, "Error resuming session: No such", "Crash", "Error resuming session: No such"),
        (41, "Warning: x\nPlease set an Auth method", "Authentication", "Please set an Auth method"),
        (1, "Unknown argument: bogus\nUsage: gemini", "Crash", "Unknown argument: bogus"),
        (173, "", "RateLimit", "ended with exit code 173"),
        (99, "quota", "Other", "ended with exit code 99 and no result in its output"),
        (0, "Attempt 1 failed: rate limit", "Other", "ended with exit code 0 and no result in its output"),
    ];
    for (code, stderr, class, words) in table {
        let report = read("", code, stderr);
        assert_eq!(verdict(code, &report), class, "{code} {stderr}");
        match judge(&Ended { code: Some(code), ..Ended::default() }, &report) {
            Verdict::Broken(failure) => assert_eq!(failure.message, words),
            other => panic!("{other:?}"),
        }
    }
}

const DONE: &str = r#"{"type":"result","status":"success","stats":{}}"#;
const SAID: &str =
    r#"{"type":"message","role":"assistant","content":"x\n<promise>COMPLETE</promise>","delta":true}"#;

/// What a stream of `lines` comes to with exit code 0.
fn ends(lines: &[&str]) -> String {
    verdict(0, &read(&lines.join("\n"), 0, ""))
}

#[test]
fn odd_streams_complete_nothing() {
    let more = r#"{"type":"message","role":"assistant","content":"\nwait"}"#;
    let user = SAID.replace("assistant", "user");
    let call = r#"{"type":"tool_use","tool_name":"t","tool_id":"a","parameters":{}}"#;
    let answer = r#"{"type":"tool_result","tool_id":"a","status":"error","output":"Loop detected","error":{"type":"x","message":"Loop detected"}}"#;
    let looped = r#"{"type":"error","severity":"warning","message":"Loop detected, stopping execution"}"#;
    let blocked = looped.replace("Loop detected, stopping", "Agent execution blocked: no");
    let warned = looped.replace("Loop detected", "Something");
    let severe = warned.replace("warning", "error");
    let long = format!(r#"{{"type":"message","role":"user","content":"{}"}}"#, "word ".repeat(60_000));
    let failed = DONE.replace("success", "error");
    let table: [(&[&str], &str); 18] = [
        (&[SAID, DONE], "complete"),
        (&["\u{1b}[31mnoise", "", "[1,2]", "12", SAID, "{\"type\":\"new\"}", DONE], "complete"),
        (&[SAID, DONE, "{\"type\":\"resu"], "complete"),
        (&[SAID, &DONE[..DONE.len() - 1]], "Other"),
        (&[SAID], "Other"),
        (&[DONE], "Other"),
        (&[&user, DONE], "Other"),
        (&[SAID, more, DONE], "incomplete"),
        (&[SAID, DONE, more], "Other"),
        (&[SAID, call, answer, DONE], "Other"),
        (&[call, answer, SAID, DONE], "complete"),
        (&[SAID, looped, DONE], "Loop"),
        (&[SAID, &blocked, DONE], "Permission"),
        (&[SAID, &warned, DONE], "complete"),
        (&[SAID, &severe, DONE], "Other"),
        (&[&severe, SAID, DONE], "complete"),
        (&[&long, DONE], "ContextTooLong"),
        (&[SAID, &failed], "Other"),
    ];
    for (lines, expected) in table {
        let start: Vec<&str> = lines.iter().map(|line| &line[..line.len().min(120)]).collect();
        assert_eq!(ends(lines), expected, "{start:#?}");
    }
    let mut stream = Stream::default();
    for bytes in
        [&b"\xff{\"type\":\"result\"}"[..], b"{\"type\":\"message\",\"content\":\"\xff\"}", &[b'['; 10_000]]
    {
        assert_eq!(stream.line(bytes), []);
    }
    stream.oversized(DONE.as_bytes());
    assert_eq!(stream.report().terminal, Terminal::Missing);
    stream.oversized(SAID.as_bytes());
    stream.line(DONE.as_bytes());
    assert_eq!(stream.report().promise, Promise::None);
}

#[test]
fn the_model_that_answered_is_named_where_it_was_left_open() {
    let lines = [
        r#"{"type":"init","session_id":"s","model":"auto"}"#,
        SAID,
        r#"{"type":"result","status":"success","stats":{"total_tokens":30,"input_tokens":20,"cached":25,"models":{"flash":{"total_tokens":10},"pro":{"total_tokens":20}}}}"#,
    ];
    let (stream, signals) = stream(&lines.join("\n"));
    assert_eq!(stream.report().model.as_deref(), Some("pro"));
    assert!(signals.contains(&Signal::Model("pro".into())));
    assert_eq!(stream.report().usage, Usage { input: 0, cached: 20, output: 10, cache_write: 0 });
}

const TRAPS: [&str; 6] = [
    recorded!("echo"),
    recorded!("marker_early"),
    recorded!("nomarker"),
    recorded!("empty"),
    recorded!("max_tokens"),
    recorded!("kill_int_group"),
];

proptest! {
    #[test]
    fn a_cut_stream_is_never_complete(at in 0usize..20_000, from in 0usize..20_000) {
        let text = recorded!("success").trim_end();
        let (at, from) = (at % text.len(), from % text.len());
        prop_assert_ne!(verdict(0, &read(&String::from_utf8_lossy(&text.as_bytes()[..at]), 0, "")), "complete");
        let _ = read(&String::from_utf8_lossy(&text.as_bytes()[from..]), 0, "");
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
        prop_assert_eq!(stream.report().terminal, Terminal::Missing);
    }
}
