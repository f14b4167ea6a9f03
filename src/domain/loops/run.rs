//! One run from its lock to its last event.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::domain::agents::Failure;
use crate::domain::agents::catalog::Agent;
use crate::domain::attempt::budget::{self, Spend, Tally};
use crate::domain::attempt::changes::{Look, Own, look};
use crate::domain::attempt::event::{Event, Finished, Kind};
use crate::domain::beads::{Issue, Store};
use crate::domain::launchers;
use crate::domain::loops::beside::Beside;
use crate::domain::loops::claims::Claims;
use crate::domain::loops::control::{self, Action};
use crate::domain::loops::glance::Glance;
use crate::domain::loops::ledger::Ledger;
use crate::domain::loops::plan::Plan;
use crate::domain::loops::provider::Streak;
use crate::domain::loops::recorder::{Recorder, Warned};
use crate::domain::loops::scope::survey;
use crate::domain::loops::state::State;
use crate::domain::loops::verdict::{self, Once, Reason, Scope, Standing};
use crate::domain::prompted::{self, Day};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::git::{Pending, Repo};
use crate::system::lock::Lock;
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// How long agents of a killed run may take to be gone.
const PREDECESSOR: Duration = Duration::from_secs(10);
/// How long the lock of a killed run may still be held.
const A_MOMENT: Duration = Duration::from_millis(500);
/// Between two looks whether a paused run may go on.
const PAUSE: Duration = Duration::from_millis(100);

/// What the caller lends a run: ears, and a mouth for questions.
pub struct Hands<'a> {
    /// Hears every event.
    pub tell: &'a mut dyn FnMut(&Event),
    /// Hears what the user should know beside the events.
    pub notice: &'a mut dyn FnMut(&str),
    /// Asks a person yes or no.
    pub ask: &'a mut dyn FnMut(&str) -> Result<bool>,
    /// What is kept up beside the run.
    pub beside: Option<&'a mut dyn Beside>,
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) plan: Plan,
    pub(super) store: Store,
    pub(super) repo: Option<(Repo, Own)>,
    pub(super) recorder: Recorder<'a>,
    pub(super) notice: &'a mut dyn FnMut(&str),
    pub(super) ask: &'a mut dyn FnMut(&str) -> Result<bool>,
    pub(super) beside: Option<&'a mut dyn Beside>,
    pub(super) state: State,
    pub(super) claims: Claims,
    pub(super) ledger: Ledger,
    pub(super) dir: PathBuf,
    pub(super) child: Option<Supervisor>,
    /// The ref of the last snapshot, while git makes it.
    pub(super) pending: Option<Pending>,
    pub(super) glance: Glance,
    pub(super) once: Once,
    pub(super) commits: u64,
    pub(super) unchanged: u64,
    /// Size of the receipts when they were last written.
    pub(super) receipts_size: u64,
    /// The last iteration that has its receipt.
    pub(super) on_record: u64,
    /// Set when an attempt came to nothing that no task is to blame for.
    pub(super) trouble: Option<Failure>,
    /// Set when the agent or the provider cannot go on.
    pub(super) broken: Option<Failure>,
    /// Attempts in a row that did not get through.
    pub(super) streak: Streak,
    pub(super) dearest: f64,
    /// What the dearest judging cost (USD).
    pub(super) dearest_judged: f64,
    /// Set with `trouble` where it befell another agent, which judges.
    pub(super) judge_away: Option<Agent>,
    /// The day's money, as it is shared with others, during an attempt.
    pub(super) shared: Option<RefCell<Day<'a>>>,
    pub(super) started: Instant,
    paused: Duration,
    pub(super) warned: Warned,
    pub(super) noticed: Vec<String>,
    /// Tasks as they were when the run first took them.
    pub(super) taken: HashMap<String, Issue>,
}

/// Runs the loop in the foreground until there is a reason to end. Only one run at a time works in
/// a workspace: a second one is [`Fault::Busy`]. Errors leave no task claimed.
pub fn run<'a>(workspace: &'a Workspace, plan: Plan, hands: Hands<'a>) -> Result<Finished> {
    let store = Store::open(workspace)?;
    // An unknown epic or task is told before anything begins.
    survey(&store, &plan.filter, plan.task.as_deref())?;
    init::for_state(workspace)?;
    // A process that was just being started when its run was killed holds the lock for a moment.
    let _lock = match Lock::take(&workspace.run_lock(), A_MOMENT) {
        Err(error) if matches!(error.downcast_ref(), Some(Fault::Busy { .. })) => {
            return Err(busy(workspace));
        }
        other => other?,
    };
    interrupt::install()?;
    // What an earlier, killed run had started must be gone before anything is judged or claimed.
    drop(
        Lock::take(&workspace.agents_lock(), PREDECESSOR)
            .context("agents of an earlier run are still being ended")?,
    );
    // What a newer version wrote is not to be replaced.
    State::read(workspace)?;
    control::clear(workspace)?;
    // What a killed prompt spent counts as well.
    prompted::settle(workspace, plan.engine.log_limit, &mut *hands.notice)?;
    launchers::recover(&workspace.launches(), &mut *hands.notice);
    let mut run = Run::begin(workspace, plan, store, hands)?;
    run.prepare()?;
    run.recover()?;
    run.begin_beside()?;
    run.make_stories()?;
    run.open()?;
    let ended = run.go();
    run.close(ended)
}

