//! Money over many attempts: every limit holds, whatever calls cost.
//!
//! 20 random schedules run always; `TASKRUN_STORM=1` makes it 100.

use std::fmt::Write;
use std::fs;

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, session, used};
use crate::bench::{Bench, types};

const TAG: &str = "<promise>COMPLETE</promise>";
/// A token of output costs a millionth of a USD.
const PRICES: &str = "[prices.m-1]\ninput = 1.0\noutput = 1.0\n";

/// A `claude` that works call after call as `plan.N` says, each reported on its stream as it ends, until
/// it is interrupted; then it reports what it cost, a call under way included, as the real one does.
///
/// Amounts are in millionths of a USD and whole thousands, so that a limit of four places is exact enough
/// to know when it has been passed: then it waits to be told.
const SPENDER: &str = r#"
echo x >> x
echo "$*" >> "$ASIDE/argv"; n=$(($(wc -l < "$ASIDE/argv")))
. "$ASIDE/plan.$n"
left=$(echo "$*" | sed -n 's/.*--max-budget-usd \([0-9]*\)\.\([0-9]*\).*/\1\200/p' | sed 's/^0*\(.\)/\1/')
told=0; sum=0; last=0; after=0; id=0; error=false; why=completed; subtype=success; code=0
trap 'told=1' INT
echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m-1"}'
set -- $calls
while [ $# -gt 0 ]; do
    sum=$((sum + $1)); last=$1; id=$((id + 1)); shift
    echo '{"type":"assistant","message":{"id":"m'$id'","role":"assistant","content":[],"usage":{"input_tokens":0,"output_tokens":'$last'}},"parent_tool_use_id":null}'
    if [ $sum -gt $((${left:-999999999} + 500)) ]; then
        waited=0; while [ $told = 0 ] && [ $waited -lt 2000 ]; do sleep 0.01; waited=$((waited + 1)); done
    fi
    if [ $told = 1 ]; then
        [ $late = 1 ] && [ $# -gt 0 ] && after=$1 && sum=$((sum + after))
        error=true; why=aborted_tools; text=; break
    fi
    if [ $keeps = 1 ] && [ $sum -ge ${left:-999999999} ]; then
        error=true; subtype=error_max_budget_usd; code=1; text=; break
    fi
done
printf '{"type":"result","subtype":"%s","is_error":%s,"terminal_reason":"%s","result":"%s","session_id":"s-1","total_cost_usd":%d.%06d,"usage":{"input_tokens":0,"output_tokens":%d}}\n' \
    $subtype $error $why "$text" $((sum / 1000000)) $((sum % 1000000)) $sum
echo "$sum $last $after $told" >> "$ASIDE/spent"
exit $code
"#;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    /// USD in whole thousandths, or no limit.
    fn limit(&mut self, most: u64) -> Option<u64> {
        (self.below(4) > 0).then(|| 1000 * (50 + self.below(most)))
    }
}

fn usd(micro: u64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// Limits in millionths of a USD: run, day, task, attempt.
type Limits = [Option<u64>; 4];

/// Two runs over three tasks with these limits, and up to twelve random attempts.
fn schedule(dice: &mut Dice) -> (Bench, Limits) {
    let bench = Bench::bare("");
    let limits = [dice.limit(1500), dice.limit(2500), dice.limit(1200), dice.limit(800)];
    let mut config =
        "[agent]\ndefault = 'claude'\nmodel = 'm-1'\n[loop]\nmax_attempts = 99\n[budget]\n".to_owned();
    for (name, limit) in ["usd", "per_day_usd", "per_task_usd", "per_attempt_usd"].iter().zip(limits) {
        if let Some(limit) = limit {
            writeln!(config, "{name} = {}", usd(limit)).unwrap();
        }
    }
    bench.config(&format!("{config}{PRICES}"));
    bench.claude(SPENDER);
    for number in 1..=12 {
        let calls: Vec<String> =
            (0..=dice.below(6)).map(|_| (1000 * (1 + dice.below(300))).to_string()).collect();
        let text = if dice.below(3) == 0 { TAG } else { "not yet" };
        let (late, keeps) = (dice.below(2), dice.below(2));
        let plan = format!("calls='{}'\nlate={late}\nkeeps={keeps}\ntext='{text}'\n", calls.join(" "));
        fs::write(bench.aside(&format!("plan.{number}")), plan).unwrap();
    }
    bench.tasks(&["bd-1", "bd-2", "bd-3"]);
    (bench, limits)
}

#[test]
fn storm_of_costs_passes_no_limit_by_more_than_a_call() {
    let schedules = if std::env::var_os("TASKRUN_STORM").is_some() { 100 } else { 20 };
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut told, mut passed) = (0, 0);
    for number in 0..schedules {
        let (bench, limits) = schedule(&mut dice);
        for _ in 0..2 {
            let last = bench.finish(&["--max-iterations", "6"]);
            assert_eq!(last["spend"]["known"], true, "{last}");
        }
        let spent: Vec<[u64; 4]> = bench
            .lines("spent")
            .iter()
            .map(|line| {
                let amounts: Vec<u64> = line.split(' ').map(|amount| amount.parse().unwrap()).collect();
                amounts.try_into().unwrap()
            })
            .collect();
        let mut history = bench.history();
        // Where nothing is left for a task, no agent starts.
        history.retain(|receipt| receipt["session"].is_string());
        assert_eq!(history.len(), spent.len(), "{number}: {history:?}");
        let mut sums: Vec<(String, u64)> = Vec::new();
        for (receipt, [cost, last, after, stopped]) in history.iter().zip(&spent) {
            let known = receipt["spend"]["usd"].as_f64().unwrap();
            assert!((known - usd(*cost).parse::<f64>().unwrap()).abs() < 1e-9, "{number}: {receipt}");
            let text = |key: &str| receipt[key].as_str().unwrap().to_owned();
            let own = format!("attempt {}", sums.len());
            for (key, limit) in [text("run"), "day".to_owned(), text("task"), own].into_iter().zip(limits) {
                if !sums.iter().any(|(known, _)| *known == key) {
                    sums.push((key.clone(), 0));
                }
                let (_, sum) = sums.iter_mut().find(|(known, _)| *known == key).unwrap();
                *sum += cost;
                let Some(limit) = limit else { continue };
                passed += u32::from(*sum > limit);
                // The call that passed it, and the one under way when the agent was told.
                assert!(*sum <= limit + last + after, "{number}: {key} {sum} of {limit}: {receipt}");
            }
            told += stopped;
        }
    }
    assert!(told > 0 && passed > 0, "no schedule came near its limits: {told} {passed}");
}

/// A `claude` that does `first` once, and is done the next time; it keeps its prompts.
fn twice(first: &str, config: &str) -> Bench {
    let bench = Bench::new("");
    bench.claude(&format!(
        "echo x >> x; echo \"$*\" >> \"$ASIDE/argv\"; n=$(($(wc -l < \"$ASIDE/argv\"))); cat > \"$ASIDE/prompt.$n\"\n\
         if [ $n = 1 ]; then\n{first}\nelse\n{}fi",
        session(TAG, 0.25)
    ));
    bench.config(&format!("[agent]\ndefault = 'claude'\nmodel = 'm-1'\n{config}{PRICES}"));
    bench.tasks(&["bd-1"]);
    bench
}

#[test]
fn an_attempt_over_its_share_is_ended_and_tried_again() {
    let streams = [init(), used("m1", 0, 300_000), used("m2", 0, 300_000)];
    let mut keeps = result("", 0.5);
    (keeps["is_error"], keeps["subtype"]) = (json!(true), json!("error_max_budget_usd"));
    let told = format!("{}exec sleep 300", print(&streams));
    let by_itself = format!("{}exit 1", print(&[init(), keeps]));
    for (first, class, usd) in [(told, "aborted", 0.6), (by_itself, "agent_limit", 0.5)] {
        let bench = twice(&first, "[budget]\nper_attempt_usd = 0.5\n");
        let last = bench.finish(&[]);
        assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(2)), "{last}");
        let receipt = &bench.history()[0];
        assert_eq!(
            (&receipt["outcome"], &receipt["class"]),
            (&json!("reopened"), &json!(class)),
            "{receipt}"
        );
        assert_eq!(receipt["spend"]["usd"], usd);
        assert!(bench.lines("argv").iter().all(|line| line.contains("--max-budget-usd 0.5000")));
        let why = "it was ended because it reached `per_attempt_usd` (0.50 USD)";
        assert_eq!(receipt["reason"], why);
        assert!(bench.lines("prompt.2").join("\n").contains(why));
    }
}

