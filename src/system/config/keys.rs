//! The names of `config.toml`'s keys: which exist, which a later version will have.

use toml::de::{DeTable, DeValue};

use crate::system::document::dotted;

/// Every key; `*` stands for a name the user chooses. A test holds it equal to the types.
pub const KNOWN: &[&str] = &[
    "agent.default",
    "agent.model",
    "agent.permissions",
    "agent.timeout",
    "agent.idle_timeout",
    "agent.start_timeout",
    "agent.fallback",
    "agent.on_rate_limit",
    "agent.retries",
    "agent.retry_delay",
    "agent.max_repeats",
    "agent.env_pass",
    "agent.env_drop",
    "agent.leave_children",
    "agents.*.command",
    "agents.*.prompt",
    "agents.*.output",
    "agents.*.model",
    "agents.*.path",
    "agents.*.args",
    "budget.usd",
    "budget.tokens",
    "budget.iterations",
    "budget.time",
    "budget.per_attempt_usd",
    "budget.per_task_usd",
    "budget.per_day_usd",
    "gates.timeout",
    "gates.*",
    "loop.max_attempts",
    "loop.commit",
    "loop.no_progress",
    "loop.resume_session",
    "loop.verify",
    "loop.verify_agent",
    "loop.verify_model",
    "loop.jobs",
    "beads.backend",
    "beads.push",
    "prices.*.input",
    "prices.*.cached",
    "prices.*.cache_write",
    "prices.*.output",
    "mcp.*.command",
    "mcp.*.args",
    "mcp.*.env.*",
    "mcp.*.pass_env",
    "mcp.*.url",
    "mcp.*.headers.*",
    "mcp.*.tools",
    "mcp.*.timeout_s",
    "logs.keep",
    "logs.max_size",
    "macp.yolo_command",
    "macp.acp_command",
    "macp.max_concurrent",
    "macp.worktree_base",
    "macp.worktree_reuse",
    "macp.cleanup_worktrees",
    "macp.default_dispatch",
    "macp.default_runtime",
    "macp.allowed_dirs",
    "macp.retry_delay",
    "macp.gates.*",
    "macp.priorities.*",
    "launchers.*.command",
    "launchers.*.stop",
    "launchers.*.pass_env",
    "launchers.*.receipt",
    "launchers.*.quote",
    "site.screenshots",
    "site.browser",
    "site.timeout",
    "site.check_timeout",
    "site.ports",
    "stacks.*.install",
    "stacks.*.dev",
    "stacks.*.build",
    "stacks.*.check",
    "stacks.*.port_flag",
    "stacks.*.host_flag",
    "stacks.*.binaries",
    "stacks.*.port",
    "stacks.*.obeys_port",
    "stacks.*.env.*",
    "stacks.*.out",
    "stacks.*.pages",
];

/// What makes a setting one that this version cannot honour.
enum When {
    /// That it is there at all.
    Set,
    /// That it is a larger number.
    Above(i64),
}

/// Settings that are promised, but not by this version: refused rather than ignored.
const LATER: &[(&str, When)] =
    &[("loop.tools", When::Set), ("loop.jobs", When::Above(1)), ("notify", When::Set)];

/// What is wrong with a key, and where.
#[derive(Debug)]
pub struct Complaint {
    /// Offset in the text.
    pub at: usize,
    /// What is wrong, naming the key.
    pub message: String,
    /// The way out.
    pub hint: String,
}

/// Checks the names in a whole file.
pub fn check(table: &DeTable<'_>) -> Result<(), Complaint> {
    walk(table, &mut Vec::new())
}

fn walk(table: &DeTable<'_>, path: &mut Vec<String>) -> Result<(), Complaint> {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        let at = key.span().start;
        refuse_later(path, value.get_ref(), at)?;
        match (depth_known(path), value.get_ref()) {
            (Depth::Unknown, _) => return Err(unknown(path, at)),
            (Depth::Table, DeValue::Table(inner)) => walk(inner, path)?,
            (Depth::Table | Depth::Leaf, _) => {} // a wrong type is for the types to say
        }
        path.pop();
    }
    Ok(())
}

enum Depth {
    Leaf,
    Table,
    Unknown,
}

fn depth_known(path: &[String]) -> Depth {
    let lengths = KNOWN.iter().filter(|known| starts(known, path)).map(|known| known.split('.').count());
    match lengths.max() {
        None => Depth::Unknown,
        Some(length) if length == path.len() => Depth::Leaf,
        Some(_) => Depth::Table,
    }
}

/// Whether `pattern` begins with all of `path`.
fn starts(pattern: &str, path: &[String]) -> bool {
    let mut parts = pattern.split('.');
    path.iter().all(|name| parts.next().is_some_and(|part| part == "*" || part == name))
}

