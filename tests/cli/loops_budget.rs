//! Limits on money, tokens and time: kept, and told from one another.

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, session, used};
use crate::bench::{Bench, kill, reap, types, wait_for};
use crate::sandbox::Outcome;

const TAG: &str = "<promise>COMPLETE</promise>";

/// Five tasks and a `claude` that closes one a call for `usd` each, and notes its arguments.
fn paid(usd: f64) -> Bench {
    let bench = Bench::new("");
    bench.claude(&format!("echo \"$*\" >> \"$ASIDE/argv\"; {}", session(TAG, usd)));
    bench.config("[agent]\ndefault = 'claude'");
    bench.tasks(&["bd-1", "bd-2", "bd-3", "bd-4", "bd-5"]);
    bench
}

fn ends(bench: &Bench, args: &[&str], reason: &str, iterations: u64) -> Value {
    let last = bench.finish(args);
    assert_eq!((&last["reason"], &last["iterations"]), (&json!(reason), &json!(iterations)), "{last}");
    assert_eq!(last["exit_code"], 3, "{last}");
    last
}

fn handed_down(bench: &Bench) -> Vec<String> {
    let after = |line: &String| line.split("--max-budget-usd ").nth(1)?.split(' ').next().map(str::to_owned);
    bench.lines("argv").iter().filter_map(after).collect()
}

#[test]
fn one_dollar_pays_for_two_calls_of_fifty_cents() {
    let bench = paid(0.5);
    let last = ends(&bench, &["--budget-usd", "1"], "budget_usd", 2);
    assert_eq!((&last["spend"]["usd"], &last["left"]), (&json!(1.0), &json!(3)));
    assert_eq!(handed_down(&bench), ["1.0000", "0.5000"]);
    assert_eq!(bench.loop_status()["spend"]["budget_usd"], 1.0);
}

#[test]
fn a_call_that_could_pass_the_limit_is_not_made() {
    let bench = paid(4.0);
    bench.config("[agent]\ndefault = 'claude'\n[budget]\nusd = 10");
    let (out, events) = bench.events(&[]);
    assert_eq!(out.code, 3);
    let last = events.last().unwrap();
    assert_eq!((&last["reason"], &last["spend"]["usd"]), (&json!("budget_usd"), &json!(8.0)));
    assert_eq!(types(&events).iter().filter(|kind| **kind == "budget.warning").count(), 1);
    let board = bench.sandbox.run(&["board"]).stdout;
    assert!(board.contains("$8/$10"), "{board}");
    assert!(bench.sandbox.run(&["loop", "status"]).stdout.contains("budget     $8.00/$10.00"));
    assert_eq!(bench.lines("argv").len(), 2);
    ends(&bench, &[], "budget_usd", 2); // a run of its own has its own limit
}

