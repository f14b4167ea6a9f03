//! What is listed of each agent.

use super::*;

fn config(text: &str) -> Config {
    toml::from_str(text).unwrap()
}

#[test]
fn the_list_names_every_agent_once() {
    let config = config(
        "[agent]\ndefault = 'b'\n[agents.b]\ncommand = ['sh']\n[agents.a]\ncommand = ['gone-for-good']\n\
         [agents.c]\noutput = 'text'\n[agents.claude]\nmodel = 'm'",
    );
    let shown: Vec<_> = list(&config, Path::new("/"))
        .unwrap()
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
        list(&config, Path::new("/")).unwrap().iter().skip(4).map(|agent| agent.installed).collect();
    assert_eq!(installed, [true, false, true, false]);
}
