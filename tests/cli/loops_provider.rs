//! What a run does when the provider turns its agent away.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bench::stream::{limited, print, refused, session};
use crate::bench::{Bench, kill, reap, types, wait_for};

const TAG: &str = "<promise>COMPLETE</promise>";
/// 2100-01-01T00:00:00Z
const FAR: i64 = 4_102_444_800;

/// A `claude` that does one of these after the other, the last for ever, and notes its arguments.
fn in_turn(bench: &Bench, calls: &[String]) {
    let mut script = String::from(
        "echo \"$*\" >> \"$ASIDE/argv\"; n=$(wc -l < \"$ASIDE/argv\")\ncat > \"$ASIDE/prompt.$((n))\"\ncase $((n)) in\n",
    );
    for (at, call) in calls.iter().enumerate() {
        let number = if at + 1 == calls.len() { "*".to_owned() } else { (at + 1).to_string() };
        writeln!(script, "{number})\n{call}\n;;").unwrap();
    }
    script.push_str("esac");
    bench.claude(&script);
}

/// One task, and a `claude` that does these in turn.
fn tried(config: &str, calls: &[String]) -> Bench {
    let bench = Bench::new("");
    in_turn(&bench, calls);
    bench.config(&format!("[agent]\ndefault = 'claude'\n{config}"));
    bench.tasks(&["bd-1"]);
    bench
}

fn refuses(status: u64, error: &str) -> String {
    format!("{}exit 1", print(&refused(status, error, &format!("API Error: {status}"), 0.0)))
}

fn overloaded() -> String {
    refuses(529, "overloaded")
}

fn limit(until: i64) -> String {
    format!("{}exit 1", print(&limited(until)))
}

fn works() -> String {
    session(TAG, 0.25)
}

fn calls(bench: &Bench) -> usize {
    bench.lines("argv").len()
}

fn outcomes(bench: &Bench) -> Vec<(String, String, u64)> {
    let text = |receipt: &Value, key: &str| receipt[key].as_str().unwrap_or("-").to_owned();
    let one = |receipt: &Value| {
        (text(receipt, "outcome"), text(receipt, "class"), receipt["attempt"].as_u64().unwrap())
    };
    bench.history().iter().map(one).collect()
}

fn is(outcome: &str, class: &str, attempt: u64) -> (String, String, u64) {
    (outcome.into(), class.into(), attempt)
}

fn away(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["action"].is_string()).collect()
}

const QUICK: &str = "retry_delay = '1ms'\n";

#[test]
fn login_credit_and_model_end_the_run_with_the_way_out() {
    let table = [
        (401, "authentication_failed", "authentication", "set `ANTHROPIC_API_KEY`"),
        (403, "authentication_failed", "authentication", "`/login`"),
        (402, "billing_error", "billing", "add credit to that account"),
        (404, "model_not_found", "model", "name one with `--model`"),
    ];
    for (status, error, class, way) in table {
        let bench = tried("fallback = ['fake']\n", &[refuses(status, error), works()]);
        let (out, events) = bench.events(&["--on-rate-limit", "wait"]);
        let last = events.last().unwrap();
        assert_eq!((&last["reason"], out.code), (&json!("failed"), 1), "{last}");
        assert_eq!(last["message"], format!("API Error: {status}"), "{last}");
        assert!(last["hint"].as_str().unwrap().contains(way), "{last}");
        assert_eq!((calls(&bench), outcomes(&bench)), (1, vec![is("agent_failed", class, 1)]));
        let finished = events.iter().find(|event| event["type"] == "attempt.finished").unwrap();
        assert_eq!(finished["class"], class);
        assert_eq!((bench.status("bd-1").as_str(), &bench.issue("bd-1")["notes"]), ("open", &Value::Null));
    }
    let bench = tried("", &[refuses(401, "authentication_failed")]);
    let out = crate::sandbox::Outcome::of(bench.looping(&[]).env("ANTHROPIC_API_KEY", "k"));
    assert!(out.stdout.contains("correct it, or unset it and run `claude`"), "{out:?}");
    let bench = tried("", &[refuses(402, "billing_error")]);
    let mut run = bench.looping(&[]);
    let out = crate::sandbox::Outcome::of(run.env("ANTHROPIC_API_KEY", "k"));
    assert!(out.stdout.contains("hint: `claude` is paid for by the key in `ANTHROPIC_API_KEY`"), "{out:?}");
}

