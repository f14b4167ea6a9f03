//! `macp submit`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use crate::commands::Context;
use crate::commands::words::{Words, parse_count, parse_seconds};
use crate::domain::macp::submit::{self, New};
use crate::domain::macp::task::TYPES;
use crate::domain::macp::{Place, settings};
use crate::exit::Exit;
use crate::ui::one_line;

/// Add a task to the queue
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is about
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = Words)]
    title: Option<String>,
    /// Its id; one is made where none is given
    #[arg(long, visible_alias = "id", value_name = "ID")]
    task_id: Option<String>,
    /// More about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// What kind of work it is
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(TYPES))]
    kind: Option<String>,
    /// How it is worked: exec, yolo, acp, or the NAME of a program `taskrun-exec-NAME`
    #[arg(long, value_name = "HOW")]
    dispatch: Option<String>,
    /// Which agent works it
    #[arg(long, value_name = "AGENT")]
    runtime: Option<String>,
    /// A file that tells an agent what to do
    #[arg(long, value_name = "FILE")]
    brief: Option<PathBuf>,
    /// A shell command
    #[arg(long, value_name = "CMD", allow_hyphen_values = true, conflicts_with = "argv")]
    command: Option<String>,
    /// A program and its arguments, run without a shell
    #[arg(last = true, value_name = "ARGV")]
    argv: Vec<String>,
    /// Tasks that must be completed before
    #[arg(long, visible_alias = "after", value_name = "ID", value_delimiter = ',', value_parser = id)]
    depends_on: Vec<String>,
    /// Work in a git worktree at this path
    #[arg(long, value_name = "PATH")]
    worktree: Option<String>,
    /// Branch of the worktree
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// 0 is the most urgent; 2 where nothing else is said
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    priority: Option<u64>,
    /// How often it may be tried; once where nothing else is said (`TASK_RETRY_ATTEMPTS`, `max_attempts` of config.json)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    max_attempts: Option<u64>,
    /// How long one attempt may take (90s, 30m, 2h)
    #[arg(long, value_name = "TIME", value_parser = parse_seconds)]
    timeout: Option<Duration>,
    /// A shell command that must pass before it is completed; may be repeated
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    gate: Vec<String>,
    /// Hand its commands to this launcher of the settings
    #[arg(long, value_name = "NAME")]
    launcher: Option<String>,
    /// Tasks of one key run one at a time
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// A variable for its command; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Where its command runs, relative to the repository or the worktree
    #[arg(long, value_name = "DIR")]
    cwd: Option<String>,
    /// A file of MCP servers for its agent
    #[arg(long, value_name = "FILE")]
    mcp_config: Option<String>,
    /// Whose task it is
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// Make it of a template
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// A value for the template; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "template")]
    set: Vec<(String, String)>,
    /// Take the result of an identical task that was completed
    #[arg(long)]
    cache: bool,
    /// Where its result goes, relative to the queue's directory
    #[arg(long, value_name = "PATH")]
    result: Option<String>,
    /// A JSON Schema file that what it prints must fit
    #[arg(long, value_name = "FILE")]
    result_schema: Option<String>,
    /// A shell command that gets the result on standard input once it is completed
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    on_complete: Option<String>,
    /// What it belongs to elsewhere, such as #42
    #[arg(long, value_name = "REF")]
    issue: Option<String>,
    /// Its pull request
    #[arg(long, value_name = "REF")]
    pr: Option<String>,
    /// Submit the tasks in this file, all or none; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["title", "task_id", "template", "argv", "command"])]
    from: Option<PathBuf>,
}

fn id(text: &str) -> Result<String, String> {
    let id = text.trim();
    if id.is_empty() { Err("an id is empty".to_owned()) } else { Ok(id.to_owned()) }
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

pub(super) fn run(args: &Args, place: &Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(place)?;
    let new = args.new_task();
    let tasks = match &args.from {
        Some(file) => submit::read_from(file)?.into_iter().map(|task| new.over(task)).collect(),
        None => vec![new.make(place, args.template.as_deref(), &args.set)?],
    };
    let (ids, notices) = submit::submit(place, &settings, &tasks)?;
    for notice in &notices {
        context.ui.warn(notice);
    }
    if context.ui.json() {
        context.ui.document(&submit::answer(&ids, args.from.is_some()))?;
    } else {
        context.ui.text(&ids.join("\n"));
    }
    if context.ui.stdout_is_gone() {
        let names: Vec<String> = ids.iter().map(|id| format!("`{}`", one_line(id))).collect();
        context.ui.warn(&format!("{} is queued all the same", names.join(", ")));
    }
    Ok(Exit::Done)
}

impl Args {
    fn new_task(&self) -> New {
        let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
        let mut new = New::default();
        new.set("id", self.task_id.clone());
        new.set("title", self.title.clone());
        new.set("description", self.description.clone());
        new.set("type", self.kind.clone());
        new.set("dispatch", self.dispatch.clone());
        new.set("runtime", self.runtime.clone());
        new.set("worktree", self.worktree.clone());
        new.set("branch", self.branch.clone());
        new.brief.clone_from(&self.brief);
        new.set("result_path", self.result.clone());
        new.set("issue", self.issue.clone());
        new.set("pr", self.pr.clone());
        let mut on = Vec::new();
        for id in &self.depends_on {
            if !on.contains(id) {
                on.push(id.clone());
            }
        }
        new.set("depends_on", some(&on));
        new.set("max_attempts", self.max_attempts);
        new.set("timeout_seconds", self.timeout.map(|time| time.as_secs()));
        new.set("command", self.command.clone());
        new.set("argv", some(&self.argv));
        new.set("quality_gates", some(&self.gate));
        new.set("priority", self.priority);
        new.set("key", self.key.clone());
        new.set("org", self.org.clone());
        new.set("launcher", self.launcher.clone());
        new.env.clone_from(&self.env);
        new.set("cwd", self.cwd.clone());
        new.set("mcp_config", self.mcp_config.clone());
        new.set("cache", self.cache.then_some(true));
        new.set("on_complete", self.on_complete.clone().map(submit::through_shell));
        new.set("result_schema", self.result_schema.clone());
        new
    }
}
