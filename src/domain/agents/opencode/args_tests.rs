//! The command lines, word for word.

use std::path::Path;

use super::super::settings::tests::agent;
use super::*;

fn request() -> Request<'static> {
    Request {
        prompt_file: Path::new("/r/prompt.md"),
        dir: Path::new("/w"),
        budget_left: Some(1.0),
        task: "bd-1",
        attempt: 2,
        description: "",
        resume: None,
        prefix: Path::new("/r/0001"),
        prompt_chars: 100,
    }
}

fn words(agent: &Agent, request: &Request<'_>) -> String {
    let args = call(agent, request).unwrap().args;
    args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

const HEADLESS: &str = "run --format json --print-logs --log-level ERROR";

#[test]
fn each_level_is_called_in_its_way() {
    for (level, expected) in [
        (Permissions::ReadOnly, "--agent taskrun-read-only"),
        (Permissions::Workspace, "--agent taskrun-workspace --auto"),
        (Permissions::Full, "--auto"),
    ] {
        assert!(check("opencode", level).is_ok());
        assert_eq!(words(&agent(level), &request()), format!("{HEADLESS} {expected}"));
        let call = call(&agent(level), &request()).unwrap();
        assert_eq!((call.stdin, call.files.len()), (Stdin::Prompt, 0));
        assert!(matches!(&call.env[..], [(name, _)] if name == "OPENCODE_CONFIG_CONTENT"));
    }
}

#[test]
fn model_session_and_the_users_own_arguments_are_added() {
    let own = vec!["--variant".to_owned(), "high".to_owned()];
    let agent = Agent { model: Some("local/m".into()), args: own, ..agent(Permissions::Full) };
    let request = Request { resume: Some("ses_1"), ..request() };
    assert_eq!(
        words(&agent, &request),
        format!("{HEADLESS} --model local/m --session ses_1 --auto --variant high")
    );
}

#[test]
fn arguments_that_would_undo_the_permissions_are_refused() {
    for (args, refused) in [
        (vec!["--agent", "mine"], true),
        (vec!["--agent=mine"], true),
        (vec!["--attach=http://localhost:4096"], true),
        (vec!["--agents"], false),
        (vec!["--title", "x"], false),
    ] {
        for level in [Permissions::ReadOnly, Permissions::Workspace, Permissions::Full] {
            let own = args.iter().map(ToString::to_string).collect();
            let result = call(&Agent { args: own, ..agent(level) }, &request());
            assert_eq!(result.is_err(), refused && level != Permissions::Full, "{args:?} {level:?}");
            if let Err(error) = result {
                assert!(matches!(error.downcast_ref(), Some(Fault::Usage { .. })), "{error}");
            }
        }
    }
}
