//! Recorded sessions of the real CLI (1.18.33) and what they come to. The model behind them was
//! scripted; `maxturns`, `compact` and `toolong400`, which never ended, are cut.

use super::super::{Failure, Terminal, Usage};
use super::*;
use crate::domain::attempt::completion::{Ended, Verdict, judge};
use proptest::prelude::*;

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/agents/opencode/",
            $name,
            ".ndjson"
        ))
    };
}

fn read(text: &str) -> (Report, Vec<Signal>) {
    let mut stream = Stream::default();
    let signals = text.lines().flat_map(|line| stream.line(line.as_bytes())).collect();
    (stream.report(), signals)
}

/// Verdict in one word, class or promise with it; a negative code is a signal.
fn verdict(code: i32, report: &Report) -> String {
    let (code, signal) = if code < 0 { (None, Some(-code)) } else { (Some(code), None) };
    match judge(&Ended { code, signal, ..Ended::default() }, report) {
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
    const THREE: (Option<f64>, [u64; 3]) = (Some(0.01305), [3000, 6000, 150]);
    const TWO: (Option<f64>, [u64; 3]) = (Some(0.0087), [2000, 4000, 100]);
    const ONE: (Option<f64>, [u64; 3]) = (Some(0.00435), [1000, 2000, 50]);
    const NONE: (Option<f64>, [u64; 3]) = (Some(0.0), [0, 0, 0]);
    let row = |name, text, code, verdict, (usd, tokens): (Option<f64>, [u64; 3])| -> Row {
        (name, text, code, verdict, usd, tokens)
    };
    let table = [
        row("success", recorded!("success"), 0, "complete", THREE),
        row("echo", recorded!("echo"), 0, "incomplete", TWO),
        row("marker_early", recorded!("marker_early"), 0, "incomplete", TWO),
        row("nomarker", recorded!("nomarker"), 0, "incomplete", TWO),
        row("empty", recorded!("empty"), 0, "incomplete", TWO),
        row("drop", recorded!("drop"), 0, "complete", TWO),
        row("err500", recorded!("err500"), 0, "complete", TWO),
        row("overloaded529", recorded!("overloaded529"), 0, "complete", TWO),
        row("rate429", recorded!("rate429"), 0, "complete", TWO),
        row("toolfail", recorded!("toolfail"), 0, "complete", (Some(0.02175), [5000, 10000, 250])),
        row("resume", recorded!("resume"), 0, "incomplete", TWO),
        row("resume.2", recorded!("resume.2"), 0, "complete", ONE),
        row("max_tokens", recorded!("max_tokens"), 0, "AgentLimit", TWO),
        row("drop_forever", recorded!("drop_forever"), 1, "Overload", ONE),
        row("drop_before_forever", recorded!("drop_before_forever"), 1, "Overload", NONE),
        row("noserver", recorded!("noserver"), 1, "Overload", NONE),
        row("err500_forever", recorded!("err500_forever"), 1, "Overload", NONE),
        row("overloaded529_forever", recorded!("overloaded529_forever"), 1, "Overload", NONE),
        row("rate429_forever", recorded!("rate429_forever"), 1, "RateLimit", NONE),
        row("insufficient_quota", recorded!("insufficient_quota"), 1, "Billing", NONE),
        row("auth401", recorded!("auth401"), 1, "Authentication", NONE),
        row("auth401_noretry", recorded!("auth401_noretry"), 1, "Authentication", NONE),
        row("forbidden403", recorded!("forbidden403"), 1, "Authentication", NONE),
        row("model404", recorded!("model404"), 1, "Model", NONE),
        row("kill_int_pid", recorded!("kill_int_pid"), -2, "Aborted", (None, [0, 0, 0])),
        row("kill_term_pid", recorded!("kill_term_pid"), -15, "Aborted", (None, [0, 0, 0])),
        row("maxturns", recorded!("maxturns"), -9, "Aborted", (Some(0.0174), [4000, 8000, 200])),
        row("compact", recorded!("compact"), -9, "Aborted", (Some(0.2955), [60000, 380_000, 100])),
        row("toolong400", recorded!("toolong400"), -9, "ContextTooLong", (Some(0.0261), [6000, 12000, 300])),
    ];
    for (name, text, code, expected, usd, [input, cached, output]) in table {
        let (report, signals) = read(text);
        assert_eq!(verdict(code, &report), expected, "{name}: {report:?}");
        assert_eq!(report.usage, Usage { input, cached, output, cache_write: 0 }, "{name}");
        assert_eq!(report.usd.map(|usd| (usd * 1e6).round()), usd.map(|usd| (usd * 1e6).round()), "{name}");
        assert!(matches!(&signals[0], Signal::Session(id) if Some(id) == report.session.as_ref()), "{name}");
        assert_eq!(signals.iter().filter(|signal| matches!(signal, Signal::Session(_))).count(), 1, "{name}");
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
        "write: $WORK/hello.txt",
        "bash: cat hello.txt && wc -c hello.txt",
        "Created hello.txt and checked it.",
    ];
    assert_eq!(shown, expected);
    let used: Vec<_> = signals.iter().filter(|signal| matches!(signal, Signal::Used { .. })).collect();
    assert_eq!(used.len(), 3, "one a step: {used:?}");
    let (report, _) = read(recorded!("success"));
    assert_eq!(report.final_text, "Created hello.txt and checked it.\n\n<promise>COMPLETE</promise>");
}

#[test]
fn what_it_tries_again_is_told() {
    let retries = |text| {
        let is_retry = |signal: &Signal| matches!(signal, Signal::Retry { .. });
        read(text).1.into_iter().filter(is_retry).collect::<Vec<_>>()
    };
    let again = |class, words: &str| Signal::Retry { class, words: words.into(), until: None };
    assert_eq!(retries(recorded!("drop")), vec![again(Class::Overload, "dropped stream")]);
    assert_eq!(retries(recorded!("drop_forever")), vec![again(Class::Overload, "dropped stream"); 5]);
    // Seven refusals: nothing that would count as work may stand between them.
    let (_, signals) = read(recorded!("toolong400"));
    let rounds: Vec<_> = signals
        .into_iter()
        .filter(|signal| !matches!(signal, Signal::Session(_) | Signal::Used { .. }))
        .collect();
    assert_eq!(rounds, vec![again(Class::ContextTooLong, "compaction"); 7]);
    // A compaction of its own accord refuses nothing, and what it says to itself is not shown.
    assert_eq!(retries(recorded!("compact")), []);
    let (_, signals) = read(recorded!("compact"));
    let itself = |signal: &Signal| matches!(signal, Signal::Message(text) if text.contains("next steps"));
    assert!(!signals.iter().any(itself), "{signals:?}");
}

#[test]
fn it_is_busy_from_a_steps_start_to_its_end() {
    let mut stream = Stream::default();
    let mut busy = Vec::new();
    for line in recorded!("success").lines() {
        stream.line(line.as_bytes());
        busy.push(stream.busy());
    }
    assert_eq!(busy, [true, true, true, false, true, true, false, true, true, false]);
    let mut stream = Stream::default();
    recorded!("drop_forever").lines().for_each(|line| drop(stream.line(line.as_bytes())));
    assert!(!stream.busy());
}

#[test]
fn the_log_tells_what_a_killed_session_waited_for() {
    let log = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/agents/opencode/rate429_long_logs.stderr"
    ));
    let mut stream = Stream::default();
    stream.ended(None, log);
    let report = stream.report();
    assert_eq!(verdict(-9, &report), "RateLimit", "{report:?}");
    let mut done = Stream::default();
    recorded!("success").lines().for_each(|line| drop(done.line(line.as_bytes())));
    done.ended(Some(0), log);
    assert_eq!(verdict(0, &done.report()), "complete");
    let mut unknown = Stream::default();
    unknown.ended(Some(1), "\u{1b}[91m\u{1b}[1mError: \u{1b}[0mSession not found");
    assert!(
        matches!(unknown.report().terminal, Terminal::Failure(Failure { class: Class::Crash, message, .. }) if message == "Session not found")
    );
}

