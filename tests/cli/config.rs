//! `config.toml`: which file goes before which, what is refused and how.

use serde_json::json;

use crate::sandbox::{Outcome, Sandbox};

const FILE: &str = ".taskrun/config.toml";

/// The name of the default agent: `agent list` is the simplest command that reads the settings.
fn default_agent(outcome: &Outcome) -> String {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let star = outcome.stdout.lines().find(|line| line.starts_with('*')).unwrap();
    star.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn the_workspace_goes_before_the_user_and_the_user_before_the_defaults() {
    let sandbox = Sandbox::new();
    let run = || sandbox.run(&["agent", "list"]);
    assert_eq!(default_agent(&run()), "claude");
    sandbox.write_home(
        ".config/taskrun/config.toml",
        "[agent]\ndefault = 'mine'\n[agents.mine]\ncommand = ['true']\n",
    );
    assert_eq!(default_agent(&run()), "mine");
    sandbox.run(&["workspace", "init"]);
    assert_eq!(default_agent(&run()), "mine", "a new workspace's settings change nothing");
    sandbox.write(FILE, "[agent]\ndefault = 'shell'\n");
    assert_eq!(default_agent(&run()), "shell");
    assert!(run().stdout.contains("mine"), "tables are merged");

    let elsewhere = sandbox.root().join("xdg");
    std::fs::create_dir_all(elsewhere.join("taskrun")).unwrap();
    std::fs::write(elsewhere.join("taskrun/config.toml"), "[agents.other]\ncommand = ['true']\n").unwrap();
    let outcome = Outcome::of(sandbox.command().env("XDG_CONFIG_HOME", &elsewhere).args(["agent", "list"]));
    assert!(outcome.stdout.contains("other") && !outcome.stdout.contains("mine"), "{outcome:?}");
    let homeless = Outcome::of(sandbox.command().env_remove("HOME").args(["agent", "list"]));
    assert!(!homeless.stdout.contains("mine"), "{homeless:?}");
}

#[test]
fn what_is_wrong_is_named_by_file_line_and_key() {
    let sandbox = Sandbox::new();
    let table = [
        (
            "# mine\n[agent]\nmodle = 'x'\n",
            "failed to parse `.taskrun/config.toml` line 3: unknown key `agent.modle`\nhint: did you mean `model`?\n",
        ),
        (
            "[notify]\ncommand = 'x'\n",
            "failed to parse `.taskrun/config.toml` line 1: `notify` is not available in this version of taskrun\n\
             hint: remove it, or use a newer taskrun\n",
        ),
        (
            "[mcp.docs]\nargs = ['--stdio']\n",
            "`[mcp.docs]` needs either `command` or `url`\n\
             hint: `man taskrun-config` documents both\n",
        ),
        (
            "[budget]\nusd = nan\n",
            "failed to parse `.taskrun/config.toml` line 2: `budget.usd`: must be a number of USD\n\
             hint: `man taskrun-config` documents every key\n",
        ),
    ];
    for (text, said) in table {
        sandbox.write(FILE, text);
        let refused = sandbox.run(&["agent", "list"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{text}");
        assert_eq!(refused.stderr, format!("error: {said}"), "{text}");
    }
}

#[test]
fn files_that_are_none_are_one_clear_error() {
    let sandbox = Sandbox::new();
    let refused = |code: &str, part: &str| {
        let outcome = sandbox.run(&["agent", "list", "--json"]);
        let error = outcome.json_error();
        assert_eq!((outcome.code, &error["code"]), (2, &json!(code)), "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    };
    for (bytes, part) in
        [(&b"[agent\n"[..], "line 1: "), (b"\n[agent]\nmodel = '\xff'\n", "line 3 is not UTF-8")]
    {
        sandbox.write(FILE, bytes);
        refused("invalid", part);
    }
    std::fs::remove_file(sandbox.path(FILE)).unwrap();
    sandbox.write(".taskrun/config.toml/inner", "");
    refused("error", "Is a directory");
}
