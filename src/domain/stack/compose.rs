//! Puts the recipe of a project together: its row of the table, its own scripts, the settings.

use std::path::Path;

use anyhow::Result;

use super::detect::Detected;
use super::recipe::{Commands, Recipe, is_binary};
use super::script::{self, Scripts};
use super::table::{self, By, Kind, Row};
use crate::fault::Fault;
use crate::system::config::{Config, StackEntry, nearest};

/// Scripts that any project may be served by.
const SERVING: [&str; 4] = ["dev", "develop", "serve", "start"];
/// Scripts that say whether a project is sound, the quick and whole ones first.
const CHECKS: [&str; 6] = ["check", "typecheck", "type-check", "check:types", "lint", "test"];

/// How `stack` is worked with in `dir`, as `detected` there; `[stacks.NAME]` of the settings goes before the table. Without
/// `dir` the commands are those of a plain project. Unknown stacks: [`crate::fault::Fault::NotFound`] naming the nearest.
pub fn recipe(config: &Config, stack: &str, dir: Option<(&Path, &Detected)>) -> Result<Recipe> {
    let own = config.stacks.get(stack);
    let row = match (table::row(stack)?, own) {
        (Some(row), _) => row.clone(),
        (None, Some(_)) => Row { name: stack.to_owned(), kind: Kind::Plain, ..Row::default() },
        (None, None) => return Err(unknown(config, stack)?),
    };
    let plain = plain_scripts(&row);
    let scripts = dir.map_or(&plain, |(_, detected)| &detected.scripts);
    let place =
        Place { row: &row, dir: dir.map(|(dir, _)| dir), detected: dir.map(|(_, found)| found), scripts };
    let launch = place.detected.and_then(|found| {
        let first = found.candidates.first().is_some_and(|first| first.stack == stack);
        found.launch.as_ref().filter(|_| first)
    });
    let commands = Commands {
        install: place.install(),
        dev: launch.map(|launch| launch.line.clone()).or_else(|| place.dev()),
        build: place.build(),
        check: place.check(),
    };
    let mut recipe = Recipe { commands, ..of_row(&row) };
    if matches!(place.runner().rsplit(' ').next(), Some("pnpm" | "yarn")) && row.by == By::Package {
        // An ancestor's field must not keep it from running, and nobody is there to be asked.
        recipe.env.insert("COREPACK_ENABLE_STRICT".into(), "0".into());
        recipe.env.insert("COREPACK_ENABLE_DOWNLOAD_PROMPT".into(), "0".into());
    }
    if let Some(own) = own {
        take_flags(&mut recipe, own, scripts);
    }
    if let Some(line) = own.and_then(|own| own.dev.clone()).or_else(|| recipe.commands.dev.clone()) {
        recipe.set_dev(&line, scripts)?;
    }
    if let Some(port) = launch.and_then(|launch| launch.port) {
        recipe.default_port = Some(port);
    }
    if let Some(own) = own {
        take_settings(&mut recipe, own);
    }
    Ok(recipe)
}

fn unknown(config: &Config, stack: &str) -> Result<anyhow::Error> {
    let own = config.stacks.keys().map(String::as_str);
    let names: Vec<&str> = table::rows()?.iter().map(|row| row.name.as_str()).chain(own).collect();
    let lower = stack.to_lowercase();
    let parts =
        |name: &&&str| lower.len() > 2 && name.contains(&lower) || name.len() > 2 && lower.contains(**name);
    let mut near: Vec<&str> = nearest(&lower, names.iter().copied()).into_iter().collect();
    let more: Vec<&str> = names.iter().filter(parts).copied().filter(|name| !near.contains(name)).collect();
    near.extend(more);
    let near: Vec<String> = near.iter().take(3).map(|name| format!("`{name}`")).collect();
    let all = "`taskrun stack list` names all";
    let hint =
        if near.is_empty() { all.into() } else { format!("did you mean {}? {all}", near.join(" or ")) };
    Ok(Fault::not_found(format!("unknown stack `{stack}`"), hint))
}

/// What the row says whatever the project.
fn of_row(row: &Row) -> Recipe {
    Recipe {
        stack: row.name.clone(),
        port_flag: row.port_flag.clone(),
        host_flag: row.host_flag.clone(),
        binaries: row.binaries.clone(),
        default_port: row.port,
        obeys_port: row.obeys_port,
        env: row.env.clone(),
        out: row.out.clone(),
        pages: row.pages.clone(),
        ..Recipe::default()
    }
}

