//! The rules by which stacks make pages of files: one file for each family, chosen by the name in the site's recipe.

mod angular;
mod astro;
mod deco;
mod docusaurus;
pub(super) mod eleventy;
mod folders;
mod fresh;
mod hugo;
mod jekyll;
mod mkdocs;
mod next;
mod nuxt;
mod python;
mod react_router;
mod remix;
mod statics;
mod sveltekit;
mod tanstack;
mod unpublished;
mod vitepress;

use anyhow::Result;

use super::{Kind, Page, Sources};

type Rule = fn(&Sources<'_>) -> Result<Vec<Page>>;

/// The rules by name.
const RULES: &[(&str, Rule)] = &[
    ("deco", deco::pages),
    ("fresh", fresh::pages),
    ("next", next::pages),
    ("nuxt", nuxt::pages),
    ("astro", astro::pages),
    ("sveltekit", sveltekit::pages),
    ("react-router", react_router::pages),
    ("remix", remix::pages),
    ("tanstack", tanstack::pages),
    ("solidstart", folders::solidstart),
    ("qwik", folders::qwik),
    ("gatsby", folders::gatsby),
    ("vitepress", vitepress::pages),
    ("docusaurus", docusaurus::pages),
    ("eleventy", eleventy::pages),
    ("hugo", hugo::pages),
    ("jekyll", jekyll::pages),
    ("mkdocs", mkdocs::pages),
    ("angular", angular::pages),
    ("flask", python::flask),
    ("static", statics::pages),
];

/// The pages that the files tell; `/` where no rule knows any, for a server answers there.
pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let stack = from.recipe.stack.as_str();
    // What a record without a rule tells all the same.
    let stack = if stack.starts_with("deco-") { "deco" } else { stack };
    let names = [from.recipe.pages.as_deref(), Some(stack)];
    let rule = names.into_iter().flatten().find_map(|name| RULES.iter().find(|(own, _)| *own == name));
    let mut pages = rule.map_or(statics::loose as Rule, |(_, rule)| *rule)(from)?;
    if pages.iter().all(|page| page.kind == Kind::Api) {
        pages.push(Page { path: "/".into(), source: "guess".into(), ..Page::default() });
    }
    Ok(pages)
}

/// What is to be told of pages that were read from code which only running it would tell.
pub(super) fn notice(pages: &[Page]) -> Option<String> {
    let mut guessed = pages.iter().filter(|page| page.source == "guess");
    let file = guessed.find_map(|page| page.file.as_deref())?;
    Some(format!(
        "the pages are read roughly from files such as `{file}`: only the site's own program knows them exactly"
    ))
}

/// A file's name without one of these endings.
fn stem<'n>(name: &'n str, endings: &[&str]) -> Option<&'n str> {
    let bare =
        |ending: &&str| name.strip_suffix(*ending).filter(|stem| !stem.is_empty() && !stem.ends_with('/'));
    endings.iter().find_map(bare).filter(|_| !name.ends_with(".d.ts"))
}

/// The path of these names.
fn path<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "/".into();
    }
    names.iter().flat_map(|name| ["/", name.as_ref()]).collect()
}

/// The page of these names, in which parameters stand in brackets: `[x]`, `[...x]`, and those that may be missing, `[[x]]`.
fn bracketed(names: &[&str], file: &str) -> Page {
    let path = path(names);
    if !names.iter().any(|name| has_parameter(name)) {
        return Page::new(Kind::Page, &path, file);
    }
    let page = Page::new(Kind::Dynamic, &path, file);
    let bare: Vec<&str> = names.iter().filter(|name| !name.starts_with("[[")).copied().collect();
    let opens = bare.len() < names.len() && !bare.iter().any(|name| has_parameter(name));
    if opens { page.example(&self::path(&bare)) } else { page }
}

/// Whether a name has a parameter: a bracket that is never closed is one of its letters.
fn has_parameter(name: &str) -> bool {
    name.split_once('[').is_some_and(|(_, rest)| rest.contains(']'))
}

/// A name that only groups others: `(shop)`.
fn is_group(name: &str) -> bool {
    name.starts_with('(') && name.ends_with(')')
}

/// The pages as they are below a base path.
fn under(base: Option<&str>, mut pages: Vec<Page>) -> Vec<Page> {
    let base = base.map(|base| base.trim_matches('/')).filter(|base| !base.is_empty());
    let Some(base) = base.map(|base| format!("/{}", super::path::tidy(base))) else { return pages };
    let joined = |path: &str| if path == "/" { format!("{base}/") } else { format!("{base}{path}") };
    for page in &mut pages {
        page.path = joined(&page.path);
        page.example = page.example.as_deref().map(joined);
    }
    pages
}
