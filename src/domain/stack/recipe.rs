//! How a stack is installed, served, built and checked, and where its pages are.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::script::{self, Scripts};
use super::table::{self, By, Row};

/// Command lines as a person would type them; the shell's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commands {
    /// Fetches what it depends on.
    pub install: Option<String>,
    /// Serves it while it is worked on. `{port}` and `{host}` stand in it where the program takes them only there.
    pub dev: Option<String>,
    /// Builds it.
    pub build: Option<String>,
    /// Says whether it is sound.
    pub check: Option<String>,
}

/// All that is known of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// Its name.
    pub stack: String,
    /// Its commands.
    pub commands: Commands,
    /// What gives the server its port: `["--port", "{port}", "--strictPort"]`; empty where only `PORT` does.
    pub port_flag: Vec<String>,
    /// What keeps it on the loopback: `["--host", "{host}"]`.
    pub host_flag: Vec<String>,
    /// The programs that know these flags: `["vite"]`; the flags are added only where the command line is one of them. More
    /// words have to be among its arguments: `next dev`.
    pub binaries: Vec<String>,
    /// The port it takes where none is given.
    pub default_port: Option<u16>,
    /// Whether it obeys `PORT`.
    pub obeys_port: bool,
    /// Variables its server gets beside `PORT`; `{port}` and `{host}` are replaced.
    pub env: BTreeMap<String, String>,
    /// Where a build goes, relative.
    pub out: Option<String>,
    /// The rule its pages are found by (see `domain::sites::pages`): `next`, `astro`, `deco`, `static` …
    pub pages: Option<String>,
    /// What `commands.dev` really starts; see [`Recipe::look_through`].
    pub program: Program,
}

/// What a dev command really starts, as far as its line and the scripts tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Program {
    /// Its name: `vite`; none where the line does not tell.
    pub name: Option<String>,
    /// How many `--` stand between the line and flags for it; none where no flag of ours is to be added.
    pub dashes: Option<u8>,
    /// The port it is told by its own command, which is left as it is.
    pub own_port: Option<u16>,
    /// Whether its command has a port, of its own or from `PORT`: a second one is never added.
    pub has_port: bool,
    /// Whether its command says where it listens.
    pub has_host: bool,
    /// Whether a comment ends its command, so that no flag can be added.
    pub commented: bool,
}

/// What is started for a dev server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DevLine {
    /// The shell's line.
    pub line: String,
    /// Variables for it: `PORT`, `BROWSER=none` and those of the stack.
    pub env: BTreeMap<String, String>,
    /// The port it should come up on: ours, or the one that its own command has.
    pub port: u16,
    /// Whether it was told that port in a way it is known to obey; otherwise it is to be found out.
    pub told: bool,
}

/// Where servers are told to listen.
pub const HOST: &str = "127.0.0.1";

/// Flags by which servers are told a port, and where to listen.
const PORT_FLAGS: [&str; 2] = ["--port", "-p"];
const HOST_FLAGS: [&str; 8] =
    ["--host", "--hostname", "-H", "--bind", "--address", "--interface", "-b", "-i"];

impl Recipe {
    /// What to start so that it serves on `port` of `host`; `None` where the stack has no dev command. Flags are added only where
    /// the program is known to take them and its command has none.
    pub fn dev_line(&self, port: u16, host: &str) -> Option<DevLine> {
        let dev = self.commands.dev.as_deref()?;
        let port = self.program.own_port.unwrap_or(port);
        let filled = |text: &str| text.replace("{port}", &port.to_string()).replace("{host}", host);
        let mut line = filled(dev);
        let mut told = self.program.has_port || line != dev && dev.contains("{port}");
        if let Some(dashes) = self.program.dashes {
            let mut flags = Vec::new();
            if !told {
                told = !self.port_flag.is_empty();
                flags.extend(&self.port_flag);
            }
            if !self.program.has_host {
                flags.extend(&self.host_flag);
            }
            let before = std::iter::repeat_n("--".to_owned(), usize::from(dashes));
            let flags: Vec<String> = flags.into_iter().map(|flag| filled(flag)).collect();
            for word in before.filter(|_| !flags.is_empty()).chain(flags.iter().cloned()) {
                line.push(' ');
                line.push_str(&shell_words::quote(&word));
            }
        }
        let mut env: BTreeMap<String, String> =
            self.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        told |= self.obeys_port || self.env.values().any(|value| value.contains("{port}"));
        env.insert("PORT".into(), port.to_string());
        env.entry("BROWSER".into()).or_insert_with(|| "none".into());
        Some(DevLine { line, env, port, told })
    }

