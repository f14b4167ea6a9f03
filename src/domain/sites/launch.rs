//! `.claude/launch.json`: how a project says itself that it is served.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;

use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// Where it lies in a project.
pub const FILE: &str = ".claude/launch.json";

/// One way of serving a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// What it is called.
    pub name: String,
    /// The shell's line.
    pub line: String,
    /// The port it is served on.
    pub port: Option<u16>,
    /// Where it is run, relative; it stays within the project.
    pub dir: Option<PathBuf>,
}

/// The whole file; what else may be in it is not ours.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    configurations: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    name: String,
    runtime_executable: Option<String>,
    #[serde(default)]
    runtime_args: Vec<String>,
    port: Option<u16>,
    cwd: Option<PathBuf>,
}

/// The one way that the project in `dir` is served, where its file knows exactly one. Errors ([`Fault::Invalid`]): a file that
/// cannot be parsed, by its line; one that names a place outside the project.
pub fn read(dir: &Path) -> Result<Option<Launch>> {
    let path = dir.join(FILE);
    let Some(text) = store::read_text(&path)? else { return Ok(None) };
    let wrong = |told: String| {
        Fault::invalid(format!("`{}` {told}", shown(&path)), "correct it, or give `--dev CMD`")
    };
    let file: File = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| wrong(format!("line {}: {error}", error.line().max(1))))?;
    one(file).map_err(wrong)
}

fn one(file: File) -> Result<Option<Launch>, String> {
    let Ok([entry]) = <[Entry; 1]>::try_from(file.configurations) else { return Ok(None) };
    let Some(program) = entry.runtime_executable.filter(|program| !program.trim().is_empty()) else {
        return Ok(None);
    };
    let words = [program].into_iter().chain(entry.runtime_args).collect::<Vec<_>>();
    if words.iter().any(|word| word.contains(char::is_control)) {
        return Err(format!("`{}`: its command holds control characters", entry.name.escape_debug()));
    }
    let dir = entry.cwd.map(|dir| within(&dir)).transpose()?.filter(|dir| !dir.as_os_str().is_empty());
    Ok(Some(Launch {
        name: entry.name,
        line: shell_words::join(&words),
        port: entry.port.filter(|port| *port > 0),
        dir,
    }))
}

/// `dir` without what stands for the project itself.
fn within(dir: &Path) -> Result<PathBuf, String> {
    let bare = dir.strip_prefix("${workspaceFolder}").unwrap_or(dir);
    let inside = bare.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(format!("names `{}`, which is no folder below it", dir.display()));
    }
    Ok(bare.components().filter(|part| *part != Component::CurDir).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_way_counts() {
        let launch = |name: &str, line: &str, port, dir: Option<&str>| {
            Ok(Some(Launch { name: name.into(), line: line.into(), port, dir: dir.map(Into::into) }))
        };
        let table = [
            (r#"{}"#, Ok(None)),
            (r#"{"configurations":[]}"#, Ok(None)),
            (r#"{"configurations":[{"name":"a"}]}"#, Ok(None)),
            (r#"{"configurations":[{"runtimeExecutable":"a"},{"runtimeExecutable":"b"}]}"#, Ok(None)),
            (
                r#"{"version":"0.0.1","configurations":[{"name":"web","runtimeExecutable":"npm","runtimeArgs":["run","dev"],"port":5173}]}"#,
                launch("web", "npm run dev", Some(5173), None),
            ),
            (
                r#"{"configurations":[{"name":"x","runtimeExecutable":"a b","runtimeArgs":["$(c)"],"port":0,"cwd":"./apps/web"}]}"#,
                launch("x", "'a b' '$(c)'", None, Some("apps/web")),
            ),
            (
                r#"{"configurations":[{"runtimeExecutable":"a","cwd":"${workspaceFolder}"}]}"#,
                launch("", "a", None, None),
            ),
            (
                r#"{"configurations":[{"runtimeExecutable":"a","cwd":"../b"}]}"#,
                Err("names `../b`, which is no folder below it".to_owned()),
            ),
            (
                r#"{"configurations":[{"runtimeExecutable":"a","cwd":"/b"}]}"#,
                Err("names `/b`, which is no folder below it".to_owned()),
            ),
            (
                r#"{"configurations":[{"name":"n","runtimeExecutable":"a\nb"}]}"#,
                Err("`n`: its command holds control characters".to_owned()),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(one(serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }
}
