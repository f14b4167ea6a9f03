//! What a person has before them at a gate: an artifact, which they may change, and what of it is not the agent's any more.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::decide::{self, Decision, Ruling};
use super::detail;
use super::diff::{self, Diff};
use super::mission::Mission;
use super::names;
use super::output::Print;
use super::run::StepRun;
use super::walk::{self, Next};
use super::workflow::{Step, StepKind, Workflow};
use super::{Folder, Shelf};
use crate::domain::beads::who;
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::document::shown;
use crate::system::process::foreground;
use crate::system::stamp::Stamp;
use crate::system::{clock, store};

/// A gate at which a mission waits.
#[derive(Debug)]
pub struct Gate {
    /// The mission.
    pub mission: Mission,
    /// Its steps.
    pub workflow: Workflow,
    /// Which of them it is at.
    pub index: usize,
    /// What is to be looked at, by its name.
    pub artifact: String,
    shelf: Shelf,
    folder: Folder,
    origin: Origin,
}

/// What an artifact was before people changed it.
#[derive(Debug)]
struct Origin {
    before: PathBuf,
    left: Option<Print>,
}

/// Where what the agent wrote is kept once a person changes it: `runs/step-NN-STEP.RUN.before`, named for the run that wrote it;
/// where no agent did, for the gate.
fn origin(folder: &Folder, workflow: &Workflow, (index, step): (usize, &Step), runs: &[StepRun]) -> Origin {
    let wrote = |(_, before): &(usize, &Step)| before.output_artifact == step.review_artifact;
    let writer = workflow.steps[..index].iter().enumerate().rev().find(wrote);
    let run = writer.and_then(|(_, step)| {
        runs.iter()
            .rfind(|run| run.step_id == step.step_id && run.exit_code == Some(0) && run.error.is_none())
    });
    let (index, step_id) = writer.map_or((index, &step.step_id), |(index, step)| (index, &step.step_id));
    let left = run.and_then(StepRun::left);
    let id = run.map_or("given", |run| run.run_id.as_str());
    Origin { before: folder.runs().join(format!("{}.{id}.before", names::step(index, step_id))), left }
}

impl Gate {
    /// The gate that the mission `id` is at. Errors: [`Fault::Refused`] where it is at none, saying what it is doing.
    pub fn open(shelf: &Shelf, id: &str) -> Result<Self> {
        let (folder, mission, workflow, runs) = look(shelf, id)?;
        folder.refuse_frozen(id)?;
        let index = mission.current_step;
        if mission.status.runs() || !matches!(walk::next(&workflow, &mission, false)?, Next::Gate(_)) {
            return Err(at_no_gate(&mission, &workflow));
        }
        let step = &workflow.steps[index];
        let artifact = step.review_artifact.clone().filter(|name| names::is_artifact(name));
        let Some(artifact) = artifact else {
            return Err(Fault::invalid(
                format!(
                    "step `{}` of workflow `{}` names no artifact to be reviewed",
                    step.step_id, workflow.workflow_id
                ),
                "name one in its `reviewArtifact`",
            ));
        };
        let origin = origin(&folder, &workflow, (index, step), &runs);
        let gate = Self { mission, workflow, index, artifact, shelf: shelf.clone(), folder, origin };
        if !gate.path().is_file() {
            return Err(Fault::refused(
                format!("mission `{id}` has no artifact `{}` to be reviewed", gate.artifact),
                format!("write it with `taskrun mission artifact set {id} {}`", gate.artifact),
            ));
        }
        Ok(gate)
    }

    /// The step.
    pub fn step(&self) -> &Step {
        &self.workflow.steps[self.index]
    }

    /// The artifact's file.
    pub fn path(&self) -> PathBuf {
        self.folder.artifacts().join(&self.artifact)
    }

    /// The beginning of the artifact, whether that is not all, and its size.
    pub fn text(&self) -> Result<(String, bool, u64)> {
        let (text, cut) = detail::beginning(&self.path())?;
        let size = self.path().metadata().map_or(0, |meta| meta.len());
        Ok((text, cut, size))
    }

    /// What people changed of what the agent wrote.
    pub fn diff(&self) -> Result<Diff> {
        changed(&self.origin, &self.path(), &self.artifact)
    }

