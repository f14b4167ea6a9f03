//! Which files a server reads when it starts, and not always again: what it serves tells nothing of a change in them.

use anyhow::Result;

use super::table;
use crate::system::glob::glob;

/// What servers of one stack read when they start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtStart {
    patterns: Vec<&'static str>,
    /// How the sources end that are the server itself; none where it is no program of the site's own.
    pub sources: Vec<&'static str>,
}

impl AtStart {
    /// Those of the stack `name`; of one that is not in the table what any server reads.
    pub fn of(name: &str) -> Result<Self> {
        let row = table::row(name)?;
        let own = row.into_iter().flat_map(|row| &row.at_start);
        let patterns = table::at_start()?.iter().chain(own).map(String::as_str).collect();
        let sources = row.into_iter().flat_map(|row| &row.sources).map(String::as_str).collect();
        Ok(Self { patterns, sources })
    }

    /// The folders they lie in, relative and `""` for the site's own; those of which all that is below counts end in `/`.
    pub fn folders(&self) -> Vec<&'static str> {
        let mut folders: Vec<&str> = self.patterns.iter().map(|pattern| folder(pattern)).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }

    /// Whether the file at `path`, relative to the site, is one of them.
    pub fn has(&self, path: &str) -> bool {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let named = |pattern: &&'static str| {
            if pattern.ends_with('/') {
                return path.starts_with(*pattern);
            }
            let (own, like) = pattern.rsplit_once('/').unwrap_or(("", pattern));
            own == dir && glob(like, name)
        };
        self.patterns.iter().any(named) || self.sources.contains(&ending)
    }
}

fn folder(pattern: &'static str) -> &'static str {
    if pattern.ends_with('/') { pattern } else { pattern.rsplit_once('/').map_or("", |(dir, _)| dir) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_reads_when_it_starts_is_told_by_its_stack() {
        let table = [
            (
                "vite",
                "vite.config.js package.json package-lock.json .env.local tsconfig.json",
                "src/App.jsx index.html",
            ),
            ("vite", ".babelrc postcss.config.cjs pnpm-lock.yaml", "src/vite.config.js README.md main.js"),
            ("vitepress", ".vitepress/config.mts docs/.vitepress/config/nav.ts", ".vitepress/theme/index.ts"),
            ("rails", "config/routes.rb config/environments/development.rb Gemfile.lock", "app/models/a.rb"),
            ("express", "server.js lib/db/pool.mjs package.json", "views/index.html public/site.css"),
            ("flask", "app.py shop/views.py pyproject.toml", "templates/index.html"),
            ("static", "package.json", "index.html about/index.html"),
            ("no-such-stack", ".env", "index.html"),
        ];
        for (stack, read, not) in table {
            let at_start = AtStart::of(stack).unwrap();
            for (paths, expected) in [(read, true), (not, false)] {
                for path in paths.split(' ') {
                    assert_eq!(at_start.has(path), expected, "{stack}: {path}");
                }
            }
        }
        let folders = AtStart::of("hugo").unwrap().folders();
        assert_eq!(folders, ["", "config/"]);
    }
}
