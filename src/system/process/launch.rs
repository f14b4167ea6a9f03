//! What is started by a launcher on another machine, or in a container: it leaves a receipt of its own, and is ended
//! by a command of its own, as our signals may not reach it.
//!
//! The receipt is a last line on its standard output, and a file where the launched side sees the directory of our
//! notes. Either will do: a launcher's own exit code is no proof that the command ran at all.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::receipt::{Receipt, end_of, find};
use super::{Ended, clean};
use crate::system::host::Host;
use crate::system::lock::Holder;
use crate::system::{clock, store};

/// How long a receipt may take to become visible that is in a file only: network file systems are late.
const LATE: Duration = Duration::from_secs(5);
/// How long a command that ends a launch may take.
const STOPPING: Duration = Duration::from_secs(20);

/// What is known of a launch beside its command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// The launcher's name.
    pub launcher: String,
    /// The launch's own name, which no other has.
    pub name: String,
    /// What its receipt begins with.
    pub token: String,
    /// Whether there is no receipt on its standard output.
    pub silent: bool,
    /// Program and arguments that end it; may be empty.
    pub stop: Vec<OsString>,
    /// The directory of notes of launches under way.
    pub notes: PathBuf,
}

/// What went wrong with a launcher: no fault of the command's, and no success either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which, and how.
    pub why: String,
    /// Whether the command had succeeded all the same.
    pub done: bool,
}

/// What is noted of a launch while it may be under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// The launch.
    pub launch: Launch,
    /// Whose it is.
    pub holder: Holder,
    /// And on which machine.
    pub host: Host,
    /// Since when.
    pub since: Timestamp,
    /// Whether its launcher is over, and its far side could not be ended.
    #[serde(default)]
    pub lost: bool,
}

impl Launch {
    /// The note of it.
    pub fn note(&self) -> PathBuf {
        self.notes.join(format!("{}.json", self.name))
    }

    /// The file of its receipt, beside the note.
    pub fn file(&self) -> PathBuf {
        self.notes.join(format!("{}.receipt", self.name))
    }

    /// Notes it, on disk before this returns: it may outlive us, and this machine. What an earlier attempt on the same
    /// task has lost is ended first, if it can be by now.
    pub(super) fn begin(&self) -> Result<()> {
        store::make_dir(&self.notes)?;
        for note in notes(&self.notes) {
            if note.lost && note.launch.stem() == self.stem() && note.launch.end().is_ok() {
                note.launch.forget();
            }
        }
        let (holder, host) = (Holder::me(), Host::here());
        let note = Note { launch: self.clone(), holder, host, since: clock::now(), lost: false };
        store::write_json(&self.note(), &note)
    }

    /// The name without attempt and mark: what launches of the same task share.
    fn stem(&self) -> &str {
        self.name.rsplitn(3, '-').last().unwrap_or_default()
    }

    /// Notes that its far side could not be ended.
    pub(super) fn lose(&self) {
        if let Some(note) = read_note(&self.note()) {
            let _ = store::write_json(&self.note(), &Note { lost: true, ..note });
        }
    }

    /// Forgets it; the note goes last.
    pub fn forget(&self) {
        let mut half = self.file().into_os_string();
        half.push(".tmp");
        for path in [Path::new(&half), &self.file(), &self.note()] {
            let _ = store::remove(path);
        }
    }

    /// What the launched side left, if it did.
    pub(super) fn receipt(&self, stdout: &Path) -> Option<Receipt> {
        let left = std::fs::read(self.file()).ok();
        let left = left.and_then(|bytes| Some(find(&bytes, self.token.as_bytes())?.receipt));
        left.or_else(|| {
            let (_, end) = end_of(stdout).ok()?;
            Some(find(&end, self.token.as_bytes())?.receipt)
        })
    }

