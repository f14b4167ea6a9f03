//! How a Codex session ended: what the errors in its own words mean.

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::agents::{Class, Failure, Signal, one_line, reset};

/// Characters of an error that are kept.
const WORDS: usize = 500;

/// What Codex prints in front of an error that it gets over by itself: `Reconnecting... 2/5 (…)`.
const RECONNECTING: &str = "Reconnecting...";

/// Wordings that say more than the status they came with, in lower case; the first that is found counts.
const TELLING: [(&str, Class); 20] = [
    ("usage limit", Class::RateLimit),
    ("context window", Class::ContextTooLong),
    ("context_length_exceeded", Class::ContextTooLong),
    ("maximum context length", Class::ContextTooLong),
    ("is too long", Class::ContextTooLong),
    ("exceeds the maximum length", Class::ContextTooLong),
    ("quota will reset", Class::RateLimit),
    ("quota", Class::Billing),
    ("out of credits", Class::Billing),
    ("credit limit", Class::Billing),
    ("credit balance", Class::Billing),
    ("spend cap", Class::Billing),
    ("usage_not_included", Class::Billing),
    ("usage not included", Class::Billing),
    ("rate limit", Class::RateLimit),
    ("rate_limit", Class::RateLimit),
    ("max_output_tokens", Class::AgentLimit),
    ("budget exceeded", Class::AgentLimit),
    ("budget reached", Class::AgentLimit),
    ("turn aborted", Class::Aborted),
];

/// Wordings that count where neither those nor a status tell.
const VAGUE: [(&str, Class); 22] = [
    ("unauthorized", Class::Authentication),
    ("log in", Class::Authentication),
    ("sign in", Class::Authentication),
    ("refresh token", Class::Authentication),
    ("api key", Class::Authentication),
    ("missing environment variable", Class::Authentication),
    ("too many requests", Class::RateLimit),
    ("high demand", Class::Overload),
    ("high load", Class::Overload),
    ("overloaded", Class::Overload),
    ("at capacity", Class::Overload),
    ("capacity is unavailable", Class::Overload),
    ("content_filter", Class::Other),
    ("stream disconnected", Class::Overload),
    ("connection", Class::Overload),
    ("error sending request", Class::Overload),
    ("network", Class::Overload),
    ("timed out", Class::Overload),
    ("timeout", Class::Overload),
    ("server error", Class::Overload),
    ("server_error", Class::Overload),
    ("unavailable", Class::Overload),
];

/// What of a refused model is said in which words.
const MODEL: [&str; 5] = ["does not exist", "not found", "not supported", "newer version", "no such"];

/// The provider's answer, where Codex hands it on as it came.
#[derive(Deserialize)]
struct Body {
    error: BodyError,
}

#[derive(Deserialize)]
struct BodyError {
    message: String,
    code: Option<String>,
}

/// What an error in Codex's own words means.
fn class(message: &str) -> Class {
    let body = serde_json::from_str::<Body>(message).ok();
    let text = body.map_or_else(
        || message.to_owned(),
        |Body { error }| format!("{} {}", error.message, error.code.unwrap_or_default()),
    );
    let text = text.to_lowercase();
    let found =
        |list: &[(&str, Class)]| list.iter().find(|(words, _)| text.contains(words)).map(|(_, class)| *class);
    let by_status = status(&text).and_then(Class::of_status);
    // Who may not enter or is out of order says so by its status; the words around may be any.
    let firm =
        by_status.filter(|class| matches!(class, Class::Authentication | Class::Billing | Class::Overload));
    let model = || {
        let named = text.contains("model") && MODEL.iter().any(|words| text.contains(words));
        (named || text.starts_with("model:") || text.contains("invalid_request_error"))
            .then_some(Class::Model)
    };
    firm.or_else(|| found(&TELLING))
        .or(by_status)
        .or_else(model)
        .or_else(|| found(&VAGUE))
        .unwrap_or(Class::Other)
}

