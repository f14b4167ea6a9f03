//! The same stores and verbs on real binaries of `bd`: `TASKRUN_BD` names them, separated by colons
//! (`tests/bd/install.sh` builds them). Without it these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bench::Bench;
use crate::sandbox::{Outcome, Sandbox, stores};

/// A binary of `bd` and its version.
pub struct Real {
    pub path: PathBuf,
    pub dolt: bool,
}

/// Types that every version has.
const OWN: [&str; 5] = ["bug", "feature", "task", "epic", "chore"];

/// Where an answer of `bd` is known to be another than ours: fixture, versions, question, why.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    ("06-blocked-parent", "0.47", "blocked", "it names no parents that are blocked themselves"),
    (
        "14-waits-for",
        "",
        "ready",
        "a waits-for without a gate is dropped, or looked at before there are children",
    ),
    ("14-waits-for", "", "blocked", "the same"),
    ("16-legacy-underscore", "", "epics", "with no parent named, the dotted id names it to us"),
    ("18-types", "0.47", "ready", "roles and rigs are work to it"),
    ("20-duplicate-id", "0.47", "ready", "the first line counts, to us the latest"),
    ("20-duplicate-id", "0.47", "blocked", "the same"),
    ("22-text", "0.47", "import", "it reads no line over 64 kB"),
    ("26-header-memory-blank", "", "import", "it reads no line of spaces"),
    ("32-dotted-no-dep", "", "epics", "with no parent named, the dotted id names it to us"),
    (
        "34-parent-blocked-by-own-child",
        "0.47",
        "ready",
        "it drops a child's edge to a parent that waits for it",
    ),
    ("34-parent-blocked-by-own-child", "0.47", "blocked", "the same"),
    ("34-parent-blocked-by-own-child", "0.47", "epics", "the same"),
    ("38-string-comment-id", "0.47", "import", "ids of comments are numbers to it"),
    ("44-related-plus-blocks-same-pair", "1.x", "ready", "it keeps one dependency of each pair"),
    ("44-related-plus-blocks-same-pair", "1.x", "blocked", "the same"),
    ("bd-0.47.1", "0.47", "import", "it reads no line over 64 kB, though it writes them"),
    ("bd-1.0.5", "0.47", "import", "ids of comments are numbers to it"),
    ("real-flatpilot", "0.47", "import", "it takes one prefix only"),
    ("real-loa-freeside", "0.47", "import", "it takes one prefix only"),
    ("real-morphir", "0.47", "ready", "it drops issues that say the same as another"),
];

pub fn binaries() -> Vec<Real> {
    let Some(paths) = std::env::var_os("TASKRUN_BD").filter(|paths| !paths.is_empty()) else {
        return Vec::new();
    };
    let real = |path: PathBuf| {
        let out = Outcome::of(Command::new(&path).arg("--version"));
        assert_eq!(out.code, 0, "{} {out:?}", path.display());
        Real { dolt: out.stdout.contains("version 1."), path }
    };
    std::env::split_paths(&paths).map(real).collect()
}

impl Real {
    fn name(&self) -> &'static str {
        if self.dolt { "1.x" } else { "0.47" }
    }

    /// `bd` in `work/` of the sandbox, with nothing of this machine's in its environment.
    pub fn run(&self, sandbox: &Sandbox, args: &[&str]) -> Outcome {
        let mut command = Command::new(&self.path);
        command.current_dir(sandbox.path("")).env_clear().args(args);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", sandbox.root().join("home"));
        Outcome::of(command.env("BEADS_NO_DAEMON", "1").env("BD_NON_INTERACTIVE", "1"))
    }

    /// A database of its own with the issues of `file`, and its types allowed; `None` where it refuses them.
    fn import(&self, file: &Path) -> Option<Sandbox> {
        let sandbox = Sandbox::new();
        let text = fs::read_to_string(file).unwrap();
        let values = |key: &str| -> BTreeSet<&str> {
            text.split(key).skip(1).filter_map(|rest| rest.split('"').next()).collect()
        };
        let id = text.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("bd-1");
        let prefix = format!("--prefix={}", id.rsplit_once('-').unwrap().0);
        let skip = if self.dolt { "--skip-agents" } else { "--skip-merge-driver" };
        self.must(&sandbox, &["init", "-q", "--skip-hooks", skip, &prefix]);
        let types: Vec<&str> =
            values("\"issue_type\":\"").into_iter().filter(|kind| !OWN.contains(kind)).collect();
        if !types.is_empty() {
            self.must(&sandbox, &["config", "set", "types.custom", &types.join(",")]);
        }
        let out = self.run(&sandbox, &["import", "-i", file.to_str().unwrap()]);
        (out.code == 0).then_some(sandbox)
    }

    pub fn must(&self, sandbox: &Sandbox, args: &[&str]) -> Outcome {
        let out = self.run(sandbox, args);
        assert_eq!(out.code, 0, "{args:?} {out:?}");
        out
    }

    pub fn json(&self, sandbox: &Sandbox, args: &[&str]) -> Value {
        self.must(sandbox, args).json()
    }
}

