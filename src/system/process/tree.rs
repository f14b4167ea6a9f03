//! Finds and ends every process below us, and every one that carries the run's mark.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Ended;
use crate::system::lock::Holder;

/// A row of the process table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub pid: i32,
    /// That of its parent.
    pub parent: i32,
    /// That of its process group.
    pub group: i32,
    /// Whether it has ended and is only not collected yet.
    pub dead: bool,
    /// Its name.
    pub name: String,
}

/// Kills until a fresh look at the process table shows none of them alive, or `patience` is over.
/// Returns the names of those it killed. Zombies are left for their parent to collect.
pub(super) fn kill_all(mark: &OsStr, patience: Duration) -> Vec<String> {
    kill(patience, |rows, me| {
        let mut doomed = below(rows, me, &lasts);
        doomed.extend(marked(rows, me, mark));
        doomed
    })
}

/// [`kill_all`] for those with the mark and what is below them; our own children stay.
pub(super) fn kill_marked(mark: &OsStr, patience: Duration) -> Vec<String> {
    kill(patience, |rows, me| {
        let mut doomed = marked(rows, me, mark);
        let further: Vec<&Row> = doomed.iter().flat_map(|row| below(rows, row.pid, &lasts)).collect();
        doomed.extend(further);
        doomed
    })
}

/// Kills all that is below the process `root`, however deep, and what is in its group still that has lost its parent.
pub(super) fn kill_below(root: i32, patience: Duration) {
    kill(patience, |rows, _| {
        let mut doomed = below(rows, root, &|_| false);
        doomed.extend(rows.iter().filter(|row| row.group == root && row.pid != root));
        doomed
    });
}

fn marked<'r>(rows: &'r [Row], me: i32, mark: &OsStr) -> Vec<&'r Row> {
    rows.iter().filter(|row| row.pid != me && !row.dead && carries(row.pid, mark)).collect()
}

fn kill(patience: Duration, find: impl Fn(&[Row], i32) -> Vec<&Row>) -> Vec<String> {
    let me = i32::try_from(std::process::id()).unwrap_or(0);
    let start = Instant::now();
    let mut killed: HashMap<i32, String> = HashMap::new();
    loop {
        let rows = table();
        let doomed = find(&rows, me);
        let living = doomed.iter().filter(|row| !row.dead).count();
        for row in doomed.iter().filter(|row| !row.dead) {
            if let Some(pid) = Pid::from_raw(row.pid) {
                let _ = kill_process(pid, Signal::KILL);
                killed.entry(row.pid).or_insert_with(|| row.name.clone());
            }
        }
        if living == 0 || start.elapsed() > patience {
            break;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    let mut names: Vec<String> = killed.into_values().collect();
    names.sort_unstable();
    names
}

/// Whether it was started to outlive whoever started it, see [`super::LASTING`]. What a run has started carries the run's
/// mark, and does not get away by another one.
fn lasts(row: &Row) -> bool {
    let value = |name| u32::try_from(row.pid).ok().and_then(|pid| variable_of(pid, name));
    value(super::LASTING).is_some() && value(super::MARK).is_none()
}

/// Every row below `root`, however deep; not `root` itself, and not what `spared` says with all below it.
pub(super) fn below<'r>(rows: &'r [Row], root: i32, spared: &dyn Fn(&Row) -> bool) -> Vec<&'r Row> {
    let mut children: HashMap<i32, Vec<&Row>> = HashMap::new();
    for row in rows {
        children.entry(row.parent).or_default().push(row);
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        for row in children.remove(&pid).unwrap_or_default().into_iter().filter(|row| !spared(row)) {
            next.push(row.pid);
            found.push(row);
        }
    }
    found
}

/// Who called us, who called that one, and so on; at most 100.
pub fn ancestors() -> Vec<u32> {
    let mut found = Vec::new();
    let mut pid = i32::try_from(std::process::id()).ok();
    while let Some(parent) = pid.and_then(parent_of).filter(|parent| *parent > 0 && found.len() < 100) {
        found.extend(u32::try_from(parent));
        pid = Some(parent);
    }
    found
}

/// Whether one of these processes is a taskrun: of our own name, or of the same file.
pub fn is_below_own_kind(pids: &[u32]) -> bool {
    let me = std::process::id();
    let kind = |pid: u32| {
        let exe = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
        (name_of(pid), exe)
    };
    let (name, exe) = kind(me);
    pids.iter().any(|pid| {
        let other = kind(*pid);
        name.is_some() && other.0 == name || exe.is_some() && other.1 == exe
    })
}

#[cfg(target_os = "linux")]
fn row_of(pid: i32) -> Option<Row> {
    row(pid, &String::from_utf8_lossy(&read(&format!("/proc/{pid}/stat"))?))
}

#[cfg(not(target_os = "linux"))]
fn row_of(pid: i32) -> Option<Row> {
    let pid = pid.to_string();
    row(&super::capture("ps", &["-o", "pid=,ppid=,pgid=,state=,comm=", "-p", &pid]).ok()?)
}

fn parent_of(pid: i32) -> Option<i32> {
    row_of(pid).map(|row| row.parent)
}

