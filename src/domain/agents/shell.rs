//! Agent `shell`: runs the fenced `sh` block of the task's own description. Only that block is
//! code; its output is text, so it must print the promise tag itself to be complete.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::domain::attempt::fence::{Fence, Line};
use crate::fault::Fault;

/// One argument of a program may hold 128 KiB on Linux, its final zero included.
const LONGEST: usize = 128 * 1024 - 1;

/// The block to run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    text: String,
    /// Whether it is marked `bash`, not `sh` or `shell`.
    pub(super) bash: bool,
}

/// Finds the one block of `description`; none, several, one that is not closed or too long a one
/// is refused, naming `task`.
pub(super) fn script(task: &str, description: &str) -> Result<Script> {
    let hint = "the agent `shell` runs the one block fenced as ```sh in the task's description";
    let refused = |what: &str| Fault::refused(format!("task `{task}` {what}"), hint);
    let (mut found, open) = blocks(description);
    match (found.len(), open) {
        (_, true) => Err(refused("has a shell block that is not closed")),
        (0, _) => Err(refused("has no shell block to run")),
        (1, _) if found[0].text.len() > LONGEST => Err(refused("has a shell block of more than 128 KiB")),
        (1, _) if found[0].text.contains('\0') => Err(refused("has a shell block with a zero byte")),
        (1, _) => Ok(found.remove(0)),
        (count, _) => {
            Err(refused(&format!("has {count} shell blocks, and it is not clear which one to run")))
        }
    }
}

/// All shell blocks, and whether the last one is left open.
fn blocks(description: &str) -> (Vec<Script>, bool) {
    let mut fence = Fence::default();
    let mut found: Vec<Script> = Vec::new();
    let mut in_script = false;
    for line in description.lines() {
        match fence.line(line) {
            Line::Opens(info) => {
                let language = info.split_whitespace().next().unwrap_or_default();
                in_script = matches!(language, "sh" | "shell" | "bash");
                if in_script {
                    found.push(Script { text: String::new(), bash: language == "bash" });
                }
            }
            Line::Inside if in_script => {
                if let Some(script) = found.last_mut() {
                    script.text.push_str(line);
                    script.text.push('\n');
                }
            }
            Line::Closes => in_script = false,
            Line::Inside | Line::Outside => {}
        }
    }
    (found, in_script)
}

/// The arguments for the shell: the first command that fails and the first variable that is not
/// set end it, so that a tag printed last means that all went well.
pub(super) fn args(script: &Script) -> Vec<OsString> {
    vec!["-eu".into(), "-c".into(), script.text.clone().into(), "taskrun-task".into()]
}

/// The program for a block marked `bash`.
pub(super) fn bash(found: Option<&Path>, task: &str) -> Result<PathBuf> {
    found.map(Path::to_owned).ok_or_else(|| {
        Fault::refused(
            format!("the block of task `{task}` needs `bash`, which is not on `PATH`"),
            "install bash, or write the block for `sh` and fence it as ```sh",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_is_run_and_anything_else_refused() {
        let one = "Do it:\n\n```sh\necho hi\n\nexit 0\n```\nand\n```text\nnot this\n```\n";
        assert_eq!(script("t", one).unwrap(), Script { text: "echo hi\n\nexit 0\n".into(), bash: false });
        assert!(script("t", "~~~ bash -x\nls\n~~~").unwrap().bash);
        let table = [
            ("no block", "no shell block"),
            ("```\nls\n```", "no shell block"),
            ("```python\nls\n```", "no shell block"),
            ("````md\n```sh\nls\n```\n````", "no shell block"),
            ("```sh\nls\n```\n```shell\nls\n```", "2 shell blocks"),
            ("```sh\nls", "not closed"),
            ("```sh\na\0b\n```", "zero byte"),
        ];
        for (description, expected) in table {
            let error = script("bd-7", description).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("`bd-7`"), "{description:?}: {error}");
        }
        let long = format!("```sh\n{}\n```", "x".repeat(LONGEST));
        assert!(script("t", &long).unwrap_err().to_string().contains("128 KiB"));
    }
}
