//! `[beads] backend = "bd"` on a `bd` that only writes down how it is called.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::{Outcome, Sandbox};

/// Answers with the ids it is given after `--`, and notes its arguments and what it reads.
const FAKE: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo "bd version VERSION (dev)"; exit 0; }
line=; for word; do line="$line$word|"; done
printf '%s\n' "$line" >> "$BEADS_LOG"
case "$1" in
  create) echo '{"id":"bd-9","schema_version":1}' ;;
  ready) echo '[{"id":"bd-1"},{"id":"bd-2"}]' ;;
  list) echo '[{"id":"bd-1"},{"id":"bd-2"},{"id":"bd-9"}]' ;;
  export) cat "$BEADS_DIR/issues.jsonl" 2>/dev/null || : ;;
  init) mkdir -p .beads; echo '{}' > .beads/metadata.json ;;
  import) cat >> "$BEADS_LOG.read" ;;
  sync) ;;
  *)
    while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
    out=; shift; for id; do out="$out,{\"id\":\"$id\"}"; done
    echo "[${out#,}]" ;;
esac
"#;

const STORE: &str = "{\"id\":\"bd-2\",\"title\":\"two\",\"status\":\"open\",\"priority\":2,\"issue_type\":\"task\",\"created_at\":\"2026-01-02T00:00:00Z\"}\n\
    {\"id\":\"bd-1\",\"title\":\"one\",\"status\":\"open\",\"priority\":1,\"issue_type\":\"task\",\"created_at\":\"2026-01-01T00:00:00Z\"}\n\
    {\"id\":\"bd-3\",\"title\":\"three\",\"status\":\"open\",\"priority\":0,\"issue_type\":\"task\"}\n\
    {\"id\":\"bd-9\",\"title\":\"new\",\"status\":\"open\",\"priority\":2,\"issue_type\":\"task\",\"labels\":[\"needs-human\"]}\n";

struct Fake {
    sandbox: Sandbox,
}

impl Fake {
    fn new(version: &str) -> Self {
        let fake = Self { sandbox: Sandbox::new() };
        fake.script(&FAKE.replace("VERSION", version));
        fake.sandbox.write(".beads/issues.jsonl", STORE);
        fake.sandbox.write(".taskrun/config.toml", "[beads]\nbackend = \"bd\"\n");
        fake
    }

    fn script(&self, text: &str) {
        let path = self.sandbox.root().join("bd");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, args: &[&str]) -> Outcome {
        let root = self.sandbox.root();
        let mut command = self.sandbox.command();
        command.args(args).env("BD_PATH", root.join("bd")).env("BEADS_LOG", root.join("log"));
        Outcome::of(command.env("BEADS_ACTOR", "ann"))
    }

    /// What it was called with since the last look.
    fn calls(&self) -> Vec<String> {
        let path = self.sandbox.root().join("log");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        text.lines().map(|line| line.trim_end_matches('|').replace('|', " ")).collect()
    }

    /// Runs, and hands back the calls beside those that only read the issues.
    fn called(&self, args: &[&str]) -> (Outcome, Vec<String>) {
        self.calls();
        let out = self.run(args);
        let calls = self.calls();
        let reads = |call: &String| call != "export" && call != "sync --flush-only";
        (out, calls.into_iter().filter(reads).collect())
    }
}

/// The verbs of the command line, each in the spelling of each version.
#[test]
fn each_verb_is_the_one_of_bd() {
    let both = |line: &'static str| (line, line);
    let table: [(&[&str], (&str, &str)); 12] = [
        (&["ready"], both("ready --json --limit=0")),
        (&["list"], ("list --json --all --limit=0", "list --json --all --limit=0 --flat")),
        (&["show", "bd-1", "2"], both("show --json -- bd-1 bd-2")),
        (
            &["create", "-t", "epic", "-p", "0", "--", "--title"],
            both("create --json --title=--title --type=epic --priority=0 --actor=ann"),
        ),
        (
            &["create", "x", "--epic", "bd-1", "--blocked-by", "bd-2", "-l", "a,b"],
            (
                "create --json --title=x --type=task --priority=2 --parent=bd-1 --deps=bd-2 --labels=a \
                 --labels=b --actor=ann",
                "create --json --title=x --type=task --priority=2 --parent=bd-1 --no-inherit-labels \
                 --deps=bd-2 --labels=a --labels=b --actor=ann",
            ),
        ),
        (
            &["update", "bd-1", "--status", "in_progress", "--add-label", "q", "--assignee", ""],
            both("update --json --status=in_progress --assignee= --add-label=q -- bd-1"),
        ),
        (
            &["update", "bd-9", "--status", "open"],
            both("update --json --status=open --remove-label=needs-human -- bd-9"),
        ),
        (
            &["close", "bd-1", "bd-2", "--reason", "all done"],
            both("close --json --reason=all done -- bd-1 bd-2"),
        ),
        (
            &["comment", "bd-1", "hello", "--as", "me"],
            both("comments add --json --author=me --actor=me -- bd-1 hello"),
        ),
        (
            &["dep", "add", "bd-1", "bd-2", "-t", "related"],
            both("dep add --json --type=related --actor=ann -- bd-1 bd-2"),
        ),
        (&["reopen", "bd-1"], both("update --json --status=open -- bd-1")),
        (&["sync"], both("")),
    ];
    for version in ["0.47.1", "1.0.5"] {
        let fake = Fake::new(version);
        for (args, (classic, dolt)) in table {
            let (out, calls) = fake.called(&[&["beads"], args].concat());
            assert_eq!(out.code, 0, "{args:?} {out:?}");
            let expected = if version == "1.0.5" { dolt } else { classic };
            assert_eq!(calls.join("\n"), expected, "{version} {args:?}");
        }
        fake.run(&["beads", "sync"]);
        let read = if version == "1.0.5" { "export" } else { "sync --flush-only" };
        assert_eq!(fake.calls(), [read], "`bd` never runs git");
    }
}

