//! The files of a site as the page rules see them: walked folder by folder, read in part, never left.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fault::Fault;
use crate::system::store;

/// Never looked into, at whatever depth.
const NEVER: &[&str] = &["node_modules", "bower_components", "__pycache__"];
/// Not looked into where the whole site is walked: what builds and installers leave at its top.
const BUILT: &[&str] =
    &["dist", "build", "out", "target", "vendor", "coverage", "venv", "_site", "storybook-static"];
/// Folders with a dot that hold pages all the same.
const DOTTED: &[&str] = &[".well-known"];
/// Entries of one walk. A site with more is none that pages are listed of.
const MOST: usize = 500_000;
/// Folders in each other.
const DEEPEST: usize = 64;
/// Bytes of a file that settings and routes are read from.
const WHOLE: u64 = 1 << 20;
/// Bytes of a page that an editor keeps.
const KEPT: u64 = 16 << 20;
/// Bytes of a file that its title is read from.
const HEAD: u64 = 8 << 10;

/// A site's folder.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
    real: PathBuf,
    out: Option<String>,
}

impl Tree {
    /// The folder `root`; `out` is where its build goes, relative.
    pub fn of(root: &Path, out: Option<&str>) -> Self {
        let out = out.map(|out| out.trim_start_matches("./").trim_matches('/').to_owned());
        let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Self { root: root.to_owned(), real, out: out.filter(|out| !out.is_empty() && out != ".") }
    }

    /// Where that lies.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Whether there is such a file or folder.
    pub fn has(&self, relative: &str) -> bool {
        self.path(relative).exists()
    }

