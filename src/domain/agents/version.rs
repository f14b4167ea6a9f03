//! Which version of an agent is installed, and whether it is new enough.

use std::path::{Component, Path};
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::spec::Spec;
use crate::fault::Fault;
use crate::system::{process, store};

/// How far above a program its package's `package.json` may lie.
const ABOVE: usize = 6;
/// What `PROGRAM --version` is given: the slowest needs 1.3 s on an idle machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses a program that is known to be too old. Nothing is started to find out: what the files of its
/// installation do not tell stays unknown, and is let through.
pub fn refuse_old(spec: &Spec, program: &Path) -> Result<()> {
    let Some(found) = installed(spec, program).filter(|version| is_old(spec, version)) else { return Ok(()) };
    let [major, minor, patch] = spec.oldest;
    Err(Fault::usage(
        format!("`{}` is version {found}; at least {major}.{minor}.{patch} is needed", program.display()),
        format!("update it with `{}`, or choose another with `--agent`", spec.install()),
    ))
}

/// Whether a version is older than what is needed; one that cannot be read is not.
pub fn is_old(spec: &Spec, version: &str) -> bool {
    numbers(version).is_some_and(|numbers| numbers < spec.oldest)
}

/// The version that the files of an installation tell: npm's `package.json` above the program, or a
/// path as the native installers and Homebrew lay it out (`…/versions/2.1.328`, `…/Cellar/NAME/2.1.328/…`).
pub fn installed(spec: &Spec, program: &Path) -> Option<String> {
    let program = program.canonicalize().ok()?;
    let packaged = program.ancestors().skip(1).take(ABOVE).find_map(|dir| of_package(spec, dir));
    packaged.or_else(|| of_path(&program))
}

/// The version that the program itself tells: starts `PROGRAM --version`, which takes up to seconds.
/// Errors: interrupted.
pub fn told(program: &Path) -> Result<Option<String>> {
    let said = process::probe(program, &["--version"], PATIENCE)?;
    Ok(said.as_deref().and_then(of_words))
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

fn of_package(spec: &Spec, dir: &Path) -> Option<String> {
    let text = store::read_text(&dir.join("package.json")).ok()??;
    let package: Package = serde_json::from_str(&text).ok()?;
    // A platform's own package carries a suffix, in its name or in its version: `…-linux-x64`.
    let stem = spec.package.strip_suffix("-ai").unwrap_or(spec.package);
    let rest = [spec.package, stem].into_iter().find_map(|name| package.name.strip_prefix(name))?;
    let own = rest.is_empty() && package.name == spec.package || is_platform(rest);
    own.then(|| without_platform(&package.version)).filter(|version| numbers(version).is_some())
}

fn is_platform(suffix: &str) -> bool {
    ["-linux", "-darwin", "-win32", "-windows"].iter().any(|system| suffix.starts_with(system))
}

fn without_platform(version: &str) -> String {
    let at = version.match_indices('-').map(|(at, _)| at).find(|at| is_platform(&version[*at..]));
    version[..at.unwrap_or(version.len())].to_owned()
}

fn of_path(program: &Path) -> Option<String> {
    let parts: Vec<&str> = program
        .components()
        .filter_map(|part| if let Component::Normal(name) = part { name.to_str() } else { None })
        .collect();
    let after =
        |at: usize| parts.get(at).filter(|part| numbers(part).is_some()).map(|part| (*part).to_owned());
    parts.iter().enumerate().find_map(|(at, part)| match *part {
        "versions" => after(at + 1),
        "Cellar" | "Caskroom" => after(at + 2),
        _ => None,
    })
}

/// The first word that is a version.
fn of_words(text: &str) -> Option<String> {
    let words = text.split_ascii_whitespace().take(50);
    words.map(|word| word.trim_start_matches('v')).find(|word| numbers(word).is_some()).map(str::to_owned)
}

/// `2.1.328`, also with a suffix (`-beta.1`, `+build`) and nothing else around it.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    let tame = version.len() <= 40
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    (parts.next().is_none() && tame).then_some(numbers)
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;
