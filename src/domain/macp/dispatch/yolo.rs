//! `yolo`: an agent with full permission, of the attempt engine or in the hands of `[macp] yolo_command`.

use std::env::join_paths;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use super::{BRIEF, Call, brief, runtime, servers, words};
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::config::{env, programs};

/// Where Mosaic keeps its programs, below the home.
const MOSAIC: &str = ".config/mosaic/bin";

/// The agent, or the command it is handed to.
pub(super) fn call(task: &Task, place: &Place, settings: &Settings, dir: PathBuf) -> Result<Call> {
    let told = brief::brief(task, place, settings)?;
    let runtime = runtime(task, settings).to_owned();
    let mcp_config = servers::file(task, place)?;
    servers::read(task, place, settings)?;
    if settings.config.macp.yolo_command.is_empty() {
        return Ok(Call::Agent { runtime, prompt: told, dir, mcp_config });
    }
    if runtime.is_empty() || runtime.starts_with('-') {
        return Err(Fault::refused(
            format!("task `{}`: `{}` is no agent", task.id, runtime.escape_debug()),
            "name one as its `runtime`",
        ));
    }
    if mcp_config.is_some() {
        return Err(Fault::refused(
            format!("task `{}` has MCP servers, which `[macp] yolo_command` cannot be given", task.id),
            "take `mcp_config` out of the task, or `yolo_command` out of the settings",
        ));
    }
    let mut argv: Vec<OsString> = settings
        .config
        .macp
        .yolo_command
        .iter()
        .map(|word| word.replace("{runtime}", &runtime).into())
        .collect();
    if !settings.config.macp.yolo_command.iter().any(|word| word.contains(BRIEF)) {
        argv.push(BRIEF.into());
    }
    argv[0] = program(&settings.config.macp.yolo_command[0], place, task)?.into();
    let mut variables = vec![("PATH".into(), path()?)];
    variables.extend(words::env(task));
    Ok(Call::Command { argv, env: variables, dir, stdin: None, brief: Some(told), pty: true, answers: false })
}

/// The program itself: Mosaic's own, else along `PATH`.
fn program(name: &str, place: &Place, task: &Task) -> Result<PathBuf> {
    let own = env::home().map(|home| home.join(MOSAIC).join(name)).filter(|_| !name.contains('/'));
    let own = own.and_then(|path| programs::find(path.as_os_str(), place.root()));
    own.or_else(|| programs::find(name.as_ref(), place.root())).ok_or_else(|| {
        Fault::refused(
            format!("task `{}`: there is no `{name}`, which `[macp] yolo_command` names", task.id),
            "install it, or correct `yolo_command`",
        )
    })
}

/// `PATH` with Mosaic's own programs before all others.
fn path() -> Result<OsString> {
    let mosaic = env::home().map(|home| home.join(MOSAIC));
    Ok(join_paths(mosaic.into_iter().chain(env::search_path()))?)
}
