//! The skills that come with the program: whether each is sound, and worth what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::sandbox::{Outcome, Sandbox};

/// All of them, by id.
pub const IDS: [&str; 10] = [
    "add-component",
    "add-tests",
    "add-tool",
    "blog-post",
    "build-feature",
    "build-mcp",
    "build-plugin",
    "fix-bug",
    "landing-page",
    "sales-pitch",
];

/// Those for sites, whose pages appear at `{{ path }}`.
const SITES: [&str; 3] = ["blog-post", "landing-page", "sales-pitch"];

fn shipped() -> Vec<Value> {
    let sandbox = Sandbox::new();
    IDS.iter().map(|id| sandbox.run(&["skill", "get", id, "--json"]).json()).collect()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("`{name}` in {value}"))
}

/// What a reader takes as the same.
fn plain(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

#[test]
fn ten_are_there_without_a_workspace_and_those_for_sites_only_where_there_may_be_one() {
    let sandbox = Sandbox::new();
    let ids = |args: &[&str]| -> Vec<String> {
        let rows = sandbox.run(args).json();
        rows.as_array().unwrap().iter().map(|row| text(row, "id").to_owned()).collect()
    };
    let rows = sandbox.run(&["skill", "list", "--json"]).json();
    assert_eq!(ids(&["skill", "list", "--json"]), IDS);
    for (row, skill) in rows.as_array().unwrap().iter().zip(shipped()) {
        assert_eq!(row["from"], "builtin", "{row}");
        assert_eq!(row["stories"], list(&skill, "user_stories").len(), "{row}");
        assert_eq!((&row["name"], &row["stack"]), (&skill["name"], &skill["stack"]));
    }
    for (stack, shown) in
        [("rust", false), ("node", false), ("next", true), ("astro", true), ("deco", true), ("static", true)]
    {
        let listed = ids(&["skill", "list", "--stack", stack, "--json"]);
        for site in SITES {
            assert_eq!(listed.iter().any(|id| id == site), shown, "{site} for {stack}");
        }
        assert!(listed.iter().any(|id| id == "fix-bug"), "{stack}: {listed:?}");
    }
}

#[test]
fn stories_come_in_the_order_of_their_dependencies_and_no_criterion_comes_twice() {
    for skill in shipped() {
        let id = text(&skill, "id");
        let stories = list(&skill, "user_stories");
        assert!((2..=6).contains(&stories.len()), "{id}");
        let (mut before, mut said) = (BTreeSet::new(), BTreeSet::new());
        for (number, story) in stories.iter().enumerate() {
            assert_eq!(text(story, "id"), format!("US-{:03}", number + 1), "{id}");
            let after = list(story, "depends_on");
            assert_eq!(after.is_empty(), number == 0, "{id}: only the first story waits for none: {story}");
            for one in after {
                assert!(before.contains(one.as_str().unwrap()), "{id}: {story}");
            }
            before.insert(text(story, "id"));
            for name in ["title", "as_a", "i_want", "so_that"] {
                assert!(!plain(text(story, name)).is_empty(), "{id}: {name} of {story}");
            }
            assert!(said.insert(plain(text(story, "title"))), "{id}: {story}");
            let criteria = list(story, "acceptance_criteria");
            assert!(criteria.len() >= 2, "{id}: {story}");
            for criterion in criteria {
                let plain = plain(criterion.as_str().unwrap());
                assert!(plain.split(' ').count() >= 5, "{id}: `{criterion}` says too little");
                assert!(said.insert(plain), "{id}: `{criterion}` comes twice");
            }
        }
    }
}

#[test]
fn every_variable_has_a_default_and_is_used_and_nothing_else_is_named() {
    for skill in shipped() {
        let id = text(&skill, "id");
        let variables = skill["variables"].as_object().unwrap();
        let told = json!([skill["user_stories"], skill["prompts"]]).to_string();
        let gates = skill["quality_gates"].to_string();
        assert!(!gates.contains("{{") && !gates.contains("{%"), "{id}: values never become shell code");
        for (name, variable) in variables {
            assert!(!text(variable, "default").trim().is_empty(), "{id}: {name}");
            assert!(!text(variable, "description").trim().is_empty(), "{id}: {name}");
            assert!(told.contains(&format!("{{{{ {name} }}}}")), "{id}: {name} is not used");
        }
        for rest in told.split("{{").skip(1) {
            let name = rest.split("}}").next().unwrap().trim();
            let task =
                ["task.id", "task.title", "task.description", "task.acceptance_criteria"].contains(&name);
            assert!(task || variables.contains_key(name), "{id}: `{name}`");
        }
        let needed = SITES.contains(&id);
        assert_eq!(variables.contains_key("path"), needed, "{id}");
    }
}

#[test]
fn prompts_say_how_to_work_and_name_the_task() {
    for skill in shipped() {
        let id = text(&skill, "id");
        let prompts = &skill["prompts"];
        let system = text(prompts, "system");
        for part in ["Read first", "Order of work", "ever"] {
            assert!(system.contains(part), "{id}: `{part}` in\n{system}");
        }
        assert!(system.lines().count() >= 12, "{id}");
        let template = text(prompts, "task_template");
        for name in ["id", "title", "description", "acceptance_criteria"] {
            assert!(template.contains(&format!("{{{{ task.{name} }}}}")), "{id}: {template}");
        }
        let end = text(prompts, "acceptance_criteria");
        assert_eq!(end.matches("<promise>COMPLETE</promise>").count(), 1, "{id}: {end}");
    }
}

fn sh(args: &[&str], dir: &Path) -> Outcome {
    Outcome::of(Command::new("sh").args(args).current_dir(dir).stdin(Stdio::null()))
}

/// Each stack's gates of each skill, every list once.
fn gates() -> Vec<(String, Vec<String>)> {
    let mut seen = BTreeSet::new();
    let mut gates = Vec::new();
    for skill in shipped() {
        for (stack, commands) in skill["quality_gates"].as_object().unwrap() {
            let commands: Vec<String> = commands
                .as_array()
                .unwrap()
                .iter()
                .map(|command| command.as_str().unwrap().to_owned())
                .collect();
            let name = format!("{} for {stack}", text(&skill, "id"));
            assert!(!commands.is_empty(), "{name}");
            assert!(skill["quality_gates"]["*"].is_array(), "{name}: and for any other");
            if seen.insert(commands.clone()) {
                gates.push((name, commands));
            }
        }
    }
    gates
}

#[test]
fn every_gate_is_shell_and_cannot_be_green_over_nothing() {
    let empty = tempfile::tempdir().unwrap();
    for (name, commands) in gates() {
        for command in &commands {
            let read = sh(&["-n", "-c", command], empty.path());
            assert_eq!((read.code, read.stderr.as_str()), (0, ""), "{name}: {command}");
            for way_out in ["|| true", "|| :", "; true", "exit 0", "--if-present", "--passWithNoTests", "-k "]
            {
                assert!(!command.contains(way_out), "{name}: {command}");
            }
        }
        // A directory in which nothing was done, or the tool is missing.
        let red = commands.iter().any(|command| sh(&["-c", command], empty.path()).code != 0);
        assert!(red, "{name}: {commands:?} are green where there is nothing");
    }
}

#[test]
fn the_gate_for_plain_pages_names_what_a_new_page_lacks() {
    let bench = Bench::bare("");
    let skill = bench.sandbox.run(&["skill", "get", "landing-page", "--json"]).json();
    let gate = skill["quality_gates"]["*"][0].as_str().unwrap();
    let run = || sh(&["-c", gate], &bench.sandbox.path(""));
    assert_ne!(run().code, 0, "without a repository nothing is known");
    bench.sandbox.write("old.html", "<html><p>of old</p></html>");
    bench.sandbox.write_home(".gitconfig", "[user]\nname = T\nemail = t@example.org\n");
    bench.git(&["init", "-q"]);
    bench.commit_all();
    let head = "<!doctype html><html lang=\"en\"><head><title>A page</title>\n";
    let view = "<meta name=\"viewport\" content=\"width=device-width\"></head>";
    let table = [
        ("", 0, ""),
        (&format!("{head}{view}<body><h1>Hello</h1></body></html>"), 0, ""),
        (
            &format!("{head}</head><body><h1>Hello</h1></body></html>"),
            123,
            "page 1.html: nothing matches name=.?viewport\n",
        ),
        (
            &format!("{head}{view}<body><h2>Hello</h2></body></html>"),
            123,
            "page 1.html: nothing matches <h1\n",
        ),
        ("<html><h1>Hello</h1></html>", 123, "page 1.html: nothing matches <html[^>]* lang=\n"),
        ("<p>A part of a page</p>", 0, ""),
        ("<html\n  lang=en><title>\nA page</title><meta name='viewport'><h1>H</h1></html>", 0, ""),
        ("<html lang=en><title> </title>", 123, "page 1.html: nothing matches <title[^>]*> *[^< ]\n"),
        ("<html><body>{% block page %}{{ content }}</body></html>", 0, ""),
    ];
    for (page, code, said) in table {
        bench.sandbox.write("new/page 1.html", page);
        let out = run();
        let said = if said.is_empty() { String::new() } else { format!("new/{said}") };
        assert_eq!((out.code, out.stdout), (code, said), "{page}");
    }
    fs::remove_file(bench.sandbox.path("new/page 1.html")).unwrap();
    bench
        .sandbox
        .write("old.html", "<html lang=en><title>Old</title><meta name=viewport><h1>Old</h1></html>");
    assert_eq!(run().code, 0, "what was mended");
    bench.sandbox.write("old.html", "<html><p>of old, and not better</p></html>");
    assert_eq!(run().code, 123, "what was changed");
    bench.git(&["add", "-A"]);
    assert_eq!(run().code, 123, "what was changed and staged");
    bench.git(&["rm", "-qf", "old.html"]);
    let out = run();
    assert_eq!((out.code, out.stdout.as_str()), (1, "there is no page (*.html) here\n"));
    for name in ["über uns.html", "-q.html", "a\nb.html"] {
        bench.sandbox.write(name, "<html></html>");
        assert_eq!(run().code, 123, "{name}");
        bench.git(&["add", "-A"]);
        assert_eq!(run().code, 123, "{name}, staged");
        bench.git(&["rm", "-qf", "--", name]);
    }
}

#[test]
fn build_mcp_is_the_seeds() {
    let skill = Sandbox::new().run(&["skill", "get", "build-mcp", "--json"]).json();
    let scaffold = json!({
        "id": "US-001", "title": "Create MCP scaffold", "as_a": "developer",
        "i_want": "a working MCP server entry point", "so_that": "I can add tools incrementally",
        "acceptance_criteria": [
            "package.json exists with @modelcontextprotocol/sdk dependency",
            "src/index.ts creates and starts MCP server",
            "Server responds to initialize request",
        ],
        "depends_on": [],
    });
    let tool = json!({
        "id": "US-002", "title": "Add first tool", "as_a": "developer",
        "i_want": "a working tool implementation", "so_that": "I can verify the pattern works",
        "acceptance_criteria": [
            "Tool is registered in server",
            "Tool has Zod schema for input/output",
            "Tool can be called and returns expected result",
        ],
        "depends_on": ["US-001"],
    });
    assert_eq!(list(&skill, "user_stories")[..2], [scaffold, tool]);
    assert_eq!(skill["quality_gates"], json!({"*": ["bun run check", "bun run lint"]}));
    assert_eq!(skill["prompts"]["acceptance_criteria"], "When complete, output: <promise>COMPLETE</promise>");
    let words = "You are building an MCP server for Mesh.\nFollow patterns from existing MCPs in mcps/ folder.\n\
                 Use @modelcontextprotocol/sdk for the server.\nUse Zod for schema validation.\n";
    assert!(text(&skill["prompts"], "system").starts_with(words));
    let head = ["id", "name", "description", "stack"].map(|name| skill[name].clone());
    let expected =
        json!(["build-mcp", "Build MCP Server", "Create an MCP server with tools and resources", ["*"]]);
    assert_eq!(json!(head), expected);
}

#[test]
fn a_copy_of_a_shipped_file_is_a_skill_of_ones_own() {
    let sandbox = Sandbox::new();
    sandbox.run(&["workspace", "init"]);
    for id in IDS {
        let file = format!("{}/skills/{id}.toml", env!("CARGO_MANIFEST_DIR"));
        let own = format!("my-{id}");
        let copy = fs::read_to_string(file).unwrap().replacen(
            &format!("id = \"{id}\""),
            &format!("id = \"{own}\""),
            1,
        );
        sandbox.write(&format!(".taskrun/skills/{own}.toml"), copy);
        let mine = sandbox.run(&["skill", "get", &own, "--json"]).json();
        let theirs = sandbox.run(&["skill", "get", id, "--json"]).json();
        assert_eq!(mine["from"], "workspace");
        for name in ["user_stories", "quality_gates", "prompts", "variables"] {
            assert_eq!(mine[name], theirs[name], "{id}");
        }
    }
}

/// The lines of a task's criteria, without their boxes.
fn criteria(task: &Value) -> Vec<&str> {
    text(task, "acceptance_criteria").lines().map(|line| line.strip_prefix("- [ ] ").unwrap()).collect()
}

#[test]
fn each_is_applied_in_an_empty_workspace_and_its_prompts_say_what_the_task_is() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    for skill in shipped() {
        let id = text(&skill, "id");
        let applied = sandbox.run(&["skill", "apply", id, "--json"]).json();
        let (stories, tasks) = (list(&skill, "user_stories"), list(&applied, "tasks"));
        assert_eq!((applied["new_epic"].as_bool(), tasks.len()), (Some(true), stories.len()), "{id}");
        let place = |story: &Value| stories.iter().position(|own| own["id"] == *story).unwrap();
        for (story, task) in stories.iter().zip(tasks) {
            let waits: Vec<&str> = list(task, "dependencies")
                .iter()
                .filter(|edge| edge["type"] == "blocks")
                .map(|edge| text(edge, "depends_on_id"))
                .collect();
            let after: Vec<&str> =
                list(story, "depends_on").iter().map(|first| text(&tasks[place(first)], "id")).collect();
            assert_eq!(waits, after, "{id}: {story}");
            assert_eq!(criteria(task).len(), list(story, "acceptance_criteria").len(), "{id}: {task}");

            let out = sandbox.run(&["skill", "render", id, "--task", text(task, "id")]);
            assert_eq!(out.code, 0, "{id}: {out:?}");
            let told = out.stdout;
            let first = text(&skill["prompts"], "system").split(['{', '.', '\n']).next().unwrap();
            assert!(told.starts_with(first.trim()), "{told}");
            for part in [
                text(task, "id"),
                text(task, "title"),
                text(task, "description"),
                "<promise>COMPLETE</promise>",
            ] {
                assert!(told.contains(part), "{id}: `{part}` in\n{told}");
            }
            for criterion in criteria(task) {
                assert_eq!(
                    told.matches(&format!("- [ ] {criterion}\n")).count(),
                    1,
                    "{id}: {criterion}\n{told}"
                );
            }
            assert!(!["{{", "}}", "{%"].iter().any(|brace| told.contains(brace)), "{id}\n{told}");
        }
    }
    let ready = sandbox.run(&["beads", "ready", "--json"]).json();
    let tasks = ready.as_array().unwrap().iter().filter(|issue| issue["issue_type"] == "task");
    assert_eq!(tasks.count(), IDS.len(), "the first story of each");
}

#[test]
fn what_is_set_takes_the_place_of_every_default() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    for skill in shipped() {
        let id = text(&skill, "id");
        let variables = skill["variables"].as_object().unwrap();
        let set: Vec<String> = variables.keys().map(|name| format!("{name}=<{name} of mine>")).collect();
        let mut args = vec!["skill", "apply", id, "--json"];
        args.extend(set.iter().flat_map(|value| ["--set", value.as_str()]));
        let applied = sandbox.run(&args).json();
        let told: String = list(&applied, "tasks")
            .iter()
            .map(|task| sandbox.run(&["skill", "render", id, "--task", text(task, "id")]).stdout)
            .collect();
        for (name, variable) in variables {
            assert!(told.contains(&format!("<{name} of mine>")), "{id}: {name}");
            let default = text(variable, "default");
            assert!(default.len() < 10 || !told.contains(default), "{id}: {name} is still `{default}`");
        }
    }
}