fn busy(workspace: &Workspace) -> anyhow::Error {
    let state = State::read(workspace).ok().flatten().filter(State::runs);
    let who = state.map_or_else(String::new, |state| format!(" (`{}`, pid {})", state.run, state.holder.pid));
    Fault::busy(
        format!("another run works in `{}`{who}", workspace.root().display()),
        "see `taskrun loop status`; end it with `taskrun loop stop`",
    )
}

impl<'a> Run<'a> {
    #[allow(clippy::needless_pass_by_value)] // the hands are lent for the whole run
    fn begin(workspace: &'a Workspace, plan: Plan, store: Store, hands: Hands<'a>) -> Result<Self> {
        let repo = Repo::find(workspace.root())?;
        let repo = repo.map(|repo| {
            let own = Own::new(&repo, workspace.root(), store.dir());
            (repo, own)
        });
        let id = clock::run_id();
        let dir = workspace.run_dir(&id);
        let mut state = State::begin(&id, &plan.engine.agent.name);
        state.max_iterations = if plan.once { Some(1) } else { plan.budget.iterations };
        state.budget_usd = plan.budget.usd;
        Ok(Self {
            workspace,
            store,
            repo,
            recorder: Recorder::new(&id, dir.join("events.ndjson"), hands.tell),
            notice: hands.notice,
            ask: hands.ask,
            beside: hands.beside,
            state,
            claims: Claims::read(workspace)?,
            ledger: Ledger::read(&workspace.receipts(), clock::now())?,
            dir,
            child: None,
            pending: None,
            glance: Glance::default(),
            once: Once::Idle,
            commits: 0,
            unchanged: 0,
            on_record: 0,
            receipts_size: std::fs::metadata(workspace.receipts()).map_or(0, |meta| meta.len()),
            trouble: None,
            broken: None,
            streak: Streak::default(),
            dearest: 0.0,
            dearest_judged: 0.0,
            judge_away: None,
            shared: None,
            started: Instant::now(),
            paused: Duration::ZERO,
            warned: Warned::default(),
            noticed: Vec::new(),
            taken: HashMap::new(),
            plan,
        })
    }

    /// Checks what can be checked before anything is changed or money spent.
    fn prepare(&mut self) -> Result<()> {
        let Some((repo, own)) = &mut self.repo else {
            if self.plan.commit {
                (self.notice)("not in a git repository: changes are not committed");
            }
            return Ok(());
        };
        if let Some(what) = repo.busy().filter(|_| self.plan.commit) {
            return Err(Fault::usage(
                format!("{what} is under way in this repository, so nothing can be committed"),
                "finish it first, or run with `--no-commit`",
            ));
        }
        if self.plan.commit && own.tasks_are_elsewhere() {
            (self.notice)(&format!(
                "tasks are kept in `{}`, which is not in this work tree: this run's commits leave them out; \
                 `taskrun beads sync` commits them where they are",
                self.store.dir().display()
            ));
        }
        // Snapshots need it, too.
        repo.ensure_identity()?;
        self.glance.trust(!(self.plan.commit && repo.has_commit_hooks()));
        Ok(())
    }

    /// Makes a skill's stories tasks, where the run is to begin with that.
    fn make_stories(&mut self) -> Result<()> {
        let Some(stories) = &self.plan.stories else { return Ok(()) };
        let place = (self.workspace, &self.store);
        let made = stories.make(place, self.plan.filter.epic.as_deref(), false, self.notice)?;
        match (&mut self.beside, made) {
            (Some(beside), Some(epic)) => beside.epic_made(&epic),
            _ => Ok(()),
        }
    }

