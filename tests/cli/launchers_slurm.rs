//! The queue on a real Slurm of several nodes (`tests/slurm/up.sh`); without one these say so and are skipped.

use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{kill, reap, wait_for};
use crate::sandbox::{Outcome, Sandbox};

/// A project whose launcher `slurm` uses two of the nodes.
struct Cluster {
    sandbox: Sandbox,
    dir: String,
}

impl Cluster {
    /// Leaves the nodes `without` to other tests.
    fn new(without: &str) -> Option<Self> {
        let Some(dir) = std::env::var_os("TASKRUN_SLURM") else {
            #[allow(clippy::print_stderr)] // nobody would know that nothing was tried
            {
                eprintln!("skipped: no Slurm is up; see tests/slurm/up.sh");
            }
            return None;
        };
        let cluster = Self { sandbox: Sandbox::new(), dir: dir.into_string().unwrap() };
        let srun = json!([
            "srun",
            "--quiet",
            "--chdir={dir}",
            "--job-name={name}",
            "--nodes=1",
            "--ntasks=1",
            format!("--exclude={without}"),
            "--"
        ]);
        let stop = json!(["scancel", "--name={name}"]);
        let config =
            format!("[launchers.slurm]\ncommand = {srun}\nstop = {stop}\n[macp]\nretry_delay = '10ms'\n");
        cluster.sandbox.write(".taskrun/config.toml", config);
        Some(cluster)
    }

    fn tasks(&self, commands: &[(&str, String)]) {
        let tasks: Vec<Value> = commands
            .iter()
            .map(|(id, command)| {
                json!({"id": id, "title": format!("Do {id}"), "status": "pending", "dispatch": "exec",
                    "launcher": "slurm", "command": command, "max_attempts": 1})
            })
            .collect();
        self.sandbox.write(".taskrun/macp/tasks.json", json!({"tasks": tasks}).to_string());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command();
        command.arg("macp").args(args).env("SLURM_CONF", format!("{}/slurm.conf", self.dir));
        command
    }

    fn drain(&self) -> Child {
        let out = fs::File::create(self.sandbox.path("drained")).unwrap();
        self.command(&["drain", "--json"]).stdout(out).stderr(Stdio::null()).spawn().unwrap()
    }

