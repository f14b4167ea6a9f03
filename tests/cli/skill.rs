//! `skill list|get`

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// The ids that are listed, without those that come with the program.
pub fn ids(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let listed = sandbox.run(&[&["skill", "list", "--json"], args].concat()).json();
    let own = listed.as_array().unwrap().iter().filter(|skill| skill["from"] != "builtin");
    own.map(|skill| skill["id"].as_str().unwrap().to_owned()).collect()
}

pub fn skill(id: &str, stack: &str) -> String {
    format!("id = '{id}'\nname = '{id} of {stack}'\ndescription = 'd'\nstack = ['{stack}']\n")
}

fn builtin(listed: &Value) -> Value {
    listed.as_array().unwrap().iter().find(|skill| skill["id"] == "build-mcp").unwrap().clone()
}

#[test]
fn the_shipped_skill_is_listed_and_shown() {
    let sandbox = Sandbox::new();
    let (listed, text) =
        (sandbox.run(&["skill", "list", "--json"]).json(), sandbox.run(&["skill", "list"]).stdout);
    let shown = sandbox.run(&["skill", "get", "build-mcp", "--json"]).json();
    let stories = shown["user_stories"].as_array().unwrap().len();
    let expected = json!({
        "id": "build-mcp",
        "name": "Build MCP Server",
        "description": "Create an MCP server with tools and resources",
        "stack": ["*"],
        "stories": stories,
        "from": "builtin",
        "path": null,
    });
    assert_eq!(builtin(&listed), expected);
    let line = text.lines().find(|line| line.starts_with("build-mcp ")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        words,
        ["build-mcp", &stories.to_string(), "stories", "*", "builtin", "Build", "MCP", "Server"]
    );

    let first = json!({
        "id": "US-001",
        "title": "Create MCP scaffold",
        "as_a": "developer",
        "i_want": "a working MCP server entry point",
        "so_that": "I can add tools incrementally",
        "acceptance_criteria": [
            "package.json exists with @modelcontextprotocol/sdk dependency",
            "src/index.ts creates and starts MCP server",
            "Server responds to initialize request",
        ],
        "depends_on": [],
    });
    assert_eq!(shown["user_stories"][0], first);
    assert_eq!(shown["user_stories"][1]["depends_on"], json!(["US-001"]));
    assert_eq!(shown["quality_gates"]["*"], json!(["bun run check", "bun run lint"]));
    assert_eq!(shown["prompts"]["acceptance_criteria"], "When complete, output: <promise>COMPLETE</promise>");
    assert!(sandbox.run(&["skill", "get", "build-mcp"]).stdout.contains("US-002 Add first tool"));
}

#[test]
fn an_unknown_id_names_the_nearest() {
    let refused = Sandbox::new().run(&["skill", "get", "build-mpc", "--json"]);
    assert_eq!(refused.code, 1);
    let hint = "did you mean `build-mcp`?";
    assert_eq!(
        refused.json_error(),
        json!({"code": "not_found", "message": "unknown skill `build-mpc`", "hint": hint})
    );
}

#[test]
fn skills_are_listed_by_stack() {
    let sandbox = Sandbox::new();
    sandbox.write_home(".config/taskrun/skills/landing.toml", skill("landing", "deco"));
    assert_eq!(ids(&sandbox, &[]), ["landing"]);
    assert_eq!(ids(&sandbox, &["--stack", "deco"]), ["landing"]);
    assert!(ids(&sandbox, &["--stack", "node"]).is_empty());
    let any = sandbox.run(&["skill", "list", "--json", "--stack", "node"]).json();
    assert_eq!(builtin(&any)["stack"], json!(["*"]));
}

