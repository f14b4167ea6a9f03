//! How a stack is installed, served, built and checked, and where its pages are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::detect::Detected;
use crate::system::config::Config;

/// Command lines as a person would type them; the shell's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commands {
    /// Fetches what it depends on.
    pub install: Option<String>,
    /// Serves it while it is worked on.
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
    /// The programs that know these flags: `["vite"]`; the flags are added only where the command line is one of them.
    pub binaries: Vec<String>,
    /// The port it takes where none is given.
    pub default_port: Option<u16>,
    /// Whether it obeys `PORT`.
    pub obeys_port: bool,
    /// Where a build goes, relative.
    pub out: Option<String>,
    /// The rule its pages are found by (see `domain::sites::pages`): `next`, `astro`, `deco`, `static` …
    pub pages: Option<String>,
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

impl Recipe {
    /// What to start so that it serves on `port` of `host`; `None` where the stack has no dev command.
    pub fn dev_line(&self, port: u16, host: &str) -> Option<DevLine> {
        let dev = self.commands.dev.as_deref()?;
        let line = dev.replace("{port}", &port.to_string()).replace("{host}", host);
        let env = [("PORT".to_owned(), port.to_string()), ("BROWSER".to_owned(), "none".to_owned())];
        Some(DevLine { line, env: env.into(), port, told: self.obeys_port })
    }
}

/// How `stack` is worked with in `dir`, as `detected` there; `[stacks.NAME]` of the settings goes before the table. Without
/// `dir` the commands are those of a plain project. Unknown stacks: [`crate::fault::Fault::NotFound`] naming the nearest.
pub fn recipe(config: &Config, stack: &str, dir: Option<(&Path, &Detected)>) -> Result<Recipe> {
    let _ = (config, dir);
    Ok(Recipe { stack: stack.to_owned(), ..Recipe::default() })
}
