//! Who may know whom, how long a file may be and what may lie where, held over the source text.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)] // a test reads the sources themselves

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MOST_LINES: usize = 400;

/// What files below a folder may not mention, outside comments and tests. The first that fits counts.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("src/domain/sites", DOMAIN),
    ("src/domain/", DOMAIN_CORE),
    (
        "src/system/",
        &["crate::domain", "crate::commands", "crate::ui", "crate::exit", "crate::cli", "clap::"],
    ),
    (
        "src/commands/",
        &[
            "std::fs",
            "fs_err",
            "File::",
            "std::process",
            "Command::new",
            "system::process",
            "system::git",
            "system::store",
            "system::lock",
        ],
    ),
];

const DOMAIN: &[&str] = &["crate::commands", "crate::ui", "crate::exit", "crate::cli", "clap::"];
const DOMAIN_CORE: &[&str] =
    &["crate::commands", "crate::ui", "crate::exit", "crate::cli", "clap::", "domain::sites"];

/// Names that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

/// All that lies at the top, dotfiles aside.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "completions",
    "man",
    "skills",
    "src",
    "tests",
];

/// Paths of somebody's machine; split, so that this file does not hold them.
const MACHINE: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/tmp/", "wt"),
];

/// What is wrong with a source file.
fn flaws(path: &str, text: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    if !text.starts_with("//! ") {
        flaws.push(format!("{path}: does not open with a `//!` line"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        flaws.push(format!("{path}: {lines} lines; {MOST_LINES} are allowed"));
    }
    let stem = Path::new(path).file_stem().unwrap().to_str().unwrap();
    if EMPTY_NAMES.contains(&stem) {
        flaws.push(format!("{path}: the name says nothing about what it holds"));
    }
    let code = code(text);
    let words =
        FORBIDDEN.iter().find(|(folder, _)| path.starts_with(folder)).map_or(&[][..], |(_, words)| words);
    for word in words.iter().filter(|word| code.contains(**word)) {
        flaws.push(format!("{path}: mentions `{word}`"));
    }
    if path.starts_with("src/") && code.contains("use crate::{") {
        flaws.push(format!("{path}: `use crate::{{…}}` hides whom it knows; one `use` for each"));
    }
    flaws
}

/// The text without comment lines and without its unit tests.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files that git tracks or would; all but dotfiles and the build where this is no repository.
fn files() -> Vec<String> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git = Command::new("git").current_dir(root()).env_clear().env("PATH", path).args(list).output();
    let listed =
        git.ok().filter(|out| out.status.success()).map(|out| String::from_utf8(out.stdout).unwrap());
    let names = match listed {
        Some(names) => names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        None => below(&root()),
    };
    names.into_iter().filter(|name| root().join(name).is_file()).collect()
}

fn below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        match path.is_dir() {
            true if name != "target" && !name.starts_with('.') => found.extend(below(&path)),
            true => {}
            false => found.push(name),
        }
    }
    found
}

#[test]
fn every_source_file_keeps_to_the_layers() {
    let sources: Vec<String> = files().into_iter().filter(|name| has_extension(name, "rs")).collect();
    assert!(sources.len() > 20, "the sources were not found");
    let read = |name: &String| fs::read_to_string(root().join(name)).unwrap();
    let flaws: Vec<String> = sources.iter().flat_map(|name| flaws(name, &read(name))).collect();
    assert!(flaws.is_empty(), "\n{}", flaws.join("\n"));
}

#[test]
fn nothing_else_lies_at_the_top() {
    let strange: Vec<String> = files()
        .into_iter()
        .map(|name| name.split('/').next().unwrap().to_owned())
        .filter(|top| !top.starts_with('.') && !TOP.contains(&top.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?} have no place at the top");
}

#[test]
fn no_machine_is_named() {
    let mut flaws = Vec::new();
    // Fixtures are recorded as they came.
    for name in files().iter().filter(|name| !name.starts_with("tests/fixtures/")) {
        let bytes = fs::read(root().join(name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        flaws.extend(
            MACHINE.iter().filter(|word| text.contains(**word)).map(|word| format!("{name}: `{word}`")),
        );
    }
    assert!(flaws.is_empty(), "paths of one machine:\n{}", flaws.join("\n"));
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    assert!(lock.lines().filter(|line| line.starts_with("source = ")).all(|line| line == registry));
}

/// The rules themselves: each of these must be found wanting.
#[test]
fn the_rules_bite() {
    let table = [
        ("src/domain/a.rs", "//! a\nuse crate::ui::Ui;", "mentions `crate::ui`"),
        ("src/domain/a.rs", "//! a\nuse clap::Parser;", "mentions `clap::`"),
        ("src/domain/loops/a.rs", "//! a\nuse crate::domain::sites::Site;", "mentions `domain::sites`"),
        ("src/domain/sites/a.rs", "//! a\nuse crate::cli::Cli;", "mentions `crate::cli`"),
        ("src/system/a.rs", "//! a\nlet x = crate::domain::x();", "mentions `crate::domain`"),
        ("src/commands/a.rs", "//! a\nstd::fs::write(x, y);", "mentions `std::fs`"),
        ("src/commands/a.rs", "//! a\nuse crate::system::store;", "mentions `system::store`"),
        ("src/commands/a.rs", "//! a\nuse crate::{ui};", "hides whom it knows"),
        ("src/domain/a.rs", "use std::fmt;", "does not open with"),
        ("src/domain/utils.rs", "//! a", "says nothing"),
        ("src/domain/a.rs", &format!("//! a\n{}", "\n".repeat(MOST_LINES)), "401 lines"),
    ];
    for (path, text, expected) in table {
        let found = flaws(path, text);
        assert!(found.len() == 1 && found[0].contains(expected), "{path}: {text}: {found:?}");
    }
    let fine = [
        (
            "src/domain/a.rs",
            "//! Knows no crate::ui.\n// nor clap::\n#[cfg(test)]\nmod tests { use crate::ui::Ui; }",
        ),
        ("src/domain/sites/a.rs", "//! a\nuse crate::domain::sites::Site;"),
        ("src/commands/a.rs", "//! a\nuse clap::Args;\nuse crate::system::config::Config;"),
    ];
    for (path, text) in fine {
        assert!(flaws(path, text).is_empty(), "{path}: {text}");
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own == extension)
}

#[test]
fn what_is_said_twice_is_the_same() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap_or_default();
    let manifest = read("Cargo.toml");
    let oldest =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let workflow = read(".github/workflows/ci.yml");
    assert!(
        workflow.contains(&format!("cargo +{oldest} build")),
        "the workflow builds with another Rust than {oldest}"
    );
    assert!(read(".ci/run").lines().any(|line| line == "cargo test 2>&1 | tee \"$log\""));
    let readme = read("README.md");
    assert!(readme.is_empty() || readme.contains("cargo test"), "the README does not name the test command");
}
