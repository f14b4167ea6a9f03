//! How commands are handed to launchers.

#![allow(clippy::disallowed_methods)] // the far side is run right here

use super::*;
use std::process::Command;

fn labels(task: &str) -> Labels<'_> {
    Labels { task, attempt: 2, branch: Some("feat/x") }
}

fn launcher(settings: &str) -> Launcher {
    let config: Config = toml::from_str(&format!("[launchers.far]\n{settings}")).unwrap();
    Launcher::resolve(&config, "far", Path::new("/My Project"), Path::new("/nowhere")).unwrap()
}

fn strings(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| word.to_str().unwrap().to_owned()).collect()
}

#[test]
fn placeholders_are_filled_once() {
    let env: Vec<OsString> = vec!["A".into(), "B_TOKEN".into()];
    let table: [(&[&str], &[&str]); 9] = [
        (
            &["srun", "--chdir={dir}", "--job-name={task}", "--"],
            &["srun", "--chdir=/a {name}", "--job-name=t-{dir}", "--"],
        ),
        (&["x", "{branch}", "{attempt}", "{name}"], &["x", "feat/x", "2", "n"]),
        (&["docker", "--env={env}", "i"], &["docker", "--env=A", "--env=B_TOKEN", "i"]),
        (&["docker", "-e", "{env}", "i"], &["docker", "-e", "A", "-e", "B_TOKEN", "i"]),
        (&["ssh", "-o", "SendEnv={env}", "h"], &["ssh", "-o", "SendEnv=A", "-o", "SendEnv=B_TOKEN", "h"]),
        (&["x", "{env}"], &["x", "A", "B_TOKEN"]),
        (&["x", "{{.ID}}", "{ dir }", "{"], &["x", "{{.ID}}", "{ dir }", "{"]),
        (&["x", "{dir}{dir}"], &["x", "/a {name}/a {name}"]),
        (&[], &[]),
    ];
    let labels = labels("t-{dir}");
    let words = Words { dir: OsStr::new("/a {name}"), labels: &labels, name: "n", quote: false };
    for (given, expected) in table {
        let given: Vec<String> = given.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(strings(&words.fill(&given, &env)), expected);
    }
    let none =
        words.fill(&["docker".into(), "-e".into(), "{env}".into(), "--env={env}".into(), "i".into()], &[]);
    assert_eq!(strings(&none), ["docker", "i"]);
}

