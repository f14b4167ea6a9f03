//! The only writer: whole files atomically and durably, logs by whole lines.

#![allow(clippy::disallowed_methods)] // this is the place the lint points to

mod draft;
mod journal;
mod json;
mod plain;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

pub use self::draft::Draft;
pub use self::journal::{Journal, Mark};
pub use self::json::{write_json, write_json_as, write_json_soon, write_json_soon_as};
pub use self::plain::{is_plain, open_plain, read_plain};
use crate::fault::Fault;
use crate::system::document::worded;

/// Mode of files that only the user's own programs need to read.
pub const PRIVATE: u32 = 0o600;
/// Mode of ordinary files.
pub const SHARED: u32 = 0o644;

/// Names of temporary files: what lies beside a file when its writer was killed.
const PREFIX: &str = ".taskrun-";
const SUFFIX: &str = ".tmp";

/// Makes a write beyond the file-size limit an error like that of a full disk; the signal that comes
/// with it would end the process. A handler, unlike ignoring, is not handed on to children.
fn outlive_size_limit() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), Arc::default());
    });
}

/// Removes what killed writers left in `dir`; only for who holds the lock of every writer there.
/// What cannot be removed is left to the next one.
pub fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if is_temporary(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether `path` is the half-written file of a writer, alive or killed.
pub fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::to_string_lossy);
    name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// Replaces `path` by what `fill` writes: temp file in the same directory, fsync, rename, fsync
/// of the directory. A symlink is followed and its target replaced. An existing file keeps its
/// mode; a new one gets `mode`. On any error the old file is as it was.
pub fn replace(path: &Path, mode: u32, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    replace_by(path, mode, |draft| fill(draft))
}

/// [`replace`] for large files, parts of which may come from other files.
pub fn replace_by(path: &Path, mode: u32, fill: impl FnOnce(&mut Draft) -> io::Result<()>) -> Result<()> {
    replace_staged(path, mode, fill, |_| Ok(())).map(|_| ())
}

/// [`replace_by`] with a look at the whole new file, on the disk already, before it takes the old one's place;
/// gives it back, to be read.
pub fn replace_staged(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut Draft) -> io::Result<()>,
    staged: impl FnOnce(&File) -> io::Result<()>,
) -> Result<File> {
    followed(path)
        .and_then(|target| write_beside(&target, mode, true, fill, staged))
        .with_context(|| format!("failed to write `{}`", path.display()))
}

/// Where the file is that a new one is to replace, with every link followed.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // A rename would put a file where a device or a pipe was.
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return Err(plain::not_regular());
    }
    Ok(target)
}

