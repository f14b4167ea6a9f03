//! Versions from trees as npm and the native installers lay them out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::domain::agents::spec;

/// A program in a tree with these `package.json` files; the link to it as npm makes it.
fn tree(program: &str, packages: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join(program);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    drop(fs::File::create_new(&file).unwrap());
    for (dir, text) in packages {
        fs::create_dir_all(temp.path().join(dir)).unwrap();
        crate::system::store::write(&temp.path().join(dir).join("package.json"), 0o644, text.as_bytes())
            .unwrap();
    }
    fs::create_dir_all(temp.path().join("bin")).unwrap();
    let link = temp.path().join("bin/agent");
    symlink(&file, &link).unwrap();
    (temp, link)
}

fn package(name: &str, version: &str) -> String {
    format!(r#"{{"type": "module", "name": "{name}", "version": "{version}", "bin": {{}}}}"#)
}

/// The version told of a program in `lib/node_modules` with these packages around it.
fn told_by(agent: &str, program: &str, packages: &[(&str, &str, &str)]) -> Option<String> {
    let dir = |at: &str| format!("lib/node_modules/{at}");
    let packages: Vec<_> =
        packages.iter().map(|(at, name, version)| (dir(at), package(name, version))).collect();
    let packages: Vec<_> = packages.iter().map(|(at, text)| (at.as_str(), text.as_str())).collect();
    let (_temp, link) = tree(&dir(program), &packages);
    installed(spec::named(agent).unwrap(), &link)
}

#[test]
fn packages_tell_the_version() {
    // Agent, program, its package: folder, name, version.
    let table = [
        ("claude", "@anthropic-ai/claude-code/cli.js", "", "@anthropic-ai/claude-code", "2.1.197"),
        ("claude", "claude-x64/claude", "", "@anthropic-ai/claude-code-linux-x64", "2.1.328"),
        ("codex", "codex-x64/vendor/x86_64/codex/codex", "codex-x64", "@openai/codex", "0.169.0-linux-x64"),
        ("codex", "codex/bin/codex.js", "codex", "@openai/codex", "0.9.0-beta.1"),
        ("opencode", "o-x64/bin/opencode", "o-x64", "opencode-linux-x64-baseline", "1.18.33"),
        ("opencode", "opencode-ai/bin/opencode", "opencode-ai", "opencode-ai", "1.18.33"),
        (
            "gemini",
            "@google/gemini-cli/bundle/gemini.js",
            "@google/gemini-cli",
            "@google/gemini-cli",
            "0.61.0",
        ),
    ];
    for (agent, program, at, name, version) in table {
        let at = if at.is_empty() { program.rsplit_once('/').unwrap().0 } else { at };
        let expected = version.trim_end_matches("-linux-x64");
        assert_eq!(told_by(agent, program, &[(at, name, version)]).as_deref(), Some(expected), "{program}");
    }
    let inner = [("g/bundle", "inner", "9.9.9"), ("g", "@google/gemini-cli", "0.61.0")];
    assert_eq!(told_by("gemini", "g/bundle/gemini.js", &inner).as_deref(), Some("0.61.0"));
    // Somebody's project, a package with a similar name, rubbish.
    assert_eq!(told_by("claude", "x/claude", &[("x", "my-project", "1.0.0")]), None);
    assert_eq!(told_by("gemini", "x/gemini.js", &[("x", "@google/gemini-cli-core", "0.61.0")]), None);
    assert_eq!(told_by("gemini", "x/gemini.js", &[("x", "@google/gemini-cli", "newest")]), None);
    let (_temp, link) = tree("x/gemini.js", &[("x", "{")]);
    assert_eq!(installed(spec::named("gemini").unwrap(), &link), None);
}

#[test]
fn paths_tell_the_version() {
    let table = [
        ("claude", "share/claude/versions/2.1.328", Some("2.1.328")),
        ("codex", "Cellar/codex/0.150.2/bin/codex", Some("0.150.2")),
        ("codex", ".nvm/versions/node/v20.20.0/bin/codex", None),
    ];
    for (agent, program, expected) in table {
        let (_temp, link) = tree(program, &[]);
        assert_eq!(installed(spec::named(agent).unwrap(), &link).as_deref(), expected, "{program}");
    }
}

#[test]
fn what_is_known_to_be_too_old_is_refused_with_the_way_out() {
    let spec = spec::named("claude").unwrap();
    let at = "m/@anthropic-ai/claude-code";
    let refused = |version: &str| {
        let (_temp, link) = tree(&format!("{at}/cli.js"), &[(at, &package(spec.package, version))]);
        refuse_old(spec, &link).err().map(|error| {
            let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default().to_owned();
            (error.to_string(), hint)
        })
    };
    let (message, hint) = refused("1.0.128").unwrap();
    assert!(message.contains("is version 1.0.128; at least 2.1.0 is needed"), "{message}");
    assert!(hint.contains("`npm install -g @anthropic-ai/claude-code`"), "{hint}");
    assert_eq!(refused("2.1.0"), None);
    assert_eq!(refused("2.10.0"), None);
    assert_eq!(refused("what"), None);
    assert!(refuse_old(spec, Path::new("/nowhere/claude")).is_ok());
}

#[test]
fn versions_are_found_in_words() {
    let table = [
        ("2.1.328 (Claude Code)\n", Some("2.1.328")),
        ("codex-cli 0.169.0\n", Some("0.169.0")),
        ("v1.18.33", Some("1.18.33")),
        ("error: unknown option\n", None),
        ("1.2 3 1.2.3.4 \u{1b}[1m1.2.3", None),
        ("", None),
    ];
    for (text, expected) in table {
        assert_eq!(of_words(text).as_deref(), expected, "{text}");
    }
}
