//! `site preview --screenshot`: a page of the site itself, as a browser draws it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::domain::sites::check::pictures;
use crate::domain::sites::server::{self, Options, Progress, Started};
use crate::domain::sites::url::{Address, located};
use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::browser::{Extent, LARGEST, View};
use crate::system::config::{self, env};
use crate::system::{interrupt, store};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the PNG goes.
    pub file: PathBuf,
    /// CSS pixels.
    pub size: (u32, u32),
    /// Whether dark colours are asked for.
    pub dark: bool,
    /// How much of the page.
    pub extent: Extent,
}

/// What was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// The site.
    pub name: String,
    /// What was opened.
    pub url: String,
    /// The status that came.
    pub status: Option<u16>,
    /// The page's title.
    pub title: String,
    /// The text of a dev server's error overlay.
    pub overlay: Option<String>,
    /// The page: its path.
    pub page: String,
    /// Where the picture is.
    pub file: PathBuf,
    /// What kept the page from being seen as it should be.
    pub trouble: Option<String>,
}

/// The URL of a page of `site`, whose server is started where it does not run; whether it was.
pub fn served(
    sites: &Sites,
    site: &Site,
    page: Option<&str>,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Address, bool)> {
    let fresh = match server::start(sites, site, &Options::default(), tell)? {
        Started::Ready { fresh, .. } => fresh,
        Started::Late(_) => {
            let hint = format!("it is left to start: `taskrun site status {}` tells how it is", site.name);
            return Err(Fault::refused(format!("`{}` does not answer yet", site.name), hint));
        }
    };
    Ok((located(sites, Some(&site.name), page)?, fresh))
}

/// Takes a picture of a page of `site`; a server that was started for it is ended.
pub fn take(
    sites: &Sites,
    site: &Site,
    page: Option<&str>,
    wanted: &Wanted,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken> {
    interrupt::install()?;
    // A browser and a server are much to start for a picture that has no place to go to.
    let file = placed(&wanted.file)?;
    let (address, fresh) = served(sites, site, page, tell)?;
    let taken = look(sites, address, wanted, file);
    let stopped = if fresh { server::stop(sites, site, false).map(drop) } else { Ok(()) };
    taken.and_then(|taken| stopped.map(|()| taken))
}

fn look(sites: &Sites, address: Address, wanted: &Wanted, file: PathBuf) -> Result<Taken> {
    let settings = config::load(Some(&sites.workspace().config_file()))?.site;
    let mut browser = pictures::start(settings.browser.as_deref())?;
    let view = View {
        width: wanted.size.0,
        height: wanted.size.1,
        dark: wanted.dark,
        picture: Some(wanted.extent),
        patience: Duration::from_secs(20),
        ..View::default()
    };
    let visit = browser.visit(&address.url, &view)?;
    // Without a connection a browser draws a page of its own.
    let nothing = visit.trouble.as_ref().is_some_and(|why| why.starts_with("net::"));
    let Some(picture) = visit.picture.filter(|_| !nothing) else {
        let why = visit.trouble.unwrap_or_else(|| "the browser gave none".into());
        let told = format!("no picture of `{}`: {why}", address.page);
        return Err(Fault::refused(
            told,
            format!("`taskrun site logs {}` shows what the server prints", address.name),
        ));
    };
    let bad = visit.status.filter(|status| *status >= 400);
    let bad = bad.map(|status| format!("answers {status}, and that is what is shown"));
    let trouble = visit.trouble.or(bad).or_else(|| {
        let cut = wanted.extent == Extent::Full && height(&picture).is_some_and(|high| high >= LARGEST);
        cut.then(|| format!("is longer than a browser draws: the first {LARGEST} pixels of it are shown"))
    });
    store::write(&file, store::SHARED, &picture)?;
    let (status, title, overlay) = (visit.status, visit.title, visit.overlay);
    let Address { name, url, page } = address;
    Ok(Taken { name, url, status, title, overlay, page, file, trouble })
}

/// Where it is written to. Errors ([`Fault::Usage`]): that is no place for a file.
fn placed(file: &Path) -> Result<PathBuf> {
    let file = env::current_dir()?.join(file);
    if file.is_dir() {
        let told = format!("`{}` is a folder", file.display());
        return Err(Fault::usage(told, "name a file in it, say `page.png`"));
    }
    let folder = file.parent().filter(|folder| !folder.is_dir());
    match folder {
        Some(folder) => {
            let told = format!("there is no folder `{}`", folder.display());
            Err(Fault::usage(told, "make it, or name another file"))
        }
        None => Ok(file),
    }
}

/// How high a PNG is.
fn height(png: &[u8]) -> Option<f64> {
    let bytes: [u8; 4] = png.get(20..24)?.try_into().ok()?;
    Some(f64::from(u32::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_height_and_a_place() {
        assert_eq!(height(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x40\0\x08"), Some(16384.0));
        assert_eq!(height(b"\x89PNG"), None);
        let folder = tempfile::tempdir().unwrap();
        assert!(placed(folder.path()).is_err());
        assert!(placed(&folder.path().join("no/page.png")).is_err());
        assert_eq!(placed(&folder.path().join("page.png")).unwrap(), folder.path().join("page.png"));
    }
}