    /// [`Launch::receipt`] after the launcher has ended like this: a file may come late.
    pub(super) fn await_receipt(&self, stdout: &Path, ended: Ended) -> Option<Receipt> {
        let since = Instant::now();
        loop {
            let receipt = self.receipt(stdout);
            if receipt.is_some() || !self.silent || ended.code != Some(0) || since.elapsed() > LATE {
                return receipt;
            }
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Takes the receipt out of a captured output; says whether there was one.
    pub(super) fn strip(&self, stdout: &Path) -> io::Result<bool> {
        let (from, end) = end_of(stdout)?;
        let Some(found) = find(&end, self.token.as_bytes()) else { return Ok(false) };
        let file = File::options().write(true).open(stdout)?;
        let (at, rest) = (from + found.from as u64, &end[found.upto..]);
        file.write_all_at(rest, at)?;
        file.set_len(at + rest.len() as u64)?;
        Ok(true)
    }

    /// How it ended, as far as both sides say; and what went wrong between the two, if that did. `stopped` when we
    /// ended it ourselves.
    pub(super) fn judge(
        &self,
        ended: Ended,
        receipt: Option<Receipt>,
        stopped: bool,
    ) -> (Ended, Option<Trouble>) {
        let name = &self.launcher;
        let trouble = |why: String, done| Some(Trouble { why, done });
        let how = match ended {
            Ended { code: Some(code), .. } => format!("exit code {code}"),
            Ended { signal: Some(signal), .. } => format!("signal {signal}"),
            _ => "no exit code".into(),
        };
        match receipt.map(|receipt| receipt.code) {
            Some(0) if ended.code == Some(0) || stopped => (ended, None),
            Some(0) => (
                ended,
                trouble(format!("launcher `{name}` failed with {how} after its command had succeeded"), true),
            ),
            Some(code) if receipt.is_some_and(|receipt| receipt.told) && !stopped => {
                let ended = Ended { code: Some(code), signal: None };
                (
                    ended,
                    trouble(
                        format!("launcher `{name}` was told to end by somebody else (exit code {code})"),
                        false,
                    ),
                )
            }
            Some(code) => (Ended { code: Some(code), signal: None }, None),
            // No receipt is no success, whoever looks.
            None if stopped => (Ended { code: ended.code.filter(|code| *code != 0), ..ended }, None),
            None => {
                let still = if self.note().exists() && !self.stop.is_empty() {
                    ", and could not be made to end what it may have started"
                } else {
                    ""
                };
                let ended = Ended { code: None, signal: ended.signal };
                (ended, trouble(format!("launcher `{name}` left no receipt ({how}){still}"), false))
            }
        }
    }

    /// Has it ended by its own command. An error says what became of that.
    pub fn end(&self) -> Result<(), String> {
        let Some((program, args)) = self.stop.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(args).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0);
        clean(&mut command);
        let name = program.to_string_lossy();
        let mut child = command.spawn().map_err(|error| format!("`{name}` could not be started: {error}"))?;
        let since = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("`{name}` failed: {status}")),
                Ok(None) if since.elapsed() < STOPPING => thread::park_timeout(Duration::from_millis(5)),
                Ok(None) => break,
                Err(error) => return Err(format!("`{name}`: {error}")),
            }
        }
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
        Err(format!("`{name}` took longer than {}s", STOPPING.as_secs()))
    }
}

/// What is noted in `dir` of launches whose holder was on this machine and is dead.
pub fn abandoned(dir: &Path) -> Vec<Note> {
    let mut notes = notes(dir);
    let here = Host::here();
    notes.retain(|note| note.host == here && !note.holder.alive());
    notes
}

/// Removes receipts in `dir` that nobody waits for: their launch was ended just as they were written.
pub fn sweep(dir: &Path) {
    let Ok(entries) = dir.read_dir() else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((launch, _)) = name.split_once(".receipt") else { continue };
        if !dir.join(format!("{launch}.json")).exists() {
            let _ = store::remove(&path);
        }
    }
}

/// All that is noted in `dir`.
fn notes(dir: &Path) -> Vec<Note> {
    let Ok(entries) = dir.read_dir() else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let notes = paths.filter(|path| path.extension() == Some(OsStr::new("json")));
    notes.filter_map(|path| read_note(&path)).filter(|note| note.launch.notes == dir).collect()
}

