//! `beads plan`: who is asked, what is made of the answer, and what is not.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, session, tool, tool_result};
use crate::bench::{Bench, kill, reap, wait_for};
use crate::sandbox::Outcome;
use crate::terminal::Terminal;

const FILE: &str = ".beads/issues.jsonl";

fn planning(bench: &Bench, args: &[&str]) -> Command {
    let mut command = bench.sandbox.command();
    command.args(["beads", "plan"]).args(args).env("CLAUDE_CLI_PATH", bench.aside("claude"));
    command.env("BEADS_ACTOR", "ann");
    command
}

fn plan(bench: &Bench, args: &[&str]) -> Outcome {
    Outcome::of(&mut planning(bench, args))
}

fn answer() -> Value {
    json!({"epic": {"title": "Ship it", "description": "All of it", "acceptance": ["shipped"]}, "tasks": [
        {"key": "test", "title": "Test", "acceptance": ["green"], "priority": 1, "depends_on": ["build"], "labels": ["ci"]},
        {"key": "build", "title": "Build", "type": "feature", "description": "With care",
         "acceptance": ["it runs", "it stops"], "priority": 1}]})
}

/// A bench whose default agent is a fake Claude Code.
fn claude(script: &str) -> Bench {
    let bench = Bench::bare("");
    bench.claude(script);
    bench.config("[agent]\ndefault = 'claude'");
    bench
}

/// The shell command that prints a text.
fn echo(text: &str) -> String {
    format!("cat <<'end'\n{text}\nend\n")
}

#[test]
fn a_goal_becomes_an_epic_with_tasks_and_says_where_it_comes_from() {
    let bench = claude(&format!("echo \"$*\" > \"$ASIDE/argv\"; {}", session(&answer().to_string(), 0.25)));
    let out = plan(&bench, &["Ship the thing", "--yes", "--json", "--model", "m-9"]);
    assert_eq!(out.code, 0, "{out:?}");
    let document = out.json();
    let (epic, tasks) = (&document["epic"], &document["tasks"]);
    let id = epic["id"].as_str().unwrap();
    assert_eq!(
        (&epic["title"], &epic["issue_type"], &epic["priority"]),
        (&json!("Ship it"), &json!("epic"), &json!(1))
    );
    assert_eq!(epic["acceptance_criteria"], "- shipped");
    assert_eq!((&tasks[0]["id"], &tasks[1]["id"]), (&json!(format!("{id}.1")), &json!(format!("{id}.2"))));
    assert_eq!(
        (&tasks[1]["issue_type"], &tasks[1]["acceptance_criteria"]),
        (&json!("feature"), &json!("- it runs\n- it stops"))
    );
    assert_eq!((&tasks[0]["labels"], &tasks[0]["created_by"]), (&json!(["ci"]), &json!("ann")));
    assert_eq!((&document["created"], &document["spend"]["usd"]), (&json!(true), &json!(0.25)));
    let ready = bench.sandbox.run(&["beads", "ready", "--epic", id, "--json"]).json();
    assert_eq!((ready.as_array().unwrap().len(), &ready[0]["title"]), (1, &json!("Build")));
    let from = &epic["metadata"]["taskrun"]["plans"][0];
    assert_eq!(
        (&from["by"], &from["agent"], &from["model"]),
        (&json!("ann"), &json!("claude"), &json!("m-1"))
    );
    assert_eq!((&from["from"]["text"], &from["spend"]["usd"]), (&json!("Ship the thing"), &json!(0.25)));
    assert_eq!(from["runs"], document["runs"]);
    let said = epic["comments"][0]["text"].as_str().unwrap();
    assert!(
        said.starts_with("Planned with claude (m-1) from a text: 2 tasks, cost 0.2500 USD (run p-"),
        "{said}"
    );
    let called = bench.lines("argv")[0].clone();
    assert!(called.contains("--model m-9") && !called.contains("--dangerously"), "{called}");
    assert_eq!(bench.history()[0]["outcome"], "answered");
}