    /// Takes `line` for the dev command; where it starts a program of another stack than its own, with the flags of that one.
    pub fn set_dev(&mut self, line: &str, scripts: &Scripts) -> Result<()> {
        self.look_through(line, scripts);
        if self.program.dashes.is_none() {
            let argv = script::target(line, scripts).argv;
            // What Deno starts is known by its flags, which others may have.
            let known =
                |row: &&Row| row.by != By::Deno && row.binaries.iter().any(|binary| is_binary(&argv, binary));
            if let Some(row) = table::rows()?.iter().find(known) {
                self.port_flag.clone_from(&row.port_flag);
                self.host_flag.clone_from(&row.host_flag);
                self.binaries.clone_from(&row.binaries);
                (self.default_port, self.obeys_port) = (row.port, row.obeys_port);
                self.look_through(line, scripts);
            }
        }
        Ok(())
    }

    /// Takes `line` for the dev command and looks through it and `scripts` for the program that it starts: where that is one of
    /// [`Recipe::binaries`], flags can be added; where it has a port already, that one is known. Without `scripts` what they would
    /// have told is not known.
    pub fn look_through(&mut self, line: &str, scripts: &Scripts) {
        let found = script::target(line, scripts);
        let known = self.binaries.iter().any(|binary| is_binary(&found.argv, binary));
        let given = given_port(&found.argv, &self.port_flag);
        let by_env = found.env.iter().find(|(name, _)| name == "PORT").map(|(_, value)| value.as_str());
        // A variable gives way to a flag that can be added.
        let given = given.or_else(|| by_env.filter(|_| !known || self.port_flag.is_empty()));
        self.program = Program {
            name: found.argv.first().cloned(),
            dashes: found.dashes.filter(|_| known),
            commented: found.commented,
            own_port: given.and_then(port_in),
            has_port: given.is_some(),
            has_host: has_flag(&found.argv, &HOST_FLAGS)
                || has_flag(&found.argv, self.host_flag.get(..1).unwrap_or_default()),
        };
        self.commands.dev = Some(line.to_owned());
    }
}

/// Whether `argv` starts `binary`, and not for a build or what was built.
pub(super) fn is_binary(argv: &[String], binary: &str) -> bool {
    let mut words = binary.split(' ');
    let first = argv.first().map(String::as_str);
    let rest = argv.get(1..).unwrap_or_default();
    first == words.next()
        && words.all(|word| rest.iter().any(|given| given == word))
        && rest.first().is_none_or(|verb| !["build", "preview", "optimize"].contains(&verb.as_str()))
}

fn has_flag<S: AsRef<str>>(argv: &[String], flags: &[S]) -> bool {
    let is = |word: &String, flag: &str| {
        word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    argv.iter()
        .skip(1)
        .any(|word| flags.iter().any(|flag| flag.as_ref().starts_with('-') && is(word, flag.as_ref())))
}

/// Whether it can be a port: a number, with a host before it or not, or a variable that holds one.
fn is_port(value: &str) -> bool {
    port_in(value).is_some() || value.contains('$')
}

/// What `argv` says about a port: the value of a port flag, or an address with one.
fn given_port<'a>(argv: &'a [String], own: &[String]) -> Option<&'a str> {
    let own = own.first().map(String::as_str).filter(|flag| flag.starts_with('-'));
    let mut words = argv.iter().skip(1).map(String::as_str).peekable();
    while let Some(word) = words.next() {
        for flag in PORT_FLAGS.into_iter().chain(own) {
            match word.strip_prefix(flag) {
                Some("") if words.peek().is_some_and(|value| is_port(value)) => return words.next(),
                Some(rest) if rest.starts_with('=') && is_port(&rest[1..]) => return Some(&rest[1..]),
                Some(rest) if flag.len() == 2 && port_in(rest).is_some() => return Some(rest),
                _ => {}
            }
        }
        // `runserver 0.0.0.0:8001`: no flag before it.
        let address = word.rsplit_once(':').filter(|(host, _)| !host.contains(['/', '-']));
        if address.is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())) {
            return Some(word);
        }
    }
    None
}