/// The scripts of a project that was just made.
fn plain_scripts(row: &Row) -> Scripts {
    let mut scripts = Scripts::new();
    if row.by == By::Package {
        let serving = row.scripts.first().map_or("dev", String::as_str);
        let served = row.dev.clone().unwrap_or_else(|| "node .".into());
        scripts.insert(serving.to_owned(), served);
        scripts.extend(row.build.clone().map(|build| ("build".to_owned(), build)));
    }
    scripts
}

/// Settings that say which flags there are. Without a word on whose they are, they are for what the dev command starts, and where
/// the table does not know that program, its flags are none of the table's.
fn take_flags(recipe: &mut Recipe, own: &StackEntry, scripts: &Scripts) {
    let line = own.dev.as_ref().or(recipe.commands.dev.as_ref());
    let argv = line.map(|line| script::target(line, scripts).argv).unwrap_or_default();
    let flags = own.port_flag.is_some() || own.host_flag.is_some();
    let known = recipe.binaries.iter().any(|binary| is_binary(&argv, binary));
    if flags && own.binaries.is_none() && !known {
        recipe.binaries = argv.into_iter().take(1).collect();
        (recipe.port_flag, recipe.host_flag) = (Vec::new(), Vec::new());
    }
    for (into, from) in [
        (&mut recipe.port_flag, &own.port_flag),
        (&mut recipe.host_flag, &own.host_flag),
        (&mut recipe.binaries, &own.binaries),
    ] {
        if let Some(from) = from {
            into.clone_from(from);
        }
    }
}

fn take_settings(recipe: &mut Recipe, own: &StackEntry) {
    let commands = &mut recipe.commands;
    for (into, from) in [
        (&mut commands.install, &own.install),
        (&mut commands.build, &own.build),
        (&mut commands.check, &own.check),
        (&mut recipe.out, &own.out),
        (&mut recipe.pages, &own.pages),
    ] {
        if from.is_some() {
            into.clone_from(from);
        }
    }
    recipe.default_port = own.port.or(recipe.default_port);
    recipe.obeys_port = own.obeys_port.unwrap_or(recipe.obeys_port);
    recipe.env.extend(own.env.clone());
}

/// The script that serves a project of this row.
pub(super) fn serving_script(row: &Row, scripts: &Scripts) -> Option<String> {
    let starts_own = |name: &str| {
        let text = scripts.get(name);
        let argv = text.map(|text| script::target(text, scripts).argv).unwrap_or_default();
        row.binaries.iter().any(|binary| is_binary(&argv, binary))
    };
    let general = SERVING.iter().filter(|_| row.kind != Kind::Extra).copied();
    let names: Vec<&str> = row.scripts.iter().map(String::as_str).chain(general).collect();
    // `start` and `serve` often serve what was built.
    let trusted = |name: &str| {
        let own = row.scripts.iter().any(|own| own == name);
        own || row.binaries.is_empty() || matches!(name, "dev" | "develop")
    };
    let other = |name: &&String| {
        !["pre", "post", "build", "preview", "test"].iter().any(|word| name.starts_with(word))
            && starts_own(name)
    };
    let found = names.iter().find(|name| starts_own(name));
    let found = found.or_else(|| names.iter().find(|name| scripts.contains_key(**name) && trusted(name)));
    found.map(|name| (*name).to_owned()).or_else(|| scripts.keys().find(other).cloned())
}

/// The port that a project of this row comes up on by itself, served by the script `text`.
pub(super) fn port_of(row: &Row, text: &str, scripts: &Scripts) -> Result<Option<u16>> {
    let mut recipe = of_row(row);
    recipe.set_dev(text, scripts)?;
    Ok(recipe.program.own_port.or(recipe.default_port))
}

/// A row in a project.
struct Place<'a> {
    row: &'a Row,
    dir: Option<&'a Path>,
    detected: Option<&'a Detected>,
    scripts: &'a Scripts,
}

