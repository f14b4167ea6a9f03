//! `loop run`

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use super::render;
use crate::commands::Context;
use crate::domain::attempt::budget::Budget;
use crate::domain::attempt::event::{Event, Kind};
use crate::domain::beads::Store;
use crate::domain::loops::beside::Beside;
use crate::domain::loops::guided::Scene;
use crate::domain::loops::plan::{self, Options, Plan};
use crate::domain::loops::preview::{self, Preview};
use crate::domain::loops::{self, Hands, guided};
use crate::domain::sites::Sites;
use crate::domain::sites::looped::{self, Looped};
use crate::domain::skills::catalog::Found;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::config::{Config, OnRateLimit, Verify};
use crate::system::{clock, config};

/// Take ready tasks one by one until there is a reason to end.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, clippy::struct_field_names)] // flags
pub struct Run {
    /// Agent that does the work
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Model to ask the agent for
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Work by this skill: its prompts and gates, its tasks, which are made first where none is open (default: the selected
    /// skill, for all tasks); `none` for none
    #[arg(long, value_name = "ID")]
    skill: Option<String>,
    /// Work on this site: it is served while the run goes, agents are told of its pages, and `site check` is a gate
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Only tasks below this epic
    #[arg(long, value_name = "ID")]
    epic: Option<String>,
    /// Only tasks with this label
    #[arg(long)]
    label: Option<String>,
    /// Only this task
    #[arg(long, value_name = "ID", conflicts_with_all = ["epic", "label"])]
    task: Option<String>,
    /// One iteration; exit 0 when its task is closed or none is ready, 1 when not, 4 when a person is needed
    #[arg(long, conflicts_with = "max_iterations")]
    once: bool,
    /// End after N iterations
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    max_iterations: Option<u64>,
    /// Spend at most this much in USD
    #[arg(long, value_name = "USD", value_parser = money, allow_negative_numbers = true)]
    budget_usd: Option<f64>,
    /// Use at most this many tokens
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    budget_tokens: Option<u64>,
    /// End after this time (90s, 30m, 2h)
    #[arg(long, value_name = "TIME", value_parser = clock::parse_duration)]
    max_time: Option<Duration>,
    /// Attempts on one task before a person is asked
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    max_attempts: Option<u64>,
    /// A shell command that must pass before a task is closed, beside the configured ones
    #[arg(long = "gate", value_name = "CMD", value_parser = NonEmptyStringValueParser::new())]
    gates: Vec<String>,
    /// Leave the configured gates out
    #[arg(long)]
    no_gates: bool,
    /// Commit what a task changed (the default)
    #[arg(long, overrides_with = "no_commit")]
    commit: bool,
    /// Do not commit
    #[arg(long)]
    no_commit: bool,
    /// Who judges, after green gates, whether a task is done (default: `loop.verify` of the settings)
    #[arg(long, value_name = "WHO", value_enum)]
    verify: Option<Judge>,
    /// Ask before a task is closed
    #[arg(long)]
    confirm: bool,
    /// Hand agent and gates to `[launchers.NAME]` of the settings
    #[arg(long, value_name = "NAME")]
    launcher: Option<String>,
    /// What to do when the provider makes the agent wait: wait too, exit (75), or take the next of `agent.fallback`
    #[arg(long, value_name = "ACTION", value_enum)]
    on_rate_limit: Option<RateLimit>,
    /// Keep a limit in USD as well as may be with an agent that does not say what it costs
    #[arg(long)]
    allow_unknown_cost: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the prompt of the next task, and do nothing
    #[arg(long)]
    print_prompt: bool,
}

/// What a rate limit does.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RateLimit {
    /// Wait until it is over
    Wait,
    /// End the run with exit code 75
    Exit,
    /// Go on with the next agent of `agent.fallback`
    Fallback,
}

/// Who judges the work.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Judge {
    /// Nobody: the gates decide
    None,
    /// A second agent, which sees the task, its criteria and what was changed
    Agent,
}

impl From<Judge> for Verify {
    fn from(flag: Judge) -> Self {
        match flag {
            Judge::None => Self::None,
            Judge::Agent => Self::Agent,
        }
    }
}

impl From<RateLimit> for OnRateLimit {
    fn from(flag: RateLimit) -> Self {
        match flag {
            RateLimit::Wait => Self::Wait,
            RateLimit::Exit => Self::Exit,
            RateLimit::Fallback => Self::Fallback,
        }
    }
}

pub(crate) fn money(text: &str) -> Result<f64, String> {
    let amount: f64 = text.parse().map_err(|_| format!("`{text}` is not an amount in USD"))?;
    if amount.is_finite() && amount >= 0.0 {
        Ok(amount)
    } else {
        Err(format!("`{text}` is not an amount in USD"))
    }
}

