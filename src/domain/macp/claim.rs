//! Work by others than a drain: whoever claims a task holds it under a lease, and loses it when the lease runs out.

use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::check;
use super::dispatch;
use super::event::{Attempt, Blame, Event, Hold, Kind, Source};
use super::people;
use super::place::Place;
use super::queue::{Queue, Turn};
use super::schedule::Wish;
use super::settings::Settings;
use super::state::{Row, State};
use super::task::{Status, Task};
use super::worktree::{self, Ground};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::host::Host;

/// How long a claim holds where nobody says.
pub const LEASE: Duration = Duration::from_secs(10 * 60);

/// Who wants a task.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Who, by name.
    pub who: String,
    /// Tasks of this one only.
    pub org: Option<String>,
    /// How long without a word before it goes to somebody else.
    pub lease: Duration,
}

/// A task that is somebody's now.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its definition.
    pub task: Task,
    /// Which attempt this is.
    pub attempt: Attempt,
    /// Whose it is, until when.
    pub hold: Hold,
    /// Where it is worked.
    pub ground: Ground,
    /// What is to be done, with the notes of people who let it go on.
    pub brief: Option<String>,
}

/// What a claim came to.
#[derive(Debug)]
pub enum Answer {
    /// A task.
    Given(Box<Claimed>),
    /// Nothing can be worked now; when the next one's time comes, where that is known.
    Nothing(Option<Timestamp>),
    /// As many are worked as may be.
    Full(u64),
}

impl Hold {
    /// Whether the lease of a claim has run out, or the process died that was to end it here. What a drain or a `run` holds has
    /// no lease: that is theirs to find out.
    pub fn is_over(&self, now: Timestamp, here: &Host) -> bool {
        let Some(until) = self.lease_until else { return false };
        until <= now || (self.host == *here && self.holder.as_ref().is_some_and(|holder| !holder.alive()))
    }
}

impl Row {
    /// How far it is, for who only looks: a claim that is over counts as handed back.
    pub fn status_at(&self, now: Timestamp, here: &Host) -> Status {
        let over = self.status.is_active() && self.hold.as_ref().is_some_and(|hold| hold.is_over(now, here));
        if over { Status::Pending } else { self.status }
    }
}

