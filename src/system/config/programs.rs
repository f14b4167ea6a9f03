//! Where programs lie: a look along `PATH`, nothing is started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::env;

/// The file that `name` would run. A name with a `/` is taken relative to `dir`; any other is
/// looked up along `PATH`, whose relative entries are passed over: what they name depends on the
/// directory, which may be one that an agent writes to.
pub fn find(name: &OsStr, dir: &Path) -> Option<PathBuf> {
    if Path::new(name).components().count() > 1 {
        return Some(dir.join(name).components().collect()).filter(|path: &PathBuf| is_program(path));
    }
    env::search_path()
        .into_iter()
        .filter(|entry| entry.is_absolute())
        .map(|entry| entry.join(name))
        .find(|path| is_program(path))
}

/// The file that starting a program of this name starts: the first on `PATH`. `None` where that takes more than a look: an entry
/// of `PATH` before it depends on the directory, or there is none.
pub fn find_first(name: &OsStr) -> Option<PathBuf> {
    let absolute = env::search_path().into_iter().map_while(|entry| entry.is_absolute().then_some(entry));
    absolute.map(|entry| entry.join(name)).find(|path| is_program(path))
}

/// Whether we run with all rights; some agents ask before they start like that.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_path() {
        let dir = tempfile::tempdir().unwrap();
        assert!(find("sh".as_ref(), dir.path()).unwrap().is_absolute());
        assert_eq!(find("/bin/sh".as_ref(), dir.path()), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find("no-such-program-anywhere".as_ref(), dir.path()), None);
        assert_eq!(find("./sh".as_ref(), dir.path()), None);
        assert_eq!(find_first("sh".as_ref()), find("sh".as_ref(), dir.path()));
        assert_eq!(find_first("no-such-program-anywhere".as_ref()), None);
        std::os::unix::fs::symlink("/bin/sh", dir.path().join("sh")).unwrap();
        assert_eq!(find("./sh".as_ref(), dir.path()), Some(dir.path().join("sh")));
        std::os::unix::fs::symlink("/etc", dir.path().join("etc")).unwrap();
        assert_eq!(find("./etc".as_ref(), dir.path()), None);
    }
}
