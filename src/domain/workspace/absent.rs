//! Tasks that seem to be missing: what git has is never taken for never made, nor replaced by an empty file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::fault::Fault;
use crate::system::git::linked::{self, Tree};
use crate::system::git::{Kept, Repo};

/// Fails where the store `file` cannot be read as one, or is missing though git has it. Git is only asked
/// where it is missing.
pub fn check(file: &Path) -> Result<()> {
    let name = file.display();
    match fs::metadata(file) {
        Ok(meta) if meta.is_file() => return Ok(()),
        Ok(_) => {
            return Err(Fault::invalid(
                format!("`{name}` is not a regular file"),
                "tasks are kept in a file: move what is there out of the way",
            ));
        }
        Err(_) => {}
    }
    if let Ok(target) = fs::read_link(file) {
        return Err(Fault::invalid(
            format!("`{name}` is a link to `{}`, which cannot be read", target.display()),
            "bring back what it names, or remove the link",
        ));
    }
    let Some((top, path, kept)) = kept(file) else { return Ok(()) };
    // Git may have been about to put it there.
    if file.exists() {
        return Ok(());
    }
    let (top, path) = (top.display(), path.display().to_string());
    let hint = match kept {
        Kept::Index => format!("`git checkout -- {path}`, run in `{top}`, brings it back"),
        Kept::Skipped => {
            let dir = Path::new(&path).parent().unwrap_or(Path::new(&path)).display();
            format!(
                "the sparse checkout leaves it out: `git sparse-checkout add {dir}`, run in `{top}`, brings it back"
            )
        }
        Kept::Head => format!(
            "`git checkout HEAD -- {path}`, run in `{top}`, brings it back; if it is to go, commit that first"
        ),
    };
    Err(Fault::invalid(format!("`{name}` is missing, but git has tasks in it"), hint))
}

/// [`check`] for the checkout that `dir` is in, where nothing there is a workspace: its tasks may be left out.
pub fn check_around(dir: &Path) -> Result<()> {
    let Some(top) = dir.ancestors().find(|dir| linked::tree(dir) != Tree::None) else { return Ok(()) };
    let inside = dir.ancestors().take_while(|dir| dir.starts_with(top));
    inside.map(|dir| dir.join(".beads/issues.jsonl")).try_for_each(|file| check(&file))
}

/// The work tree that lacks `file`, its path there, and where git has it. What git cannot say, it does not
/// have.
fn kept(file: &Path) -> Option<(PathBuf, PathBuf, Kept)> {
    let there = file.ancestors().skip(1).find(|dir| dir.is_dir())?;
    let repo = Repo::find(there).ok().flatten()?;
    let path = repo.inside_missing(file)?;
    let kept = repo.has(&path)?;
    Some((repo.top().to_owned(), path, kept))
}
