//! Watching a site: each of its files that changes, what its server says about that, and how its server is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, mem};

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::logs::Pulse;
use super::server::State;
use super::{Site, Sites};
use crate::domain::missions::log::size;
use crate::domain::prompted::logs::copy;
use crate::system::stamp::Stamp;
use crate::system::{clock, interrupt};

/// Between two looks.
const NAP: Duration = Duration::from_millis(100);
/// Between two looks at all files; of the time, that takes at most one part in so many.
const LOOK: Duration = Duration::from_millis(300);
const SHARE: u32 = 10;
/// More files than these are not looked at.
const MOST: usize = 50_000;
/// A line of a log is no longer (bytes).
const LONGEST: usize = 64 << 10;

/// Folders in which nothing is that people write.
const SKIPPED: [&str; 8] =
    ["node_modules", "target", "vendor", "__pycache__", "venv", "bower_components", "_site", "_fresh"];
/// Folders that people write in though they are hidden.
const SHOWN: [&str; 3] = [".deco", ".vitepress", ".storybook"];

/// What servers say, in lower case, when they have seen a change.
const REPORTS: [&str; 22] = [
    "hmr update",
    "hmr invalidate",
    "hot update",
    "page reload",
    "full reload",
    "hmr ",
    "server restarted",
    "restarting server",
    "dependencies changed",
    "compiled ",
    "compiling ",
    "[watch]",
    "file changed",
    "change detected",
    "source changed",
    "detected change",
    "detected file changes",
    "detecting file changes",
    "detected changes in",
    "changed, reloading",
    "regenerating",
    "rebuil",
];

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When it was seen.
    pub ts: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// How its server is, at first and whenever that changes.
    State {
        /// It.
        state: State,
        /// Where it is served.
        url: Option<String>,
    },
    /// A file was written.
    Changed {
        /// It, relative to the site's folder.
        file: PathBuf,
    },
    /// A file came.
    Added {
        /// It, relative to the site's folder.
        file: PathBuf,
    },
    /// A file went.
    Removed {
        /// It, relative to the site's folder.
        file: PathBuf,
    },
    /// The server said that it had seen a change.
    Server {
        /// Its words.
        line: String,
    },
    /// There are too many files: only what the server says is told.
    Crowded,
}

/// Tells each change of `site` to `tell`, which says whether to go on, until the site is forgotten or somebody interrupts.
pub fn watch(sites: &Sites, site: &Site, tell: &mut dyn FnMut(&Change) -> bool) -> Result<()> {
    interrupt::install()?;
    let mut tell = |kind: Kind| tell(&Change { ts: clock::now(), kind });
    let mut pulse = Pulse::feel(sites, site)?;
    let mut ear = Ear { path: sites.log(&site.name), at: 0, rest: Vec::new() };
    ear.at = size(&ear.path).unwrap_or(0);
    let mut eye = Eye::open(site);
    let mut told = None;
    loop {
        let now = (pulse.status.state, pulse.status.url.clone());
        let mut changes = Vec::new();
        if told.as_ref() != Some(&now) {
            changes.push(Kind::State { state: now.0, url: now.1.clone() });
            told = Some(now);
        }
        changes.extend(eye.look());
        changes.extend(ear.listen()?);
        if !changes.into_iter().all(&mut tell) || sites.find(Some(&site.name)).is_err() {
            return Ok(());
        }
        if interrupt::nap(NAP).is_err() {
            return Ok(());
        }
        pulse.renew(sites, site)?;
    }
}

/// Sees the files.
struct Eye {
    root: PathBuf,
    out: Option<PathBuf>,
    seen: Option<BTreeMap<PathBuf, Stamp>>,
    crowded: bool,
    looked: Instant,
    patience: Duration,
}

impl Eye {
    fn open(site: &Site) -> Self {
        let out = site.recipe.out.as_ref().map(|out| site.path.join(out)).filter(|out| *out != site.path);
        let mut eye = Self {
            root: site.path.clone(),
            out,
            seen: None,
            crowded: false,
            looked: Instant::now(),
            patience: LOOK,
        };
        eye.seen = eye.files();
        eye
    }

    /// What has changed since the last time.
    fn look(&mut self) -> Vec<Kind> {
        if self.seen.is_none() && !mem::replace(&mut self.crowded, true) {
            return vec![Kind::Crowded];
        }
        let Some(before) = self.seen.as_ref().filter(|_| self.looked.elapsed() >= self.patience) else {
            return Vec::new();
        };
        let start = Instant::now();
        let now = self.files();
        let changes = now.as_ref().map(|now| differ(before, now)).unwrap_or_default();
        self.looked = Instant::now();
        self.patience = LOOK.max((self.looked - start) * SHARE);
        self.seen = now;
        changes
    }

    /// Every file that people may write; none where those are too many.
    fn files(&self) -> Option<BTreeMap<PathBuf, Stamp>> {
        let mut found = BTreeMap::new();
        let mut dirs = vec![self.root.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let (path, name) = (entry.path(), name.to_string_lossy());
                // A link may lead anywhere, round in a circle too.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && is_source(&name) && self.out.as_ref() != Some(&path) => {
                        dirs.push(path);
                    }
                    Ok(kind) if kind.is_file() && !name.ends_with('~') && !name.starts_with(".#") => {
                        let stamp = Stamp::of(&path);
                        found.insert(path.strip_prefix(&self.root).unwrap_or(&path).to_owned(), stamp);
                    }
                    _ => {}
                }
            }
            if found.len() > MOST {
                return None;
            }
        }
        Some(found)
    }
}