/// The status in `unexpected status 401 Unauthorized: …` or `…, last status: 429 Too Many Requests`.
fn status(text: &str) -> Option<u16> {
    let after = |words: &str| text.split_once(words).map(|(_, rest)| rest);
    let rest = after("unexpected status ").or_else(|| after("last status: "))?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// An error's words for people: without the wrapping, the address and the request's number.
fn words(message: &str) -> String {
    let inner = match serde_json::from_str::<Body>(message) {
        Ok(body) => body.error.message,
        Err(_) => message.to_owned(),
    };
    let ends = [", url: ", ", cf-ray: ", ", request id: "];
    let end = ends.iter().filter_map(|end| inner.find(end)).min().unwrap_or(inner.len());
    one_line(&inner[..end], WORDS)
}

/// Whether this error is one that Codex means to get over.
pub(super) fn goes_on(message: &str) -> bool {
    message.starts_with(RECONNECTING)
}

/// The error of a turn that failed.
pub(super) fn failure(message: &str, now: Timestamp) -> Failure {
    let class = class(message);
    let words = words(message);
    Failure {
        class,
        message: if words.is_empty() { "its turn failed".to_owned() } else { words },
        not_before: until(class, message, now),
    }
}

/// An error that Codex may get over.
pub(super) fn retry(message: &str, now: Timestamp) -> Signal {
    let inner = inner(message);
    let class = class(inner);
    Signal::Retry { class, words: steady(&words(inner)), until: until(class, inner, now) }
}

/// What it says went wrong, without how often it has tried.
pub(super) fn inner(message: &str) -> &str {
    message.strip_prefix(RECONNECTING).map_or(message, |rest| {
        let (_, inner) = rest.split_once('(').unwrap_or(("", rest));
        inner.strip_suffix(')').unwrap_or(inner).trim()
    })
}

fn until(class: Class, message: &str, now: Timestamp) -> Option<Timestamp> {
    matches!(class, Class::RateLimit | Class::Overload).then(|| reset::until(message, now)).flatten()
}

/// `text` with `#` for the numbers that may change from one try to the next: all but a status.
fn steady(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let end = number[..end].trim_end_matches('.').len();
        let kept = matches!(number[..end].parse(), Ok(400..=599));
        out.push_str(before);
        out.push_str(if kept { &number[..end] } else { "#" });
        rest = &number[end..];
    }
    out + rest
}

