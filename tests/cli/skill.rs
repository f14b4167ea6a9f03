//! `skill list|get`

use serde_json::json;

use crate::sandbox::Sandbox;

fn ids(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let listed = sandbox.run(&[&["skill", "list", "--json"], args].concat()).json();
    listed.as_array().unwrap().iter().map(|skill| skill["id"].as_str().unwrap().to_owned()).collect()
}

fn skill(id: &str, stack: &str) -> String {
    format!("id = '{id}'\nname = '{id} of {stack}'\ndescription = 'd'\nstack = ['{stack}']\n")
}

#[test]
fn the_shipped_skill_is_listed_and_shown() {
    let sandbox = Sandbox::new();
    let listed = json!([{
        "id": "build-mcp",
        "name": "Build MCP Server",
        "description": "Create an MCP server with tools and resources",
        "stack": ["*"],
        "stories": 2,
        "from": "builtin",
    }]);
    assert_eq!(sandbox.run(&["skill", "list", "--json"]).json(), listed);
    assert_eq!(sandbox.run(&["skill", "list"]).stdout, "build-mcp   2 stories  *         Build MCP Server\n");

    let shown = sandbox.run(&["skill", "get", "build-mcp", "--json"]).json();
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
    assert_eq!(shown["quality_gates"], json!({"*": ["bun run check", "bun run lint"]}));
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
    assert_eq!(ids(&sandbox, &[]), ["build-mcp", "landing"]);
    assert_eq!(ids(&sandbox, &["--stack", "deco"]), ["build-mcp", "landing"]);
    assert_eq!(ids(&sandbox, &["--stack", "node"]), ["build-mcp"]);
}

#[test]
fn the_workspace_goes_before_the_user_and_broken_ones_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write_home(".config/taskrun/skills/mine.toml", skill("mine", "user"));
    sandbox.write(".taskrun/skills/mine.toml", skill("mine", "workspace"));
    sandbox.write(".taskrun/skills/broken.toml", skill("broken", "x") + "[[user_stories]]\nid = 'A'\n");
    let got = sandbox.run(&["skill", "get", "mine", "--json"]).json();
    assert_eq!((&got["from"], &got["stack"]), (&json!("workspace"), &json!(["workspace"])));

    let listed = sandbox.run(&["skill", "list"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (0, 2), "{listed:?}");
    let said =
        "failed to parse `.taskrun/skills/broken.toml` line 5: `user_stories`: missing field `title`\n";
    assert_eq!(listed.stderr, format!("warning: {said}"));
    let refused = sandbox.run(&["skill", "get", "broken"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with(&format!("error: {said}hint: ")), "{refused:?}");
}
