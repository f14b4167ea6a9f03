//! `results/<id>.json`: derived from the log, where each end of a task carries its whole result. Written once and not waited for;
//! one that is missing or torn is written again.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::inbox::hash;
use super::memory::Memory;
use super::place::Place;
use crate::fault::Fault;
use crate::system::store;

/// Where the result of a task goes. `given` is its `result_path`. Errors: one that leads out of the queue's directory.
pub fn path(place: &Place, id: &str, given: Option<&str>) -> Result<PathBuf> {
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        return Ok(place.results().join(format!("{}.json", file_name(id))));
    };
    let out = || {
        Fault::invalid(
            format!("task `{id}`: `result_path` `{given}` leads out of the queue's directory"),
            "name a path below the directory that holds `tasks.json`",
        )
    };
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if given.contains('\0') || !Path::new(given).components().all(plain) {
        return Err(out());
    }
    let path = place.dir().join(given);
    // No link on the way may lead out, nor may the file be one.
    let there = path.ancestors().skip(1).find_map(|dir| dir.canonicalize().ok());
    let inside = place.dir().canonicalize().is_ok_and(|top| there.is_some_and(|dir| dir.starts_with(top)));
    let link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    let ours = ["tasks.json", "events.ndjson", "config.json", "triggers.toml"];
    let taken = ours.iter().any(|name| path == place.dir().join(name)) || path.starts_with(place.state());
    if inside && !link && !taken { Ok(path) } else { Err(out()) }
}

/// An id as the name of a file: as it is where that can be, else made so and told apart by its hash.
pub fn file_name(id: &str) -> String {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let plain = id.len() <= 128
        && id.bytes().all(fine)
        && id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if plain {
        return id.to_owned();
    }
    let slug: String =
        id.bytes().take(64).map(|byte| if fine(byte) { char::from(byte) } else { '-' }).collect();
    format!("{}-{:016x}", slug.trim_start_matches(['.', '-']), hash(id))
}

/// Whose it is, if it is not the result of `id`.
pub fn stranger<'r>(result: &'r Value, id: &str) -> Option<&'r str> {
    result.get("task_id").and_then(Value::as_str).filter(|other| *other != id)
}

/// Writes it, for nobody else to read: it repeats what was printed.
pub fn write(path: &Path, result: &Value) -> Result<()> {
    if let Err(error) = store::write_json_soon_as(path, store::PRIVATE, result) {
        // Its directory was missing, also where somebody else has made it meanwhile.
        let Some(dir) = path.parent() else { return Err(error) };
        store::make_dir(dir)?;
        store::write_json_soon_as(path, store::PRIVATE, result)?;
    }
    Ok(())
}

/// The result in the file there, where it is whole.
pub fn read(path: &Path) -> Option<Value> {
    store::read_plain(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
}

/// Writes it unless it is there.
pub fn ensure(path: &Path, result: &Value) -> Result<()> {
    if read(path).as_ref() == Some(result) { Ok(()) } else { write(path, result) }
}

/// Has a result be where it belongs. One that would lie elsewhere is left in the log alone.
pub fn restore(place: &Place, memory: &Memory, id: &str, result: &Value) -> Result<()> {
    let Some(path) = of(place, memory, id) else { return Ok(()) };
    if result.is_null() {
        // The log has what came of earlier attempts.
        return store::remove(&path);
    }
    ensure(&path, result)
}

/// Where the result of a task in the queue goes.
pub fn of(place: &Place, memory: &Memory, id: &str) -> Option<PathBuf> {
    let row = memory.state.index_of(id)?;
    let given = if memory.spans[row].result_path {
        memory.task(id).ok().and_then(|task| task.result_path)
    } else {
        None
    };
    let usual = || path(place, id, None).ok();
    path(place, id, given.as_deref()).ok().or_else(usual)
}
