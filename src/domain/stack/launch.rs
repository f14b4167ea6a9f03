//! `.claude/launch.json`: how a project says its server is started, taken where it says one way only.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::manifest;
use crate::fault::Fault;
use crate::system::document::shown;

/// Where it lies.
const FILE: &str = ".claude/launch.json";

/// The one way to start a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Launch {
    /// What it goes by.
    pub name: String,
    /// The shell's line.
    pub line: String,
    /// The port that it comes up on.
    pub port: Option<u16>,
}

impl Launch {
    /// Why it is taken.
    pub fn reason(&self) -> String {
        format!("configuration {} in {FILE}", self.name)
    }
}

/// The configuration in `dir`, or why there is none to take. Errors: a file that cannot be parsed.
pub(super) fn read(dir: &Path) -> Result<(Option<Launch>, Option<String>)> {
    let path = dir.join(FILE);
    let Some(text) = manifest::text(&path)? else { return Ok((None, None)) };
    let file = manifest::shaped(manifest::commented(&text, &path)?, &path, &[])?;
    let all = match &file["configurations"] {
        Value::Null => &[][..],
        Value::Array(all) => all.as_slice(),
        _ => return Err(wrong(&text, &path, "\"configurations\"", "`configurations` is no list")),
    };
    if all.iter().any(|one| !one.is_object()) {
        return Err(wrong(&text, &path, "\"configurations\"", "a configuration is no object"));
    }
    if let Some(port) = all.iter().map(|one| &one["port"]).find(|port| !is_port(port)) {
        let told = format!("`port` is {port}, which is no number from 1 to 65535");
        return Err(wrong(&text, &path, &port.to_string(), &told));
    }
    let [only] = all else { return Ok((None, several(all))) };
    let cwd = only["cwd"].as_str().unwrap_or(".");
    let here = cwd.trim_start_matches("${workspaceFolder}").trim_matches(['.', '/']).is_empty();
    let launch = parse(only).filter(|_| here);
    let told = launch.is_none().then(|| {
        let why = if here { "names no program".to_owned() } else { format!("is for {cwd}") };
        format!("the configuration in {FILE} {why}: it is not taken")
    });
    Ok((launch, told))
}

/// What `told` says is wrong in the first line that holds `part`.
fn wrong(text: &str, path: &Path, part: &str, told: &str) -> anyhow::Error {
    let line = text.lines().position(|line| line.contains(part)).unwrap_or_default() + 1;
    Fault::invalid(format!("failed to parse `{}` line {line}: {told}", shown(path)), "correct the file")
}

fn is_port(port: &Value) -> bool {
    port.is_null() || port.as_u64().is_some_and(|port| port <= u16::MAX.into())
}

fn several(all: &[Value]) -> Option<String> {
    let names: Vec<&str> = all.iter().filter_map(|one| one["name"].as_str()).take(8).collect();
    let count = all.len();
    (count > 1).then(|| {
        format!(
            "{FILE} has {count} configurations ({}): none is taken; leave one there, or say yourself how it is served",
            names.join(", ")
        )
    })
}

fn parse(configuration: &Value) -> Option<Launch> {
    let program =
        configuration["runtimeExecutable"].as_str().or_else(|| configuration["program"].as_str())?;
    let args = configuration["runtimeArgs"].as_array().or_else(|| configuration["args"].as_array());
    let args = args.into_iter().flatten().filter_map(Value::as_str);
    let line = shell_words::join(std::iter::once(program).chain(args));
    let port = configuration["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let name = configuration["name"].as_str().unwrap_or("without a name").to_owned();
    Some(Launch { name, line, port: port.filter(|port| *port > 0) }).filter(|_| !program.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn exactly_one_configuration_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), (None, None));
        store::make_dir(&dir.path().join(".claude")).unwrap();
        let one = r#"{"name":"web","runtimeExecutable":"npm","runtimeArgs":["run","de v"],"port":3000}"#;
        let elsewhere = r#"{"name":"web","runtimeExecutable":"npm","cwd":"apps/web"}"#;
        let table = [
            (format!("{{\"configurations\":[{one}, ] // x\n}}"), "npm run 'de v' 3000", ""),
            (format!("{{\"configurations\":[{one},{one}]}}"), "", "has 2 configurations"),
            (format!("{{\"configurations\":[{elsewhere}]}}"), "", "is for apps/web"),
            ("{\"configurations\":[{\"name\":\"x\"}]}".into(), "", "names no program"),
            ("{\"configurations\":[]}".into(), "", ""),
            ("{}".into(), "", ""),
        ];
        for (text, line, told) in table {
            store::write(&dir.path().join(FILE), store::SHARED, text.as_bytes()).unwrap();
            let (launch, notice) = read(dir.path()).unwrap();
            let shown = launch.map_or(String::new(), |launch| {
                format!("{} {}", launch.line, launch.port.unwrap_or_default())
            });
            assert_eq!(shown, line, "{text}");
            let notice = notice.unwrap_or_default();
            assert!(notice.contains(told) && notice.is_empty() == told.is_empty(), "{text}: {notice}");
        }
        let table = [
            ("{\n\"configurations\": [", "line 2"),
            ("{\n\"configurations\":[,]}", "line 2"),
            ("{\n\n\"configurations\": 1}", "line 3: `configurations` is no list"),
            ("{\"configurations\":[{\"program\":\"x\",\n\"port\":99999}]}", "line 2: `port` is 99999"),
            ("{\"configurations\":[1]}", "line 1: a configuration is no object"),
            ("[]", "holds no object"),
        ];
        for (text, expected) in table {
            store::write(&dir.path().join(FILE), store::SHARED, text.as_bytes()).unwrap();
            let told = read(dir.path()).unwrap_err().to_string();
            assert!(told.contains(FILE) && told.contains(expected), "{text}: {told}");
        }
    }
}
