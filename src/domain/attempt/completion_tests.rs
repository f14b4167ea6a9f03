//! Tables of final messages and of ends.

use super::*;
use crate::domain::agents::Usage;

const DONE: &str = "<promise>COMPLETE</promise>";

fn blocked(why: &str) -> Promise {
    Promise::Blocked(why.into())
}

#[test]
fn promises_are_found_only_alone_on_the_last_line() {
    let table: [(&str, Promise); 36] = [
        ("", Promise::None),
        ("\n \n", Promise::None),
        (DONE, Promise::Complete),
        ("done\n\n<promise>COMPLETE</promise>", Promise::Complete),
        ("done\r\n\t <promise>COMPLETE</promise> \r\n\r\n", Promise::Complete),
        ("<promise>COMPLETE</promise>\nmore to do", Promise::None),
        ("I will not output <promise>COMPLETE</promise> yet", Promise::None),
        ("All done: <promise>COMPLETE</promise>", Promise::None),
        ("<promise>COMPLETE</promise>.", Promise::None),
        ("> <promise>COMPLETE</promise>", Promise::None),
        ("`<promise>COMPLETE</promise>`", Promise::None),
        ("**<promise>COMPLETE</promise>**", Promise::None),
        ("<promise>complete</promise>", Promise::None),
        ("<PROMISE>COMPLETE</PROMISE>", Promise::None),
        ("<promise> COMPLETE </promise>", Promise::None),
        ("<promise>COMPLETE</promise><promise>COMPLETE</promise>", Promise::None),
        ("<promise>COMPLETE", Promise::None),
        ("COMPLETE</promise>", Promise::None),
        ("<promise>\nCOMPLETE\n</promise>", Promise::None),
        ("\u{1b}[32m<promise>COMPLETE</promise>", Promise::None),
        ("50%\r<promise>COMPLETE</promise>", Promise::None),
        ("```\n<promise>COMPLETE</promise>\n```", Promise::None),
        ("```\n<promise>COMPLETE</promise>", Promise::None),
        ("```text\nx\n```\n<promise>COMPLETE</promise>", Promise::Complete),
        ("````\n```\n<promise>COMPLETE</promise>", Promise::None),
        ("~~~\n```\n~~~\n<promise>COMPLETE</promise>", Promise::Complete),
        ("```\n~~~\n<promise>COMPLETE</promise>\n~~~", Promise::None),
        ("    ```\n<promise>COMPLETE</promise>", Promise::Complete),
        ("<promise>BLOCKED: no key</promise>", blocked("no key")),
        ("x\n<promise>BLOCKED:  a\tb\u{7} </promise>\n", blocked("a b")),
        ("<promise>BLOCKED: </promise>", Promise::None),
        ("<promise>BLOCKED</promise>", Promise::None),
        ("<promise>blocked: x</promise>", Promise::None),
        ("<promise>FAILED: tests hang</promise>", Promise::Failed("tests hang".into())),
        ("<promise>FAILED: a</promise> <promise>COMPLETE</promise>", Promise::None),
        ("```\n<promise>FAILED: x</promise>\n```", Promise::None),
    ];
    for (text, expected) in table {
        assert_eq!(promise(text), expected, "{text:?}");
    }
}

#[test]
fn reasons_are_bounded() {
    let Promise::Blocked(why) = promise(&format!("<promise>BLOCKED: {}</promise>", "ü".repeat(2000))) else {
        panic!("no reason found");
    };
    assert_eq!(why.chars().count(), WHY);
}

#[test]
fn a_cut_line_is_no_tag_but_ends_what_was_last() {
    let mut scan = Scan::default();
    scan.line(DONE);
    scan.cut(DONE);
    assert_eq!(scan.promise(), Promise::None);
    scan.line(DONE);
    assert_eq!(scan.promise(), Promise::Complete);
    scan.cut("```");
    scan.line(DONE);
    assert_eq!(scan.promise(), Promise::None);
}

fn report(terminal: Terminal, promise: Promise) -> Report {
    Report {
        terminal,
        promise,
        unusable: Vec::new(),
        final_text: String::new(),
        usage: Usage::default(),
        usd: None,
        session: None,
        model: None,
        long: Vec::new(),
    }
}

fn exit(code: i32) -> Ended {
    Ended { code: Some(code), ..Ended::default() }
}

fn failed(class: Class) -> Terminal {
    Terminal::Failure(failure(class, "said no".into()))
}

/// A verdict as one word, for the table.
fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Complete => "complete".into(),
        Verdict::Blocked(why) => format!("blocked {why}"),
        Verdict::Failed(why) => format!("failed {why}"),
        Verdict::Incomplete(_) => "incomplete".into(),
        Verdict::Broken(failure) => format!("broken {:?}", failure.class),
    }
}

#[test]
fn every_end_has_its_verdict() {
    use Promise::{Complete, Failed, None as Nothing};
    use Terminal::{Missing, Success};
    let killed = Ended { signal: Some(9), ..Ended::default() };
    let total = Ended { timed_out: Some(TimedOut::Total), ..exit(0) };
    let idle = Ended { timed_out: Some(TimedOut::Idle), signal: Some(9), ..Ended::default() };
    let stopped = Ended { stopped: true, ..exit(0) };
    let both = Ended { stopped: true, ..total };
    let table = [
        (exit(0), Success, Complete, "complete"),
        (exit(1), Success, Complete, "incomplete"),
        (exit(0), Success, Nothing, "incomplete"),
        (exit(1), Success, Nothing, "incomplete"),
        (exit(0), Success, blocked("key"), "blocked key"),
        (exit(1), Success, blocked("key"), "blocked key"),
        (exit(0), Success, Failed("x".into()), "failed x"),
        (exit(2), Success, Failed("x".into()), "failed x"),
        (exit(0), failed(Class::Aborted), Complete, "broken Aborted"),
        (exit(1), failed(Class::RateLimit), Nothing, "broken RateLimit"),
        (exit(1), failed(Class::Billing), blocked("key"), "broken Billing"),
        (killed, failed(Class::Overload), Nothing, "broken Overload"),
        (exit(0), Missing, Complete, "broken Crash"),
        (exit(0), Missing, Nothing, "broken Crash"),
        (exit(1), Missing, blocked("key"), "broken Crash"),
        (killed, Missing, Nothing, "broken Crash"),
        (killed, Success, Complete, "broken Crash"),
        (killed, Success, blocked("key"), "broken Crash"),
        (Ended { signal: Some(15), ..exit(0) }, Success, Complete, "broken Crash"),
        (Ended::default(), Success, Complete, "broken Crash"),
        (total, Success, Complete, "broken Timeout"),
        (total, failed(Class::Aborted), Nothing, "broken Timeout"),
        (idle, Missing, Nothing, "broken Idle"),
        (idle, failed(Class::RateLimit), Nothing, "broken RateLimit"),
        (stopped, Success, Complete, "broken Aborted"),
        (stopped, Success, blocked("key"), "broken Aborted"),
        (both, Missing, Nothing, "broken Aborted"),
    ];
    for (ended, terminal, promise, expected) in table {
        let report = report(terminal, promise);
        assert_eq!(word(&judge(&ended, &report)), expected, "{ended:?} {report:?}");
    }
}
