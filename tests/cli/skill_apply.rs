//! `skill apply` and `skill render`.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::sandbox::Outcome;

const SKILL: &str = r#"
id = "greet"
name = "Greet people"
description = "Greetings, {{ as they are }}"
stack = ["*"]

[[user_stories]]
id = "US-001"
title = "Greet {{ who }}"
as_a = "visitor"
i_want = "a greeting for {{ who }}"
so_that = "I feel at home."
acceptance_criteria = ["{{ who }} is greeted", "nobody else is"]

[[user_stories]]
id = "US-002"
title = "Say goodbye"
as_a = "visitor"
i_want = "a goodbye"
so_that = "I can leave"
acceptance_criteria = ["it is polite"]
depends_on = ["US-001"]

[[user_stories]]
id = "US-003"
title = "Tell both apart"
as_a = "visitor"
i_want = "no mix-up"
so_that = "I know where I am"
acceptance_criteria = ["they differ"]
depends_on = ["US-001", "US-002"]

[quality_gates]
"*" = ["test -s out.txt"]
rust = ["cargo test"]

[prompts]
system = "You greet {{ who }} for {{ host }}.\n<promise>COMPLETE</promise>"
task_template = "Build this: {{ task.id }} {{ task.title }}\n\n{{ task.description }}"
acceptance_criteria = "When complete, output: <promise>COMPLETE</promise>"

[variables]
who = { default = "the world" }
host = { description = "who greets" }
"#;

/// A workspace with the skill `greet`.
fn bench() -> Bench {
    let bench = Bench::new("");
    bench.sandbox.write(".taskrun/skills/greet.toml", SKILL);
    bench
}

fn apply(bench: &Bench, args: &[&str]) -> Outcome {
    bench.sandbox.run(&[&["skill", "apply", "greet", "--json", "--set", "host=me"], args].concat())
}

fn all(bench: &Bench) -> Vec<Value> {
    bench.sandbox.run(&["beads", "list", "--all", "--json"]).json().as_array().unwrap().clone()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

fn blockers(task: &Value) -> Vec<&str> {
    let edges = task["dependencies"].as_array().into_iter().flatten();
    edges
        .filter(|edge| edge["type"] == "blocks")
        .map(|edge| edge["depends_on_id"].as_str().unwrap())
        .collect()
}

#[test]
fn stories_become_tasks_in_order() {
    let bench = bench();
    let made = apply(&bench, &["--set", "who=Ann"]).json();
    let epic = &made["epic"];
    assert_eq!((&epic["title"], &epic["issue_type"]), (&json!("Greet people"), &json!("epic")));
    assert_eq!(epic["description"], "Greetings, {{ as they are }}");
    let ids = ids(&made["tasks"]);
    let first = bench.issue(&ids[0]);
    assert_eq!(first["title"], "Greet Ann");
    assert_eq!(first["description"], "As a visitor, I want a greeting for Ann, so that I feel at home.");
    assert_eq!(first["acceptance_criteria"], "- [ ] Ann is greeted\n- [ ] nobody else is");
    assert_eq!(first["labels"], json!(["skill:greet", "story:US-001"]));
    assert_eq!(first["metadata"]["taskrun"]["skill"]["set"], json!({"who": "Ann", "host": "me"}));
    let parents = first["dependencies"].as_array().unwrap();
    assert_eq!((&parents[0]["depends_on_id"], &parents[0]["type"]), (&epic["id"], &json!("parent-child")));
    assert_eq!(blockers(&bench.issue(&ids[1])), [&ids[0]]);
    assert_eq!(blockers(&bench.issue(&ids[2])), [&ids[0], &ids[1]]);
    let ready =
        bench.sandbox.run(&["beads", "ready", "--epic", epic["id"].as_str().unwrap(), "--json"]).json();
    assert_eq!((ready.as_array().unwrap().len(), &ready[0]["id"]), (1, &json!(ids[0])));
    let text = bench.sandbox.run(&["skill", "apply", "greet", "--set", "host=me"]).stdout;
    assert!(
        text.contains("  Greet people\n") && text.contains("  Greet the world\n") && text.contains("  ← "),
        "{text}"
    );
    assert_eq!(all(&bench).len(), 8, "without an epic each time a new one");
}

#[test]
fn the_shipped_skill_is_applied_with_its_defaults() {
    let bench = Bench::new("");
    let made = bench.sandbox.run(&["skill", "apply", "build-mcp", "--json"]).json();
    assert_eq!(made["tasks"][0]["title"], "Create MCP scaffold");
    assert_eq!(
        made["tasks"][0]["description"],
        "As a developer, I want a working MCP server entry point, so that I can add tools incrementally."
    );
    let ids = ids(&made["tasks"]);
    assert_eq!(blockers(&bench.issue(&ids[1])), [&ids[0]]);
}

#[test]
fn applied_again_to_an_epic_nothing_is_doubled_and_what_is_missing_is_made() {
    let bench = bench();
    bench.task("bd-e", &json!({"issue_type": "epic", "title": "Mine"}));
    bench.task("bd-x", &json!({"labels": ["story:US-001"]}));
    let first = apply(&bench, &["--epic", "bd-e", "--set", "who=Ann"]).json();
    let ids_before = ids(&first["tasks"]);
    assert_eq!((first["made"].as_array().unwrap().len(), &first["new_epic"]), (3, &json!(false)));
    assert_eq!(ids_before, ["bd-e.1", "bd-e.2", "bd-e.3"]);
    let text = bench.sandbox.read(".beads/issues.jsonl");
    let again = bench.sandbox.run(&["skill", "apply", "greet", "--epic", "bd-e", "--json"]).json();
    assert_eq!((ids(&again["tasks"]), &again["made"]), (ids_before.clone(), &json!([])));
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), text, "not a byte");
    let other = apply(&bench, &["--epic", "bd-e", "--set", "who=Bob"]);
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), text, "not a byte");
    assert!(other.code == 0 && other.stderr.contains("keep the value of `who`"), "{other:?}");
    // One is closed, one was taken away: only that one is made again, with the value that was given before.
    bench.sandbox.run(&["beads", "close", "bd-e.2", "--reason", "by hand"]);
    let text = bench.sandbox.read(".beads/issues.jsonl");
    let lines: Vec<_> = text.lines().filter(|line| !line.contains("\"id\":\"bd-e.1\"")).collect();
    bench.sandbox.write(".beads/issues.jsonl", format!("{}\n", lines.join("\n")));
    let mended = bench.sandbox.run(&["skill", "apply", "greet", "--epic", "bd-e", "--json"]).json();
    let made = ids(&mended["tasks"]);
    assert_eq!((&mended["made"], &made[1..]), (&json!([made[0]]), &ids_before[1..]));
    assert_eq!(bench.issue(&made[0])["title"], "Greet Ann");
    assert_eq!(bench.status("bd-e.2"), "closed");
    assert!(blockers(&bench.issue("bd-e.3")).contains(&made[0].as_str()));
    assert_eq!(bench.issue("bd-x")["status"], "open");
}