#[test]
fn other_failures_are_attempts_whose_reason_the_next_one_hears() {
    let mut too_long = refused(400, "invalid_request", "Prompt is too long", 0.0);
    too_long[2]["terminal_reason"] = json!("prompt_too_long");
    let mut turns = refused(200, "", "", 0.1);
    (turns[2]["subtype"], turns[2]["result"]) = (json!("error_max_turns"), json!(null));
    turns.remove(1);
    for (lines, class, words) in
        [(too_long, "context_too_long", "Prompt is too long"), (turns, "agent_limit", "error_max_turns")]
    {
        let bench = tried("", &[format!("{}exit 1", print(&lines)), works()]);
        let last = bench.finish(&[]);
        assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(2)), "{last}");
        assert_eq!(outcomes(&bench), [is("reopened", class, 1), is("closed", "-", 2)]);
        assert!(bench.lines("prompt.2").join("\n").contains(words), "{class}");
    }
}

#[test]
fn a_limit_is_waited_for() {
    // It is lifted within two seconds; the run goes on after that, not before.
    let soon = "at=$(($(date +%s)+2)); sed s/4102444800/$at/";
    let call = limit(FAR).replacen("cat", soon, 1);
    for by_flag in [true, false] {
        let bench = tried(if by_flag { "" } else { "on_rate_limit = 'wait'\n" }, &[call.clone(), works()]);
        let args: &[&str] =
            if by_flag { &["--once", "--on-rate-limit", "wait"] } else { &["--max-iterations", "1"] };
        let (out, events) = bench.events(args);
        let last = events.last().unwrap();
        assert_eq!((out.code, &last["completed"]), (0, &json!(["bd-1"])), "{last}");
        assert_eq!((&last["iterations"], &last["spend"]["usd"]), (&json!(1), &json!(0.25)));
        assert_eq!(last["not_before"], Value::Null);
        assert_eq!(outcomes(&bench), [is("agent_failed", "rate_limit", 1), is("closed", "-", 1)]);
        let told = away(&events)[0];
        assert_eq!((&told["type"], &told["action"]), (&json!("rate.limited"), &json!("wait")));
        assert_eq!((&told["class"], &told["agent"]), (&json!("rate_limit"), &json!("claude")));
        let at = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
        let again = events.iter().filter(|event| event["type"] == "attempt.started").nth(1).unwrap();
        // Only a second that was over before it was looked at is not believed; then it would be a minute.
        assert!(
            at(&again["ts"]) >= at(&told["until"]) && at(&told["until"]) >= at(&told["not_before"]),
            "{told}"
        );
        assert_eq!(types(&events).iter().filter(|kind| **kind == "task.claimed").count(), 2);
    }
}

#[test]
fn a_run_nobody_watches_ends_with_the_time_to_come_back() {
    for (config, args) in
        [("", &[][..]), ("on_rate_limit = 'exit'\n", &[]), ("", &["--on-rate-limit", "exit"])]
    {
        let bench = tried(config, &[limit(FAR)]);
        let (out, events) = bench.events(args);
        let last = events.last().unwrap();
        assert_eq!((&last["reason"], out.code), (&json!("rate_limited"), 75), "{last}");
        assert_eq!(last["not_before"], "2100-01-01T00:00:00Z", "{last}");
        assert_eq!((&last["iterations"], away(&events)[0]["action"].as_str()), (&json!(1), Some("exit")));
        assert_eq!(bench.status("bd-1"), "open");
    }
    let bench = tried("", &[refuses(429, "rate_limit")]);
    let last = bench.finish(&["--once"]);
    assert_eq!((&last["exit_code"], &last["not_before"]), (&json!(75), &Value::Null), "{last}");
}

/// `claude` at its limit, and a second agent of the same kind that works.
fn two(flags: &str) -> Bench {
    let bench = tried("", &[limit(FAR)]);
    let second = bench.script("second", &format!("echo \"$*\" >> \"$ASIDE/argv.second\"; {}", works()));
    bench.config(&format!(
        "[agent]\ndefault = 'claude'\nmodel = 'm-first'\nfallback = ['claude', 'second', 'second']\n{flags}\
         [agents.second]\ncommand = ['{}']\noutput = 'claude'\n",
        second.display()
    ));
    bench
}

