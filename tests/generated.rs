//! `completions/` and `man/` equal what the grammar yields; `TASKRUN_BLESS=1 cargo test --test generated` rewrites them.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)] // a test reads and writes the checked-in files itself

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use clap_complete::Shell;
use taskrun::commands::{completions, man};
use taskrun::system::config::KNOWN;

type Files = BTreeMap<String, Vec<u8>>;

fn held_equal(dir: &str, wanted: &Files) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    if std::env::var_os("TASKRUN_BLESS").is_some() {
        fs::remove_dir_all(&dir).unwrap();
        fs::create_dir(&dir).unwrap();
        for (name, bytes) in wanted {
            fs::write(dir.join(name), bytes).unwrap();
        }
    }
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    };
    let present: Files = fs::read_dir(&dir).unwrap().map(file).collect();
    let differ = |name: &&String| present.get(*name) != wanted.get(*name);
    let stale: Vec<_> = wanted.keys().chain(present.keys()).filter(differ).collect();
    assert!(
        stale.is_empty(),
        "not what the grammar yields: {stale:?} in {}; rewrite by `TASKRUN_BLESS=1 cargo test --test generated`",
        dir.display()
    );
}

#[test]
fn completions_equal_the_grammar() {
    held_equal(
        "completions",
        &Shell::value_variants().iter().map(|shell| completions::script(*shell)).collect(),
    );
}

#[test]
fn manual_pages_equal_the_grammar() {
    let pages = man::pages().unwrap();
    held_equal("man", &pages.into_iter().map(|page| (page.name, page.roff)).collect());
}

#[test]
fn every_setting_is_in_the_manual() {
    let page = String::from_utf8(taskrun::domain::manual::config().roff).unwrap();
    for key in KNOWN {
        // A table of the user's own names is one setting, but for `[gates]`, which is nothing else.
        let key = key.strip_suffix(".*").filter(|key| key.contains('.')).unwrap_or(key);
        let (table, name) = key.rsplit_once('.').unwrap();
        let head = match table {
            "agents.*" => "\n.SS [agents.NAME]\n".to_owned(),
            "launchers.*" => "\n.SS [launchers.NAME]\n".to_owned(),
            "stacks.*" => "\n.SS [stacks.NAME]\n".to_owned(),
            "mcp.*" => "\n.SS [mcp.NAME]\n".to_owned(),
            "prices.*" => "\n.SS [prices.\"MODEL\"]\n".to_owned(),
            _ => format!("\n.SS [{table}]\n"),
        };
        let (_, section) = page.split_once(&head).unwrap_or_else(|| panic!("no section for `{key}`"));
        let section = section.split("\n.S").next().unwrap();
        let name = if name == "*" { "STACK" } else { name };
        assert!(section.contains(&format!("\n.B {name} = ")), "`{key}` is not in man/taskrun-config.5");
    }
}
