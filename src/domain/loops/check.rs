//! Runs the gates by hand, as a run would after an agent.

use anyhow::{Context, Result};

use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{Gates, Place};
use crate::domain::attempt::receipt::GateResult;
use crate::domain::launchers::{Labels, Launcher, Launching};
use crate::domain::workspace::Workspace;
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// Runs all of `gates`, red ones too, and returns how each went. Errors: interrupted.
pub fn check(
    workspace: &Workspace,
    gates: Gates,
    launcher: Option<&Launcher>,
    tell: &mut dyn FnMut(Kind),
) -> Result<Vec<GateResult>> {
    interrupt::install()?;
    let id = clock::run_id().replacen("r-", "g-", 1);
    let dir = workspace.run_dir(&id);
    store::make_dir(&dir)?;
    // A lock of its own: gates may be run while a run is under way.
    let mut child = Supervisor::start(&dir.join("lock"), &id)?;
    let labels = Labels { task: "gates", attempt: 1, branch: None };
    let launch = launcher.map(|launcher| Launching { launcher, labels });
    let place =
        Place { dir: workspace.root(), prefix: &dir.join("check"), env: Vec::new(), capture: None, launch };
    let gates = Gates { stop_at_red: false, ..gates };
    let results = gates.run(&mut child, &place, &|| false, tell)?;
    child.quit();
    interrupt::check()?;
    results.context("the gates were stopped")
}
