//! The pages of a site, each with the file it comes from.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Site;

/// What answers at a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A page that can be opened.
    #[default]
    Page,
    /// One with parameters.
    Dynamic,
    /// No page.
    Api,
}

/// A page (contract: `site pages --json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// Its path, or its pattern: `/blog/[slug]`.
    pub path: String,
    /// What answers there.
    pub kind: Kind,
    /// Where it is known from: `file`, `sitemap`, `command`, `cms`.
    pub source: String,
    /// Its file, relative to the site's folder.
    pub file: Option<String>,
    /// Its title, where the files tell.
    pub title: Option<String>,
    /// A path to open for a pattern.
    pub example: Option<String>,
}

impl Page {
    /// The path to open: the example of a pattern.
    pub fn open(&self) -> Option<&str> {
        match self.kind {
            Kind::Page => Some(&self.path),
            Kind::Dynamic => self.example.as_deref(),
            Kind::Api => None,
        }
    }
}

/// The pages of `site`, sorted; `base` is the URL of its running server, whose sitemap is merged in. API routes are included, as such.
pub fn pages(site: &Site, base: Option<&str>) -> Result<Vec<Page>> {
    let _ = (site, base);
    Ok(Vec::new())
}
