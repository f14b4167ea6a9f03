//! How a Claude Code session ended: its `result` line, and what the errors in it mean.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agents::json::value;
use crate::domain::agents::{Class, Failure, Terminal, one_line};

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
        let until = limit.filter(|_| class == Class::RateLimit).and_then(|limit| limit.until);
        Terminal::Failure(Failure { class, message: self.words(text, class, reason), not_before: until })
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
}