    /// Decides, in the name of who sits here. Errors: those of [`decide::decide_held`].
    pub fn decide(&self, send_back: Option<&str>, note: Option<&str>) -> Result<Mission> {
        let id = &self.mission.mission_id;
        let lock = self.shelf.lock(id)?;
        self.still_here()?;
        let decision = match send_back {
            Some(note) => Decision::SentBack(note.to_owned()),
            None if self.diff()? == Diff::Same => Decision::Approved,
            None => Decision::Edited,
        };
        let by = who(self.shelf.workspace().root());
        decide::decide_held(&self.shelf, &lock, id, Ruling { decision, note: note.map(str::to_owned), by })
    }

    /// Has the artifact changed in the user's editor; says whether it was. Errors: no editor (exit 2), one that fails, a mission
    /// that went on meanwhile; the artifact is as it was then.
    pub fn edit(&self) -> Result<bool> {
        let editor = editor()?;
        let name = format!("{}-{}", self.mission.mission_id, clock::base36(clock::random(), 6));
        let dir = self.shelf.workspace().edits_dir().join(name);
        let copy = dir.join(&self.artifact);
        store::make_dir(&dir)?;
        let stamp = Stamp::of(&self.path());
        let edited = self.edit_copy(editor, &copy, &dir);
        if !matches!(edited, Ok(true)) {
            store::remove_tree(&dir)?;
            return edited;
        }
        // What somebody wrote is not thrown away because it cannot be saved.
        self.save(&copy, stamp).with_context(|| format!("what you wrote is kept in `{}`", shown(&copy)))?;
        store::remove_tree(&dir)?;
        Ok(true)
    }

    fn edit_copy(&self, mut editor: Vec<OsString>, copy: &Path, dir: &Path) -> Result<bool> {
        let failed = || format!("failed to copy `{}`", shown(&self.path()));
        let original = store::open_plain(&self.path()).with_context(failed)?;
        store::copy_soon(copy, &original).with_context(failed)?;
        let name = editor[0].to_string_lossy().into_owned();
        editor.push(copy.as_os_str().to_owned());
        let ended = foreground(&editor, dir)?;
        if ended.code != Some(0) {
            let how = match (ended.code, ended.signal) {
                (Some(code), _) => format!("failed with exit code {code}"),
                (None, signal) => format!("was ended by signal {}", signal.unwrap_or(0)),
            };
            return Err(Fault::refused(
                format!("the editor `{name}` {how}: `{}` is as it was", self.artifact),
                "",
            ));
        }
        if !copy.is_file() || !store::is_plain(copy) {
            return Err(Fault::refused(
                format!("the editor `{name}` left no file: `{}` is as it was", self.artifact),
                "",
            ));
        }
        Ok(!diff::is_same(&self.path(), copy)?)
    }

    /// Puts the edited `copy` in the artifact's place, if that is still what was copied.
    fn save(&self, copy: &Path, stamp: Stamp) -> Result<()> {
        let _lock = self.shelf.lock(&self.mission.mission_id)?;
        let mut mission = self.still_here()?;
        if Stamp::of(&self.path()) != stamp {
            return Err(Fault::refused(
                format!("somebody else changed `{}` meanwhile", self.artifact),
                "look at it again, and take over from yours what is still needed",
            ));
        }
        keep(&self.origin.before, &self.path())?;
        let new = store::open_plain(copy).with_context(|| format!("failed to read `{}`", shown(copy)))?;
        let size = new.metadata()?.len();
        store::replace_by(&self.path(), store::SHARED, |draft| {
            draft.expect(size);
            draft.copy(&new, 0..size)
        })?;
        self.folder.save(&mut mission)
    }

    /// The mission as it is now; for who holds its lock. Errors: [`Fault::Refused`] where it is not at this gate any more.
    fn still_here(&self) -> Result<Mission> {
        let id = &self.mission.mission_id;
        let moved = || {
            Fault::refused(
                format!("mission `{id}` is not at `{}` any more", self.step().step_id),
                "look at it again",
            )
        };
        let folder = self.shelf.find(id)?;
        let now = folder.mission()?;
        if folder.frozen || now.current_step != self.index || now.status != self.mission.status {
            return Err(moved());
        }
        Ok(now)
    }
}

