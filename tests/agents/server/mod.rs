//! A model that does what a test has written down, for real agents: four protocols on one port of the
//! loopback. It tells conversations apart by the task named in the prompt and counts what it claims.

mod anthropic;
mod chat;
mod gemini;
mod http;
mod responses;
pub mod script;
mod wire;

use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub use self::http::Cut;
use self::http::{Reply, Request};
use self::script::{PROMPT, Step, Turn, Usage};
use self::wire::{Answer, Wire};

/// Answers until it is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    closed: Arc<AtomicBool>,
}

/// One request of an agent for the model's next turn, and what it got.
#[derive(Debug, Clone)]
pub struct Served {
    /// The task it was about.
    pub task: String,
    /// The model that was asked for.
    pub model: String,
    /// The HTTP status it got.
    pub status: u16,
    /// The tokens that a whole answer claimed.
    pub claimed: Usage,
    /// The most that could be counted for an answer that broke off after it had named its input. What of
    /// it is paid for, nobody says: Claude Code counts it (the output by a guess) if it got to read it.
    pub torn: Usage,
}

#[derive(Default)]
struct State {
    /// What is left of each task's script.
    scripts: Vec<(String, Vec<Step>)>,
    served: Vec<Served>,
    /// Requests for other things than the model's next turn: method and path.
    aside: Vec<String>,
}

impl Server {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (state, closed) = (Arc::<Mutex<State>>::default(), Arc::<AtomicBool>::default());
        let (shared, over) = (Arc::clone(&state), Arc::clone(&closed));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || attend(&stream, &state));
            }
        });
        Self { address, state, closed }
    }

    /// Where it is, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the model does on a task from now on, over all its attempts.
    pub fn script(&self, task: &str, steps: Vec<Step>) {
        let scripts = &mut self.lock().scripts;
        scripts.retain(|(known, _)| known != task);
        scripts.push((task.to_owned(), steps));
    }

    /// What it was asked about a task, and answered.
    pub fn served(&self, task: &str) -> Vec<Served> {
        self.lock().served.iter().filter(|served| served.task == task).cloned().collect()
    }

    /// All tokens claimed for a task.
    pub fn claimed(&self, task: &str) -> Usage {
        self.served(task).iter().map(|served| served.claimed).sum()
    }

    /// All tokens for a task that were lost on the way, at most.
    pub fn torn(&self, task: &str) -> Usage {
        self.served(task).iter().map(|served| served.torn).sum()
    }

    /// Everything that went on, for a test that fails.
    pub fn story(&self) -> String {
        let state = self.lock();
        format!("{:#?}\naside: {:#?}", state.served, state.aside)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
    }
}

/// One connection, request by request.
fn attend(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = http::read(&mut reader) {
        let reply = state.lock().unwrap().reply(&request);
        // The agent may have gone by now.
        if !http::send(stream, &reply).unwrap_or(false) {
            break;
        }
    }
}

/// The protocol a path belongs to, and whether it streams by its own nature.
fn wire(path: &str) -> Option<(&'static dyn Wire, bool)> {
    let path = path.split('?').next().unwrap_or_default();
    if path.ends_with("/v1/messages") {
        Some((&anthropic::Messages, false))
    } else if path.ends_with("/responses") {
        Some((&responses::Responses, false))
    } else if path.ends_with("/chat/completions") {
        Some((&chat::Chat, false))
    } else if path.ends_with(":streamGenerateContent") {
        Some((&gemini::Content, true))
    } else {
        path.ends_with(":generateContent").then_some((&gemini::Content, false))
    }
}

fn document(status: u16, body: Value) -> Reply {
    Reply::Document { status, headers: Vec::new(), body }
}

/// The model that is asked for: in the body, or (Gemini) in the path.
fn model(request: &Request, body: &Value) -> String {
    let in_path = || request.path.split("/models/").nth(1)?.split(':').next();
    body["model"].as_str().or_else(in_path).unwrap_or_default().to_owned()
}

/// The user's words: the last text that names a task as the prompt does.
fn prompt(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.contains("This is task `").then_some(text),
        Value::Array(items) => items.iter().rev().find_map(prompt),
        Value::Object(fields) => fields.values().rev().find_map(prompt),
        _ => None,
    }
}

