//! What is launched is ended through its launcher, however we end: a signal, a limit, a kill of us or of all of us.

use std::fs;
use std::process::{Child, Command};

use serde_json::json;

use crate::bench::{Bench, DONE, kill, living, reap, wait_for};

/// The far side: a process of the test's, no child of taskrun's, that runs what is laid into its spool. Nothing that
/// taskrun could signal leads there.
const SITE: &str = r#"cd "$ASIDE/spool"
while [ ! -e quit ]; do
  for job in *.job; do
    [ -e "$job" ] || continue
    name=${job%.job}; mv "$job" "$name.taken"
    (setsid xargs -0 -a "$name.taken" sh -c 'echo $$ > "$0.pid"; exec "$@"' "$name" >"$name.out" 2>"$name.err" </dev/null
     echo $? > "$name.code") &
  done
  sleep 0.02
done
wait"#;

/// The launcher: lays the command into the spool and waits, like `sbatch --wait`.
const FAR: &str = r#"name=$1; shift; cd "$ASIDE/spool"
echo "$name" >> "$ASIDE/names"
printf '%s\0' "$@" > "$name.new"; mv "$name.new" "$name.job"
while [ ! -e "$name.code" ]; do sleep 0.02; done
cat "$name.out"; exit "$(cat "$name.code")""#;

/// What ends a job there, whoever asks, also one that is over.
const STOP: &str = r#"echo "$1" >> "$ASIDE/stopped"; cd "$ASIDE/spool"
[ ! -e "$1.job" ] || rm "$1.job"
[ -e "$1.code" ] || [ ! -e "$1.pid" ] || kill -TERM "$(cat "$1.pid")""#;

struct Site {
    bench: Bench,
    process: Child,
    marker: String,
}

impl Site {
    /// A project whose agent sleeps at the site, to be stopped by `stop`; `far` is put before the launcher.
    fn new(number: u32, far: &str, stop: &str) -> Self {
        let marker = format!("4{:05}.{number:02}", std::process::id() % 100_000);
        let bench = Bench::new(&format!("touch \"$ASIDE/up\"; exec sleep {marker}"));
        fs::create_dir(bench.aside("spool")).unwrap();
        let [far, stop] = [("far", format!("{far}\n{FAR}")), ("stop", stop.to_owned())]
            .map(|(name, body)| bench.script(name, &body));
        bench.config(&format!(
            "[agent]\ndefault = 'fake'\ntimeout = '60s'\nretry_delay = '1ms'\n[launchers.site]\ncommand = ['{}', '{{name}}']\nstop = ['{}', '{{name}}']",
            far.display(),
            stop.display()
        ));
        let site = bench.script("site", SITE);
        let process = Command::new(site).spawn().unwrap();
        bench.tasks(&["bd-1"]);
        Self { bench, process, marker }
    }

    /// A run whose agent is at work at the site.
    fn busy(&self) -> Child {
        let child = self.bench.start(&["--launcher", "site", "--once"]);
        wait_for("the agent", || self.bench.aside("up").exists() && !self.at_work().is_empty());
        child
    }

    fn at_work(&self) -> Vec<u32> {
        living(&format!("sleep {}", self.marker))
            .into_iter()
            .filter(|pid| {
                fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
            })
            .collect()
    }

    /// Launches that are noted as under way. A receipt of one that was ended may come later.
    fn notes(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.bench.sandbox.path(".taskrun/launches")) else { return 0 };
        entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "json")).count()
    }

    /// The next run takes the task up again, and nothing is left there.
    fn goes_on(&self) {
        self.bench.agent(DONE);
        let last = self.bench.finish(&["--launcher", "site"]);
        assert_eq!((&last["reason"], &last["completed"]), (&json!("complete"), &json!(["bd-1"])), "{last}");
        wait_for("the end at the site", || self.at_work().is_empty());
        assert_eq!(self.notes(), 0);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for pid in self.at_work() {
            kill(pid, "KILL");
        }
        let _ = fs::write(self.bench.aside("spool/quit"), "");
        let _ = self.process.wait();
    }
}

#[test]
fn a_signal_ends_the_far_side() {
    // The launcher dies of it, like ssh, and leaves its far side alone.
    let site = Site::new(1, "", STOP);
    let run = site.busy();
    kill(run.id(), "TERM");
    assert_eq!(reap(run), 143);
    wait_for("the end at the site", || site.at_work().is_empty());
    assert_eq!(site.bench.lines("stopped"), site.bench.lines("names"));
    assert_eq!((site.bench.status("bd-1").as_str(), site.notes()), ("open", 0));
    site.goes_on();
}

#[test]
fn a_deaf_launcher_is_not_killed_before_its_far_side_is_ended() {
    let site = Site::new(2, "trap 'echo asked >> \"$ASIDE/stopped\"' INT TERM", STOP);
    let run = site.busy();
    // The second one counts only once the first has been seen.
    wait_for("the end at the site", || {
        kill(run.id(), "INT");
        site.at_work().is_empty()
    });
    assert_eq!(reap(run), 130);
    let (stopped, names) = (site.bench.lines("stopped"), site.bench.lines("names"));
    assert!(stopped[0] == "asked" && stopped.contains(&names[0]), "{stopped:?}");
    site.goes_on();
}

