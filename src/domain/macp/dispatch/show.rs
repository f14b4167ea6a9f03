//! What would be started for a task, told and not done.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::brief::{self, News};
use super::{BRIEF, Call, STAGED, call};
use crate::domain::agents::invocation::{Request, Stdin, file, invocation};
use crate::domain::macp::agent;
use crate::domain::macp::drain::{legacy_call, of_task};
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{Dispatch, Task};
use crate::domain::macp::worktree;
use crate::system::redact;

/// What would happen.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// `exec`, `yolo`, `acp`, a plug-in's name; `exec` for a task without one.
    pub dispatch: String,
    /// Program and arguments; empty where nothing is started.
    pub argv: Vec<String>,
    /// The names of the variables that are set for it.
    pub env: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// What its standard input is: a text, or none.
    pub stdin: Option<String>,
    /// What an agent is told.
    pub prompt: Option<String>,
    /// Whether it gets a terminal.
    pub pty: bool,
    /// The launcher that it is handed to.
    pub launcher: Option<String>,
    /// The agent.
    pub runtime: Option<String>,
    /// What somebody else is told to do.
    pub acp: Option<Value>,
}

/// Looks ahead for a task; nothing is made, started or written.
pub fn show(task: &Task, place: &Place, settings: &Settings) -> Result<Shown> {
    let planned = worktree::path(task, settings)?.unwrap_or_else(|| place.root().to_owned());
    // What is not made yet is looked at where it would come from.
    let dir = if planned.is_dir() { planned.clone() } else { place.root().to_owned() };
    let mut shown = told(task, place, settings, &dir)?;
    if let Ok(rest) = shown.dir.strip_prefix(&dir) {
        shown.dir = planned.join(rest).components().collect();
    }
    Ok(shown)
}

fn told(task: &Task, place: &Place, settings: &Settings, dir: &Path) -> Result<Shown> {
    let dispatch = task.dispatch.as_ref().unwrap_or(&Dispatch::Exec);
    let clean = |text: &str| redact::ours().text(text).into_owned();
    let mut shown = Shown {
        dispatch: dispatch.word().to_owned(),
        argv: Vec::new(),
        env: Vec::new(),
        dir: dir.to_owned(),
        stdin: None,
        prompt: None,
        pty: false,
        launcher: task.launcher.clone(),
        runtime: (*dispatch != Dispatch::Exec).then(|| super::runtime(task, settings).to_owned()),
        acp: None,
    };
    let definition = place.slot("NAME").join("task.json");
    let call = match &task.dispatch {
        None => legacy_call(task, settings, &definition, dir)?,
        Some(_) => call(task, place, settings, dir)?,
    };
    match call {
        Call::HandOver(config) => shown.acp = Some(config),
        Call::Command { argv, env, dir, stdin, brief, pty, .. } => {
            let slot = place.slot("NAME").join(format!("{STAGED}brief.md")).display().to_string();
            let words = argv.iter().map(|word| word.to_string_lossy());
            shown.argv = words
                .map(|word| {
                    clean(&if brief.is_some() { word.replace(BRIEF, &slot) } else { word.into_owned() })
                })
                .collect();
            shown.env = names(&env);
            shown.stdin = stdin.map(|bytes| clean(&String::from_utf8_lossy(&bytes)));
            (shown.dir, shown.pty, shown.prompt) = (dir, pty, brief.map(|text| clean(&text)));
        }
        Call::Agent { runtime, prompt, dir, .. } => {
            let agent = agent::resolve(task, &runtime, place, settings)?;
            let gates = of_task(task, settings);
            let gates = gates.iter().map(|gate| gate.command().to_owned()).collect();
            let news = News { gates, ..News::default() };
            let prompt = brief::prompt(task, &prompt, &news, &dir)?;
            let prefix = place.logs().join(&task.id);
            let request = Request {
                prompt_file: &file(&prefix, ".prompt.md"),
                dir: &dir,
                budget_left: None,
                task: &task.id,
                attempt: 1,
                description: task.description.as_deref().unwrap_or_default(),
                resume: None,
                prefix: &prefix,
                prompt_chars: prompt.chars().count(),
            };
            let call = invocation(&agent, &request)?;
            let words = std::iter::once(call.program.into_os_string()).chain(call.args);
            shown.argv = words.map(|word| clean(&word.to_string_lossy())).collect();
            shown.env = names(&call.env);
            shown.env.extend(task.env.keys().cloned());
            shown.stdin = (call.stdin == Stdin::Prompt).then(|| "the prompt".to_owned());
            (shown.dir, shown.prompt) = (dir, Some(clean(&prompt)));
        }
    }
    Ok(shown)
}

fn names(env: &[(OsString, OsString)]) -> Vec<String> {
    let names: BTreeSet<String> = env.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.into_iter().collect()
}
