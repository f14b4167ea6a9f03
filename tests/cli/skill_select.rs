//! `skill select`: by its id, and from a list on a terminal.

use serde_json::{Value, json};

use crate::bench::{kill, reap, wait_for};
use crate::sandbox::Sandbox;
use crate::terminal::Terminal;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/.gitignore", "/*\n");
    for (id, name) in [("ours-one", "One of ours"), ("ours-two", "Two of ours"), ("keen", "Begins with a k")]
    {
        let text = format!("id = '{id}'\nname = '{name}'\ndescription = 'For the tests'\nstack = ['*']\n");
        let story = "[[user_stories]]\nid = 'A'\ntitle = 't'\nas_a = 'a'\ni_want = 'b'\nso_that = 'c'\n\
            acceptance_criteria = ['one']\n[prompts]\nsystem = 's'\ntask_template = 't'\nacceptance_criteria = 'c'\n";
        sandbox.write(&format!(".taskrun/skills/{id}.toml"), format!("{text}{story}"));
    }
    sandbox
}

/// The ids that `skill list` marks.
fn marked(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run(&["skill", "list", "--json"]).json();
    let marked = listed.as_array().unwrap().iter().filter(|skill| skill["selected"] == true);
    let marked: Vec<String> = marked.map(|skill| skill["id"].as_str().unwrap().to_owned()).collect();
    let text = sandbox.run(&["skill", "list"]).stdout;
    let lines: Vec<&str> = text.lines().filter(|line| line.ends_with(" (selected)")).collect();
    assert_eq!(lines.len(), marked.len(), "{text}");
    marked
}

#[test]
fn what_is_selected_is_remembered_and_marked() {
    let sandbox = sandbox();
    assert_eq!(marked(&sandbox), Vec::<String>::new());
    let out = sandbox.run(&["skill", "select", "ours-two"]);
    assert_eq!(
        (out.code, out.stdout.as_str()),
        (0, "selected `ours-two` (Two of ours): the next `loop run` goes by it\n")
    );
    assert_eq!(marked(&sandbox), ["ours-two"]);
    let state: Value = serde_json::from_str(&sandbox.read(".taskrun/skill.json")).unwrap();
    assert_eq!(state, json!({"version": 1, "skill": "ours-two"}));
    for (args, code, told) in [
        (&["ours-tow"][..], 1, "did you mean `ours-two`?"),
        (&["../ours-two"], 1, "unknown skill"),
        (&[], 2, "`taskrun skill select ID`"),
        (&["--json"], 2, "`taskrun skill select ID`"),
        (&["keen", "--none"], 2, "cannot be used with"),
    ] {
        let out = sandbox.run(&[&["skill", "select"], args].concat());
        assert!(out.code == code && out.stderr.contains(told) && out.stdout.is_empty(), "{args:?} {out:?}");
        assert_eq!(marked(&sandbox), ["ours-two"], "{args:?}");
    }
    let out = sandbox.run(&["skill", "select", "keen", "--json"]).json();
    assert_eq!(out, json!({"selected": "keen", "name": "Begins with a k", "from": "workspace"}));
    assert_eq!(sandbox.run(&["skill", "select", "--none", "--json"]).json(), json!({"selected": null}));
    assert_eq!(marked(&sandbox), Vec::<String>::new());
    assert_eq!(sandbox.run(&["skill", "select", "--none"]).code, 0);
    // State that cannot be read is told, and keeps nobody from seeing the list.
    sandbox.write(".taskrun/skill.json", "{\"version\":9}");
    let listed = sandbox.run(&["skill", "list"]);
    assert!(listed.code == 0 && listed.stderr.contains("version 9"), "{listed:?}");
    let nowhere = Sandbox::new();
    assert_eq!(nowhere.run(&["skill", "select", "build-mcp"]).code, 2);
}

#[test]
fn on_a_terminal_a_list_is_shown_to_choose_from() {
    let sandbox = sandbox();
    let listed = sandbox.run(&["skill", "list", "--json"]).json();
    let first = listed[0]["id"].as_str().unwrap().to_owned();
    for (keys, code, expected) in [
        ("ours\x1b[B\r", 0, Some("ours-two")),
        ("\r", 0, Some("ours-two")),
        ("oursjk\x7f\x7f\x1b[A\r", 0, Some("ours-one")),
        ("/keen\r", 0, Some("keen")),
        ("\x1b", 0, Some("keen")),
        ("\x1b[H\r", 0, Some(first.as_str())),
        ("q", 0, Some(first.as_str())),
        ("\x03", 130, Some(first.as_str())),
    ] {
        let terminal = Terminal::new(80, 24);
        let child = terminal.start(sandbox.command().args(["skill", "select"]));
        wait_for("a list", || terminal.printed().contains("Enter chooses"));
        if keys == "\x03" {
            kill(child.id(), "INT");
        } else {
            terminal.press(keys);
        }
        assert_eq!(reap(child), code, "{keys:?}");
        assert_eq!(marked(&sandbox).first().map(String::as_str), expected, "{keys:?}");
        wait_for("the screen to be left", || terminal.printed().contains("\x1b[?1049l"));
    }
}

#[test]
fn the_last_entry_makes_a_new_skill() {
    let sandbox = sandbox();
    let terminal = Terminal::new(80, 24);
    let child = terminal.start(sandbox.command().args(["skill", "select"]));
    wait_for("a list", || terminal.printed().contains("+ New skill"));
    terminal.press("\x1b[F\r");
    wait_for("a question", || terminal.printed().contains("id of the new skill:"));
    terminal.press("brand-new\n");
    assert_eq!(reap(child), 0);
    assert!(sandbox.path(".taskrun/skills/brand-new.toml").is_file());
    assert_eq!(marked(&sandbox), Vec::<String>::new());
}
