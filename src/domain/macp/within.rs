//! Whether a path stays inside a directory, whatever links lie on the way.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// A directory that paths must stay in; it need not be there.
#[derive(Debug)]
pub struct Within {
    given: PathBuf,
    /// Where that is; looked at once a path is asked about.
    real: OnceCell<Option<PathBuf>>,
    parents: HashMap<PathBuf, Option<PathBuf>>,
}

/// Why a path is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    /// It is empty.
    Empty,
    /// It holds a NUL character.
    Nul,
    /// It is absolute.
    Absolute,
    /// It goes up by `..`.
    Up,
    /// It, or a name in it, is longer than the system takes.
    Long,
    /// It leads out of the directory, or is the directory.
    Outside,
    /// A link lies on the way.
    Link,
}

impl Out {
    /// Why, to be put behind a field's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::Nul => "holds a NUL character",
            Self::Absolute => "is absolute",
            Self::Up => "goes up by `..`",
            Self::Long => "is too long",
            Self::Outside => "leads out of",
            Self::Link => "goes through a link",
        }
    }
}

impl Within {
    /// Paths relative to `dir`, an absolute path.
    pub fn new(dir: &Path) -> Self {
        Self { given: dir.to_owned(), real: OnceCell::new(), parents: HashMap::new() }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.given
    }

    fn base(&self) -> Result<&PathBuf, Out> {
        self.real.get_or_init(|| real(&self.given)).as_ref().ok_or(Out::Outside)
    }

    /// Where a relative path leads, links followed: strictly inside.
    pub fn relative(&mut self, path: &str) -> Result<PathBuf, Out> {
        if Path::new(path).is_absolute() {
            return Err(Out::Absolute);
        }
        self.path(path)
    }

    /// The same for one that may be absolute.
    pub fn path(&mut self, path: &str) -> Result<PathBuf, Out> {
        plain(path)?;
        let path = self.given.join(path);
        let led = self.real_of(&path).ok_or(Out::Outside)?;
        let base = self.base()?;
        if led.starts_with(base) && led != *base { Ok(led) } else { Err(Out::Outside) }
    }

    /// The same, and nothing between the directory and the path, nor the path itself, may be a link.
    pub fn unlinked(&mut self, path: &str) -> Result<PathBuf, Out> {
        let led = self.path(path)?;
        let whole: PathBuf = self.given.join(path).components().collect();
        let base = self.base()?;
        let inner = whole.strip_prefix(&self.given).or_else(|_| whole.strip_prefix(base));
        match inner {
            Ok(inner) if base.join(inner) == led => Ok(led),
            _ => Err(Out::Link),
        }
    }

    /// [`real`], remembering directories: many tasks name files in few of them.
    fn real_of(&mut self, path: &Path) -> Option<PathBuf> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return real(path) };
        if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
            return real(path);
        }
        if !self.parents.contains_key(parent) {
            self.parents.insert(parent.to_owned(), real(parent));
        }
        Some(self.parents.get(parent)?.as_ref()?.join(name))
    }
}

/// What is wrong with a path whatever it is taken relative to.
fn plain(path: &str) -> Result<(), Out> {
    if path.is_empty() {
        Err(Out::Empty)
    } else if path.contains('\0') {
        Err(Out::Nul)
    } else if Path::new(path).components().any(|part| part == Component::ParentDir) {
        Err(Out::Up)
    } else if path.len() > 4000 || path.split('/').any(|part| part.len() > 255) {
        Err(Out::Long)
    } else {
        Ok(())
    }
}

/// Where a path leads: what is there of it with its links followed, and the rest as it is. `None` for a link that leads
/// nowhere, and for what cannot be looked at.
pub fn real(path: &Path) -> Option<PathBuf> {
    for there in path.ancestors() {
        match fs::symlink_metadata(there) {
            Ok(_) => {
                return Some(there.canonicalize().ok()?.join(path.strip_prefix(there).ok()?))
                    .map(|path| path.components().collect());
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(_) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_dots_do_not_lead_out() {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("base/in")).unwrap();
        fs::create_dir_all(top.join("base-2")).unwrap();
        symlink(top.join("base-2"), top.join("base/out")).unwrap();
        symlink("in", top.join("base/again")).unwrap();
        symlink(top.join("nowhere"), top.join("base/lost")).unwrap();
        symlink("loop", top.join("base/loop")).unwrap();
        symlink(top.join("base"), top.join("link")).unwrap();
        let absolute = |path: &str| top.join(path).display().to_string();
        for dir in ["base", "link"] {
            let mut within = Within::new(&top.join(dir));
            let table = [
                ("x".to_owned(), Ok("base/x"), Ok("base/x")),
                ("in/x/y".into(), Ok("base/in/x/y"), Ok("base/in/x/y")),
                ("./in//x/".into(), Ok("base/in/x"), Ok("base/in/x")),
                ("again/x".into(), Ok("base/in/x"), Err(Out::Link)),
                ("again".into(), Ok("base/in"), Err(Out::Link)),
                ("out/x".into(), Err(Out::Outside), Err(Out::Outside)),
                ("out".into(), Err(Out::Outside), Err(Out::Outside)),
                ("lost".into(), Err(Out::Outside), Err(Out::Outside)),
                ("lost/x".into(), Err(Out::Outside), Err(Out::Outside)),
                ("loop/x".into(), Err(Out::Outside), Err(Out::Outside)),
                (".".into(), Err(Out::Outside), Err(Out::Outside)),
                (String::new(), Err(Out::Empty), Err(Out::Empty)),
                ("a\0b".into(), Err(Out::Nul), Err(Out::Nul)),
                ("../base/x".into(), Err(Out::Up), Err(Out::Up)),
                ("in/..".into(), Err(Out::Up), Err(Out::Up)),
                ("/etc/x".into(), Err(Out::Outside), Err(Out::Outside)),
                (absolute("base"), Err(Out::Outside), Err(Out::Outside)),
                (absolute("base-2/x"), Err(Out::Outside), Err(Out::Outside)),
                (absolute("base/x"), Ok("base/x"), Ok("base/x")),
                ("x".repeat(256), Err(Out::Long), Err(Out::Long)),
                ("x/".repeat(5000), Err(Out::Long), Err(Out::Long)),
            ];
            for (path, led, unlinked) in table {
                let (led, unlinked) = (led.map(|path| top.join(path)), unlinked.map(|path| top.join(path)));
                assert_eq!(within.path(&path), led, "{dir} {path}");
                assert_eq!(within.unlinked(&path), unlinked, "{dir} {path}");
            }
            assert_eq!(within.relative(&absolute("base/x")), Err(Out::Absolute));
        }
        assert_eq!(Within::new(&top.join("not/yet")).path("x"), Ok(top.join("not/yet/x")));
    }
}
