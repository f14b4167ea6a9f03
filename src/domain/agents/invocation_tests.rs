//! The command lines, word for word.

use std::collections::BTreeMap;

use super::*;
use crate::domain::agents::catalog::Cost;
use crate::system::config::{Output, Permissions};

fn agent(kind: Kind) -> Agent {
    Agent {
        name: "x".into(),
        kind,
        program: "/usr/bin/x".into(),
        model: None,
        permissions: Permissions::Workspace,
        output: Output::Text,
        cost: Cost::Unknown,
        env_pass: Vec::new(),
        env_drop: Vec::new(),
        args: Vec::new(),
        mcp: BTreeMap::new(),
    }
}

fn request(description: &str) -> Request<'_> {
    Request {
        prompt_file: Path::new("/r/prompt.md"),
        dir: Path::new("/w"),
        budget_left: None,
        task: "bd-1",
        attempt: 2,
        description,
        resume: None,
        prefix: Path::new("/r/0001"),
        prompt_chars: 100,
    }
}

fn words(invocation: &Invocation) -> String {
    let args: Vec<_> = invocation.args.iter().map(|arg| arg.to_string_lossy()).collect();
    args.join(" ")
}

const HEADLESS: &str = "-p --output-format stream-json --verbose";

#[test]
fn claude_is_held_to_its_permissions() {
    let table = [
        (
            Permissions::ReadOnly,
            "--permission-mode dontAsk --tools Read,Glob,Grep --strict-mcp-config --setting-sources user",
        ),
        (
            Permissions::Workspace,
            "--permission-mode acceptEdits --allowedTools Bash --disallowedTools CronCreate,EnterWorktree,ScheduleWakeup",
        ),
        (
            Permissions::Full,
            "--dangerously-skip-permissions --disallowedTools CronCreate,EnterWorktree,ScheduleWakeup",
        ),
    ];
    for (permissions, expected) in table {
        let agent = Agent { permissions, ..agent(Kind::Claude { root: false }) };
        let call = invocation(&agent, &request("")).unwrap();
        assert_eq!(words(&call), format!("{HEADLESS} {expected}"));
        assert_eq!((call.stdin, call.env.len()), (Stdin::Prompt, 3));
    }
    let full = Agent { permissions: Permissions::Full, ..agent(Kind::Claude { root: true }) };
    let env = invocation(&full, &request("")).unwrap().env;
    assert_eq!(env.last(), Some(&("IS_SANDBOX".into(), "1".into())));
}

#[test]
fn claude_is_told_model_and_budget() {
    let claude = Agent { model: Some("opus".into()), ..agent(Kind::Claude { root: true }) };
    let call = invocation(&claude, &Request { budget_left: Some(1.999_99), ..request("") }).unwrap();
    assert!(words(&call).starts_with(&format!("{HEADLESS} --model opus --max-budget-usd 1.9999 ")));
    assert!(invocation(&claude, &Request { budget_left: Some(0.0), ..request("") }).is_err());
}

#[test]
fn nested_variables_go_unless_asked_for_and_dropped_ones_too() {
    let mut agent = agent(Kind::Claude { root: false });
    agent.env_pass = vec!["CLAUDECODE".into()];
    agent.env_drop = vec!["SECRET".into()];
    let call = invocation(&agent, &request("")).unwrap();
    let removed = |name: &str| call.env_remove.iter().any(|other| other == name);
    assert!(!removed("CLAUDECODE") && removed("CLAUDE_CODE_ENTRYPOINT") && removed("SECRET"));
    assert!(!removed("ANTHROPIC_API_KEY"));
    let set: Vec<_> =
        call.env.iter().map(|(name, value)| (name.to_str().unwrap(), value.to_str().unwrap())).collect();
    let expected =
        [("TASKRUN_TASK", "bd-1"), ("TASKRUN_ATTEMPT", "2"), ("TASKRUN_PROMPT_FILE", "/r/prompt.md")];
    assert_eq!(set, expected);
}

#[test]
fn shell_runs_the_block_and_nothing_else() {
    let shell = agent(Kind::Shell { bash: Some("/bin/bash".into()) });
    let call = invocation(&shell, &request("`rm -rf /`\n```sh\necho hi\n```\n")).unwrap();
    assert_eq!(words(&call), "-eu -c echo hi\n taskrun-task");
    assert_eq!((call.program.to_str(), call.stdin), (Some("/usr/bin/x"), Stdin::Nothing));
    let call = invocation(&shell, &request("```bash\n[[ 1 ]]\n```")).unwrap();
    assert_eq!(call.program.to_str(), Some("/bin/bash"));
    assert!(invocation(&agent(Kind::Shell { bash: None }), &request("```bash\n:\n```")).is_err());
    assert!(invocation(&shell, &request("no block")).is_err());
}

#[test]
fn commands_get_their_placeholders_filled() {
    let args = ["--file", "{prompt_file}", "--cd={dir}", "{model}"].map(String::from).to_vec();
    let mut mine = agent(Kind::Command { args, prompt: PromptBy::File });
    mine.model = Some("m 1".into());
    let call = invocation(&mine, &request("")).unwrap();
    assert_eq!(call.args, ["--file", "/r/prompt.md", "--cd=/w", "m 1"]);
    assert_eq!(call.stdin, Stdin::Nothing);
    mine.kind = Kind::Command { args: Vec::new(), prompt: PromptBy::Stdin };
    assert_eq!(invocation(&mine, &request("")).unwrap().stdin, Stdin::Prompt);
}
