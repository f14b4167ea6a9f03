//! What a site's server has read when it was started, to see whether it would still start.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::domain::attempt::changes::look_plain;
use crate::domain::sites::Site;
use crate::domain::sites::pages::Tree;
use crate::domain::stack::{AtStart, calls, scripts_of};
use crate::system::store;

/// Bytes of a file that are compared; of a larger one its size and time are.
const WHOLE: u64 = 4 << 20;

/// The files that are known to be read, relative to the site, with what tells their contents; and one print of all that lies in the
/// workspace, for nobody knows what else a server reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Startup {
    known: BTreeMap<String, u64>,
    all: Option<String>,
}

impl Startup {
    /// As they are now, in the workspace `root`; what cannot be read is left out.
    pub(super) fn of(site: &Site, root: &Path) -> Self {
        let all = look_plain(root).ok().and_then(|look| look.head);
        let Ok(at_start) = AtStart::of(&site.recipe.stack) else { return Self { all, ..Self::default() } };
        let tree = Tree::of(&site.path, site.recipe.out.as_deref());
        let mut names = named(site);
        for folder in at_start.folders() {
            let found = match folder {
                "" => tree.top(),
                below if below.ends_with('/') => tree.below(below),
                dir if tree.has(dir) => {
                    Tree::of(&tree.path(dir), None).top().map(|files| within(dir, &files))
                }
                _ => continue,
            };
            names.extend(found.unwrap_or_default().into_iter().filter(|name| at_start.has(name)));
        }
        if !at_start.sources.is_empty() {
            names.extend(tree.below("").unwrap_or_default().into_iter().filter(|name| at_start.has(name)));
        }
        let told = |name: String| Some((tell(&tree.path(&name))?, name));
        Self { known: names.into_iter().filter_map(told).map(|(told, name)| (name, told)).collect(), all }
    }

    /// Whether anything at all differs in `now`.
    pub(super) fn differs(&self, now: &Self) -> bool {
        self != now
    }

    /// Which of them differ in `now`, or are in one of both only.
    pub(super) fn changed(&self, now: &Self) -> Vec<String> {
        let differs = |name: &&String| self.known.get(*name) != now.known.get(*name);
        let mut names: Vec<&String> = self.known.keys().chain(now.known.keys()).filter(differs).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().cloned().collect()
    }
}

fn within(dir: &str, files: &[String]) -> Vec<String> {
    files.iter().map(|file| format!("{dir}/{file}")).collect()
}

/// The files that its dev command names, by itself and in the scripts that it calls: `bun scripts/dev.ts`.
fn named(site: &Site) -> Vec<String> {
    let Some(line) = &site.recipe.commands.dev else { return Vec::new() };
    let scripts = scripts_of(&site.path);
    let called = calls(line, &scripts).names;
    let lines = called.iter().filter_map(|name| scripts.get(name)).chain([line]);
    let words = lines.flat_map(|line| shell_words::split(line).unwrap_or_default());
    let words = words.map(|word| word.trim_start_matches("./").to_owned());
    let inside = |word: &String| !word.is_empty() && !word.starts_with(['/', '-']) && !word.contains("..");
    words.filter(|word| inside(word) && site.path.join(word).is_file()).collect()
}

/// What tells the contents of the file at `path`.
fn tell(path: &Path) -> Option<u64> {
    let meta = fs::metadata(path).ok()?;
    let mut hasher = DefaultHasher::new();
    meta.len().hash(&mut hasher);
    if meta.len() <= WHOLE {
        store::read_plain(path).ok()?.hash(&mut hasher);
    } else {
        meta.modified().ok()?.hash(&mut hasher);
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_server_reads_when_it_starts_counts() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            store::make_dir(path.parent().unwrap()).unwrap();
            store::write(&path, store::SHARED, text.as_bytes()).unwrap();
        };
        let mut site = Site { path: dir.path().canonicalize().unwrap(), ..Site::default() };
        site.recipe.stack = "vitepress".into();
        site.recipe.commands.dev = Some("npm run dev".into());
        write(
            "package.json",
            r#"{"scripts": {"dev": "node ./scripts/dev.mjs --mode=dev", "other": "node b.mjs"}}"#,
        );
        for name in [
            "scripts/dev.mjs",
            "b.mjs",
            "index.md",
            "docs/.vitepress/config.mts",
            "docs/.vitepress/x.ts",
            "package-lock.json",
        ] {
            write(name, "1");
        }
        let mut before = Startup::of(&site, dir.path());
        let table: [(&str, &str, &[&str]); 8] = [
            ("index.md", "2", &[]),
            ("b.mjs", "2", &[]),
            ("docs/.vitepress/x.ts", "2", &[]),
            ("package-lock.json", "1", &[]),
            ("package-lock.json", "2", &["package-lock.json"]),
            ("docs/.vitepress/config.mts", "2", &["docs/.vitepress/config.mts"]),
            ("scripts/dev.mjs", "2", &["scripts/dev.mjs"]),
            (".env.local", "A=1", &[".env.local"]),
        ];
        for (name, text, expected) in table {
            write(name, text);
            let now = Startup::of(&site, dir.path());
            assert_eq!(before.changed(&now), expected, "{name}");
            before = now;
        }
        store::remove(&dir.path().join(".env.local")).unwrap();
        assert_eq!(before.changed(&Startup::of(&site, dir.path())), [".env.local"]);
        site.recipe.stack = "express".into();
        let before = Startup::of(&site, dir.path());
        write("lib/db/pool.ts", "2");
        write("node_modules/a/index.js", "2");
        assert_eq!(before.changed(&Startup::of(&site, dir.path())), ["lib/db/pool.ts"]);
    }
}
