//! Recorded sessions of the real CLI (2.1.328; 2.1.197 in its folder) and what they come to. The
//! model behind them was scripted; long lists in the first line are left out.

use super::super::Usage;
use super::*;
use crate::domain::attempt::completion::{Ended, Verdict, judge};
use proptest::prelude::*;

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents/claude/", $name, ".ndjson"))
    };
}

fn read(text: &str) -> (Report, Vec<Signal>) {
    let mut stream = Stream::default();
    let signals = text.lines().flat_map(|line| stream.line(line.as_bytes())).collect();
    (stream.report(), signals)
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
    // name, stream, exit code, verdict, USD, tokens: input, cached, output
    type Row = (&'static str, &'static str, i32, &'static str, Option<f64>, [u64; 3]);
    let table: [Row; 24] = [
        ("success", recorded!("success"), 0, "complete", Some(0.01305), [3000, 6000, 150]),
        ("echo", recorded!("echo"), 0, "incomplete", Some(0.0087), [2000, 4000, 100]),
        ("marker_early", recorded!("marker_early"), 0, "incomplete", Some(0.0087), [2000, 4000, 100]),
        ("marker_then_more", recorded!("marker_then_more"), 0, "incomplete", Some(0.0087), [2000, 4000, 100]),
        ("subagent", recorded!("subagent"), 0, "incomplete", Some(0.0111), [2500, 6000, 120]),
        ("nomarker", recorded!("nomarker"), 0, "incomplete", Some(0.0087), [2000, 4000, 100]),
        ("empty", recorded!("empty"), 0, "incomplete", Some(0.01305), [3000, 6000, 150]),
        ("refused", recorded!("refused"), 0, "Permission", Some(0.01305), [3000, 6000, 150]),
        ("budget", recorded!("budget"), 1, "AgentLimit", Some(0.02175), [5000, 10000, 250]),
        ("maxturns", recorded!("maxturns"), 1, "AgentLimit", Some(0.01305), [3000, 6000, 150]),
        ("max_tokens", recorded!("max_tokens"), 1, "AgentLimit", Some(0.02175), [5000, 10000, 250]),
        ("auth401_noretry", recorded!("auth401_noretry"), 1, "Authentication", Some(0.0), [0, 0, 0]),
        ("model404", recorded!("model404"), 1, "Model", Some(0.0), [0, 0, 0]),
        ("rate429_long", recorded!("rate429_long"), 1, "RateLimit", Some(0.0), [0, 0, 0]),
        ("usage_limit", recorded!("usage_limit"), 1, "RateLimit", Some(0.00435), [1000, 2000, 50]),
        ("drop_forever", recorded!("drop_forever"), 1, "Overload", Some(0.04593), [12000, 24000, 182]),
        ("toolong400", recorded!("toolong400"), 1, "ContextTooLong", Some(0.0), [0, 0, 0]),
        ("kill_int_pid", recorded!("kill_int_pid"), 0, "Aborted", Some(0.00435), [1000, 2000, 50]),
        ("kill_term_pid", recorded!("kill_term_pid"), 143, "Crash", None, [1000, 2000, 1]),
        // Cumulative over the session by now, but only what is new counts.
        ("resume.2", recorded!("resume.2"), 0, "complete", Some(0.00435), [1000, 2000, 50]),
        ("197 success", recorded!("2.1.197/success"), 0, "complete", Some(0.01305), [3000, 6000, 150]),
        ("197 resume.2", recorded!("2.1.197/resume.2"), 0, "complete", Some(0.00435), [1000, 2000, 50]),
        ("197 kill_int", recorded!("2.1.197/kill_int_pid"), 1, "Aborted", Some(0.00435), [1000, 2000, 50]),
        ("197 auth401", recorded!("2.1.197/auth401_noretry"), 1, "Authentication", Some(0.0), [0, 0, 0]),
    ];
    for (name, text, code, expected, usd, [input, cached, output]) in table {
        let (report, signals) = read(text);
        assert_eq!(verdict(code, &report), expected, "{name}: {report:?}");
        assert_eq!(
            report.usage,
            Usage { input, cached, output, cache_write: report.usage.cache_write },
            "{name}"
        );
        assert_eq!(report.usd.map(|usd| (usd * 1e6).round()), usd.map(|usd| (usd * 1e6).round()), "{name}");
        assert_eq!(report.model.as_deref(), Some("claude-sonnet-4-6"), "{name}");
        assert!(matches!(&signals[0], Signal::Session(id) if Some(id) == report.session.as_ref()), "{name}");
    }
}

#[test]
fn signals_are_the_agents_own_words_and_calls() {
    let (_, signals) = read(recorded!("success"));
    let shown: Vec<String> = signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Message(text) => Some(text.lines().next().unwrap_or_default().to_owned()),
            Signal::Tool { name, detail } => Some(format!("{name}: {detail}")),
            _ => None,
        })
        .collect();
    let expected = [
        "I will create the file.",
        "Write: $WORK/hello.txt",
        "Bash: cat hello.txt && wc -c hello.txt",
        "Created hello.txt and checked it.",
    ];
    assert_eq!(shown, expected);
    let used: Vec<_> = signals.iter().filter(|signal| matches!(signal, Signal::Used { .. })).collect();
    assert_eq!(used.len(), 4, "once a message, not once a line, and once for the result: {used:?}");
    let (_, signals) = read(recorded!("subagent"));
    let from_below = |signal: &&Signal| matches!(signal, Signal::Message(text) if text.contains("promise"));
    assert_eq!(signals.iter().find(from_below), None);
}