    fn result(&self, id: &str) -> Value {
        serde_json::from_str(&self.sandbox.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap()
    }

    /// Names of our jobs that Slurm still knows as waiting or running.
    fn jobs(&self) -> Vec<String> {
        let mut squeue = Command::new("squeue");
        squeue.args(["-h", "-o", "%j"]).env("SLURM_CONF", format!("{}/slurm.conf", self.dir));
        let prefix = "taskrun-work-";
        let listed = Outcome::of(&mut squeue).stdout;
        listed.lines().filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.sandbox.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn four_tasks_on_two_nodes_at_once_with_their_exit_codes() {
    let Some(cluster) = Cluster::new("n3,n4") else { return };
    // Each waits until all four are there, so that it ends only if all run at once.
    let meet = "echo $SLURMD_NODENAME > at.$TASKRUN_TASK; until [ -e at.a ] && [ -e at.b ] && [ -e at.c ] && [ -e at.d ]; do sleep 0.05; done";
    let codes = [("a", 0), ("b", 7), ("c", 255), ("d", 0)];
    let commands = codes.map(|(id, code)| (id, format!("{meet}; echo bye from {id}; exit {code}")));
    cluster.tasks(&commands);
    let out = Outcome::of(&mut cluster.command(&["drain", "--jobs", "4"]));
    assert_eq!(out.code, 1, "two have failed: {out:?}");
    for (id, code) in codes {
        let result = cluster.result(id);
        assert_eq!((&result["exit_code"], &result["attempt"]), (&json!(code), &json!(1)), "{result}");
        assert_eq!(result["metadata"]["launcher"], "slurm");
        assert_eq!(cluster.lines(&format!(".taskrun/macp/logs/{id}.log")), [format!("bye from {id}")]);
    }
    let mut nodes: Vec<String> =
        codes.iter().flat_map(|(id, _)| cluster.lines(&format!("at.{id}"))).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["n1", "n1", "n2", "n2"]);
}

#[test]
fn what_is_called_off_or_killed_is_gone_from_the_cluster() {
    let Some(cluster) = Cluster::new("n3,n4") else { return };
    for how in ["cancel", "TERM", "KILL"] {
        let _ = fs::remove_file(cluster.sandbox.path("up"));
        let id = format!("t-{how}");
        cluster.tasks(&[(&id, "touch up; sleep 600".into())]);
        let drain = cluster.drain();
        wait_for("the job", || cluster.sandbox.path("up").exists());
        let name = format!("taskrun-work-t-{}-1-", how.to_lowercase());
        assert!(cluster.jobs().iter().any(|job| job.starts_with(&name)), "{:?}", cluster.jobs());
        if how == "cancel" {
            let out = Outcome::of(&mut cluster.command(&["cancel", &id]));
            assert_eq!(out.code, 0, "{out:?}");
        } else {
            kill(drain.id(), how);
        }
        let code = reap(drain);
        let expected = match how {
            "cancel" => 0,
            "TERM" => 143,
            _ => 137,
        };
        assert_eq!(code, expected, "{how}");
        wait_for("the end of the job", || !cluster.jobs().iter().any(|job| job.starts_with(&name)));
        wait_for("the end of its note", || {
            fs::read_dir(cluster.sandbox.path(".taskrun/macp/state/launches")).unwrap().next().is_none()
        });
        fs::remove_dir_all(cluster.sandbox.path(".taskrun/macp")).unwrap();
    }
}

#[test]
fn a_job_cancelled_by_somebody_else_is_no_fault_of_its_task() {
    let Some(cluster) = Cluster::new("n3,n4") else { return };
    cluster.tasks(&[("t", "echo $$ >> ran; [ -e again ] && exit 0; touch again; sleep 600".into())]);
    let drain = cluster.drain();
    wait_for("the job", || cluster.sandbox.path("again").exists());
    let name = cluster.jobs().into_iter().find(|job| job.starts_with("taskrun-work-t-1-")).unwrap();
    let mut cancel = Command::new("scancel");
    let cancelled = Outcome::of(
        cancel.arg(format!("--name={name}")).env("SLURM_CONF", format!("{}/slurm.conf", cluster.dir)),
    );
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    assert_eq!((reap(drain), cluster.lines("ran").len()), (0, 2));
    let result = cluster.result("t");
    assert_eq!((&result["status"], &result["attempt"]), (&json!("completed"), &json!(2)), "{result}");
}

#[test]
fn a_task_whose_node_dies_is_done_by_another() {
    let Some(cluster) = Cluster::new("n1,n2") else { return };
    cluster.tasks(&[(
        "t",
        "echo $SLURMD_NODENAME >> ran; until [ -e go ]; do sleep 0.1; done; echo well".into(),
    )]);
    let drain = cluster.drain();
    wait_for("the task", || cluster.lines("ran").len() == 1);
    let node = cluster.lines("ran")[0].clone();
    // The daemon of the node, and the keepers of what it runs: the children of it that outlive it.
    let daemon: u32 =
        fs::read_to_string(format!("{}/pid/slurmd.{node}", cluster.dir)).unwrap().trim().parse().unwrap();
    let keepers = keepers(&cluster, "t");
    assert_eq!(keepers.len(), 1, "{keepers:?}");
    for pid in [daemon].into_iter().chain(keepers) {
        kill(pid, "KILL");
    }
    // Its srun ends with 0 once the node is missed, which takes a while.
    let start = std::time::Instant::now();
    while cluster.lines("ran").len() < 2 {
        assert!(start.elapsed().as_secs() < 120, "waited in vain for another node");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    fs::write(cluster.sandbox.path("go"), "").unwrap();
    assert_eq!(reap(drain), 0);
    let ran = cluster.lines("ran");
    assert!(ran.len() == 2 && ran[0] != ran[1], "{ran:?}");
    let result = cluster.result("t");
    assert_eq!((&result["status"], &result["attempt"]), (&json!("completed"), &json!(2)), "{result}");
    let again = cluster
        .lines("drained")
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|event| event["event_type"] == "task.retry.scheduled")
        .unwrap();
    assert_eq!(again["metadata"]["blame"], "infrastructure", "{again}");
    let said = again["message"].as_str().unwrap();
    assert!(said.contains("launcher `slurm` left no receipt (exit code 0)"), "{again}");
}

/// The slurmstepds of a task's job.
fn keepers(cluster: &Cluster, task: &str) -> Vec<u32> {
    let mut squeue = Command::new("squeue");
    squeue.args(["-h", "-o", "%A %j"]).env("SLURM_CONF", format!("{}/slurm.conf", cluster.dir));
    let listed = Outcome::of(&mut squeue).stdout;
    let name = format!(" taskrun-work-{task}-1-");
    let job = listed.lines().find(|line| line.contains(&name)).unwrap().split(' ').next().unwrap().to_owned();
    crate::bench::living(&format!("slurmstepd: [{job}."))
}
