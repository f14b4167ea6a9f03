//! Which stacks a project is built on, from its files; gates are chosen by it.

pub mod detect;
pub mod recipe;
mod script;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

pub use detect::{Detected, Finding, Package, detect};
pub use recipe::{Commands, DevLine, Program, Recipe, recipe};
pub use script::Scripts;

use crate::fault::Fault;
use crate::system::store;

/// What in a directory speaks for a stack.
enum Sign {
    /// One of these files.
    File(&'static [&'static str]),
    /// This package among the dependencies in `package.json`.
    Package(&'static str),
}

/// The stacks, most specific first.
const STACKS: &[(&str, Sign)] = &[
    ("next", Sign::Package("next")),
    ("nuxt", Sign::Package("nuxt")),
    ("astro", Sign::Package("astro")),
    ("sveltekit", Sign::Package("@sveltejs/kit")),
    ("vite", Sign::Package("vite")),
    ("bun", Sign::File(&["bun.lock", "bun.lockb"])),
    ("deno", Sign::File(&["deno.json", "deno.jsonc", "deno.lock"])),
    ("node", Sign::File(&["package.json"])),
    ("rust", Sign::File(&["Cargo.toml"])),
    ("go", Sign::File(&["go.mod"])),
    ("python", Sign::File(&["pyproject.toml", "requirements.txt", "setup.py"])),
    ("ruby", Sign::File(&["Gemfile"])),
    ("php", Sign::File(&["composer.json"])),
    ("java", Sign::File(&["pom.xml", "build.gradle", "build.gradle.kts"])),
];

/// The stacks of the project in `dir`, most specific first. A manifest that cannot be read is an
/// error, for what it says might choose other gates.
pub fn candidates(dir: &Path) -> Result<Vec<&'static str>> {
    let manifest = package_json(dir)?;
    let shows = |sign: &Sign| match sign {
        Sign::File(names) => names.iter().any(|name| dir.join(name).is_file()),
        Sign::Package(name) => manifest.as_ref().is_some_and(|manifest| depends(manifest, name)),
    };
    Ok(STACKS.iter().filter(|(_, sign)| shows(sign)).map(|(stack, _)| *stack).collect())
}

/// The gates of the first candidate that has an entry, else those for any stack (`"*"`).
pub fn gates_for(by_stack: &BTreeMap<String, Vec<String>>, candidates: &[&str]) -> Vec<String> {
    let mut names = candidates.iter().copied().chain(["*"]);
    names.find_map(|name| by_stack.get(name)).cloned().unwrap_or_default()
}

fn package_json(dir: &Path) -> Result<Option<Value>> {
    let path = dir.join("package.json");
    let Some(text) = store::read_text(&path)? else { return Ok(None) };
    // Some editors leave a byte order mark, which npm reads over too.
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Some).map_err(|error| {
        Fault::invalid(format!("failed to parse `{}`: {error}", path.display()), "correct the file")
    })
}

fn depends(manifest: &Value, package: &str) -> bool {
    ["dependencies", "devDependencies"].iter().any(|list| !manifest[list][package].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Result<Vec<&'static str>> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            store::write(&dir.path().join(name), store::SHARED, text.as_bytes()).unwrap();
        }
        candidates(dir.path())
    }

    #[test]
    fn stacks_are_told_by_files_most_specific_first() {
        let next = r#"{"dependencies":{"next":"15"},"devDependencies":{"vite":"7"}}"#;
        let table = [
            (vec![], vec![]),
            (vec![("Cargo.toml", "")], vec!["rust"]),
            (vec![("package.json", next)], vec!["next", "vite", "node"]),
            (vec![("package.json", "{}"), ("bun.lock", "")], vec!["bun", "node"]),
            (vec![("package.json", r#"{"dependencies":[]}"#), ("go.mod", "")], vec!["node", "go"]),
            (vec![("package.json", "\u{feff}{}")], vec!["node"]),
        ];
        for (files, expected) in table {
            assert_eq!(found(&files).unwrap(), expected, "{files:?}");
        }
        assert!(found(&[("package.json", "{")]).unwrap_err().to_string().contains("package.json`: EOF"));
    }

    #[test]
    fn gates_follow_the_first_stack_that_has_some() {
        let gates = BTreeMap::from([
            ("*".to_owned(), vec!["any".to_owned()]),
            ("node".to_owned(), vec!["npm test".to_owned()]),
            ("go".to_owned(), Vec::new()),
        ]);
        let table: &[(&[&str], &[&str])] =
            &[(&["next", "node"], &["npm test"]), (&["rust"], &["any"]), (&[], &["any"]), (&["go"], &[])];
        for (candidates, expected) in table {
            assert_eq!(gates_for(&gates, candidates), *expected, "{candidates:?}");
        }
        assert!(gates_for(&BTreeMap::new(), &["rust"]).is_empty());
    }
}
