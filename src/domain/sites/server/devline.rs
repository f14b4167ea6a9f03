//! The dev command of a site in the words of processes: which of them are it, and which only stand near it.

use crate::domain::sites::Site;
use crate::domain::stack::{self, Recipe, Scripts};

const SHELLS: &[&str] = &["sh", "dash", "bash", "zsh", "ash"];
/// Programs that start scripts of a manifest, and the files they are.
const RUNNERS: &[&str] = &[
    "npm", "npm-cli", "npx", "npx-cli", "pnpm", "pnpx", "yarn", "yarnpkg", "bun", "bunx", "deno", "corepack",
];
/// Programs whose first argument is the program.
const RUNTIMES: &[&str] = &["node", "nodejs", "bun", "deno", "python", "ruby", "php"];
/// Flags of a runtime with a value behind them.
const VALUED: &[&str] = &["-r", "--require", "--import", "--loader", "--env-file"];
/// What a runner is told before the script or the program.
const VERBS: &[&str] = &["run", "run-script", "task", "exec", "x", "dlx"];
/// What a dev program does besides serving.
const OTHERWISE: &[&str] = &["build", "preview", "optimize", "start"];

/// What the processes of a site's dev command are called.
#[derive(Debug, Default)]
pub(super) struct DevCommand {
    /// Scripts that it calls.
    names: Vec<String>,
    /// The command and the bodies of those scripts, as a shell gets them.
    texts: Vec<String>,
    /// The words that they begin with; whether more has to follow.
    lines: Vec<(Vec<String>, bool)>,
    binaries: Vec<Vec<String>>,
}

impl DevCommand {
    pub(super) fn of(site: &Site) -> Self {
        Self::new(&site.recipe, &stack::scripts_of(&site.path))
    }

    fn new(recipe: &Recipe, scripts: &Scripts) -> Self {
        let binaries = recipe.binaries.iter().map(|binary| words_of(binary)).collect();
        let Some(dev) = recipe.commands.dev.as_deref() else { return Self { binaries, ..Self::default() } };
        let calls = stack::calls(dev, scripts);
        let mut texts = vec![dev.to_owned()];
        texts.extend(calls.names.iter().filter_map(|name| scripts.get(name)).cloned());
        let mut lines: Vec<(Vec<String>, bool)> =
            texts.iter().filter(|text| is_simple(text)).map(|text| fixed(text)).collect();
        lines.push((calls.argv.iter().map(|word| base(word)).collect(), false));
        let telling = |line: &(Vec<String>, bool)| match &line.0[..] {
            [] => false,
            [only] => ![RUNTIMES, RUNNERS, SHELLS].concat().contains(&only.as_str()),
            _ => true,
        };
        lines.retain(telling);
        Self { names: calls.names, texts, lines, binaries }
    }

    /// Whether a process that was started with `argv` is this command: its package manager, the shell with its script, its program.
    pub(super) fn is(&self, argv: &[String]) -> bool {
        let first = argv.first().map(|word| base(word)).unwrap_or_default();
        if SHELLS.contains(&first.trim_start_matches('-')) {
            let at = argv.iter().position(|word| word.starts_with('-') && word.ends_with('c'));
            return at.is_some_and(|at| self.is_text(&argv[at + 1..].join(" ")));
        }
        // What a process calls itself is one word with blanks in it.
        self.is_words(&argv.iter().flat_map(|word| words_of(word)).collect::<Vec<_>>())
    }

    /// Whether a shell that is given `text` is there for this command alone.
    fn is_text(&self, text: &str) -> bool {
        let text = text.trim();
        let text = text.strip_prefix("exec ").unwrap_or(text);
        let is = |own: &String| {
            let rest = text.strip_prefix(own.trim());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') && is_simple(rest))
        };
        self.texts.iter().any(is) || is_simple(text) && self.is_words(&fixed(text).0)
    }

    fn is_words(&self, words: &[String]) -> bool {
        let variables = words.iter().take_while(|word| word.contains('=') && !word.starts_with('-')).count();
        let words = &words[variables..];
        let Some(first) = words.first() else { return false };
        if self.is_program(words) || RUNNERS.contains(&first.as_str()) && self.is_called(&words[1..]) {
            return true;
        }
        let Some(at) = RUNTIMES.contains(&first.as_str()).then(|| program_at(words)).flatten() else {
            return false;
        };
        let rest = &words[at..];
        // What the runtime itself is told before the program is no part of the line.
        let bare = [&words[..1], rest].concat();
        self.is_program(&bare)
            || self.is_program(rest)
            || RUNNERS.contains(&rest[0].as_str()) && self.is_called(&rest[1..])
    }

    /// Whether a runner with these arguments starts it.
    fn is_called(&self, args: &[String]) -> bool {
        let at = args.iter().position(|word| !word.starts_with('-') && !VERBS.contains(&word.as_str()));
        let Some(rest) = at.map(|at| &args[at..]) else { return false };
        self.names.contains(&rest[0]) || self.is_program(rest)
    }

