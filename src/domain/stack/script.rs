//! What a command line really starts: through variables, runners and the scripts of a manifest, down to the program.

use std::collections::BTreeMap;
use std::path::Path;

use super::manifest;

/// How deep scripts may call scripts.
const DEEPEST: usize = 8;

/// Scripts of `package.json` and tasks of `deno.json`, by name.
pub type Scripts = BTreeMap<String, String>;

/// The program at the end of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its name without path and version, and its arguments; empty where the line does not tell.
    pub argv: Vec<String>,
    /// Variables that the line sets for it.
    pub env: Vec<(String, String)>,
    /// How many `--` stand between the line and flags for the program; `None` where no flag reaches it.
    pub dashes: Option<u8>,
    /// Whether a comment is why no flag does.
    pub commented: bool,
}

/// What a command line calls on its way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Scripts, the outer ones first.
    pub names: Vec<String>,
    /// The program at its end, as in [`Target`].
    pub argv: Vec<String>,
}

/// The scripts that `line` goes through, and where it ends.
pub fn calls(line: &str, scripts: &Scripts) -> Calls {
    let mut names: Vec<String> = Vec::new();
    let mut text = Some(line);
    while let Some((mut words, _)) = text.take().and_then(last_command).filter(|_| names.len() < DEEPEST) {
        take_variables(&mut words, &mut Vec::new());
        if let Some((name, ..)) = script_call(&words, scripts) {
            text = scripts.get(&name).map(String::as_str);
            names.push(name);
        }
    }
    Calls { names, argv: target(line, scripts).argv }
}

/// The scripts and tasks of the project in `dir`; none where its manifest cannot be read.
pub fn scripts_of(dir: &Path) -> Scripts {
    let mut found = Scripts::new();
    for (file, field) in [("deno.json", "tasks"), ("deno.jsonc", "tasks"), ("package.json", "scripts")] {
        let Ok(Some(value)) = manifest::jsonc(&dir.join(file)) else { continue };
        let texts = value[field].as_object().into_iter().flatten();
        found.extend(texts.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))));
    }
    found
}

/// What `line` starts, told by its text and by `scripts` alone.
pub fn target(line: &str, scripts: &Scripts) -> Target {
    resolve(line, scripts, DEEPEST)
}

fn resolve(line: &str, scripts: &Scripts, deeper: usize) -> Target {
    let Some((mut words, commented)) = last_command(line).filter(|_| deeper > 0) else {
        return Target::default();
    };
    let mut env = Vec::new();
    loop {
        take_variables(&mut words, &mut env);
        if let Some((name, more, npm)) = script_call(&words, scripts) {
            let mut inner = resolve(&scripts[&name], scripts, deeper - 1);
            inner.dashes = match (inner.dashes, npm) {
                _ if commented => None,
                (Some(dashes), Npm::Needs) => Some(dashes + 1),
                (Some(0), Npm::Done) => Some(0),
                // What others make of a `--` that is not for them differs.
                _ => None,
            };
            inner.commented |= commented;
            inner.argv.extend(more);
            inner.env.extend(env);
            return inner;
        }
        let before = words.len();
        peel(&mut words);
        if words.len() == before {
            break;
        }
    }
    if let Some(first) = words.first_mut() {
        *first = plain_name(first);
    }
    let dashes = (!words.is_empty() && !commented).then_some(0);
    Target { argv: words, env, dashes, commented }
}

/// The words of the last command of `line`: where what is appended to it goes, unless a comment follows, as the second says. `None` where a shell would do more than start it:
/// redirections, background, substitution.
fn last_command(line: &str) -> Option<(Vec<String>, bool)> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut commented = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => loop {
                match chars.next()? {
                    '\'' => break word = Some(word.unwrap_or_default()),
                    c => word.get_or_insert_default().push(c),
                }
            },
            '"' => loop {
                match chars.next()? {
                    '"' => break word = Some(word.unwrap_or_default()),
                    '\\' => word.get_or_insert_default().push(chars.next()?),
                    '`' => return None,
                    c => word.get_or_insert_default().push(c),
                }
            },
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '&' if chars.next_if_eq(&'&').is_some() => {
                word = None;
                words.clear();
            }
            '|' => {
                word = None;
                words.clear();
                chars.next_if_eq(&'|');
            }
            ';' | '\n' => {
                words.extend(word.take());
                if chars.clone().any(|c| !c.is_whitespace()) {
                    words.clear();
                    commented = false;
                }
            }
            '#' if word.is_none() => {
                commented = true;
                while chars.next_if(|c| *c != '\n').is_some() {}
            }
            '$' if chars.peek() == Some(&'(') => return None,
            '&' | '<' | '>' | '(' | ')' | '`' => return None,
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some((words, commented))
}

