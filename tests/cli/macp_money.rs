//! `macp drain`: money, tokens and time of agents, on record whatever happens.

use serde_json::{Value, json};

use crate::bench::stream::{init, print, session, used};
use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::macp_dispatch::{drain, macp, queue, result, status};

/// A token of output costs a millionth of a USD.
const PRICES: &str = "[prices.m-1]\ninput = 1.0\noutput = 1.0\n";

fn tasks(count: usize) -> Vec<Value> {
    vec![json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it."}); count]
}

fn statuses(bench: &Bench, count: usize) -> Vec<String> {
    (1..=count).map(|number| status(bench, &format!("T-{number}"))).collect()
}

/// An agent that has used tokens for half a cent and goes on until it is ended.
fn endless() -> String {
    format!("{}echo started > \"$ASIDE/started\"; exec sleep 63.4", print(&[init(), used("m1", 0, 5000)]))
}

fn receipts(bench: &Bench) -> Vec<Value> {
    let text = bench.sandbox.read(".taskrun/receipts.ndjson");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_drain_ends_when_its_money_is_used_up() {
    // The third would need as much as the dearest so far.
    for limit in ["usd = 1.5", "per_day_usd = 1.5", "tokens = 150"] {
        let bench = queue(&format!("[budget]\n{limit}"), &tasks(4));
        bench.claude(&format!("cat > /dev/null; {}", session("Painted.", 0.6)));
        assert_eq!(drain(&bench), 3, "{limit}");
        assert_eq!(statuses(&bench, 4), ["completed", "completed", "pending", "pending"], "{limit}");
        // A new drain has money of its own, but the day is the same.
        assert_eq!(drain(&bench), if limit.starts_with("per_day") { 3 } else { 0 }, "{limit}");
        let spent = bench.sandbox.run(&["budget", "show", "--json"]).json();
        let expected = if limit.starts_with("per_day") { 2 } else { 4 };
        assert_eq!(spent["attempts"], expected, "{limit}: {spent}");
    }
}

#[test]
fn what_runs_no_agent_costs_nothing() {
    let mut all = tasks(1);
    all.push(json!({"dispatch": "exec", "command": "true"}));
    let bench = queue("[budget]\nper_day_usd = 0.5", &all);
    bench.claude(&format!("cat > /dev/null; {}", session("Painted.", 0.6)));
    assert_eq!(drain(&bench), 0);
    assert_eq!(statuses(&bench, 2), ["completed", "completed"]);
}

#[test]
fn an_agent_is_ended_as_soon_as_it_is_over_its_limit() {
    let table = [
        ("per_attempt_usd = 0.004", 1, "failed", "per_attempt_usd"),
        ("per_task_usd = 0.004", 4, "escalated", "per_task_usd"),
        ("usd = 0.004", 3, "pending", ""),
        ("tokens = 4000", 3, "pending", ""),
    ];
    for (limit, code, expected, why) in table {
        let bench = queue(&format!("[budget]\n{limit}\n{PRICES}"), &tasks(1));
        bench.claude(&format!("cat > /dev/null; {}", endless()));
        assert_eq!(drain(&bench), code, "{limit}");
        assert_eq!(status(&bench, "T-1"), expected, "{limit}");
        assert_eq!(living("sleep 63.4"), [0; 0]);
        let receipts = receipts(&bench);
        assert_eq!((receipts.len(), &receipts[0]["spend"]["usd"]), (1, &json!(0.005)), "{limit}");
        if !why.is_empty() {
            let result = result(&bench, "T-1");
            let told = format!("{} {} {}", result["error"], result["escalation_reason"], result["metadata"]);
            assert!(told.contains(why), "{limit}: {told}");
        }
    }
}

#[test]
fn what_a_killed_drain_had_spent_is_on_record_once() {
    let bench = queue(PRICES, &tasks(1));
    bench.claude(&format!(
        "cat > /dev/null; [ -e \"$ASIDE/started\" ] && {{ {}exit 0; }}\n{}",
        session("Painted.", 0.6),
        endless()
    ));
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("the agent", || bench.aside("started").exists());
    kill(child.id(), "KILL");
    reap(child);
    wait_for("its end", || living("sleep 63.4").is_empty());
    assert_eq!(drain(&bench), 0);
    let receipts = receipts(&bench);
    let known: Vec<_> =
        receipts.iter().map(|receipt| (&receipt["outcome"], &receipt["spend"]["usd"])).collect();
    assert_eq!(known, [(&json!("killed"), &json!(0.005)), (&json!("answered"), &json!(0.6))]);
    assert_eq!((&receipts[0]["task"], &receipts[0]["spend"]["partial"]), (&json!("macp/T-1"), &json!(true)));
    assert_eq!(result(&bench, "T-1")["attempt"], 2);
}

#[test]
fn nobody_works_for_a_limit_on_money_who_cannot_tell_what_it_costs() {
    let task = json!({"dispatch": "yolo", "runtime": "fake", "description": "Paint it."});
    let bench = queue("[budget]\nusd = 1.0", std::slice::from_ref(&task));
    bench.agent("cat > \"$ASIDE/ran\"");
    assert_eq!(drain(&bench), 1);
    let refused = result(&bench, "T-1");
    assert!(refused["error"].as_str().unwrap().contains("does not report what it costs"), "{refused}");
    let bench = queue("[budget]\nusd = 1.0\n[macp]\nyolo_command = ['sh', '-c', 'touch ran']", &[task]);
    assert_eq!(drain(&bench), 1);
    assert!(result(&bench, "T-1")["error"].as_str().unwrap().contains("nobody can tell"));
    assert!(!bench.aside("ran").exists() && !bench.sandbox.path("ran").exists());
}

#[test]
fn the_time_of_the_budget_is_that_of_a_drain() {
    let task = json!({"dispatch": "exec", "command": "sleep 1.2"});
    let bench = queue("[budget]\ntime = '1s'", &[task.clone(), task]);
    assert_eq!(drain(&bench), 3);
    assert_eq!(statuses(&bench, 2), ["completed", "pending"]);
    assert_eq!(drain(&bench), 0, "all is done, however long it took");
}
