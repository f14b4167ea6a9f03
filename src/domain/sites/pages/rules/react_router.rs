//! React Router: what its own `react-router routes --json` says; without it `app/routes.ts`, read roughly.

use anyhow::Result;
use serde_json::Value;

use super::super::asked;
use super::super::code::{Settings, Token, close, tokens};
use super::super::{Page, Sources};
use super::{remix, under};

const ROUTES: &[&str] =
    &["app/routes.ts", "app/routes.js", "app/routes.tsx", "app/routes.mts", "app/routes.mjs"];
const SETTINGS: &[&str] = &["react-router.config.ts", "react-router.config.js", "react-router.config.mjs"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(SETTINGS)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let app =
        settings.text("appDirectory").map_or("app", |dir| dir.trim_start_matches("./").trim_end_matches('/'));
    let own = format!("{app}/routes.ts");
    let names: Vec<&str> = std::iter::once(own.as_str()).chain(ROUTES.iter().copied()).collect();
    let found = match told(from)? {
        Some(routes) => collect(&routes, app, &[]),
        None => match from.tree.first(&names)? {
            Some((_, text)) => rough(from, app, &tokens(&text))?,
            None => remix::flat(from, app)?,
        },
    };
    Ok(under(settings.text("basename"), found))
}

fn told(from: &Sources<'_>) -> Result<Option<Value>> {
    let Some(program) = asked::installed(&from.tree, "react-router") else { return Ok(None) };
    let mut files = from.tree.below("app")?;
    files.extend(SETTINGS.iter().chain(&["package.json", "vite.config.ts"]).map(|name| (*name).to_owned()));
    let said = asked::ask(&from.tree, &program, &["routes", "--json"], &files)?.unwrap_or_default();
    // What a plugin prints may stand before it.
    let start = said.lines().scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((start, line))
    });
    let start = start.filter(|(_, line)| line.starts_with('[')).map(|(at, _)| at).next();
    Ok(start.and_then(|at| serde_json::from_str(&said[at..]).ok()))
}

/// The routes of the tree that the command prints.
fn collect(routes: &Value, app: &str, lead: &[String]) -> Vec<Page> {
    let mut pages = Vec::new();
    for route in routes.as_array().into_iter().flatten() {
        let mut names = lead.to_vec();
        names.extend(split(route["path"].as_str().unwrap_or_default()));
        pages.extend(collect(&route["children"], app, &names));
        if route["index"] == true || route["path"].as_str().is_some_and(|path| !path.is_empty()) {
            let file = format!("{app}/{}", route["file"].as_str().unwrap_or_default());
            pages.push(remix::page(&names, &file, true).from("command"));
        }
    }
    // The file of a page goes before its layout's, as children stand before.
    pages
}

fn split(path: &str) -> Vec<String> {
    path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The calls of `route`, `index`, `layout` and `prefix`, as they nest.
fn rough(from: &Sources<'_>, app: &str, words: &[Token]) -> Result<Vec<Page>> {
    let mut found = Vec::new();
    calls(words, &[], &mut found);
    if words.windows(2).any(|two| two[0].is_word("flatRoutes") && two[1].is('(')) {
        return remix::flat(from, app);
    }
    let mut pages = Vec::new();
    for (names, file) in found {
        let file = format!("{app}/{}", file.trim_start_matches("./"));
        let text = from.tree.text(&file)?;
        let is_page = text.is_none_or(|text| text.trim().is_empty() || text.contains("default"));
        pages.push(remix::page(&names, &file, is_page).from("guess"));
    }
    Ok(pages)
}

fn calls(words: &[Token], lead: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut at = 0;
    while at + 1 < words.len() {
        let Token::Word(name) = &words[at] else {
            at += 1;
            continue;
        };
        let known = matches!(name.as_str(), "route" | "index" | "layout" | "prefix") && words[at + 1].is('(');
        if !known {
            at += 1;
            continue;
        }
        let end = close(words, at + 1);
        let inner = &words[(at + 2).min(end)..end];
        let first = inner.first().and_then(Token::text);
        let mut names = lead.to_vec();
        if matches!(name.as_str(), "route" | "prefix") {
            names.extend(split(first.unwrap_or_default()));
        }
        calls(inner, &names, found);
        match name.as_str() {
            "index" => found.extend(first.map(|file| (names, file.to_owned()))),
            "route" => {
                let file = inner.get(2).and_then(Token::text);
                found.extend(file.filter(|_| first.is_some()).map(|file| (names, file.to_owned())));
            }
            _ => {}
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Kind;
    use super::super::super::tests::{Case, hold};
    use super::*;

    #[test]
    fn routes_are_read_roughly() {
        hold(
            "react-router",
            &[
                Case {
                    texts: &[
                        (
                            "app/routes.ts",
                            "import { index } from 'x';\nexport default [ index('routes/home.tsx'), // route('no', 'no')\n\
                route('about', './routes/about.tsx'), layout('l.tsx', [ route('in', 'in.tsx') ]),\n\
                ...prefix('shop', [ index('s.tsx'), route(':id', 'i.tsx', [ index('i/h.tsx'), route('edit', 'e.tsx') ]) ]),\n\
                route('*', 'all.tsx') ] satisfies RouteConfig",
                        ),
                        ("app/in.tsx", "export function loader() {}"),
                    ],
                    pages: &["/", "/about", "/shop"],
                    dynamic: &["/shop/:id/edit", "/shop/:id", "/*"],
                    api: &["/in"],
                    ..Case::default()
                },
                Case {
                    files: &["app/routes/_index.tsx"],
                    texts: &[("app/routes.ts", "export default flatRoutes()")],
                    pages: &["/"],
                    ..Case::default()
                },
                Case { texts: &[("app/routes.ts", "route(")], pages: &["/"], ..Case::default() },
            ],
        );
    }

    #[test]
    fn what_the_command_says_is_taken() {
        let said = serde_json::json!([{"id": "root", "path": "", "file": "root.tsx", "children": [
            {"index": true, "file": "h.tsx"}, {"path": "a/:b?", "file": "b.tsx", "children": [{"path": "c", "file": "c.tsx"}]},
            {"file": "l.tsx", "children": [{"path": "d", "file": "d.tsx"}]}]}]);
        let pages = collect(&said, "app", &[]);
        let told: Vec<(&str, Kind)> = pages.iter().map(|page| (page.path.as_str(), page.kind)).collect();
        assert_eq!(
            told,
            [("/", Kind::Page), ("/a/:b?/c", Kind::Dynamic), ("/a/:b?", Kind::Dynamic), ("/d", Kind::Page)]
        );
        assert_eq!(pages[0].file.as_deref(), Some("app/h.tsx"));
    }
}
