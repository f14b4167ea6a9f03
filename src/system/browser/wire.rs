//! The `DevTools` protocol through pipes: calls go out, replies and events come back, each to whom it concerns.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::system::interrupt;

/// Most bytes of one message; the picture of a long page is the largest by far. What is longer is passed over.
const LONGEST: usize = 128 << 20;
/// Between two looks for a signal.
const NAP: Duration = Duration::from_millis(50);

/// What came from the browser.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    /// Of the call that it answers.
    pub id: Option<u64>,
    /// The event.
    pub method: String,
    /// Of the event.
    pub params: Value,
    /// Of the call.
    pub result: Value,
    /// What went wrong with the call.
    pub error: Option<Value>,
    #[serde(rename = "sessionId")]
    pub session: Option<String>,
}

impl Message {
    /// What the call came to.
    pub(super) fn reply(self) -> Result<Value> {
        match self.error {
            None => Ok(self.result),
            Some(error) => bail!("the browser refused: {}", error["message"].as_str().unwrap_or("no reason")),
        }
    }
}

/// Who waits for what; the reader takes all of it away when the browser is gone.
#[derive(Debug, Default)]
struct Routes {
    calls: HashMap<u64, Sender<Message>>,
    sessions: HashMap<String, Sender<Message>>,
    gone: bool,
}

/// Both pipes of a browser.
#[derive(Debug)]
pub(super) struct Wire {
    input: Mutex<ChildStdin>,
    next: AtomicU64,
    routes: Arc<Mutex<Routes>>,
}

/// A tab's own part of a [`Wire`].
#[derive(Debug)]
pub(super) struct Session<'w> {
    wire: &'w Wire,
    id: String,
    inbox: Receiver<Message>,
}

impl Wire {
    pub(super) fn new(input: ChildStdin, output: ChildStdout) -> Result<Self> {
        let routes = Arc::new(Mutex::new(Routes::default()));
        let own = Arc::clone(&routes);
        thread::Builder::new().stack_size(512 << 10).spawn(move || {
            read(output, |bytes| own_routes(&own).pass(bytes));
            *own_routes(&own) = Routes { gone: true, ..Routes::default() };
        })?;
        Ok(Self { input: Mutex::new(input), next: AtomicU64::new(1), routes })
    }

    /// Calls `method` of the browser itself.
    pub(super) fn call(&self, method: &str, params: &Value, deadline: Instant) -> Result<Value> {
        let (send, inbox) = channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        own_routes(&self.routes).await_reply(id, send)?;
        self.send(&json!({"id": id, "method": method, "params": params}))?;
        if let Some(message) = receive(&inbox, deadline)? {
            return message.reply();
        }
        own_routes(&self.routes).calls.remove(&id);
        bail!("the browser did not answer `{method}` in time")
    }

    /// Takes what comes for the session `id` from now on.
    pub(super) fn session(&self, id: &str) -> Result<Session<'_>> {
        let (send, inbox) = channel();
        let mut routes = own_routes(&self.routes);
        if routes.gone {
            return Err(gone());
        }
        routes.sessions.insert(id.to_owned(), send);
        Ok(Session { wire: self, id: id.to_owned(), inbox })
    }

    fn send(&self, message: &Value) -> Result<()> {
        let mut bytes = serde_json::to_vec(message)?;
        bytes.push(0);
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.write_all(&bytes).map_err(|_| gone())
    }
}

impl Session<'_> {
    /// Calls `method` and does not wait; the reply comes among the messages.
    pub(super) fn send(&self, method: &str, params: &Value) -> Result<u64> {
        let id = self.wire.next.fetch_add(1, Ordering::Relaxed);
        let call = json!({"id": id, "method": method, "params": params, "sessionId": self.id});
        self.wire.send(&call).map(|()| id)
    }

    /// The next message, if one comes until then.
    pub(super) fn next(&self, until: Instant) -> Result<Option<Message>> {
        receive(&self.inbox, until)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        own_routes(&self.wire.routes).sessions.remove(&self.id);
    }
}

impl Routes {
    fn await_reply(&mut self, id: u64, to: Sender<Message>) -> Result<()> {
        if self.gone {
            return Err(gone());
        }
        self.calls.insert(id, to);
        Ok(())
    }

    /// Passes a message on; what concerns nobody, and what is none, is dropped.
    fn pass(&mut self, bytes: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Message>(bytes) else { return };
        let to = match (&message.session, message.id) {
            (Some(session), _) => self.sessions.get(session).cloned(),
            (None, Some(id)) => self.calls.remove(&id),
            (None, None) => None,
        };
        if let Some(to) = to {
            // Who wanted it may be gone.
            let _ = to.send(message);
        }
    }
}

fn own_routes(routes: &Mutex<Routes>) -> MutexGuard<'_, Routes> {
    routes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gone() -> anyhow::Error {
    anyhow!("the browser has ended")
}

/// The next of `inbox` until then. Errors: the browser is gone, or a signal came.
fn receive(inbox: &Receiver<Message>, until: Instant) -> Result<Option<Message>> {
    loop {
        interrupt::check()?;
        let left = until.saturating_duration_since(Instant::now());
        match inbox.recv_timeout(left.min(NAP)) {
            Ok(message) => return Ok(Some(message)),
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Reads to the end, and hands out what stands between NULs.
fn read(mut from: impl Read, mut each: impl FnMut(&[u8])) {
    let (mut held, mut block) = (Vec::new(), vec![0; 64 << 10]);
    let mut too_long = false;
    while let Ok(count @ 1..) = from.read(&mut block) {
        let mut rest = &block[..count];
        while let Some(end) = memchr::memchr(0, rest) {
            held.extend_from_slice(&rest[..end]);
            if !too_long {
                each(&held);
            }
            held = Vec::new();
            too_long = false;
            rest = &rest[end + 1..];
        }
        too_long |= held.len() + rest.len() > LONGEST;
        if too_long {
            held = Vec::new();
        } else {
            held.extend_from_slice(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_split_at_nuls_and_go_to_whom_they_concern() {
        let mut all = Vec::new();
        read(&b"{\"id\":1}\0\0not json\0{\"half\""[..], |bytes| all.push(bytes.to_vec()));
        assert_eq!(all, [&b"{\"id\":1}"[..], b"", b"not json"]);

        let mut routes = Routes::default();
        let ((call, replies), (session, events)) = (channel(), channel());
        routes.await_reply(7, call).unwrap();
        routes.sessions.insert("s".into(), session);
        for bytes in [
            &br#"{"id":7,"result":{"a":1}}"#[..],
            br#"{"id":7,"result":{"a":2}}"#,
            br#"{"method":"Page.loadEventFired","params":{},"sessionId":"s"}"#,
            br#"{"method":"Page.loadEventFired","params":{},"sessionId":"other"}"#,
            br#"{"method":"Target.targetCreated"}"#,
            b"nonsense",
        ] {
            routes.pass(bytes);
        }
        drop(routes);
        let replies: Vec<Value> = replies.iter().map(|message| message.reply().unwrap()).collect();
        assert_eq!(replies, [json!({"a": 1})]);
        let events: Vec<String> = events.iter().map(|message| message.method).collect();
        assert_eq!(events, ["Page.loadEventFired"]);
        let refused = Message { error: Some(json!({"message": "no"})), ..Message::default() };
        assert_eq!(refused.reply().unwrap_err().to_string(), "the browser refused: no");
    }
}