fn name_of(pid: u32) -> Option<String> {
    row_of(i32::try_from(pid).ok()?).map(|row| row.name)
}

/// What a variable was when a process of ours started; none where the system does not tell.
#[cfg(target_os = "linux")]
pub fn variable_of(pid: u32, name: &str) -> Option<String> {
    let environ = read(&format!("/proc/{pid}/environ"))?;
    let value = |entry: &[u8]| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec);
    String::from_utf8(environ.split(|byte| *byte == 0).find_map(value)?).ok()
}

/// What a variable was when a process of ours started; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn variable_of(pid: u32, name: &str) -> Option<String> {
    let line = super::capture("ps", &["-Eww", "-o", "command=", "-p", &pid.to_string()]).ok()?;
    let value = |word: &str| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    line.split_ascii_whitespace().find_map(value)
}

/// Every process that the system shows.
#[cfg(target_os = "linux")]
pub fn table() -> Vec<Row> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(row_of).collect()
}

/// A file of `/proc`, whose size is only known at its end; in few reads, as there are many of them.
#[cfg(target_os = "linux")]
fn read(path: &str) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::with_capacity(4 << 10);
    std::fs::File::open(path).ok()?.take(1 << 20).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// How the process `holder` ended, while whoever started it lives and has not asked yet; elsewhere than on Linux nobody tells.
pub fn ended(holder: &Holder) -> Option<Ended> {
    #[cfg(target_os = "linux")]
    {
        let stat = read(&format!("/proc/{}/stat", holder.pid))?;
        let stat = String::from_utf8_lossy(&stat);
        end_in(&stat, holder.start)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = holder;
        None
    }
}

/// From a line of `/proc/PID/stat`, of the process that started at `start`.
#[cfg(target_os = "linux")]
fn end_in(line: &str, start: u64) -> Option<Ended> {
    let fields: Vec<&str> = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    // State, start time and wait status are fields 3, 22 and 52.
    if *fields.first()? != "Z" || fields.get(19)?.parse() != Ok(start) {
        return None;
    }
    let status: i32 = fields.get(49)?.parse().ok()?;
    let signal = status & 0x7f;
    let code = (signal == 0).then_some(status >> 8 & 0xff);
    Some(Ended { code, signal: (signal != 0).then_some(signal) })
}

/// Reads a line of `/proc/PID/stat`; the name in parentheses may itself hold parentheses.
#[cfg(target_os = "linux")]
fn row(pid: i32, stat: &str) -> Option<Row> {
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let mut fields = stat.get(close + 1..)?.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X");
    let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Row { pid, parent, group, dead, name: stat.get(open + 1..close)?.to_owned() })
}

#[cfg(target_os = "linux")]
fn carries(pid: i32, mark: &OsStr) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let Some(environ) = read(&format!("/proc/{pid}/environ")) else { return false };
    let wanted = [super::MARK.as_bytes(), b"=", mark.as_bytes()].concat();
    environ.split(|byte| *byte == 0).any(|entry| entry == wanted)
}

/// Every process that the system shows.
#[cfg(not(target_os = "linux"))]
pub fn table() -> Vec<Row> {
    let listing = super::capture("ps", &["-axo", "pid=,ppid=,pgid=,state=,comm="]).unwrap_or_default();
    listing.lines().filter_map(row).collect()
}

#[cfg(not(target_os = "linux"))]
fn row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace();
    let mut number = || fields.next()?.parse().ok();
    let (pid, parent, group) = (number()?, number()?, number()?);
    let dead = fields.next()?.starts_with('Z');
    Some(Row { pid, parent, group, dead, name: fields.next().unwrap_or_default().to_owned() })
}

#[cfg(not(target_os = "linux"))]
fn carries(pid: i32, mark: &OsStr) -> bool {
    let wanted = format!("{}={}", super::MARK, mark.to_string_lossy());
    super::capture("ps", &["-Eww", "-o", "command=", "-p", &pid.to_string()])
        .is_ok_and(|line| line.split_ascii_whitespace().any(|word| word == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32) -> Row {
        Row { pid, parent, group: 1, dead: false, name: format!("p{pid}") }
    }

    #[test]
    fn everything_below_is_found_and_nothing_beside() {
        let rows = [process(10, 1), process(11, 10), process(12, 11), process(13, 10), process(14, 1)];
        let mut found: Vec<i32> = below(&rows, 10, &|_| false).iter().map(|row| row.pid).collect();
        found.sort_unstable();
        assert_eq!(found, [11, 12, 13]);
        let spared: Vec<i32> = below(&rows, 10, &|row| row.pid == 11).iter().map(|row| row.pid).collect();
        assert_eq!(spared, [13], "nor what is below it");
    }

    #[test]
    fn a_parent_loop_ends() {
        let rows = [process(11, 10), process(10, 11)];
        assert_eq!(below(&rows, 10, &|_| false).len(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_may_hold_parentheses_and_spaces() {
        let line = "7 (a) Z (b c) S 3 7 7 0 -1";
        let expected = Row { pid: 7, parent: 3, group: 7, dead: false, name: "a) Z (b c".into() };
        assert_eq!(row(7, line), Some(expected));
    }
}