#[test]
fn init_is_the_one_of_bd_and_happens_once() {
    for (version, expected) in [
        ("0.47.1", "init -q --skip-hooks --skip-merge-driver --prefix=x"),
        ("1.0.5", "init -q --skip-hooks --skip-agents --prefix=x"),
    ] {
        let fake = Fake::new(version);
        fs::remove_dir_all(fake.sandbox.path(".beads")).unwrap();
        let (out, calls) = fake.called(&["beads", "init", "--prefix", "x", "--json"]);
        assert_eq!((out.code, calls), (0, vec![expected.to_owned()]), "{version}");
        assert_eq!(out.json()["created"], true);
        let (out, calls) = fake.called(&["beads", "init", "--json"]);
        assert_eq!((out.code, calls.len()), (0, 0), "{out:?}");
        assert_eq!(out.json()["created"], false);
    }
    // What is there already is taken along.
    let fake = Fake::new("1.0.5");
    let (_, calls) = fake.called(&["beads", "init"]);
    assert_eq!(calls, ["init -q --skip-hooks --skip-agents --from-jsonl --prefix=bd"]);
}

#[test]
fn shape_and_order_are_ours_and_what_is_ready_is_its_word() {
    let fake = Fake::new("1.0.5");
    let ready = fake.run(&["beads", "ready", "--json"]).json();
    let ids = |list: &serde_json::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
    };
    // `bd-3` would be the first by our own rule.
    assert_eq!(ids(&ready), ["bd-1", "bd-2"]);
    assert_eq!(ready[0]["title"], "one");
    assert_eq!(ids(&fake.run(&["beads", "ready", "--json", "--limit", "1"]).json()), ["bd-1"]);
    let made = fake.run(&["beads", "create", "new", "--json"]).json();
    assert_eq!((&made["id"], &made["title"]), (&"bd-9".into(), &"new".into()));
    assert_eq!(fake.run(&["beads", "create", "new", "--silent"]).stdout, "bd-9\n");
}

#[test]
fn its_errors_are_passed_on() {
    let fake = Fake::new("1.0.5");
    let refusing = |how: &str| {
        let text = FAKE.replace("VERSION", "1.0.5");
        fake.script(&text.replace("case \"$1\" in", &format!("case \"$1\" in\n  close) {how} ;;")));
        fake.run(&["beads", "close", "bd-1", "--json"])
    };
    for (how, expected) in [
        ("echo 'cannot close bd-1: blocked' >&2; exit 1", "`bd close`: cannot close bd-1: blocked"),
        ("echo '{\"error\":\"it is locked\",\"schema_version\":1}'; exit 1", "`bd close`: it is locked"),
        // Some versions exit 0 all the same.
        ("echo 'Error resolving bd-1: nothing' >&2", "`bd close`: Error resolving bd-1: nothing"),
        ("printf 'Error: no\\n\\nUsage:\\n  bd close\\n' >&2; exit 1", "`bd close`: no"),
        ("exit 3", "`bd close`: it gave no reason"),
    ] {
        let out = refusing(how);
        assert_eq!((out.code, out.json_error()["message"].as_str().unwrap()), (1, expected));
        assert!(out.json_error()["hint"].as_str().unwrap().contains("bd close --help"));
    }
    // Unknown ids never reach it: without an id it would change what it touched last.
    let (out, calls) = fake.called(&["beads", "update", "bd-77", "--status", "open"]);
    assert!(
        out.code == 1 && out.stderr.contains("no issue `bd-77`") && calls.is_empty(),
        "{out:?} {calls:?}"
    );
}

