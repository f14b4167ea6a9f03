//! `skill new|register|remove`

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};
use crate::skill::{ids, skill};

fn workspace() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/config.toml", "");
    sandbox
}

/// Runs with `input` on standard input.
fn fed(sandbox: &Sandbox, args: &[&str], input: &str) -> Outcome {
    let path = sandbox.root().join("input");
    fs::File::create(&path).unwrap().write_all(input.as_bytes()).unwrap();
    let file = fs::File::open(path).unwrap();
    Outcome::of(sandbox.command().args(args).stdin(Stdio::from(file)))
}

/// What `get` shows, but for its place.
fn shown(sandbox: &Sandbox, id: &str) -> Value {
    let mut shown = sandbox.run(&["skill", "get", id, "--json"]).json();
    for place in ["from", "path"] {
        shown.as_object_mut().unwrap().remove(place).unwrap();
    }
    shown
}

#[test]
fn what_is_shown_can_be_registered_and_is_the_same() {
    let sandbox = workspace();
    let text = "---\nname: md\ndescription: d\n---\n\nUse {{ it }} \\ \"\"\" and\ttabs.\n";
    sandbox.write(".taskrun/skills/md/SKILL.md", text);
    let full = json!({
        "id": "full", "name": "Full \"x\" é", "description": "a\nb\\c\r\n\u{7f}\"", "stack": ["rust", "a b"],
        "user_stories": [{
            "id": "US-1", "title": "{{ what }} it", "as_a": "a", "i_want": "b", "so_that": "c",
            "acceptance_criteria": ["one", "two\nlines \"\"\"\"\" \\"], "depends_on": [],
        }],
        "quality_gates": {"*": [], "weird key": ["echo '\"'"]},
        "prompts": {"system": "", "task_template": "\n{{ task.id }}\n", "acceptance_criteria": "c"},
        "variables": {"what": {"default": "x", "description": ""}, "who": {"default": null, "description": "d"}},
    });
    assert_eq!(sandbox.run(&["skill", "register", "--inline", &full.to_string()]).code, 0);
    assert_eq!(shown(&sandbox, "full"), full);
    for id in ["full", "md", "build-mcp"] {
        let before = sandbox.run(&["skill", "get", id, "--json"]).stdout;
        let same = shown(&sandbox, id);
        let done = fed(&sandbox, &["skill", "register", "-", "--force"], &before);
        assert_eq!(done.code, 0, "{id}: {done:?}");
        assert_eq!(shown(&sandbox, id), same, "{id}");
        assert!(sandbox.path(&format!(".taskrun/skills/{id}.toml")).is_file());
    }
    assert!(!sandbox.path(".taskrun/skills/md").exists(), "one file for one id");
}

#[test]
fn registered_skills_stay_and_a_second_one_needs_force() {
    let sandbox = workspace();
    let first = format!("# kept\n{}", skill("mine", "rust"));
    sandbox.write("download.toml", &first);
    let done = sandbox.run(&["skill", "register", "download.toml", "--json"]);
    let path = sandbox.path(".taskrun/skills/mine.toml");
    let expected = json!({"id": "mine", "from": "workspace", "path": path, "replaced": false, "hides": null, "hidden_by": null});
    assert_eq!(done.json(), expected);
    assert_eq!(sandbox.read(".taskrun/skills/mine.toml"), first, "comments stay");
    assert_eq!(ids(&sandbox, &[]), ["mine"]);

    let other = json!({"id": "mine", "name": "Other", "description": "", "stack": ["*"]}).to_string();
    let refused = sandbox.run(&["skill", "register", "--inline", &other]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("`.taskrun/skills/mine.toml`\nhint: `--force` replaces it"),
        "{refused:?}"
    );
    assert_eq!(sandbox.read(".taskrun/skills/mine.toml"), first);
    assert_eq!(fed(&sandbox, &["skill", "register", "-"], &other).code, 1);
    let done = sandbox.run(&["skill", "register", "--inline", &other, "--force", "--json"]);
    assert_eq!(done.json()["replaced"], json!(true));
    assert_eq!(shown(&sandbox, "mine")["name"], "Other");

    let user = sandbox.run(&["skill", "register", "download.toml", "--user", "--json"]);
    assert_eq!((&user.json()["from"], &user.json()["hidden_by"]), (&json!("user"), &json!("workspace")));
    assert_eq!(user.stderr, "note: here the workspace's skill of that name goes before it\n");
    assert!(sandbox.root().join("home/.config/taskrun/skills/mine.toml").is_file());
    let hides = json!({"id": "build-mcp", "name": "Other", "description": "", "stack": ["*"]}).to_string();
    let done = sandbox.run(&["skill", "register", "--inline", &hides]);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (0, "note: it goes before the built-in skill of that name\n")
    );
}

