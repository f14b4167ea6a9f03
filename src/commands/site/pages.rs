//! `site pages`

use std::fmt::Write;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::pages::{self, Kind, Page};
use crate::domain::sites::{Site, Sites};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::menu::Entry;
use crate::ui::one_line;

/// List the pages of a site, with the files they come from
///
/// Pages are told by the site's files and the rules of its stack, so a stopped site has them too. While its server runs, what
/// that lists in /sitemap.xml is added. A page with parameters, such as /blog/[slug], is a pattern: with an example it can be
/// opened like any other. API routes are in the JSON, and with --all in the text.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Remember a value for a pattern: '/blog/[slug]=one' opens /blog/one; several values have `/` between them; no value
    /// forgets it
    #[arg(long, value_name = "PATTERN=VALUE")]
    example: Vec<String>,
    /// List only pages that differ from a git revision (default: HEAD), in the work tree as it is
    ///
    /// A page differs when its own file does, a layout around it, or a local file that its file imports directly. What those
    /// import in turn, settings, content fetched elsewhere and pages that were deleted are not seen.
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD")]
    changed: Option<String>,
    /// Choose the page to look at from a list on the terminal; `site url` and `site preview` then begin with it
    #[arg(long)]
    select: bool,
    /// List API routes too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    if args.select && !context.ui.can_choose() {
        return Err(Fault::usage(
            "`--select` needs a terminal: nobody can be asked",
            "leave it out to list the pages; `taskrun site url NAME PAGE` remembers the page it is given",
        ));
    }
    let (site, revision) = pages::meant(sites, args.name.as_deref(), args.changed.as_deref())?;
    let mut listed = pages::listed(sites, &site)?;
    for example in &args.example {
        listed.remember(sites, &site, example)?;
    }
    if let Some(revision) = &revision {
        listed.pages = pages::changed(&site, listed.pages, revision)?;
    }
    for broken in &listed.broken {
        context.ui.warn(&one_line(&broken.to_string()));
    }
    for notice in &listed.notices {
        context.ui.notice(notice);
    }
    if args.select {
        return choose(sites, &site, &listed.pages, context);
    }
    context.ui.result(&listed.pages, || table(&listed.pages, &site, args, context.ui.fit()))?;
    Ok(Exit::Done)
}

fn choose(sites: &Sites, site: &Site, pages: &[Page], context: &Context) -> Result<Exit> {
    let open: Vec<(&Page, &str)> = pages.iter().filter_map(|page| Some((page, page.open()?))).collect();
    let entry = |(page, path): &(&Page, &str)| {
        let now = if site.page.as_deref() == Some(*path) { "(selected) " } else { "" };
        Entry { name: pages::readable(path), detail: format!("{now}{}", detail(page)), always: false }
    };
    let entries: Vec<Entry> = open.iter().map(entry).collect();
    let at = open.iter().position(|(_, path)| site.page.as_deref() == Some(*path));
    let Some(index) = context.ui.choose("Select a page", &entries, at.unwrap_or(0))? else {
        context.ui.progress("nothing was changed");
        return Ok(Exit::Done);
    };
    let path = open[index].1;
    pages::select(sites, site, path)?;
    context.ui.text(&format!("selected `{}`", one_line(&pages::readable(path))));
    Ok(Exit::Done)
}

fn detail(page: &Page) -> String {
    let pattern = if page.kind == Kind::Dynamic { page.path.as_str() } else { "" };
    let words =
        [page.title.as_deref().unwrap_or_default(), pattern, page.file.as_deref().unwrap_or(&page.source)];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A line for each page: its path, what it opens where it is a pattern, its title, its file.
fn table(pages: &[Page], site: &Site, args: &Args, columns: Option<usize>) -> String {
    let shown: Vec<&Page> = pages.iter().filter(|page| args.all || page.kind != Kind::Api).collect();
    if shown.is_empty() {
        return if args.changed.is_some() { "no page differs".into() } else { "no pages".into() };
    }
    let rows: Vec<[String; 3]> = shown.iter().map(|page| row(page, site.page.as_deref())).collect();
    let wide = |at: usize| rows.iter().map(|row| crate::ui::fit::wide(&row[at])).max().unwrap_or(0);
    let (first, second) = (wide(0).min(48), wide(1).min(40));
    let mut text = String::new();
    for row in &rows {
        let pad = crate::ui::fit::pad;
        let line = format!("{}  {}  {}", pad(&row[0], first), pad(&row[1], second), row[2]);
        let line = line.trim_end();
        let line = columns.map_or(line.into(), |columns| crate::ui::fit::cut(line, columns));
        let _ = writeln!(text, "{line}");
    }
    text
}

fn row(page: &Page, selected: Option<&str>) -> [String; 3] {
    let path = one_line(&pages::readable(&page.path));
    let path = match (page.kind, &page.example) {
        (Kind::Page, _) => path,
        (Kind::Dynamic, Some(example)) => format!("{path} → {}", one_line(&pages::readable(example))),
        (Kind::Dynamic, None) => format!("{path} (needs an example)"),
        (Kind::Api, _) => format!("{path} (api)"),
    };
    let mut from = page.file.as_deref().map_or_else(|| format!("({})", page.source), one_line);
    if page.open().is_some_and(|path| selected == Some(path)) {
        from.push_str(" (selected)");
    }
    [path, one_line(page.title.as_deref().unwrap_or_default()), from]
}
