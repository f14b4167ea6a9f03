//! The pages of a site, each with the file it comes from: by the rules of its stack, and what its server lists.

#![allow(clippy::case_sensitive_file_extension_comparisons)] // frameworks tell files apart so

mod asked;
mod changed;
mod chosen;
mod code;
mod path;
mod rules;
mod sitemap;
#[cfg(test)]
pub(crate) mod tests;
mod title;
mod tree;

use std::cell::RefCell;
use std::collections::HashMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::server::{self, State};
use super::{Site, Sites};
use crate::domain::stack::Recipe;
use crate::fault::Fault;

pub use changed::{changed, meant};
pub use chosen::select;
use path::Pattern;
pub use path::decode as readable;
pub use tree::Tree;

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
    /// Its path, percent-encoded as a request wants it, or its pattern: `/blog/[slug]`.
    pub path: String,
    /// What answers there.
    pub kind: Kind,
    /// Where it is known from: `file`, `sitemap`, `command`, `cms`, `log`; `guess` where code was read that only running
    /// it would tell.
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

    fn new(kind: Kind, path: &str, file: &str) -> Self {
        let path = if kind == Kind::Dynamic { path::encode_pattern(path) } else { path::encode(path) };
        Self { path, kind, source: "file".into(), file: Some(file.to_owned()), title: None, example: None }
    }

    fn from(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    fn titled(mut self, title: Option<String>) -> Self {
        self.title = title.or(self.title);
        self
    }

    fn example(mut self, example: &str) -> Self {
        self.example = Some(path::encode(example));
        self
    }
}

/// A file that would make a page, were it not damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// Relative to the site's folder.
    pub file: String,
    /// What is wrong with it, and in which line.
    pub message: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "the page of `{}` is left out: {}", self.file, self.message)
    }
}

/// What the rules look at.
struct Sources<'a> {
    tree: Tree,
    recipe: &'a Recipe,
    log: Option<&'a str>,
    /// What they could not read of it.
    broken: RefCell<Vec<Broken>>,
}

/// The pages of `site`, sorted: those that can be opened, patterns, API routes. `base` is the URL of its running server, whose
/// sitemap is merged in. Errors: a folder or a file of settings that cannot be read.
pub fn pages(site: &Site, base: Option<&str>) -> Result<Vec<Page>> {
    Ok(list(site, base, None)?.0)
}

/// All that `site pages` tells.
#[derive(Debug, Default)]
pub struct Listed {
    /// The pages.
    pub pages: Vec<Page>,
    /// The URL of the site's server, where it answers.
    pub base: Option<String>,
    /// What is to be told beside.
    pub notices: Vec<String>,
    /// The files whose pages are missing.
    pub broken: Vec<Broken>,
}

/// [`pages`] with all that is known of the site's server: whether it runs, and what it logged.
pub fn listed(sites: &Sites, site: &Site) -> Result<Listed> {
    let status = server::status(sites, site)?;
    let base = status.url.filter(|_| status.state >= State::Answering);
    let log = rules::eleventy::log(&sites.log(&site.name));
    let (pages, broken) = list(site, base.as_deref(), log.as_deref())?;
    let notices = rules::notice(&pages).into_iter().collect();
    Ok(Listed { pages, base, notices, broken })
}

impl Listed {
    /// Keeps an example, `PATTERN=VALUE`, in the site's file and gives it to its page.
    pub fn remember(&mut self, sites: &Sites, site: &Site, given: &str) -> Result<()> {
        let (pattern, path) = chosen::remember(sites, site, &self.pages, given)?;
        for page in self.pages.iter_mut().filter(|page| page.path == pattern) {
            page.example.clone_from(&path);
        }
        Ok(())
    }
}