#[test]
fn an_agent_skill_is_taken_over_as_it_is() {
    let sandbox = workspace();
    let text = "---\nname: pdf\ndescription: \"Fill: forms\"\nmetadata:\n  version: '1'\n---\n# PDF\n";
    sandbox.write(".claude/skills/pdf/SKILL.md", text);
    sandbox.write(".claude/skills/pdf/scripts/fill.py", "pass\n");
    assert!(ids(&sandbox, &[]).is_empty(), "only what was registered");
    let done = sandbox.run(&["skill", "register", ".claude/skills/pdf"]);
    assert_eq!(done.code, 0, "{done:?}");
    let said = "warning: only `SKILL.md` is taken over; `scripts` stay in `.claude/skills/pdf`\n";
    assert_eq!(done.stderr, said);
    assert_eq!(sandbox.read(".taskrun/skills/pdf/SKILL.md"), text);
    assert_eq!(shown(&sandbox, "pdf")["description"], "Fill: forms");
    assert_eq!(sandbox.run(&["skill", "register", ".claude/skills/pdf/SKILL.md", "--force"]).code, 0);
    let refused = sandbox.run(&["skill", "register", ".claude"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("`.claude` is a directory without a `SKILL.md`"), "{refused:?}");

    sandbox.write(".taskrun/skills/pdf/more.md", "mine");
    let removed = sandbox.run(&["skill", "remove", "pdf"]);
    assert!(removed.stderr.contains("skills/pdf` stays, for there is more in it"), "{removed:?}");
    assert_eq!(sandbox.read(".taskrun/skills/pdf/more.md"), "mine");
    assert!(ids(&sandbox, &[]).is_empty());
}

#[test]
fn a_new_skill_registers_cleanly() {
    let sandbox = workspace();
    let done = sandbox.run(&["skill", "new", "my-skill", "--stack", "rust,go", "--name", "Mine"]);
    let path = sandbox.path(".taskrun/skills/my-skill.toml");
    assert_eq!((done.code, done.stdout), (0, format!("wrote `my-skill`: {}\n", path.display())));
    let made = shown(&sandbox, "my-skill");
    assert_eq!((&made["name"], &made["stack"]), (&json!("Mine"), &json!(["rust", "go"])));
    assert_eq!(made["user_stories"][1]["depends_on"], json!(["US-001"]));
    let again = sandbox.run(&["skill", "register", ".taskrun/skills/my-skill.toml", "--force"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(shown(&sandbox, "my-skill"), made);

    let refused = sandbox.run(&["skill", "new", "my-skill"]);
    assert_eq!((refused.code, refused.stderr.contains("`--force` replaces it")), (1, true), "{refused:?}");
    let copied = sandbox.run(&["skill", "new", "my-skill", "--from", "build-mcp", "--force"]);
    assert_eq!(copied.code, 0, "{copied:?}");
    let (mut copy, original) = (shown(&sandbox, "my-skill"), shown(&sandbox, "build-mcp"));
    copy["id"] = json!("build-mcp");
    assert_eq!(copy, original);

    for args in [
        &["skill", "new", "../x"][..],
        &["skill", "new", "x", "--name", ""],
        &["skill", "new", "x", "--name", "a\nb"],
        &["skill", "new", "x", "--stack", ""],
    ] {
        assert_eq!(sandbox.run(args).code, 2, "{args:?}");
    }
    assert_eq!(sandbox.run(&["skill", "new", "x", "--from", "nothing-such"]).code, 1);
    assert_eq!(ids(&sandbox, &[]), ["my-skill"]);
}

#[test]
fn people_s_skills_can_be_removed_and_no_others() {
    let sandbox = workspace();
    sandbox.write(".taskrun/skills/a.toml", "broken");
    sandbox.write(".taskrun/skills/a.json", "broken");
    sandbox.write(".taskrun/skills/build-mcp.toml", skill("build-mcp", "x"));
    sandbox.write_home(".config/taskrun/skills/b.toml", skill("b", "x"));
    let done = sandbox.run(&["skill", "remove", "a", "--json"]);
    let removed = ["a.json", "a.toml"].map(|name| sandbox.path(&format!(".taskrun/skills/{name}")));
    let expected = json!({"id": "a", "from": "workspace", "removed": removed, "kept": [], "now": null});
    assert_eq!(done.json(), expected);
    let done = sandbox.run(&["skill", "remove", "build-mcp"]);
    assert_eq!(done.stderr, "note: `build-mcp` is the built-in skill again\n");
    let table = [
        (&["skill", "remove", "build-mcp"][..], "comes with the program", "--from build-mcp"),
        (&["skill", "remove", "b"], "is not the workspace's, but the user's", "skill remove b --user"),
        (&["skill", "remove", "c"], "unknown skill `c`", "skill list"),
        (&["skill", "remove", "../skills/b"], "unknown skill", "skill list"),
    ];
    for (args, message, hint) in table {
        let refused = sandbox.run(args);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(message) && refused.stderr.contains(hint), "{refused:?}");
    }
    assert_eq!(sandbox.run(&["skill", "remove", "b", "--user"]).code, 0);
    assert!(ids(&sandbox, &[]).is_empty());
}

#[test]
fn without_a_workspace_only_the_user_s_folder_is_written() {
    let sandbox = Sandbox::new();
    let refused = sandbox.run(&["skill", "new", "x"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert_eq!(sandbox.run(&["skill", "new", "x", "--user"]).code, 0);
    assert_eq!(ids(&sandbox, &[]), ["x"]);
    sandbox.write(".beads/issues.jsonl", "");
    assert_eq!(sandbox.run(&["skill", "new", "y"]).code, 0);
    assert!(sandbox.read(".taskrun/.gitignore").contains("!/skills/"), "git is to keep it");
}

#[test]
fn of_many_at_once_one_wins() {
    let sandbox = workspace();
    let text = |number: u32| {
        let json = json!({"id": "one", "name": format!("{number}"), "description": "", "stack": ["*"]});
        if number.is_multiple_of(2) {
            json.to_string()
        } else {
            format!("---\nname: one\ndescription: '{number}'\n---\nb")
        }
    };
    let start = |number: u32| {
        let path = sandbox.path(&format!("in-{number}"));
        fs::File::create(&path).unwrap().write_all(text(number).as_bytes()).unwrap();
        let file = Stdio::from(fs::File::open(path).unwrap());
        let mut command = sandbox.command();
        command.args(["skill", "register", "-"]).stdin(file).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(start).collect();
    let codes: Vec<i32> =
        children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(ids(&sandbox, &[]), ["one"]);
    assert_eq!(sandbox.run(&["skill", "get", "one"]).code, 0);
}
