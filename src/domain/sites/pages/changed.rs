//! Which pages a change of files touches.

use std::collections::HashSet;

use anyhow::Result;
use serde_json::Value;

use super::code::imports;
use super::tree::Tree;
use super::{Page, Site, Sites};
use crate::fault::Fault;
use crate::system::git::{Repo, worktree};

/// What an import may leave out.
const ENDINGS: &[&str] = &[
    "",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".vue",
    ".svelte",
    ".astro",
    ".css",
    ".scss",
    ".json",
    ".md",
    ".mdx",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
    "/index.vue",
    "/index.svelte",
];
/// Where frameworks look for names that begin with `@/`, `~/` and `$lib/`.
const ROOTS: &[(&str, &[&str])] = &[
    ("@/", &["src/", "", "app/"]),
    ("~/", &["app/", "src/", ""]),
    ("$lib/", &["src/lib/"]),
    ("site/", &[""]),
    ("/", &["", "public/", "src/"]),
];
/// Files that are around every page of their folder and below.
const AROUND: &[&str] = &[
    "layout.",
    "template.",
    "+layout.",
    "+layout@",
    "_layout.",
    "_app.",
    "_document.",
    "__root.",
    "+page.ts",
    "+page.js",
    "+page.server.",
];

/// Those of `pages` whose own file, a layout around it or a local file it imports differs from `revision`, in the work tree as it
/// is. Errors: no repository, an unknown revision.
pub fn changed(site: &Site, pages: Vec<Page>, revision: &str) -> Result<Vec<Page>> {
    let Some(repo) = Repo::find(&site.path)? else {
        let told = format!("`{}` is in no git repository: nothing tells what changed", site.path.display());
        return Err(Fault::refused(told, "list all pages, without `--changed`"));
    };
    let Some(commit) = repo.commit_of(revision)? else {
        if revision == "HEAD" {
            // Before the first commit everything is new.
            return Ok(pages);
        }
        return Err(Fault::not_found(
            format!("unknown revision `{revision}`"),
            "name a commit, a branch or a tag",
        ));
    };
    let top = repo.top().canonicalize()?;
    let site_path = site.path.canonicalize()?;
    let lead =
        site_path.strip_prefix(&top).ok().map(|lead| lead.to_string_lossy().into_owned()).unwrap_or_default();
    let lead = if lead.is_empty() { lead } else { format!("{lead}/") };
    let files = worktree::changed_since(&top, &commit)?;
    let files: HashSet<String> =
        files.iter().filter_map(|file| Some(file.strip_prefix(lead.as_str())?.to_owned())).collect();
    Ok(touched(&Tree::of(&site.path, None), pages, &files))
}

/// The site `name`, and the revision. A word behind `--changed` alone may be the site's name: where it names a site and no
/// revision, it is.
pub fn meant(sites: &Sites, name: Option<&str>, revision: Option<&str>) -> Result<(Site, Option<String>)> {
    let Some(word) = revision.filter(|_| name.is_none()) else {
        return Ok((sites.find(name)?, revision.map(str::to_owned)));
    };
    let Some(named) = sites.find(Some(word)).ok().filter(|_| word != "HEAD") else {
        return Ok((sites.find(None)?, Some(word.to_owned())));
    };
    let is_revision =
        Repo::find(&named.path)?.map(|repo| repo.commit_of(word)).transpose()?.flatten().is_some();
    if is_revision {
        Ok((sites.find(None)?, Some(word.to_owned())))
    } else {
        Ok((named, Some("HEAD".into())))
    }
}

fn touched(tree: &Tree, pages: Vec<Page>, files: &HashSet<String>) -> Vec<Page> {
    if files.is_empty() {
        return Vec::new();
    }
    let around: Vec<(&str, &str)> = files.iter().filter_map(|file| surrounds(file)).collect();
    let is_touched = |file: &str| {
        files.contains(file)
            || around.iter().any(|(folder, name)| wraps(folder, name, file))
            || uses(tree, file).iter().any(|used| files.contains(used))
    };
    pages.into_iter().filter(|page| page.file.as_deref().is_some_and(is_touched)).collect()
}

/// The folder of a file that is around others.
fn surrounds(file: &str) -> Option<(&str, &str)> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    AROUND.iter().any(|lead| name.starts_with(lead)).then_some((folder, name))
}

