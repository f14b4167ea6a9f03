//! `.claude/launch.json`: how a project says its server is started, taken where it says one way only.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::manifest;

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
    let Some(file) = manifest::jsonc(&dir.join(FILE))? else { return Ok((None, None)) };
    let all = file["configurations"].as_array().map_or(&[][..], Vec::as_slice);
    let [only] = all else {
        let told = (all.len() > 1).then(|| format!("{FILE} has {} configurations: none is taken", all.len()));
        return Ok((None, told));
    };
    let cwd = only["cwd"].as_str().unwrap_or(".");
    let here = cwd.trim_start_matches("${workspaceFolder}").trim_matches(['.', '/']).is_empty();
    let launch = parse(only).filter(|_| here);
    let told = launch.is_none().then(|| match here {
        true => format!("the configuration in {FILE} names no program: it is not taken"),
        false => format!("the configuration in {FILE} is for {cwd}: it is not taken"),
    });
    Ok((launch, told))
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
            ("[]".into(), "", ""),
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
        store::write(&dir.path().join(FILE), store::SHARED, b"{\n\"configurations\": [").unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("line 2"));
    }
}
