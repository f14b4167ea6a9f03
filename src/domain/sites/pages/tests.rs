//! Tables of files and the pages they make, and the recorded sites.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;

/// Writes a file of a test.
#[allow(clippy::disallowed_methods)] // nothing is to outlive the test
pub(crate) fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Files, and the pages that are to come of them, in their order. A pattern's example stands behind `=`.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// Empty files.
    pub files: &'static [&'static str],
    /// Files with something in them.
    pub texts: &'static [(&'static str, &'static str)],
    pub pages: &'static [&'static str],
    pub dynamic: &'static [&'static str],
    pub api: &'static [&'static str],
}

/// The pages of a folder by the rule of a stack.
pub(crate) fn found(root: &Path, stack: &str) -> Result<Vec<Page>> {
    pages(&site(root, stack), None)
}

/// [`found`] where the site is served by that command.
pub(crate) fn served(root: &Path, stack: &str, dev: &str) -> Result<Vec<Page>> {
    let mut site = site(root, stack);
    site.recipe.commands.dev = Some(dev.into());
    pages(&site, None)
}

fn site(root: &Path, stack: &str) -> Site {
    let recipe = Recipe { stack: stack.into(), ..Recipe::default() };
    Site { path: root.to_owned(), recipe, ..Site::default() }
}

fn told(pages: &[Page], kind: Kind) -> Vec<String> {
    let shown = |page: &Page| match &page.example {
        Some(example) => format!("{} = {example}", page.path),
        None => page.path.clone(),
    };
    pages.iter().filter(|page| page.kind == kind).map(shown).collect()
}

/// Holds a rule to its table.
pub(crate) fn hold(stack: &str, cases: &[Case]) {
    for case in cases {
        let dir = tempfile::tempdir().unwrap();
        case.files.iter().for_each(|file| put(dir.path(), file, ""));
        case.texts.iter().for_each(|(file, text)| put(dir.path(), file, text));
        let pages = found(dir.path(), stack).unwrap();
        assert_eq!(told(&pages, Kind::Page), case.pages, "{stack} {case:?}");
        assert_eq!(told(&pages, Kind::Dynamic), case.dynamic, "{stack} {case:?}");
        assert_eq!(told(&pages, Kind::Api), case.api, "{stack} {case:?}");
        let known = ["file", "cms", "guess"];
        assert!(pages.iter().all(|page| known.contains(&page.source.as_str())), "{pages:?}");
    }
}

#[test]
fn recorded_sites_have_the_pages_that_their_servers_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites");
    let expected: Value = serde_json::from_slice(&fs::read(root.join("expect.json")).unwrap()).unwrap();
    let mut seen = 0;
    for (name, entry) in expected.as_object().unwrap() {
        let Some(paths) = entry["pages"].as_array() else { continue };
        let texts = |list: &Value| -> Vec<String> {
            let texts = list.as_array().unwrap().iter();
            let mut texts: Vec<String> = texts.map(|path| path.as_str().unwrap().to_owned()).collect();
            texts.sort_unstable();
            texts
        };
        let pages = found(&root.join(name), entry["stack"].as_str().unwrap()).unwrap();
        assert_eq!(told(&pages, Kind::Page).len(), paths.len(), "{name}: {pages:?}");
        assert_eq!(told(&pages, Kind::Page), texts(&entry["pages"]), "{name}");
        let mut dynamic: Vec<&str> =
            pages.iter().filter(|page| page.kind == Kind::Dynamic).map(|page| page.path.as_str()).collect();
        dynamic.sort_unstable();
        assert_eq!(dynamic, texts(&entry["dynamic"]), "{name}");
        for not in texts(&entry["not_pages"]) {
            assert!(!pages.iter().any(|page| page.path == not && page.kind != Kind::Api), "{name}: {not}");
        }
        for (path, title) in entry["page_names"].as_object().into_iter().flatten() {
            let page = pages.iter().find(|page| page.path == *path).unwrap();
            assert_eq!(page.title.as_deref(), title.as_str(), "{name}");
        }
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn recorded_projects_have_pages_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites");
    let table: &[(&str, &str, &[&str], &[&str])] = &[
        ("detect-only/angular", "angular", &["/", "/about"], &["/item/:id"]),
        ("detect-only/gatsby", "gatsby", &["/", "/about"], &["/{Product.name}", "/app/[...]"]),
        ("detect-only/vite-vue", "vite", &["/"], &[]),
        ("detect-only/express", "express", &["/"], &[]),
        ("monorepo/apps/web", "next", &["/"], &[]),
        ("monorepo/apps/docs", "astro", &["/"], &[]),
        ("traps/bad-json", "", &["/"], &[]),
    ];
    for (name, stack, pages, dynamic) in table {
        let found = found(&root.join(name), stack).unwrap();
        assert_eq!(told(&found, Kind::Page), *pages, "{name}");
        assert_eq!(told(&found, Kind::Dynamic), *dynamic, "{name}");
    }
}

#[test]
fn what_a_server_lists_is_merged_and_gives_examples() {
    let page = |kind, path: &str| Page::new(kind, path, "f");
    let mut pages = vec![
        page(Kind::Page, "/about"),
        page(Kind::Dynamic, "/blog/[slug]"),
        page(Kind::Dynamic, "/x/[y]"),
        page(Kind::Api, "/api"),
    ];
    merge(&mut pages, ["/about/", "/blog/b", "/blog/a", "/new"].map(str::to_owned).to_vec());
    let mut site = Site::default();
    site.examples.insert("/x/[y]".into(), "/x/1".into());
    exemplify(&mut pages, &site);
    sort(&mut pages);
    assert_eq!(told(&pages, Kind::Page), ["/about", "/blog/a", "/blog/b", "/new"]);
    assert_eq!(told(&pages, Kind::Dynamic), ["/blog/[slug] = /blog/a", "/x/[y] = /x/1"]);
    assert_eq!(pages[1].source, "sitemap");
    assert_eq!((pages[1].file.as_deref(), pages[3].file.as_deref()), (Some("f"), None));
}

#[test]
fn what_a_server_lists_is_no_guess() {
    let guess = |path: &str, file: Option<&str>| Page {
        file: file.map(str::to_owned),
        ..Page::new(Kind::Page, path, "").from("guess")
    };
    let mut pages = vec![
        guess("/", None),
        guess("/a", Some("a.ts")),
        guess("/b", Some("b.ts")),
        Page::new(Kind::Page, "/c", "c.md"),
    ];
    merge(&mut pages, ["/", "/a/", "/c"].map(str::to_owned).to_vec());
    let told: Vec<_> = pages.iter().map(|page| (page.source.as_str(), page.file.is_some())).collect();
    assert_eq!(told, [("sitemap", false), ("sitemap", true), ("guess", true), ("file", true)]);
}