fn wraps(folder: &str, name: &str, file: &str) -> bool {
    let own = file.rsplit_once('/').map_or("", |(own, _)| own);
    // What only feeds a page is not around those below.
    let same = own == folder;
    if name.starts_with("+page") {
        same
    } else {
        same || folder.is_empty() || own.starts_with(&format!("{folder}/"))
    }
}

/// All that a page's file may mean by what it imports, relative to the site.
fn uses(tree: &Tree, file: &str) -> Vec<String> {
    let named = if file.ends_with(".json") {
        resolved(&tree.kept(file).unwrap_or_default())
    } else {
        let Ok(Some(text)) = tree.text(file) else { return Vec::new() };
        imports(&text)
    };
    let stems = named.iter().flat_map(|name| {
        let name = name.split(['?', '#']).next().unwrap_or_default();
        if name.starts_with('.') || (!name.contains(':') && file.ends_with(".html") && !name.starts_with('/'))
        {
            return beside(file, name).into_iter().collect::<Vec<_>>();
        }
        let roots = ROOTS.iter().find_map(|(lead, roots)| Some((name.strip_prefix(lead)?, roots)));
        roots
            .map(|(rest, roots)| roots.iter().map(|root| format!("{root}{rest}")).collect())
            .unwrap_or_default()
    });
    stems.flat_map(|stem| ENDINGS.iter().map(move |ending| format!("{stem}{ending}"))).collect()
}

/// `../part` as seen from a file; `None` where it leads out of the site.
fn beside(file: &str, name: &str) -> Option<String> {
    let mut names: Vec<&str> = file.split('/').collect();
    names.pop();
    for name in name.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// The sections of a block: `"__resolveType": "site/sections/Hero.tsx"`.
fn resolved(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![serde_json::from_str::<Value>(text).unwrap_or_default()];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(table) => {
                found.extend(table.get("__resolveType").and_then(Value::as_str).map(str::to_owned));
                open.extend(table.into_iter().map(|(_, value)| value));
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::super::tests::put;
    use super::*;

    #[test]
    fn pages_are_touched_by_what_they_use() {
        let dir = tempfile::tempdir().unwrap();
        put(
            dir.path(),
            "app/a/page.tsx",
            "import H from '../hero'\nimport { x } from '@/lib/x'\nimport R from 'react'",
        );
        put(dir.path(), "app/b/page.tsx", "");
        put(dir.path(), "x.html", "<link href=\"style.css\"><a href='https://x.example'>");
        put(
            dir.path(),
            ".deco/blocks/pages-h.json",
            r#"{"sections":[{"__resolveType":"site/sections/Hero.tsx"}]}"#,
        );
        let page = |file: &str| Page { file: Some(file.into()), ..Page::new(Kind::Page, file, "") };
        let table: &[(&[&str], &[&str])] = &[
            (&["app/a/page.tsx"], &["app/a/page.tsx"]),
            (&["app/hero.tsx"], &["app/a/page.tsx"]),
            (&["app/hero/index.ts"], &["app/a/page.tsx"]),
            (&["src/lib/x.ts"], &["app/a/page.tsx"]),
            (&["lib/x.js"], &["app/a/page.tsx"]),
            (&["app/layout.tsx"], &["app/a/page.tsx", "app/b/page.tsx"]),
            (&["app/b/layout.tsx"], &["app/b/page.tsx"]),
            (&["style.css"], &["x.html"]),
            (&["sections/Hero.tsx"], &[".deco/blocks/pages-h.json"]),
            (&["README.md", "react.ts", "hero.tsx"], &[]),
            (&[], &[]),
        ];
        for (files, expected) in table {
            let pages = ["app/a/page.tsx", "app/b/page.tsx", "x.html", ".deco/blocks/pages-h.json"]
                .map(page)
                .to_vec();
            let files = files.iter().map(|file| (*file).to_owned()).collect();
            let touched = touched(&Tree::of(dir.path(), None), pages, &files);
            let told: Vec<&str> = touched.iter().filter_map(|page| page.file.as_deref()).collect();
            assert_eq!(told, *expected, "{files:?}");
        }
    }
}