#[test]
fn a_limit_ends_the_far_side() {
    let site = Site::new(3, "", STOP);
    let config = site.bench.sandbox.read(".taskrun/config.toml");
    site.bench.sandbox.write(".taskrun/config.toml", config.replace("'60s'", "'1s'"));
    let last = site.bench.finish(&["--launcher", "site", "--once"]);
    assert_eq!(last["exit_code"], 1, "{last}");
    wait_for("the end at the site", || site.at_work().is_empty());
    assert_eq!(site.bench.history()[0]["outcome"], "reopened", "the limit counts, not the missing receipt");
    assert_eq!((site.bench.lines("stopped").len(), site.notes()), (1, 0));
}

#[test]
fn a_kill_of_taskrun_ends_the_far_side() {
    let site = Site::new(4, "", STOP);
    let run = site.busy();
    kill(run.id(), "KILL");
    assert_eq!(reap(run), 137);
    wait_for("the end at the site", || site.at_work().is_empty() && site.notes() == 0);
    assert_eq!(site.bench.lines("stopped"), site.bench.lines("names"));
    site.goes_on();
    assert_eq!(site.bench.lines("stopped").len(), 1, "once is enough");
}

#[test]
fn what_outlives_all_of_us_is_ended_by_the_next_run() {
    let site = Site::new(5, "", STOP);
    let run = site.busy();
    let supervisor = living(&format!("__supervise {} ", run.id()))[0];
    kill(supervisor, "STOP");
    kill(run.id(), "KILL");
    kill(supervisor, "KILL");
    assert_eq!(reap(run), 137);
    assert_eq!((site.at_work().len(), site.notes()), (1, 1), "the case is there");
    // Somebody else's run in between has nothing to end there.
    assert_eq!(site.bench.sandbox.run(&["gates", "run", "--gate", "true"]).code, 0);
    site.goes_on();
    assert_eq!(site.bench.lines("stopped"), site.bench.lines("names")[..1]);
}

#[test]
fn what_cannot_be_ended_is_told_until_it_can() {
    let broken = "[ -e \"$ASIDE/mended\" ] || exit 1";
    let site = Site::new(6, "", &format!("{broken}\n{STOP}"));
    let run = site.busy();
    kill(run.id(), "KILL");
    assert_eq!(reap(run), 137);
    wait_for("the supervisor", || {
        living("__supervise ").iter().all(|pid| {
            !fs::read_to_string(format!("/proc/{pid}/cmdline"))
                .unwrap_or_default()
                .contains(site.bench.sandbox.root().to_str().unwrap())
        })
    });
    assert_eq!((site.at_work().len(), site.notes()), (1, 1));
    let prompt =
        || site.bench.sandbox.run(&["loop", "run", "--max-iterations", "1", "--agent", "shell"]).stderr;
    let said = prompt();
    assert!(said.contains("may still be running") && said.contains("left with launcher `site`"), "{said}");
    assert_eq!(site.notes(), 1);
    fs::write(site.bench.aside("mended"), "").unwrap();
    let said = prompt();
    assert!(said.contains("ended `taskrun-work-bd-1-1-"), "{said}");
    wait_for("the end at the site", || site.at_work().is_empty());
    assert_eq!(site.notes(), 0);
}

#[test]
fn what_was_cut_off_is_ended_before_it_is_tried_again() {
    // The line breaks while the agent is at work, and cannot be used for its end either, for a while.
    let cut = "[ -e \"$ASIDE/cut\" ] || { touch \"$ASIDE/cut\"; cd \"$ASIDE/spool\"; n=$1; shift; printf '%s\\0' \"$@\" > $n.new
        mv $n.new $n.job; until [ -e \"$ASIDE/up\" ]; do sleep 0.02; done; exit 255; }";
    let site = Site::new(
        7,
        cut,
        &format!("[ -e \"$ASIDE/tried\" ] || {{ touch \"$ASIDE/tried\"; exit 1; }}\n{STOP}"),
    );
    site.bench.agent(&format!(
        "[ ! -e \"$ASIDE/up\" ] || {{ {DONE}; exit; }}; touch \"$ASIDE/up\"; exec sleep {}",
        site.marker
    ));
    let last = site.bench.finish(&["--launcher", "site"]);
    assert_eq!(last["reason"], "complete", "{last}");
    let history = site.bench.history();
    assert_eq!((&history[0]["outcome"], &history[1]["outcome"]), (&json!("agent_failed"), &json!("closed")));
    let why = history[0]["reason"].as_str().unwrap();
    assert!(
        why.ends_with(
            "left no receipt (exit code 255), and could not be made to end what it may have started"
        ),
        "{why}"
    );
    wait_for("the end at the site", || site.at_work().is_empty());
    assert_eq!((site.bench.lines("stopped").len(), site.notes()), (1, 0));
}