#[test]
fn a_file_is_read_and_its_tasks_go_below_an_epic_that_is_there() {
    let mut plan_only = answer();
    plan_only.as_object_mut().unwrap().remove("epic");
    let bench =
        Bench::bare(&format!("cat > \"$ASIDE/got\"; {}", echo(&format!("Sure!\n```json\n{plan_only}\n```"))));
    bench.task("bd-e", &json!({"title": "The epic", "issue_type": "epic", "metadata": {"mine": 1}}));
    bench.task("bd-e.4", &json!({"title": "Old part"}));
    bench.sandbox.write("goal.md", "# The goal\n- [ ] x\n");
    let out = plan(&bench, &["goal.md", "--epic", "e", "--yes"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(out.stdout, "bd-e  The epic\n  bd-e.5  P1  Test  ← bd-e.6\n  bd-e.6  P1  Build\n");
    let epic = bench.issue("bd-e");
    assert_eq!(epic["metadata"]["mine"], 1);
    let from = &epic["metadata"]["taskrun"]["plans"][0];
    assert_eq!((&from["from"]["file"], &from["spend"]["known"]), (&json!("goal.md"), &json!(false)));
    assert!(from["from"]["digest"].as_str().unwrap().starts_with("fnv1a64:"), "{from}");
    let said = epic["comments"][0]["text"].as_str().unwrap();
    assert!(said.contains("from `goal.md`: 2 tasks, cost unknown"), "{said}");
    let got = fs::read_to_string(bench.aside("got")).unwrap();
    assert!(got.contains("below the epic `bd-e`: The epic") && got.contains("- Old part\n"), "{got}");
    assert!(got.contains("\n```\n# The goal\n- [ ] x\n```\n") && !got.contains("<promise>"), "{got}");
    // What is planned again is refused: those titles are taken.
    let before = bench.sandbox.read(FILE);
    let out = plan(&bench, &["goal.md", "--epic", "bd-e", "--yes"]);
    assert!(out.code == 1 && out.stderr.contains("there is another task `Test`"), "{out:?}");
    assert_eq!(bench.sandbox.read(FILE), before);
}

#[test]
fn nothing_is_spent_where_nobody_could_agree() {
    let bench = Bench::bare("touch \"$ASIDE/ran\"; echo ok");
    bench.task("bd-c", &json!({"status": "closed"}));
    let before = bench.sandbox.read(FILE);
    let table: [(&[&str], i32, &str); 9] = [
        (&["Ship"], 2, "--yes"),
        (&["Ship", "--json"], 2, "--yes"),
        (&["", "--yes"], 2, "the goal is empty"),
        (&["gaol.md", "--yes"], 2, "`gaol.md` does not exist"),
        (&["Ship", "--yes", "--dry-run"], 2, "cannot be used with"),
        (&["Ship", "--yes", "--epic", "bd-zzz"], 1, "no issue `bd-zzz`"),
        (&["Ship", "--yes", "--epic", "bd-c"], 1, "`bd-c` is closed"),
        (&["Ship", "--yes", "--agent", "shell"], 2, "cannot plan"),
        (&["Ship", "--yes", "--budget-usd", "1"], 2, "does not report what it costs"),
    ];
    for (args, code, says) in table {
        let out = plan(&bench, args);
        assert_eq!((out.code, out.stdout.as_str()), (code, ""), "{args:?} {out:?}");
        assert!(out.stderr.contains(says), "{args:?} {out:?}");
    }
    assert!(!bench.aside("ran").exists());
    assert_eq!(bench.sandbox.read(FILE), before);
}

#[test]
fn a_dry_run_shows_the_plan_and_makes_nothing() {
    let bench = Bench::bare(&echo(&answer().to_string()));
    let out = plan(&bench, &["Ship", "--dry-run"]);
    assert_eq!(out.code, 0, "{out:?}");
    let expected = "Ship it\n├─ test   P1  task  Test  ← build\n│             · green\n└─ build  P1  feature  Build\n              · it runs\n              · it stops\n";
    assert_eq!(out.stdout, expected);
    let out = plan(&bench, &["Ship", "--dry-run", "--json"]).json();
    assert_eq!((&out["created"], &out["tasks"][0]["depends_on"]), (&json!(false), &json!(["build"])));
    assert_eq!(bench.sandbox.read(FILE), "");
}

#[test]
fn a_bad_answer_is_shown_to_the_agent_once() {
    let mut bad = answer();
    bad["tasks"][1]["depends_on"] = json!(["test"]);
    let script = |first: &str, second: &str| {
        let (first, second) = (echo(first), echo(second));
        format!(
            "cat >> \"$ASIDE/got\"; if [ -e \"$ASIDE/once\" ]; then {second}else touch \"$ASIDE/once\"; {first}fi"
        )
    };
    let bench = Bench::bare(&script(&bad.to_string(), &answer().to_string()));
    let out = plan(&bench, &["Ship", "--yes", "--json"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!((out.json()["runs"].as_array().unwrap().len(), bench.history().len()), (2, 2));
    let got = fs::read_to_string(bench.aside("got")).unwrap();
    assert!(got.contains("- the tasks wait for each other: test → build → test\n"), "{got}");

    let bench = Bench::bare(&script(&bad.to_string(), "no idea"));
    let out = plan(&bench, &["Ship", "--yes", "--json"]);
    assert_eq!(out.code, 1, "{out:?}");
    let document = out.json();
    assert_eq!(
        (&document["created"], &document["tasks"], &document["epic"]),
        (&json!(false), &json!([]), &json!(null))
    );
    assert!(document["errors"][0].as_str().unwrap().contains("no complete JSON object"), "{document}");
    assert_eq!((bench.sandbox.read(FILE).as_str(), bench.history().len()), ("", 2));
}

#[test]
fn both_answers_are_paid_from_one_budget() {
    let bench = claude(&format!("echo \"$*\" >> \"$ASIDE/argv\"; {}", session("no plan", 0.4)));
    let out = plan(&bench, &["Ship", "--yes", "--budget-usd", "1", "--json"]);
    assert_eq!((out.code, &out.json()["spend"]["usd"]), (1, &json!(0.8)), "{out:?}");
    let called = bench.lines("argv");
    let called: Vec<&String> = called.iter().filter(|line| line.contains("--max-budget-usd")).collect();
    assert!(called[0].contains("1.0000") && called[1].contains("0.6000"), "{called:?}");
    assert!(!out.stderr.contains("no second try"), "{out:?}");
    assert_eq!(bench.sandbox.read(FILE), "");
}

#[test]
fn a_second_try_that_would_pass_a_limit_is_not_made() {
    let table: [(f64, &[&str], &str, &str, &str); 5] = [
        // As dear as the first; or the first has passed it already.
        (0.75, &["--budget-usd", "1"], "", "budget_usd", "as dear as the first it would pass `budget_usd`"),
        (0.75, &["--budget-usd", "0.5"], "", "budget_usd", "would pass `budget_usd`"),
        (0.75, &[], "[budget]\nusd = 1.0", "budget_usd", "would pass `budget_usd`"),
        (0.75, &[], "[budget]\nper_day_usd = 1.0", "budget_usd", "would pass `per_day_usd`"),
        (0.0, &["--budget-tokens", "110"], "", "budget_tokens", "`budget_tokens` is used up"),
    ];
    for (usd, args, config, reason, says) in table {
        let bench = claude(&session("no", usd));
        bench.config(&format!("[agent]\ndefault = 'claude'\n{config}"));
        let out = plan(&bench, &[&["Ship", "--yes", "--json"], args].concat());
        assert_eq!(out.code, 3, "{args:?} {config} {out:?}");
        let document = out.json();
        assert_eq!((&document["reason"], &document["spend"]["usd"]), (&json!(reason), &json!(usd)));
        assert_eq!((document["runs"].as_array().unwrap().len(), bench.history().len()), (1, 1));
        assert!(document["errors"][0].as_str().unwrap().contains("no complete JSON object"), "{document}");
        let message = document["message"].as_str().unwrap();
        assert!(message.contains("no second try was made") && message.contains(says), "{message}");
        assert!(out.stderr.contains(says) && !out.stderr.contains("300"), "{out:?}");
    }
    // What one attempt may cost is each one's own.
    let bench = claude(&session("no", 0.4));
    bench.config("[agent]\ndefault = 'claude'\n[budget]\nper_attempt_usd = 0.5");
    let out = plan(&bench, &["Ship", "--yes", "--json"]);
    assert_eq!((out.code, out.json()["runs"].as_array().unwrap().len()), (1, 2), "{out:?}");
}

#[test]
fn only_the_final_message_counts() {
    let plan_text = answer().to_string();
    let bench = claude(&print(&[
        init(),
        tool("cat plan.json"),
        tool_result(&plan_text),
        result("There it is.", 0.1),
    ]));
    let out = plan(&bench, &["Ship", "--yes"]);
    assert!(out.code == 1 && out.stderr.contains("no complete JSON object"), "{out:?}");
    let bench = claude(&print(&[
        init(),
        says(&plan_text),
        tool("ls"),
        tool_result("x"),
        says("Done."),
        result("Done.", 0.1),
    ]));
    assert_eq!(plan(&bench, &["Ship", "--yes"]).code, 1);
    assert_eq!(bench.sandbox.read(FILE), "");
}

#[test]
fn hostile_answers_make_nothing_or_nothing_harmful() {
    let mut steering = answer();
    steering["tasks"][0]["title"] = json!("\u{1b}[2J\u{1b}]0;x\u{7}$(touch pwned) `id`\u{202e}");
    let bench = Bench::bare(&format!("printf '%s' '{steering}'"));
    let out = plan(&bench, &["Ship", "--yes"]);
    assert!(out.code == 0 && !out.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{out:?}");
    assert!(!bench.sandbox.path("pwned").exists() && bench.sandbox.read(FILE).contains("$(touch pwned)"));
    let flood = "head -c 10000000 /dev/zero | tr '\\0' '{'; echo; head -c 3000000 /dev/zero | tr '\\0' 'x'";
    for script in
        [flood, "printf '{\"tasks\":['; head -c 10000000 /dev/zero | tr '\\0' '['", "printf '\\377\\376{'"]
    {
        let bench = Bench::bare(script);
        let out = plan(&bench, &["Ship", "--yes"]);
        assert!(out.code == 1 && out.stdout.is_empty() && out.stderr.len() < 20_000, "{}", out.code);
        assert_eq!(bench.sandbox.read(FILE), "");
    }
}

#[test]
fn every_other_end_is_that_of_a_prompt() {
    let fails = |status: &str| {
        format!(
            "echo '{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"api_error_status\":{status},\"result\":\"no\",\
             \"session_id\":\"s-1\",\"total_cost_usd\":0}}'; exit 1"
        )
    };
    let table: [(String, &[&str], i32, &str); 4] = [
        (fails("429"), &[], 75, "rate_limited"),
        (fails("401"), &[], 1, "failed"),
        ("sleep 60".into(), &["--max-time", "1s"], 3, "time"),
        (session("<promise>BLOCKED: no key</promise>", 0.1), &[], 4, "escalated"),
    ];
    for (script, args, code, reason) in table {
        let bench = claude(&script);
        let out = plan(&bench, &[&["Ship", "--yes", "--json"], args].concat());
        assert_eq!((out.code, &out.json()["reason"]), (code, &json!(reason)), "{out:?}");
        assert_eq!((&out.json()["created"], bench.sandbox.read(FILE).as_str()), (&json!(false), ""));
    }
    let bench = Bench::bare("touch \"$ASIDE/up\"; sleep 60");
    let child = planning(&bench, &["Ship", "--yes"]).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the agent", || bench.aside("up").exists());
    kill(child.id(), "INT");
    assert_eq!((reap(child), bench.sandbox.read(FILE).as_str()), (130, ""));
}

#[test]
fn a_terminal_is_asked() {
    let bench = Bench::bare(&echo(&answer().to_string()));
    for (said, code, made) in [("n", 1, 0), ("", 1, 0), ("y", 0, 3)] {
        let terminal = Terminal::new(80, 24);
        let child = terminal.start(&mut planning(&bench, &["Ship"]));
        wait_for("the question", || terminal.printed().contains("Make these 2 tasks? [y/N]"));
        assert!(terminal.printed().contains("← build"), "{}", terminal.printed());
        terminal.press(&format!("{said}\n"));
        assert_eq!(
            (reap(child), bench.sandbox.read(FILE).lines().count()),
            (code, made),
            "{}",
            terminal.printed()
        );
    }
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let bench = Bench::bare(&format!(
        "touch \"$ASIDE/up\"; until [ -e \"$ASIDE/go\" ]; do sleep 0.05; done; {}",
        echo(&answer().to_string())
    ));
    let terminal = Terminal::new(80, 24);
    let child = terminal.start(&mut planning(&bench, &["Ship"]));
    wait_for("the agent", || bench.aside("up").exists());
    terminal.press("y\n");
    // Its echo says that it is there to be read.
    wait_for("the echo", || terminal.printed().contains("y\r\n"));
    fs::write(bench.aside("go"), "").unwrap();
    wait_for("the question", || terminal.printed().contains("Make these 2 tasks? [y/N]"));
    terminal.press("n\n");
    assert_eq!((reap(child), bench.sandbox.read(FILE).as_str()), (1, ""), "{}", terminal.printed());
}
