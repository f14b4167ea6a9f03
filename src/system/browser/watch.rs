//! What the events of a tab amount to: whether the page is still, and what is wrong with it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Visit;
use super::console::{MOST, exception, keep, place, shortened, spelled};
use super::wire::Message;

/// How long nothing must happen after a page has loaded, at least where something went wrong: an overlay comes after what it tells of.
const QUIET_AFTER_TROUBLE: Duration = Duration::from_millis(600);
/// How long requests are waited for that a loaded page still has open.
const OPEN: Duration = Duration::from_secs(5);
/// Most requests that are kept track of.
const REQUESTS: usize = 20_000;
/// Most bytes that a page may fetch.
const BYTES: u64 = 256 << 20;

/// What is to be done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing.
    None,
    /// A dialog is closed: with yes or no.
    Close(bool),
    /// Loading is stopped.
    Stop,
}

/// What was heard of a tab so far.
#[derive(Debug)]
pub(super) struct Watch {
    frame: String,
    /// What was seen.
    pub visit: Visit,
    /// Whether the tab has crashed.
    pub crashed: bool,
    /// URLs of the requests under way that are waited for.
    open: HashMap<String, bool>,
    urls: HashMap<String, String>,
    loaded: Option<Instant>,
    quiet: Duration,
    moved: Instant,
    bytes: u64,
}

impl Watch {
    /// Of the tab whose outermost frame is `frame`, on its way to `url`; it is still when nothing happened for `quiet`.
    pub(super) fn new(frame: &str, url: &str, quiet: Duration, now: Instant) -> Self {
        Self {
            frame: frame.to_owned(),
            visit: Visit { url: url.to_owned(), ..Visit::default() },
            crashed: false,
            open: HashMap::new(),
            urls: HashMap::new(),
            loaded: None,
            quiet,
            moved: now,
            bytes: 0,
        }
    }

    /// Whether the page has loaded and nothing happens any more.
    pub(super) fn still(&self, now: Instant) -> bool {
        let Some(loaded) = self.loaded else { return false };
        let quiet = if self.sound() { self.quiet } else { self.quiet.max(QUIET_AFTER_TROUBLE) };
        let waits = self.open.values().any(|waits| *waits);
        let since = |moment: Instant| now.saturating_duration_since(moment);
        (!waits && since(self.moved.max(loaded)) >= quiet) || since(loaded) >= OPEN
    }

    /// Whether nothing is wrong so far.
    fn sound(&self) -> bool {
        let Visit { errors, exceptions, failed, status, .. } = &self.visit;
        let answered = status.is_none_or(|status| status < 500);
        errors.is_empty() && exceptions.is_empty() && failed.is_empty() && answered
    }

    /// Takes an event in.
    pub(super) fn hear(&mut self, message: &Message, now: Instant) -> Act {
        let params = &message.params;
        let request = params["requestId"].as_str().unwrap_or_default();
        match message.method.as_str() {
            "Network.requestWillBeSent" => self.asked(request, params),
            "Network.responseReceived" => self.answered(request, params),
            "Network.dataReceived" => {
                self.bytes += params["dataLength"].as_u64().unwrap_or(0);
                if self.bytes > BYTES && self.visit.trouble.is_none() {
                    self.visit.trouble = Some(format!("fetches more than {} MiB", BYTES >> 20));
                    return Act::Stop;
                }
            }
            "Network.loadingFinished" => self.end(request),
            "Network.loadingFailed" => self.failed(request, params),
            "Page.loadEventFired" => self.loaded = Some(now),
            "Runtime.consoleAPICalled" => self.logged(params),
            "Runtime.exceptionThrown" => {
                keep(&mut self.visit.exceptions, &exception(&params["exceptionDetails"]));
            }
            "Log.entryAdded" => self.noted(&params["entry"]),
            "Page.javascriptDialogOpening" => return Act::Close(params["type"] == "beforeunload"),
            "Inspector.targetCrashed" => self.crashed = true,
            _ => return Act::None,
        }
        self.moved = now;
        Act::None
    }

