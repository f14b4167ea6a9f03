//! What the preview's page shows, as plain data: each part is sent again only when it has changed.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::domain::beads;
use crate::domain::sites::pages::{Kind, Page};
use crate::domain::sites::server::{State, Status};
use crate::domain::sites::tasks::Tasks;
use crate::domain::sites::{Site, Sites};
use crate::system::process::Ended;

/// No more lines of the log are shown …
const LINES: usize = 200;
/// … and no more of one.
const LINE: usize = 500;
/// No more tasks are shown.
const TASKS: usize = 300;

/// The parts, each with the number of its last change.
#[derive(Debug, Default)]
pub struct Parts {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    rev: u64,
    parts: BTreeMap<&'static str, (u64, Value)>,
}

impl Parts {
    /// Puts a part in the place of the one of that name; nothing changes where it is the same.
    pub fn put(&self, name: &'static str, part: Value) {
        let mut inner = self.lock();
        if inner.parts.get(name).is_some_and(|(_, old)| *old == part) {
            return;
        }
        inner.rev += 1;
        let rev = inner.rev;
        inner.parts.insert(name, (rev, part));
        drop(inner);
        self.changed.notify_all();
    }

    /// Changes one field of a part that is there.
    pub fn amend(&self, name: &'static str, field: &str, value: Value) {
        let part = self.lock().parts.get(name).map(|(_, part)| part.clone());
        if let Some(mut part) = part {
            part[field] = value;
            self.put(name, part);
        }
    }