#[test]
fn limits_say_until_when() {
    let (report, _) = read(recorded!("rate429_forever"));
    let until = "2026-11-20T09:24:29.539Z".parse().ok(); // a second after the line
    assert!(
        matches!(&report.terminal, Terminal::Failure(failure) if failure.not_before == until
        && failure.message == "This request would exceed your account's rate limit."),
        "{report:?}"
    );
}

const START: &str = r#"{"type":"step_start","sessionID":"s","part":{}}"#;
const TEXT: &str =
    r#"{"type":"text","sessionID":"s","part":{"text":"x\n<promise>COMPLETE</promise>","time":{}}}"#;
const STOP: &str =
    r#"{"type":"step_finish","sessionID":"s","part":{"reason":"stop","tokens":{"input":5},"cost":0.1}}"#;

/// What a stream of `lines` comes to with exit code 0.
fn ends(lines: &[&str]) -> String {
    verdict(0, &read(&lines.join("\n")).0)
}

#[test]
fn odd_streams_complete_nothing() {
    let goes = &STOP.replace("stop", "tool-calls");
    let itself = &TEXT.replace("\"time\"", "\"synthetic\":true,\"time\"");
    let tool = r#"{"type":"tool_use","part":{"tool":"bash","state":{"status":"completed","input":{}}}}"#;
    let rejected = r#"{"type":"tool_use","part":{"tool":"read","state":{"status":"error","error":"The user rejected permission to use this specific tool call."}}}"#;
    let error = r#"{"type":"error","error":{"name":"UnknownError","data":{"message":"x"}}}"#;
    let long = r#"{"type":"error","error":{"name":"ContextOverflowError","data":{"message":"x"}}}"#;
    let table: [(&[&str], &str); 18] = [
        (&[START, TEXT, STOP], "complete"),
        (
            &[
                "warning: x",
                "",
                "[1,2]",
                "12",
                START,
                "{\"type\":\"new\"}",
                TEXT,
                "x",
                STOP,
                "{\"type\":\"new\"}",
            ],
            "complete",
        ),
        (&[START, TEXT, STOP, "{\"type\":\"err"], "complete"),
        (&[START, TEXT], "Other"),
        (&[START, TEXT, &STOP[..STOP.len() - 1]], "Other"),
        (&[START, TEXT, goes], "Other"),
        (&[START, TEXT, goes, START, STOP], "incomplete"),
        (&[START, TEXT, tool, STOP], "incomplete"),
        (&[START, TEXT, STOP, START], "Other"),
        (&[START, TEXT, STOP, itself], "Other"),
        (&[START, itself, STOP], "incomplete"),
        (&[START, TEXT, STOP, error], "Other"),
        (&[error, START, TEXT, STOP], "complete"),
        (&[START, rejected, goes], "Permission"),
        (&[START, rejected, goes, START, TEXT, STOP], "complete"),
        // The step after a refused length is the summary; then it goes on, with words to itself or not.
        (&[long, START, TEXT, STOP], "Other"),
        (&[long, START, TEXT, STOP, itself, START, TEXT, STOP], "complete"),
        (&[long, START, TEXT, STOP, START, TEXT, STOP], "complete"),
    ];
    for (lines, expected) in table {
        assert_eq!(ends(lines), expected, "{lines:#?}");
    }
    let mut stream = Stream::default();
    for line in [START, TEXT, STOP] {
        stream.line(line.as_bytes());
    }
    for bytes in [&b"\xff{\"type\":\"text\"}"[..], b"{\"type\":\"text\",\"part\":\"\xff\"}", &[b'['; 10_000]]
    {
        assert_eq!(stream.line(bytes), []);
    }
    assert_eq!(stream.report().terminal, Terminal::Success);
    stream.oversized(STOP.as_bytes());
    assert_eq!(stream.report().terminal, Terminal::Missing);
}

