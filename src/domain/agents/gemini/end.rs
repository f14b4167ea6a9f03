//! How a Gemini CLI session ended: its `result` line, its exit code, and what the errors in them mean.

use jiff::{Span, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agents::json::value;
use crate::domain::agents::{Class, Failure, one_line, reset};

/// Characters of an error that are kept.
pub(super) const WORDS: usize = 500;

/// `result.error`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorInfo<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

/// The provider's own error inside `[API Error: {"error":{…}}]`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Provider,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Provider {
    code: Option<u16>,
    message: Option<String>,
}

impl ErrorInfo<'_> {
    /// The failure that a `result` line with this error tells of; `now` is when it was printed.
    pub(super) fn failure(&self, now: Option<Timestamp>) -> Failure {
        let kind: String = value(self.kind).unwrap_or_default();
        let message: String = value(self.message).unwrap_or_default();
        let body = provider(&message).unwrap_or_default();
        let class = of_kind(&kind)
            .or_else(|| of_words(&message))
            .or_else(|| body.code.and_then(Class::of_status))
            .unwrap_or(Class::Other);
        let limited = class == Class::RateLimit;
        let not_before = now.filter(|_| limited).and_then(|now| reset::until(&message, now));
        let words = one_line(body.message.as_deref().unwrap_or_else(|| bare(&message)), WORDS);
        let message = if words.is_empty() { "ended with an error it did not name".into() } else { words };
        Failure { class, message, not_before }
    }
}

/// Without the brackets that it puts around errors of the provider, and its advice behind them.
fn bare(message: &str) -> &str {
    let inner = message.strip_prefix("[API Error: ").and_then(|rest| rest.split_once(']'));
    inner.map_or(message, |(inner, _)| inner)
}

fn provider(message: &str) -> Option<Provider> {
    let at = message.find("{\"error\"")?;
    let body = serde_json::Deserializer::from_str(&message[at..]).into_iter::<Body>().next()?.ok()?;
    Some(body.error)
}

/// Its own names for errors (`FatalError` and its kinds).
fn of_kind(kind: &str) -> Option<Class> {
    match kind {
        "FatalAuthenticationError" => Some(Class::Authentication),
        "FatalTurnLimitedError" => Some(Class::AgentLimit),
        "FatalCancellationError" => Some(Class::Aborted),
        "FatalUntrustedWorkspaceError" => Some(Class::Permission),
        "FatalInputError" | "FatalConfigError" | "FatalSandboxError" => Some(Class::Crash),
        _ => None,
    }
}

/// Words of its own and of the provider, where no number tells: a key that is not valid is a
/// `400`, a prompt that is too long as well.
fn of_words(message: &str) -> Option<Class> {
    let table: [(&[&str], Class); 8] = [
        (&["api key not valid", "api_key_invalid", "api key expired"], Class::Authentication),
        (&["billing_disabled", "billing to be enabled", "credit balance"], Class::Billing),
        (&["prompt is too long", "input token count", "context window"], Class::ContextTooLong),
        (&["rate limit", "quota"], Class::RateLimit),
        (&["exceeded the token limit"], Class::AgentLimit),
        (&["overloaded", "high demand", "unavailable"], Class::Overload),
        (&["fetch failed", "terminated", "econnreset", "socket", "premature close"], Class::Overload),
        (&["model: ", "model not found", "is not found for api"], Class::Model),
    ];
    let message = message.to_lowercase();
    let has = |words: &&[&str]| words.iter().any(|word| message.contains(word));
    table.iter().find(|(words, _)| has(words)).map(|(_, class)| *class)
}

/// What an `error` event means; `None` for a warning after which it goes on.
pub(super) fn event(severe: bool, message: &str) -> Option<Failure> {
    let class = match message {
        _ if message.starts_with("Loop detected") => Class::Loop,
        _ if message.starts_with("Maximum session turns") => Class::AgentLimit,
        _ if message.starts_with("Agent execution blocked") => Class::Permission,
        _ if severe => of_words(message).unwrap_or(Class::Other),
        _ => return None,
    };
    Some(Failure { class, message: one_line(message, WORDS), not_before: None })
}

/// What its exit code means; `None` where it says nothing. Its own codes first, else the provider's
/// HTTP status modulo 256.
pub(super) fn of_code(code: i32) -> Option<Class> {
    match code {
        41 => Some(Class::Authentication),
        1 | 42 | 44 | 52 | 54 => Some(Class::Crash),
        53 => Some(Class::AgentLimit),
        55 => Some(Class::Permission),
        130 => Some(Class::Aborted),
        144..=255 => u16::try_from(code + 256).ok().and_then(Class::of_status),
        17 => Class::of_status(529),
        _ => None,
    }
}

