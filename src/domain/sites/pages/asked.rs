//! Asking a program of the site itself for its pages: bounded, and again only where its files have changed.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;

use super::tree::Tree;
use crate::system::process;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of what it says.
const MOST: u64 = 16 << 20;

/// A question: what would be asked where, with a print of the files that decide the answer.
type Asked = (PathBuf, Vec<String>, u64);

/// What was answered before, in this very process.
static ANSWERS: LazyLock<Mutex<HashMap<Asked, Option<String>>>> = LazyLock::new(Mutex::default);

/// What `program` with `args` says in the site's folder; `None` where it is not there or fails. `files` are those that decide it.
pub fn ask(tree: &Tree, program: &Path, args: &[&str], files: &[String]) -> Result<Option<String>> {
    let words = args.iter().map(|arg| (*arg).to_owned()).collect();
    let asked: Asked = (tree.path(""), words, print(tree, files));
    let lock = || ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(said) = lock().get(&asked) {
        return Ok(said.clone());
    }
    let said = process::probe_in(&tree.path(""), program, args, (PATIENCE, MOST))?;
    let mut answers = lock();
    answers.retain(|(dir, words, _), _| (dir, words) != (&asked.0, &asked.1));
    answers.insert(asked, said.clone());
    Ok(said)
}

/// The program of that name that the site has installed, in its own folder or one above.
pub fn installed(tree: &Tree, name: &str) -> Option<PathBuf> {
    let root = tree.path("").canonicalize().ok()?;
    let mut dirs = root.ancestors().map(|dir| dir.join("node_modules/.bin").join(name));
    dirs.find(|path| path.is_file())
}

fn print(tree: &Tree, files: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let meta = fs::metadata(tree.path(file));
        file.hash(&mut hasher);
        meta.ok().map(|meta| (meta.len(), meta.modified().ok())).hash(&mut hasher);
    }
    hasher.finish()
}
