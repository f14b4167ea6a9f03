//! What an attempt changed in the work tree, told apart from what the user had lying there.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::beads::is_private;
use crate::system::git::{Print, Repo, Shared, fingerprint};
use crate::system::store::is_temporary;

/// So many names tell enough; a whole home directory must not be walked after every attempt.
const MOST: usize = 50_000;
/// Folders that say nothing about progress.
const LEFT_OUT: [&[u8]; 3] = [b"node_modules", b"target", b"__pycache__"];

/// Every path that differs from HEAD, by what it holds.
pub type Dirt = BTreeMap<PathBuf, Held>;

/// One path of a [`Dirt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its content.
    pub print: Print,
    /// git does not know it.
    pub untracked: bool,
}

/// The work tree at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The commit checked out.
    pub head: Option<String>,
    /// The branch checked out; `None` when detached, or without git.
    pub branch: Option<String>,
    /// What differs from it, without the workspace's own files.
    pub dirt: Dirt,
    /// Whether `.beads/` differs from it.
    pub beads: Vec<PathBuf>,
    /// Those of `beads` that git does not know.
    pub new_beads: Vec<PathBuf>,
}

/// Where the workspace's own files are, relative to the work tree's top.
#[derive(Debug, Clone)]
pub struct Own {
    taskrun: PathBuf,
    /// Where tasks lie: here, or in a main checkout, of whose tasks a worktree has but a copy.
    copy: PathBuf,
    /// The tasks themselves, where they are in this work tree.
    beads: Option<PathBuf>,
}

impl Own {
    /// For a workspace at `root` in `repo`, whose tasks are in `tasks`.
    pub fn new(repo: &Repo, root: &Path, tasks: &Path) -> Self {
        let inside = root.strip_prefix(repo.top()).unwrap_or(Path::new(""));
        // A worktree may lie in the main checkout, but never the main checkout's tasks in a worktree.
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let beads = real(tasks).strip_prefix(real(repo.top())).ok().map(Path::to_owned);
        Self { taskrun: inside.join(".taskrun"), copy: inside.join(".beads"), beads }
    }

    /// Whether a path is the workspace's own: no work of anybody's.
    pub fn holds(&self, path: &Path) -> bool {
        let tasks = self.beads.as_ref().is_some_and(|beads| path.starts_with(beads));
        tasks || path.starts_with(&self.taskrun) || path.starts_with(&self.copy)
    }

    /// Whether the tasks are in another work tree, or in none, so that no commit here can have them.
    pub fn tasks_are_elsewhere(&self) -> bool {
        self.beads.is_none()
    }
}

/// Looks at the work tree: one `git status`, and the content of what differs.
pub fn look(repo: &Repo, own: &Own) -> Result<Look> {
    let status = repo.status()?;
    let mut look = Look { head: status.head, branch: status.branch, ..Look::default() };
    for (path, entry) in status.entries {
        if path.starts_with(&own.taskrun) {
            continue;
        }
        if own.beads.as_ref().is_some_and(|beads| path.starts_with(beads)) {
            if is_temporary(&path) || is_private(&path) {
                continue;
            }
            if entry.untracked {
                look.new_beads.push(path.clone());
            }
            look.beads.push(path);
            continue;
        }
        if path.starts_with(&own.copy) {
            continue;
        }
        let held = Held { print: fingerprint(&repo.top().join(&path)), untracked: entry.untracked };
        look.dirt.insert(path, held);
    }
    Ok(look)
}

/// Looks at a directory that git does not know: one print over all names, sizes and times, so that
/// it can be told whether anything changed. Hidden folders and those of build tools are left out.
pub fn look_plain(root: &Path) -> Result<Look> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::os::unix::fs::MetadataExt;
    let mut hasher = DefaultHasher::new();
    walk(root, &mut |path, meta| (path, meta.len(), meta.mtime(), meta.mtime_nsec()).hash(&mut hasher));
    Ok(Look { head: Some(format!("{:016x}", hasher.finish())), ..Look::default() })
}

