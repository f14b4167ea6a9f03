//! Settings for one attempt in Gemini CLI's own form: the machine's, and the MCP servers in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::system::config::McpEntry;

/// The variable that names the machine's settings.
pub(super) const VARIABLE: &str = "GEMINI_CLI_SYSTEM_SETTINGS_PATH";

/// The contents of a settings file with these servers, and whatever else stands in the file `machine`.
/// Variables are named (`$NAME`), so that no value stands in the file.
pub(super) fn with(servers: &BTreeMap<String, McpEntry>, machine: &Path) -> Result<Vec<u8>> {
    let mut settings = match std::fs::read(machine) {
        Ok(bytes) => read(&bytes).ok_or_else(|| unreadable(machine))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
        Err(_) => return Err(unreadable(machine)),
    };
    let known = settings.entry("mcpServers").or_insert_with(|| json!({}));
    let known = known.as_object_mut().ok_or_else(|| unreadable(machine))?;
    known.extend(servers.iter().map(|(name, entry)| (name.clone(), server(entry))));
    Ok(Value::Object(settings).to_string().into_bytes())
}

fn read(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

fn unreadable(machine: &Path) -> anyhow::Error {
    Fault::invalid(
        format!(
            "failed to read `{}` as JSON, to which the servers under `[mcp]` are added",
            machine.display()
        ),
        "correct it (comments have to go), or leave `[mcp]` empty",
    )
}

fn server(entry: &McpEntry) -> Value {
    let mut server = match (&entry.command, &entry.url) {
        (Some(command), _) => {
            let mut env: Map<String, Value> =
                entry.env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            env.extend(entry.pass_env.iter().map(|name| (name.clone(), json!(format!("${name}")))));
            json!({"command": command, "args": entry.args, "env": env})
        }
        (None, url) => json!({"httpUrl": url, "headers": entry.headers}),
    };
    server["trust"] = json!(true);
    if let Some(seconds) = entry.timeout_s {
        server["timeout"] = json!(seconds.saturating_mul(1000));
    }
    if !entry.tools.is_empty() {
        server["includeTools"] = json!(entry.tools);
    }
    server
}

/// The first of the directories above `path`, from the root on, that does not belong to root or that
/// others may write to.
#[cfg(unix)]
pub(super) fn obstacle(path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let dirs: Vec<&Path> = path.ancestors().skip(1).collect();
    let open = |dir: &&&Path| dir.metadata().is_ok_and(|meta| meta.uid() != 0 || meta.mode() & 0o022 != 0);
    dirs.iter().rev().find(open).map(|dir| dir.to_path_buf())
}

/// On other systems that is not known.
#[cfg(not(unix))]
pub(super) fn obstacle(_path: &Path) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    const SERVERS: &str = "[a]\ncommand = 'docs'\nargs = ['--stdio']\nenv = {MODE = 'x'}\npass_env = ['TOKEN']\n\
        tools = ['find', 'read']\ntimeout_s = 120\n\
        [b]\nurl = 'https://x/mcp'\nheaders = {Authorization = 'Bearer ${TOKEN}'}\n";

    #[test]
    fn servers_come_in_geminis_own_form_beside_the_machines_settings() {
        let servers: BTreeMap<String, McpEntry> = toml::from_str(SERVERS).unwrap();
        let a = json!({"command": "docs", "args": ["--stdio"], "env": {"MODE": "x", "TOKEN": "$TOKEN"},
            "trust": true, "timeout": 120_000, "includeTools": ["find", "read"]});
        let b = json!({"httpUrl": "https://x/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}, "trust": true});
        let dir = tempfile::tempdir().unwrap();
        let machine = dir.path().join("settings.json");
        let settings = || serde_json::from_slice::<Value>(&with(&servers, &machine).unwrap()).unwrap();
        assert_eq!(settings(), json!({"mcpServers": {"a": a, "b": b}}));
        store::write(
            &machine,
            0o600,
            r#"{"telemetry": {"enabled": false}, "mcpServers": {"a": {}, "c": {}}}"#.as_ref(),
        )
        .unwrap();
        let expected = json!({"telemetry": {"enabled": false}, "mcpServers": {"a": a, "b": b, "c": {}}});
        assert_eq!(settings(), expected);
        for bad in ["{", "[]", "{\"mcpServers\": 1}"] {
            store::write(&machine, 0o600, bad.as_ref()).unwrap();
            assert!(with(&servers, &machine).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_place_where_others_write_is_an_obstacle() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(obstacle(&open.join("x/file")).is_some());
        assert_eq!(obstacle(Path::new("/file")), None);
    }
}