    /// What has changed since `since`, as soon as something has, or nothing after `patience`. A number from elsewhere is none.
    pub fn since(&self, since: u64, patience: Duration) -> Value {
        let until = Instant::now() + patience;
        let mut inner = self.lock();
        while inner.rev == since {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let since = if since > inner.rev { 0 } else { since };
        let mut news = Map::from_iter([("rev".to_owned(), inner.rev.into())]);
        for (name, (rev, part)) in &inner.parts {
            if *rev > since {
                news.insert((*name).to_owned(), part.clone());
            }
        }
        Value::Object(news)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is done with the server, by order of this preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It is started.
    Start,
    /// It is stopped.
    Stop,
    /// Both, one after the other.
    Restart,
}

/// The site itself.
pub fn site(sites: &Sites, site: &Site) -> Value {
    let workspace = sites.workspace().root().display().to_string();
    json!({"name": site.name, "path": site.path.display().to_string(), "stack": site.recipe.stack, "workspace": workspace})
}

/// Its server: how it is, what is being done with it, and what went wrong with that; `ended`, in words, where
/// nobody has stopped it.
pub fn server(status: &Status, order: Option<Order>, error: Option<&str>, ended: Option<String>) -> Value {
    let port = status.port.map(|port| format!(" :{port}")).unwrap_or_default();
    let words = match (order, status.state) {
        (Some(Order::Stop), _) => "Stopping".to_owned(),
        (Some(Order::Restart), State::Stopped | State::Ok) => "Restarting".to_owned(),
        (Some(Order::Start), State::Stopped) => "Starting".to_owned(),
        (None, State::Stopped) if error.is_some() => "The dev server could not be started".to_owned(),
        (None, State::Stopped) => ended.unwrap_or_else(|| "Stopped".to_owned()),
        (_, State::Starting) => "Starting, no port yet".to_owned(),
        (_, State::Listening) => format!("Listening{port}, no answer yet"),
        (_, State::Answering) => format!("Answering{port}, with an error"),
        (_, State::Ok) => format!("Running{port}"),
    };
    let more = match status.state {
        State::Stopped if order.is_none() => {
            format!(
                "Start it here, or with `taskrun site start {}`. This page follows by itself.",
                status.name
            )
        }
        State::Ok | State::Answering => String::new(),
        _ => "This page follows by itself.".to_owned(),
    };
    let run = status.pid.map(|pid| format!("{pid} {}", status.since.as_deref().unwrap_or_default()));
    json!({"state": status.state, "words": words, "more": more, "url": status.url, "port": status.port,
        "adopted": status.adopted, "since": status.since, "run": run, "busy": order.is_some(), "error": error})
}

/// How a server ended that nobody has stopped, in words.
pub fn ending(how: Option<Ended>) -> String {
    match how {
        Some(Ended { code: Some(code), .. }) => format!("The dev server ended with exit code {code}"),
        Some(Ended { signal: Some(signal), .. }) => format!("The dev server was ended by signal {signal}"),
        _ => "The dev server ended".to_owned(),
    }
}

/// Its pages, the one that is opened first, and how an example is given to those that need one.
pub fn pages(site: &Site, pages: &[Page], error: Option<&str>, selected: Option<&str>) -> Value {
    let page = |page: &Page| {
        let hint = match (page.kind, page.open()) {
            (Kind::Dynamic, None) => Some(format!(
                "No example yet: taskrun site pages {} --example '{}=VALUE'",
                site.name, page.path
            )),
            (Kind::Api, _) => Some("An API route, no page.".to_owned()),
            _ => None,
        };
        json!({"path": page.path, "kind": page.kind, "open": page.open(), "title": page.title, "file": page.file,
            "source": page.source, "hint": hint})
    };
    let first = selected.or(site.page.as_deref()).unwrap_or("/");
    let list: Vec<Value> = pages.iter().map(page).collect();
    json!({"selected": first, "list": list, "error": error})
}

/// The tasks of its epic, with the budget.
pub fn tasks(told: &Tasks) -> Value {
    let epic = told.epic.as_deref().and_then(|id| told.tasks.iter().find(|task| task.id == id));
    let rest = told.tasks.iter().filter(|task| Some(&task.id) != told.epic.as_ref());
    let above = usize::from(epic.is_some());
    let list: Vec<Value> = rest
        .clone()
        .take(TASKS)
        .map(|task| {
            let (glyph, words) = glyph(task.state);
            json!({"id": task.id, "title": task.title, "glyph": glyph, "words": words, "count": task.left,
                "depth": task.depth.saturating_sub(above)})
        })
        .collect();
    let counts = &told.counts;
    let total = counts.ready + counts.in_progress + counts.blocked + counts.done;
    let epic = epic.map(|epic| json!({"id": epic.id, "title": epic.title}));
    json!({"epic": epic, "budget": told.budget, "done": counts.done, "total": total,
        "more": rest.count().saturating_sub(TASKS), "list": list, "error": null})
}

/// Tasks that cannot be read.
pub fn no_tasks(error: &str) -> Value {
    json!({"epic": null, "budget": null, "done": 0, "total": 0, "more": 0, "list": [], "error": error})
}

/// The glyph of a state, and its words.
fn glyph(state: beads::State) -> (&'static str, &'static str) {
    match state {
        beads::State::Ready => ("○", "ready"),
        beads::State::Blocked => ("○", "blocked"),
        beads::State::Aside => ("○", "put off"),
        beads::State::InProgress => ("◐", "in progress"),
        beads::State::Done => ("●", "done"),
    }
}

/// The end of a log that is `size` bytes long, of which `end` are the last: as text, line by line.
pub fn log(end: &[u8], size: u64) -> Value {
    let text = String::from_utf8_lossy(end);
    let text = console::strip_ansi_codes(&text);
    let mut lines: Vec<String> = text.lines().map(line).collect();
    let cut = size > end.len() as u64;
    if cut && lines.len() > 1 {
        lines.remove(0);
    }
    let more = lines.len().saturating_sub(LINES);
    lines.drain(..more);
    json!({"lines": lines, "cut": cut || more > 0})
}

/// A line without what is no text; the last of those that were written over one another.
fn line(line: &str) -> String {
    let line = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let plain = line.chars().filter(|letter| !letter.is_control() || *letter == '\t');
    let mut short: String = plain.take(LINE + 1).collect();
    if let Some((at, _)) = short.char_indices().nth(LINE) {
        short.truncate(at);
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let parts = Parts::default();
        parts.put("site", json!(1));
        parts.put("log", json!([]));
        assert_eq!(parts.since(0, Duration::ZERO), json!({"rev": 2, "site": 1, "log": []}));
        parts.put("log", json!([]));
        assert_eq!(parts.since(2, Duration::ZERO), json!({"rev": 2}));
        parts.put("log", json!(["a"]));
        assert_eq!(parts.since(2, Duration::from_secs(60)), json!({"rev": 3, "log": ["a"]}));
        assert_eq!(parts.since(99, Duration::ZERO), json!({"rev": 3, "site": 1, "log": ["a"]}));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| parts.since(3, Duration::from_secs(60)));
            parts.put("site", json!(2));
            assert_eq!(waiting.join().unwrap(), json!({"rev": 4, "site": 2}));
        });
    }

    #[test]
    fn a_server_is_told_in_words() {
        let at = |state, port| Status { name: "shop".into(), state, port, ..Status::default() };
        let table = [
            (at(State::Stopped, None), None, None, "Stopped"),
            (at(State::Stopped, None), None, Some("no"), "The dev server could not be started"),
            (at(State::Stopped, None), Some(Order::Start), None, "Starting"),
            (at(State::Starting, None), Some(Order::Start), None, "Starting, no port yet"),
            (at(State::Listening, Some(1)), None, None, "Listening :1, no answer yet"),
            (at(State::Answering, Some(1)), None, None, "Answering :1, with an error"),
            (at(State::Ok, Some(1)), None, None, "Running :1"),
            (at(State::Ok, Some(1)), Some(Order::Stop), None, "Stopping"),
        ];
        for (status, order, error, words) in table {
            assert_eq!(server(&status, order, error, None)["words"], words);
        }
    }

    #[test]
    fn one_that_ended_by_itself_is_told_apart() {
        let how = |code, signal| Some(Ended { code, signal });
        let table = [
            (None, None, "The dev server ended"),
            (None, how(Some(1), None), "The dev server ended with exit code 1"),
            (None, how(None, Some(9)), "The dev server was ended by signal 9"),
            (Some(Order::Start), how(Some(1), None), "Starting"),
        ];
        for (order, how, words) in table {
            assert_eq!(server(&Status::default(), order, None, Some(ending(how)))["words"], words);
        }
    }

    #[test]
    fn a_log_is_text() {
        let table: [(&[u8], u64, Value); 5] = [
            (b"", 0, json!({"lines": [], "cut": false})),
            (b"\x1b[32mok\x1b[0m\r\nb\x07\n", 20, json!({"lines": ["b"], "cut": true})),
            (b"10%\r99%\rdone\n", 13, json!({"lines": ["done"], "cut": false})),
            (b"<b>\xff</b>\n", 9, json!({"lines": ["<b>\u{fffd}</b>"], "cut": false})),
            (b"half", 9, json!({"lines": ["half"], "cut": true})),
        ];
        for (end, size, expected) in table {
            assert_eq!(log(end, size), expected);
        }
        let long = "x".repeat(2 * LINE) + &"\ny".repeat(2 * LINES);
        let told = log(long.as_bytes(), long.len() as u64);
        assert_eq!((told["lines"].as_array().unwrap().len(), &told["cut"]), (LINES, &json!(true)));
        assert_eq!(line(&"é".repeat(2 * LINE)).chars().count(), LINE + 1);
    }

    #[test]
    fn pages_that_need_an_example_say_how() {
        let dynamic = Page { path: "/blog/[slug]".into(), kind: Kind::Dynamic, ..Page::default() };
        let home = Page { path: "/".into(), ..Page::default() };
        let site = Site { name: "shop".into(), page: Some("/about".into()), ..Site::default() };
        let told = pages(&site, &[home, dynamic], None, None);
        assert_eq!((&told["selected"], &told["list"][0]["open"]), (&json!("/about"), &json!("/")));
        let hint = "No example yet: taskrun site pages shop --example '/blog/[slug]=VALUE'";
        assert_eq!((&told["list"][1]["hint"], &told["list"][1]["open"]), (&json!(hint), &Value::Null));
    }
}