/// What one of the two answers: ids by question.
type Answers = BTreeMap<&'static str, BTreeSet<String>>;

fn ids<'v>(list: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    list.into_iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
}

/// Who waits for whom.
fn waiting<'v>(list: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    let line = |issue: &Value| {
        let by: BTreeSet<&str> = array(&issue["blocked_by"]).iter().map(|id| id.as_str().unwrap()).collect();
        (!by.is_empty()).then(|| format!("{} for {by:?}", issue["id"].as_str().unwrap()))
    };
    list.into_iter().filter_map(line).collect()
}

pub fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn theirs(real: &Real, sandbox: &Sandbox) -> Answers {
    let ready = real.json(sandbox, &["ready", "--json", "--limit=0"]);
    let open = array(&ready).iter().filter(|issue| issue["status"] == "open");
    let blocked = real.json(sandbox, &["blocked", "--json"]);
    let epics = real.json(sandbox, &["epic", "status", "--json"]);
    let progress = |epic: &Value| {
        format!(
            "{} {}/{}",
            epic["epic"]["id"].as_str().unwrap(),
            epic["closed_children"],
            epic["total_children"]
        )
    };
    let eligible = array(&epics).iter().filter(|epic| epic["eligible_for_close"] == true);
    Answers::from([
        ("ready", ids(open)),
        ("blocked", waiting(array(&blocked))),
        ("epics", array(&epics).iter().filter(|epic| epic["total_children"] != 0).map(progress).collect()),
        ("eligible", eligible.map(|epic| epic["epic"]["id"].as_str().unwrap().to_owned()).collect()),
    ])
}

fn ours(file: &Path) -> Answers {
    let sandbox = Sandbox::new();
    sandbox.write(".beads/issues.jsonl", fs::read(file).unwrap());
    let board = sandbox.run(&["board", "--json"]).json();
    let columns = ["blocked", "ready", "in_progress"].map(|name| array(&board[name]));
    let listed = sandbox.run(&["beads", "list", "--tree", "--all", "--json"]).json();
    let closed: BTreeSet<String> = ids(array(&listed).iter().filter(|issue| issue["status"] == "closed"));
    let epics =
        array(&listed).iter().filter(|issue| issue["issue_type"] == "epic" && issue["status"] != "closed");
    let children = |epic: &Value| {
        let children: Vec<String> =
            array(&epic["children"]).iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let done = children.iter().filter(|id| closed.contains(*id)).count();
        (epic["id"].as_str().unwrap().to_owned(), done, children.len())
    };
    let progress: Vec<_> = epics.map(children).filter(|(.., all)| *all > 0).collect();
    let eligible = progress.iter().filter(|(_, done, all)| done == all);
    let stats = sandbox.run(&["beads", "stats", "--json"]).json();
    assert_eq!(stats["summary"]["epics_eligible_for_closure"], eligible.clone().count());
    Answers::from([
        ("ready", ids(array(&sandbox.run(&["beads", "ready", "--json"]).json()))),
        ("blocked", waiting(columns.into_iter().flatten())),
        ("eligible", eligible.map(|(id, ..)| id.clone()).collect()),
        ("epics", progress.iter().map(|(id, done, all)| format!("{id} {done}/{all}")).collect()),
    ])
}

