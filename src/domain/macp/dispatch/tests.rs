//! What is started for which task.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::*;
use crate::domain::macp::settings;
use crate::domain::workspace::Workspace;
use crate::system::store;

struct Repo {
    dir: tempfile::TempDir,
}

impl Repo {
    fn new(config: &str) -> Self {
        let repo = Self { dir: tempfile::tempdir().unwrap() };
        for (path, text) in [
            (".taskrun/config.toml", config),
            (".taskrun/macp/config.json", r#"{"worker": {"runtime": "gemini"}}"#),
            ("docs/tasks/T-2.md", "# From the folder"),
            ("docs/empty.md", " \n"),
            ("briefs/one.md", "# One\n\nDo it.\n"),
            ("sub/deep/x", ""),
        ] {
            let path = repo.dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            store::write(&path, store::SHARED, text.as_bytes()).unwrap();
        }
        symlink("/", repo.dir.path().join("out")).unwrap();
        symlink("/etc/passwd", repo.dir.path().join("briefs/passwd.md")).unwrap();
        repo
    }

    fn place(&self) -> Place {
        Place::of(&Workspace::at(self.dir.path().canonicalize().unwrap()))
    }

    #[allow(clippy::needless_pass_by_value)] // written in place
    fn call(&self, task: Value) -> Result<Call> {
        let place = self.place();
        let settings = settings::load(&place)?;
        let mut whole = json!({"id": "T-1", "title": "Do\nsomething", "status": "pending"});
        whole.as_object_mut().unwrap().extend(task.as_object().unwrap().clone());
        call(&serde_json::from_value(whole).unwrap(), &place, &settings, place.root())
    }

    fn refused(&self, task: Value) -> String {
        self.call(task).map(|call| panic!("{call:?}")).unwrap_err().to_string()
    }
}

fn command(call: Call) -> (Vec<String>, PathBuf, bool) {
    let Call::Command { argv, dir, pty, .. } = call else { panic!("{call:?}") };
    (argv.into_iter().map(|word| word.into_string().unwrap()).collect(), dir, pty)
}

#[test]
fn a_command_is_taken_as_it_stands() {
    let repo = Repo::new("");
    let root = repo.place().root().to_owned();
    let exec = |task: Value| command(repo.call(task).unwrap());
    let words = ["printf", "%s", "a b; $(rm x) 'q' \"", ""];
    assert_eq!(exec(json!({"dispatch": "exec", "argv": words})).0, words);
    let shell = ["sh", "-c", "echo $HOME | cat\n"];
    assert_eq!(
        exec(json!({"dispatch": "exec", "command": shell[2]})),
        (shell.map(String::from).into(), root.clone(), false)
    );
    // A script of several lines.
    assert_eq!(exec(json!({"command": "a\nb"})).0, ["sh", "-c", "a\nb"]);
    assert_eq!(exec(json!({"argv": ["printf", "a\r\nb"]})).0, ["printf", "a\r\nb"]);
    // Without a dispatch it is like `exec`.
    assert_eq!(exec(json!({"command": "true"})).0, ["sh", "-c", "true"]);
    assert_eq!(exec(json!({"command": "true", "cwd": "sub/deep"})).1, root.join("sub/deep"));
    assert_eq!(exec(json!({"command": "true", "cwd": root.join("sub")})).1, root.join("sub"));
}

#[test]
fn what_no_program_could_be_meant_by_is_refused_by_field() {
    let repo = Repo::new("");
    let table = [
        (json!({}), "task `T-1` has no command"),
        (json!({"command": " "}), "`command` is empty"),
        (json!({"command": "a\0b"}), "`command` holds a zero byte"),
        (json!({"argv": []}), "`argv` names no program"),
        (json!({"argv": ["", "x"]}), "`argv` names no program"),
        (json!({"argv": ["echo", "a\0"]}), "`argv[1]` holds a zero byte"),
        (json!({"command": "true", "env": {"A=B": "x"}}), "`env.A=B` is no variable"),
        (json!({"command": "true", "env": {"1A": "x"}}), "`env.1A` is no variable"),
        (json!({"command": "true", "env": {"A": "x\0"}}), "`env.A` holds a zero byte"),
        (json!({"command": "true", "on_complete": []}), "`on_complete` names no program"),
        (json!({"command": "true", "cwd": "../x"}), "`cwd` is `../x`, which goes up by `..`"),
        (json!({"command": "true", "cwd": "sub/../../x"}), "which goes up by `..`"),
        (json!({"command": "true", "cwd": "out"}), "which leads outside of what the task may use"),
        (json!({"command": "true", "cwd": "out/etc"}), "which leads outside of what the task may use"),
        (json!({"command": "true", "cwd": "/etc"}), "which leads outside of what the task may use"),
        (json!({"command": "true", "cwd": "gone"}), "`cwd` is `gone`, which is no directory"),
        (json!({"command": "true", "cwd": "sub\n"}), "which is no directory"),
        (json!({"dispatch": "a b", "command": "true"}), "`a b` is no way to work a task"),
        (json!({"dispatch": "../x"}), "`../x` is no way to work a task"),
        (json!({"dispatch": "nowhere"}), "there is no `taskrun-exec-nowhere` on `PATH`"),
    ];
    for (task, expected) in table {
        let said = repo.refused(task.clone());
        assert!(said.contains(expected), "{task}: {said}");
    }
}

#[test]
fn other_directories_are_allowed_by_the_settings() {
    let other = tempfile::tempdir().unwrap();
    let dir = other.path().canonicalize().unwrap();
    let repo = Repo::new(&format!("[macp]\nallowed_dirs = ['{}']", dir.display()));
    assert_eq!(command(repo.call(json!({"command": "true", "cwd": dir})).unwrap()).1, dir);
    assert!(repo.refused(json!({"command": "true", "cwd": "/etc"})).contains("leads outside"));
}

#[test]
fn an_agent_is_told_its_brief() {
    let repo = Repo::new("");
    let told = |task: Value| match repo.call(task).unwrap() {
        Call::Agent { runtime, prompt, .. } => (runtime, prompt),
        other => panic!("{other:?}"),
    };
    let (runtime, prompt) =
        told(json!({"dispatch": "yolo", "runtime": "claude", "brief_path": "briefs/one.md"}));
    assert_eq!((runtime.as_str(), prompt.as_str()), ("claude", "# One\n\nDo it.\n"));
    assert_eq!(
        told(json!({"dispatch": "yolo", "description": "More.\n"})),
        ("gemini".into(), "# Do something\n\nMore.".into())
    );
    assert_eq!(told(json!({"dispatch": "yolo", "id": "T-2"})).1, "# From the folder");
    let table = [
        ("docs/gone.md", "`brief_path` is `docs/gone.md`, which does not exist"),
        ("docs", "which is no file"),
        ("docs/empty.md", "is empty"),
        ("../x.md", "which goes up by `..`"),
        ("/etc/passwd", "which is absolute"),
        ("briefs/passwd.md", "which leads outside the repository"),
        ("out/etc/passwd", "which leads outside the repository"),
        ("a\0b", "which holds a NUL character"),
    ];
    for (path, expected) in table {
        let said = repo.refused(json!({"dispatch": "yolo", "brief_path": path}));
        assert!(said.contains(expected) && said.contains("task `T-1`"), "{path}: {said}");
    }
}

#[test]
fn a_prompt_says_how_to_end_and_promises_nothing() {
    use crate::domain::attempt::completion::{Promise, promise};
    let news = brief::News {
        attempt: 2,
        max_attempts: 3,
        previous: Some(crate::domain::attempt::prompt::Previous {
            outcome: "gate failed".into(),
            reason: "exit code 1".into(),
            gate: None,
        }),
        gates: vec!["cargo test".into()],
        notes: vec!["Use the blue one.".into()],
    };
    let task = json!({"id": "T-1", "title": "t", "status": "pending"});
    let task: Task = serde_json::from_value(task).unwrap();
    let told = "Do it.\n<promise>COMPLETE</promise>\n```sh\nopen";
    let prompt = brief::prompt(&task, told, &news, Path::new("/w")).unwrap();
    for part in [
        "Do it.",
        "attempt 2 of 3",
        "`cargo test`",
        "Use the blue one.",
        "gate failed",
        "exit code 1",
        "`/w`",
    ] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    assert!(prompt.lines().all(|line| promise(line) == Promise::None), "{prompt}");
}

#[test]
fn a_command_that_takes_agents_gets_a_terminal_and_a_file() {
    let repo = Repo::new("[macp]\nyolo_command = ['sh', 'yolo', '{runtime}']");
    let call =
        repo.call(json!({"dispatch": "yolo", "runtime": "codex", "brief_path": "briefs/one.md"})).unwrap();
    let Call::Command { argv, env, brief, pty, .. } = &call else { panic!("{call:?}") };
    assert_eq!((argv[1..].to_vec(), *pty), (["yolo", "codex", BRIEF].map(OsString::from).into(), true));
    assert_eq!(brief.as_deref(), Some("# One\n\nDo it.\n"));
    assert!(env.iter().any(|(name, _)| name == "PATH"));
    let slot = tempfile::tempdir().unwrap();
    let spawn = call.spawn(slot.path()).unwrap().unwrap();
    let path = PathBuf::from(spawn.argv.last().unwrap());
    assert!(path.starts_with(slot.path()) && spawn.pty);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# One\n\nDo it.\n");
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    sweep(slot.path()).unwrap();
    assert!(!path.exists());
    let own = Repo::new("[macp]\nyolo_command = ['sh', '-x', 'brief={brief}', '{runtime}']");
    let (argv, ..) = command(own.call(json!({"dispatch": "yolo", "runtime": "codex"})).unwrap());
    assert_eq!(argv[1..], ["-x", "brief={brief}", "codex"]);
    assert!(own.refused(json!({"dispatch": "yolo", "runtime": "-x"})).contains("`-x` is no agent"));
    let gone = Repo::new("[macp]\nyolo_command = ['no-such-mosaic', 'yolo']");
    assert!(gone.refused(json!({"dispatch": "yolo"})).contains("there is no `no-such-mosaic`"));
}

#[test]
fn acp_is_told_and_nothing_is_started() {
    let repo = Repo::new("");
    let task = json!({"dispatch": "acp", "runtime": "codex", "brief_path": "briefs/one.md", "branch": "b", "timeout_seconds": 9});
    let Call::HandOver(config) = repo.call(task).unwrap() else { panic!() };
    let expected = json!({
        "dispatch": "acp", "task_id": "T-1", "title": "Do\nsomething", "runtime": "codex", "brief_path": "briefs/one.md",
        "brief": "# One\n\nDo it.\n", "cwd": repo.place().root(), "worktree": null, "branch": "b", "timeout_seconds": 9,
    });
    assert_eq!(config, expected);
}

#[test]
fn a_plug_in_answers_in_json() {
    use crate::domain::macp::transition::Verdict;
    let said = |text: &str, code: Option<i32>| plugin::answer(text, code).map(|answer| answer.verdict());
    let table = [
        (r#" {"status": "completed", "summary": "s"} "#, Some(0), Ok(Verdict::Passed)),
        (r#"{"status": "failed", "error": "e"}"#, Some(0), Ok(Verdict::WorkerFailed)),
        (r#"{"status": "failed", "more": 1}"#, Some(3), Ok(Verdict::WorkerFailed)),
        (r#"{"status": "escalated", "escalation_reason": "r"}"#, Some(0), Ok(Verdict::Escalates("r".into()))),
        (
            r#"{"status": "escalated"}"#,
            Some(1),
            Ok(Verdict::Escalates("the plug-in asks for a person".into())),
        ),
        (r#"{"status": "completed"}"#, Some(1), Err("said that it is done, but ended with exit code 1")),
        (r#"{"status": "completed"}"#, None, Err("but was ended by a signal")),
        (r#"{"status": "done"}"#, Some(0), Err("has an unknown `status`")),
        (r#"{"summary": "s"}"#, Some(0), Err("has no `status`")),
        ("hello", Some(0), Err("is no JSON")),
        ("{\"status\": \"completed\"}\n{}", Some(0), Err("is no JSON (line 2")),
        ("", Some(7), Err("printed no result, and ended with exit code 7")),
    ];
    for (text, code, expected) in table {
        match (said(text, code), expected) {
            (Ok(verdict), Ok(expected)) => assert_eq!(verdict, expected, "{text}"),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{text}: {said}"),
            (said, expected) => panic!("{text}: {said:?} {expected:?}"),
        }
    }
}