/// The files of such a directory that were written since then, sorted, below it.
pub fn written_since(root: &Path, since: SystemTime) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(root, &mut |path, meta| {
        if meta.modified().is_ok_and(|at| at >= since) {
            found.extend(path.strip_prefix(root).map(Path::to_owned));
        }
    });
    found.sort_unstable();
    found
}

/// Hands over the files of a directory that git does not know, in an order that is always the same.
fn walk(root: &Path, take: &mut dyn FnMut(&Path, &Metadata)) {
    let mut next = vec![root.to_owned()];
    let mut seen = 0;
    while let Some(dir) = next.pop().filter(|_| seen < MOST) {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort_unstable();
        seen += paths.len();
        for path in paths {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
            if meta.is_dir() {
                if !name.starts_with(b".") && !LEFT_OUT.contains(&name) {
                    next.push(path);
                }
                continue;
            }
            take(&path, &meta);
        }
    }
}

/// What an attempt changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Paths that are wholly its own.
    pub paths: Vec<PathBuf>,
    /// Those of `paths` that git does not know yet.
    pub new: Vec<PathBuf>,
    /// Paths in which the user had changes too.
    pub shared: Vec<Shared>,
    /// Changed files of the user's that git never knew, and nested repositories: not to be committed.
    pub foreign: Vec<PathBuf>,
}

impl Changes {
    /// How many paths were changed.
    pub fn count(&self) -> u64 {
        (self.paths.len() + self.shared.len() + self.foreign.len()) as u64
    }
}

/// What failed attempts on a task left in the work tree, still to be committed with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carried {
    /// Paths that are wholly its own.
    #[serde(with = "escaped")]
    pub own: Dirt,
    /// Paths in which the user had changes before it had.
    #[serde(with = "escaped")]
    pub shared: BTreeMap<PathBuf, Left>,
}

/// A shared path as a failed attempt left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Left {
    held: Held,
    /// The snapshot with the user's part alone.
    base: String,
}

impl Carried {
    /// Whether nothing was left.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.shared.is_empty()
    }
}

/// Compares `before`, of which `snapshot` was made, with `after`. What is in `carried`, and still as
/// an earlier attempt on the same task left it, is that task's own.
pub fn between(before: &Dirt, after: &Dirt, carried: &Carried, snapshot: Option<&str>) -> Changes {
    let mut changes = Changes::default();
    for (path, now) in after {
        let was = before.get(path);
        let ours = was.is_none_or(|was| carried.own.get(path) == Some(was));
        let left = carried.shared.get(path).filter(|left| Some(&left.held) == was);
        // A folder that is a repository of its own cannot be committed file by file.
        let nested = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if !ours && left.is_none() && was == Some(now) {
            continue;
        }
        match was {
            _ if nested => changes.foreign.push(path.clone()),
            _ if ours => {
                changes.paths.push(path.clone());
                if now.untracked {
                    changes.new.push(path.clone());
                }
            }
            Some(was) if was.untracked => changes.foreign.push(path.clone()),
            _ => {
                let base = left.map(|left| left.base.as_str()).or(snapshot).map(str::to_owned);
                changes.shared.push(Shared { path: path.clone(), base });
            }
        }
    }
    changes
}

/// What an attempt that did not succeed leaves for the next one on the same task, as it is now.
pub fn carry(changes: &Changes, after: &Dirt) -> Carried {
    let held = |path: &PathBuf| after.get(path).map(|held| (path.clone(), *held));
    let left = |shared: &Shared| {
        let (path, held) = held(&shared.path)?;
        Some((path, Left { held, base: shared.base.clone()? }))
    };
    Carried {
        own: changes.paths.iter().filter_map(held).collect(),
        shared: changes.shared.iter().filter_map(left).collect(),
    }
}

/// A map by paths in JSON: paths as strings, bytes that are not UTF-8 (and `%`) as `%XX`.
pub mod escaped {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer, T: Serialize>(
        map: &BTreeMap<PathBuf, T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(map.iter().map(|(path, value)| (escape(path), value)))
    }

