//! Which agents can be named, and what is said of those that cannot.

use super::*;

fn config(text: &str) -> Config {
    toml::from_str(text).unwrap()
}

fn named(name: &str) -> Choice<'_> {
    Choice { agent: Some(name), ..Choice::default() }
}

#[test]
fn mistakes_are_said_before_anything_runs() {
    let table = [
        ("", "clade", "unknown agent `clade`", "did you mean `claude`?"),
        ("", "zzz", "unknown agent `zzz`", "`taskrun agent list`"),
        ("[agents.codex]\npath = './gone'", "codex", "`agents.codex.path` is `./gone`", "along `PATH`"),
        ("[agents.mine]\nmodel = 'm'", "mine", "`[agents.mine]` has no `command`", "command = ["),
        (
            "[agents.mine]\ncommand = ['no-such-thing']",
            "mine",
            "`no-such-thing` is not installed",
            "[agents.mine]",
        ),
        ("[agents.mine]\ncommand = ['./gone']", "mine", "`./gone` is not installed", "[agents.mine]"),
        (
            "[agents.mine]\ncommand = ['sh']\nprompt = 'file'",
            "mine",
            "takes its prompt from a file",
            "{prompt_file}",
        ),
        ("[agents.mine]\ncommand = ['sh', '{model}']", "mine", "needs a model", "`--model`"),
        ("[agents.claude]\ncommand = ['x']", "claude", "`claude` is built in", "`path` below"),
        ("[agent]\npermissions = 'read-only'", "shell", "cannot be kept to `read-only`", "`claude`"),
    ];
    for (text, name, message, hint) in table {
        let error = resolve(&config(text), named(name), Path::new("/")).unwrap_err();
        let fault: &Fault = error.downcast_ref().unwrap();
        assert!(matches!(fault, Fault::Usage { .. }));
        assert!(error.to_string().contains(message), "{error}");
        assert!(fault.hint().unwrap().contains(hint), "{fault:?}");
    }
}

#[test]
fn flags_go_before_the_agents_own_settings_and_these_before_all_agents() {
    let config = config(
        "[agent]\ndefault = 'mine'\nmodel = 'all'\nenv_drop = ['X']\n\
         [agents.mine]\ncommand = ['sh', '-c', 'true']\nmodel = 'own'\n\
         [agents.other]\ncommand = ['sh']\noutput = 'claude'",
    );
    let model = |choice| resolve(&config, choice, Path::new("/")).unwrap().model;
    assert_eq!(model(Choice::default()).as_deref(), Some("own"));
    assert_eq!(model(named("other")).as_deref(), Some("all"));
    assert_eq!(model(Choice { model: Some("flag"), ..Choice::default() }).as_deref(), Some("flag"));
    let mine = resolve(&config, Choice::default(), Path::new("/")).unwrap();
    assert!(mine.program.is_absolute());
    assert_eq!(mine.kind, Kind::Command { args: vec!["-c".into(), "true".into()], prompt: PromptBy::Stdin });
    assert_eq!(
        (mine.cost, mine.output, mine.permissions),
        (Cost::Unknown, Output::Text, Permissions::Workspace)
    );
    let other = resolve(&config, named("other"), Path::new("/")).unwrap();
    assert_eq!((other.cost, other.output), (Cost::Reported, Output::Claude));
    let full = Choice { permissions: Some(Permissions::Full), ..named("shell") };
    let shell = resolve(&config, full, Path::new("/")).unwrap();
    assert_eq!((shell.cost, shell.permissions), (Cost::Free, Permissions::Full));
    assert_eq!(shell.reader(Usage::default()).report().usd, Some(0.0));
    assert_eq!(mine.reader(Usage::default()).report().usd, None);
    assert_eq!(other.reader(Usage::default()).report().terminal, super::super::Terminal::Missing);
}

#[test]
fn programs_of_the_workspace_are_found_from_it() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/sh", dir.path().join("agent")).unwrap();
    let config = config("[agents.mine]\ncommand = ['./agent']");
    assert!(resolve(&config, named("mine"), dir.path()).is_ok());
    assert!(resolve(&config, named("mine"), Path::new("/")).is_err());
}

#[test]
fn the_list_names_every_agent_once() {
    let config = config(
        "[agent]\ndefault = 'b'\n[agents.b]\ncommand = ['sh']\n[agents.a]\ncommand = ['gone-for-good']\n\
         [agents.c]\noutput = 'text'\n[agents.claude]\nmodel = 'm'",
    );
    let shown: Vec<_> = list(&config, Path::new("/"))
        .into_iter()
        .map(|agent| {
            (
                agent.name,
                agent.kind,
                agent.installed == agent.path.is_some(),
                agent.default,
                agent.reports_cost,
            )
        })
        .collect();
    let row = |name: &str, kind: &str, default, cost| (name.to_owned(), kind.to_owned(), true, default, cost);
    let expected = [
        row("claude", "claude", false, true),
        row("codex", "codex", false, false),
        row("opencode", "opencode", false, true),
        row("gemini", "gemini", false, false),
        row("shell", "shell", false, false),
        row("a", "command", false, false),
        row("b", "command", true, false),
        row("c", "command", false, false),
    ];
    assert_eq!(shown, expected);
    let installed: Vec<bool> =
        list(&config, Path::new("/")).iter().skip(4).map(|agent| agent.installed).collect();
    assert_eq!(installed, [true, false, true, false]);
}