    fn is_program(&self, words: &[String]) -> bool {
        let next = |count: usize| words.get(count).map_or("-", String::as_str);
        let line = |(line, open): &(Vec<String>, bool)| {
            words.starts_with(line) && (*open || next(line.len()).starts_with('-'))
        };
        let binary = |binary: &Vec<String>| {
            !binary.is_empty() && words.starts_with(binary) && !OTHERWISE.contains(&next(binary.len()))
        };
        self.lines.iter().any(line) || self.binaries.iter().any(binary)
    }
}

/// Where a runtime's words name its program.
fn program_at(words: &[String]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += 1 + usize::from(VALUED.contains(&word.as_str()));
        if word == "-m" {
            break;
        }
    }
    (at < words.len()).then_some(at)
}

/// The words that a line begins with, up to the first one that is filled in, and whether there is such a one.
fn fixed(line: &str) -> (Vec<String>, bool) {
    let words = shell_words::split(line).unwrap_or_default();
    let fixed: Vec<String> =
        words.iter().take_while(|word| !word.contains(['{', '$'])).map(|word| base(word)).collect();
    let open = fixed.len() < words.len();
    (fixed, open)
}

/// Whether a shell does nothing with it but to start one program.
fn is_simple(text: &str) -> bool {
    !text.contains(['&', ';', '|', '\n', '<', '>', '`', '(', ')'])
}

fn words_of(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(base).collect()
}

/// A word without the directories of a program or a file, its version and its kind.
fn base(word: &str) -> String {
    let name = word.rsplit('/').next().unwrap_or(word);
    let version = |rest: &str| rest.chars().all(|c| c == '.' || c.is_ascii_digit());
    if name.strip_prefix("python").is_some_and(version) {
        return "python".into();
    }
    let kinds = [".js", ".cjs", ".mjs"];
    kinds.iter().find_map(|kind| name.strip_suffix(kind)).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_command_itself_is_known() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let shell = |text: &str| vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()];
        let recipe = |dev: &str, binaries: &[&str]| {
            let mut recipe = Recipe { binaries: words_of_all(binaries), ..Recipe::default() };
            recipe.commands.dev = Some(dev.into());
            recipe
        };
        let scripts = |body: &str| Scripts::from([("dev".to_owned(), body.to_owned())]);
        let own = DevCommand::new(&recipe("npm run dev", &[]), &scripts("node ./srv.js --x"));
        let vite = DevCommand::new(&recipe("npm run dev", &["vite"]), &scripts("tsc -b && vite"));
        let python = DevCommand::new(&recipe("python3 -m http.server {port}", &[]), &Scripts::new());
        let bare = DevCommand::new(&recipe("node $FILE", &[]), &Scripts::new());
        let table = [
            (&own, words("node srv.js --x"), true),
            (&own, words("/usr/bin/node /srv/site/srv.js --x --port 3"), true),
            (&own, words("node --import ./trace.mjs srv.js --x"), true),
            (&own, words("node srv.js"), false),
            (&own, words("node srv.js --x other"), false),
            (&own, words("node agent.js"), false),
            (&own, words("node agent.js npm run dev"), false),
            (&own, words("node agent.js node srv.js --x"), false),
            (&own, words("npm run dev"), true),
            (&own, vec!["npm run dev --port 3".into()], true),
            (&own, words("node /usr/lib/node_modules/npm/bin/npm-cli.js run dev"), true),
            (&own, words("yarn dev"), true),
            (&own, words("npm run agent"), false),
            (&own, words("npm run dev:all"), false),
            (&own, shell("node ./srv.js --x"), true),
            (&own, shell("node ./srv.js --x --port 3"), true),
            (&own, shell("npm run dev"), true),
            (&own, shell("PORT=3 npm run dev"), true),
            (&own, shell("sleep 256 & PORT=4594 npm run dev"), false),
            (&own, shell("npm run dev & sleep 256"), false),
            (&own, words("bash"), false),
            (&own, words("bash start.sh"), false),
            (&own, words("tmux"), false),
            (&own, vec![], false),
            (&vite, shell("tsc -b && vite --port 3"), true),
            (&vite, words("node /srv/site/node_modules/.bin/vite --port 3"), true),
            (&vite, words("node node_modules/vite/bin/vite.js"), true),
            (&vite, words("node node_modules/.bin/vite build"), false),
            (&vite, words("npm exec vite"), true),
            (&vite, words("claude fix vite"), false),
            (&python, words("/usr/bin/python3.11 -m http.server 8123"), true),
            (&python, words("python3 agent.py"), false),
            (&bare, words("node agent.js"), false),
        ];
        for (command, argv, expected) in table {
            assert_eq!(command.is(&argv), expected, "{argv:?} of {command:?}");
        }
    }

    fn words_of_all(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }
}