#[test]
fn what_a_sub_agent_used_makes_the_cost_unknown() {
    let with = |state: &str| {
        let task =
            format!(r#"{{"type":"tool_use","part":{{"tool":"task","state":{{"input":{{}},{state}}}}}}}"#);
        let (report, signals) =
            read(&[START, &task, &STOP.replace("stop", "tool-calls"), START, TEXT, STOP].join("\n"));
        assert_eq!((report.usage.input, report.terminal), (10, Terminal::Success));
        assert!(signals.contains(&Signal::Tool { name: "task".into(), detail: "{}".into() }));
        report.usd
    };
    for (state, usd) in [
        (r#""status":"completed""#, None),
        (r#""status":"error","error":"it broke""#, None),
        (r#""status":"error","error":"Model tried to call unavailable tool 'task'.""#, Some(0.2)),
        (
            r#""status":"error","error":"The user has specified a rule which prevents you from using it""#,
            Some(0.2),
        ),
    ] {
        assert_eq!(with(state), usd, "{state}");
    }
}

#[test]
fn tool_output_of_any_size_is_passed_over() {
    let big = "<promise>COMPLETE</promise>\\n".repeat(400_000);
    let line = format!(
        r#"{{"part":{{"state":{{"output":"{big}","input":{{}}}},"tool":"bash"}},"type":"tool_use"}}"#
    );
    let (report, signals) = read(&line);
    assert_eq!((report.terminal, report.promise, signals.len()), (Terminal::Missing, Promise::None, 1));
}

const TRAPS: [&str; 8] = [
    recorded!("echo"),
    recorded!("marker_early"),
    recorded!("nomarker"),
    recorded!("empty"),
    recorded!("max_tokens"),
    recorded!("kill_int_pid"),
    recorded!("drop_forever"),
    recorded!("toolong400"),
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
        stream.ended(Some(0), &String::from_utf8_lossy(&lines.concat()));
        prop_assert_eq!(stream.report().terminal, Terminal::Missing);
    }
}