    /// The first of these that is a folder.
    pub fn folder<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.path(name).is_dir())
    }

    /// The files in `dir` and below, relative to the site, sorted; none where there is no such folder. Links are followed
    /// where they stay inside the site, each folder once. Names that are no UTF-8 are left out: no server gives them a path.
    /// Errors: a folder that cannot be read.
    pub fn below(&self, dir: &str) -> Result<Vec<String>> {
        let top = self.path(dir).canonicalize().unwrap_or_else(|_| self.real.clone());
        let mut walk =
            Walk { tree: self, top, whole: dir.is_empty(), seen: HashSet::new(), files: Vec::new() };
        let dir = dir.trim_end_matches('/');
        if inside(dir) {
            walk.folder(dir, 0)?;
        }
        walk.files.sort_unstable();
        Ok(walk.files)
    }

    /// The files at the site's top, without those below, sorted.
    pub fn top(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.root).map_err(|error| unreadable(&self.root, &error))?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut files: Vec<String> = names.filter(|name| self.path(name).is_file()).collect();
        files.sort_unstable();
        Ok(files)
    }

    /// The text of a file of settings or routes; `None` where there is none.
    pub fn text(&self, relative: &str) -> Result<Option<String>> {
        if !inside(relative) {
            return Ok(None);
        }
        let path = self.path(relative);
        let read = self.read(&path, WHOLE);
        match read {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            other => {
                let bytes = other.with_context(|| format!("failed to read `{}`", path.display()))?;
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }

    /// The whole text of a page that an editor keeps. Errors: it cannot be read, or is too large.
    pub fn kept(&self, relative: &str) -> std::io::Result<String> {
        let bytes = self.read(&self.path(relative), KEPT + 1)?;
        if bytes.len() as u64 > KEPT {
            return Err(std::io::Error::other(format!("it has more than {KEPT} bytes")));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of the first of these files that is there, with its name.
    pub fn first(&self, names: &[&str]) -> Result<Option<(String, String)>> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(((*name).to_owned(), text)));
            }
        }
        Ok(None)
    }

    /// How a file begins; nothing where it cannot be read, for that only costs a title.
    pub fn head(&self, relative: &str) -> String {
        let bytes = self.read(&self.path(relative), HEAD).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn read(&self, path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
        let file = match store::open_plain(path) {
            // Through a link, where it leads to a file inside.
            Err(error) if path.is_symlink() => {
                let real = path.canonicalize()?;
                if real.starts_with(&self.real) { store::open_plain(&real)? } else { return Err(error) }
            }
            other => other?,
        };
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> anyhow::Error {
    Fault::refused(format!("failed to read the folder `{}`: {error}", folder.display()), "make it readable")
}

/// Whether a relative path stays below where it begins.
fn inside(relative: &str) -> bool {
    !relative.starts_with('/') && !relative.split('/').any(|part| part == "..") && !relative.contains('\0')
}

struct Walk<'t> {
    tree: &'t Tree,
    /// Where it began, without links.
    top: PathBuf,
    whole: bool,
    seen: HashSet<(u64, u64)>,
    files: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, dir: &str, depth: usize) -> Result<()> {
        let path = self.tree.path(dir);
        let failed = |error: std::io::Error| unreadable(&path, &error);
        let mut meta = fs::symlink_metadata(&path);
        if meta.as_ref().is_ok_and(fs::Metadata::is_symlink) {
            let real = path.canonicalize();
            if depth > 0 && !real.is_ok_and(|real| self.may_follow(&real)) {
                return Ok(());
            }
            meta = fs::metadata(&path);
        }
        match meta {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(failed(error)),
            Ok(meta) if !meta.is_dir() || !self.seen.insert((meta.dev(), meta.ino())) => return Ok(()),
            Ok(_) => {}
        }
        let entries = match fs::read_dir(&path) {
            // It went while we looked.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let relative = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push((false, name, relative));
            } else if kind.is_file() {
                self.files.push(relative);
            } else if kind.is_symlink() {
                match fs::metadata(entry.path()) {
                    Ok(meta) if meta.is_dir() => folders.push((true, name, relative)),
                    Ok(meta) if meta.is_file() => self.files.push(relative),
                    _ => {}
                }
            }
            self.bounded(folders.len())?;
        }
        // Folders themselves go before links to them.
        folders.sort_unstable();
        for (_, name, relative) in folders {
            if depth < DEEPEST && self.wanted(&name, &relative, depth) {
                self.folder(&relative, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Into folders of the site, and not back up to where we came from.
    fn may_follow(&self, real: &Path) -> bool {
        real.starts_with(&self.tree.real) && !self.top.starts_with(real)
    }

    fn wanted(&self, name: &str, relative: &str, depth: usize) -> bool {
        let hidden = name.starts_with('.') && !DOTTED.contains(&name);
        let built = self.whole && ((depth == 0 && BUILT.contains(&name)) || name == "dist");
        let out = self.tree.out.as_deref() == Some(relative);
        !hidden && !built && !out && !NEVER.contains(&name)
    }

    fn bounded(&self, more: usize) -> Result<()> {
        if self.files.len() + more <= MOST {
            return Ok(());
        }
        let message = format!("`{}` has more than {MOST} files", self.tree.root.display());
        Err(Fault::refused(message, "mount the folder that holds the site itself"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::domain::sites::pages::tests::put;

    #[test]
    fn a_walk_stays_inside_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (root, other) = (dir.path().join("site"), dir.path().join("other"));
        for name in
            ["a/b.html", "node_modules/x/i.html", ".git/i.html", "dist/i.html", "a/dist/i.html", "www/o.html"]
        {
            put(&root, name, "");
        }
        put(&other, "secret.html", "");
        symlink("..", root.join("a/up")).unwrap();
        symlink("../a", root.join("a/self")).unwrap();
        symlink(&other, root.join("away")).unwrap();
        symlink("a", root.join("again")).unwrap();
        symlink("nothing", root.join("dangling")).unwrap();
        symlink("a/b.html", root.join("link.html")).unwrap();
        let tree = Tree::of(&root, Some("./www/"));
        assert_eq!(tree.below("").unwrap(), ["a/b.html", "link.html"]);
        assert_eq!(tree.below("a").unwrap().len(), 2, "a dist below a folder of routes is one of its routes");
        for gone in ["missing", "a/b.html", "../other", "/etc"] {
            assert!(tree.below(gone).unwrap().is_empty(), "{gone}");
        }
        assert_eq!(tree.text("../other/secret.html").unwrap(), None);
        symlink(other.join("secret.html"), root.join("s.html")).unwrap();
        assert!(tree.text("s.html").is_err(), "a link that leads outside is not read");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "shut/in.html", "");
        let shut = dir.path().join("shut");
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read_dir(&shut).is_err() {
            let error = Tree::of(dir.path(), None).below("").unwrap_err().to_string();
            assert!(error.contains("shut`"), "{error}");
        }
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