#[test]
fn a_version_that_cannot_be_worked_with_is_named() {
    for version in ["0.46.0", "0.50.3", "0.63.3", "2.0.0"] {
        let fake = Fake::new(version);
        let (out, calls) = fake.called(&["beads", "ready", "--json"]);
        assert_eq!((out.code, calls.len()), (2, 0));
        let error = out.json_error();
        assert!(
            error["message"].as_str().unwrap().contains(&format!("bd {version} cannot be used")),
            "{error}"
        );
        assert!(error["hint"].as_str().unwrap().contains("install bd 1.x"), "{error}");
    }
    let fake = Fake::new("1.0.5");
    fake.script("#!/bin/sh\nexit 1\n");
    assert!(fake.run(&["beads", "ready"]).stderr.contains("names no version"));
    let mut command = fake.sandbox.command();
    let out = Outcome::of(command.args(["beads", "ready"]).env("BD_PATH", "/no/such/bd"));
    assert!(out.code == 2 && out.stderr.contains("`/no/such/bd` is not installed"), "{out:?}");
    let mut command = fake.sandbox.command();
    let out = Outcome::of(command.args(["beads", "ready"]).env("PATH", fake.sandbox.path("")));
    assert!(out.code == 2 && out.stderr.contains("`bd` is not installed or not on PATH"), "{out:?}");
    assert!(out.stderr.contains("install bd 1.x"), "{out:?}");
}

/// A claim that `bd` grants to somebody else, or to everybody, is none.
#[test]
fn who_holds_a_claim_is_looked_at_again() {
    let fake = Fake::new("0.47.1");
    let claiming = |line: &str| {
        let held = STORE.replace("\"one\",\"status\":\"open\"", line);
        fs::write(fake.sandbox.root().join("log.held"), held).unwrap();
        fake.sandbox.write(".beads/issues.jsonl", STORE);
        fake.called(&["beads", "claim", "bd-1", "--as", "w1", "--json"])
    };
    let update = "cp \"$BEADS_LOG.held\" \"$BEADS_DIR/issues.jsonl\"; echo '[{\"id\":\"bd-1\"}]'";
    fake.script(
        &FAKE.replace("VERSION", "0.47.1").replace("  *)\n", &format!("  update) {update} ;;\n  *)\n")),
    );
    let (out, calls) = claiming("\"one\",\"status\":\"in_progress\",\"assignee\":\"w1\"");
    assert_eq!((out.code, &out.json()["assignee"]), (0, &"w1".into()));
    assert_eq!(calls, ["update --json --claim --actor=w1 -- bd-1"]);
    let (out, _) = claiming("\"one\",\"status\":\"in_progress\",\"assignee\":\"w2\"");
    assert_eq!((out.code, &out.json_error()["message"]), (1, &"`bd-1` is held by `w2`".into()));
    // Claimed by nobody: to try again would be in vain, and a loop would do so for ever.
    let (out, _) = claiming("\"one\",\"status\":\"open\"");
    assert_eq!((out.code, &out.json_error()["code"]), (2, &"invalid".into()));
    fake.sandbox.write(".taskrun/config.toml", "[beads]\nbackend = \"bd\"\n[agent]\ndefault = \"shell\"\n");
    let (out, calls) = fake.called(&["loop", "run"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert_eq!(calls.iter().filter(|call| call.contains("--claim")).count(), 1, "{calls:?}");
}

/// What `bd` does not let be closed is not done, and in the end a matter for a person.
#[test]
fn a_task_that_bd_does_not_close_is_not_done() {
    let fake = Fake::new("0.47.1");
    // A store of one line, changed in place.
    let change = r#"f="$BEADS_DIR/issues.jsonl"; case "$*" in
      *--claim*) sed -i 's/"status":"[a-z_]*"/"status":"in_progress","assignee":"'"$(echo "$*" | sed 's/.*--actor=//;s/ .*//')"'"/' "$f" ;;
      *--status=blocked*) sed -i 's/"status":"[a-z_]*"/"status":"blocked","labels":["needs-human"]/' "$f" ;;
      *--status=*) sed -i 's/"status":"[a-z_]*","assignee":"[^"]*"/"status":"'"$(echo "$*" | sed 's/.*--status=//;s/ .*//')"'"/' "$f" ;;
    esac; echo '[{"id":"bd-1"}]'"#;
    let text = FAKE.replace("VERSION", "0.47.1");
    let cases =
        format!("  update) {change} ;;\n  close) echo 'a gate is not satisfied' >&2; exit 1 ;;\n  *)\n");
    fake.script(&text.replace("  *)\n", &cases));
    let issue = "{\"id\":\"bd-1\",\"title\":\"one\",\"description\":\"```sh\\necho '<promise>COMPLETE</promise>'\\n```\",\
                 \"status\":\"open\",\"priority\":1,\"issue_type\":\"task\"}\n";
    fake.sandbox.write(".beads/issues.jsonl", issue);
    fake.sandbox.write(".taskrun/config.toml", "[beads]\nbackend = \"bd\"\n[agent]\ndefault = \"shell\"\n");
    let (out, calls) = fake.called(&["loop", "run", "--max-attempts", "2", "--no-gates"]);
    assert_eq!(out.code, 4, "{out:?}");
    assert!(
        out.stderr.contains("a gate is not satisfied") || out.stdout.contains("a gate is not satisfied"),
        "{out:?}"
    );
    assert_eq!(calls.iter().filter(|call| call.starts_with("close ")).count(), 2, "{calls:?}");
    assert!(
        calls
            .iter()
            .any(|call| call.contains("--status=blocked") && call.contains("--add-label=needs-human"))
    );
    assert!(
        calls.iter().any(|call| call.starts_with("comments add") && call.contains("a gate is not satisfied"))
    );
}