#[test]
fn unknown_cost_is_refused_before_anything_starts() {
    let bench = Bench::new("touch \"$ASIDE/ran\"; echo '<promise>COMPLETE</promise>'");
    bench.tasks(&["bd-1", "bd-2"]);
    for config in ["", "[budget]\nper_day_usd = 5", "[budget]\nper_task_usd = 5"] {
        bench.config(config);
        let args = if config.is_empty() { &["--json", "--budget-usd", "1"][..] } else { &["--json"] };
        let out = bench.run(args);
        assert_eq!(out.code, 2, "{out:?}");
        let error = out.json_error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("agent `fake` does not report what it costs"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--allow-unknown-cost"), "{error}");
    }
    assert!(!bench.aside("ran").exists());
    assert_eq!(bench.status("bd-1"), "open");
    bench.config("");
    let last = bench.finish(&["--budget-usd", "1", "--allow-unknown-cost"]);
    assert_eq!((&last["reason"], &last["spend"]["known"]), (&json!("complete"), &json!(false)));
    assert!(bench.sandbox.run(&["budget", "show"]).stdout.contains("an unknown amount"));
}

#[test]
fn a_cost_that_turns_out_unknown_ends_the_run() {
    for usd in [json!(-1.0), json!("free"), Value::Null, json!(0)] {
        let bench = paid(0.0);
        let mut line = result(TAG, 0.0);
        line["total_cost_usd"] = usd.clone();
        bench.claude(&print(&[init(), line]));
        let last = ends(&bench, &["--budget-usd", "1"], "budget_usd", 1);
        assert_eq!(last["spend"]["known"], false, "{usd}");
        assert!(last["message"].as_str().unwrap().contains("is unknown"), "{last}");
    }
}

#[test]
fn a_task_that_has_used_up_its_share_goes_to_a_person() {
    let bench = paid(0.0);
    bench.claude(&format!("echo x >> x; {}", session("not yet", 0.6)));
    bench.config("[agent]\ndefault = 'claude'\n[budget]\nper_task_usd = 1.0");
    let last = bench.finish(&["--task", "bd-1"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("escalated"), &json!(4)), "{last}");
    assert_eq!(last["spend"]["usd"], 0.6, "a second call could have passed the limit");
    assert!(bench.issue("bd-1")["comments"][0]["text"].as_str().unwrap().contains("per_task_usd"));
    assert_eq!(bench.finish(&["--once"])["failed"], json!(["bd-2"]), "others have their own share");
}

#[test]
fn a_day_counts_over_runs() {
    let bench = paid(1.0);
    bench.config("[agent]\ndefault = 'claude'\n[budget]\nper_day_usd = 2.5");
    assert_eq!(bench.finish(&["--once"])["exit_code"], 0);
    ends(&bench, &[], "budget_usd", 1);
    assert_eq!(handed_down(&bench), ["2.5000", "1.5000"]);
    ends(&bench, &[], "budget_usd", 0);
    // What an earlier day spent does not count.
    let receipts = bench.sandbox.read(".taskrun/receipts.ndjson");
    let day = bench.history()[0]["started_at"].as_str().unwrap()[..10].to_owned();
    let (now, then) = (format!("\"started_at\":\"{day}"), "\"started_at\":\"2026-01-01");
    bench.sandbox.write(".taskrun/receipts.ndjson", receipts.replace(&now, then));
    ends(&bench, &[], "budget_usd", 2);
}

#[test]
fn tokens_and_time_are_limits_of_their_own() {
    let bench = paid(0.1);
    let last = ends(&bench, &["--budget-tokens", "200"], "budget_tokens", 2);
    assert_eq!(last["spend"]["input_tokens"], 200);
    ends(&bench, &["--max-time", "1ns"], "time", 0);
    assert_eq!(bench.run(&["--max-time", "5"]).code, 2, "a bare number has no unit");
}

#[test]
fn a_run_out_of_time_ends_its_agent() {
    let bench = Bench::new("exec sleep 300");
    bench.tasks(&["bd-1"]);
    let last = ends(&bench, &["--max-time", "500ms"], "time", 1);
    assert_eq!(last["left"], 1);
    assert_eq!(
        (bench.status("bd-1").as_str(), &bench.history()[0]["outcome"]),
        ("open", &json!("interrupted"))
    );
}

#[test]
fn a_stream_that_passes_the_budget_is_ended() {
    let spends = [init(), says("thinking"), used("m1", 1000, 100), used("m2", 900_000, 100_000)];
    let prices = "[prices.m-1]\ninput = 1.0\noutput = 10.0";
    let share = format!("[budget]\nper_task_usd = 1.0\n{prices}");
    for (config, args, reason, code) in [
        (prices, &["--budget-usd", "1", "--model", "m-1"][..], "budget_usd", 3),
        ("", &["--budget-tokens", "100000"], "budget_tokens", 3),
        (&share, &["--model", "m-1", "--task", "bd-1"], "escalated", 4),
    ] {
        let bench = paid(0.0);
        bench.claude(&format!("{}exec sleep 300", print(&spends)));
        bench.config(&format!("[agent]\ndefault = 'claude'\n{config}"));
        let last = bench.finish(args);
        assert_eq!((&last["reason"], &last["exit_code"]), (&json!(reason), &json!(code)), "{last}");
        let receipt = &bench.history()[0];
        assert_eq!(
            (&receipt["signal"], &receipt["spend"]["partial"]),
            (&json!(2), &json!(true)),
            "{receipt}"
        );
        assert!(receipt["spend"]["output_tokens"].as_u64().unwrap() >= 100_000, "{receipt}");
        if !config.is_empty() {
            assert!((receipt["spend"]["usd"].as_f64().unwrap() - 1.902).abs() < 1e-6, "{receipt}");
        }
        assert_eq!(bench.issue("bd-1")["notes"], Value::Null, "no attempt of its own doing");
    }
}

#[test]
fn a_killed_attempt_costs_what_its_stream_had_shown() {
    let bench = paid(1.0);
    bench.claude(&format!(
        "{}touch \"$ASIDE/up\"; exec sleep 300",
        print(&[init(), used("m1", 1_000_000, 0)])
    ));
    bench.config(
        "[agent]\ndefault = 'claude'\nmodel = 'm-1'\n[prices.m-1]\ninput = 2.0\noutput = 1.0\n[budget]\nper_day_usd = 4.5",
    );
    let child = bench.start(&[]);
    wait_for("the agent", || bench.aside("up").exists());
    kill(child.id(), "KILL");
    assert_eq!(reap(child), 137);
    bench.claude(&session(TAG, 1.0));
    ends(&bench, &[], "budget_usd", 1);
    let first = &bench.history()[0];
    assert_eq!((&first["outcome"], &first["spend"]["usd"]), (&json!("killed"), &json!(2.0)));
}

#[test]
fn what_was_spent_is_added_up() {
    let bench = paid(0.5);
    let parent = json!([{"issue_id": "bd-e.1", "depends_on_id": "bd-e", "type": "parent-child"}]);
    bench.task("bd-e", &json!({"issue_type": "epic"}));
    bench.task("bd-e.1", &json!({"priority": 0, "dependencies": parent}));
    assert_eq!(bench.run(&["--max-iterations", "3"]).code, 3);
    let show = |args: &[&str]| bench.sandbox.run(&[&["budget", "show", "--json"], args].concat()).json();
    let all = show(&[]);
    assert_eq!(
        (&all["total"]["usd"], &all["attempts"], &all["unknown"]),
        (&json!(1.5), &json!(3), &json!(0))
    );
    assert_eq!((&all["total"]["source"], &all["total"]["partial"]), (&json!("reported"), &json!(false)));
    assert_eq!(all["by"][0]["key"], "bd-1");
    assert_eq!(show(&["--epic", "bd-e"])["total"]["usd"], 0.5);
    let epics = show(&["--by", "epic"])["by"].clone();
    assert_eq!((&epics[0]["key"], &epics[0]["spend"]["usd"]), (&json!("-"), &json!(1.0)));
    assert_eq!((&epics[1]["key"], &epics[1]["spend"]["usd"]), (&json!("bd-e"), &json!(0.5)));
    for (by, key) in [("agent", "claude"), ("model", "m-1")] {
        assert_eq!(show(&["--by", by])["by"][0]["key"], key);
    }
    let text: Outcome = bench.sandbox.run(&["budget", "show"]);
    assert!(
        text.stdout.starts_with("TASK ")
            && text
                .stdout
                .contains("\ntotal          3          300            0           30       1.5000\n"),
        "{text:?}"
    );
}
