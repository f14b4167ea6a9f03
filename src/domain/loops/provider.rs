//! What a run does when the agent's provider turns it away: pure decisions.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::agents::catalog::Agent;
use crate::domain::agents::{Class, Failure};
use crate::domain::loops::verdict::Reason;
use crate::system::config::OnRateLimit;

/// The first wait for a limit that does not say when it is lifted; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest of them.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Launches in a row that may fail before the run ends.
const LAUNCHES: u64 = 3;
/// The longest pause before an overloaded provider is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A wait for a limit ends later by a part of it up to this, so that not all come back at once.
const LATE: Duration = Duration::from_secs(10);

/// What was decided about it before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What a rate limit does, where somebody said so.
    pub on_rate_limit: Option<OnRateLimit>,
    /// Whether somebody may be watching: then a run waits rather than ends.
    pub terminal: bool,
    /// How often in a row an overloaded provider is tried again.
    pub retries: u64,
    /// The pause before the first of those, doubled each time.
    pub retry_delay: Duration,
}

/// Attempts in a row that did not get through, the last one not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    /// Turned away by a rate limit.
    pub limited: u64,
    /// Turned away by an overloaded or unreachable provider.
    pub overloaded: u64,
    /// Lost by their launcher.
    pub lost: u64,
}

/// Where a run stands when it is turned away.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// What has been tried.
    pub streak: Streak,
    /// Whether another agent is left to take over.
    pub other_left: bool,
    /// The time.
    pub now: Timestamp,
    /// Any number: it spreads what is tried again.
    pub chance: u64,
}

/// What the run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Tries again after this time.
    Again {
        /// How long to wait.
        after: Duration,
    },
    /// Waits until then, and tries again.
    Wait {
        /// When to go on.
        until: Timestamp,
    },
    /// Goes on with the next agent.
    Switch,
    /// Ends, and why.
    End(Reason),
}

/// What a failure that no task is to blame for does to the run.
pub fn step(failure: &Failure, policy: &Policy, standing: &Standing) -> Step {
    match failure.class {
        Class::RateLimit => limited(failure.not_before, policy, standing),
        Class::Overload if standing.streak.overloaded < policy.retries => {
            let pause = doubled(policy.retry_delay, standing.streak.overloaded, LONGEST_PAUSE);
            // Between half of it and all of it: who was turned away together does not come back together.
            Step::Again { after: pause / 2 + part(pause / 2, standing.chance) }
        }
        Class::Launcher if standing.streak.lost + 1 < LAUNCHES => {
            Step::Again { after: doubled(policy.retry_delay, standing.streak.lost, LONGEST_PAUSE) }
        }
        Class::Overload if standing.other_left => Step::Switch,
        Class::Overload => Step::End(Reason::RateLimited),
        _ => Step::End(Reason::Failed),
    }
}

fn limited(not_before: Option<Timestamp>, policy: &Policy, standing: &Standing) -> Step {
    let by_default = || if policy.terminal { OnRateLimit::Wait } else { OnRateLimit::Exit };
    let action = match policy.on_rate_limit {
        None | Some(OnRateLimit::Fallback) if standing.other_left => OnRateLimit::Fallback,
        None | Some(OnRateLimit::Fallback) => by_default(),
        Some(said) => said,
    };
    match action {
        OnRateLimit::Fallback => Step::Switch,
        OnRateLimit::Exit => Step::End(Reason::RateLimited),
        OnRateLimit::Wait => Step::Wait { until: until(not_before, standing) },
    }
}

