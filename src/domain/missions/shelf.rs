//! Where missions lie: finding, making, locking and completing them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::builtin;
use super::crew::{self, Crew};
pub use super::folder::Folder;
use super::folder::entries;
use super::mission::{Kind, Mission, Status, VERSION};
use super::names;
use super::sheet::Sheet;
use super::workflow::{self, Workflow};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::config::nearest;
use crate::system::document::shown;
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// So much of an input is read at once (bytes), and so much white space at its start makes it an empty one.
const BLOCK: u64 = 64 << 10;
const BLANK: usize = 1 << 20;

/// The way out of a broken file of workflows or agents.
const WAY_OUT: &str = "correct it, or move it away: the standard one holds then";

/// The artifact that a mission begins with.
pub const INPUT: &str = "raw-input.md";

/// All missions of a workspace.
#[derive(Debug, Clone)]
pub struct Shelf {
    workspace: Workspace,
}

impl Shelf {
    /// The missions of `workspace`; nothing is read or made.
    pub fn of(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone() }
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Missions under way.
    pub fn active(&self) -> PathBuf {
        self.workspace.missions_dir().join("active")
    }

    /// Missions that are over.
    pub fn completed(&self) -> PathBuf {
        self.workspace.missions_dir().join("completed")
    }

    /// Missions that are being made; what is left here by a process that died is removed by the next.
    fn making(&self) -> PathBuf {
        self.workspace.missions_dir().join(".making")
    }

    /// The workflows; the built-in one where the file is missing. Errors: [`Fault::Invalid`] naming file, line and JSON path.
    pub fn workflows(&self) -> Result<Vec<Workflow>> {
        match Sheet::read(&self.workspace.workflows_file(), workflow::VERSION, WAY_OUT)? {
            Some(sheet) => workflow::read(sheet),
            None => builtin::workflows(),
        }
    }

    /// The workflow `id`, or the first one. Unknown ids: [`Fault::NotFound`].
    pub fn workflow(&self, id: Option<&str>) -> Result<Workflow> {
        let mut workflows = self.workflows()?;
        let Some(id) = id else { return Ok(workflows.swap_remove(0)) };
        if let Some(index) = workflows.iter().position(|workflow| workflow.workflow_id == id) {
            return Ok(workflows.swap_remove(index));
        }
        let near = nearest(id, workflows.iter().map(|workflow| workflow.workflow_id.as_str()));
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        let hint = hint.unwrap_or_else(|| "`taskrun mission workflows` shows all".into());
        Err(Fault::not_found(format!("unknown workflow `{id}`"), hint))
    }

    /// The agents; the built-in ones where the file is missing. Errors: [`Fault::Invalid`] naming file, line and JSON path.
    pub fn crew(&self) -> Result<Crew> {
        match Sheet::read(&self.workspace.agents_file(), workflow::VERSION, WAY_OUT)? {
            Some(sheet) => crew::read(sheet, self.workspace.root()),
            None => builtin::crew(&self.workspace),
        }
    }

    /// Errors ([`Fault::Invalid`]): a step of `workflow` names an agent that is not in `crew`.
    pub fn check_agents(&self, workflow: &Workflow, crew: &Crew) -> Result<()> {
        for (index, step) in workflow.steps.iter().enumerate() {
            if let Some(name) = step.agent.as_deref().filter(|name| !crew.agents.contains_key(*name)) {
                let (file, id) = (shown(&self.workspace.workflows_file()), &workflow.workflow_id);
                let told = crew::absent(name);
                let told = format!("`{file}`: workflow `{id}`, `steps[{index}].agent`: {told}");
                return Err(Fault::invalid(told, crew.way_out(name)));
            }
        }
        Ok(())
    }