fn list(site: &Site, base: Option<&str>, log: Option<&str>) -> Result<(Vec<Page>, Vec<Broken>)> {
    if !site.path.is_dir() {
        let told = format!("`{}`, the folder of `{}`, is gone", site.path.display(), site.name);
        return Err(Fault::not_found(told, format!("`taskrun site unmount {}` forgets the site", site.name)));
    }
    let tree = Tree::of(&site.path, site.recipe.out.as_deref());
    let from = Sources { tree, recipe: &site.recipe, log, broken: RefCell::default() };
    let mut pages = rules::pages(&from)?;
    for page in pages.iter_mut().filter(|page| page.title.is_none() && page.kind != Kind::Api) {
        let told = page.file.as_deref().and_then(|file| title::title(file, &from.tree.head(file)));
        page.title = told;
    }
    let mut pages = once(pages);
    if let Some(base) = base {
        merge(&mut pages, sitemap::paths(base));
    }
    exemplify(&mut pages, site);
    sort(&mut pages);
    Ok((pages, from.broken.into_inner()))
}

/// The first page of each path, kind by kind.
fn once(pages: Vec<Page>) -> Vec<Page> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(pages.len());
    let mut kept: Vec<Page> = Vec::with_capacity(pages.len());
    for page in pages {
        let key = path::key(&page.path).to_owned();
        match seen.get(&key) {
            Some(at) if kept[*at].kind == Kind::Api && page.kind != Kind::Api => kept[*at] = page,
            Some(_) => {}
            None => {
                seen.insert(key, kept.len());
                kept.push(page);
            }
        }
    }
    kept
}

/// Adds what the server lists and the files do not tell; a path that fits a pattern is of the pattern's file.
fn merge(pages: &mut Vec<Page>, listed: Vec<String>) {
    let known: HashMap<String, usize> =
        pages.iter().enumerate().map(|(at, page)| (same(&page.path), at)).collect();
    let of = |page: &Page| {
        let pattern = Pattern::new(&page.path);
        (pattern.lead(), pattern, page.file.clone())
    };
    let mut patterns: Vec<_> = pages.iter().filter(|page| page.kind == Kind::Dynamic).map(of).collect();
    patterns.sort_by_key(|(lead, ..)| std::cmp::Reverse(lead.len()));
    for path in listed {
        if let Some(at) = known.get(&same(&path)) {
            // What the server lists is no guess any more.
            if pages[*at].source == "guess" {
                pages[*at].source = "sitemap".into();
            }
            continue;
        }
        let fits = |(lead, pattern, _): &&(String, Pattern, Option<String>)| {
            path.starts_with(lead.as_str()) && pattern.fits(&path)
        };
        let file = patterns.iter().find(fits).and_then(|(.., file)| file.clone());
        pages.push(Page { path, source: "sitemap".into(), file, ..Page::default() });
    }
}

/// A path in the one spelling of the many that a server may list.
fn same(path: &str) -> String {
    let path = path.strip_suffix("index.html").unwrap_or(path);
    path::key(path.strip_suffix(".html").unwrap_or(path)).to_owned()
}

/// Gives each pattern a path to open: the one remembered, else one that the server lists, else what its rule knows.
fn exemplify(pages: &mut [Page], site: &Site) {
    let mut listed: Vec<String> =
        pages.iter().filter(|page| page.source == "sitemap").map(|page| page.path.clone()).collect();
    listed.sort_unstable();
    for page in pages.iter_mut().filter(|page| page.kind == Kind::Dynamic) {
        if let Some(example) = site.examples.get(&page.path) {
            page.example = Some(example.clone());
            continue;
        }
        let pattern = Pattern::new(&page.path);
        let lead = pattern.lead();
        let from = listed.partition_point(|path| path.as_str() < lead.as_str());
        let mut near = listed[from..].iter().take_while(|path| path.starts_with(&lead));
        if let Some(found) = near.find(|path| pattern.fits(path)) {
            page.example = Some(found.clone());
        }
    }
}

fn sort(pages: &mut [Page]) {
    let wild =
        |page: &Page| page.path.contains('*') || page.path.contains("...") || page.path.ends_with("/$");
    let literal = |page: &Page| {
        let parts = page.path.split('/').filter(|name| !name.is_empty());
        parts.filter(|name| !name.contains([':', '*', '[', '$', '{', '<', '('])).count()
    };
    pages.sort_by_cached_key(|page| {
        let dynamic = page.kind == Kind::Dynamic;
        let rank = if dynamic { (wild(page), usize::MAX - literal(page)) } else { (false, 0) };
        (page.kind, rank, page.path.clone())
    });
}
