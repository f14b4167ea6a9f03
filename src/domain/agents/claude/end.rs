//! How a Claude Code session ended: its `result` line, and what the errors in it mean.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::SPEC;
use crate::domain::agents::json::{Raw, value};
use crate::domain::agents::{Class, Failure, Signal, Terminal, one_line, reset};
use crate::domain::attempt::completion::Promise;
use crate::system::clock;

/// Characters of an error that are kept.
pub(super) const WORDS: usize = 500;

/// The fields of a `result` line that matter.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Outcome<'a> {
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) session_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) total_cost_usd: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) model_usage_since_last_result: Option<&'a RawValue>,
    #[serde(borrow)]
    subtype: Option<&'a RawValue>,
    #[serde(borrow)]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    api_error_status: Option<&'a RawValue>,
    #[serde(borrow)]
    terminal_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    permission_denials: Option<&'a RawValue>,
}

/// One of `permission_denials`.
#[derive(Deserialize)]
struct Denial<'a> {
    #[serde(borrow)]
    tool_name: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_use_id: Option<&'a RawValue>,
}

impl Outcome<'_> {
    /// How it ended. `subtype` stays `success` for errors of the provider, so `is_error` counts
    /// too; an interrupt may exit 0, so the reason counts as well.
    pub(super) fn terminal(&self, text: &str, error: Option<&str>, limit: Option<&Limit>) -> Terminal {
        let subtype: String = value(self.subtype).unwrap_or_default();
        let reason: Option<String> = value(self.terminal_reason);
        let aborted = reason.as_deref().is_some_and(|reason| reason.starts_with("aborted"));
        if value(self.is_error) == Some(false) && subtype == "success" && !aborted {
            return Terminal::Success;
        }
        let reason = reason.as_deref().filter(|_| subtype == "success" || aborted).unwrap_or(&subtype);
        let class = class(error, Some(reason), value(self.api_error_status));
        // A refused request may be anything, and older versions say some things in words only.
        let vague = matches!(class, Class::Other | Class::Model);
        let class = if vague { by_words(text).unwrap_or(class) } else { class };
        let limit = limit.filter(|_| class == Class::RateLimit).and_then(|limit| limit.until);
        let said = || (class == Class::RateLimit).then(|| reset::until(text, clock::now())).flatten();
        let message = self.words(text, class, reason);
        Terminal::Failure(Failure { class, message, not_before: limit.or_else(said) })
    }

    /// `end`, with the tools that were refused named where it is a failure. A session that promises
    /// nothing and whose `last` call was refused ended because of it.
    pub(super) fn refused(&self, end: Terminal, promise: &Promise, last: Option<&str>) -> Terminal {
        let denials: Vec<Denial<'_>> = value(self.permission_denials).unwrap_or_default();
        let mut tools: Vec<String> = denials.iter().filter_map(|denial| value(denial.tool_name)).collect();
        tools.sort_unstable();
        tools.dedup();
        if tools.is_empty() {
            return end;
        }
        let named = format!("not permitted: `{}`", tools.join("`, `"));
        let at_last = || {
            let mut ids = denials.iter().filter_map(|denial| value::<String>(denial.tool_use_id));
            ids.any(|id| Some(id.as_str()) == last)
        };
        match end {
            Terminal::Success if *promise == Promise::None && at_last() => {
                let message = format!("it ended without a promise after a refusal; {named}");
                Terminal::Failure(Failure { class: Class::Permission, message, not_before: None })
            }
            Terminal::Failure(failure) => {
                let class = if failure.class == Class::Other && at_last() {
                    Class::Permission
                } else {
                    failure.class
                };
                let message = format!("{} ({named})", failure.message);
                Terminal::Failure(Failure { class, message, ..failure })
            }
            end => end,
        }
    }

    fn words(&self, text: &str, class: Class, reason: &str) -> String {
        let errors: Vec<String> = value(self.errors).unwrap_or_default();
        let words = match class {
            Class::Aborted => "interrupted".to_owned(), // its own words are for its makers
            _ if !text.trim().is_empty() => text.to_owned(),
            _ => errors.join("; "),
        };
        let words = one_line(&words, WORDS);
        if words.is_empty() { format!("ended with `{reason}`") } else { words }
    }
}