    /// Reads it.
    pub fn deserialize<'de, D, T>(from: D) -> Result<BTreeMap<PathBuf, T>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de>,
    {
        let map = BTreeMap::<String, T>::deserialize(from)?;
        Ok(map.into_iter().map(|(text, value)| (unescape(&text), value)).collect())
    }

    fn escape(path: &Path) -> String {
        let mut out = String::new();
        for chunk in path.as_os_str().as_bytes().utf8_chunks() {
            out.push_str(&chunk.valid().replace('%', "%25"));
            out.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
        }
        out
    }

    fn unescape(text: &str) -> PathBuf {
        let mut out = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
            let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%');
            out.push(byte.unwrap_or(*first));
            rest = if byte.is_some() { &after[2..] } else { after };
        }
        OsString::from_vec(out).into()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::ffi::OsStr;

        #[test]
        fn any_path_survives() {
            for bytes in [&b"a/b c.rs"[..], b"100%", b"\xff\xfe%41", "\u{65e5}".as_bytes()] {
                let path = PathBuf::from(OsStr::from_bytes(bytes));
                assert_eq!(unescape(&escape(&path)), path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirt(entries: &[(&str, u64, bool)]) -> Dirt {
        let print = |value: u64| serde_json::from_value::<Print>(value.into()).unwrap();
        entries
            .iter()
            .map(|(path, value, untracked)| {
                (path.into(), Held { print: print(*value), untracked: *untracked })
            })
            .collect()
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().filter_map(|path| path.to_str()).collect()
    }

    fn shared(changes: &Changes) -> Vec<(&str, &str)> {
        changes
            .shared
            .iter()
            .map(|shared| (shared.path.to_str().unwrap(), shared.base.as_deref().unwrap()))
            .collect()
    }

    #[test]
    fn only_what_changed_since_is_ours() {
        let before =
            dirt(&[("mine.txt", 1, false), ("both.txt", 1, false), ("note", 1, true), ("old", 1, true)]);
        let after = dirt(&[
            ("mine.txt", 1, false),
            ("both.txt", 2, false),
            ("note", 2, true),
            ("old", 1, true),
            ("new.txt", 1, true),
            ("edit.txt", 1, false),
            ("nested/", 1, true),
        ]);
        let changes = between(&before, &after, &Carried::default(), Some("s1"));
        assert_eq!(names(&changes.paths), ["edit.txt", "new.txt"]);
        assert_eq!(names(&changes.new), ["new.txt"]);
        assert_eq!(shared(&changes), [("both.txt", "s1")]);
        assert_eq!(names(&changes.foreign), ["nested/", "note"]);
    }

    #[test]
    fn what_the_last_attempt_left_is_still_ours_unless_the_user_touched_it() {
        let first = between(
            &dirt(&[("both", 1, false), ("theirs", 1, false)]),
            &dirt(&[("a", 1, true), ("b", 1, false), ("both", 2, false), ("theirs", 2, false)]),
            &Carried::default(),
            Some("s1"),
        );
        let left = dirt(&[("a", 1, true), ("b", 1, false), ("both", 2, false), ("theirs", 2, false)]);
        let carried = carry(&first, &left);
        let before = dirt(&[("a", 1, true), ("b", 5, false), ("both", 2, false), ("theirs", 9, false)]);
        let after = dirt(&[("a", 1, true), ("b", 6, false), ("both", 2, false), ("theirs", 9, false)]);
        let changes = between(&before, &after, &carried, Some("s2"));
        assert_eq!(names(&changes.paths), ["a"]);
        assert_eq!(shared(&changes), [("b", "s2"), ("both", "s1")]);
        let again = carry(&changes, &after);
        assert_eq!(again.own, dirt(&[("a", 1, true)]));
        let text = serde_json::to_string(&again).unwrap();
        assert_eq!(serde_json::from_str::<Carried>(&text).unwrap(), again);
    }
}