#[test]
fn what_cannot_be_applied_changes_nothing() {
    let bench = bench();
    bench.task(
        "bd-done",
        &json!({"issue_type": "epic", "status": "closed", "closed_at": "2026-01-01T00:00:00Z"}),
    );
    bench.task("bd-task", &json!({}));
    let cycle = SKILL.replace("id = \"greet\"", "id = \"round\"").replacen(
        "acceptance_criteria = [\"{{",
        "depends_on = [\"US-003\"]\nacceptance_criteria = [\"{{",
        1,
    );
    bench.sandbox.write(".taskrun/skills/round.toml", cycle);
    bench
        .sandbox
        .write(".taskrun/skills/words/SKILL.md", "---\nname: words\ndescription: d\n---\nBe kind.\n");
    let unsafe_gate = SKILL
        .replace("id = \"greet\"", "id = \"unsafe\"")
        .replace("test -s out.txt", "grep -q {{ who }} out.txt");
    bench.sandbox.write(".taskrun/skills/unsafe.toml", unsafe_gate);
    let before = bench.sandbox.read(".beads/issues.jsonl");
    let long = format!("who={}", "x".repeat(600));
    let table: &[(&[&str], i32, &str)] = &[
        (&["greet"], 2, "skill `greet` needs a value for `host` (who greets)"),
        (&["greet", "--set", "host=a", "--set", "hots=b"], 2, "skill `greet` has no variable `hots`"),
        (&["greet", "--set", "host"], 2, "write NAME=VALUE"),
        (&["greet", "--set", "host=a", "--set", "host=b"], 2, "`host` is set twice"),
        (&["greet", "--set", "host=a", "--epic", "bd-task"], 1, "`bd-task` is a task, not an epic"),
        (&["greet", "--set", "host=a", "--epic", "bd-nope"], 1, "bd-nope"),
        (&["greet", "--set", "host=a", "--epic", "bd-done"], 1, "`bd-done` is closed"),
        (&["greet", "--set", "host=a", "--set", &long], 2, "the title is"),
        (&["nothing"], 1, "unknown skill `nothing`"),
        (&["round", "--set", "host=a"], 2, "cycle"),
        (&["words"], 1, "skill `words` has no stories"),
        (&["unsafe", "--set", "host=a"], 2, "for `*` names `{{ who }}`; a gate may hold no variable"),
    ];
    for (args, code, expected) in table {
        let refused = bench.sandbox.run(&[&["skill", "apply"], *args].concat());
        assert_eq!(refused.code, *code, "{args:?}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{args:?}: {refused:?}");
        assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before, "{args:?}");
    }
    let seen = apply(&bench, &["--dry-run"]).json();
    assert_eq!(
        (&seen["dry_run"], &seen["made"], &seen["tasks"][0]["title"]),
        (&json!(true), &json!([]), &json!("Greet the world"))
    );
    assert!(seen["tasks"][0]["id"].is_null());
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before);
}

