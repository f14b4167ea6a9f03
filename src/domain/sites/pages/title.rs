//! What a file says of its own page: its title, and the front matter of those that have one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::system::front_matter;

/// `title: "…"` in an object.
static TITLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\btitle\s*:\s*(?:"([^"\n]+)"|'([^'\n]+)')"#).ok());

/// The texts at the top of a Markdown file or template, in YAML, TOML or JSON.
#[derive(Debug, Default)]
pub struct Front {
    values: BTreeMap<String, String>,
    /// Whether there was any.
    pub is_there: bool,
}

impl Front {
    /// Reads how a file begins. What cannot be read is left out.
    pub fn of(head: &str) -> Self {
        let head = head.strip_prefix('\u{feff}').unwrap_or(head);
        if let Some((top, _)) = front_matter::split(head) {
            return Self { values: yaml(top), is_there: true };
        }
        if let Some(rest) = head.strip_prefix("+++")
            && let Some((top, _)) = rest.split_once("\n+++")
        {
            let table = top.parse::<toml::Table>().unwrap_or_default();
            return Self { values: toml(&table), is_there: true };
        }
        if head.starts_with("{\n") || head.starts_with("{\r\n") {
            let mut values = serde_json::Deserializer::from_str(head).into_iter::<serde_json::Value>();
            if let Some(Ok(serde_json::Value::Object(table))) = values.next() {
                return Self { values: json(table), is_there: true };
            }
        }
        Self::default()
    }

    /// The same of a whole file of settings, by its name's ending.
    pub fn settings(file: &str, text: &str) -> Self {
        let values = match file.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "toml" => toml(&text.parse::<toml::Table>().unwrap_or_default()),
            "json" => json(serde_json::from_str(text).unwrap_or_default()),
            _ => yaml(text),
        };
        Self { values, is_there: true }
    }

    /// The text of that name in whatever letters, large or small.
    pub fn loosely(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, text)| text.as_str())
    }

    /// The text of that name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether that name is `true`.
    pub fn is(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }
}

fn toml(table: &toml::Table) -> BTreeMap<String, String> {
    let texts = table.iter().filter_map(|(name, value)| match value {
        toml::Value::String(text) => Some((name.clone(), text.clone())),
        toml::Value::Boolean(is) => Some((name.clone(), is.to_string())),
        toml::Value::Datetime(date) => Some((name.clone(), date.to_string())),
        _ => None,
    });
    texts.collect()
}

fn json(table: serde_json::Map<String, serde_json::Value>) -> BTreeMap<String, String> {
    let texts = table.into_iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some((name, text)),
        serde_json::Value::Bool(is) => Some((name, is.to_string())),
        _ => None,
    });
    texts.collect()
}

fn yaml(top: &str) -> BTreeMap<String, String> {
    let entries = front_matter::entries(top).unwrap_or_default();
    let texts = entries.iter().filter_map(|entry| Some((entry.name.to_owned(), entry.text().ok()??)));
    texts.collect()
}

/// The title that a file tells, by how it begins.
pub fn title(file: &str, head: &str) -> Option<String> {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let told = match extension {
        "md" | "mdx" | "markdown" | "svx" => front_title(head).or_else(|| heading(head)),
        "tsx" | "jsx" | "ts" | "js" => element(head).or_else(|| metadata(head)),
        _ => front_title(head).or_else(|| element(head)),
    };
    told.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty())
}

fn front_title(head: &str) -> Option<String> {
    Front::of(head).text("title").filter(|title| !title.contains("{{")).map(str::to_owned)
}

fn heading(head: &str) -> Option<String> {
    let body = front_matter::split(head).map_or(head, |(_, body)| body);
    let line = body.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(line.trim_end_matches('#').trim().to_owned())
}

/// `<title>…</title>` without anything computed.
fn element(head: &str) -> Option<String> {
    let start = head.find("<title>")? + "<title>".len();
    let end = head[start..].find("</title>")?;
    let text = &head[start..start + end];
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    (!text.contains(['{', '<'])).then(|| plain.replace("&amp;", "&"))
}

/// `export const metadata = { title: "…" }`, and a route's `head`.
fn metadata(head: &str) -> Option<String> {
    let at = ["metadata", "meta", "head"].iter().filter_map(|word| head.find(word)).min()?;
    let found = TITLE.as_ref()?.captures(&head[at..])?;
    found.get(1).or(found.get(2)).map(|title| title.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_from_what_files_say() {
        let table = [
            ("a.md", "---\ntitle: \"One: two\"\n---\n# Other", Some("One: two")),
            ("a.md", "+++\ntitle = 'T'\ndraft = true\n+++\n", Some("T")),
            ("a.md", "{\n\"title\": \"J\"\n}\n", Some("J")),
            ("a.md", "text\n\n# Head  #\n", Some("Head")),
            ("a.mdx", "", None),
            ("a.html", "<head><title>\n A &amp; B </title>", Some("A & B")),
            ("a.astro", "<title>{title}</title>", None),
            ("a.njk", "---\ntitle: {{ x }}\n---\n", None),
            ("page.tsx", "export const metadata: Metadata = {\n  title: 'Prices',\n}", Some("Prices")),
            ("page.tsx", "const x = { title: 'no' }", None),
            ("a.md", "---\n: : :\n---\n# Still", Some("Still")),
            ("a.md", "+++\nbad toml\n+++\n# Still", Some("Still")),
        ];
        for (file, head, expected) in table {
            assert_eq!(title(file, head).as_deref(), expected, "{file} {head:?}");
        }
    }
}
