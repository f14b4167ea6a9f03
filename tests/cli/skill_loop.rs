//! `loop run --skill`: tasks, prompts and gates of a skill.

use serde_json::{Value, json};

use crate::bench::{Bench, reap, wait_for};

const SKILL: &str = r#"
id = "bake"
name = "Bake"
description = "d"
stack = ["*"]
[[user_stories]]
id = "B-1"
title = "Knead"
as_a = "baker"
i_want = "dough"
so_that = "I can bake"
acceptance_criteria = ["it rests"]
[[user_stories]]
id = "B-2"
title = "Bake"
as_a = "baker"
i_want = "bread"
so_that = "I can eat"
acceptance_criteria = ["it smells"]
depends_on = ["B-1"]
[quality_gates]
"*" = ["test -f work.txt", "true"]
rust = ["false"]
[prompts]
system = "You are a baker."
task_template = "{{ task.title }} with {{ flour }}"
[variables]
flour = { default = "rye" }
"#;

const WORKS: &str = "cat > \"$ASIDE/prompt-$TASKRUN_TASK\"; echo $TASKRUN_TASK >> \"$ASIDE/order\"; echo x >> work.txt; \
                     echo '<promise>COMPLETE</promise>'";

fn bench(script: &str) -> Bench {
    let bench = Bench::new(script);
    bench.sandbox.write(".taskrun/skills/bake.toml", SKILL);
    bench
}

fn titles(bench: &Bench) -> Vec<String> {
    bench.lines("order").iter().map(|id| bench.issue(id)["title"].as_str().unwrap().to_owned()).collect()
}

fn gates(events: &[Value]) -> Vec<&str> {
    let started = events.iter().filter(|event| event["type"] == "gate.started");
    started.map(|event| event["command"].as_str().unwrap()).collect()
}

fn count(bench: &Bench) -> usize {
    bench.sandbox.read(".beads/issues.jsonl").lines().count()
}

