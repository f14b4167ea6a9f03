//! A project with tasks and a fake agent, for the tests of the loop.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// The tag on a line of its own.
pub const DONE: &str = "echo '<promise>COMPLETE</promise>'";

/// A sandbox with a task store and, mostly, a repository.
pub struct Bench {
    pub sandbox: Sandbox,
}

impl Bench {
    /// A repository with one commit, an empty store and the agent `fake`, which runs `script`.
    pub fn new(script: &str) -> Self {
        let bench = Self::bare(script);
        bench.sandbox.write_home(".gitconfig", "[user]\nname = T\nemail = t@example.org\n");
        bench.git(&["init", "-q", "-b", "main"]);
        bench.commit_all();
        bench
    }

    /// The same without git.
    pub fn bare(script: &str) -> Self {
        let bench = Self { sandbox: Sandbox::new() };
        bench.sandbox.write(".beads/issues.jsonl", "");
        bench.sandbox.write(".taskrun/.gitignore", "/*\n!/.gitignore\n!/config.toml\n");
        bench.agent(script);
        bench.config("");
        bench
    }

    /// Where things lie that are no part of the project.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.sandbox.root().join(name)
    }

    /// Makes an executable shell script aside, with `$ASIDE` set.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.aside(name);
        let text = format!("#!/bin/sh\nASIDE='{}'\n{body}\n", self.sandbox.root().display());
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// What the agent `fake` does from now on.
    pub fn agent(&self, body: &str) {
        self.script("agent", body);
    }

    /// What `claude` does from now on, for runs with [`Bench::claude_run`].
    pub fn claude(&self, body: &str) {
        self.script("claude", body);
    }

    /// The settings beside the agent's; they begin at the top level.
    pub fn config(&self, text: &str) {
        let agent = self.aside("agent");
        let fake = format!("[agents.fake]\ncommand = ['{}']\n", agent.display());
        let default = if text.contains("[agent]") { "" } else { "[agent]\ndefault = 'fake'\n" };
        self.sandbox.write(".taskrun/config.toml", format!("{default}{text}\n{fake}"));
    }

    /// Adds an issue; `fields` are laid over its defaults.
    pub fn task(&self, id: &str, fields: &Value) {
        let mut issue = json!({"id": id, "title": format!("Do {id}"), "status": "open", "priority": 2,
            "issue_type": "task", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"});
        for (key, value) in fields.as_object().unwrap() {
            issue[key] = value.clone();
        }
        let path = self.sandbox.path(".beads/issues.jsonl");
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str(&issue.to_string());
        text.push('\n');
        fs::write(path, text).unwrap();
    }

    /// Adds plain issues.
    pub fn tasks_plain(&self, ids: &[&str]) {
        for id in ids {
            self.task(id, &json!({}));
        }
    }

    /// Adds plain issues and commits them.
    pub fn tasks(&self, ids: &[&str]) {
        self.tasks_plain(ids);
        if self.sandbox.path(".git").exists() {
            self.commit_all();
        }
    }

    /// An issue as it stands.
    pub fn issue(&self, id: &str) -> Value {
        self.sandbox.run(&["beads", "show", id, "--json"]).json()[0].clone()
    }

    pub fn status(&self, id: &str) -> String {
        self.issue(id)["status"].as_str().unwrap().to_owned()
    }

    pub fn git(&self, args: &[&str]) -> String {
        let out = Outcome::of(&mut self.git_command(args));
        assert_eq!(out.code, 0, "git {args:?}: {out:?}");
        out.stdout
    }

    pub fn git_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.sandbox.path("")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.aside("home"));
        command
    }

    /// Commits all there is as `base`, or adds it to a `base` that is the last commit.
    pub fn commit_all(&self) {
        self.git(&["add", "-A"]);
        let last = Outcome::of(&mut self.git_command(&["log", "-1", "--format=%s"]));
        let amend = if last.stdout.trim() == "base" { "--amend" } else { "--allow-empty" };
        self.git(&["commit", "-q", amend, "--no-verify", "-m", "base"]);
    }

    /// Subjects of all commits, newest first.
    pub fn subjects(&self) -> Vec<String> {
        self.git(&["log", "--format=%s"]).lines().map(str::to_owned).collect()
    }

    /// Paths of a commit.
    pub fn files(&self, revision: &str) -> Vec<String> {
        let names = self.git(&["show", "--format=", "--name-only", "--no-renames", revision]);
        names.lines().map(str::to_owned).collect()
    }

    /// `taskrun loop run`, to be started.
    pub fn looping(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command();
        command.args(["loop", "run"]).args(args).env("CLAUDE_CLI_PATH", self.aside("claude"));
        command
    }

    /// `taskrun loop run` to its end.
    pub fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(&mut self.looping(args))
    }

    /// `taskrun loop run --json` to its end: its events, checked for what all have.
    pub fn events(&self, args: &[&str]) -> (Outcome, Vec<Value>) {
        let out = Outcome::of(self.looping(args).arg("--json"));
        let events: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = events.last().unwrap_or_else(|| panic!("{out:?}"));
        assert_eq!(last["type"], "run.finished", "{out:?}");
        assert_eq!(last["exit_code"], out.code, "{out:?}");
        for event in &events {
            assert_eq!((&event["v"], &event["run"]), (&json!(1), &last["run"]), "{event}");
            assert!(event["ts"].is_string() && event["type"].is_string(), "{event}");
        }
        (out, events)
    }

    /// The last event of a run.
    pub fn finish(&self, args: &[&str]) -> Value {
        self.events(args).1.pop().unwrap()
    }

    /// Starts a run whose stdout and stderr go to `out` and `err` aside.
    pub fn start(&self, args: &[&str]) -> Child {
        self.start_in(&self.sandbox.path(""), args)
    }

    /// The same in another directory.
    pub fn start_in(&self, dir: &Path, args: &[&str]) -> Child {
        let file = |name: &str| fs::File::create(self.aside(name)).unwrap();
        let mut command = self.looping(args);
        command.arg("--json").current_dir(dir).stdout(file("out")).stderr(file("err")).spawn().unwrap()
    }

    /// The events that a run from [`Bench::start`] has told so far.
    pub fn told(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.aside("out")).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn loop_status(&self) -> Value {
        self.sandbox.run(&["loop", "status", "--json"]).json()
    }

    pub fn history(&self) -> Vec<Value> {
        let out = self.sandbox.run(&["loop", "history", "--json"]);
        assert_eq!(out.code, 0, "{out:?}");
        out.json().as_array().unwrap().clone()
    }

    /// Lines of a file aside; none when it is not there.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.aside(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// The types of events, in order.
