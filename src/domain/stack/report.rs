//! What `stack detect` and `stack config` tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::compose::recipe;
use super::detect::{Detected, Finding, Package, detect};
use super::recipe::{Commands, HOST, Recipe};
use super::table;
use crate::system::config::Config;

/// Stands for a port that is free.
const FREE: u16 = 4300;

/// What a directory is built on, as a document (contract).
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The stack that holds.
    pub stack: Option<String>,
    /// What spoke for it.
    pub reason: Option<String>,
    /// The package manager its commands go through.
    pub package_manager: Option<String>,
    /// Its commands, as a person types them.
    pub commands: Commands,
    /// The port that it comes up on by itself.
    pub port: Option<u16>,
    /// Every stack that its files speak for.
    pub candidates: Vec<Finding>,
    /// The packages below that are sites.
    pub packages: Vec<Package>,
    /// What is to be told beside.
    pub notices: Vec<String>,
    #[serde(skip)]
    manager_reason: Option<String>,
    #[serde(skip)]
    recipe: Option<Recipe>,
}

/// How a stack is worked with, as a document.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    /// Its name.
    pub stack: String,
    /// Its commands, as a person types them.
    pub commands: Commands,
    /// The port it takes by itself.
    pub port: Option<u16>,
    /// What gives its server a port.
    pub port_flag: Vec<String>,
    /// What says where it listens.
    pub host_flag: Vec<String>,
    /// The programs that take these flags.
    pub binaries: Vec<String>,
    /// Whether it obeys `PORT`.
    pub obeys_port: bool,
    /// Variables for its server.
    pub env: BTreeMap<String, String>,
    /// Where a build goes.
    pub out: Option<String>,
    /// The rule by which its pages are found.
    pub pages: Option<String>,
}

/// Looks at `dir` and tells all of it. Errors: see [`detect`].
pub fn look(config: &Config, dir: &Path) -> Result<Report> {
    let found = detect(dir)?;
    let first = found.candidates.first().map(|first| first.stack.clone());
    let recipe = first.map(|stack| recipe(config, &stack, Some((dir, &found)))).transpose()?;
    Ok(Report::new(found, recipe))
}

/// How `stack` is worked with: in `dir` where that is given, else in a plain project.
pub fn sheet(config: &Config, stack: &str) -> Result<Sheet> {
    recipe(config, stack, None).map(Sheet::of)
}

impl Report {
    fn new(found: Detected, recipe: Option<Recipe>) -> Self {
        let first = found.candidates.first().cloned();
        Self {
            stack: first.as_ref().map(|first| first.stack.clone()),
            reason: first.map(|first| first.reason),
            package_manager: found.package_manager,
            commands: recipe.as_ref().map(typed).unwrap_or_default(),
            port: recipe.as_ref().and_then(own_port),
            candidates: found.candidates,
            packages: found.packages,
            notices: found.notices,
            manager_reason: found.manager_reason,
            recipe,
        }
    }

    /// How the stack that was found is worked with here.
    pub fn sheet(&self) -> Option<Sheet> {
        self.recipe.clone().map(Sheet::of)
    }

    /// The text for people; `explain` with everything that was seen.
    pub fn text(&self, explain: bool) -> String {
        let mut text = String::new();
        let stack = self.stack.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{stack}: {}", self.reason.as_deref().unwrap_or_default());
        for (name, line) in [
            ("install", &self.commands.install),
            ("dev", &self.commands.dev),
            ("build", &self.commands.build),
            ("check", &self.commands.check),
        ] {
            let _ = line.as_ref().map(|line| writeln!(text, "  {name:8}{line}"));
        }
        let _ = self.port.map(|port| writeln!(text, "  port    {port}"));
        for package in &self.packages {
            let port = package.port.map(|port| format!(" :{port}")).unwrap_or_default();
            let _ = writeln!(text, "  {}: {}{port}", package.path.display(), package.stack);
        }
        if explain {
            self.explain(&mut text);
        }
        text
    }