#[test]
fn a_named_skill_is_applied_and_its_tasks_are_worked_in_order() {
    let bench = bench(WORKS);
    bench.config("[gates]\n'*' = ['true', 'test 1 = 1']\n");
    bench.task("bd-other", &json!({"priority": 0}));
    let (out, events) = bench.events(&["--skill", "bake", "--gate", "test 2 = 2"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("made 2 tasks of `bake` below the new epic `"), "{out:?}");
    assert_eq!(titles(&bench), ["Knead", "Bake"]);
    assert_eq!(bench.status("bd-other"), "open");
    // Beside those of the settings and of the flags, none twice.
    assert_eq!(gates(&events)[..4], ["true", "test 1 = 1", "test 2 = 2", "test -f work.txt"]);
    assert_eq!(gates(&events).len(), 8);
    let first = bench.lines("order")[0].clone();
    let prompt = bench.lines(&format!("prompt-{first}")).join("\n");
    assert!(prompt.starts_with("You are a baker.\n\nKnead with rye\n\nThis is task"), "{prompt}");
    assert!(prompt.contains("- [ ] it rests") && prompt.contains("As a baker, I want dough"), "{prompt}");
    assert!(prompt.contains("- `test -f work.txt`"), "{prompt}");
    let epic = bench.history()[0]["epic"].as_str().unwrap().to_owned();
    assert_eq!(bench.status(&epic), "closed");
}

#[test]
fn open_tasks_of_the_skill_are_worked_and_none_are_added() {
    let bench = bench(WORKS);
    bench.task("bd-e", &json!({"issue_type": "epic"}));
    let made = bench.sandbox.run(&["skill", "apply", "bake", "--epic", "bd-e", "--set", "flour=oats"]);
    assert_eq!(made.code, 0, "{made:?}");
    bench.commit_all();
    let before = count(&bench);
    let preview = bench.run(&["--skill", "bake", "--dry-run", "--json"]).json();
    assert_eq!((&preview["skill"], &preview["task"]["title"]), (&json!("bake"), &json!("Knead")));
    assert_eq!(preview["gates"], json!(["test -f work.txt", "true"]));
    let printed = bench.run(&["--skill", "bake", "--print-prompt"]).stdout;
    assert!(printed.starts_with("You are a baker.\n\nKnead with oats\n"), "{printed}");
    assert_eq!(bench.run(&["--skill", "bake", "--epic", "bd-e"]).code, 0);
    assert_eq!((count(&bench), titles(&bench).len()), (before, 2));
}

#[test]
fn a_rehearsal_makes_nothing_and_neither_does_a_run_that_cannot_be() {
    let bench = bench(WORKS);
    let looked = bench.run(&["--skill", "bake", "--dry-run"]);
    assert!(looked.stderr.contains("there is no open task of `bake`: 2 would be made first"), "{looked:?}");
    assert!(looked.stdout.contains("test -f work.txt"), "the gates of the tasks to come: {looked:?}");
    let refused = bench.run(&["--skill", "bake", "--agent", "nobody"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(bench.run(&["--skill", "bkae"]).code, 1);
    assert_eq!(count(&bench), 0);
}

#[test]
fn the_selected_skill_counts_until_another_is_named() {
    let bench = bench(WORKS);
    bench.task("bd-own", &json!({"priority": 0, "title": "Sweep"}));
    bench.task("bd-theirs", &json!({"labels": ["skill:build-mcp"], "title": "Serve"}));
    bench.commit_all();
    assert_eq!(bench.sandbox.run(&["skill", "select", "bake"]).code, 0);
    let plain = bench.run(&["--skill", "none", "--print-prompt"]);
    assert!(plain.stdout.starts_with("Build this: Sweep") && plain.stderr.is_empty(), "{plain:?}");
    let out = bench.run(&[]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(
        out.stderr.contains("going by the selected skill `bake`; `--skill none` goes by none"),
        "{out:?}"
    );
    assert!(out.stderr.contains("made 2 tasks of `bake`"), "{out:?}");
    let prompt = |id: &str| bench.lines(&format!("prompt-{id}"))[0].clone();
    assert_eq!(
        (prompt("bd-own").as_str(), prompt("bd-theirs").as_str()),
        ("You are a baker.", "Build this: Serve")
    );
    assert_eq!(titles(&bench).len(), 4, "all tasks, not the skill's alone");
    let before = count(&bench);
    assert_eq!(bench.run(&[]).code, 0);
    assert_eq!(count(&bench), before, "a selected skill is applied once");
    let prompt = bench.sandbox.run(&["loop", "prompt", "bd-own"]);
    assert!(
        prompt.stdout.starts_with("You are a baker.") && prompt.stderr.contains("selected skill"),
        "{prompt:?}"
    );
}

#[test]
fn gates_follow_the_stack_and_what_the_agent_edits_changes_no_run_under_way() {
    let edits =
        format!("sed -i 's/a baker/a thief/; s/test -f work.txt/true/' .taskrun/skills/bake.toml; {WORKS}");
    let bench = bench(&edits);
    let (out, events) = bench.events(&["--skill", "bake"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(gates(&events), ["test -f work.txt", "true", "test -f work.txt", "true"]);
    let last = bench.lines("order")[1].clone();
    assert_eq!(bench.lines(&format!("prompt-{last}"))[0], "You are a baker.");
    let bench = self::bench(WORKS);
    bench.sandbox.write("Cargo.toml", "");
    bench.commit_all();
    let (_, events) = bench.events(&["--skill", "bake", "--once"]);
    assert_eq!(gates(&events), ["false"]);
    let (_, events) = bench.events(&["--skill", "bake", "--once", "--no-gates"]);
    assert!(gates(&events).is_empty());
}

#[test]
fn a_run_that_is_turned_away_leaves_no_tasks_behind() {
    let bench = bench(&format!("until [ -e \"$ASIDE/go\" ]; do sleep 0.02; done; {WORKS}"));
    let mut runs: Vec<_> = (0..4).map(|_| bench.start(&["--skill", "bake"])).collect();
    let mut ended = Vec::new();
    wait_for("three to be turned away", || {
        runs.retain_mut(|run| match run.try_wait().unwrap() {
            Some(status) => {
                ended.push(status.code());
                false
            }
            None => true,
        });
        ended.len() == 3
    });
    assert_eq!((ended, count(&bench)), (vec![Some(75); 3], 3), "one epic with its two tasks");
    bench.task("bd-e", &json!({"issue_type": "epic"}));
    let before = bench.sandbox.read(".beads/issues.jsonl");
    assert_eq!(bench.run(&["--skill", "bake", "--epic", "bd-e"]).code, 75);
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before);
    std::fs::write(bench.aside("go"), "").unwrap();
    for run in runs {
        assert_eq!(reap(run), 0);
    }
}

#[test]
fn an_epic_that_is_done_leaves_a_run_nothing_to_do() {
    let bench = bench(WORKS);
    bench.task("bd-e", &json!({"issue_type": "epic"}));
    bench.commit_all();
    assert_eq!(bench.run(&["--skill", "bake", "--epic", "bd-e"]).code, 0);
    let before = (count(&bench), bench.status("bd-e"));
    assert_eq!(before.1, "closed");
    let again = bench.run(&["--skill", "bake", "--epic", "bd-e"]);
    assert_eq!((again.code, count(&bench)), (0, before.0), "{again:?}");
}

#[test]
fn tasks_of_a_skill_that_the_run_does_not_go_by_are_told_of_once() {
    let bench = bench(WORKS);
    for id in ["bd-1", "bd-2"] {
        bench.task(id, &json!({"labels": ["skill:bake"]}));
    }
    bench.task("bd-3", &json!({"labels": ["skill:unheard-of"]}));
    bench.commit_all();
    let out = bench.run(&[]);
    let said = "`bd-1` is of the skill `bake`, whose prompts and gates this run leaves out; `--skill bake` goes by it";
    assert!(out.code == 0 && out.stderr.contains(said), "{out:?}");
    assert_eq!(out.stderr.matches("leaves out").count(), 1, "{out:?}");
    bench.task("bd-4", &json!({"labels": ["skill:bake"]}));
    assert!(!bench.run(&["--skill", "none"]).stderr.contains("leaves out"));
}