/// The time that was named, if it is to come; one that was named before and was wrong is not believed
/// alone.
fn until(not_before: Option<Timestamp>, standing: &Standing) -> Timestamp {
    let named = not_before.map(|at| at.duration_since(standing.now));
    let named = named.and_then(|wait| Duration::try_from(wait).ok()).filter(|wait| !wait.is_zero());
    let limited = standing.streak.limited;
    let wait = match named {
        None => doubled(FIRST_WAIT, limited, LONGEST_WAIT),
        Some(named) if limited == 0 => named,
        Some(named) => named.max(doubled(FIRST_WAIT, limited - 1, LONGEST_WAIT)),
    };
    let wait = wait.saturating_add(part((wait / 10).min(LATE), standing.chance));
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    standing.now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// `first`, doubled `times` times, `most` at most.
fn doubled(first: Duration, times: u64, most: Duration) -> Duration {
    let factor = u32::try_from(times).ok().and_then(|times| 1u32.checked_shl(times)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(most)
}

/// Some part of `whole`.
fn part(whole: Duration, chance: u64) -> Duration {
    let thousandths = u32::try_from(chance % 1000).unwrap_or(0);
    (whole / 1000).saturating_mul(thousandths)
}

/// The way out of a failure that ends a run, where there is one.
pub fn way_out(agent: &Agent, class: Class) -> Option<String> {
    let spec = agent.spec()?;
    let name = &agent.name;
    let paid = agent.billing().unwrap_or_default();
    Some(match class {
        Class::Authentication => {
            let way = match spec.name {
                "claude" => "run `claude` and log in with `/login`",
                "codex" => "run `codex login`",
                "opencode" => "run `opencode auth login`",
                _ => "run `gemini` and log in",
            };
            let key = spec.keys.iter().find(|key| agent.variable(key).is_some());
            match (key, spec.keys.first()) {
                (Some(_), _) => format!("{paid}; correct it, or unset it and {way}"),
                (None, Some(key)) => format!("{paid}; {way}, or set `{key}`"),
                (None, None) => format!("{paid}; {way}"),
            }
        }
        Class::Billing => {
            format!("{paid}; add credit to that account, or choose another agent with `--agent`")
        }
        Class::Model => match &agent.model {
            Some(model) => format!("`{name}` was asked for the model `{model}`; name another with `--model`"),
            None => format!("`{name}` chose the model by itself; name one with `--model`"),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn policy(on_rate_limit: Option<OnRateLimit>, terminal: bool) -> Policy {
        Policy { on_rate_limit, terminal, retries: 5, retry_delay: Duration::from_secs(5) }
    }

    fn standing(limited: u64, overloaded: u64, other_left: bool) -> Standing {
        Standing {
            streak: Streak { limited, overloaded, lost: overloaded },
            other_left,
            now: at(NOW),
            chance: 0,
        }
    }

    fn failure(class: Class, not_before: Option<&str>) -> Failure {
        Failure { class, message: "no".into(), not_before: not_before.map(at) }
    }

    fn again(seconds: f64) -> Step {
        Step::Again { after: Duration::from_secs_f64(seconds) }
    }

    #[test]
    fn each_class_has_its_way() {
        use Class::{Authentication, Billing, Launcher, Model, Other, Overload, RateLimit};
        use OnRateLimit::{Exit, Fallback, Wait};
        let wait = Step::Wait { until: at("2026-01-01T12:01:00Z") };
        let (later, failed) = (Step::End(Reason::RateLimited), Step::End(Reason::Failed));
        let table = [
            ("rate limit, nobody watches", RateLimit, policy(None, false), standing(0, 0, false), later),
            ("rate limit, a terminal", RateLimit, policy(None, true), standing(0, 0, false), wait),
            ("rate limit, another agent", RateLimit, policy(None, true), standing(0, 0, true), Step::Switch),
            ("told to wait", RateLimit, policy(Some(Wait), false), standing(0, 0, true), wait),
            ("told to exit", RateLimit, policy(Some(Exit), true), standing(0, 0, true), later),
            ("told to switch", RateLimit, policy(Some(Fallback), true), standing(0, 0, true), Step::Switch),
            ("none left, a terminal", RateLimit, policy(Some(Fallback), true), standing(0, 0, false), wait),
            ("none left", RateLimit, policy(Some(Fallback), false), standing(0, 0, false), later),
            ("overload", Overload, policy(None, false), standing(0, 0, false), again(2.5)),
            ("overload, third", Overload, policy(Some(Exit), true), standing(9, 2, true), again(10.0)),
            ("overload, fifth", Overload, policy(None, true), standing(0, 4, true), again(40.0)),
            ("overload, too often", Overload, policy(None, true), standing(0, 5, true), Step::Switch),
            ("overload, none left", Overload, policy(Some(Wait), true), standing(0, 5, false), later),
            ("login", Authentication, policy(None, true), standing(0, 0, true), failed),
            ("credit", Billing, policy(Some(Wait), true), standing(0, 0, true), failed),
            ("model", Model, policy(Some(Fallback), true), standing(0, 0, true), failed),
            ("no receipt", Launcher, policy(None, true), standing(0, 0, true), again(5.0)),
            ("no receipt, twice", Launcher, policy(None, true), standing(0, 1, true), again(10.0)),
            ("no receipt, three times", Launcher, policy(None, true), standing(0, 2, true), failed),
            ("does not start", Other, policy(None, true), standing(0, 0, true), failed),
        ];
        for (name, class, policy, standing, expected) in table {
            assert_eq!(step(&failure(class, None), &policy, &standing), expected, "{name}");
        }
    }

    #[test]
    fn a_limit_is_waited_for_until_it_is_lifted() {
        let table = [
            (Some("2026-01-01T15:00:00Z"), 0, "2026-01-01T15:00:00Z"),
            (Some("2026-01-01T12:00:01Z"), 0, "2026-01-01T12:00:01Z"),
            (Some("2026-01-01T11:59:00Z"), 0, "2026-01-01T12:01:00Z"), // long gone
            (Some(NOW), 0, "2026-01-01T12:01:00Z"),
            (Some("2026-01-01T12:00:01Z"), 1, "2026-01-01T12:01:00Z"), // it was wrong before
            (Some("2026-01-01T15:00:00Z"), 3, "2026-01-01T15:00:00Z"),
            (None, 0, "2026-01-01T12:01:00Z"),
            (None, 1, "2026-01-01T12:02:00Z"),
            (None, 3, "2026-01-01T12:08:00Z"),
            (None, 4, "2026-01-01T12:15:00Z"),
            (None, u64::MAX, "2026-01-01T12:15:00Z"),
        ];
        for (not_before, limited, expected) in table {
            let failure = failure(Class::RateLimit, not_before);
            let step = step(&failure, &policy(None, true), &standing(limited, 0, false));
            assert_eq!(step, Step::Wait { until: at(expected) }, "{not_before:?} {limited}");
        }
    }

    #[test]
    fn chance_spreads_within_bounds() {
        let (limit, overload) = (failure(Class::RateLimit, None), failure(Class::Overload, None));
        let patient = Policy { retries: u64::MAX, ..policy(None, true) };
        for chance in [1, 250, 999, 123_456_789, u64::MAX] {
            for streak in [0, 3, 10, 40, 80] {
                let standing = Standing { chance, ..standing(streak, streak, false) };
                let Step::Wait { until } = step(&limit, &patient, &standing) else { panic!("waits") };
                let late = until.duration_since(at(NOW))
                    - doubled(FIRST_WAIT, streak, LONGEST_WAIT).try_into().unwrap();
                assert!(late > SignedDuration::ZERO && late <= SignedDuration::from_secs(10), "{late:?}");
                let Step::Again { after } = step(&overload, &patient, &standing) else { panic!("again") };
                let whole = doubled(patient.retry_delay, streak, LONGEST_PAUSE);
                assert!(after > whole / 2 && after < whole, "{after:?} of {whole:?}");
            }
        }
    }
}
