//! The packages below the root of several: where its patterns lead, without a walk through what others brought.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::look::Look;
use super::manifest;

/// Directories that hold no packages of a project's own.
const PASSED: [&str; 6] = ["node_modules", "dist", "build", "target", "vendor", "out"];
/// How deep `**` leads.
const DEEPEST: usize = 6;
/// How many directories are read for all patterns.
const MOST: usize = 20_000;

/// The directories below `dir` that the patterns of its manifests name and that have a manifest themselves, sorted.
pub(super) fn find(dir: &Path, look: &Look) -> Result<Vec<PathBuf>> {
    let mut walk = Walk { root: dir, left: MOST };
    let (mut found, mut barred) = (BTreeSet::new(), BTreeSet::new());
    for pattern in patterns(dir, look)? {
        let (pattern, into) = match pattern.strip_prefix('!') {
            Some(pattern) => (pattern, &mut barred),
            None => (pattern.as_str(), &mut found),
        };
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if !pattern.starts_with('/') && !parts.contains(&"..") && !parts.is_empty() {
            walk.expand(Path::new(""), &parts, DEEPEST, into);
        }
    }
    let manifests = ["package.json", "deno.json", "deno.jsonc"];
    let has = |path: &&PathBuf| manifests.iter().any(|name| dir.join(path).join(name).is_file());
    let own = |path: &&PathBuf| path.as_os_str() != "";
    Ok(found.difference(&barred).filter(own).filter(has).cloned().collect())
}

/// The patterns that say where packages lie; one with a `!` before it takes some away.
fn patterns(dir: &Path, look: &Look) -> Result<Vec<String>> {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    let mut found = Vec::new();
    if let Some(package) = &look.package {
        found.extend(words(&package["workspaces"]));
        found.extend(words(&package["workspaces"]["packages"]));
    }
    if let Some(text) = manifest::text(&dir.join("pnpm-workspace.yaml"))? {
        found.extend(yaml_packages(&text));
    }
    if let Some((_, deno)) = &look.deno {
        found.extend(words(&deno["workspace"]));
        found.extend(words(&deno["workspace"]["members"]));
    }
    if let Some(lerna) = manifest::json(&dir.join("lerna.json"))? {
        found.extend(words(&lerna["packages"]));
    }
    if found.is_empty() {
        found.extend(["apps/*", "libs/*", "packages/*"].map(str::to_owned));
    }
    Ok(found)
}

/// The list below `packages:` in `pnpm-workspace.yaml`, as people write it: a word a line, or all in brackets.
fn yaml_packages(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        let word = word.split(" #").next().unwrap_or(word).trim();
        word.trim_matches(['"', '\'']).to_owned()
    };
    let mut lines = text.lines().skip_while(|line| !line.starts_with("packages:"));
    let first = lines.next().and_then(|line| line.strip_prefix("packages:")).unwrap_or_default().trim();
    if let Some(listed) = first.strip_prefix('[') {
        let listed = listed.split(']').next().unwrap_or(listed);
        return listed.split(',').map(plain).filter(|word| !word.is_empty()).collect();
    }
    let blank = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let items = lines.filter(|line| !blank(line)).map_while(|line| line.trim_start().strip_prefix('-'));
    items.map(plain).filter(|word| !word.is_empty()).collect()
}

struct Walk<'a> {
    root: &'a Path,
    left: usize,
}

impl Walk<'_> {
    /// Adds the directories at `at` that the `parts` of a pattern lead to. Links are not followed.
    fn expand(&mut self, at: &Path, parts: &[&str], deeper: usize, into: &mut BTreeSet<PathBuf>) {
        let Some((part, rest)) = parts.split_first() else {
            into.insert(at.to_owned());
            return;
        };
        if *part == "**" {
            self.expand(at, rest, deeper, into);
        } else if !part.contains(['*', '?']) {
            let next = at.join(part);
            if fs::symlink_metadata(self.root.join(&next)).is_ok_and(|meta| meta.is_dir()) {
                self.expand(&next, rest, deeper, into);
            }
            return;
        }
        if deeper == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        for entry in fs::read_dir(self.root.join(at)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.') && !PASSED.contains(name))
            else {
                continue;
            };
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            match *part {
                "**" => self.expand(&at.join(name), parts, deeper - 1, into),
                part if fits(part.as_bytes(), name.as_bytes()) => {
                    self.expand(&at.join(name), rest, deeper, into);
                }
                _ => {}
            }
        }
    }
}

/// Whether `name` is what `pattern` says, with `*` and `?` in it.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, n) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn patterns_lead_to_packages_and_not_into_what_others_brought() {
        let root = tempfile::tempdir().unwrap();
        let all = [
            "apps/web",
            "apps/docs",
            "apps/docs/node_modules/x",
            "packages/ui",
            "packages/deep/er/one",
            "packages/node_modules/y",
            "node_modules/z",
            "apps/.hidden",
            "tools/web-one",
            "tools/one",
        ];
        for name in all {
            store::make_dir(&root.path().join(name)).unwrap();
            store::write(&root.path().join(name).join("package.json"), store::SHARED, b"{}").unwrap();
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("apps/loop")).unwrap();
        store::make_dir(&root.path().join("apps/empty")).unwrap();
        let table: &[(&str, &[&str])] = &[
            (r#"["apps/*"]"#, &["apps/docs", "apps/web"]),
            (r#"["./apps/web/", "apps/none", "/apps/docs", "../x", "apps/../tools/one"]"#, &["apps/web"]),
            (r#"{"packages":["packages/**"]}"#, &["packages/deep/er/one", "packages/ui"]),
            (r#"["apps/*","!apps/docs"]"#, &["apps/web"]),
            (r#"["tools/web-*", "apps/loop/apps/web"]"#, &["tools/web-one"]),
            (
                r#"["**"]"#,
                &[
                    "apps/docs",
                    "apps/web",
                    "packages/deep/er/one",
                    "packages/ui",
                    "tools/one",
                    "tools/web-one",
                ],
            ),
        ];
        for (workspaces, expected) in table {
            let text = format!("{{\"workspaces\":{workspaces}}}");
            store::write(&root.path().join("package.json"), store::SHARED, text.as_bytes()).unwrap();
            let found = find(root.path(), &Look::at(root.path()).unwrap()).unwrap();
            let found: Vec<&str> =
                found.iter().filter_map(|path| path.to_str()).filter(|path| !path.is_empty()).collect();
            assert_eq!(found, *expected, "{workspaces}");
        }
    }

    #[test]
    fn lists_of_pnpm_are_read_as_people_write_them() {
        let table: &[(&str, &[&str])] = &[
            (
                "packages:\n  - apps/*\n  # all\n  - 'packages/*' # these\n\ncatalog:\n  - x\n",
                &["apps/*", "packages/*"],
            ),
            ("a: 1\npackages:\n- \"!x\"\n", &["!x"]),
            ("packages: [apps/*, 'b']", &["apps/*", "b"]),
            ("catalog:\n  - x\n", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(yaml_packages(text), *expected, "{text}");
        }
    }

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?", "ab", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