    /// Says that the run begins.
    fn open(&mut self) -> Result<()> {
        if self.plan.budget.per_day_usd.is_some() && !self.ledger.day.known {
            (self.notice)("what some of today's attempts cost is unknown: `per_day_usd` counts the rest");
        }
        if self.plan.has_no_gates() {
            (self.notice)("no gates are configured: tasks are closed on the agent's word alone");
        }
        self.tell_billing();
        store::make_dir(&self.dir)?;
        self.state.save(self.workspace)?;
        self.recorder.tell(Kind::RunStarted {
            agent: self.plan.engine.agent.name.clone(),
            model: self.plan.engine.agent.model.clone(),
            pid: std::process::id(),
            max_iterations: self.state.max_iterations,
            budget_usd: self.plan.budget.usd,
            dir: self.dir.display().to_string(),
        });
        Ok(())
    }

    fn go(&mut self) -> Result<(Reason, Scope)> {
        loop {
            self.wait_while_paused()?;
            let found = survey(&self.store, &self.plan.filter, self.plan.task.as_deref())?;
            if let Some(failure) = self.trouble.take() {
                match self.turned_away(failure)? {
                    Some(reason) => return Ok((reason, found.scope)),
                    // The store may have changed meanwhile.
                    None => continue,
                }
            }
            self.ledger.turn(clock::now());
            self.pass_on_notices();
            self.warn();
            if let Some(reason) = verdict::end(&self.standing()?, &found.scope) {
                return Ok((reason, found.scope));
            }
            if let Some(issue) = found.next
                && self.set_aside()?
            {
                let done = self.iterate(&issue, found.epic);
                self.share_back().and(done)?;
            }
        }
    }

    /// What the store has to say; each thing once in a run.
    pub(super) fn pass_on_notices(&mut self) {
        for notice in self.store.take_notices() {
            self.notice_once(notice);
        }
    }

    pub(super) fn notice_once(&mut self, notice: String) {
        if !self.noticed.contains(&notice) {
            (self.notice)(&notice);
            self.noticed.push(notice);
        }
    }

    pub(super) fn standing(&self) -> Result<Standing> {
        let asked = control::asked(self.workspace, &self.state.run)?;
        Ok(Standing {
            interrupted: interrupt::signal().is_some(),
            stop_asked: matches!(asked, Some(Action::Stop | Action::StopNow)),
            limit: budget::before(&self.plan.budget, &self.tally(), self.plan.unknown_allowed),
            unchanged: self.unchanged,
            patience: self.plan.no_progress,
            once_done: self.plan.once && self.once != Once::Idle,
        })
    }

    /// What counts against the budget now.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            run: self.state.spend,
            dearest: self.dearest,
            day: self.shared.as_ref().map_or(self.ledger.day, |shared| shared.borrow().spent().0),
            day_dearest: self.ledger.day_dearest,
            iterations: self.state.counted(),
            elapsed: self.started.elapsed().saturating_sub(self.paused),
        }
    }

    /// Counts what an attempt spent.
    pub(super) fn spent(&mut self, spend: &Spend) {
        self.state.spend.add(spend);
        self.dearest = self.dearest.max(spend.usd);
    }

    fn warn(&mut self) {
        let nothing = Spend::nothing();
        let near = budget::warnings(&self.plan.budget, &self.tally(), &nothing, &nothing);
        self.warned.tell(near, &mut self.recorder);
    }

    /// The work tree as it is now; without git there is nothing to tell.
    pub(super) fn look(&self) -> Result<Look> {
        match &self.repo {
            Some((repo, own)) => look(repo, own),
            None => crate::domain::attempt::changes::look_plain(self.workspace.root()),
        }
    }

    /// The supervisor, started when it is first needed.
    pub(super) fn ensure_child(&mut self) -> Result<()> {
        if self.child.is_none() {
            self.child = Some(Supervisor::start(&self.workspace.agents_lock(), &self.state.run)?);
        }
        Ok(())
    }

    pub(super) fn wait_while_paused(&mut self) -> Result<()> {
        let asked = |run: &Self| control::asked(run.workspace, &run.state.run);
        if asked(self)? != Some(Action::Pause) || interrupt::signal().is_some() {
            return Ok(());
        }
        let since = Instant::now();
        (self.state.paused, self.state.task) = (true, None);
        self.state.save(self.workspace)?;
        self.recorder.tell(Kind::RunPaused {});
        while asked(self)? == Some(Action::Pause) && interrupt::nap(PAUSE).is_ok() {}
        self.paused += since.elapsed();
        self.state.paused = false;
        self.state.save(self.workspace)?;
        self.recorder.tell(Kind::RunResumed {});
        Ok(())
    }

    /// The time an event began, for receipts.
    pub(super) fn now() -> Timestamp {
        clock::now()
    }
}