#[test]
fn a_classic_one_is_kept_from_a_database() {
    let fake = Fake::new("0.47.1");
    fake.sandbox.write(".beads/metadata.json", "{\"backend\":\"dolt\"}");
    let (out, calls) = fake.called(&["beads", "ready"]);
    assert!(out.code == 2 && out.stderr.contains("a bd 1.x keeps the issues here"), "{out:?}");
    assert!(calls.is_empty(), "{calls:?}");
    fake.sandbox.write(".taskrun/config.toml", "");
    let (out, _) = fake.called(&["beads", "sync", "--to-bd"]);
    assert!(out.code == 2 && out.stderr.contains("a bd 1.x keeps the issues here"), "{out:?}");
    // Where that is all there is, a workspace can be made all the same, to say who keeps the tasks.
    fs::remove_file(fake.sandbox.path(".beads/issues.jsonl")).unwrap();
    assert_eq!(fake.run(&["workspace", "init"]).code, 0);
    assert!(!fake.sandbox.path(".beads/issues.jsonl").exists());
    let out = fake.run(&["beads", "ready"]);
    assert!(out.code == 2 && out.stderr.contains("beads sync --from-bd"), "{out:?}");
    fs::remove_file(fake.sandbox.path(".beads/metadata.json")).unwrap();
    let (out, _) = fake.called(&["beads", "sync", "--from-bd"]);
    assert!(out.code == 1 && out.stderr.contains("no database of `bd`"), "{out:?}");
}

#[test]
fn a_sync_takes_in_what_came_by_git_before_it_exports() {
    let fake = Fake::new("1.0.5");
    let (out, _) = fake.called(&["beads", "sync", "--from-bd"]);
    assert!(out.code == 2 && out.stderr.contains("`bd` keeps these issues itself"), "{out:?}");
    // The database knows all but one issue, which came by git.
    let known: String = STORE.split_inclusive('\n').skip(1).collect();
    let text = FAKE
        .replace("VERSION", "1.0.5")
        .replace("cat \"$BEADS_DIR/issues.jsonl\" 2>/dev/null", "cat \"$BEADS_LOG.db\"");
    fs::write(fake.sandbox.root().join("log.db"), &known).unwrap();
    fake.script(&text);
    let out = fake.run(&["beads", "sync", "--json"]);
    assert_eq!(out.json()["to_bd"][0], "bd-2", "{out:?}");
    let read = fs::read_to_string(fake.sandbox.root().join("log.read")).unwrap();
    assert!(read.contains("\"id\":\"bd-2\"") && !read.contains("\"id\":\"bd-1\""), "{read}");
    // What the database does not say otherwise keeps its bytes.
    assert_eq!(fake.sandbox.read(".beads/issues.jsonl"), STORE);
    let renamed =
        known.replace("\"title\":\"one\"", "\"title\":\"renamed\",\"updated_at\":\"2026-01-05T00:00:00Z\"");
    fs::write(fake.sandbox.root().join("log.db"), renamed).unwrap();
    let memory = "{\"_type\":\"memory\",\"key\":\"k\",\"value\":\"v\"}\n";
    fake.sandbox.write(".beads/issues.jsonl", format!("{memory}{STORE}"));
    assert_eq!(fake.run(&["beads", "sync"]).code, 0);
    let text = fake.sandbox.read(".beads/issues.jsonl");
    assert!(text.starts_with(memory) && text.contains("renamed") && text.lines().count() == 5, "{text}");
}