    fn explain(&self, text: &mut String) {
        if let (Some(name), Some(reason)) = (&self.package_manager, &self.manager_reason) {
            let _ = writeln!(text, "package manager: {name} ({reason})");
        }
        if let Some(recipe) = &self.recipe
            && let Some(dev) = recipe.dev_line(FREE, HOST)
        {
            let sure = if dev.told { "" } else { ", where the port has to be found out" };
            let free =
                if dev.line.contains(&FREE.to_string()) { ", 4300 stands for a free port" } else { "" };
            let flags =
                if recipe.program.commented { ", no flags can be added after the comment" } else { "" };
            let program = recipe.program.name.as_deref().unwrap_or("what cannot be told");
            let _ = writeln!(text, "served by: {} (it starts {program}{sure}{free}{flags})", dev.line);
        }
        let _ = writeln!(text, "all that speaks here, the first holds:");
        for finding in &self.candidates {
            let _ = writeln!(text, "  {}: {}", finding.stack, finding.reason);
        }
    }
}

/// Every stack that is looked for, for who finds none.
pub fn known() -> Result<String> {
    Ok(table::rows()?.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", "))
}

/// A stack that is known, as a document.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// Its name.
    pub stack: String,
    /// The port it takes by itself.
    pub port: Option<u16>,
    /// The rule by which its pages are found.
    pub pages: Option<String>,
    /// `table` where it is looked for, `settings` where only the settings know it.
    pub source: &'static str,
}

/// Every stack that is known: in the order in which they are looked for, and then those of the settings alone.
pub fn list(config: &Config) -> Result<Vec<Known>> {
    let rows = table::rows()?;
    let own = config.stacks.keys().filter(|name| rows.iter().all(|row| row.name != **name));
    let names = rows.iter().map(|row| (&row.name, "table")).chain(own.map(|name| (name, "settings")));
    let known = names.map(|(name, source)| {
        let sheet = sheet(config, name)?;
        Ok(Known { stack: sheet.stack, port: sheet.port, pages: sheet.pages, source })
    });
    known.collect()
}

impl Known {
    /// A line of the list, for people: `next               3000  next`.
    pub fn line(&self) -> String {
        let port = self.port.map(|port| port.to_string()).unwrap_or_default();
        let pages = self.pages.as_deref().unwrap_or_default();
        format!("{:18} {port:>5}  {pages}", self.stack).trim_end().to_owned()
    }
}

impl Sheet {
    fn of(recipe: Recipe) -> Self {
        Self {
            commands: typed(&recipe),
            port: own_port(&recipe),
            stack: recipe.stack,
            port_flag: recipe.port_flag,
            host_flag: recipe.host_flag,
            binaries: recipe.binaries,
            obeys_port: recipe.obeys_port,
            env: recipe.env,
            out: recipe.out,
            pages: recipe.pages,
        }
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let words = |words: &[String]| (!words.is_empty()).then(|| words.join(" "));
        let env = self.env.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let rows = [
            ("install", self.commands.install.clone()),
            ("dev", self.commands.dev.clone()),
            ("build", self.commands.build.clone()),
            ("check", self.commands.check.clone()),
            ("port", self.port.map(|port| port.to_string())),
            ("port flag", words(&self.port_flag)),
            ("host flag", words(&self.host_flag)),
            ("flags for", (!self.binaries.is_empty()).then(|| self.binaries.join(", "))),
            ("obeys PORT", Some(if self.obeys_port { "yes" } else { "no" }.into())),
            ("variables", words(&env)),
            ("build goes to", self.out.clone()),
            ("pages", self.pages.clone()),
        ];
        let lines = rows.into_iter().filter_map(|(name, value)| Some(format!("  {name:15}{}\n", value?)));
        std::iter::once(format!("{}\n", self.stack)).chain(lines).collect()
    }
}

/// The port that it comes up on by itself.
fn own_port(recipe: &Recipe) -> Option<u16> {
    recipe.program.own_port.or(recipe.default_port)
}

/// Commands as a person types them: with the port and the place that they have by themselves.
fn typed(recipe: &Recipe) -> Commands {
    let mut commands = recipe.commands.clone();
    let port = own_port(recipe).unwrap_or(8000).to_string();
    commands.dev = commands.dev.map(|line| line.replace("{port}", &port).replace("{host}", "localhost"));
    commands
}