#[test]
fn the_workspace_goes_before_the_user_and_broken_ones_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write_home(".config/taskrun/skills/mine.toml", skill("mine", "user"));
    sandbox.write(".taskrun/skills/mine.toml", skill("mine", "workspace"));
    sandbox.write(".taskrun/skills/broken.toml", skill("broken", "x") + "[[user_stories]]\nid = 'A'\n");
    let got = sandbox.run(&["skill", "get", "mine", "--json"]).json();
    assert_eq!((&got["from"], &got["stack"]), (&json!("workspace"), &json!(["workspace"])));
    assert_eq!(got["path"], json!(sandbox.path(".taskrun/skills/mine.toml")));

    let listed = sandbox.run(&["skill", "list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(listed.stdout.lines().any(|line| line.starts_with("mine") && line.contains("workspace")));
    let said = "failed to parse `.taskrun/skills/broken.toml` line 5: story `A`: `title` is missing\n";
    assert_eq!(listed.stderr, format!("warning: {said}"));
    let refused = sandbox.run(&["skill", "get", "broken"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with(&format!("error: {said}hint: ")), "{refused:?}");
}

#[test]
fn all_three_ways_of_writing_are_found() {
    let sandbox = Sandbox::new();
    let head = "---\nname: pdf\ndescription: >-\n  Fill\n  forms\nlicense: MIT\nallowed-tools: Read\n---\n\nUse {{ it }}.\n";
    sandbox.write(".taskrun/skills/pdf/SKILL.md", head);
    sandbox.write(".taskrun/skills/pdf/scripts/fill.py", "pass\n");
    sandbox.write(".taskrun/skills/notes/README.md", "no skill\n");
    sandbox.write(".taskrun/skills/.hidden.toml", "x");
    let seed = json!({
        "id": "seed", "name": "Seed", "description": "d", "stack": ["*"],
        "userStories": [
            {"id": "US-001", "title": "t", "asA": "a", "iWant": "b", "soThat": "c", "acceptanceCriteria": ["d"]},
            {"id": "US-002", "title": "t", "asA": "a", "iWant": "b", "soThat": "c", "acceptanceCriteria": ["d"],
             "dependsOn": ["US-001"]},
        ],
        "qualityGates": {"*": ["make"], "rust": ["cargo test"]},
        "prompts": {"system": "s", "taskTemplate": "{{ task.title }}", "acceptanceCriteria": "done"},
    });
    sandbox.write(".taskrun/skills/seed.json", seed.to_string());
    sandbox.write(".taskrun/skills/plain.toml", skill("plain", "*"));
    assert_eq!(ids(&sandbox, &[]), ["pdf", "plain", "seed"]);
    assert_eq!(sandbox.run(&["skill", "list"]).stderr, "");

    let shown = sandbox.run(&["skill", "get", "seed", "--json"]).json();
    assert_eq!(shown["user_stories"][1]["depends_on"], json!(["US-001"]));
    assert_eq!(shown["user_stories"][0]["i_want"], "b");
    assert_eq!(shown["quality_gates"], json!({"*": ["make"], "rust": ["cargo test"]}));
    assert_eq!(shown["prompts"]["task_template"], "{{ task.title }}");
    let shown = sandbox.run(&["skill", "get", "pdf", "--json"]).json();
    let expected = ("Fill forms", json!(["*"]), "Use {{ '{{' }} it }}.");
    assert_eq!(shown["description"], expected.0);
    assert_eq!(shown["stack"], expected.1);
    assert_eq!(shown["prompts"]["system"], expected.2);
    assert_eq!(shown["path"], json!(sandbox.path(".taskrun/skills/pdf/SKILL.md")));
}

#[test]
fn what_files_say_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new();
    let text = "id = 'evil'\nname = \"a\\u001b[31mb\"\ndescription = \"c\\u001b]0;d\"\nstack = ['*']\n";
    sandbox.write(".taskrun/skills/evil.toml", text);
    for args in [vec!["skill", "list"], vec!["skill", "get", "evil"]] {
        let shown = sandbox.run(&args);
        assert!(
            shown.code == 0 && !shown.stdout.contains('\u{1b}') && shown.stdout.contains('\u{fffd}'),
            "{shown:?}"
        );
    }
}