#[test]
fn another_agent_takes_over_for_the_rest_of_the_run() {
    let bench = two("");
    bench.tasks(&["bd-2"]);
    let (out, events) = bench.events(&["--max-iterations", "2"]);
    let last = events.last().unwrap();
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(2)), "{last}");
    let agents: Vec<_> = bench.history().iter().map(|receipt| receipt["agent"].clone()).collect();
    assert_eq!(agents, ["claude", "second", "second"]);
    let told = away(&events);
    assert_eq!(
        (told.len(), &told[0]["action"], &told[0]["fallback"]),
        (1, &json!("fallback"), &json!("second"))
    );
    assert!(out.stderr.contains("`claude` is rate-limited: `second` takes over for the rest"), "{out:?}");
    assert_eq!(bench.loop_status()["agent"], "second");
    assert_eq!((calls(&bench), bench.lines("argv.second").len()), (1, 2));
    bench.tasks(&["bd-3"]);
    assert_eq!(
        bench.finish(&["--once", "--on-rate-limit", "exit"])["exit_code"],
        75,
        "the next run begins anew"
    );
}

#[test]
fn when_all_have_had_their_turn_the_run_ends() {
    let bench = two("");
    bench.script("second", &limit(FAR));
    let last = bench.finish(&["--on-rate-limit", "fallback"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("rate_limited"), &json!(75)), "{last}");
    assert_eq!((&last["not_before"], &last["iterations"]), (&json!("2100-01-01T00:00:00Z"), &json!(1)));
    assert_eq!(bench.history().len(), 2);
}

#[test]
fn fallbacks_are_checked_before_anything_starts() {
    let none = tried("", &[works()]);
    let refused = |bench: &Bench, args: &[&str], words: &str, hint: &str| {
        let out = bench.run(&[args, &["--json"]].concat());
        assert_eq!(out.code, 2, "{out:?}");
        let error = out.json_error();
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error}");
        assert_eq!(calls(bench), 0);
    };
    refused(&none, &["--on-rate-limit", "fallback"], "no other agent is set", "fallback = [");
    none.config("[agent]\ndefault = 'claude'\non_rate_limit = 'fallback'\nfallback = ['claude']");
    refused(&none, &[], "no other agent is set", "--on-rate-limit wait");
    none.config("[agent]\ndefault = 'claude'\nfallback = ['claud']");
    refused(&none, &[], "unknown agent `claud`", "did you mean `claude`");
    none.config(
        "[agent]\ndefault = 'claude'\nfallback = ['gone']\n[agents.gone]\ncommand = ['no-such-program']",
    );
    refused(&none, &[], "`no-such-program` is not installed", "[agents.gone]");
    none.config("[agent]\ndefault = 'claude'\nfallback = ['fake']\n[budget]\nusd = 1.0");
    refused(&none, &[], "agent `fake` does not report what it costs", "--allow-unknown-cost");
    // A model's name is for the agent it was written for.
    none.config("[agent]\ndefault = 'claude'\nmodel = 'm'\nfallback = ['own']\n[agents.own]\ncommand = ['cat', '{model}']");
    refused(&none, &["--model", "n"], "needs a model, and none is set", "[agents.own]");
}

#[test]
fn an_overloaded_provider_is_tried_again() {
    let calls_made = [overloaded(), overloaded(), works()];
    for args in [&["--once"][..], &["--max-iterations", "1"], &[]] {
        let bench = tried(&format!("{QUICK}[loop]\nno_progress = 1\nmax_attempts = 1\n"), &calls_made);
        let (out, events) = bench.events(args);
        let last = events.last().unwrap();
        assert_eq!((out.code, &last["iterations"], &last["left"]), (0, &json!(1), &json!(0)), "{last}");
        let refused = is("agent_failed", "overload", 1);
        assert_eq!(outcomes(&bench), [refused.clone(), refused, is("closed", "-", 1)]);
        let actions: Vec<_> = away(&events).iter().map(|event| event["action"].clone()).collect();
        assert_eq!(actions, ["retry", "retry"]);
        assert_eq!(bench.loop_status()["iteration"], 1);
    }
}