#[test]
fn an_agent_that_keeps_the_rest_of_a_limit_did_not_fail_its_task() {
    let mut keeps = result("", 0.5);
    (keeps["is_error"], keeps["subtype"]) = (json!(true), json!("error_max_budget_usd"));
    let first = format!("{}exit 1", print(&[init(), keeps]));
    let bench = twice(&first, "[budget]\nper_day_usd = 0.5\n");
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("budget_usd"), &json!(3)), "{last}");
    assert_eq!((&bench.history()[0]["outcome"], &last["failed"]), (&json!("interrupted"), &json!([])));
    let bench = twice(&first, "[budget]\nper_task_usd = 0.5\n");
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("escalated"), &json!(4)), "{last}");
}

#[test]
fn every_limit_warns_once_while_it_is_used_up() {
    let stream = [init(), used("m1", 0, 300_000), used("m2", 0, 110_000), result("no", 0.41)];
    let budget =
        "[budget]\nper_attempt_usd = 0.5\nper_task_usd = 0.82\nper_day_usd = 0.822\ntokens = 500_000\n";
    let bench = twice(&print(&stream), budget);
    let (_, events) = bench.events(&["--budget-usd", "5"]);
    let told: Vec<_> = events.iter().filter(|event| event["type"] == "budget.warning").collect();
    let limits: Vec<_> = told.iter().map(|event| event["limit"].as_str().unwrap()).collect();
    assert_eq!(limits, ["per_attempt_usd", "tokens", "per_day_usd", "per_task_usd"], "{told:?}");
    assert!(told.iter().all(|event| event["used"].as_f64().unwrap() >= 0.8), "{told:?}");
    let kinds = types(&events);
    let first = |kind: &str| kinds.iter().position(|has| *has == kind).unwrap();
    assert!(first("budget.warning") < first("attempt.finished"), "{kinds:?}");
}

