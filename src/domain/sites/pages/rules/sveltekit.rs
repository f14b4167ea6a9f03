//! `SvelteKit`: `src/routes/**/+page.svelte`; `+server.*` alone is no page.

use anyhow::Result;

use super::super::code::Settings;
use super::super::{Kind, Page, Sources};
use super::{bracketed, is_group, path, under};

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(&["svelte.config.js", "svelte.config.ts", "svelte.config.mjs"])?;
    let settings = settings.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let dir = settings
        .text("routes")
        .unwrap_or("src/routes")
        .trim_start_matches("./")
        .trim_end_matches('/')
        .to_owned();
    let pages = from.tree.below(&dir)?.iter().filter_map(|file| page(&dir, file)).collect();
    Ok(under(settings.table("paths").as_ref().and_then(|paths| paths.text("base")), pages))
}

fn page(dir: &str, file: &str) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let rest = name.strip_prefix("+page").or_else(|| name.strip_prefix("+server"))?;
    let is_page = name.starts_with("+page")
        && (rest.starts_with('.') || rest.starts_with('@'))
        && [".svelte", ".md", ".svx"].iter().any(|ending| rest.ends_with(ending));
    if !is_page && !matches!(name, "+server.ts" | "+server.js") {
        return None;
    }
    let names = folders.split('/').filter(|name| !name.is_empty() && !is_group(name));
    let names: Vec<String> = names.map(unescaped).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Some(if is_page { bracketed(&names, file) } else { Page::new(Kind::Api, &path(&names), file) })
}

/// `[x+3a]` and `[u+1f600]` stand for a sign.
fn unescaped(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("[x+").or_else(|| rest.find("[u+")) {
        let end = rest[at..].find(']').map(|end| at + end);
        let sign =
            end.and_then(|end| u32::from_str_radix(&rest[at + 3..end], 16).ok()).and_then(char::from_u32);
        let (Some(end), Some(sign)) = (end, sign) else { break };
        out.push_str(&rest[..at]);
        out.push(sign);
        rest = &rest[end + 1..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn sveltekit_pages_are_told_by_files() {
        hold(
            "sveltekit",
            &[
                Case {
                    files: &[
                        "src/routes/+page.svelte",
                        "src/routes/(app)/about/+page@.svelte",
                        "src/routes/+layout.svelte",
                        "src/routes/md/+page.md",
                        "src/routes/data/+page.ts",
                        "src/routes/api/+server.ts",
                        "src/routes/both/+page.svelte",
                        "src/routes/both/+server.js",
                        "src/routes/x/+page.server.ts",
                        "src/routes/smile[x+3a]/+page.svelte",
                    ],
                    pages: &["/", "/about", "/both", "/md", "/smile:"],
                    api: &["/api"],
                    ..Case::default()
                },
                Case {
                    files: &[
                        "src/routes/[[lang]]/start/+page.svelte",
                        "src/routes/f/[...rest]/+page.svelte",
                        "src/routes/n/[id=int]/+page.svelte",
                        "src/routes/[[lang]]/[x]/+page.svelte",
                    ],
                    dynamic: &["/[[lang]]/start = /start", "/n/[id=int]", "/[[lang]]/[x]", "/f/[...rest]"],
                    ..Case::default()
                },
                Case {
                    files: &["web/+page.svelte"],
                    texts: &[(
                        "svelte.config.js",
                        "export default { kit: { files: { routes: 'web' }, paths: { base: '/b' } } }",
                    )],
                    pages: &["/b/"],
                    ..Case::default()
                },
            ],
        );
    }
}