#[test]
fn only_so_many_tries_in_a_row() {
    let paid = format!("{}exit 1", print(&refused(529, "overloaded", "API Error: 529", 0.125)));
    let bench = tried(&format!("retries = 2\n{QUICK}"), &[paid]);
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("rate_limited"), &json!(75)), "{last}");
    assert!(last["message"].as_str().unwrap().starts_with("the provider is overloaded"), "{last}");
    assert_eq!((calls(&bench), &last["spend"]["usd"]), (3, &json!(0.375)), "what it cost counts");
    // What gets through between them starts the counting anew.
    let not_yet = session("not yet", 0.1);
    let turns = [overloaded(), not_yet, overloaded(), works()];
    let bench = tried(&format!("retries = 1\n{QUICK}"), &turns);
    assert_eq!(bench.finish(&[])["reason"], "complete");
    // Another agent is better than none.
    let bench = two(&format!("retries = 1\n{QUICK}"));
    in_turn(&bench, &[overloaded()]);
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], calls(&bench)), (&json!("complete"), 2), "{last}");
}

/// A run that waits for a limit.
fn waiting(bench: &Bench, args: &[&str]) -> std::process::Child {
    let child = bench.start(&[&["--on-rate-limit", "wait"], args].concat());
    wait_for("the wait", || bench.loop_status()["waits_until"].is_string());
    child
}

#[test]
fn a_wait_is_ended_by_what_ends_a_run() {
    for (how, reason, code) in [
        ("stop", "stopped", 0),
        ("stop --now", "stopped", 0),
        ("INT", "interrupted", 130),
        ("TERM", "interrupted", 143),
        ("time", "time", 3),
    ] {
        let bench = tried("", &[limit(FAR)]);
        let child = if how == "time" {
            bench.start(&["--on-rate-limit", "wait", "--max-time", "700ms"])
        } else {
            waiting(&bench, &[])
        };
        match how {
            "INT" | "TERM" => kill(child.id(), how),
            "time" => {}
            _ => assert_eq!(
                bench.sandbox.run(&[&["loop"], &how.split(' ').collect::<Vec<_>>()[..]].concat()).code,
                0
            ),
        }
        assert_eq!(reap(child), code, "{how}");
        let last = bench.told().pop().unwrap();
        assert_eq!((&last["reason"], &last["iterations"]), (&json!(reason), &json!(0)), "{how}: {last}");
        let said = bench.lines("err").join("\n");
        assert!(said.contains("waiting until 2100-01-01T00:00:"), "{how}: {said}");
        assert_eq!((bench.status("bd-1").as_str(), calls(&bench)), ("open", 1), "{how}");
        assert_eq!(bench.loop_status()["waits_until"], Value::Null, "{how}");
    }
}

#[test]
fn a_wait_can_be_paused() {
    let bench = tried("", &[refuses(429, "rate_limit")]);
    let child = waiting(&bench, &[]);
    assert_eq!(bench.sandbox.run(&["loop", "pause"]).code, 0);
    wait_for("the pause", || bench.loop_status()["status"] == "paused");
    assert_eq!(bench.sandbox.run(&["loop", "resume"]).code, 0);
    wait_for("the end of the pause", || bench.loop_status()["status"] == "running");
    assert!(bench.loop_status()["waits_until"].is_string());
    assert!(bench.sandbox.run(&["loop", "status"]).stdout.contains("\nwaits      until 20"));
    assert_eq!(bench.sandbox.run(&["loop", "stop"]).code, 0);
    assert_eq!(reap(child), 0);
    assert_eq!(calls(&bench), 1);
}

#[test]
fn who_pays_is_said_once() {
    let bench = tried(QUICK, &[overloaded(), works()]);
    bench.tasks(&["bd-2"]);
    let out = bench.run(&[]);
    assert_eq!(out.stderr.matches("`claude` uses its own login").count(), 1, "{out:?}");
    assert!(out.stderr.contains("`claude` did not get through to its provider: trying again"), "{out:?}");
    let out = crate::sandbox::Outcome::of(bench.looping(&["--json"]).env("ANTHROPIC_API_KEY", "secret"));
    assert!(out.stderr.contains("`claude` is paid for by the key in `ANTHROPIC_API_KEY`"), "{out:?}");
    assert!(!out.stderr.contains("secret") && !out.stdout.contains("secret"));
}
