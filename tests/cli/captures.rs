//! What a person sees, as a terminal draws it: captures by tmux at 80 and 120 columns, compared with those that are checked in.
//! `TASKRUN_BLESS=1 cargo test --test cli captures` rewrites them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bench::wait_for;
use crate::mission_scene::{ID, Scene, ago};
use crate::sandbox::Sandbox;

/// A tmux server of its own, which ends with this.
struct Tmux {
    socket: PathBuf,
    home: PathBuf,
    dir: PathBuf,
}

impl Tmux {
    /// A terminal of so many columns on which taskrun runs; none where tmux is not installed.
    #[allow(clippy::print_stderr)] // says why it is skipped
    fn run(sandbox: &Sandbox, columns: usize, args: &[&str], editor: &Path) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let root = sandbox.root();
        let tmux = Self {
            socket: root.join(format!("tmux{columns}")),
            home: root.join("home"),
            dir: sandbox.path(""),
        };
        let size = ["-x", &columns.to_string(), "-y", "36"].map(str::to_owned);
        let mut command = tmux.command(&["-f", "/dev/null", "new-session", "-d"]);
        command.args(size).env("EDITOR", format!("'{}'", editor.display())).env("BEADS_ACTOR", "Ada");
        // What was printed stays until it is captured.
        command.args(["sh", "-c", "\"$@\"; exec cat", "sh", env!("CARGO_BIN_EXE_taskrun")]).args(args);
        let out = command.output().unwrap();
        assert!(out.status.success(), "{out:?}");
        Some(tmux)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &self.home);
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").current_dir(&self.dir);
        command.arg("-u").arg("-S").arg(&self.socket).args(args);
        command
    }

    fn press(&self, keys: &[&str]) {
        assert!(self.command(&["send-keys"]).args(keys).status().unwrap().success());
    }

    fn shown(&self) -> String {
        let out = self.command(&["capture-pane", "-p"]).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }

    fn until(&self, what: &str, times: usize) {
        wait_for(what, || self.shown().matches(what).count() >= times);
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

fn compare(name: &str, columns: usize, tmux: &Tmux) {
    let name = format!("tests/fixtures/captures/{name}-{columns}.txt");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
    if std::env::var_os("TASKRUN_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, tmux.shown()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    // The last of it may be on its way.
    let start = Instant::now();
    let mut shown = tmux.shown();
    while shown != kept && start.elapsed() < Duration::from_secs(10) {
        shown = tmux.shown();
    }
    let wide = shown.lines().map(console::measure_text_width).max().unwrap_or(0);
    assert!(wide <= columns, "{shown}");
    assert_eq!(kept, shown, "{name} is another; look at it, and rewrite it with TASKRUN_BLESS=1");
}

#[test]
fn a_mission_as_it_is_shown() {
    for columns in [80, 120] {
        let scene = Scene::new();
        scene.artifact("research-output.md", "# Found\n\nNothing.\n");
        let approved = serde_json::json!({"decision": "approved", "by": "Ada", "finished_at": ago(150), "started_at": ago(150),
            "note": "Good. The second list is what we need most; please see to it that the words of the people who asked are kept."});
        scene.run_of(2, "review-structured", "r-1763740000150-bbbb", &approved);
        let failed = serde_json::json!({"exit_code": 1, "error": "the agent exited with code 1", "started_at": ago(100),
            "finished_at": ago(90)});
        scene.run_of(3, "research", "r-1763740000200-cccc", &failed);
        let title = "A login page for people who sign in with their mail address, and a way back in for who lost the password";
        scene.mission(&serde_json::json!({"title": title, "current_step": 2, "status": "failed",
            "errors": ["step `research`: the agent exited with code 1"], "updated_at": ago(90)}));
        let Some(tmux) = Tmux::run(&scene.sandbox, columns, &["mission", "show", ID], Path::new("vi")) else {
            return;
        };
        tmux.until("next: taskrun", 1);
        compare("mission-show", columns, &tmux);
    }
}

#[test]
fn a_mission_under_review() {
    for columns in [80, 120] {
        let scene = Scene::new();
        scene.artifact("structured-text.md", "# Login page\n\nPeople sign in with their mail address, which has to be verified once \
            by a link that is sent to it and that is good for a day.\n\n- a form\n- a link for lost passwords\n");
        let editor = scene.editor("sed -i 's/- a form/- a form with two fields/' \"$1\"");
        let Some(tmux) = Tmux::run(&scene.sandbox, columns, &["mission", "review", ID], &editor) else {
            return;
        };
        tmux.until("[q]uit?", 1);
        tmux.press(&["e", "Enter"]);
        tmux.until("[q]uit?", 2);
        tmux.press(&["s", "Enter"]);
        tmux.until("to be done better?", 1);
        tmux.press(&["-l", "say what the link looks like"]);
        tmux.press(&["Enter"]);
        tmux.until("next: taskrun", 1);
        compare("mission-review", columns, &tmux);
    }
}

#[test]
fn skills_to_choose_from() {
    for columns in [80, 120] {
        let sandbox = Sandbox::new();
        sandbox.write(".taskrun/.gitignore", "/*\n");
        for (id, name) in [("ours-one", "One of ours"), ("ours-two", "Two of ours")] {
            let about = "For work of which nobody has ever said in so few words what it is, and of which there is much";
            let text = format!("id = '{id}'\nname = '{name}'\ndescription = '{about}'\nstack = ['*']\n");
            let story = "[[user_stories]]\nid = 'A'\ntitle = 't'\nas_a = 'a'\ni_want = 'b'\nso_that = 'c'\n\
                acceptance_criteria = ['one']\n[prompts]\nsystem = 's'\ntask_template = 't'\nacceptance_criteria = 'c'\n";
            sandbox.write(&format!(".taskrun/skills/{id}.toml"), format!("{text}{story}"));
        }
        assert_eq!(sandbox.run(&["skill", "select", "ours-two"]).code, 0);
        let Some(tmux) = Tmux::run(&sandbox, columns, &["skill", "select"], Path::new("vi")) else { return };
        tmux.until("Enter chooses", 1);
        tmux.press(&["-l", "/ours"]);
        tmux.until("/ours", 1);
        tmux.press(&["Up"]);
        tmux.until("❯ ours-one", 1);
        compare("skill-select", columns, &tmux);
    }
}
