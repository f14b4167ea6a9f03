//! Commands of the user's: `[agents.NAME] command = […]` with placeholders.

use std::ffi::{OsStr, OsString};

use super::invocation::Request;

/// Replaces `{prompt_file}`, `{model}` and `{dir}` within the arguments, each once over: what a
/// value holds is not looked at again, and other braces stay as they are.
pub(super) fn args(templates: &[String], model: Option<&str>, request: &Request<'_>) -> Vec<OsString> {
    let values: [(&str, &OsStr); 3] = [
        ("{prompt_file}", request.prompt_file.as_os_str()),
        ("{model}", OsStr::new(model.unwrap_or_default())),
        ("{dir}", request.dir.as_os_str()),
    ];
    templates.iter().map(|template| fill(template, &values)).collect()
}

fn fill(template: &str, values: &[(&str, &OsStr)]) -> OsString {
    let mut out = OsString::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push(before);
        let found = values.iter().find(|(name, _)| from.starts_with(name));
        let (pushed, length) = found.map_or((OsStr::new("{"), 1), |(name, value)| (*value, name.len()));
        out.push(pushed);
        rest = &from[length..];
    }
    out.push(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_once() {
        let values = [("{dir}", OsStr::new("/w {model}")), ("{model}", OsStr::new("m"))];
        let table = [
            ("plain", "plain"),
            ("{model}", "m"),
            ("--cwd={dir}/x", "--cwd=/w {model}/x"),
            ("{dir}{model}", "/w {model}m"),
            ("{\"a\": {model}}", "{\"a\": m}"),
            ("{other} {", "{other} {"),
            ("ü{model}ü", "ümü"),
        ];
        for (template, expected) in table {
            assert_eq!(fill(template, &values), expected, "{template}");
        }
    }
}
