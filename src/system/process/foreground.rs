//! A program that people work with on the terminal, such as an editor: it gets ours while we wait.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::SIGINT;

use super::{Ended, clean};
use crate::fault::Fault;
use crate::system::interrupt;

/// Between two looks whether it has ended.
const NAP: Duration = Duration::from_millis(10);

/// Runs `argv` (never through a shell) in `dir` to its end, with our terminal. What it prints goes to stderr, for stdout is
/// the result's. Ctrl-C is its own affair meanwhile; a signal that ends us ends it too.
pub fn foreground(argv: &[OsString], dir: &Path) -> Result<Ended> {
    let (program, args) = argv.split_first().context("there is no program to start")?;
    interrupt::install()?;
    interrupt::check()?;
    let name = program.to_string_lossy();
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdout(Stdio::from(io::stderr()));
    clean(&mut command);
    let _deaf = interrupt::deaf_to_keys();
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Fault::usage(format!("`{name}` is not installed"), format!("install `{name}` or put it on PATH"))
        }
        _ => anyhow::Error::new(error).context(format!("failed to run `{name}`")),
    })?;
    let ended = wait(&mut child);
    if ended.is_err() {
        end(&mut child);
    }
    let ended = ended?;
    match ended.signal {
        Some(SIGINT) => Err(Fault::Interrupted { signal: SIGINT }.into()),
        _ => Ok(ended),
    }
}

fn wait(child: &mut Child) -> Result<Ended> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended { code: status.code(), signal: status.signal() });
        }
        interrupt::nap(NAP)?;
    }
}

fn end(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // It may be gone already.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_ended_is_told_and_a_missing_one_is_named() {
        let run = |argv: &[&str]| {
            let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
            foreground(&argv, Path::new("/"))
        };
        assert_eq!(run(&["sh", "-c", "exit 3"]).unwrap(), Ended { code: Some(3), signal: None });
        assert_eq!(run(&["sh", "-c", "kill -9 $$"]).unwrap(), Ended { code: None, signal: Some(9) });
        let cut = run(&["sh", "-c", "kill -2 $$"]).unwrap_err();
        assert!(matches!(cut.downcast_ref(), Some(Fault::Interrupted { signal: 2 })));
        let missing = run(&["no such editor"]).unwrap_err();
        assert_eq!(missing.to_string(), "`no such editor` is not installed");
    }
}
