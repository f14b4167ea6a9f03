//! What the logs of a task are called, so that those of no two tasks are called the same. Pure.

use super::results::file_name;

/// What their names begin with: the task's id as the name of a file. One that ends as the name of a log does has a sign behind
/// it that no id has: `x.stderr.log` is what `x` said.
pub fn start(id: &str) -> String {
    let name = file_name(id);
    let like_log = name.match_indices('.').any(|(at, _)| is_output(&format!("{}.log", &name[at..])));
    if like_log { format!("{name}+") } else { name }
}

/// What comes after a task's name in the names of its logs; the id of another task may begin alike.
pub fn is_output(rest: &str) -> bool {
    let gate = rest.strip_prefix(".gate-").and_then(|rest| {
        let number = rest.strip_suffix(".log").or_else(|| rest.strip_suffix(".capture"))?;
        Some(!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let rests = [".log", ".stderr.log", ".stdout", ".stderr", ".after.log", ".prompt", ".prompt.md"];
    gate == Some(true) || rests.contains(&rest)
}

/// What [`start`] says of the task that a log is of, by the log's name.
pub fn owner(name: &str) -> Option<&str> {
    name.match_indices('.').find(|(at, _)| is_output(&name[*at..])).map(|(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_tasks_are_not_taken_for_those_of_one() {
        for (rest, expected) in [
            (".log", true),
            (".gate-12.log", true),
            (".gate-1.capture", true),
            (".after.log", true),
            (".b.log", false),
            (".gate-.log", false),
            (".gate-1b.log", false),
            ("-1.log", false),
            ("", false),
        ] {
            assert_eq!(is_output(rest), expected, "{rest}");
        }
    }

    #[test]
    fn every_log_has_one_owner() {
        let ids = [
            "x",
            "x-1",
            "x.1",
            "x.stderr",
            "x.stdout",
            "x.log",
            "x.after",
            "x.gate-1",
            "x.gate-1.stderr",
            "x.stderr.b",
            "x.prompt",
            "a.b",
        ];
        let ends = [".log", ".stderr.log", ".stdout", ".stderr", ".after.log", ".prompt", ".gate-1.log"];
        let mut seen = std::collections::HashSet::new();
        for id in ids {
            for end in ends {
                let name = format!("{}{end}", start(id));
                assert_eq!(owner(&name), Some(&*start(id)), "{name}");
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
        assert_eq!((&*start("x"), &*start("a.b"), &*start("x.stderr")), ("x", "a.b", "x.stderr+"));
        assert_eq!(owner("notes.txt"), None);
    }
}