impl Place<'_> {
    fn has(&self, path: &str) -> bool {
        self.dir.is_some_and(|dir| dir.join(path).exists())
    }

    /// The first of `choices` whose path is there, else `plain`.
    fn line(&self, choices: &[(String, String)], plain: Option<&String>) -> Option<String> {
        let found = choices.iter().find(|(path, _)| self.has(path)).map(|(_, line)| line);
        found.or(plain).cloned()
    }

    fn runner(&self) -> &str {
        self.detected.and_then(|found| found.runner.as_deref()).unwrap_or("npm")
    }

    /// The line that runs a script.
    fn run(&self, script: &str) -> String {
        let (runner, script) = (self.runner(), shell_words::quote(script));
        if self.row.by == By::Deno || runner == "deno" {
            return format!("deno task {script}");
        }
        format!("{runner} run {script}")
    }

    /// The line that runs a program of the project's own packages, and never fetches one.
    fn program(&self, line: &str) -> String {
        let runner = self.runner();
        match runner.rsplit(' ').next().unwrap_or(runner) {
            "pnpm" => format!("{runner} exec {line}"),
            "yarn" => format!("{runner} run {line}"),
            "bun" => format!("bun run {line}"),
            "deno" => format!("deno run -A npm:{line}"),
            _ => format!("npx --no-install {line}"),
        }
    }

    /// The line in the Python environment of the project.
    fn python(&self, line: &str) -> String {
        for (file, runner) in [("uv.lock", "uv"), ("poetry.lock", "poetry"), ("Pipfile", "pipenv")] {
            if self.has(file) {
                return format!("{runner} run {line}");
            }
        }
        let program = line.split(' ').next().unwrap_or(line);
        let inside = [".venv/bin", "venv/bin"].into_iter().find(|bin| self.has(&format!("{bin}/{program}")));
        inside.map_or_else(|| line.to_owned(), |bin| format!("{bin}/{line}"))
    }

    /// A line of the table as this project has to start it.
    fn started(&self, line: &str) -> String {
        match self.row.by {
            By::Package => self.program(line),
            By::Python => self.python(line),
            By::Shell | By::Deno => line.to_owned(),
        }
    }

    fn install(&self) -> Option<String> {
        let fixed = self.line(&self.row.install_if, self.row.install.as_ref());
        match self.row.by {
            By::Package => Some(format!("{} install", self.runner())),
            By::Deno => self.has("package.json").then(|| "deno install".to_owned()),
            By::Python => fixed.or_else(|| self.install_python()),
            By::Shell if self.has("package.json") && self.detected.is_some() => {
                let packages = format!("{} install", self.runner());
                Some(fixed.map_or(packages.clone(), |fixed| format!("{fixed} && {packages}")))
            }
            By::Shell => fixed,
        }
    }

    fn install_python(&self) -> Option<String> {
        let pip = |what: &str| self.python(&format!("python3 -m pip install {what}"));
        let table = [
            ("uv.lock", "uv sync".to_owned()),
            ("poetry.lock", "poetry install".into()),
            ("Pipfile", "pipenv install --dev".into()),
            ("requirements.txt", pip("-r requirements.txt")),
            ("pyproject.toml", pip("-e .")),
            ("setup.py", pip("-e .")),
        ];
        let found = table.into_iter().find(|(file, _)| self.has(file)).map(|(_, line)| line);
        found.or_else(|| self.dir.is_none().then(|| pip("-r requirements.txt")))
    }

    fn dev(&self) -> Option<String> {
        let by_script = matches!(self.row.by, By::Package | By::Deno);
        let script = serving_script(self.row, self.scripts).filter(|_| by_script);
        let plain = self.row.dev.as_ref().filter(|_| self.row.by != By::Deno || self.dir.is_none());
        let line = || self.line(&self.row.dev_if, plain).map(|line| self.started(&line));
        script.map(|script| self.run(&script)).or_else(line)
    }

    fn build(&self) -> Option<String> {
        let by_script = matches!(self.row.by, By::Package | By::Deno) && self.scripts.contains_key("build");
        let plain = self.row.build.as_ref().filter(|_| self.row.by != By::Deno || self.dir.is_none());
        let line = || self.line(&self.row.build_if, plain).map(|line| self.started(&line));
        by_script.then(|| self.run("build")).or_else(line)
    }

    fn check(&self) -> Option<String> {
        let by_script = matches!(self.row.by, By::Package | By::Deno);
        // What `npm init` writes fails always.
        let real =
            |name: &&&str| self.scripts.get(**name).is_some_and(|text| !text.contains("no test specified"));
        let script = CHECKS.iter().filter(|_| by_script).find(real).map(|name| self.run(name));
        let line = || self.line(&self.row.check_if, self.row.check.as_ref()).map(|line| self.started(&line));
        let types = || {
            let typed = self.row.by == By::Package && self.has("tsconfig.json");
            typed.then(|| self.program("tsc --noEmit"))
        };
        let tests =
            || (self.row.by == By::Python && self.has("tests")).then(|| self.python("python3 -m pytest"));
        script.or_else(line).or_else(types).or_else(tests)
    }
}