#[test]
fn sums_say_how_far_they_can_be_believed() {
    let bench = twice(
        &print(&[
            init(),
            used("m1", 0, 100),
            json!({"type": "result", "is_error": false,
        "subtype": "success", "result": TAG, "session_id": "s-1"}),
        ]),
        "",
    );
    bench.tasks(&["bd-2", "bd-3"]);
    assert_eq!(bench.finish(&["--max-iterations", "2"])["exit_code"], 3);
    assert_eq!(bench.finish(&["--agent", "fake", "--once"])["exit_code"], 1);
    let show = |args: &[&str]| bench.sandbox.run(&[&["budget", "show"], args].concat());
    let by = |key: &str| show(&["--by", key, "--json"]).json();
    let all = by("task");
    assert_eq!((&all["attempts"], &all["unknown"]), (&json!(3), &json!(1)), "{all}");
    assert_eq!((&all["total"]["known"], &all["total"]["source"]), (&json!(false), &json!("unknown")));
    let sources: Vec<_> =
        all["by"].as_array().unwrap().iter().map(|sum| sum["spend"]["source"].clone()).collect();
    assert_eq!(sources, ["estimated", "reported", "unknown"]);
    let unknown: Vec<_> =
        by("agent")["by"].as_array().unwrap().iter().map(|sum| sum["unknown"].clone()).collect();
    assert_eq!(unknown, [json!(0), json!(1)], "claude, fake");
    assert_eq!(by("model")["by"][0]["key"], "m-1");
    assert_eq!(by("day")["by"][0]["attempts"], 3);
    let text = show(&[]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TASK ") && lines[0].ends_with("USD"), "{text}");
    assert!(lines[1].starts_with("bd-1 ") && lines[1].ends_with("0.0001  estimated"), "{text}");
    assert!(lines[3].ends_with("0.0000  and an unknown amount"), "{text}");
    assert!(lines[4].starts_with("total ") && lines[4].ends_with("and an unknown amount (1 of 3)"), "{text}");
    // Receipts of older versions do not say what kind of failure it was.
    let receipts = bench.sandbox.read(".taskrun/receipts.ndjson");
    bench.sandbox.write(".taskrun/receipts.ndjson", receipts.replace("\"class\":null,", ""));
    assert_eq!(bench.history().len(), 3);
    assert!(bench.history().iter().all(|receipt| receipt["class"] == Value::Null));
}