    /// The mission `id`, active or completed. Unknown ids: [`Fault::NotFound`]; two folders of one id: [`Fault::Invalid`].
    pub fn find(&self, id: &str) -> Result<Folder> {
        let mut found = Vec::new();
        for (place, frozen) in [(self.active(), false), (self.completed(), true)] {
            found.extend(folders(&place, frozen)?.into_iter().filter(|folder| folder.id() == id));
        }
        if found.len() > 1 {
            // One that was completed meanwhile is seen at both places.
            found.retain(|folder| folder.dir.is_dir());
        }
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [one, other, ..] => Err(twins(one, other)),
            [] => Err(unknown(id)),
        }
    }

    /// All missions under way, or all; by when they were made.
    pub fn all(&self, completed: bool) -> Result<Vec<Folder>> {
        let mut all = folders(&self.active(), false)?;
        if completed {
            all.extend(folders(&self.completed(), true)?);
            all.sort_by(|one, other| one.id().cmp(other.id()));
        }
        Ok(all)
    }

    /// Makes a mission of which `input` is the first artifact.
    pub fn create(
        &self,
        title: &str,
        kind: Kind,
        workflow: &Workflow,
        input: &[u8],
    ) -> Result<(Folder, Mission)> {
        self.create_from(title, kind, workflow, &mut &*input)
    }

    /// The same with an input that is not held: it is there whole, or not at all. Errors ([`Fault::Usage`]): an empty title
    /// or input.
    pub fn create_from(
        &self,
        title: &str,
        kind: Kind,
        workflow: &Workflow,
        input: &mut dyn Read,
    ) -> Result<(Folder, Mission)> {
        let title = one_line(title)?;
        let head = head(input)?;
        let mut input = head.chain(input);
        let now = clock::now();
        let mission = Mission {
            version: VERSION,
            mission_id: names::mission_id(),
            title: title.into(),
            kind,
            workflow_id: workflow.workflow_id.clone(),
            current_step: 0,
            status: Status::Ready,
            created_at: now,
            updated_at: now,
            errors: Vec::new(),
            last_error: None,
            more: serde_json::Map::new(),
        };
        init::for_state(&self.workspace)?;
        let _lock = self.lock(&mission.mission_id)?;
        self.sweep()?;
        let name = format!("{}--{}", mission.mission_id, names::slug(title));
        let draft = Folder { dir: self.making().join(&name), frozen: false };
        let made = fill(&draft, &mission, &mut input).and_then(|()| {
            let dir = self.active().join(&name);
            store::make_dir(&self.active())?;
            store::rename(&draft.dir, &dir)?;
            Ok(Folder { dir, frozen: false })
        });
        if made.is_err() {
            store::remove_tree(&draft.dir)?;
        }
        Ok((made?, mission))
    }

    /// Removes what was half made by processes that are gone.
    fn sweep(&self) -> Result<()> {
        for name in entries(&self.making())? {
            if let Some(id) = names::owner(&name)
                && let Ok(_lock) = self.lock(id)
            {
                store::remove_tree(&self.making().join(&name))?;
            }
        }
        Ok(())
    }

    /// The file by which the mission `id` is held.
    pub(super) fn lock_file(&self, id: &str) -> PathBuf {
        self.workspace.missions_dir().join(".locks").join(id)
    }

    /// Keeps two commands from changing one mission: held while a step runs or a person decides.
    /// [`Fault::Busy`] where somebody else holds it.
    pub fn lock(&self, id: &str) -> Result<Lock> {
        if !names::is_id(id) {
            return Err(unknown(id));
        }
        store::make_dir(&self.workspace.missions_dir().join(".locks"))?;
        let path = self.lock_file(id);
        Lock::try_take(&path)?.ok_or_else(|| {
            let holder = Lock::holder(&path);
            Fault::busy(
                format!("mission `{id}` is being worked on by {holder}"),
                format!("try again when it has finished; `taskrun mission show {id}` shows how far it is"),
            )
        })
    }

    /// Moves a mission that is over to the completed ones, where it is frozen.
    pub fn complete(&self, folder: &Folder) -> Result<Folder> {
        let name = folder.dir.file_name().context("a mission's folder has no name")?;
        store::make_dir(&self.completed())?;
        let dir = self.completed().join(name);
        store::rename(&folder.dir, &dir)?;
        Ok(Folder { dir, frozen: true })
    }
}

/// The missions in a directory that may be missing, by name.
fn folders(place: &Path, frozen: bool) -> Result<Vec<Folder>> {
    let names = entries(place)?.into_iter().filter(|name| names::owner(name).is_some());
    Ok(names.map(|name| Folder { dir: place.join(name), frozen }).collect())
}

/// Two folders have one id: no command can tell which is meant.
pub(super) fn twins(one: &Folder, other: &Folder) -> anyhow::Error {
    let (id, one, other) = (one.id(), shown(&one.dir), shown(&other.dir));
    Fault::invalid(
        format!("two folders are mission `{id}`: `{one}` and `{other}`"),
        "move one of them away, or give it a name and a `mission_id` of its own",
    )
}

fn unknown(id: &str) -> anyhow::Error {
    Fault::not_found(format!("unknown mission `{id}`"), "`taskrun mission list --all` shows all")
}

/// A title without the white space around it.
fn one_line(title: &str) -> Result<&str> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Fault::usage(
            "the title is empty",
            "say in a few words with `--title` what is to be done",
        ));
    }
    if title.chars().any(char::is_control) {
        let hint = "put the rest into the mission's input, with `--input`";
        return Err(Fault::usage("the title is more than one line, or holds control characters", hint));
    }
    Ok(title)
}

/// Makes all that a new mission has.
fn fill(folder: &Folder, mission: &Mission, input: &mut dyn Read) -> Result<()> {
    for dir in [folder.artifacts(), folder.logs(), folder.runs()] {
        store::make_dir(&dir)?;
    }
    store::replace(&folder.artifacts().join(INPUT), store::SHARED, |out| io::copy(input, out).map(|_| ()))?;
    store::write_json(&folder.dir.join("mission.json"), mission)
}

/// The start of an input, up to a block with words in it. Errors ([`Fault::Usage`]): there are none.
fn head(input: &mut dyn Read) -> Result<io::Cursor<Vec<u8>>> {
    let mut head = Vec::new();
    let mut from = 0;
    while head.len() < BLANK {
        let read = input.take(BLOCK).read_to_end(&mut head).context("failed to read the input")?;
        if !head[from..].trim_ascii().is_empty() {
            return Ok(io::Cursor::new(head));
        }
        if read == 0 {
            break;
        }
        from = head.len();
    }
    let hint = "say with `--input` what is wanted: text, a file, or `-` for standard input";
    Err(Fault::usage("the input is empty", hint))
}
