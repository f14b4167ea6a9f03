//! Which stacks a project is built on, from its files, and how each is worked with; gates are chosen by it.
//!
//! All that is known of stacks is the table in `table.toml`: a row a stack, the more telling ones first. To add one, add a row
//! where it belongs, and to the table in `detect_tests.rs` the smallest project that it speaks for:
//!
//! ```toml
//! [[stack]]
//! name = "turnip"                          # what it goes by
//! signs = [{ package = ["turnip"] }]       # what speaks for it, see `table::Sign`; one of the list is enough
//! weak = [{ file = ["turnip.config.js"] }] # what does so where no other site does
//! by = "package"                           # package | deno | python: who starts it; the shell where it is left out
//! scripts = ["serve"]                      # scripts that serve it, before those that any project may have
//! binaries = ["turnip dev"]                # the programs that take the flags below, with words among their arguments
//! dev = "turnip dev"                       # how to serve it where no script does; {port} and {host} are replaced
//! dev_if = [["docs", "turnip dev docs"]]   # the first whose path is there, instead (install_if, build_if, check_if too)
//! build = "turnip build"                   # install, check: likewise
//! port_flag = ["--port", "{port}"]         # added where the command starts one of the binaries and has no port
//! host_flag = ["--host", "{host}"]
//! port = 4000                              # it takes by itself
//! obeys_port = true                        # whether it reads PORT
//! env = { TURNIP_PORT = "{port}" }         # other variables
//! out = "dist"                             # where a build goes
//! pages = "static"                         # the rule by which its pages are found; "sitemap" where files do not tell
//! at_start = ["turnip/*.yml"]              # what its server reads when it starts, beside what `at_start` of the table names
//! sources = ["js"]                         # how the sources end that are the server itself, where it is a program of the site's own
//! ```
//!
//! `kind = "plain"` is for languages and files, `kind = "extra"` for what many projects have beside what they are.

mod compose;
pub mod detect;
#[cfg(test)]
mod detect_tests;
mod launch;
mod look;
mod manifest;
mod package_manager;
mod packages;
pub mod recipe;
pub mod report;
mod script;
mod startup;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

pub use compose::recipe;
pub use detect::{Detected, Finding, Package, detect, detect_unlaunched};
pub use launch::Launch;
pub use recipe::{Commands, DevLine, HOST, Program, Recipe};
pub use script::{Scripts, calls, scripts_of};
pub use startup::AtStart;

/// The stacks of the project in `dir`, most specific first. A manifest that cannot be read is an
/// error, for what it says might choose other gates.
pub fn candidates(dir: &Path) -> Result<Vec<&'static str>> {
    detect::names(dir)
}

/// The gates of the first candidate that has an entry, else those for any stack (`"*"`).
pub fn gates_for(by_stack: &BTreeMap<String, Vec<String>>, candidates: &[&str]) -> Vec<String> {
    let mut names = candidates.iter().copied().chain(["*"]);
    names.find_map(|name| by_stack.get(name)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

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