/// Moves leading `NAME=VALUE` words to `env`.
fn take_variables(words: &mut Vec<String>, env: &mut Vec<(String, String)>) {
    let variable = |word: &String| {
        let (name, value) = word.split_once('=')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let ours = !name.is_empty() && name.chars().all(plain);
        ours.then(|| (name.to_owned(), value.to_owned()))
    };
    let count = words.iter().map_while(variable).count();
    env.extend(words.drain(..count).filter_map(|word| variable(&word)));
}

/// What flags need to pass the runner of a script.
#[derive(Clone, Copy)]
enum Npm {
    /// A `--` before them.
    Needs,
    /// Nothing.
    Done,
}

/// Where the words run one of `scripts`: which, what it is given, and how flags get through.
fn script_call(words: &[String], scripts: &Scripts) -> Option<(String, Vec<String>, Npm)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let first = usize::from(word(0) == "corepack");
    let (runner, verb) = (word(first), word(first + 1));
    let at = match (runner, verb) {
        ("npm" | "pnpm" | "yarn" | "bun", "run" | "run-script") | ("deno", "task") => first + 2,
        ("npm", "start" | "test") | ("pnpm" | "yarn" | "bun", _) => first + 1,
        _ => return None,
    };
    // Flags of the runner stand before the name.
    let at = (at..words.len()).find(|at| !word(*at).starts_with('-'))?;
    let text = scripts.contains_key(word(at)).then(|| word(at).to_owned())?;
    let mut more = words[at + 1..].to_vec();
    let npm = match (runner, more.iter().position(|word| word == "--")) {
        ("npm", None) => {
            more.clear();
            Npm::Needs
        }
        ("npm", Some(dashes)) => {
            more.drain(..=dashes);
            Npm::Done
        }
        _ => Npm::Done,
    };
    Some((text, more, npm))
}

/// Takes one program off that only starts another; leaves the words alone where there is none.
fn peel(words: &mut Vec<String>) {
    if words.len() > 1 && words[0] == "bun" && matches!(words[1].as_str(), "--bun" | "-b") {
        words.remove(1);
        return;
    }
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let flags = |from: usize| (from..words.len()).find(|at| !word(*at).starts_with('-')).unwrap_or(from);
    let name = plain_name(word(0));
    let cut = match (name.as_str(), word(1)) {
        ("exec" | "command" | "corepack" | "cross-env" | "cross-env-shell" | "env", next)
            if !next.starts_with('-') =>
        {
            1
        }
        ("dotenv" | "dotenvx" | "doppler" | "infisical" | "op" | "env-cmd", _) => {
            words.iter().position(|word| word == "--").map_or(0, |at| at + 1)
        }
        ("npx" | "bunx" | "pnpx", _) => flags(1),
        ("npm" | "pnpm" | "yarn", "exec" | "dlx" | "x")
        | ("bun", "x")
        | ("uv" | "poetry" | "pipenv" | "rye" | "hatch" | "pdm", "run")
        | ("bundle", "exec") => flags(2),
        ("bun", "run") if is_bare(word(2)) => 2,
        ("pnpm" | "yarn" | "bun", next) if is_bare(next) && words.len() > 1 => 1,
        ("python", "-m") => 2,
        ("node" | "bun", _) => module(words).unwrap_or(0),
        ("deno", "run") => words.iter().position(|word| word.starts_with("npm:")).unwrap_or(0),
        _ => 0,
    };
    if cut < words.len() {
        words.drain(..cut);
    }
}

/// Whether it names a program of a package rather than a file or a verb of the runner.
fn is_bare(word: &str) -> bool {
    let verbs = ["run", "add", "install", "test", "build", "create", "init", "workspace", "workspaces"];
    !word.starts_with('-') && !word.contains(['/', '.']) && !verbs.contains(&word)
}

/// Where in `node … node_modules/vite/bin/vite.js …` the module is named.
fn module(words: &[String]) -> Option<usize> {
    let at = words.iter().skip(1).position(|word| word.contains("node_modules/")).map(|at| at + 1)?;
    let takes_value = ["-r", "--require", "--import", "--loader", "--env-file"];
    let mut skipped = words[1..at].iter();
    while let Some(word) = skipped.next() {
        match word.as_str() {
            word if takes_value.contains(&word) => drop(skipped.next()),
            word if word.starts_with('-') || word == "run" => {}
            _ => return None,
        }
    }
    Some(at)
}

