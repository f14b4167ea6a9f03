//! Where a value would become code though no shell is named by the task: `sh -c`, `python -c`, `ssh`. Pure.

use serde_json::Value;

use super::blueprint::Flaw;

/// Programs that read code from the argument after `-c`, `-e` and the like.
const INTERPRETERS: &[&str] = &[
    "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox", "python", "perl", "ruby", "node",
    "deno", "php", "lua", "awk", "gawk", "su", "script", "eval", "watch", "parallel",
];

/// Programs that hand their arguments to a shell somewhere else.
const REMOTE: &[&str] = &["ssh", "rsh", "mosh", "dsh", "pdsh"];

/// Variables that decide what is run.
const POWERFUL: &[&str] = &[
    "PATH",
    "ENV",
    "BASH_ENV",
    "IFS",
    "SHELL",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "NODE_OPTIONS",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "EDITOR",
    "PAGER",
    "HOME",
];

/// Whether no argument that differs from event to event can become code. Each argument comes with whether it is the
/// same for every event.
pub fn check_argv(field: &str, argv: &[(&str, bool)]) -> Result<(), Flaw> {
    let flaw = |at: usize, what: &str, hint: &str| Err(Flaw::new(&[field, &at.to_string()], what, hint));
    let Some((program, fixed)) = argv.first() else {
        return Err(Flaw::new(&[field], format!("`{field}` is empty"), "give program and arguments"));
    };
    if !fixed {
        return flaw(
            0,
            &format!("the program of `{field}` may not come from a placeholder"),
            "name the program itself",
        );
    }
    if program.trim().is_empty() {
        return flaw(0, &format!("the program of `{field}` is empty"), "name it");
    }
    let mut reads_code = false;
    for (at, (argument, fixed)) in argv.iter().enumerate() {
        if !fixed && reads_code && is_code_option(argv[at - 1].0) {
            return flaw(
                at,
                &format!("argument {at} of `{field}` is code and may hold no placeholder"),
                "hand the value over after it: `[\"sh\", \"-c\", \"echo \\\"$1\\\"\", \"sh\", \"{{…}}\"]`, or by `env`",
            );
        }
        if !fixed && argv[..at].iter().any(|(before, _)| REMOTE.contains(&name(before))) {
            return flaw(
                at,
                &format!("argument {at} of `{field}` is read by a remote shell and may hold no placeholder"),
                "use a `launcher`, or hand the value over in the description",
            );
        }
        reads_code |= is_interpreter(argument);
    }
    Ok(())
}

/// Whether no variable that decides what is run gets its value from an event.
pub fn check_env(field: &str, value: &Value) -> Result<(), Flaw> {
    for (variable, text) in value.as_object().into_iter().flatten() {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if variable.starts_with(|c: char| c.is_ascii_digit())
            || variable.is_empty()
            || !variable.chars().all(plain)
        {
            let message = format!("`{variable}` in `{field}` is no variable's name");
            return Err(Flaw::new(&[field, variable], message, "use letters, digits and `_`"));
        }
        let powerful = POWERFUL.contains(&variable.as_str())
            || ["LD_", "DYLD_", "GIT_", "TASKRUN_"].iter().any(|prefix| variable.starts_with(prefix));
        if powerful && text.as_str().is_some_and(|text| text.contains("{{")) {
            let message =
                format!("`{variable}` in `{field}` decides what is run and may hold no placeholder");
            return Err(Flaw::new(&[field, variable], message, "use a variable of your own"));
        }
    }
    Ok(())
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_interpreter(argument: &str) -> bool {
    let name = name(argument).trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(&name)
}

/// `-c`, `-lc`, `-e`, `--eval`; and the interpreter itself, whose first argument is the code of `awk`, `eval` and `watch`.
fn is_code_option(argument: &str) -> bool {
    let short = argument
        .strip_prefix('-')
        .is_some_and(|flags| !flags.starts_with('-') && flags.ends_with(['c', 'e', 'r', 'E', 'p']));
    let long = ["--command", "--eval", "--execute", "--print", "eval"].contains(&argument);
    let first = ["awk", "gawk", "eval", "watch", "parallel"].contains(&name(argument));
    short || long || first
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_value_becomes_code() {
        let table: &[(&[&str], Option<&str>)] = &[
            (&["convert", "{{x}}", "out"], None),
            (&["wc", "-c", "{{x}}"], None),
            (&["sh", "-c", "echo \"$1\"", "sh", "{{x}}"], None),
            (&["python3", "job.py", "{{x}}"], None),
            (&["sh", "-c", "echo {{x}}"], Some("argument 2")),
            (&["/bin/bash", "-lc", "echo {{x}}"], Some("argument 2")),
            (&["env", "A=1", "python3.12", "-c", "{{x}}"], Some("argument 4")),
            (&["node", "--eval", "{{x}}"], Some("argument 2")),
            (&["awk", "{{x}}"], Some("argument 1")),
            (&["ssh", "host", "echo", "{{x}}"], Some("a remote shell")),
            (&["timeout", "5", "ssh", "host", "{{x}}"], Some("a remote shell")),
            (&["{{x}}"], Some("the program")),
            (&["bin/{{x}}"], Some("the program")),
            (&[" "], Some("is empty")),
            (&[], Some("is empty")),
        ];
        for (argv, expected) in table {
            let argv: Vec<_> = argv.iter().map(|text| (*text, !text.contains("{{"))).collect();
            let said = check_argv("argv", &argv).err().map(|flaw| flaw.message);
            match (said, expected) {
                (None, None) => {}
                (Some(said), Some(expected)) if said.contains(expected) => {}
                (said, _) => panic!("{argv:?}: {said:?}"),
            }
        }
    }

    #[test]
    fn variables_are_named_and_harmless() {
        let table = [
            (json!({"ID": "{{x}}", "_a1": ""}), None),
            (json!({"PATH": "/opt/bin"}), None),
            (json!({"PATH": "{{x}}"}), Some("`PATH`")),
            (json!({"LD_PRELOAD": "{{x}}"}), Some("`LD_PRELOAD`")),
            (json!({"GIT_SSH_COMMAND": "{{x}}"}), Some("`GIT_SSH_COMMAND`")),
            (json!({"1A": "x"}), Some("no variable's name")),
            (json!({"A=B": "x"}), Some("no variable's name")),
            (json!({"": "x"}), Some("no variable's name")),
        ];
        for (env, expected) in table {
            let said = check_env("env", &env).err().map(|flaw| flaw.message);
            assert_eq!(said.is_some(), expected.is_some(), "{env}: {said:?}");
            assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()), "{env}");
        }
    }
}