/// What is wrong with the answers to one fixture.
fn differences(real: &Real, fixture: &Path) -> Vec<String> {
    let name = fixture.file_name().unwrap().to_str().unwrap();
    let file = fixture.join("issues.jsonl");
    let text = fs::read_to_string(fixture.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let known = |question: &str| {
        EXCEPTIONS.iter().any(|(fixture, version, asked, _)| {
            *fixture == name && (version.is_empty() || *version == real.name()) && *asked == question
        })
    };
    let refused = known("import") || expected["basis"] == "refuse";
    let Some(sandbox) = real.import(&file) else {
        return if refused { Vec::new() } else { vec![format!("{name} {}: refused", real.name())] };
    };
    if refused {
        return vec![format!("{name} {}: not refused any more", real.name())];
    }
    let (theirs, ours) = (theirs(real, &sandbox), ours(&file));
    let wrong = ours.iter().filter(|(question, answer)| (theirs[*question] == **answer) == known(question));
    let line = |(question, answer): (&&str, &BTreeSet<String>)| {
        format!(
            "{name} {} {question}: only bd {:?}, only we {:?}",
            real.name(),
            theirs[question].difference(answer).collect::<Vec<_>>(),
            answer.difference(&theirs[question]).collect::<Vec<_>>()
        )
    };
    wrong.map(line).collect()
}

#[test]
fn every_fixture_is_answered_as_bd_does() {
    let binaries = binaries();
    if binaries.is_empty() {
        eprintln!("skipped, here and below: TASKRUN_BD names no binary of bd");
    }
    let pairs: Vec<_> =
        binaries.iter().flat_map(|real| stores().into_iter().map(move |fixture| (real, fixture))).collect();
    let share = pairs.len().div_ceil(3).max(1);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = pairs
            .chunks(share)
            .map(|part| {
                scope.spawn(|| {
                    part.iter().flat_map(|(real, fixture)| differences(real, fixture)).collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A bench whose tasks the real `bd` keeps.
pub fn bench(real: &Real, script: &str) -> Bench {
    let bench = Bench::new(script);
    bench.config("[beads]\nbackend = 'bd'\n");
    let out = taskrun(real, &bench.sandbox, &["beads", "init", "--prefix", "tr"]);
    assert_eq!(out.code, 0, "{out:?}");
    // What a team shares by git.
    assert_eq!(taskrun(real, &bench.sandbox, &["beads", "sync"]).code, 0);
    bench.commit_all();
    bench
}

pub fn taskrun(real: &Real, sandbox: &Sandbox, args: &[&str]) -> Outcome {
    Outcome::of(sandbox.command().args(args).env("BD_PATH", &real.path))
}

pub fn create(real: &Real, bench: &Bench, args: &[&str]) -> String {
    let out = taskrun(real, &bench.sandbox, &[&["beads", "create", "--silent"], args].concat());
    assert_eq!(out.code, 0, "{out:?}");
    out.stdout.trim().to_owned()
}

const AGENT: &str = r#"prompt=$(cat)
case "$prompt" in
  *"Stuck one"*) echo '<promise>BLOCKED: no key</promise>' ;;
  *"Slow one"*) [ -e "$ASIDE/tried" ] && echo '<promise>COMPLETE</promise>'; touch "$ASIDE/tried" ;;
  *) date >> work.txt; echo '<promise>COMPLETE</promise>' ;;
esac"#;

#[test]
fn the_loop_works_tasks_that_bd_keeps() {
    for real in binaries() {
        let bench = bench(&real, AGENT);
        let epic = create(&real, &bench, &["Epic", "-t", "epic", "-p", "0"]);
        let first = create(&real, &bench, &["First", "--epic", &epic]);
        let second = create(&real, &bench, &["Second", "--epic", &epic, "--blocked-by", &first]);
        let stuck = create(&real, &bench, &["Stuck one", "-p", "3", "-a", "ann"]);
        let slow = create(&real, &bench, &["Slow one", "-p", "4"]);
        let out = Outcome::of(bench.looping(&["--json", "--no-gates"]).env("BD_PATH", &real.path));
        let last: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
        assert_eq!((out.code, &last["reason"]), (4, &"escalated".into()), "{out:?}");
        assert_eq!(last["completed"], serde_json::json!([first, second, slow]));
        // By the word of `bd` itself.
        let shown = |id: &str| real.json(&bench.sandbox, &["show", id, "--json"])[0].clone();
        for (id, status, reason) in [
            (&epic, "closed", "All children closed"),
            (&first, "closed", "Completed"),
            (&second, "closed", "Completed"),
            (&slow, "closed", "Completed"),
            (&stuck, "blocked", ""),
        ] {
            let issue = shown(id);
            let said = issue["close_reason"].as_str().unwrap_or_default();
            assert_eq!((issue["status"].as_str().unwrap(), said), (status, reason), "{issue}");
        }
        assert!(shown(&slow)["notes"].as_str().unwrap().starts_with("attempt 1 of 3: "));
        let stuck = shown(&stuck);
        assert_eq!((&stuck["assignee"], &stuck["labels"][0]), (&"ann".into(), &"needs-human".into()));
        let comments = real.json(&bench.sandbox, &["comments", stuck["id"].as_str().unwrap(), "--json"]);
        assert_eq!((&comments[0]["text"], &comments[0]["author"]), (&"no key".into(), &"taskrun".into()));
        // Each commit carries the task as closed.
        let text = bench.git(&["show", "HEAD:.beads/issues.jsonl"]);
        let closed = text.lines().find(|line| line.contains(&format!("\"id\":\"{slow}\""))).unwrap();
        assert!(closed.contains("\"status\":\"closed\""), "{closed}");
        assert_eq!(
            bench.subjects()[..3],
            [format!("{slow}: Slow one"), format!("{second}: Second"), format!("{first}: First")]
        );
    }
}

/// The classic one lets everybody win; of ours exactly one does.
#[test]
fn a_claim_of_bd_has_one_winner() {
    for real in binaries() {
        let bench = bench(&real, "");
        for round in 0..2 {
            let id = create(&real, &bench, &["One for all"]);
            let start = |who: usize| {
                let mut command = bench.sandbox.command();
                command.args(["beads", "claim", &id, "--as", &format!("w{who}")]).env("BD_PATH", &real.path);
                command
                    .stdout(std::process::Stdio::piped())
                    .stderr(std::process::Stdio::piped())
                    .spawn()
                    .unwrap()
            };
            let started: Vec<_> = (0..6).map(start).collect();
            let codes = started.into_iter().map(|child| child.wait_with_output().unwrap().status.code());
            let codes: Vec<_> = codes.collect();
            assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{round} {codes:?}");
            let winner = codes.iter().position(|code| *code == Some(0)).unwrap();
            let issue = real.json(&bench.sandbox, &["show", &id, "--json"])[0].clone();
            assert_eq!(issue["assignee"], format!("w{winner}"));
        }
    }
}