impl State {
    fn reply(&mut self, request: &Request) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let tools = wire(&request.path).map(|(wire, _)| wire.tools(&body)).unwrap_or_default();
        let Some((wire, streams)) = wire(&request.path).filter(|_| !tools.is_empty()) else {
            self.aside.push(format!("{} {}", request.method, request.path));
            return self.small_talk(request, &body);
        };
        let streams = streams || body["stream"] == true;
        let words = prompt(&body).unwrap_or_default().to_owned();
        let Some((task, step)) = self.next(&words) else {
            return self.lost(wire, "the script has no more answers");
        };
        let call = match wire::call(&step.turn, &tools) {
            Ok(call) => call,
            Err(words) => return self.lost(wire, &words),
        };
        let answer = Answer {
            id: format!("{:06}", self.served.len() + 1),
            model: model(request, &body),
            text: match &step.turn {
                Turn::Say(text) => Some(text.replace(PROMPT, &words)),
                Turn::Break(_) => Some("I will begin by looking at all there is".into()),
                _ => step.aloud.clone(),
            },
            call,
            usage: step.usage,
        };
        let (status, reply) = carry_out(wire, &step, &answer, streams);
        let whole = matches!(step.turn, Turn::Say(_) | Turn::Write { .. } | Turn::Run(_));
        let torn = matches!(step.turn, Turn::Break(_)) && wire.claims_at_once();
        let used = |holds: bool| if holds { answer.usage } else { Usage::default() };
        let (claimed, torn) = (used(whole), used(torn));
        self.served.push(Served { task, model: answer.model, status, claimed, torn });
        reply
    }

    /// The script and the agent do not go together: the test is wrong.
    fn lost(&mut self, wire: &dyn Wire, words: &str) -> Reply {
        self.aside.push(format!("lost: {words}"));
        document(400, wire.refusal(400, words, None))
    }

    /// What agents ask beside: titles of conversations, counts of tokens, lists of models.
    fn small_talk(&self, request: &Request, body: &Value) -> Reply {
        if request.path.contains("count_tokens") {
            return document(200, json!({"input_tokens": 100}));
        }
        if request.path.contains(":countTokens") {
            return document(200, json!({"totalTokens": 100}));
        }
        let Some((wire, streams)) = wire(&request.path) else { return document(404, json!({})) };
        let answer = Answer {
            id: format!("aside{:06}", self.aside.len()),
            model: model(request, body),
            text: Some("A title".into()),
            call: None,
            usage: Usage { input: 10, output: 2, ..Usage::default() },
        };
        if streams || body["stream"] == true {
            return Reply::Events { events: wire.events(&answer), cut: None };
        }
        document(200, wire.document(&answer))
    }

    /// The task that a prompt names, and its next step.
    fn next(&mut self, prompt: &str) -> Option<(String, Step)> {
        let named = |task: &str| prompt.contains(&format!("This is task `{task}`"));
        let (task, steps) = self.scripts.iter_mut().find(|(task, _)| named(task))?;
        let step = steps.first_mut()?;
        let now = step.clone();
        step.times -= 1;
        if step.times == 0 {
            steps.remove(0);
        }
        Some((task.clone(), now))
    }
}

/// The reply to a step, and its status.
fn carry_out(wire: &dyn Wire, step: &Step, answer: &Answer, streams: bool) -> (u16, Reply) {
    match &step.turn {
        Turn::Refuse { status, words, headers } => {
            let after = headers.iter().find(|(name, _)| name == "retry-after").map(|(_, wait)| wait.as_str());
            let body = wire.refusal(*status, words, after);
            (*status, Reply::Document { status: *status, headers: headers.clone(), body })
        }
        Turn::Break(cut) => {
            let events: Vec<String> = wire.events(answer).into_iter().take(wire.begun()).collect();
            (200, Reply::Events { events, cut: Some(*cut) })
        }
        _ if streams => (200, Reply::Events { events: wire.events(answer), cut: None }),
        _ => (200, document(200, wire.document(answer))),
    }
}
