//! A throw-away directory with a home of its own, in which the real binary is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gone, with all that is in it, when dropped.
pub struct Sandbox {
    dir: tempfile::TempDir,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; 128 + N where signal N ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The recorded stores of tasks, each a directory; with `TASKRUN_STORES=DIR[:DIR…]` those of other people's too.
pub fn stores() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/beads");
    let more = std::env::var_os("TASKRUN_STORES").unwrap_or_default();
    let dirs = std::iter::once(own).chain(std::env::split_paths(&more).filter(|dir| dir.is_dir()));
    let mut found: Vec<PathBuf> =
        dirs.flat_map(|dir| fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path())).collect();
    found.retain(|path| path.join("issues.jsonl").is_file());
    found.sort();
    assert!(found.len() > 20);
    found
}

impl Sandbox {
    /// An empty `home/` and an empty `work/`.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "work"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    /// The canonical path of the whole.
    pub fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// A path in `work/`.
    pub fn path(&self, relative: &str) -> PathBuf {
        let work = self.root().join("work");
        if relative.is_empty() { work } else { work.join(relative) }
    }

    /// Writes a file in `work/`, and the directories it lies in.
    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        put(&self.path(relative), text);
    }

    /// Writes a file in `home/`, and the directories it lies in.
    pub fn write_home(&self, relative: &str, text: impl AsRef<[u8]>) {
        put(&self.root().join("home").join(relative), text);
    }

    /// Reads a file in `work/`.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// taskrun in `work/`, with nothing in its environment but `PATH`, `HOME` and `LANG`.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taskrun"));
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root().join("home"))
            .env("LANG", "C.UTF-8")
            .stdin(std::process::Stdio::null());
        command
    }

    /// Runs taskrun to its end.
    pub fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.command().args(args))
    }
}

impl Outcome {
    /// Runs `command` to its end.
    pub fn of(command: &mut Command) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let out = command.output().unwrap();
        let code = out.status.code().unwrap_or_else(|| 128 + out.status.signal().unwrap());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code, stdout: text(out.stdout), stderr: text(out.stderr) }
    }

    /// Stdout as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error on stderr as JSON; stdout must be empty.
    pub fn json_error(&self) -> serde_json::Value {
        assert_eq!(self.stdout, "", "an error leaves stdout empty");
        let line: serde_json::Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{self:?}"));
        line["error"].clone()
    }
}

fn put(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