    fn is_page(&self, request: &str, params: &Value) -> bool {
        params["type"] == "Document"
            && params["frameId"].as_str() == Some(&self.frame)
            && params["loaderId"].as_str() == Some(request)
    }

    fn asked(&mut self, request: &str, params: &Value) {
        if self.is_page(request, params) {
            (self.loaded, self.visit.status) = (None, None);
            self.open.clear();
        }
        if self.urls.len() >= REQUESTS {
            return;
        }
        let url = params["request"]["url"].as_str().unwrap_or_default();
        let waits = !matches!(params["type"].as_str(), Some("EventSource" | "WebSocket" | "Ping" | "Media"));
        self.urls.insert(request.to_owned(), shortened(url));
        self.open.insert(request.to_owned(), waits);
    }

    fn answered(&mut self, request: &str, params: &Value) {
        let response = &params["response"];
        let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let url = shortened(response["url"].as_str().unwrap_or_default());
        if self.is_page(request, params) {
            self.visit.status = status;
            self.visit.url = url;
        } else if let Some(status @ 400..) = status {
            let words = response["statusText"].as_str().unwrap_or_default();
            self.lose(url, format!("{status} {words}").trim_end());
        }
    }

    fn failed(&mut self, request: &str, params: &Value) {
        self.end(request);
        let Some(url) = self.urls.get(request).cloned() else { return };
        let page = params["type"] == "Document" && url == self.visit.url;
        if params["canceled"] == true || page {
            return;
        }
        let reason = params["blockedReason"].as_str().or(params["errorText"].as_str());
        self.lose(url, reason.unwrap_or("failed"));
    }

    fn lose(&mut self, url: String, reason: &str) {
        let known = self.visit.failed.iter().any(|(other, _)| *other == url);
        // Asked for by every browser, whether a page has one or not.
        let icon = url.splitn(4, '/').nth(3) == Some("favicon.ico");
        if !known && !icon && self.visit.failed.len() < MOST {
            self.visit.failed.push((url, shortened(reason)));
        }
    }

    fn end(&mut self, request: &str) {
        self.open.remove(request);
    }

    fn logged(&mut self, params: &Value) {
        let level = params["type"].as_str().unwrap_or_default();
        if !matches!(level, "error" | "assert") {
            return;
        }
        let args = params["args"].as_array().map(Vec::as_slice).unwrap_or_default();
        let place = place(&params["stackTrace"]["callFrames"][0]);
        keep(&mut self.visit.errors, &(spelled(args) + &place));
    }