/// What people last changed of what an agent wrote, whatever the mission `id` is doing: at the gate it is at, else at the last
/// one before. The artifact's name, and what changed.
pub fn last_edit(shelf: &Shelf, id: &str) -> Result<(String, Diff)> {
    let (folder, mission, workflow, runs) = look(shelf, id)?;
    let upto = workflow.steps.len().min(mission.current_step + 1);
    let gates = workflow.steps[..upto].iter().enumerate().rev();
    let mut found = None;
    for (index, step) in gates.filter(|(_, step)| step.kind == StepKind::HumanGate) {
        let Some(name) = step.review_artifact.clone().filter(|name| names::is_artifact(name)) else {
            continue;
        };
        let origin = origin(&folder, &workflow, (index, step), &runs);
        let diff = changed(&origin, &folder.artifacts().join(&name), &name)?;
        if origin.before.exists() || diff != Diff::Same {
            return Ok((name, diff));
        }
        found.get_or_insert(name);
    }
    let name = found.ok_or_else(|| {
        Fault::refused(
            format!("mission `{id}` has been at no gate yet"),
            "nothing can have been edited there",
        )
    })?;
    Ok((name, Diff::Same))
}

/// Keeps what the agent wrote before somebody writes the artifact `name` by other means than [`Gate::edit`], where the mission is
/// at a gate that shows it. For who holds the mission's lock.
pub fn keep_before(shelf: &Shelf, folder: &Folder, mission: &Mission, name: &str) -> Result<()> {
    let Ok(workflow) = super::stand::workflow(shelf, mission) else { return Ok(()) };
    let index = mission.current_step;
    let step = workflow.steps.get(index).filter(|step| step.kind == StepKind::HumanGate);
    match step.filter(|step| step.review_artifact.as_deref() == Some(name)) {
        Some(step) => {
            let origin = origin(folder, &workflow, (index, step), &folder.all_runs()?);
            keep(&origin.before, &folder.artifacts().join(name))
        }
        None => Ok(()),
    }
}

/// The first edit's is kept: what the agent wrote.
fn keep(before: &Path, artifact: &Path) -> Result<()> {
    if before.exists() || !artifact.is_file() { Ok(()) } else { store::link(artifact, before) }
}

fn changed(origin: &Origin, now: &Path, name: &str) -> Result<Diff> {
    if origin.before.exists() {
        let diff = diff::between(&origin.before, now, name)?;
        if diff != Diff::Same {
            return Ok(diff);
        }
    }
    // What was changed by other means than ours was not kept.
    match origin.left.as_ref().filter(|left| left.artifact == name) {
        Some(left) if now.is_file() && !left.is_of(now)? => {
            Ok(Diff::Unseen("it was changed by hand since, and what the agent wrote was not kept".into()))
        }
        _ => Ok(Diff::Same),
    }
}

fn look(shelf: &Shelf, id: &str) -> Result<(Folder, Mission, Workflow, Vec<StepRun>)> {
    let folder = shelf.find(id)?;
    let (mission, runs) = detail::truth(shelf, &folder)?;
    let workflow = super::stand::workflow(shelf, &mission)?;
    Ok((folder, mission, workflow, runs))
}

/// The user's editor: program and arguments.
fn editor() -> Result<Vec<OsString>> {
    let hint = "set `EDITOR` to the command of an editor";
    let Some((variable, command)) = env::editor() else {
        return Err(Fault::usage("neither `VISUAL` nor `EDITOR` is set", hint));
    };
    let words = command.to_str().and_then(|command| shell_words::split(command).ok()).unwrap_or_default();
    if words.is_empty() {
        return Err(Fault::usage(format!("`{variable}` is no command"), hint));
    }
    Ok(words.into_iter().map(Into::into).collect())
}

/// What a mission is doing that waits for no person.
fn at_no_gate(mission: &Mission, workflow: &Workflow) -> anyhow::Error {
    let id = &mission.mission_id;
    let at = workflow.steps.get(mission.current_step).map_or("its end", |step| step.step_id.as_str());
    let (what, hint) = if mission.status.runs() {
        (format!("step `{at}` runs"), format!("`taskrun mission watch {id}` tells when it has ended"))
    } else {
        (
            format!("it is {} at step `{at}`, which no person does", mission.status.word()),
            format!("`taskrun mission continue {id}` goes on with it"),
        )
    };
    Fault::refused(format!("mission `{id}` waits for no person: {what}"), hint)
}
