//! VitePress: every Markdown file of its folder.

use anyhow::Result;

use super::super::code::Settings;
use super::super::{Page, Sources};
use super::{bracketed, stem, under};

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let root = ["", "docs/", "src/", "website/", "documentation/"]
        .into_iter()
        .find(|dir| from.tree.has(&format!("{dir}.vitepress")))
        .map_or_else(|| named(from), str::to_owned);
    let names: Vec<String> =
        ["ts", "mts", "js", "mjs"].iter().map(|end| format!("{root}.vitepress/config.{end}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = from.tree.first(&names)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let source = settings.text("srcDir").map(|dir| dir.trim_start_matches("./").trim_matches('/'));
    let dir = format!("{root}{}", source.filter(|dir| *dir != ".").unwrap_or_default());
    let dir = dir.trim_matches('/');
    let clean = settings.flag("cleanUrls") == Some(true);
    let excluded = settings.list("srcExclude").unwrap_or_default();
    let page = |file: &String| {
        let relative = if dir.is_empty() { file } else { file.strip_prefix(dir)?.strip_prefix('/')? };
        let stem = stem(relative, &[".md"])?;
        if excluded.iter().any(|pattern| excludes(pattern, relative)) {
            return None;
        }
        let mut names: Vec<&str> = stem.split('/').collect();
        let last = names.pop()?;
        if last == "index" {
            let mut page = bracketed(&names, file);
            if page.path != "/" {
                page.path.push('/');
            }
            return Some(page);
        }
        let last = if clean { last.to_owned() } else { format!("{last}.html") };
        names.push(&last);
        Some(bracketed(&names, file))
    };
    Ok(under(settings.text("base"), from.tree.below(dir)?.iter().filter_map(page).collect()))
}

/// The folder that the command names: `vitepress dev docs`.
fn named(from: &Sources<'_>) -> String {
    let command = from.recipe.commands.dev.as_deref().unwrap_or_default();
    let mut words = command.split_whitespace().skip_while(|word| *word != "dev").skip(1);
    let dir =
        words.find(|word| !word.starts_with('-')).map(|dir| dir.trim_start_matches("./").trim_matches('/'));
    dir.filter(|dir| from.tree.folder(&[*dir]).is_some()).map(|dir| format!("{dir}/")).unwrap_or_default()
}

/// The usual ones: `**/README.md`, `drafts/**`, `x.md`.
fn excludes(pattern: &str, file: &str) -> bool {
    if let Some(name) = pattern.strip_prefix("**/") {
        return file == name || file.ends_with(&format!("/{name}"));
    }
    match pattern.split_once("/*") {
        Some((folder, _)) => file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        None => file == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn vitepress_pages_are_told_by_files() {
        hold(
            "vitepress",
            &[
                Case {
                    files: &[
                        "docs/.vitepress/cache/x.md",
                        "docs/index.md",
                        "docs/guide/index.md",
                        "docs/guide/start.md",
                        "docs/pkg/[name].md",
                        "README.md",
                    ],
                    pages: &["/", "/guide/", "/guide/start.html"],
                    dynamic: &["/pkg/[name].html"],
                    ..Case::default()
                },
                Case {
                    files: &["src/a.md", "src/drafts/x.md", "src/README.md"],
                    texts: &[(
                        ".vitepress/config.mts",
                        "export default { srcDir: './src', cleanUrls: true, base: '/b/', srcExclude: ['**/README.md', 'drafts/**'] }",
                    )],
                    pages: &["/b/a"],
                    ..Case::default()
                },
            ],
        );
    }
}