fn read_note(path: &Path) -> Option<Note> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(dir: &Path) -> Launch {
        Launch {
            launcher: "far".into(),
            name: "n-1".into(),
            token: "receipt-1".into(),
            silent: false,
            stop: Vec::new(),
            notes: dir.into(),
        }
    }

    #[test]
    fn a_receipt_is_found_and_taken_out_wherever_it_came() {
        let table: [(&[u8], Option<i32>, &[u8]); 11] = [
            (b"", None, b""),
            (b"receipt-1:0.\n", Some(0), b""),
            (b"a\nreceipt-1:7.\n", Some(7), b"a\n"),
            (b"no newlinereceipt-1:255.\n", Some(255), b"no newline"),
            (b"a\r\nreceipt-1:3.\r\n", Some(3), b"a\r\n"),
            (b"a\nreceipt-1:0.\nlate words\n", Some(0), b"a\nlate words\n"),
            // Cut off, quoted, of another launch: no receipts.
            (b"a\nreceipt-1:25", None, b"a\nreceipt-1:25"),
            (b"sh -c x n-1 receipt-1 true\n", None, b"sh -c x n-1 receipt-1 true\n"),
            (b"receipt-10:0.\n", None, b"receipt-10:0.\n"),
            (b"a\nreceipt-1:143T.\n", Some(143), b"a\n"),
            (b"receipt-1:.\n", None, b"receipt-1:.\n"),
        ];
        let dir = tempfile::tempdir().unwrap();
        let (launch, path) = (launch(dir.path()), dir.path().join("out"));
        for (text, code, rest) in table {
            for filler in [0, 200_000] {
                let start = vec![b'x'; filler];
                store::write(&path, store::PRIVATE, &[&start, text].concat()).unwrap();
                let found = launch.receipt(&path);
                assert_eq!(found.map(|found| found.code), code, "{}", text.escape_ascii());
                assert_eq!(found.is_some_and(|found| found.told), code == Some(143));
                launch.strip(&path).unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), [&start, rest].concat(), "{}", text.escape_ascii());
            }
        }
        store::write(&launch.file(), store::PRIVATE, b"receipt-1:9.\n").unwrap();
        assert_eq!(launch.receipt(&path).map(|found| found.code), Some(9), "a file will do");
        launch.forget();
        assert_eq!(launch.receipt(&path), None);
    }

    #[test]
    fn both_sides_must_agree_on_success() {
        let dir = tempfile::tempdir().unwrap();
        let launch = launch(dir.path());
        let code = |code| Ended { code: Some(code), signal: None };
        let killed = Ended { code: None, signal: Some(9) };
        let no = "left no receipt";
        let table = [
            (code(0), Some(0), false, code(0), None),
            (code(0), Some(7), false, code(7), None),
            (code(1), Some(7), false, code(7), None),
            (killed, Some(7), false, code(7), None),
            (code(255), Some(0), false, code(255), Some("failed with exit code 255 after its command")),
            (code(0), None, false, Ended { code: None, signal: None }, Some(no)),
            (code(255), None, false, Ended { code: None, signal: None }, Some(no)),
            (killed, None, false, killed, Some("left no receipt (signal 9)")),
            (code(0), None, true, Ended { code: None, signal: None }, None),
            (code(143), Some(0), true, code(143), None),
            (code(143), Some(143), true, code(143), None),
            (
                code(143),
                Some(143),
                false,
                code(143),
                Some("was told to end by somebody else (exit code 143)"),
            ),
        ];
        for (ended, receipt, stopped, expected, said) in table {
            let receipt = receipt.map(|code| Receipt { code, told: code == 143 });
            let (judged, trouble) = launch.judge(ended, receipt, stopped);
            assert_eq!(judged, expected, "{ended:?} {receipt:?}");
            assert_eq!(trouble.is_some(), said.is_some(), "{trouble:?}");
            assert!(
                !trouble.as_ref().is_some_and(|trouble| trouble.done)
                    || receipt.is_some_and(|left| left.code == 0)
            );
            assert!(
                trouble.map_or(String::new(), |trouble| trouble.why).contains(said.unwrap_or_default()),
                "{ended:?} {receipt:?}"
            );
        }
    }
}