#[test]
fn values_are_data_wherever_they_stand() {
    let bench = bench();
    let hostile = "{{ host }} {% raw %} $(touch pwned) '; touch pwned; \" `touch pwned`";
    let made = apply(&bench, &["--set", &format!("who={hostile}")]).json();
    let id = ids(&made["tasks"])[0].clone();
    assert_eq!(bench.issue(&id)["title"], format!("Greet {hostile}"));
    let prompt = bench.sandbox.run(&["skill", "render", "greet", "--task", &id]).stdout;
    assert!(prompt.contains(&format!("You greet {hostile} for me.")), "{prompt}");
    // No shell has seen it.
    bench.sandbox.write("out.txt", format!("{hostile}\n"));
    bench.agent("cat > /dev/null; echo '<promise>COMPLETE</promise>'");
    let (out, events) = bench.events(&["--skill", "greet", "--once"]);
    assert_eq!(out.code, 0, "{out:?}");
    let gate = events.iter().find(|event| event["type"] == "gate.finished").unwrap();
    assert_eq!(gate["command"], "test -s out.txt");
    assert!(!bench.sandbox.path("pwned").exists());
}

#[test]
fn a_rendered_prompt_is_the_whole_prompt() {
    let bench = bench();
    bench.sandbox.write(".taskrun/prompt.md", "mine: {{ task.title }}\n");
    let made = apply(&bench, &["--set", "who=Ann"]).json();
    let id = ids(&made["tasks"])[0].clone();
    let rendered = bench.sandbox.run(&["skill", "render", "greet", "--task", &id, "--json"]).json();
    let prompt = rendered["prompt"].as_str().unwrap();
    assert!(
        prompt.starts_with(&format!(
            "You greet Ann for me.\n(quoted:) <promise>COMPLETE</promise>\n\nBuild this: {id} Greet Ann\n\nAs a visitor, I want a \
             greeting for Ann, so that I feel at home.\n\nThis is task `{id}`"
        )),
        "{prompt}"
    );
    assert!(
        prompt.contains("## Acceptance criteria\n\n- [ ] Ann is greeted\n- [ ] nobody else is\n"),
        "{prompt}"
    );
    assert!(prompt.contains("- `test -s out.txt`") && !prompt.contains("## Description"), "{prompt}");
    assert!(
        prompt.contains("When complete, output: <promise>COMPLETE</promise>\n\nWhen done, output"),
        "{prompt}"
    );
    for line in prompt.lines() {
        let bare: String = line.chars().filter(|c| !c.is_whitespace() && !"`>\"'*_-.".contains(*c)).collect();
        assert!(!bare.starts_with("<promise") && !bare.ends_with(">promise>"), "{line}");
    }
    assert_eq!(
        bench.sandbox.run(&["loop", "prompt", &id, "--skill", "greet"]).stdout.trim_end(),
        prompt.trim_end()
    );
    let other = bench.sandbox.run(&["skill", "render", "greet", "--task", &id, "--set", "who=Bob"]).stdout;
    assert!(other.contains("You greet Bob for me."), "{other}");
    assert_eq!(bench.sandbox.run(&["loop", "prompt", &id]).stdout, "mine: Greet Ann\n");
}

#[test]
fn mistakes_in_prompts_name_file_and_line() {
    let bench = bench();
    let wrong = SKILL
        .replace("Build this: {{ task.id }} {{ task.title }}\\n\\n{{ task.description }}\"", "x\"")
        .replace("task_template = \"x\"", "task_template = '''\nBuild this\n{{ task.titel }}'''");
    bench.sandbox.write(".taskrun/skills/greet.toml", wrong);
    let id = ids(&apply(&bench, &[]).json()["tasks"])[0].clone();
    let refused = bench.sandbox.run(&["skill", "render", "greet", "--task", &id]);
    let line = 1 + bench
        .sandbox
        .read(".taskrun/skills/greet.toml")
        .lines()
        .position(|line| line.contains("titel"))
        .unwrap();
    assert_eq!(refused.code, 2, "{refused:?}");
    let expected =
        format!("skills/greet.toml` line {line}: `prompts.task_template`: undefined value `task.titel`");
    assert!(refused.stderr.contains(&expected), "{expected}\n{refused:?}");
    let table = [
        (vec!["greet", "--task", "bd-nope"], 1, "bd-nope"),
        (vec!["nope", "--task", &id], 1, "unknown skill `nope`"),
        (vec!["build-mcp", "--task", &id], 1, "is a task of the skill `greet`"),
        (vec!["greet", "--task", &id, "--set", "x=y"], 2, "has no variable `x`"),
    ];
    for (args, code, expected) in table {
        let refused = bench.sandbox.run(&[vec!["skill", "render"], args.clone()].concat());
        assert_eq!(refused.code, code, "{args:?}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{args:?}: {refused:?}");
    }
    bench.sandbox.write(".taskrun/skills/greet.toml", SKILL.replace("for {{ host }}", "for {{ hots }}"));
    let refused = bench.sandbox.run(&["skill", "render", "greet", "--task", &id]);
    assert!(
        refused.code == 2 && refused.stderr.contains("greet.toml` line") && refused.stderr.contains("hots"),
        "{refused:?}"
    );
}