/// What an error means: first how the session ended, then the error's name, then the provider's
/// HTTP status. Never the words, and never what a tool printed.
pub(super) fn class(error: Option<&str>, reason: Option<&str>, status: Option<u16>) -> Class {
    let by_reason = match reason.unwrap_or_default() {
        "error_max_turns" | "max_turns" | "error_max_budget_usd" | "budget_exhausted" => {
            Some(Class::AgentLimit)
        }
        "prompt_too_long" | "blocking_limit" => Some(Class::ContextTooLong),
        reason if reason.starts_with("aborted") => Some(Class::Aborted),
        _ => None,
    };
    let by_error = || match error? {
        "authentication_failed" | "oauth_org_not_allowed" => Some(Class::Authentication),
        "billing_error" => Some(Class::Billing),
        "rate_limit" => Some(Class::RateLimit),
        "overloaded" | "server_error" => Some(Class::Overload),
        "model_not_found" | "invalid_request" => Some(Class::Model),
        "max_output_tokens" => Some(Class::AgentLimit),
        _ => None,
    };
    let by_status = || status.and_then(Class::of_status);
    by_reason.or_else(by_error).or_else(by_status).unwrap_or(Class::Other)
}

/// What an `api_retry` line tells. Without a status the connection was lost.
pub(super) fn retry(error: Raw<'_>, status: Raw<'_>) -> Signal {
    let error: String = value(error).unwrap_or_default();
    let status: Option<u16> = value(status);
    let class = match (class(Some(&error), None, status), status) {
        (Class::Other, None) => Class::Overload,
        (class, _) => class,
    };
    let words = match error.as_str() {
        "" | "unknown" => "connection lost".to_owned(),
        error => one_line(&error.replace('_', " "), WORDS),
    };
    Signal::Retry { class, words, until: None }
}

/// A failure, if this version is older than what is understood here.
pub(super) fn outdated(version: &str) -> Option<Failure> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let found: [u32; 3] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
    let [major, minor, patch] = SPEC.oldest;
    (found < SPEC.oldest).then(|| Failure {
        class: Class::Crash,
        message: format!(
            "Claude Code {} is too old, {major}.{minor}.{patch} is needed: install it with `{}`",
            one_line(version, 40),
            SPEC.install()
        ),
        not_before: None,
    })
}

/// What Claude Code's own words for an error mean; only ever asked about a result that is one.
fn by_words(text: &str) -> Option<Class> {
    let text = text.trim().to_lowercase();
    let says = |any: &[&str]| any.iter().any(|words| text.contains(words));
    if says(&["you've hit your", "usage limit reached", "rate limit"]) && text.contains("limit") {
        Some(Class::RateLimit)
    } else if says(&["credit balance is too low", "insufficient credit"]) {
        Some(Class::Billing)
    } else if says(&["prompt is too long", "input is too long"]) {
        Some(Class::ContextTooLong)
    } else if says(&[
        "invalid api key",
        "please run /login",
        "oauth token has expired",
        "authentication_error",
    ]) {
        Some(Class::Authentication)
    } else if says(&["api error: connection error", "api error: request timed out", "overloaded"]) {
        Some(Class::Overload)
    } else {
        None
    }
}

/// A usage limit that the provider enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    /// When it is lifted, where that was said.
    pub(super) until: Option<Timestamp>,
}

/// `rate_limit_event.rate_limit_info`.
#[derive(Deserialize)]
pub(super) struct LimitInfo<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow, rename = "resetsAt")]
    resets_at: Option<&'a RawValue>,
}

