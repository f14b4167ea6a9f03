//! Errors in opencode's own lines and log, and what they mean.

use super::*;

fn raw(text: &str) -> Box<RawValue> {
    serde_json::from_str(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn errors_have_their_class() {
    let api = |data: &str| format!(r#"{{"name":"APIError","data":{{"message":"no",{data}}}}}"#);
    let table = [
        (api(r#""statusCode":401,"isRetryable":false"#), Class::Authentication),
        (api(r#""statusCode":402"#), Class::Billing),
        (api(r#""statusCode":403"#), Class::Authentication),
        (api(r#""statusCode":404"#), Class::Model),
        (api(r#""statusCode":400"#), Class::Model),
        (
            api(r#""statusCode":400,"responseBody":"{\"code\":\"context_length_exceeded\"}""#),
            Class::ContextTooLong,
        ),
        (api(r#""statusCode":413"#), Class::ContextTooLong),
        (api(r#""statusCode":429,"isRetryable":true"#), Class::RateLimit),
        (api(r#""statusCode":429,"responseBody":"{\"type\":\"insufficient_quota\"}""#), Class::Billing),
        (api(r#""statusCode":401,"responseBody":"{\"type\":\"CreditsError\"}""#), Class::Billing),
        // Also what is merely the day's free share is called so.
        (api(r#""statusCode":429,"responseBody":"check your plan and billing details""#), Class::RateLimit),
        (api(r#""statusCode":500"#), Class::Overload),
        (api(r#""statusCode":529"#), Class::Overload),
        (api(r#""statusCode":500,"responseBody":"insufficient_quota""#), Class::Overload),
        (api(r#""isRetryable":true"#), Class::Overload),
        (api(r#""isRetryable":false"#), Class::Other),
        (r#"{"name":"ContextOverflowError","data":{"message":"x"}}"#.into(), Class::ContextTooLong),
        (r#"{"name":"ProviderAuthError","data":{"message":"x"}}"#.into(), Class::Authentication),
        (r#"{"name":"MessageOutputLengthError","data":{}}"#.into(), Class::AgentLimit),
        (r#"{"name":"MessageAbortedError","data":{"message":"x"}}"#.into(), Class::Aborted),
        (r#"{"name":"UnknownError","data":{"message":"x"}}"#.into(), Class::Other),
        (r#"{"data":{"statusCode":"many","message":12}}"#.into(), Class::Other),
        ("[1]".into(), Class::Other),
    ];
    for (error, expected) in table {
        let failure = failure(Some(&raw(&error)), at("2026-11-20T10:00:00Z"));
        assert_eq!((failure.class, failure.not_before), (expected, None), "{error}");
        assert!(!failure.message.is_empty(), "{error}");
    }
    assert_eq!(failure(None, Timestamp::UNIX_EPOCH).class, Class::Other);
}

#[test]
fn a_rate_limit_says_until_when() {
    let now = at("2026-11-20T10:00:00Z");
    for (headers, until) in [
        (r#""retry-after":"90""#, Some("2026-11-20T10:01:30Z")),
        (r#""retry-after":"90","retry-after-ms":"1500""#, Some("2026-11-20T10:00:01.5Z")),
        (r#""retry-after":"-1""#, None),
        (r#""retry-after":"9223372036854775807""#, None),
        (r#""retry-after":90"#, None),
    ] {
        for (status, known) in [(429, true), (500, false)] {
            let error = format!(
                r#"{{"name":"APIError","data":{{"message":"no","statusCode":{status},"responseHeaders":{{{headers}}}}}}}"#
            );
            let expected = until.filter(|_| known).map(at);
            assert_eq!(failure(Some(&raw(&error)), now).not_before, expected, "{error}");
        }
    }
}

const LOG: &str = "timestamp=2026-11-20T10:43:46.265Z level=ERROR run=1 message=\"stream error\" error.error=\"AI_APICallError: This request would exceed your account's rate limit.\"\n";

const STRANGE: &str = "timestamp=2026-11-20T10:43:46.265Z level=ERROR run=1 message=\"stream error\" error.error=\"AI_APICallError: trouble\"\n";

#[test]
fn the_log_of_errors_says_what_the_stream_does_not() {
    let vague =
        || End::Failed(Failure { class: Class::Other, message: "see the log".into(), not_before: None });
    let unknown = "timestamp=2026-11-20T10:43:46.265Z level=ERROR message=failed error=\"ProviderModelNotFoundError: Model not found: \\\"a/b\\\".\" cause=\"x\"";
    let warning = LOG.replace("ERROR", "WARN");
    let again = STRANGE.repeat(2);
    let earlier = Some(at("2026-11-20T10:43:40Z"));
    let later = Some(at("2026-11-20T10:43:50Z"));
    let table = [
        (
            End::Open,
            None,
            LOG,
            earlier,
            Some((Class::RateLimit, "This request would exceed your account's rate limit.")),
        ),
        (
            End::Open,
            None,
            LOG,
            None,
            Some((Class::RateLimit, "This request would exceed your account's rate limit.")),
        ),
        (End::Open, None, LOG, later, None), // it went on after that
        (End::Done, Some(0), LOG, earlier, None),
        (End::Open, None, &warning, earlier, None),
        (vague(), Some(1), unknown, earlier, Some((Class::Model, "Model not found: \"a/b\"."))),
        (vague(), Some(1), "", earlier, None),
        (
            End::Open,
            Some(1),
            "\u{1b}[91m\u{1b}[1mError: \u{1b}[0mSession not found\n",
            None,
            Some((Class::Crash, "Session not found")),
        ),
        (End::Open, Some(0), "Error: Session not found\n", None, None),
        (
            End::Open,
            Some(1),
            "Error: Configuration is invalid at X\n\u{21b3} Expected a, got \"b\" c.d\nsk-secret\n",
            None,
            Some((Class::Crash, "Configuration is invalid at X; Expected a, got \"b\" c.d")),
        ),
        (
            End::Open,
            Some(1),
            "Error: Config file is not valid JSON(C):\n--- JSONC Input ---\n{\"key\":\"sk-secret\"}",
            None,
            Some((Class::Crash, "Config file is not valid JSON(C):")),
        ),
        (End::Open, Some(1), "node: warning", None, None),
        // Words that tell nothing: once it may be anything, again and again it is what may pass.
        (End::Open, None, STRANGE, None, Some((Class::Other, "trouble"))),
        (End::Open, None, &again, None, Some((Class::Overload, "trouble"))),
    ];
    for (end, code, stderr, last, expected) in table {
        let failure = of_stderr(&end, code, stderr, last);
        let found = failure.as_ref().map(|failure| (failure.class, failure.message.as_str()));
        assert_eq!(found, expected, "{end:?} {stderr}");
    }
}

#[test]
fn the_providers_words_in_the_log_have_a_class() {
    for (words, expected) in [
        ("You have hit your usage limit", Class::RateLimit),
        ("prompt is too long: 250000 tokens > 200000 maximum", Class::ContextTooLong),
        ("Overloaded", Class::Overload),
        ("Cannot connect to API: Unable to connect.", Class::Overload),
        ("invalid x-api key", Class::Authentication),
        ("something else", Class::Other),
    ] {
        assert_eq!(by_words(words), expected, "{words}");
    }
}

#[test]
fn a_steps_reason_says_how_it_ended() {
    assert_eq!(Finish::of("tool-calls"), Finish::Goes);
    assert_eq!(Finish::of(""), Finish::Goes);
    for done in ["stop", "other", "unknown"] {
        assert_eq!(Finish::of(done), Finish::Done);
    }
    for (reason, expected) in
        [("length", Class::AgentLimit), ("content-filter", Class::Other), ("error", Class::Overload)]
    {
        assert!(matches!(Finish::of(reason), Finish::Failed(Failure { class, .. }) if class == expected));
    }
}