    fn noted(&mut self, entry: &Value) {
        let text = entry["text"].as_str().unwrap_or_default();
        // Requests are told by themselves.
        let request = entry["source"] == "network" && text.starts_with("Failed to load resource");
        if entry["level"] == "error" && !request {
            let url = entry["url"].as_str().filter(|url| !url.is_empty() && !text.contains(url));
            let at = url.map(|url| format!(" (at {url})")).unwrap_or_default();
            keep(&mut self.visit.errors, &(text.to_owned() + &at));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const QUIET: Duration = super::super::QUIET;

    fn event(method: &str, params: Value) -> Message {
        Message { method: method.into(), params, ..Message::default() }
    }

    fn heard(events: &[(&str, Value)]) -> Watch {
        let mut watch = Watch::new("F", "http://localhost:1/", QUIET, Instant::now());
        for (method, params) in events {
            watch.hear(&event(method, params.clone()), Instant::now());
        }
        watch
    }

    fn asks(id: &str, kind: &str, url: &str) -> (&'static str, Value) {
        let params =
            json!({"requestId": id, "loaderId": "D", "frameId": "F", "type": kind, "request": {"url": url}});
        ("Network.requestWillBeSent", params)
    }

    fn answers(id: &str, kind: &str, status: u16) -> (&'static str, Value) {
        let response =
            json!({"url": format!("http://localhost:1/{id}"), "status": status, "statusText": "Word"});
        let params =
            json!({"requestId": id, "loaderId": "D", "frameId": "F", "type": kind, "response": response});
        ("Network.responseReceived", params)
    }

    #[test]
    fn a_page_is_still_when_all_it_asked_for_is_there() {
        let (load, done) =
            (("Page.loadEventFired", json!({})), |id| ("Network.loadingFinished", json!({"requestId": id})));
        let later = |wait| Instant::now() + wait;
        let mut events = vec![asks("D", "Document", "u"), answers("D", "Document", 200), done("D")];
        assert!(!heard(&events).still(later(Duration::from_secs(60))), "it has not loaded");
        events.extend([asks("x", "Fetch", "u"), asks("s", "EventSource", "u"), load.clone()]);
        assert!(!heard(&events).still(later(QUIET * 2)), "a request is open");
        assert!(heard(&events).still(later(OPEN)), "not waited for for ever");
        events.push(done("x"));
        assert!(heard(&events).still(later(QUIET)));
        assert!(!heard(&events).still(Instant::now()));
        events.push(("Runtime.consoleAPICalled", json!({"type": "error", "args": [{"value": "no"}]})));
        assert!(!heard(&events).still(later(QUIET)), "an overlay may follow");
        assert!(heard(&events).still(later(QUIET_AFTER_TROUBLE)));
        events.push(asks("D", "Document", "u"));
        assert!(!heard(&events).still(later(Duration::from_secs(60))), "it went elsewhere");
    }

    #[test]
    fn what_fails_is_kept_once_and_in_bounds() {
        let fails = |id: &str, canceled: bool| {
            (
                "Network.loadingFailed",
                json!({"requestId": id, "type": "Script", "errorText": "net::ERR_X", "canceled": canceled}),
            )
        };
        let mut events = vec![
            asks("D", "Document", "http://localhost:1/"),
            answers("D", "Document", 404),
            answers("gone.png", "Image", 404),
            answers("gone.png", "Image", 404),
            answers("fine.png", "Image", 200),
            answers("favicon.ico", "Other", 404),
            asks("a", "Script", "http://far.example/a.js"),
            fails("a", false),
            asks("b", "Fetch", "http://localhost:1/b"),
            fails("b", true),
        ];
        let visit = heard(&events).visit;
        assert_eq!(visit.status, Some(404));
        assert_eq!(visit.url, "http://localhost:1/D");
        let failed = [("http://localhost:1/gone.png", "404 Word"), ("http://far.example/a.js", "net::ERR_X")];
        assert_eq!(visit.failed, failed.map(|(url, why)| (url.to_owned(), why.to_owned())));
        for at in 0..1000 {
            let args = json!([{"value": format!("{at}{}", "é".repeat(2_000))}]);
            events.push(("Runtime.consoleAPICalled", json!({"type": "error", "args": args})));
        }
        let visit = heard(&events).visit;
        assert_eq!(visit.errors.len(), MOST);
        assert!(visit.errors.iter().all(|said| said.text.chars().count() == 2_001));
        let mut watch = heard(&[]);
        let flood = event("Network.dataReceived", json!({"dataLength": BYTES + 1}));
        assert_eq!(watch.hear(&flood, Instant::now()), Act::Stop);
        assert_eq!(watch.hear(&flood, Instant::now()), Act::None, "once");
    }

    #[test]
    fn dialogs_are_closed() {
        let dialog = |kind| event("Page.javascriptDialogOpening", json!({"type": kind}));
        assert_eq!(heard(&[]).hear(&dialog("alert"), Instant::now()), Act::Close(false));
        assert_eq!(heard(&[]).hear(&dialog("beforeunload"), Instant::now()), Act::Close(true));
    }
}