impl Limit {
    /// The limit, if this event is a refusal and not a warning. `resetsAt` is in epoch seconds.
    pub(super) fn rejected(info: &LimitInfo<'_>) -> Option<Self> {
        let rejected = value::<String>(info.status).is_some_and(|status| status == "rejected");
        let until = value::<i64>(info.resets_at).and_then(|second| Timestamp::from_second(second).ok());
        rejected.then_some(Self { until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_class() {
        let later = format!("Claude AI usage limit reached|{}", clock::now().as_second() + 3600);
        let table: [(&str, Option<Class>); 7] = [
            ("You've hit your session limit \u{b7} resets 3:30pm (UTC)", Some(Class::RateLimit)),
            (&later, Some(Class::RateLimit)),
            ("Credit balance is too low", Some(Class::Billing)),
            ("Prompt is too long", Some(Class::ContextTooLong)),
            ("Invalid API key \u{b7} Please run /login", Some(Class::Authentication)),
            ("API Error: Connection error.", Some(Class::Overload)),
            ("something else", None),
        ];
        for (text, expected) in table {
            assert_eq!(by_words(text), expected, "{text}");
            let line =
                serde_json::json!({"result": text, "is_error": true, "subtype": "success"}).to_string();
            let outcome: Outcome<'_> = serde_json::from_str(&line).unwrap();
            let Terminal::Failure(failure) = outcome.terminal(text, None, None) else { panic!("{text}") };
            assert_eq!(failure.class, expected.unwrap_or(Class::Other), "{text}");
            assert_eq!(failure.not_before.is_some(), expected == Some(Class::RateLimit), "{text}");
        }
    }

    #[test]
    fn errors_have_their_class() {
        let table = [
            (Some("rate_limit"), Some("api_error"), Some(429), Class::RateLimit),
            (Some("authentication_failed"), Some("completed"), Some(401), Class::Authentication),
            (Some("authentication_failed"), Some("api_error"), Some(403), Class::Authentication),
            (Some("billing_error"), Some("api_error"), Some(402), Class::Billing),
            (Some("model_not_found"), Some("api_error"), Some(404), Class::Model),
            (Some("invalid_request"), Some("prompt_too_long"), Some(400), Class::ContextTooLong),
            (Some("invalid_request"), Some("blocking_limit"), None, Class::ContextTooLong),
            (Some("invalid_request"), Some("api_error"), Some(400), Class::Model),
            (Some("max_output_tokens"), Some("api_error"), None, Class::AgentLimit),
            (Some("server_error"), Some("api_error"), None, Class::Overload),
            (Some("something_new"), Some("api_error"), Some(529), Class::Overload),
            (None, Some("api_error"), Some(429), Class::RateLimit),
            (None, Some("error_max_turns"), None, Class::AgentLimit),
            (None, Some("error_max_budget_usd"), None, Class::AgentLimit),
            (None, Some("aborted_tools"), None, Class::Aborted),
            (None, Some("aborted_streaming"), None, Class::Aborted),
            (None, Some("error_during_execution"), None, Class::Other),
            (None, None, None, Class::Other),
        ];
        for (error, reason, status, expected) in table {
            assert_eq!(class(error, reason, status), expected, "{error:?} {reason:?} {status:?}");
        }
    }

    #[test]
    fn only_older_versions_are_outdated() {
        for (version, old) in [
            ("2.1.328", false),
            ("2.1.0", false),
            ("2.1", false),
            ("3.0.0-beta.1", false),
            ("2.0.99", true),
            ("1.0.128 (Claude Code)", true),
        ] {
            let failure = outdated(version);
            assert_eq!(failure.is_some(), old, "{version}");
            if let Some(Failure { class, message, .. }) = failure {
                assert_eq!(class, Class::Crash);
                assert!(message.contains(version), "{message}");
                assert!(message.ends_with("`npm install -g @anthropic-ai/claude-code`"), "{message}");
            }
        }
    }
}