fn write_beside(
    target: &Path,
    mode: u32,
    durable: bool,
    fill: impl FnOnce(&mut Draft) -> io::Result<()>,
    staged: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<File> {
    let dir = &parent(target);
    let there = fs::symlink_metadata(target).ok().filter(fs::Metadata::is_file);
    let mode = there.map_or(mode, |meta| meta.permissions().mode() & 0o7777);
    outlive_size_limit();
    let temp = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(dir)?;
    // What is not waited for is small, and written often.
    let mut draft = Draft::new(temp, if durable { 1 << 16 } else { 1 << 12 });
    fill(&mut draft)?;
    let temp = draft.finish()?;
    if mode != PRIVATE {
        temp.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    if durable {
        temp.as_file().sync_all()?;
    }
    staged(temp.as_file())?;
    let placed = temp.persist(target).map_err(|error| error.error)?;
    if durable {
        sync_dir(dir)?;
    }
    Ok(placed)
}

/// [`replace`] with bytes at hand.
pub fn write(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    replace(path, mode, |out| out.write_all(bytes))
}

/// Whether `path` takes away what is written to it, as pipes, terminals and the null device do: nothing
/// that is there would be replaced.
pub fn is_outlet(path: &Path) -> bool {
    let kind = fs::metadata(path).map(|meta| meta.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_char_device())
}

/// Writes into what is there and stays, see [`is_outlet`].
pub fn write_into(path: &Path, bytes: &[u8]) -> Result<()> {
    let open = OpenOptions::new().write(true).open(path);
    open.and_then(|mut file| file.write_all(bytes))
        .with_context(|| format!("failed to write `{}`", path.display()))
}

/// Where a file at `path` is, or would be, with every link followed; `None` where its directory is missing.
pub fn resolved(path: &Path) -> Option<PathBuf> {
    let beside = || Some(parent(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(beside)
}

/// Writes a file that only matters while we run: at once, not durably, for us alone (0600).
pub fn scratch(path: &Path, bytes: &[u8]) -> Result<()> {
    output_file(path)?.write_all(bytes).with_context(|| format!("failed to write `{}`", path.display()))
}

/// A copy of `from`, atomic, but not waited for, see [`write_json_soon`].
pub fn copy_soon(path: &Path, from: &File) -> io::Result<()> {
    let size = from.metadata()?.len();
    write_beside(path, SHARED, false, |draft| draft.copy(from, 0..size), |_| Ok(())).map(|_| ())
}

/// Creates `path` with `bytes` unless it exists; says whether it did.
pub fn create_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<bool> {
    let failed = || format!("failed to create `{}`", path.display());
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let dir = parent(path);
    let outcome = (|| {
        outlive_size_limit();
        let mut temp = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(&dir)?;
        temp.write_all(bytes)?;
        temp.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        temp.as_file().sync_all()?;
        match temp.persist_noclobber(path) {
            Ok(_) => sync_dir(&dir).map(|()| true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    })();
    outcome.with_context(failed)
}

/// Appends to one file again and again. Not fsynced: logs outlive a crash of the program; for power loss
/// see [`append_durable`].
#[derive(Debug)]
pub struct Appender {
    path: PathBuf,
    file: Option<File>,
}

impl Appender {
    /// For the file at `path`, made when the first line comes.
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Appends one line (a newline is added) by a single write. A file that was removed meanwhile is
    /// made again.
    pub fn line(&mut self, line: &str) -> Result<()> {
        use std::os::unix::fs::MetadataExt;
        let there = |file: &File| file.metadata().is_ok_and(|meta| meta.nlink() > 0);
        let written = match self.file.take().filter(there) {
            Some(mut file) => file.write_all(format!("{line}\n").as_bytes()).map(|()| file),
            None => append_with(&self.path, line),
        };
        self.file = Some(written.with_context(|| format!("failed to append to `{}`", self.path.display()))?);
        Ok(())
    }
}

/// Appends one line (a newline is added) by a single write, so that readers never see half of it
/// from a live writer. A torn last line that a dead writer left is closed first. It is on disk before
/// this returns.
pub fn append_durable(path: &Path, line: &str) -> Result<()> {
    append_with(path, line)
        .and_then(|file| file.sync_data())
        .with_context(|| format!("failed to append to `{}`", path.display()))
}

fn append_with(path: &Path, line: &str) -> io::Result<File> {
    use std::os::unix::fs::FileExt;
    let mut file = plain::open(OpenOptions::new().append(true).read(true).create(true).mode(PRIVATE), path)?;
    let size = file.metadata()?.len();
    let mut last = [b'\n'];
    if size > 0 {
        file.read_exact_at(&mut last, size - 1)?;
    }
    let start = if last[0] == b'\n' { "" } else { "\n" };
    file.write_all(format!("{start}{line}\n").as_bytes())?;
    Ok(file)
}

/// Opens `path` empty for a child process to write to (mode 0600). What is no regular file is not written to.
pub fn output_file(path: &Path) -> Result<File> {
    plain::open(OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE), path)
        .with_context(|| format!("failed to create `{}`", path.display()))
}

/// [`output_file`] for one that several write to, and that others may cut off meanwhile: all is written at its end.
pub fn log_file(path: &Path) -> Result<File> {
    let file = plain::open(OpenOptions::new().create(true).append(true).mode(PRIVATE), path);
    file.and_then(|file| file.set_len(0).map(|()| file))
        .with_context(|| format!("failed to create `{}`", path.display()))
}

/// Cuts a file off after `size` bytes, if it is longer.
pub fn shorten(path: &Path, size: u64) -> Result<()> {
    let cut = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        if file.metadata()?.len() > size { file.set_len(size) } else { Ok(()) }
    };
    cut().with_context(|| format!("failed to shorten `{}`", path.display()))
}

/// Gives a file a second name, or copies it where the file system cannot do that.
pub fn link(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("failed to keep `{}`", from.display());
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ())).with_context(failed)
}

/// A copy that is as old as the original; where there is none, there is no copy either.
pub fn copy_with_age(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("failed to copy `{}`", from.display());
    match fs::metadata(from).and_then(|meta| meta.modified()) {
        Ok(age) => {
            fs::copy(from, to).with_context(failed)?;
            let copy = OpenOptions::new().write(true).open(to);
            copy.and_then(|copy| copy.set_modified(age)).with_context(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => remove(to),
        Err(error) => Err(error).with_context(failed),
    }
}

/// Gives a file another name in its directory, in place of what has it; durable when this returns.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let renamed = fs::rename(from, to).and_then(|()| sync_dir(&parent(to)));
    renamed.with_context(|| format!("failed to rename `{}`", from.display()))
}

/// A directory below `dir` for what only matters while we run; gone, with all that is in it, when dropped.
pub fn scratch_dir(dir: &Path, name: &str) -> Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix(name).tempdir_in(dir);
    made.with_context(|| format!("failed to make a directory in `{}`", dir.display()))
}

/// Makes a directory and its parents.
pub fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("failed to make directory `{}`", path.display()))
}

/// Removes a file; a missing one is fine.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a directory if nothing is in it; whether it did.
pub fn remove_empty(dir: &Path) -> bool {
    fs::remove_dir(dir).is_ok()
}

/// Removes a directory and all below it; a missing one is fine. Links are removed, not followed.
pub fn remove_tree(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Reads a text file that may be missing.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => utf8(bytes, &path.display().to_string()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// Reads all of standard input as text.
pub fn read_stdin() -> Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
    utf8(bytes, "standard input")
}

/// Bytes of the file `name` as text, or the line in which they are none.
pub fn utf8(bytes: Vec<u8>, name: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let upto = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = upto.split(|byte| *byte == b'\n').count();
        Fault::invalid(format!("`{name}` line {line} is not UTF-8"), "save the file as UTF-8")
    })
}

/// Reads a JSON file of ours that carries `"version": N`. Missing is `None`; a version newer than
/// `known` or broken JSON is a [`Fault::Invalid`] and the file is left as it is.
pub fn read_versioned<T: DeserializeOwned>(path: &Path, known: u64) -> Result<Option<T>> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    let broken = |error: serde_json::Error| {
        Fault::invalid(
            format!(
                "`{}` line {}: {}",
                path.display(),
                error.line(),
                worded(&error.to_string(), "an object")
            ),
            "taskrun wrote this file; move it aside if it was edited",
        )
    };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
    let version = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if version > known {
        return Err(Fault::invalid(
            format!("`{}` has version {version}; this taskrun knows up to {known}", path.display()),
            "use the newer taskrun that wrote it",
        ));
    }
    // Read again from the text, so that an error knows its line.
    serde_json::from_str(&text).map(Some).map_err(broken)
}

/// The directory a file is in, `.` for a bare name.
fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    match File::open(dir)?.sync_all() {
        // Some network and FUSE file systems cannot sync a directory; the rename stands.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}