#[test]
fn no_value_becomes_code_where_a_shell_takes_words_apart() {
    let branch = "b;touch evil;'$(touch evil)`touch evil`\"\\";
    let labels = Labels { task: "t $(touch evil)", attempt: 1, branch: Some(branch) };
    let dir = tempfile::tempdir().unwrap();
    let odd = dir.path().join("a 'b' $(touch evil)");
    std::fs::create_dir(&odd).unwrap();
    let settings =
        "command = ['sh', '-c', 'B={branch}; cd {dir} && printf \"%s|\" \"$B\" {task} \"$PWD\"; exec']
stop = ['sh', '-c', 'cd {dir} && pwd; echo {branch}']\nquote = true";
    let spawn = Spawn { argv: ["true".into()].into(), dir: odd.clone().into(), ..Spawn::default() };
    let wrapped = launcher(settings).wrap(spawn, &labels);
    let run = |argv: &[OsString]| {
        let mut command = Command::new(&argv[0]);
        let out = command.args(&argv[1..]).current_dir(dir.path()).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    assert_eq!(run(&wrapped.argv[..3]), format!("{branch}|t $(touch evil)|{}|", odd.display()));
    let said = run(&wrapped.launch.unwrap().stop);
    assert!(said.starts_with(&format!("{}\nb;touch evil;'$(touch", odd.display())), "{said}");
    assert!(!dir.path().join("evil").exists() && !odd.join("evil").exists());
}

#[test]
fn a_value_within_quotes_for_a_shell_is_refused() {
    let table: [(&[&str], Option<&str>); 9] = [
        (&["ssh", "h", "env", "B={branch}"], None),
        (&["ssh", "h", "cd", "'{dir}'"], Some("{dir}")),
        (&["ssh", "h", "cd \"{dir}\" && x"], Some("{dir}")),
        (&["ssh", "h", "sh -c '", "cd {dir}", "'"], Some("{dir}")),
        (&["ssh", "h", "\\{task}"], Some("{task}")),
        (&["ssh", "h", "'a\\'", "{task}"], None),
        (&["ssh", "h", "\"a\\\" {task}\""], Some("{task}")),
        (&["ssh", "h", "'a' \"b\" \\' {task}"], None),
        (&["ssh", "h", "pkill -f '{name}[ ]'"], None),
    ];
    for (words, found) in table {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(within_quotes(&words), found, "{words:?}");
    }
    let codes: &[(&[&str], Option<&str>)] = &[
        (&["sh", "-c", "cd {dir} && exec \"$@\"", "x"], Some("{dir}")),
        (&["sh", "-lc", "{task}"], Some("{task}")),
        (&["bash", "-c", "cd \"$1\" && shift && exec \"$@\"", "x", "{dir}"], None),
        (&["eval", "{branch}"], Some("{branch}")),
        (&["ssh", "h", "cd {dir};"], Some("{dir}")),
        (&["srun", "--chdir={dir}", "--job-name={task}", "--"], None),
        (&["docker", "run", "-v", "{dir}:{dir}", "-w", "{dir}"], None),
        (&["srun", "-c", "4", "--chdir={dir}"], None),
    ];
    for (words, found) in codes {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(within_code(&words), *found, "{words:?}");
    }
    let config: Config = toml::from_str("[launchers.a]\ncommand=['sh', '\"{dir}\"']\nquote=true").unwrap();
    let refused = Launcher::resolve(&config, "a", Path::new("/"), Path::new("/")).unwrap_err();
    assert!(refused.to_string().contains("holds `{dir}` within quotes"), "{refused}");
}

#[test]
fn an_id_or_branch_that_could_be_code_is_not_told() {
    let far = launcher("command = ['env', 'B={branch}']");
    let told = |branch: &str, task: &str| {
        far.refuse_code(&Labels { task, attempt: 1, branch: Some(branch) }).is_ok()
    };
    assert!(told("feat/x-1.2#3", "t; it is not told this"));
    for bad in ["b;x", "$(x)", "`x`", "a'b", "a\"b", "a|b", "a&b", "a>b", "a b", "a\nb", "a(b)", "a!b"] {
        assert!(!told(bad, "t"), "{bad}");
    }
}

#[test]
fn what_is_ours_reaches_the_far_side_whatever_is_handed_on() {
    let env = [("TASKRUN_DEPTH", "2"), ("TASKRUN_TASK", "a 'b' $(c)"), ("API_TOKEN", "s3cret-value")];
    let env = env.map(|(name, value)| (name.into(), value.into())).into();
    let argv = ["sh", "-c", "printf '%s|%s|%s|' \"$TASKRUN_DEPTH\" \"$TASKRUN_TASK\" \"$API_TOKEN\""];
    let spawn = Spawn { argv: argv.map(OsString::from).into(), dir: "/".into(), env, ..Spawn::default() };
    let wrapped = launcher("command = ['env', '-i', 'PATH=/usr/bin:/bin']").wrap(spawn, &labels("t"));
    let out = Command::new(&wrapped.argv[0]).args(&wrapped.argv[1..]).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.starts_with("2|a 'b' $(c)||"), "{said} {:?}", out.stderr);
}

#[test]
fn a_launch_has_a_name_that_every_engine_takes() {
    let mark = "0123456789abcdef";
    let table = [
        ("proj", "bd-12.3", "taskrun-proj-bd-12-3-2-01234567"),
        ("My  Project!", "A/../B;rm -rf", "taskrun-my-project-a-b-rm-rf-2-01234567"),
        ("ü", "\n", "taskrun-x-x-2-01234567"),
    ];
    for (owner, task, expected) in table {
        assert_eq!(launch_name(owner, &labels(task), mark), expected);
    }
    let long = "x".repeat(300);
    let most = launch_name(&long, &Labels { task: &long, attempt: u64::MAX, branch: None }, mark);
    assert!(most.len() <= 63, "{most}");
}