#[test]
fn limits_say_until_when() {
    let (report, signals) = read(recorded!("usage_limit"));
    let until = "2026-11-20T15:53:20Z".parse().ok();
    let told = |signal: &Signal| matches!(signal, Signal::Retry { class: Class::RateLimit, until: at, .. } if *at == until);
    assert!(signals.iter().any(told), "{signals:?}");
    assert!(
        matches!(&report.terminal, Terminal::Failure(failure) if failure.not_before == until
        && failure.message.starts_with("You've hit your 5-hour limit")),
        "{report:?}"
    );
    let (report, signals) = read(recorded!("rate429_long"));
    assert!(matches!(report.terminal, Terminal::Failure(Failure { not_before: None, .. })));
    assert!(!signals.iter().any(|signal| matches!(signal, Signal::Retry { until: Some(_), .. })));
}

#[test]
fn a_retry_says_what_for() {
    let line = |fields: &str| format!(r#"{{"type":"system","subtype":"api_retry","attempt":3,{fields}}}"#);
    let table = [
        (r#""error_status":429,"error":"rate_limit""#, Class::RateLimit, "rate limit"),
        (r#""error_status":529,"error":"overloaded""#, Class::Overload, "overloaded"),
        (r#""error_status":500,"error":"server_error""#, Class::Overload, "server error"),
        (
            r#""error_status":401,"error":"authentication_failed""#,
            Class::Authentication,
            "authentication failed",
        ),
        (r#""error_status":null,"error":"unknown""#, Class::Overload, "connection lost"),
        (r#""error_status":418,"error":"teapot""#, Class::Other, "teapot"),
        (r#""x":1"#, Class::Overload, "connection lost"),
    ];
    for (fields, class, words) in table {
        let expected = Signal::Retry { class, words: words.into(), until: None };
        assert_eq!(read(&line(fields)).1, [expected], "{fields}");
    }
}

#[test]
fn what_was_refused_is_named() {
    let last = recorded!("refused").lines().last().unwrap();
    let message = |text: &str| match read(text).0.terminal {
        Terminal::Failure(failure) => failure.message,
        other => format!("{other:?}"),
    };
    let named = "not permitted: `Bash`, `Write`";
    assert_eq!(message(recorded!("refused")), format!("it ended without a promise after a refusal; {named}"));
    // It went on after the refusals, or they did not keep it from its promise.
    assert_eq!(message(last), "Success");
    let kept = recorded!("refused").replace("I could not do it.", r"Done.\n<promise>COMPLETE</promise>");
    assert_eq!(verdict(0, &read(&kept).0), "complete");
    let failed = recorded!("refused").replace("\"is_error\":false", "\"is_error\":true");
    assert!(message(&failed).ends_with(&format!("({named})")), "{}", message(&failed));
}

#[test]
fn a_call_without_an_answer_keeps_it_busy() {
    let busy = |text: &str| {
        let mut stream = Stream::default();
        text.lines().for_each(|line| drop(stream.line(line.as_bytes())));
        stream
    };
    let (during, _) = recorded!("kill_term_pid").split_once("{\"type\":\"user\"").unwrap();
    assert!(busy(during).busy() && !busy(recorded!("kill_term_pid")).busy());
    assert!(!busy(recorded!("success")).busy() && !busy(recorded!("subagent")).busy());
    let call = r#"{"type":"assistant","parent_tool_use_id":"t","message":{"content":[{"type":"tool_use","id":"a"}]}}"#;
    let answer =
        r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}}"#;
    assert!(busy(call).busy() && !busy(&format!("{call}\n{answer}")).busy());
    assert!(!busy(&format!("{call}\n{DONE}")).busy());
    let mut long = busy(call);
    long.oversized(&answer.as_bytes()[..80]);
    assert!(!long.busy());
    let mut long = busy(call);
    long.oversized(br#"{"type":"user","message":{"content":[{"content":"xx"#);
    assert!(!long.busy());
}

#[test]
fn a_version_that_is_too_old_fails_whatever_it_says() {
    let old = recorded!("success").replace("2.1.328", "2.0.14");
    assert_eq!(verdict(0, &read(&old).0), "Crash");
}

const DONE: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"x\n<promise>COMPLETE</promise>","total_cost_usd":0.1,"usage":{}}"#;

/// What a stream of `lines` comes to with exit code 0.
fn ends(lines: &[&str]) -> String {
    verdict(0, &read(&lines.join("\n")).0)
}

#[test]
fn odd_streams_complete_nothing() {
    let more = r#"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"wait"}]}}"#;
    let below = r#"{"type":"assistant","parent_tool_use_id":"t","message":{"id":"m","content":[]}}"#;
    let error = r#"{"type":"assistant","error":"billing_error","message":{"content":[{"type":"text","text":"no credit"}]}}"#;
    let table: [(&[&str], &str); 14] = [
        (&[DONE], "complete"),
        (&["warning: something", "", "[1,2]", "\"result\"", "12", DONE, "{\"type\":\"new\"}"], "complete"),
        (&[DONE, "{\"type\":\"resu"], "complete"),
        (&[&DONE[..DONE.len() - 1]], "Crash"),
        (&[DONE, more], "Crash"),
        (&[DONE, more, DONE], "complete"),
        (&[DONE, below], "complete"),
        (&[error], "Billing"),
        (&[error, more], "Crash"),
        (&[error, DONE], "complete"),
        (&[&DONE.replace("success", "error_during_execution")], "Other"),
        (&[&DONE.replace("false", "true")], "Other"),
        (&[&DONE.replace("\"is_error\":false,", "")], "Other"),
        (&[&DONE.replace("\"usage\"", "\"terminal_reason\":\"aborted_streaming\",\"usage\"")], "Aborted"),
    ];
    for (lines, expected) in table {
        assert_eq!(ends(lines), expected, "{lines:#?}");
    }
    let mut stream = Stream::default();
    for bytes in
        [&b"\xff{\"type\":\"result\"}"[..], b"{\"type\":\"user\",\"message\":\"\xff\"}", &[b'['; 10_000]]
    {
        assert_eq!(stream.line(bytes), []);
    }
    stream.oversized(DONE.as_bytes());
    assert_eq!(stream.report().terminal, Terminal::Missing);
}

#[test]
fn tool_results_of_any_size_are_passed_over() {
    let big = "<promise>COMPLETE</promise>\\n".repeat(400_000);
    let line =
        format!(r#"{{"message":{{"content":[{{"type":"tool_result","content":"{big}"}}]}},"type":"user"}}"#);
    let (report, signals) = read(&line);
    assert_eq!((report.terminal, signals.len()), (Terminal::Missing, 0));
}

#[test]
fn details_are_short_and_on_one_line() {
    let call = |input: &str| {
        let line = format!(
            r#"{{"type":"assistant","message":{{"content":[{{"type":"tool_use","name":"T","input":{input}}}]}}}}"#
        );
        match &read(&line).1[..] {
            [Signal::Tool { detail, .. }] => detail.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(call(r#"{"content":"x","file_path":"a/b"}"#), "a/b");
    assert_eq!(call(r#"{"command":"a\nb\u001b[0m"}"#), "a b");
    assert_eq!(call(r#"{"other":1}"#), r#"{"other":1}"#);
    assert_eq!(call(&format!(r#"{{"command":"{}"}}"#, "ü".repeat(999))).chars().count(), 200);
}

const TRAPS: [&str; 7] = [
    recorded!("echo"),
    recorded!("marker_early"),
    recorded!("marker_then_more"),
    recorded!("subagent"),
    recorded!("nomarker"),
    recorded!("kill_int_pid"),
    recorded!("budget"),
];

proptest! {
    #[test]
    fn a_cut_stream_is_never_complete(at in 0usize..20_000, from in 0usize..20_000) {
        let text = recorded!("success").trim_end();
        let (at, from) = (at % text.len(), from % text.len());
        // `$WORK` and the ASCII of JSON apart, characters may be cut in two.
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
        prop_assert_eq!(stream.report().terminal, Terminal::Missing);
    }
}