fn refuse_later(path: &[String], value: &DeValue<'_>, at: usize) -> Result<(), Complaint> {
    for (pattern, when) in LATER {
        if pattern.split('.').count() != path.len() || !starts(pattern, path) {
            continue;
        }
        let said = match when {
            When::Set => Some(format!("`{}`", dotted(path))),
            When::Above(most) => value
                .as_integer()
                .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
                .filter(|number| number > most)
                .map(|number| format!("`{} = {number}`", dotted(path))),
        };
        if let Some(said) = said {
            let message = format!("{said} is not available in this version of taskrun");
            return Err(Complaint { at, message, hint: "remove it, or use a newer taskrun".into() });
        }
    }
    Ok(())
}

fn unknown(path: &[String], at: usize) -> Complaint {
    let (name, above) = path.split_last().map_or(("", path), |(name, above)| (name.as_str(), above));
    let siblings = siblings(above);
    let hint = match nearest(name, siblings.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known keys here: {}", siblings.join(", ")),
    };
    Complaint { at, message: format!("unknown key `{}`", dotted(path)), hint }
}

/// The names possible below `above`.
fn siblings(above: &[String]) -> Vec<&'static str> {
    let later = LATER.iter().map(|(pattern, _)| pattern);
    let mut names: Vec<&str> = KNOWN
        .iter()
        .chain(later)
        .filter(|pattern| starts(pattern, above))
        .filter_map(|pattern| pattern.split('.').nth(above.len()))
        .filter(|name| *name != "*")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The candidate a mistyped name most likely means.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::config::Config;

    fn complaint(text: &str) -> String {
        let table = DeTable::parse(text).unwrap();
        check(table.get_ref())
            .map_or_else(|wrong| format!("{} / {}", wrong.message, wrong.hint), |()| String::new())
    }

    #[test]
    fn names_are_known_or_refused() {
        let later = "is not available in this version of taskrun / remove it, or use a newer taskrun";
        let table = [
            ("[agent]\nmodel = 'x'", String::new()),
            ("[gates]\n'*' = []\nrust = []\ntimeout = '1m'", String::new()),
            ("[agent]\nmodle = 'x'", "unknown key `agent.modle` / did you mean `model`?".into()),
            ("[agnet]\n", "unknown key `agnet` / did you mean `agent`?".into()),
            (
                "[prices.'a.b']\ninptu = 1",
                "unknown key `prices.\"a.b\".inptu` / did you mean `input`?".into(),
            ),
            ("[beads]\nxyz = 1", "unknown key `beads.xyz` / known keys here: backend, push".into()),
            ("[agent]\nfallback = []", String::new()),
            ("[mcp.x.env]\nA = 'b'", String::new()),
            ("[launchers.slurm]\ncommand = []", String::new()),
            ("[site]\nport = 1", "unknown key `site.port` / did you mean `ports`?".into()),
            ("[notify]\nurl = 1", format!("`notify` {later}")),
            ("[loop]\njobs = 4", format!("`loop.jobs = 4` {later}")),
            ("[loop]\njobs = 1", String::new()),
            ("[beads]\nbackend = 'bd'", String::new()),
            ("[loop]\nverify = 'agent'", String::new()),
            ("[loop]\ntools = []", format!("`loop.tools` {later}")),
        ];
        for (text, expected) in table {
            assert_eq!(complaint(text), expected, "{text}");
        }
    }

    /// The names serde knows below a table, from its own words about a name it does not know.
    fn serde_names(header: &str) -> Vec<String> {
        let error = toml::from_str::<Config>(&format!("{header}\n'?' = 1")).unwrap_err();
        let (_, listed) = error.message().split_once("expected").unwrap();
        listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_table_equals_the_types() {
        let headers = [
            "",
            "[agent]",
            "[agents.x]",
            "[budget]",
            "[loop]",
            "[beads]",
            "[prices.x]",
            "[mcp.x]",
            "[logs]",
            "[macp]",
            "[launchers.x]",
            "[site]",
            "[stacks.x]",
        ];
        for header in headers {
            let inner = header.trim_matches(['[', ']']);
            let above: Vec<String> =
                inner.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            let mut known: Vec<&str> = KNOWN
                .iter()
                .filter(|pattern| starts(pattern, &above))
                .filter_map(|pattern| pattern.split('.').nth(above.len()))
                .collect();
            known.sort_unstable();
            known.dedup();
            let mut types = serde_names(header);
            types.sort_unstable();
            assert_eq!(known, types, "{header}");
        }
    }
}