#[test]
fn nothing_of_the_command_becomes_code() {
    let nasty = ["printf", "%s|", "a b", "'", "$(false)", "`false`", "\"", "\\", "*", "", "-n", "ü\n!"];
    let spawn = || Spawn { argv: nasty.map(OsString::from).into(), dir: "/".into(), ..Spawn::default() };
    let expected = format!("{}|", nasty[2..].join("|"));
    for (settings, by_shell) in [("command = ['env']", false), ("command = ['sh', '-c']\nquote = true", true)]
    {
        let wrapped = launcher(settings).wrap(spawn(), &labels("t"));
        let mut command = Command::new(&wrapped.argv[0]);
        let out = command.args(&wrapped.argv[1..]).output().unwrap();
        let launch = wrapped.launch.unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        assert_eq!(said, format!("{expected}{}:0.\n", launch.token), "{by_shell} {:?}", out.stderr);
    }
}

#[test]
fn only_names_of_variables_are_handed_on() {
    let spawn = Spawn {
        argv: vec!["true".into()],
        env: vec![("TASKRUN_TASK".into(), "t".into()), ("API_TOKEN".into(), "s3cret-value".into())],
        ..Spawn::default()
    };
    let far =
        launcher("command = ['env', '--env={env}']\npass_env = ['PATH', 'NOT_SET_ANYWHERE', 'API_TOKEN']");
    let wrapped = far.wrap(spawn, &labels("t"));
    assert_eq!(strings(&wrapped.argv[1..4]), ["--env=TASKRUN_TASK", "--env=API_TOKEN", "--env=PATH"]);
    assert!(wrapped.argv.iter().all(|word| !word.to_string_lossy().contains("s3cret")));
    assert_eq!(wrapped.env.len(), 2);
}

#[test]
fn an_unknown_launcher_names_those_there_are() {
    let config: Config =
        toml::from_str("[launchers.a]\ncommand=['env']\n[launchers.b]\ncommand=['no-such-prog']").unwrap();
    let refused = |name: &str| {
        Launcher::resolve(&config, name, Path::new("/"), Path::new("/")).unwrap_err().to_string()
    };
    assert_eq!(refused("c"), "there is no launcher `c` (known: `a`, `b`)");
    assert_eq!(refused("b"), "`no-such-prog`, the program of launcher `b`, is not installed");
    let none = Launcher::resolve(&Config::default(), "c", Path::new("/"), Path::new("/")).unwrap_err();
    assert_eq!(none.to_string(), "there is no launcher `c` (none is set)");
}

#[test]
fn the_far_side_ends_as_its_command_does() {
    let run = |command: &str| {
        let spawn = Spawn {
            argv: ["sh", "-c", command].map(OsString::from).into(),
            dir: "/".into(),
            ..Spawn::default()
        };
        let wrapped = launcher("command = ['env']").wrap(spawn, &labels("t"));
        let out = Command::new(&wrapped.argv[0]).args(&wrapped.argv[1..]).output().unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        (out.status.code(), said.replace(&wrapped.launch.unwrap().token, "R"))
    };
    let table = [
        ("exit 0", 0, "R:0.\n"),
        ("echo hi; exit 7", 7, "hi\nR:7.\n"),
        ("exit 255", 255, "R:255.\n"),
        ("kill -9 $$", 137, "R:137.\n"),
        ("kill -INT $$; echo deaf", 130, "R:130.\n"),
        ("exec no-such-program", 127, "R:127.\n"),
        ("cat; pwd", 0, "/\nR:0.\n"),
    ];
    for (command, code, said) in table {
        assert_eq!(run(command), (Some(code), said.to_owned()), "{command}");
    }
}

#[test]
fn a_signal_is_passed_on_and_said() {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::process::CommandExt;
    let command = "trap 'echo got it; exit 9' TERM; echo up; while :; do sleep 0.05; done";
    let spawn =
        Spawn { argv: ["sh", "-c", command].map(OsString::from).into(), dir: "/".into(), ..Spawn::default() };
    let wrapped = launcher("command = ['env']").wrap(spawn, &labels("t"));
    let mut far = Command::new(&wrapped.argv[0]);
    far.args(&wrapped.argv[1..]).process_group(0).stdout(std::process::Stdio::piped());
    let mut far = far.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(far.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    // Only the one that was launched hears it, as the first process of a container would.
    Command::new("kill").args(["-TERM", &far.id().to_string()]).status().unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, format!("got it\n{}:9T.\n", wrapped.launch.unwrap().token));
    assert_eq!(far.wait().unwrap().code(), Some(9));
}