/// `4000` in `4000` and `127.0.0.1:4000`; not what stands in for a variable, which is ours to set.
fn port_in(value: &str) -> Option<u16> {
    let number = value.rsplit_once(':').map_or(value, |(_, number)| number);
    number.parse().ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn vite() -> Recipe {
        Recipe {
            port_flag: words("--port {port} --strictPort"),
            host_flag: words("--host {host}"),
            binaries: vec!["vite".into()],
            ..Recipe::default()
        }
    }

    fn next() -> Recipe {
        Recipe {
            port_flag: words("-p {port}"),
            host_flag: words("-H {host}"),
            binaries: vec!["next dev".into()],
            obeys_port: true,
            ..Recipe::default()
        }
    }

    fn by_address(flag: &str, binary: &str) -> Recipe {
        Recipe { port_flag: words(flag), binaries: vec![binary.into()], ..Recipe::default() }
    }

    /// `LINE :PORT`, with `?` where the port is not sure.
    fn dev(mut recipe: Recipe, line: &str, script: &str) -> String {
        recipe.look_through(line, &Scripts::from([("dev".into(), script.into())]));
        let dev = recipe.dev_line(4321, "localhost").unwrap();
        assert_eq!(dev.env["PORT"], dev.port.to_string());
        assert_eq!(dev.env["BROWSER"], "none");
        format!("{} :{}{}", dev.line, dev.port, if dev.told { "" } else { "?" })
    }

    #[test]
    fn flags_go_where_the_program_takes_them() {
        let full = "--port 4321 --strictPort --host localhost :4321";
        let table = [
            ("npm run dev", "vite", format!("npm run dev -- {full}")),
            ("npm run dev", "tsc -b && vite --open", format!("npm run dev -- {full}")),
            ("pnpm run dev", "vite", format!("pnpm run dev {full}")),
            ("yarn run dev", "vite", format!("yarn run dev {full}")),
            ("bun run dev", "vite", format!("bun run dev {full}")),
            ("deno task dev", "vite", format!("deno task dev {full}")),
            ("npx vite", "", format!("npx vite {full}")),
            ("npm run dev", "vite build --watch", "npm run dev :4321?".into()),
            ("npm run dev", "node dev.mjs --mode=dev", "npm run dev :4321?".into()),
            ("bun run dev", "bun scripts/build.ts --mode=dev", "bun run dev :4321?".into()),
            ("npm run dev", "node dev.mjs --port 4001", "npm run dev :4001".into()),
            ("npm run dev", "PORT=4001 node dev.mjs", "npm run dev :4001".into()),
            ("npm run dev", "concurrently \"vite --port 4000\" tsc", "npm run dev :4321?".into()),
            ("npm run dev", "vite | cat", "npm run dev :4321?".into()),
            ("npm run dev", "tsc -w -p tsconfig.json", "npm run dev :4321?".into()),
            ("npm run dev", "vite --port 4400", "npm run dev -- --host localhost :4400".into()),
            ("npm run dev", "vite --port=4400 --host", "npm run dev :4400".into()),
            ("npm run dev", "vite --port $PORT --host 0.0.0.0", "npm run dev :4321".into()),
            ("npm run dev", "vite --port ${PORT:-3000} --host", "npm run dev :4321".into()),
            ("npm run dev", "PORT=4001 vite --host", "npm run dev -- --port 4321 --strictPort :4321".into()),
        ];
        for (line, script, expected) in table {
            assert_eq!(dev(vite(), line, script), expected, "{line}: {script}");
        }
        let table = [
            ("next dev", "npm run dev -- -p 4321 -H localhost :4321"),
            ("next dev -p 3005", "npm run dev -- -H localhost :3005"),
            ("next dev -p3005 -H ::", "npm run dev :3005"),
            ("next start", "npm run dev :4321"),
        ];
        for (script, expected) in table {
            assert_eq!(dev(next(), "npm run dev", script), expected, "{script}");
        }
    }

    #[test]
    fn an_address_can_be_the_flag() {
        let mkdocs = || by_address("-a {host}:{port}", "mkdocs serve");
        assert_eq!(dev(mkdocs(), "mkdocs serve", ""), "mkdocs serve -a localhost:4321 :4321");
        assert_eq!(dev(mkdocs(), "mkdocs serve -a 0.0.0.0:8001", ""), "mkdocs serve -a 0.0.0.0:8001 :8001");
        let django = || by_address("{host}:{port}", "python manage.py runserver");
        let line = "python3 manage.py runserver";
        assert_eq!(dev(django(), line, ""), format!("{line} localhost:4321 :4321"));
        assert_eq!(dev(django(), &format!("{line} 0.0.0.0:80"), ""), format!("{line} 0.0.0.0:80 :80"));
        let php = dev(Recipe::default(), "php -S {host}:{port} -t public", "");
        assert_eq!(php, "php -S localhost:4321 -t public :4321");
    }

    #[test]
    fn variables_are_filled_and_words_quoted() {
        let env = BTreeMap::from([("SITE_ADDR".to_owned(), "{host}:{port}".to_owned())]);
        let mut recipe = Recipe { env, ..by_address("--listen=a;b", "x") };
        recipe.look_through("x", &Scripts::new());
        let dev = recipe.dev_line(80, "::1").unwrap();
        assert_eq!(
            (dev.line.as_str(), dev.env["SITE_ADDR"].as_str(), dev.told),
            ("x '--listen=a;b'", "::1:80", true)
        );
        assert_eq!(Recipe::default().dev_line(80, "localhost"), None);
    }
}