pub fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Waits until `what` holds.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a process and returns its exit code, 128 + N for signal N.
pub fn reap(mut child: Child) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let mut status = None;
    wait_for("the end of a run", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    let status = status.unwrap();
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}

/// Sends a signal by its name.
pub fn kill(pid: u32, signal: &str) {
    let mut command = Command::new("kill");
    command.args([&format!("-{signal}"), "--", &pid.to_string()]).stderr(Stdio::null());
    command.status().unwrap();
}

/// Live processes whose command line holds `text`.
pub fn living(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if has_words(&entry.path(), text) {
            found.push(pid);
        }
    }
    found
}

fn has_words(process: &Path, text: &str) -> bool {
    let Ok(line) = fs::read(process.join("cmdline")) else { return false };
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    line.contains(text) && !stat.contains(") Z ")
}

/// Lines as Claude Code prints them.
pub mod stream {
    use serde_json::{Value, json};

    /// The first line of a session.
    pub fn init() -> Value {
        json!({"type": "system", "subtype": "init", "session_id": "s-1", "model": "m-1"})
    }

    fn line(role: &str, content: &Value, parent: Option<&str>) -> Value {
        json!({"type": role, "message": {"id": format!("msg_{}", content.to_string().len()), "role": role,
            "content": content}, "parent_tool_use_id": parent, "session_id": "s-1"})
    }

    /// The agent says something.
    pub fn says(text: &str) -> Value {
        line("assistant", &json!([{"type": "text", "text": text}]), None)
    }

    /// A sub-agent says something.
    pub fn sub_agent(text: &str) -> Value {
        line("assistant", &json!([{"type": "text", "text": text}]), Some("toolu_1"))
    }

    /// The agent calls a tool.
    pub fn tool(command: &str) -> Value {
        let call =
            json!([{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": command}}]);
        line("assistant", &call, None)
    }

    /// A tool has printed something.
    pub fn tool_result(text: &str) -> Value {
        line("user", &json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": text}]), None)
    }

    /// The agent has used so many tokens, in the message `id`.
    pub fn used(id: &str, input: u64, output: u64) -> Value {
        json!({"type": "assistant", "message": {"id": id, "role": "assistant", "content": [],
            "usage": {"input_tokens": input, "output_tokens": output}}, "parent_tool_use_id": null})
    }

    /// The last line, with the final message and what it cost.
    pub fn result(text: &str, usd: f64) -> Value {
        json!({"duration_ms": 1, "type": "result", "subtype": "success", "is_error": false, "result": text,
            "session_id": "s-1", "total_cost_usd": usd, "terminal_reason": "completed",
            "usage": {"input_tokens": 100, "output_tokens": 10}})
    }

    /// The lines of a call that the provider refuses with this HTTP status; `error` is its name for that.
    pub fn refused(status: u64, error: &str, words: &str, usd: f64) -> Vec<Value> {
        let mut said = says(words);
        said["error"] = json!(error);
        let mut end = result(words, usd);
        (end["is_error"], end["terminal_reason"]) = (json!(true), json!("api_error"));
        end["api_error_status"] = json!(status);
        if usd <= 0.0 {
            end["usage"] = json!({"input_tokens": 0, "output_tokens": 0});
        }
        vec![init(), said, end]
    }

    /// The lines of a call that is turned away until `until`, in epoch seconds.
    pub fn limited(until: i64) -> Vec<Value> {
        let info = json!({"status": "rejected", "resetsAt": until, "rateLimitType": "five_hour"});
        let event = json!({"type": "rate_limit_event", "rate_limit_info": info, "session_id": "s-1"});
        let mut lines = refused(429, "rate_limit", "You've hit your 5-hour limit", 0.0);
        lines.insert(1, event);
        lines
    }

    /// The shell command that prints these lines.
    pub fn print(lines: &[Value]) -> String {
        let lines: Vec<String> = lines.iter().chain([&json!("end")]).map(Value::to_string).collect();
        format!("cat <<'\"end\"'\n{}\n", lines.join("\n"))
    }

    /// The shell command of a session that ends with `text` and costs `usd`.
    pub fn session(text: &str, usd: f64) -> String {
        print(&[init(), says(text), result(text, usd)])
    }
}
