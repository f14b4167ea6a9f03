//! Why the frame has nothing that its page can read: a browser does not tell, but what the site last said to the frame does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::gate::Admitted;
use crate::system::http::Failure;
use crate::system::http::head::Answered;

/// Browsers give up after so many redirects in a row.
const MOST: usize = 20;
/// Of a URL that is told.
const LONGEST: usize = 300;

/// What came for a page.
#[derive(Debug)]
pub enum Came<'a> {
    /// An answer.
    Answer(&'a Answered),
    /// An answer that broke off.
    Half(&'a Failure),
}

/// What is the matter with the page that the frame asked for last.
#[derive(Debug, Default)]
pub struct Trouble {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Redirects one after the other.
    row: usize,
    matter: Option<Value>,
}

impl Trouble {
    /// Takes down what came for a request of the frame; all others are none of its business.
    pub fn note(&self, request: &Admitted, came: &Came<'_>) {
        let says = |name: &str, words: &[&str]| {
            let value = request.head.fields.first(name);
            words.iter().any(|word| value.is_some_and(|value| value.eq_ignore_ascii_case(word.as_bytes())))
        };
        if !says("sec-fetch-dest", &["iframe", "frame"]) {
            return;
        }
        let path = short(&request.head.target);
        let mut inner = self.lock();
        let matter = match came {
            Came::Half(failure) => Some(broken(&path, failure)),
            Came::Answer(head) => match redirected(head) {
                Some(to) => {
                    inner.row += 1;
                    Some(redirect(&path, &to, inner.row))
                }
                None => is_sandboxed(head).then(sandboxed),
            },
        };
        if !matches!(came, Came::Answer(head) if redirected(head).is_some()) {
            inner.row = 0;
        }
        // A frame inside of one that is shut off is foreign to it: that it is well says nothing.
        if matter.is_some() || !says("sec-fetch-site", &["cross-site"]) {
            inner.matter = matter;
        }
    }

    /// `{"kind", "what", "why"}`; a `kind` of null where nothing is known.
    pub fn told(&self) -> Value {
        let matter = self.lock().matter.clone();
        matter.unwrap_or_else(|| {
            json!({"kind": null, "what": "This cannot be shown in the frame",
            "why": "The browser does not say why. It may lead away from the site, or be no page."})
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn redirect(path: &str, to: &str, row: usize) -> Value {
    if row >= MOST {
        return json!({"kind": "redirects", "what": "It redirects without an end",
            "why": format!("{path} leads to {to}, after {row} redirects in a row. Browsers give up there.")});
    }
    json!({"kind": "redirect", "what": "This leads to what cannot be shown in the frame",
        "why": format!("{path} leads to {to}.")})
}

fn broken(path: &str, failure: &Failure) -> Value {
    json!({"kind": "broken", "what": "The answer broke off", "why": format!("{path}: {failure}.")})
}

fn sandboxed() -> Value {
    json!({"kind": "sandbox", "what": "The page shuts itself off",
        "why": "Its Content-Security-Policy has `sandbox`: its title and address cannot be read, and its scripts may be kept from running."})
}

/// Where an answer leads on to.
fn redirected(head: &Answered) -> Option<String> {
    let location = head.fields.first("location")?;
    matches!(head.status, 301 | 302 | 303 | 307 | 308).then(|| short(&String::from_utf8_lossy(location)))
}

/// Whether its policy makes a page foreign to all others: `sandbox` without `allow-same-origin`.
fn is_sandboxed(head: &Answered) -> bool {
    head.fields.all("content-security-policy").any(|policy| {
        policy.split(|byte| matches!(byte, b',' | b';')).any(|directive| {
            let text = String::from_utf8_lossy(directive).to_ascii_lowercase();
            let mut words = text.split_ascii_whitespace();
            words.next() == Some("sandbox") && words.all(|word| word != "allow-same-origin")
        })
    })
}

fn short(url: &str) -> String {
    let mut short: String = url.chars().filter(|letter| !letter.is_control()).take(LONGEST + 1).collect();
    if let Some((at, _)) = short.char_indices().nth(LONGEST) {
        short.truncate(at);
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::super::gate::admit;
    use super::*;
    use crate::system::http::head;

    fn asked(path: &str, fields: &str) -> Admitted {
        let text = format!("GET {path} HTTP/1.1\r\nHost: localhost:4600\r\n{fields}\r\n");
        admit(text.as_bytes(), 4600).unwrap()
    }

    fn answered(text: &str) -> Answered {
        head::answered(format!("HTTP/1.1 {text}\r\n\r\n").as_bytes()).unwrap()
    }

    const FRAME: &str = "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Site: same-origin\r\n";
    const INNER: &str = "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Site: cross-site\r\n";

    #[test]
    fn what_the_frame_got_tells_what_is_the_matter() {
        let trouble = Trouble::default();
        let note = |fields: &str, answer: &str| {
            trouble.note(&asked("/a", fields), &Came::Answer(&answered(answer)));
            trouble.told()["kind"].clone()
        };
        let policy = "200 OK\r\nContent-Security-Policy: default-src 'self'; Sandbox allow-scripts";
        let table = [
            (FRAME, "200 OK", json!(null)),
            (FRAME, policy, json!("sandbox")),
            // A frame in it, which is well, and a picture.
            (INNER, "200 OK", json!("sandbox")),
            ("Sec-Fetch-Dest: image\r\n", "200 OK", json!("sandbox")),
            (
                FRAME,
                "200 OK\r\nContent-Security-Policy: sandbox allow-same-origin allow-scripts",
                json!(null),
            ),
            (FRAME, "200 OK\r\nContent-Security-Policy-Report-Only: sandbox", json!(null)),
            (FRAME, "302 Found\r\nLocation: https://other.example/x", json!("redirect")),
            (FRAME, "304 Not Modified\r\nLocation: /b", json!(null)),
        ];
        for (fields, answer, kind) in table {
            assert_eq!(note(fields, answer), kind, "{fields}{answer}");
        }
        trouble.note(&asked("/a", FRAME), &Came::Half(&Failure::Ended));
        assert_eq!(trouble.told()["why"], "/a: the connection ended before the answer did.");
    }

    #[test]
    fn redirects_without_an_end_are_counted() {
        let trouble = Trouble::default();
        let note = |answer: &str| trouble.note(&asked("/a", FRAME), &Came::Answer(&answered(answer)));
        (1..MOST).for_each(|_| note("302 Found\r\nLocation: /b"));
        assert_eq!(trouble.told()["why"], "/a leads to /b.");
        note("302 Found\r\nLocation: /b");
        assert_eq!(trouble.told()["kind"], "redirects");
        note("200 OK");
        note("302 Found\r\nLocation: /b");
        assert_eq!(trouble.told()["kind"], "redirect");
        note(&format!("302 Found\r\nLocation: /{}", "b".repeat(2 * LONGEST)));
        assert!(trouble.told()["why"].as_str().unwrap().len() < LONGEST + 40);
    }
}
