//! Locks between processes: `flock` on separate files that are never deleted, so that a dead
//! holder frees them by dying and a recycled pid means nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::fault::Fault;
use crate::system::interrupt;

/// An exclusive lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock if nobody holds it; `None` when somebody does. The file is made where it is missing.
    pub fn try_take(path: &Path) -> Result<Option<Self>> {
        Self::try_on(path, Self::opened(path))
    }

    fn opened(path: &Path) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        options.open(path)
    }

    fn try_on(path: &Path, file: std::io::Result<File>) -> Result<Option<Self>> {
        Self::try_by(path, file, File::try_lock)
    }

    fn try_by(
        path: &Path,
        file: std::io::Result<File>,
        way: fn(&File) -> std::result::Result<(), TryLockError>,
    ) -> Result<Option<Self>> {
        let failed = || format!("failed to lock `{}`", path.display());
        let file = file.with_context(failed)?;
        match way(&file) {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(failed),
        }
    }

    /// Leaves the present time on the lock's file, for whoever wants to know when its holder ended.
    pub fn stamp(&self) -> Result<()> {
        Ok(self.file.set_modified(SystemTime::now())?)
    }

    /// The lock's file, to be handed to a child as its empty input: while it is open there, the lock is held.
    pub fn shared(&self) -> Result<File> {
        self.file.try_clone().context("failed to share a lock")
    }

    /// Takes the lock, waiting up to `patience` for its holder; then [`Fault::Busy`].
    pub fn take(path: &Path, patience: Duration) -> Result<Self> {
        wait(path, patience, || Self::try_take(path))
    }

    /// Holds the lock beside others who hold it so: nobody takes it meanwhile. Waits for one who has taken it, as [`Lock::take`].
    pub fn join(path: &Path, patience: Duration) -> Result<Self> {
        wait(path, patience, || Self::try_by(path, Self::opened(path), File::try_lock_shared))
    }

    /// Whether somebody holds the lock; nobody does where its file is missing.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = File::open(path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Who holds the lock, in words: `` pid 4242 (`git`) `` where the kernel tells.
    pub fn holder(path: &Path) -> String {
        locker(path).map_or_else(|| "another process".to_owned(), |pid| named(&pid))
    }

    /// Whether `holder` is who holds the lock; where the kernel does not tell who does, whether somebody holds it.
    pub fn is_held_by(path: &Path, holder: &Holder) -> bool {
        match locker(path) {
            Some(pid) => pid.parse() == Ok(holder.pid) && holder.alive(),
            None => Self::is_held(path),
        }
    }

    /// Locks a directory itself, which must be there; not possible on some network file systems.
    pub fn take_dir(path: &Path, patience: Duration) -> Result<Self> {
        wait(path, patience, || Self::try_on(path, File::open(path)))
    }
}

fn wait(path: &Path, patience: Duration, mut attempt: impl FnMut() -> Result<Option<Lock>>) -> Result<Lock> {
    let start = Instant::now();
    let mut nap = Duration::from_micros(200);
    loop {
        if let Some(lock) = attempt()? {
            return Ok(lock);
        }
        if start.elapsed() >= patience {
            let holder = Lock::holder(path);
            return Err(Fault::busy(
                format!("`{}` is held by {holder}", path.display()),
                "try again when it has finished",
            ));
        }
        interrupt::nap(nap)?;
        nap = (nap * 2).min(Duration::from_millis(10));
    }
}

/// The process that holds the lock on `path`, where the kernel tells.
fn locker(path: &Path) -> Option<String> {
    let stat = rustix::fs::stat(path).ok()?;
    let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
    let file = format!("{major:02x}:{minor:02x}:{}", stat.st_ino);
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    // 1: FLOCK  ADVISORY  WRITE 4242 08:01:1234 0 EOF
    let fields = locks.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let pid = fields.filter(|fields| fields.get(1) == Some(&"FLOCK") && fields.get(5) == Some(&&*file));
    pid.filter_map(|fields| fields.get(4).map(|pid| (*pid).to_owned())).find(|pid| pid != "0")
}

/// `` pid 4242 (`git`) ``
fn named(pid: &str) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if name.is_empty() { format!("pid {pid}") } else { format!("pid {pid} (`{}`)", name.trim_end()) }
}

/// What tells one process from another for ever: a pid alone is soon somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// When it started, in the kernel's own unit (clock ticks since boot on Linux).
    pub start: u64,
    /// Which boot of which machine.
    pub boot: String,
}

impl Holder {
    /// This process.
    pub fn me() -> Self {
        let pid = std::process::id();
        Self { pid, start: start_of(pid).unwrap_or(0), boot: boot_id() }
    }

    /// The process that has this id now, if there is one.
    pub fn of(pid: u32) -> Option<Self> {
        Some(Self { pid, start: start_of(pid)?, boot: boot_id() })
    }

    /// Whether the machine runs since that process did.
    pub fn is_of_this_boot(&self) -> bool {
        self.boot == boot_id()
    }

    /// Whether that very process still runs on this machine.
    pub fn alive(&self) -> bool {
        let start = start_of(self.pid);
        self.is_of_this_boot() && (start == Some(self.start) || (start.is_none() && is_hidden(self.pid)))
    }
}

/// Whether there is such a process, of another user, that the system does not show: nobody can tell
/// then which one it is.
fn is_hidden(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::PERM))
}

/// The start time of a live process (a zombie is not alive), or `None`.
#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> Option<u64> {
    let stat = read_small(&format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything, so count from its end: state is field 3.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    if state == "Z" || state == "X" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(target_os = "linux")]
fn boot_id() -> String {
    read_small("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
fn start_of(pid: u32) -> Option<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let out = crate::system::process::capture("ps", &["-o", "lstart=", "-p", &pid.to_string()]).ok()?;
    let mut hasher = DefaultHasher::new();
    Some(out.trim()).filter(|line| !line.is_empty())?.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(not(target_os = "linux"))]
fn boot_id() -> String {
    crate::system::process::capture("sysctl", &["-n", "kern.boottime"]).unwrap_or_default().trim().to_owned()
}

#[cfg(target_os = "linux")]
fn read_small(path: &str) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recycled_pid_is_somebody_else() {
        let me = Holder::me();
        assert!(me.alive());
        assert!(!Holder { start: me.start + 1, ..me.clone() }.alive());
        assert!(!Holder { boot: "another boot".into(), ..me }.alive());
    }

    #[test]
    fn a_lock_is_exclusive_and_freed_by_drop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::try_take(&path).unwrap();
        assert!(held.is_some());
        assert!(Lock::try_take(&path).unwrap().is_none());
        let busy = Lock::take(&path, Duration::from_millis(1)).unwrap_err();
        assert!(matches!(busy.downcast_ref(), Some(Fault::Busy { .. })));
        #[cfg(target_os = "linux")]
        assert!(busy.to_string().contains(&format!("pid {}", std::process::id())), "{busy}");
        assert!(Lock::is_held(&path) && !Lock::is_held(&dir.path().join("none")));
        drop(held);
        assert!(!Lock::is_held(&path));
        assert!(Lock::try_take(&path).unwrap().is_some());
    }
}
