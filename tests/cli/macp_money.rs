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
fn the_time_of_the_budget_is_that_of_a_drain() {
    let task = json!({"dispatch": "exec", "command": "sleep 1.2"});
    let bench = queue("[budget]\ntime = '1s'", &[task.clone(), task]);
    assert_eq!(drain(&bench), 3);
    assert_eq!(statuses(&bench, 2), ["completed", "pending"]);
    assert_eq!(drain(&bench), 0, "all is done, however long it took");
}

/// A Claude Code that notes when it begins and ends, and what it may spend, and costs this much.
fn costs(bench: &Bench, usd: f64) {
    bench.claude(&format!(
        "cat > /dev/null; echo \"$*\" | grep -o -- '--max-budget-usd [0-9.]*' >> \"$ASIDE/told\"\n\
         echo begin >> \"$ASIDE/ran\"; sleep 0.2; {}echo end >> \"$ASIDE/ran\"",
        session("Painted.", usd)
    ));
}

fn jobs(bench: &Bench, jobs: &str) -> i32 {
    crate::sandbox::Outcome::of(&mut macp(bench, &["drain", "--jobs", jobs])).code
}

fn spent(bench: &Bench) -> f64 {
    receipts(bench).iter().map(|receipt| receipt["spend"]["usd"].as_f64().unwrap()).sum()
}

/// Most agents that were under way at a time.
fn most_at_a_time(bench: &Bench) -> i32 {
    let (mut now, mut most) = (0, 0);
    for line in bench.lines("ran") {
        now += if line == "begin" { 1 } else { -1 };
        most = most.max(now);
    }
    most
}

#[test]
fn workers_share_what_is_left() {
    // Limits, what an attempt costs, attempts in all, exit code, most at a time.
    let table = [
        ("usd = 1.0\nper_task_usd = 1.0\nper_day_usd = 1.0", 0.9, 1, 3, 1),
        ("usd = 2.0", 0.5, 4, 3, 3),
        ("per_day_usd = 2.0", 0.5, 4, 3, 3),
        ("usd = 100.0", 0.5, 6, 0, 5),
        ("usd = 1.5\nper_attempt_usd = 0.5", 0.5, 3, 3, 3),
        ("tokens = 350", 0.5, 4, 3, 3),
    ];
    for (limits, usd, attempts, code, most) in table {
        let bench = queue(&format!("[budget]\n{limits}"), &tasks(6));
        costs(&bench, usd);
        assert_eq!(jobs(&bench, "5"), code, "{limits}");
        assert_eq!(receipts(&bench).len(), attempts, "{limits}");
        assert!(most_at_a_time(&bench) <= most, "{limits}: {:?}", bench.lines("ran"));
        let done = statuses(&bench, 6).iter().filter(|status| *status == "completed").count();
        assert_eq!(done, attempts, "{limits}");
        let events = bench.sandbox.read(".taskrun/macp/events.ndjson");
        assert_eq!(events.matches("task.started").count(), attempts, "{limits}: {events}");
        assert!(!events.contains("task.retry.scheduled"), "{limits}: {events}");
    }
}

#[test]
fn what_the_day_has_cost_is_what_the_next_may_cost() {
    let bench = queue("[budget]\nusd = 1.0\nper_day_usd = 2.0", &tasks(6));
    costs(&bench, 0.5);
    assert_eq!(jobs(&bench, "1"), 3);
    assert_eq!(jobs(&bench, "4"), 3);
    assert!((spent(&bench) - 2.0).abs() < 1e-9);
    // Of the second dollar each of two had a half.
    assert_eq!(bench.lines("told")[2..], ["--max-budget-usd 0.5000", "--max-budget-usd 0.5000"]);
    assert_eq!(jobs(&bench, "4"), 3);
    assert_eq!(receipts(&bench).len(), 4);
}

#[test]
fn what_runs_no_agent_goes_on_while_agents_wait_for_money() {
    let mut all = tasks(3);
    all.extend([json!({"dispatch": "exec", "command": "touch exec-ran"}), json!({"command": "true"})]);
    let bench = queue("[budget]\nusd = 1.0", &all);
    // The first ends only once the command has run.
    bench.claude(&format!(
        "cat > /dev/null; until [ -e exec-ran ]; do sleep 0.05; done; {}",
        session("Painted.", 0.9)
    ));
    assert_eq!(jobs(&bench, "3"), 3);
    assert_eq!(statuses(&bench, 5), ["completed", "pending", "pending", "completed", "completed"]);
}

#[test]
fn a_run_beside_a_drain_leaves_it_its_share() {
    let bench = queue("[budget]\nper_day_usd = 1.0", &tasks(2));
    bench.claude(&format!(
        "cat > /dev/null; echo begin >> \"$ASIDE/ran\"; until [ -e \"$ASIDE/go\" ]; do sleep 0.05; done; {}",
        session("Painted.", 0.6)
    ));
    let child = macp(&bench, &["drain", "--limit", "1"]).spawn().unwrap();
    wait_for("the agent", || bench.aside("ran").exists());
    let beside = macp(&bench, &["run", "T-2", "--quiet"]).spawn().unwrap();
    // It waits for the drain's share, so the first look that it is given something by is after the go.
    wait_for("its slot", || {
        bench.sandbox.path(&format!(".taskrun/macp/state/slot-run-{}", beside.id())).exists()
    });
    std::fs::write(bench.aside("go"), "").unwrap();
    assert_eq!(reap(child), 3);
    assert_eq!(reap(beside), 3);
    assert_eq!(receipts(&bench).len(), 1);
    assert_eq!(statuses(&bench, 2), ["completed", "pending"]);
}

#[test]
fn a_task_that_has_spent_its_own_was_not_tried_once_more() {
    let task = json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it.", "max_attempts": 10,
        "quality_gates": ["false"]});
    let bench = queue("[macp]\nretry_delay = '1ms'\n[budget]\nper_task_usd = 1.0", &[task]);
    costs(&bench, 0.4);
    assert_eq!(drain(&bench), 4);
    let result = result(&bench, "T-1");
    assert_eq!((&result["attempt"], &result["max_attempts"]), (&json!(2), &json!(10)), "{result}");
    assert!(result["escalation_reason"].as_str().unwrap().contains("per_task_usd"), "{result}");
    let events = bench.sandbox.read(".taskrun/macp/events.ndjson");
    assert_eq!(events.matches("task.started").count(), 2, "{events}");
}

#[test]
fn who_needs_more_than_its_share_gets_all_that_is_left_once_it_is_alone() {
    let bench = queue(&format!("[budget]\nusd = 0.04\n{PRICES}"), &tasks(4));
    // The first tells what to expect; of the other three each has a third of the rest.
    let others = "until grep -q retry.scheduled .taskrun/macp/events.ndjson; do sleep 0.05; done";
    bench.claude(&format!(
        "cat > /dev/null; case $TASKRUN_TASK.$TASKRUN_ATTEMPT in\nT-1.*) {};;\nT-2.1) {}exec sleep 64.6;;\n\
         T-2.*) echo \"$*\" > \"$ASIDE/told\"; {};;\n*) {others}; {}\nesac",
        session("Painted.", 0.001),
        print(&[init(), used("m1", 0, 14_000)]),
        session("Painted.", 0.02),
        session("Painted.", 0.001),
    ));
    assert_eq!(jobs(&bench, "3"), 0);
    assert_eq!(living("sleep 64.6"), [0; 0]);
    assert_eq!(statuses(&bench, 4), ["completed"; 4]);
    assert!(bench.lines("told")[0].contains("--max-budget-usd 0.0230"), "{:?}", bench.lines("told"));
}