/// Starts of the lines it prints on standard error that say nothing about how it ended.
const NOISE: [&str; 10] = [
    "Warning: ",
    "YOLO mode",
    "Ripgrep ",
    "[STARTUP]",
    "(node:",
    "(Use `node",
    "    at ",
    "Error executing tool",
    "Attempt ",
    "Loaded cached credentials",
];

/// The first line of its standard error that tells why it ended.
pub(super) fn said_on(stderr: &str) -> Option<String> {
    let lines = stderr.lines().filter(|line| !NOISE.iter().any(|noise| line.starts_with(noise)));
    lines.map(|line| one_line(line, WORDS)).find(|line| !line.is_empty())
}

/// When the provider lets it go on, from `retryDelayMs: N` of the error it prints when it gives up.
pub(super) fn delay(stderr: &str, now: Timestamp) -> Option<Timestamp> {
    let line = stderr.lines().rev().find_map(|line| line.trim().strip_prefix("retryDelayMs: "))?;
    let ms: i64 = line.trim_end_matches(',').parse().ok().filter(|ms| *ms > 0)?;
    now.checked_add(Span::new().try_milliseconds(ms).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_have_their_class() {
        let table = [
            (41, Some(Class::Authentication)),
            (42, Some(Class::Crash)),
            (53, Some(Class::AgentLimit)),
            (55, Some(Class::Permission)),
            (130, Some(Class::Aborted)),
            (144, Some(Class::Model)),
            (145, Some(Class::Authentication)),
            (146, Some(Class::Billing)),
            (147, Some(Class::Authentication)),
            (173, Some(Class::RateLimit)),
            (244, Some(Class::Overload)),
            (247, Some(Class::Overload)),
            (17, Some(Class::Overload)),
            (1, Some(Class::Crash)),
            (0, None),
            (99, None),
            (300, None),
            (-1, None),
        ];
        for (code, class) in table {
            assert_eq!(of_code(code), class, "{code}");
        }
    }

    #[test]
    fn errors_have_their_class_and_words() {
        let table = [
            (
                "unknown",
                "[API Error: {\"error\":{\"code\":403,\"message\":\"no\"}}]",
                Class::Authentication,
                "no",
            ),
            (
                "unknown",
                "[API Error: {\"error\":{\"code\":400,\"message\":\"API key not valid. Please\"}}]",
                Class::Authentication,
                "API key not valid. Please",
            ),
            (
                "unknown",
                "[API Error: {\"error\":{\"code\":400,\"message\":\"The input token count (9) exceeds\"}}]",
                Class::ContextTooLong,
                "The input token count (9) exceeds",
            ),
            ("unknown", "[API Error: {\"error\":{\"code\":400,\"message\":\"bad\"}}]", Class::Model, "bad"),
            (
                "unknown",
                "[API Error: You have exhausted your daily quota on this model.]\nPlease wait",
                Class::RateLimit,
                "You have exhausted your daily quota on this model.",
            ),
            ("unknown", "[API Error: terminated]", Class::Overload, "terminated"),
            ("unknown", "[API Error: model: x]", Class::Model, "model: x"),
            ("FatalTurnLimitedError", "Reached max", Class::AgentLimit, "Reached max"),
            ("FatalCancellationError", "Operation cancelled.", Class::Aborted, "Operation cancelled."),
            ("x", "\u{1b}[31mno idea\u{1b}[0m", Class::Other, "no idea"),
            ("x", "{\"error\": 5", Class::Other, "{\"error\": 5"),
            ("", "", Class::Other, "ended with an error it did not name"),
        ];
        for (kind, message, class, words) in table {
            let line = serde_json::json!({"type": kind, "message": message}).to_string();
            let info: ErrorInfo<'_> = serde_json::from_str(&line).unwrap();
            let expected = Failure { class, message: words.into(), not_before: None };
            assert_eq!(info.failure(None), expected, "{kind} {message}");
        }
    }

    #[test]
    fn standard_error_tells_why_and_until_when() {
        let noise = "Warning: 256\nYOLO mode\n\nRipgrep is\n    at x\nError executing tool a: quota\n";
        assert_eq!(said_on(noise), None);
        assert_eq!(
            said_on(&format!("{noise}\u{1b}[31mnot trusted\u{1b}[0m\nmore")).as_deref(),
            Some("not trusted")
        );
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let later = |text: &str| delay(text, now).map(|at| at.to_string());
        assert_eq!(later("x {\n  retryDelayMs: 3600000,\n}").as_deref(), Some("2026-11-20T11:00:00Z"));
        for text in ["retryDelayMs: undefined,", "retryDelayMs: -5", "retryDelayMs: 99999999999999999999", ""]
        {
            assert_eq!(later(text), None, "{text}");
        }
    }
}
