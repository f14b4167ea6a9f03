//! Agents that their provider turns away whatever the task: while that lasts nothing is given to them, and no task is to blame.

use std::collections::HashMap;

use jiff::Timestamp;

use super::controller::Desk;
use crate::domain::agents::{Class, Failure};
use crate::domain::loops::provider::{self, Policy, Standing, Step, Streak};
use crate::domain::macp::dispatch;
use crate::domain::macp::queue::Turn;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{Dispatch, Task};
use crate::domain::macp::transition::Turned;
use crate::system::clock;

/// One agent that is not given anything.
#[derive(Debug)]
struct Bar {
    why: Turned,
    way: Way,
}

/// What is done about it.
#[derive(Debug, PartialEq)]
enum Way {
    /// It is waited for.
    Wait(Timestamp),
    /// This one takes over.
    Other(String),
    /// Nothing, for the rest of the drain.
    End,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Bars {
    /// By agent.
    by_agent: HashMap<String, Bar>,
    /// The tasks that wait for them, and for which.
    held: HashMap<String, String>,
    /// How often in a row a rate limit was met, by agent.
    limited: HashMap<String, u64>,
}

impl Bars {
    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        !self.by_agent.is_empty()
    }

    /// Whether a task waits for its agent.
    pub(super) fn holds(&self, id: &str) -> bool {
        self.held.contains_key(id)
    }

    /// Whether it will not be worked any more in this drain.
    pub(super) fn for_good(&self, id: &str) -> bool {
        let bar = self.held.get(id).and_then(|agent| self.by_agent.get(agent));
        bar.is_some_and(|bar| bar.way == Way::End)
    }

    /// Whether a rate limit is to end the drain.
    pub(super) fn exits(&self) -> bool {
        self.by_agent.values().any(|bar| bar.why.class == Class::RateLimit && bar.way == Way::End)
    }

    /// Why tasks are left: what only a person can mend before what time mends.
    pub(super) fn why(&self) -> Option<&Turned> {
        let ends = self.by_agent.values().filter(|bar| bar.way == Way::End).map(|bar| &bar.why);
        ends.min_by_key(|why| why.class == Class::RateLimit)
    }

    /// An agent works again.
    pub(super) fn got_through(&mut self, agent: &str) {
        self.limited.remove(agent);
    }

    /// Lets tasks go on whose agent was waited for long enough.
    pub(super) fn lift(&mut self, now: Timestamp) {
        let before = self.by_agent.len();
        self.by_agent.retain(|_, bar| !matches!(bar.way, Way::Wait(until) if until <= now));
        if self.by_agent.len() < before {
            self.held.clear();
        }
    }

    /// Who works for `agent`: itself, or who takes over; otherwise whom to wait for.
    fn works_for(&self, agent: &str) -> Result<String, String> {
        let mut agent = agent;
        for _ in 0..=self.by_agent.len() {
            match self.by_agent.get(agent).map(|bar| &bar.way) {
                None => return Ok(agent.to_owned()),
                Some(Way::Other(other)) => agent = other,
                Some(Way::Wait(_) | Way::End) => break,
            }
        }
        Err(agent.to_owned())
    }

    /// `agent` was turned away: what is done about it, and until when it is waited for.
    fn turned_away(
        &mut self,
        agent: &str,
        why: &Turned,
        settings: &Settings,
        watched: bool,
    ) -> Option<Timestamp> {
        let set = &settings.config.agent;
        let other = set.fallback.iter().find(|other| *other != agent && !self.by_agent.contains_key(*other));
        let policy = Policy {
            on_rate_limit: set.on_rate_limit,
            terminal: watched,
            retries: set.retries,
            retry_delay: set.retry_delay,
        };
        let limited = self.limited.entry(agent.to_owned()).or_default();
        let standing = Standing {
            streak: Streak { limited: *limited, ..Streak::default() },
            other_left: other.is_some(),
            now: clock::now(),
            chance: clock::random(),
        };
        // Those who were turned away together were so once.
        if self.by_agent.contains_key(agent) {
            return None;
        }
        *limited += 1;
        let failure = Failure { class: why.class, message: why.why.clone(), not_before: why.not_before };
        let (way, until) = match (provider::step(&failure, &policy, &standing), other) {
            (Step::Switch, Some(other)) => (Way::Other(other.clone()), None),
            (Step::Wait { until }, _) => (Way::Wait(until), Some(until)),
            _ => (Way::End, None),
        };
        self.by_agent.insert(agent.to_owned(), Bar { why: why.clone(), way });
        until
    }
}

impl Desk<'_> {
    /// Bars the agent of a task that it was turned away from. Until when it is waited for.
    pub(super) fn turned_away(&mut self, task: &Task, why: &Turned) -> Option<Timestamp> {
        let agent = dispatch::runtime(task, self.settings).to_owned();
        let known = self.bars.by_agent.contains_key(&agent);
        let watched = self.options.terminal || self.options.watch;
        let until = self.bars.turned_away(&agent, why, self.settings, watched);
        if let Some(bar) = self.bars.by_agent.get(&agent).filter(|_| !known) {
            let then = match &bar.way {
                Way::Wait(until) => {
                    format!("it is given nothing until {}", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
                }
                Way::Other(other) => format!("`{other}` takes over for the rest of this drain"),
                Way::End => "it is given nothing any more in this drain".to_owned(),
            };
            self.notes.push(format!("`{agent}`: {}: {then}", why.why));
        }
        if let Err(agent) = self.bars.works_for(&agent) {
            self.bars.held.insert(task.id.clone(), agent);
        }
        until
    }

    /// Whether a task has to wait for its agent; one that another agent takes over has that one from now on.
    pub(super) fn barred(&mut self, task: &mut Task, turn: &Turn<'_>) -> bool {
        if !self.bars.any() || task.dispatch != Some(Dispatch::Yolo) {
            return false;
        }
        let wanted = dispatch::runtime(task, self.settings).to_owned();
        match self.bars.works_for(&wanted) {
            Ok(agent) if agent == wanted => return false,
            Ok(agent) => {
                task.runtime = Some(agent);
                return false;
            }
            Err(agent) => drop(self.bars.held.insert(task.id.clone(), agent)),
        }
        // All that wait are looked at once, not one by one.
        for row in turn.state().ready(turn.now()) {
            let Ok(other) = turn.task(&row.id) else { continue };
            if other.dispatch == Some(Dispatch::Yolo)
                && let Err(agent) = self.bars.works_for(dispatch::runtime(&other, self.settings))
            {
                self.bars.held.insert(row.id.clone(), agent);
            }
        }
        true
    }
}