/// `vite` for `./node_modules/.bin/vite`, `node_modules/vite/bin/vite.js`, `vite@latest` and `npm:vite`.
fn plain_name(word: &str) -> String {
    let word = word.strip_prefix("npm:").unwrap_or(word);
    let inside = word.rsplit_once("node_modules/").map(|(_, inside)| inside);
    let name = match inside.map(|inside| inside.strip_prefix(".bin/").ok_or(inside)) {
        Some(Err(package)) => {
            let mut parts = package.split('/').filter(|part| !part.starts_with('@'));
            parts.next().unwrap_or(package)
        }
        Some(Ok(name)) => name,
        None => word.rsplit('/').next().unwrap_or(word),
    };
    let name = match name.split_once('@') {
        Some((name, _)) if !name.is_empty() => name,
        _ => name,
    };
    let python =
        name.strip_prefix("python").is_some_and(|rest| rest.chars().all(|c| c == '.' || c.is_ascii_digit()));
    if python { "python".into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, scripts: &[(&str, &str)]) -> String {
        let scripts = scripts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let found = target(line, &scripts);
        let dashes = found.dashes.map_or("never".into(), |dashes| dashes.to_string());
        let env: Vec<String> = found.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let env = env.concat();
        format!("{env}{} [{dashes}]", found.argv.join(" "))
    }

    #[test]
    fn a_line_tells_its_program() {
        let table = [
            ("vite", "vite [0]"),
            ("PORT=4000 A='b c' next dev", "PORT=4000 A=b c next dev [0]"),
            ("cross-env NODE_ENV=x next dev -p 3001", "NODE_ENV=x next dev -p 3001 [0]"),
            ("tsc -b && vite --host", "vite --host [0]"),
            ("tsc -b; vite ;", "vite [0]"),
            ("npx --no-install vite@latest --open", "vite --open [0]"),
            ("bunx --bun astro dev", "astro dev [0]"),
            ("pnpm exec next dev", "next dev [0]"),
            ("corepack yarn vite", "vite [0]"),
            ("bun --bun vite", "vite [0]"),
            ("bun --bun run next dev", "next dev [0]"),
            ("bun scripts/build.ts --mode=dev", "bun scripts/build.ts --mode=dev [0]"),
            ("node dev.mjs vite", "node dev.mjs vite [0]"),
            ("./node_modules/.bin/vite dev", "vite dev [0]"),
            ("node --inspect -r x node_modules/next/dist/bin/next dev", "next dev [0]"),
            ("node node_modules/@11ty/eleventy/cmd.cjs --serve", "eleventy --serve [0]"),
            ("deno run -A npm:vite@7 dev", "vite dev [0]"),
            ("deno run -A --watch main.ts", "deno run -A --watch main.ts [0]"),
            ("dotenv -e .env -- next dev", "next dev [0]"),
            ("uv run flask --app app run", "flask --app app run [0]"),
            ("python3.12 -m uvicorn main:app", "uvicorn main:app [0]"),
            (".venv/bin/mkdocs serve", "mkdocs serve [0]"),
            ("python3 manage.py runserver", "python manage.py runserver [0]"),
            ("bundle exec jekyll serve", "jekyll serve [0]"),
            ("vite --port 4000 # and more", "vite --port 4000 [never]"),
            ("# first\nvite '#' a#b", "vite # a#b [0]"),
            ("vite | tee log", "tee log [0]"),
            ("vite || next dev", "next dev [0]"),
            ("vite > log", " [never]"),
            ("tsc -w & vite", " [never]"),
            ("vite --port $(port)", " [never]"),
            ("vite 'open", " [never]"),
            ("", " [never]"),
            ("vite --port ${PORT:-3000}", "vite --port ${PORT:-3000} [0]"),
            ("concurrently \"vite\" \"tsc -w\"", "concurrently vite tsc -w [0]"),
            ("turbo run dev", "turbo run dev [0]"),
        ];
        for (line, expected) in table {
            assert_eq!(told(line, &[]), expected, "{line}");
        }
    }

    #[test]
    fn scripts_are_followed_and_npm_wants_dashes() {
        let scripts = [
            ("dev", "vite"),
            ("dev:port", "npm run dev -- --port 4000"),
            ("nested", "npm run dev"),
            ("by-pnpm", "pnpm dev"),
            ("start", "A=1 npm run nested"),
            ("loop", "npm run loop"),
            ("piped", "vite > log"),
            ("next", "next dev"),
        ];
        let table = [
            ("npm run dev", "vite [1]"),
            ("npm start", "A=1 vite [3]"),
            ("pnpm run dev", "vite [0]"),
            ("pnpm dev", "vite [0]"),
            ("yarn run dev", "vite [0]"),
            ("bun run dev", "vite [0]"),
            ("deno task dev", "vite [0]"),
            ("corepack pnpm run dev", "vite [0]"),
            ("npm run dev -- --host", "vite --host [0]"),
            ("npm run dev:port", "vite --port 4000 [1]"),
            ("npm run nested", "vite [2]"),
            ("pnpm run nested", "vite [never]"),
            ("npm run by-pnpm", "vite [1]"),
            ("PORT=1 npm run dev", "PORT=1 vite [1]"),
            ("npm run loop", " [never]"),
            ("npm run piped", " [never]"),
            ("bun --bun run next", "next dev [0]"),
            ("bun run other dev", "other dev [0]"),
            ("npm run dev # x", "vite [never]"),
            ("npm run missing", "npm run missing [0]"),
        ];
        for (line, expected) in table {
            assert_eq!(told(line, &scripts), expected, "{line}");
        }
    }
}
