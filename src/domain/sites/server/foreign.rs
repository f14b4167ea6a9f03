//! A server of the site that somebody started by hand: found by what it is, not by its port alone.

use std::path::Path;

use serde::Deserialize;

use super::record::{Record, mark_of};
use crate::domain::sites::Site;
use crate::domain::stack::Recipe;
use crate::system::lock::Holder;
use crate::system::process::{self, Row};
use crate::system::sockets::{self, Socket};
use crate::system::store;

/// Servers whose port is taken try the next ones.
const TRIED: u16 = 10;
/// Programs that only start the one that serves.
const STARTERS: &[&str] =
    &["npm", "npx", "pnpm", "yarn", "bun", "bunx", "deno", "node", "python", "python3", "ruby", "php"];

/// What Next.js leaves of a running server.
#[derive(Debug, Deserialize)]
struct NextLock {
    pid: u32,
    port: u16,
}

/// A process in the site's folder that listens.
struct Candidate<'r> {
    row: &'r Row,
    port: u16,
    /// Whether its directory is the site's itself.
    exact: bool,
}

/// The server of `site` among `rows` that somebody else started.
pub(super) fn find(site: &Site, rows: &[Row]) -> Option<Record> {
    let all = sockets::listening();
    let found = candidates(site, rows, &all);
    let next = next_lock(&site.path);
    let starts = |row: &Row, wanted: &dyn Fn(&[String]) -> bool| {
        lineage(site, row, rows).iter().any(|row| wanted(&argv(row)))
    };
    let dev = site.recipe.commands.dev.as_deref().and_then(|dev| shell_words::split(dev).ok());
    let dev: Vec<String> = dev.unwrap_or_default().iter().map(|word| base(word)).collect();
    let rules: [&dyn Fn(&Candidate) -> bool; 4] = [
        &|one| next.as_ref().is_some_and(|lock| one.port == lock.port && pid(one.row) == Some(lock.pid)),
        &|one| site.port == Some(one.port),
        &|one| one.exact && starts(one.row, &|words| is_line(words, &dev) || is_binary(words, &site.recipe)),
        &|one| {
            let default = site.recipe.default_port;
            one.exact && default.is_some_and(|port| (port..port.saturating_add(TRIED)).contains(&one.port))
        },
    ];
    let one = rules.iter().find_map(|rule| found.iter().find(|one| rule(one)))?;
    let root = lineage(site, one.row, rows).last().copied().unwrap_or(one.row);
    Some(Record::adopted(Holder::of(pid(root)?)?, one.port))
}

/// Processes that listen and work in the site's folder; no taskrun, and no server of another site.
fn candidates<'r>(site: &Site, rows: &'r [Row], all: &[Socket]) -> Vec<Candidate<'r>> {
    let mut found = Vec::new();
    if all.is_empty() {
        return found;
    }
    for row in rows.iter().filter(|row| !row.dead) {
        let Some(pid) = pid(row).filter(|pid| *pid != std::process::id()) else { continue };
        let Some(dir) = process::cwd_of(pid).filter(|dir| dir.starts_with(&site.path)) else { continue };
        let exact = dir == site.path;
        let held = sockets::held_by(&[pid], all);
        if held.is_empty() || process::is_below_own_kind(&[pid]) || (!exact && mark_of(row).is_some()) {
            continue;
        }
        found.extend(held.iter().map(|socket| Candidate { row, port: socket.address.port(), exact }));
    }
    found.sort_by_key(|one| (one.port, one.row.pid));
    found
}

/// `row` and who started it, as far up as that is in its group, works in the site's folder and is there for nothing else.
fn lineage<'r>(site: &Site, row: &'r Row, rows: &'r [Row]) -> Vec<&'r Row> {
    let callers = process::ancestors();
    let mut line = vec![row];
    let mut at = row;
    while let Some(parent) = rows.iter().find(|other| other.pid == at.parent && other.group == row.group) {
        let Some(pid) = pid(parent).filter(|pid| !callers.contains(pid)) else { break };
        let inside = process::cwd_of(pid).is_some_and(|dir| dir.starts_with(&site.path));
        if !inside || line.len() > rows.len() || !only_starts(&argv(parent)) {
            break;
        }
        line.push(parent);
        at = parent;
    }
    line
}

/// Whether a program with these words is there for the one it started: a package manager, or a shell with one line.
fn only_starts(words: &[String]) -> bool {
    let first = words.first().map(|word| word.split(' ').next().unwrap_or_default());
    match first {
        Some("sh" | "dash" | "bash" | "zsh") => words.iter().any(|word| word == "-c"),
        Some(first) => STARTERS.contains(&first),
        None => false,
    }
}

/// Whether these words start what `line` does, however it was found and whatever was added to it.
fn is_line(words: &[String], line: &[String]) -> bool {
    !line.is_empty() && words.windows(line.len()).any(|some| some == line)
}

fn is_binary(words: &[String], recipe: &Recipe) -> bool {
    recipe.binaries.iter().any(|binary| {
        let wanted: Vec<String> = binary.split(' ').map(base).collect();
        is_line(words, &wanted)
    })
}

/// The words of a process, without the directories of programs and files. What a process calls itself is one word with blanks in it.
fn argv(row: &Row) -> Vec<String> {
    let words = pid(row).map(process::argv_of).unwrap_or_default();
    words.iter().flat_map(|word| word.split_ascii_whitespace()).map(base).collect()
}

fn base(word: &str) -> String {
    word.rsplit('/').next().unwrap_or(word).to_owned()
}

fn pid(row: &Row) -> Option<u32> {
    u32::try_from(row.pid).ok()
}

fn next_lock(dir: &Path) -> Option<NextLock> {
    let text = store::read_text(&dir.join(".next/dev/lock")).ok()??;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(base).collect()
    }

    #[test]
    fn a_line_is_known_however_it_was_started() {
        let table = [
            ("node /usr/lib/node_modules/npm/bin/npm run dev", "npm run dev", true),
            ("npm run dev -- --port 3000", "npm run dev", true),
            ("npm run dev:all", "npm run dev", false),
            ("/usr/bin/python3 -m http.server 8123", "python3 -m http.server", true),
            ("node scripts/dev.mjs", "node ./scripts/dev.mjs", true),
            ("node other.mjs", "node dev.mjs", false),
        ];
        for (given, line, expected) in table {
            assert_eq!(is_line(&words(given), &words(line)), expected, "{given}");
        }
        assert!(!is_line(&words("anything"), &[]));
        let recipe = Recipe { binaries: vec!["next dev".into(), "vite".into()], ..Recipe::default() };
        assert!(is_binary(&words("node /srv/site/node_modules/.bin/vite --port 3"), &recipe));
        assert!(is_binary(&words("node node_modules/.bin/next dev"), &recipe));
        assert!(!is_binary(&words("node node_modules/.bin/next build"), &recipe));
    }

    #[test]
    fn a_shell_of_a_person_is_not_ended_with_the_server() {
        let table = [
            ("npm run dev", true),
            ("sh -c vite --port 3", true),
            ("node server.js", true),
            ("bash", false),
            ("-bash", false),
            ("bash start.sh", false),
            ("tmux", false),
        ];
        for (given, expected) in table {
            assert_eq!(only_starts(&words(given)), expected, "{given}");
        }
        assert!(!only_starts(&[]));
    }
}
