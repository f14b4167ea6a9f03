//! Angular: the objects with a `path` in its files of routes, read roughly.

use anyhow::Result;

use super::super::code::{Token, close, tokens};
use super::super::{Kind, Page, Sources};
use super::path;

/// Files of routes that lead to each other.
const DEEPEST: usize = 8;

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut look = Look { from, pages: Vec::new(), chain: Vec::new() };
    let first = [
        "src/app/app.routes.ts",
        "src/app/app-routing.module.ts",
        "src/app/app.routing.ts",
        "src/app/routes.ts",
    ];
    match first.into_iter().find(|file| from.tree.has(file)) {
        Some(file) => look.file(file, &[])?,
        None => {
            for file in from.tree.below("src/app")? {
                if file.ends_with("routes.ts")
                    || file.ends_with("routing.module.ts")
                    || file.ends_with("routing.ts")
                {
                    look.file(&file, &[])?;
                }
            }
        }
    }
    Ok(look.pages)
}

struct Look<'f, 's> {
    from: &'f Sources<'s>,
    pages: Vec<Page>,
    /// The files that led here.
    chain: Vec<String>,
}

impl Look<'_, '_> {
    fn file(&mut self, file: &str, lead: &[String]) -> Result<()> {
        if self.chain.len() > DEEPEST || self.chain.iter().any(|above| above == file) {
            return Ok(());
        }
        let Some(text) = self.from.tree.text(file)? else { return Ok(()) };
        self.chain.push(file.to_owned());
        let looked = self.objects(&tokens(&text), file, lead);
        self.chain.pop();
        looked
    }

    /// Every `{ path: … }` in there.
    fn objects(&mut self, words: &[Token], file: &str, lead: &[String]) -> Result<()> {
        let mut at = 0;
        while at < words.len() {
            if !words[at].is('{') {
                at += 1;
                continue;
            }
            let end = close(words, at);
            let inner = &words[(at + 1).min(end)..end];
            match value(inner, "path").and_then(|value| value.first()).and_then(Token::text) {
                Some(path) => self.route(path, inner, file, lead)?,
                None => self.objects(inner, file, lead)?,
            }
            at = end + 1;
        }
        Ok(())
    }

    fn route(&mut self, own: &str, inner: &[Token], file: &str, lead: &[String]) -> Result<()> {
        let mut names = lead.to_vec();
        names.extend(own.split('/').filter(|name| !name.is_empty()).map(str::to_owned));
        if let Some(children) = value(inner, "children") {
            self.objects(&children[..close(children, 0).min(children.len())], file, &names)?;
        }
        if let Some(loaded) = value(inner, "loadChildren") {
            let other = loaded.windows(3).find(|three| three[0].is_word("import") && three[1].is('('));
            if let Some(other) = other.and_then(|three| three[2].text()) {
                self.file(&beside(file, other), &names)?;
            }
        }
        let shows = value(inner, "component").is_some() || value(inner, "loadComponent").is_some();
        if shows && own != "**" {
            let dynamic = names.iter().any(|name| name.starts_with(':'));
            let kind = if dynamic { Kind::Dynamic } else { Kind::Page };
            self.pages.push(Page::new(kind, &path(&names), file).from("guess"));
        }
        Ok(())
    }
}

/// What stands behind `name:` in an object, not in one within.
fn value<'t>(inner: &'t [Token], name: &str) -> Option<&'t [Token]> {
    let mut at = 0;
    while at + 1 < inner.len() {
        if inner[at].is_word(name) && inner[at + 1].is(':') {
            return Some(&inner[at + 2..]);
        }
        let opens = matches!(inner[at], Token::Sign('(' | '[' | '{'));
        at = if opens { close(inner, at) + 1 } else { at + 1 };
    }
    None
}

/// `./admin/admin.routes` as seen from a file.
fn beside(file: &str, other: &str) -> String {
    let mut names: Vec<&str> = file.split('/').collect();
    names.pop();
    for name in other.split('/') {
        match name {
            "." | "" => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let path = names.join("/");
    if path.ends_with(".ts") { path } else { format!("{path}.ts") }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn angular_pages_are_read_roughly() {
        hold(
            "angular",
            &[
                Case {
                    texts: &[
                        (
                            "src/app/app.routes.ts",
                            "export const routes = [{ path: '', component: H, data: { path: 'no' } }, { path: 'a', component: A,\n\
                children: [{ path: 'b/:id', component: B }, { path: '', component: C }] }, { path: 'old', redirectTo: 'a' },\n\
                { path: 'adm', loadChildren: () => import('./adm/adm.routes').then(m => m.r) }, { path: '**', component: N },\n\
                { path: 'lazy', loadComponent: () => import('./x') }]",
                        ),
                        (
                            "src/app/adm/adm.routes.ts",
                            "export const r = [{ path: 'in', component: I }, { path: 'again', loadChildren: () => import('./adm.routes') }]",
                        ),
                    ],
                    pages: &["/", "/a", "/adm/in", "/lazy"],
                    dynamic: &["/a/b/:id"],
                    ..Case::default()
                },
                Case {
                    texts: &[("src/app/x.routes.ts", "[{ path: 'x', component: ")],
                    pages: &["/x"],
                    ..Case::default()
                },
            ],
        );
    }
}
