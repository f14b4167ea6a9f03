//! The manual's pages as files.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::system::store;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its file's name, `taskrun-workspace.1`.
    pub name: String,
    /// Its text.
    pub roff: Vec<u8>,
}

/// `taskrun-config.5`, which is written by hand.
pub fn config() -> Page {
    Page { name: "taskrun-config.5".into(), roff: include_bytes!("../../man/taskrun-config.5").to_vec() }
}

/// `taskrun-triggers.5`, which is written by hand.
pub fn triggers() -> Page {
    Page { name: "taskrun-triggers.5".into(), roff: include_bytes!("../../man/taskrun-triggers.5").to_vec() }
}

/// Writes `pages` into `dir`, made where it is missing, and returns the files.
pub fn install(dir: &Path, pages: &[Page]) -> Result<Vec<PathBuf>> {
    store::make_dir(dir)?;
    let write = |page: &Page| {
        let path = dir.join(&page.name);
        store::write(&path, store::SHARED, &page.roff).map(|()| path)
    };
    pages.iter().map(write).collect()
}