impl Run {
    fn options(&self, terminal: bool) -> Options {
        Options {
            agent: self.agent.clone(),
            model: self.model.clone(),
            epic: self.epic.clone(),
            label: self.label.clone(),
            task: self.task.clone(),
            once: self.once,
            budget: Budget {
                usd: self.budget_usd,
                tokens: self.budget_tokens,
                iterations: self.max_iterations,
                time: self.max_time,
                ..Budget::default()
            },
            max_attempts: self.max_attempts,
            gates: self.gates.clone(),
            no_gates: self.no_gates,
            commit: match (self.commit, self.no_commit) {
                (_, true) => Some(false),
                (true, false) => Some(true),
                (false, false) => None,
            },
            confirm: self.confirm,
            launcher: self.launcher.clone(),
            on_rate_limit: self.on_rate_limit.map(OnRateLimit::from),
            terminal,
            allow_unknown_cost: self.allow_unknown_cost,
            verify: self.verify.map(Verify::from),
            no_skill: self.skill.as_deref() == Some(guided::NONE),
            ..Options::default()
        }
    }
}

pub(super) fn run(args: &Run, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    if args.confirm && !context.ui.can_ask() {
        return Err(Fault::usage("`--confirm` needs a terminal to ask on", "run without `--confirm`"));
    }
    let config = config::load(Some(&workspace.config_file()))?;
    let mut options = args.options(context.ui.stderr_is_terminal());
    let looks = args.dry_run || args.print_prompt;
    if let Some(choice) = guided::choose(&workspace, args.skill.as_deref())? {
        let mut notice = |message: &str| context.ui.notice(message);
        guided::provide(&choice, &mut options, &mut notice);
    }
    let mut given = (&mut options, &config);
    let site = args.site.as_deref().map(|name| site(name, &workspace, &mut given, context)).transpose()?;
    let plan = plan::plan(&workspace, &config, &options)?;
    if looks {
        if let Some(stories) = &plan.stories {
            let (store, epic) = (Store::open(&workspace)?, plan.filter.epic.as_deref());
            stories.make((&workspace, &store), epic, true, &mut |message| context.ui.notice(message))?;
        }
        let (told, served) = site.as_ref().map(Looped::outlook).transpose()?.unzip();
        let preview = preview::preview(&workspace, &plan, told.unwrap_or_default())?;
        return show(&Shown { preview, site: args.site.as_deref(), served }, args.print_prompt, context);
    }
    let Some(mut site) = site else { return drive(&workspace, plan, None, context) };
    let ended = drive(&workspace, plan, Some(&mut site), context);
    if let Err(error) = site.end() {
        context.ui.warn(&format!("{error:#}"));
    }
    ended
}

/// The site that is worked on; its check becomes a gate, and its folder chooses those of a skill.
fn site(
    name: &str,
    workspace: &Workspace,
    (options, config): &mut (&mut Options, &Config),
    context: &Context,
) -> Result<Looped> {
    let sites = Sites::of(workspace);
    let site = sites.find(Some(name))?;
    options.gates.push(looped::gate(&site)?);
    let stack = &site.recipe.stack;
    if let Some(Found { skill, .. }) = options.skill.as_ref().filter(|found| !found.skill.fits(stack)) {
        context.ui.notice(&format!("the skill `{}` is not for sites of the stack `{stack}`", skill.id));
    }
    options.scene = Some(Scene { dir: site.path.clone(), stack: stack.clone() });
    Ok(Looped::new(&sites, site, &config.site))
}

/// Runs the loop and tells about it: NDJSON on stdout, or lines on stderr and a summary on stdout.
pub(crate) fn drive(
    workspace: &Workspace,
    plan: Plan,
    beside: Option<&mut dyn Beside>,
    context: &Context,
) -> Result<Exit> {
    let ui = &context.ui;
    let mut tell = |event: &Event| {
        if ui.json() {
            // A run goes on without its stdout.
            let _ = ui.line(event);
        } else if let Some(line) = render::line(event, ui.verbose()) {
            ui.progress(&line);
        }
        if let Kind::RunFinished(finished) = &event.kind
            && !ui.json()
        {
            ui.text(&render::summary(finished));
        }
    };
    let mut notice = |message: &str| ui.notice(message);
    let mut ask = |question: &str| match ui.ask(question)?.as_deref() {
        None | Some("q" | "quit") => Err(Fault::usage("nobody wants to answer any more", "")),
        Some(answer) => Ok(matches!(answer, "y" | "Y" | "yes")),
    };
    let beside = beside.map(|beside| beside as &mut dyn Beside);
    let hands = Hands { tell: &mut tell, notice: &mut notice, ask: &mut ask, beside };
    let finished = loops::run(workspace, plan, hands)?;
    Ok(Exit::from_code(finished.exit_code))
}

/// What a run would do, and what it would do with its site.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    preview: Preview,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    /// Where it is served, or what would be done for that.
    #[serde(skip)]
    served: Option<String>,
}

fn show(shown: &Shown, prompt: bool, context: &Context) -> Result<Exit> {
    let preview = &shown.preview;
    if prompt {
        let Some(text) = &preview.prompt else {
            context.ui.progress("no task is ready");
            return Ok(Exit::Done);
        };
        if context.ui.json() {
            let id = preview.task.as_ref().map(|task| &task.id);
            context.ui.document(&serde_json::json!({"task": id, "prompt": text}))?;
        } else {
            context.ui.text(text);
        }
        return Ok(Exit::Done);
    }
    context.ui.result(shown, || {
        let site = shown.site.zip(shown.served.as_deref());
        let site = site.map(|(name, served)| format!("site      {name}, {}\n", render::plain(served)));
        render::preview(preview) + &site.unwrap_or_default()
    })?;
    Ok(Exit::Done)
}