/// Why it ended without a word on its stream, by its exit code and error output. Once a turn began, its
/// log may quote tools, so its words decide nothing any more; they are only shown.
pub(super) fn refused(code: i32, turn: bool, stderr: &str) -> Option<Failure> {
    let own =
        |line: &&str| ["error: ", "Error: ", "Error loading "].iter().any(|start| line.starts_with(start));
    let spoken = |line: &&str| {
        let log = line.starts_with(|c: char| c.is_ascii_digit());
        !line.trim().is_empty() && !log && !line.starts_with("Reading ") && !line.starts_with("WARNING")
    };
    let lines = || stderr.lines().map(str::trim_end);
    let line = if turn { lines().rfind(own) } else { lines().find(own).or_else(|| lines().rfind(spoken)) };
    let line = line.filter(|line| !line.is_empty())?;
    let message = line.strip_prefix("Error: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line);
    let class = match class(message) {
        _ if code == 2 || turn => Class::Crash,
        Class::Other | Class::Model => Class::Crash,
        class => class,
    };
    Some(Failure { class, message: one_line(message, WORDS), not_before: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_their_class() {
        let table = [
            (
                "unexpected status 401 Unauthorized: invalid x-api-key, url: http://x/v1",
                Class::Authentication,
            ),
            ("unexpected status 403 Forbidden: Your account does not exist", Class::Authentication),
            ("unexpected status 402 Payment Required: pay", Class::Billing),
            ("unexpected status 404 Not Found: nothing here", Class::Model),
            ("unexpected status 400 Bad Request: rate limit of words", Class::RateLimit),
            ("unexpected status 529 <unknown status code>: Overloaded", Class::Overload),
            ("unexpected status 503 Service Unavailable: usage limit service is down", Class::Overload),
            ("exceeded retry limit, last status: 429 Too Many Requests", Class::RateLimit),
            ("exceeded retry limit, last status: 500 Internal Server Error, request id: 7", Class::Overload),
            ("You’ve hit your usage limit. Visit https://x to purchase more credits", Class::RateLimit),
            ("Usage limit reached. You've reached your usage limit.", Class::RateLimit),
            ("stream disconnected before completion: Rate limit reached for gpt-5", Class::RateLimit),
            ("Quota exceeded. Check your plan and billing details.", Class::Billing),
            ("You're out of credits. Your workspace is out of credits.", Class::Billing),
            ("You hit your spend cap set in your workspace.", Class::Billing),
            ("model: no-such-model", Class::Model),
            ("The 'x' model is not supported when using Codex with a ChatGPT account.", Class::Model),
            ("The model `x` does not exist or you do not have access to it.", Class::Model),
            ("The 'x' model requires a newer version of Codex.", Class::Model),
            (
                "{\"error\":{\"message\":\"prompt is too long: 9 tokens\",\"code\":null}}",
                Class::ContextTooLong,
            ),
            ("{\"error\":{\"message\":\"no\",\"code\":\"context_length_exceeded\"}}", Class::ContextTooLong),
            ("Codex ran out of room in the model's context window.", Class::ContextTooLong),
            ("We’re currently experiencing high demand, which may cause temporary errors.", Class::Overload),
            ("Selected model is at capacity. Please try a different model.", Class::Overload),
            ("stream disconnected before completion: error sending request", Class::Overload),
            ("waiting for network (Connection failed: error sending request", Class::Overload),
            (
                "stream disconnected before completion: Incomplete response returned, reason: max_output_tokens",
                Class::AgentLimit,
            ),
            (
                "stream disconnected before completion: Incomplete response returned, reason: content_filter",
                Class::Other,
            ),
            (
                "Your access token could not be refreshed. Please log out and sign in again.",
                Class::Authentication,
            ),
            ("Missing environment variable: `OPENAI_API_KEY`.", Class::Authentication),
            ("internal error; agent loop died unexpectedly", Class::Other),
            ("", Class::Other),
        ];
        for (message, expected) in table {
            assert_eq!(class(message), expected, "{message}");
        }
    }

    #[test]
    fn a_retry_has_the_same_words_each_time() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let told = |message: &str| match retry(message, now) {
            Signal::Retry { words, until, .. } => (words, until.map(|until| until.to_string())),
            other => panic!("{other:?}"),
        };
        for tries in ["1/5", "2/5"] {
            let (words, _) =
                told(&format!("Reconnecting... {tries} (unexpected status 529 <?>: Over, url: $U)"));
            assert_eq!(words, "unexpected status 529 <?>: Over");
        }
        let (words, until) =
            told("Reconnecting... 1/5 (Rate limit reached: used 29000. Please try again in 1.5s)");
        assert_eq!(words, "Rate limit reached: used #. Please try again in #s");
        assert_eq!(until.as_deref(), Some("2026-11-21T12:00:01.5Z"));
        let (words, _) =
            told("Reconnecting... waiting for network (Connection failed: error sending request)");
        assert_eq!(words, "Connection failed: error sending request");
        assert_eq!(told("something new").0, "something new");
    }

    #[test]
    fn the_error_output_tells_why_nothing_began() {
        let large =
            "Error: turn/start: turn/start failed: Input exceeds the maximum length of 1048576 characters.";
        let log = "2026-11-20T09:53:46.3Z ERROR codex_core::tools: error=no such file\n";
        let table = [
            (1, false, format!("Reading prompt from stdin...\n{large}\n"), Some(Class::ContextTooLong)),
            (1, true, format!("{log}{large}\n"), Some(Class::Crash)),
            (
                2,
                false,
                "error: unexpected argument '--api key' found\n\n  tip: x\n".into(),
                Some(Class::Crash),
            ),
            (1, false, "Error: Missing environment variable: `K`.".into(), Some(Class::Authentication)),
            (1, false, "Error: thread/resume failed: no rollout found".into(), Some(Class::Crash)),
            (
                1,
                false,
                "Error loading config.toml: invalid transport\nin `mcp_servers.a`\n".into(),
                Some(Class::Crash),
            ),
            (1, false, "Not inside a trusted directory and x.".into(), Some(Class::Crash)),
            (1, true, "Not inside a trusted directory and x.".into(), None),
            (1, true, format!("Reading prompt from stdin...\n{log}"), None),
            (1, false, String::new(), None),
        ];
        for (code, turn, stderr, expected) in table {
            assert_eq!(refused(code, turn, &stderr).map(|failure| failure.class), expected, "{stderr}");
        }
        let failure = refused(2, false, "error: unexpected argument '--x' found").unwrap();
        assert_eq!(failure.message, "unexpected argument '--x' found");
    }
}