/// Whether people write in a folder of this name.
fn is_source(name: &str) -> bool {
    !SKIPPED.contains(&name) && (!name.starts_with('.') || SHOWN.contains(&name))
}

fn differ(before: &BTreeMap<PathBuf, Stamp>, now: &BTreeMap<PathBuf, Stamp>) -> Vec<Kind> {
    let went = before.keys().filter(|file| !now.contains_key(*file));
    let went = went.map(|file| Kind::Removed { file: file.clone() });
    let came = now.iter().filter_map(|(file, stamp)| match before.get(file) {
        None => Some(Kind::Added { file: file.clone() }),
        Some(old) if old != stamp => Some(Kind::Changed { file: file.clone() }),
        Some(_) => None,
    });
    went.chain(came).collect()
}

/// Hears what the server prints.
struct Ear {
    path: PathBuf,
    at: u64,
    rest: Vec<u8>,
}

impl Ear {
    /// What it said about changes since the last time.
    fn listen(&mut self) -> Result<Vec<Kind>> {
        let Some(bytes) = size(&self.path) else { return Ok(Vec::new()) };
        if bytes < self.at {
            // It is made new at each start.
            self.at = 0;
            self.rest.clear();
        }
        let mut new = mem::take(&mut self.rest);
        let copied = copy(&self.path, self.at, &mut |part| {
            new.extend_from_slice(part);
            true
        });
        match copied {
            Ok((upto, _)) => self.at = upto,
            Err(_) if size(&self.path).is_none() => {}
            Err(error) => return Err(error),
        }
        let end = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.rest = new.split_off(end);
        if self.rest.len() > LONGEST {
            self.rest.clear();
        }
        let lines = new.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
        Ok(lines.filter_map(|line| report(&line)).map(|line| Kind::Server { line }).collect())
    }
}

/// The words of a line that tells of a change, without colours.
fn report(line: &str) -> Option<String> {
    let plain = console::strip_ansi_codes(line).trim().to_owned();
    let lower = plain.to_lowercase();
    (plain.len() <= LONGEST && REPORTS.iter().any(|report| lower.contains(report))).then_some(plain)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::stack::Recipe;
    use crate::system::store;

    #[test]
    fn servers_tell_of_changes_in_many_words() {
        let table = [
            ("\x1b[2m3:04:05 PM\x1b[22m \x1b[36m[vite]\x1b[39m (client) hmr update /src/App.jsx", true),
            ("[vite] page reload index.html", true),
            (" \u{2713} Compiled /about in 1204ms (501 modules)", true),
            (" \u{2713} Compiled in 45ms", true),
            ("12:00:01 [watch] src/pages/index.astro", true),
            ("[11ty] File changed: index.md", true),
            ("Change detected, rebuilding site (#1).", true),
            ("INFO    -  Detecting file changes", true),
            (" * Detected change in '/srv/app.py', reloading", true),
            ("WARNING:  WatchFiles detected changes in 'main.py'. Reloading...", true),
            ("views.py changed, reloading.", true),
            ("      Regenerating: 1 file(s) changed at 2026-01-01 10:00:00", true),
            ("  \u{279c}  Local:   http://localhost:5173/", false),
            ("GET /about 200 in 31ms", false),
            ("", false),
        ];
        for (line, expected) in table {
            assert_eq!(report(line).is_some(), expected, "{line}");
        }
        assert_eq!(report(table[0].0).unwrap(), "3:04:05 PM [vite] (client) hmr update /src/App.jsx");
    }

    #[test]
    fn what_people_write_is_watched() {
        for (path, expected) in [
            ("src/App.jsx", true),
            ("index.html", true),
            (".env", true),
            (".deco/blocks/pages-a.json", true),
            (".next/server/app.js", false),
            (".git/index", false),
            ("node_modules/vite/x.js", false),
            ("apps/web/node_modules/vite/x.js", false),
        ] {
            let mut folders = Path::new(path).parent().into_iter().flat_map(Path::components);
            let watched = folders.all(|part| is_source(&part.as_os_str().to_string_lossy()));
            assert_eq!(watched, expected, "{path}");
        }
    }

    #[test]
    fn changes_of_files_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| store::scratch(&dir.path().join(name), text.as_bytes()).unwrap();
        for name in ["src", "node_modules", "dist"] {
            store::make_dir(&dir.path().join(name)).unwrap();
        }
        put("src/a.js", "1");
        put("gone.html", "1");
        let recipe = Recipe { out: Some("dist".into()), ..Default::default() };
        let mut eye = Eye::open(&Site { path: dir.path().into(), recipe, ..Site::default() });
        eye.patience = Duration::ZERO;
        assert_eq!(eye.look(), []);
        put("src/a.js", "22");
        put("src/b.js", "1");
        put("node_modules/c.js", "1");
        put("dist/d.js", "1");
        put("src/a.js~", "1");
        store::remove(&dir.path().join("gone.html")).unwrap();
        eye.patience = Duration::ZERO;
        let file = |name: &str| PathBuf::from(name);
        let expected = [
            Kind::Removed { file: file("gone.html") },
            Kind::Changed { file: file("src/a.js") },
            Kind::Added { file: file("src/b.js") },
        ];
        assert_eq!(eye.look(), expected);
    }
}