/// The end of a lease that begins now.
pub fn until(now: Timestamp, lease: Duration) -> Timestamp {
    let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

/// Hands back what was claimed and whose lease has run out. Whoever changes the queue and wants work does this first.
pub fn reclaim(turn: &mut Turn<'_>) -> usize {
    let (now, here) = (turn.now(), Host::here());
    let over = |row: &&Row| row.status_at(now, &here) != row.status;
    let back = |row: &Row| {
        let who = row.hold.as_ref().map_or("", |hold| &hold.by);
        Event::again(&row.id, Blame::Lost, (row.forgiven + 1).min(row.attempts), None, now)
            .saying(format!("The lease of `{who}` ran out"))
    };
    let events: Vec<Event> = turn.state().rows().filter(over).map(back).collect();
    let count = events.len();
    for event in events {
        turn.record(event);
    }
    count
}

/// Gives `asking` the next task, and has the directory ready in which it is worked. Two that ask never get the same one. A task
/// whose directory cannot be made is failed, as a drain would, and the next one is given.
pub fn claim(queue: &mut Queue, settings: &Settings, asking: &Asking) -> Result<Answer> {
    loop {
        let place = queue.place().clone();
        let taken = queue.change(|turn| take(turn, (&place, settings), asking))?;
        let (task, attempt, hold) = match taken {
            Taken::Task(taken) => *taken,
            Taken::Nothing(at) => return Ok(Answer::Nothing(at)),
            Taken::Full(most) => return Ok(Answer::Full(most)),
        };
        match worktree::prepare(&task, queue.place(), settings) {
            Ok(ground) => {
                queue.sync()?;
                let brief = brief(&task, queue.place(), settings);
                return Ok(Answer::Given(Box::new(Claimed { task, attempt, hold, ground, brief })));
            }
            Err(error) => super::claim_update::hopeless(queue, settings, &task, &format!("{error:#}"))?,
        }
    }
}

/// What one look at the queue gives.
enum Taken {
    Task(Box<(Task, Attempt, Hold)>),
    Nothing(Option<Timestamp>),
    Full(u64),
}

fn take(turn: &mut Turn<'_>, (place, settings): (&Place, &Settings), asking: &Asking) -> Result<Taken> {
    reclaim(turn);
    let now = turn.now();
    let active = turn.state().active();
    if u64::try_from(active).unwrap_or(u64::MAX) >= settings.max_concurrent {
        return Ok(Taken::Full(settings.max_concurrent));
    }
    let wish = Wish { org: asking.org.clone(), worker: Some(asking.who.clone()) };
    let Some(row) = turn.state().next(now, &wish) else {
        return Ok(Taken::Nothing(turn.state().next_time()));
    };
    let (id, attempt) = (row.id.clone(), attempt(row, settings, 1));
    // As a drain, that starts nothing where a task is not as it should be.
    check::task(&turn.task(&id)?, place, settings)?;
    let hold = Hold {
        by: asking.who.clone(),
        host: Host::here(),
        holder: None,
        lease_until: Some(until(now, asking.lease)),
    };
    turn.record(Event::assigned(&id, now));
    turn.record(
        Event::started(&id, attempt, &hold, now)
            .from(Source::Worker)
            .saying(format!("Claimed by `{}`", hold.by)),
    );
    Ok(Taken::Task(Box::new((turn.task(&id)?, attempt, hold))))
}

/// What a task's brief says and below it the notes of people; none where the brief cannot be read, which its worker may not need.
fn brief(task: &Task, place: &Place, settings: &Settings) -> Option<String> {
    let text = dispatch::brief::brief(task, place, settings).ok();
    let parts: Vec<String> = [text, people::notes(task)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The attempt of a task that was started last, or (`more` is 1) the one after it.
pub fn attempt(row: &Row, settings: &Settings, more: u64) -> Attempt {
    let most = row.max_attempts.unwrap_or(settings.max_attempts);
    Attempt { number: row.attempts + more, forgiven: row.forgiven, most }
}

/// The row of a task that `who` holds, in its attempt `number` if one is given. Errors: no such task; it is somebody else's, or
/// nobody's.
pub fn held<'s>(state: &'s State, id: &str, who: &str, number: Option<u64>) -> Result<&'s Row> {
    let row = row(state, id)?;
    let again = "`taskrun macp claim` gives you what is to be worked";
    if row.status.is_final() {
        return Err(Fault::refused(format!("task `{id}` is {} already", row.status.word()), again));
    }
    let Some(hold) = &row.hold else {
        let message = format!("nobody holds task `{id}`: it is pending, handed back or its lease ran out");
        return Err(Fault::refused(message, again));
    };
    if hold.is_over(clock::now(), &Host::here()) {
        return Err(lapsed(id, hold));
    }
    let attempt = row.attempts;
    if hold.by != who || hold.lease_until.is_none() {
        let what = if hold.lease_until.is_none() { "worked" } else { "held" };
        let message = format!("task `{id}` is {what} by `{}` (attempt {attempt}), not by `{who}`", hold.by);
        return Err(Fault::refused(message, "say who you are with `--as`"));
    }
    if let Some(number) = number.filter(|number| *number != attempt) {
        let message =
            format!("task `{id}` is at attempt {attempt}, held by `{who}`; attempt {number} is over");
        return Err(Fault::refused(message, again));
    }
    if let Some(holder) = hold.holder.as_ref().filter(|holder| hold.host == Host::here() && holder.alive()) {
        let message = format!("the gates of task `{id}` are running (pid {})", holder.pid);
        return Err(Fault::refused(message, "wait for that `taskrun macp update`"));
    }
    Ok(row)
}

/// Why nobody may speak for a task any more whose claim is over.
fn lapsed(id: &str, hold: &Hold) -> anyhow::Error {
    let at = hold.lease_until.filter(|until| *until <= clock::now());
    let how = at.map_or("was cut short: its process died".to_owned(), |at| format!("ran out at {at}"));
    let message = format!("the lease of `{}` on task `{id}` {how}; the task is back in the queue", hold.by);
    Fault::refused(
        message,
        "`taskrun macp claim` takes the next task; hold on to it by `--lease`, or `macp update`",
    )
}

/// Takes note that the claim of a task is over, where it is. Errors: it is.
pub fn notice_end(queue: &mut Queue, id: &str) -> Result<()> {
    let here = Host::here();
    let over = |row: &Row| row.hold.as_ref().is_some_and(|hold| hold.is_over(clock::now(), &here));
    if !queue.state().row(id).is_some_and(over) {
        return Ok(());
    }
    let refused = queue.change(|turn| {
        let hold = turn.state().row(id).filter(|row| over(row)).and_then(|row| row.hold.as_deref().cloned());
        reclaim(turn);
        Ok(hold.map(|hold| lapsed(id, &hold)))
    })?;
    refused.map_or(Ok(()), Err)
}

/// A task's row. Unknown ids: [`Fault::NotFound`].
pub fn row<'s>(state: &'s State, id: &str) -> Result<&'s Row> {
    let unknown = || Fault::not_found(format!("no task `{id}`"), "`taskrun macp status` lists the tasks");
    state.row(id).ok_or_else(unknown)
}

impl Event {
    /// Somebody says something, or holds on to it (`hold`); the status stays that of `row`.
    pub fn progress(row: &Row, now: Timestamp) -> Self {
        let status = if row.status == Status::Cancelled { Status::Failed } else { row.status };
        Self::new(Kind::Progress, &row.id, status, now).from(Source::Worker)
    }

    /// The same with who holds it from now on.
    #[must_use]
    pub fn holding(self, hold: &Hold) -> Self {
        self.with("hold", json!(hold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::lock::Holder;

    #[test]
    fn a_claim_is_over_when_its_lease_is_or_its_process_here_is_dead() {
        let here = Host { name: "a".into(), ..Host::default() };
        let there = Host { name: "b".into(), ..Host::default() };
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let dead = Holder { start: Holder::me().start + 1, ..Holder::me() };
        let soon = Some(until(now, Duration::from_secs(1)));
        let table = [
            // A drain's has no lease, whatever became of its process.
            (&here, Some(dead.clone()), None, false),
            (&here, None, soon, false),
            (&here, None, Some(now), true),
            (&there, None, Some(now), true),
            (&here, Some(Holder::me()), soon, false),
            (&here, Some(dead.clone()), soon, true),
            // Nobody here knows what runs there.
            (&there, Some(dead.clone()), soon, false),
            (&there, Some(dead), Some(now), true),
        ];
        for (host, holder, lease_until, over) in table {
            let hold = Hold { by: "w".into(), host: host.clone(), holder, lease_until };
            assert_eq!(hold.is_over(now, &here), over, "{hold:?}");
        }
        assert_eq!(until(now, Duration::MAX), Timestamp::MAX);
    }
}
