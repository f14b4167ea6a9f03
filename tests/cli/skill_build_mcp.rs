//! The skill `build-mcp` through the loop, on a real project: the agent is a script, but what it writes is a real MCP
//! server, and the gates `bun run check` and `bun run lint` really run. Skipped where there is no bun, or no registry.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::sandbox::Outcome;

/// The agent, which writes one story after the other.
const AGENT: &str = include_str!("../fixtures/mcp-server/agent.sh");

/// A project, and the `PATH` on which bun is.
struct Project {
    bench: Bench,
    path: std::ffi::OsString,
}

impl Project {
    /// None, with a word on stderr, where it cannot be had. `TASKRUN_BUN=FILE` names bun where it is not on `PATH`.
    fn new() -> Option<Self> {
        let own = std::env::var_os("PATH").unwrap_or_default();
        let named = std::env::var_os("TASKRUN_BUN").map(PathBuf::from);
        let found = named
            .or_else(|| std::env::split_paths(&own).map(|dir| dir.join("bun")).find(|bun| bun.is_file()));
        let Some(bun) = found else {
            skipped("no bun (`npm install bun`, then TASKRUN_BUN=…/node_modules/.bin/bun)");
            return None;
        };
        let dirs = bun.parent().map(PathBuf::from).into_iter().chain(std::env::split_paths(&own));
        let path = std::env::join_paths(dirs).unwrap();
        let project = Self { bench: Bench::new(AGENT), path };
        std::fs::create_dir(project.bench.aside("try")).unwrap();
        let mut add = project.command("bun", &["add", "@modelcontextprotocol/sdk", "zod"]);
        let tried = Outcome::of(add.current_dir(project.bench.aside("try")));
        if tried.code != 0 {
            skipped(&format!("bun can install nothing here: {}", tried.stderr));
            return None;
        }
        Some(project)
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.bench.sandbox.path("")).env("PATH", &self.path);
        command.env("HOME", self.bench.aside("home")).stdin(Stdio::null());
        command
    }

    /// What the agent was told the `number`th time.
    fn prompt(&self, number: usize) -> String {
        std::fs::read_to_string(self.bench.aside("prompts").join(number.to_string())).unwrap()
    }
}

#[allow(clippy::print_stderr)] // says why it is skipped
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

fn of<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

#[test]
fn build_mcp_builds_a_server_and_a_red_gate_is_told_to_the_next_attempt() {
    let Some(project) = Project::new() else { return };
    let bench = &project.bench;
    let applied =
        bench.sandbox.run(&["skill", "apply", "build-mcp", "--set", "subject=a list of notes", "--json"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    bench.commit_all();

    let out = Outcome::of(bench.looping(&["--skill", "build-mcp", "--json"]).env("PATH", &project.path));
    let events: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = events.last().unwrap();
    assert_eq!((out.code, &last["reason"]), (0, &json!("complete")), "{out:?}");

    // The types were wrong once; the second attempt was told so, and every gate after it was green.
    let gates: Vec<(&str, bool)> = of(&events, "gate.finished")
        .iter()
        .map(|gate| (gate["command"].as_str().unwrap(), gate["passed"].as_bool().unwrap()))
        .collect();
    let (check, lint) = ("bun run check", "bun run lint");
    let pair = [(check, true), (lint, true)];
    assert_eq!(gates, [vec![(check, false)], pair.repeat(4)].concat());
    let second = project.prompt(2);
    assert!(second.contains("The command `bun run check` failed with exit code 1"), "{second}");
    assert!(second.contains("src/server.ts(4,32): error TS2741: Property 'version' is missing"), "{second}");
    assert!(!project.prompt(1).contains("error TS") && !project.prompt(3).contains("error TS"));

    // The four stories were closed in their order, and with them the epic: 0 are left.
    let titles = ["Create MCP scaffold", "Add first tool", "Add first resource", "Make it safe to hand on"];
    let closed: Vec<String> = of(&events, "task.closed")
        .iter()
        .map(|event| bench.issue(event["task"].as_str().unwrap())["title"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(closed[..4], titles);
    let open = bench.sandbox.run(&["beads", "list", "--json"]).json();
    assert_eq!(open.as_array().unwrap().len(), 0, "{open}");
    for (number, title) in [(1, titles[0]), (2, titles[0]), (3, titles[1]), (4, titles[2]), (5, titles[3])] {
        let told = project.prompt(number);
        for part in [
            title,
            "You are building an MCP server for Mesh.",
            "a list of notes",
            "- [ ] ",
            "<promise>COMPLETE</promise>",
        ] {
            assert!(told.contains(part), "`{part}` in prompt {number}:\n{told}");
        }
        assert!(!told.contains("{{"), "{told}");
    }

    // What was built answers as a server does.
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
        "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}});
    let mut server = project.command("bun", &["src/index.ts"]);
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(server.stdin.take().unwrap(), "{hello}").unwrap();
    let said = String::from_utf8(server.wait_with_output().unwrap().stdout).unwrap();
    let answer: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "notes", "{said}");
}
