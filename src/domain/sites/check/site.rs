//! A check of a mounted site: which pages, at which server.

use anyhow::Result;

use super::{Flaw, Options, Report, Seen, check};
use crate::domain::sites::pages::{self, Broken, Kind, Page};
use crate::domain::sites::server::{self, Progress, Started, State, Status};
use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::config::{self, env};
use crate::system::{interrupt, process};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// These pages only: paths, or patterns with an example.
    pub pages: Vec<String>,
    /// Only those that differ from this revision.
    pub changed: Option<String>,
    /// Whether a stopped site is started for it, and stopped after it.
    pub start: bool,
    /// How to look; what is not said is taken from the settings.
    pub options: Options,
}

/// Where a check is.
#[derive(Debug)]
pub enum Step<'s> {
    /// The server is waited for.
    Starting(Progress),
    /// So many pages will be looked at.
    Begins(usize),
    /// One has been looked at.
    Looked(&'s Seen),
}

/// Checks `site`. Errors: it is not served ([`Fault::Usage`]); its server has ended by itself, before or meanwhile, or there is no such
/// browser ([`Fault::Refused`]).
pub fn check_site(sites: &Sites, site: &Site, order: &Order, tell: &mut dyn FnMut(Step)) -> Result<Report> {
    interrupt::install()?;
    let settings = config::load(Some(&sites.workspace().config_file()))?.site;
    let mut options = order.options.clone();
    options.browser = options.browser.or(settings.browser.clone());
    options.timeout = options.timeout.or(Some(settings.check_timeout));
    let (base, fresh) = served(sites, site, order.start, tell)?;
    let mut report = look(sites, site, order, (&base, &options), tell);
    if let Some(end) = server::fallen(sites, site)?.filter(|_| interrupt::signal().is_none()) {
        // What was seen of pages since says nothing of them.
        report = Err(Fault::refused(
            format!("the server of `{}` {} while its pages were looked at{}", site.name, end.how, end.said),
            hint(&site.name, end.hint),
        ));
    }
    if fresh {
        // It is left as it was found, also where the check came to nothing.
        let stopped = server::stop(sites, site, false);
        let report = report?;
        return stopped.map(|_| report);
    }
    report
}

fn look(
    sites: &Sites,
    site: &Site,
    order: &Order,
    (base, options): (&str, &Options),
    tell: &mut dyn FnMut(Step),
) -> Result<Report> {
    let listed = pages::listed(sites, site)?;
    let mut all = listed.pages;
    if let Some(revision) = &order.changed {
        all = pages::changed(site, all, revision)?;
    } else if !all.iter().any(|page| page.open().is_some()) {
        // Nobody knows its pages; this one every site has.
        all.push(Page { path: "/".into(), source: "server".into(), ..Page::default() });
    }
    let asked = if order.pages.is_empty() { all } else { chosen(&all, &order.pages)? };
    tell(Step::Begins(asked.iter().filter(|page| page.open().is_some()).count()));
    let mut report = check(base, &asked, options, &mut |seen| tell(Step::Looked(seen)))?;
    report.notices.splice(0..0, listed.notices);
    if order.pages.is_empty() {
        // A page that is missing because its file is damaged is as bad as one that does not answer.
        report.ok &= listed.broken.is_empty();
        report.pages.extend(listed.broken.into_iter().map(missing));
    }
    let stuck = server::stuck(sites, &server::status(sites, site)?);
    if !stuck.is_empty() {
        let message =
            "it could not start anew with what was changed, and goes on with what it has read before";
        let details = stuck.iter().flat_map(|error| error.lines()).map(str::to_owned).collect();
        report.server.push(Flaw { details, ..Flaw::new("restart", message) });
        report.ok = false;
    }
    Ok(report)
}

/// What a file says that would make a page, were it not damaged: it stands for its path, which nobody knows.
fn missing(broken: Broken) -> Seen {
    let flaws = vec![Flaw { kind: "file", message: broken.message, ..Flaw::default() }];
    Seen { path: broken.file.clone(), file: Some(broken.file), flaws, ..Seen::default() }
}

/// The URL of its server, and whether that was started for this.
fn served(sites: &Sites, site: &Site, start: bool, tell: &mut dyn FnMut(Step)) -> Result<(String, bool)> {
    let status = server::status(sites, site)?;
    if let Some(url) = status.url.as_ref().filter(|_| status.state >= State::Answering) {
        return Ok((url.clone(), false));
    }
    let name = &site.name;
    if !start {
        return Err(unserved(sites, site, &status)?);
    }
    match server::start(sites, site, &server::Options::default(), &mut |at| tell(Step::Starting(at)))? {
        Started::Ready { status, fresh } => match status.url {
            Some(url) => Ok((url, fresh)),
            None => Err(late(name)),
        },
        Started::Late(_) => {
            let _ = server::stop(sites, site, false);
            Err(late(name))
        }
    }
}

/// Why there is nothing to look at. A server that has ended by itself is what is wrong; where nobody has started one, or it is not yet
/// up, nothing is known.
fn unserved(sites: &Sites, site: &Site, status: &Status) -> Result<anyhow::Error> {
    let name = &site.name;
    if status.state != State::Stopped {
        let told = format!("the site `{name}` does not answer yet");
        return Ok(Fault::refused(
            told,
            hint(name, format!("`taskrun site start {name}` waits until it does")),
        ));
    }
    if let Some(end) = server::fallen(sites, site)? {
        return Ok(Fault::refused(
            format!("the server of `{name}` {}{}", end.how, end.said),
            hint(name, end.hint),
        ));
    }
    let start =
        format!("start it by `taskrun site start {name}`, or have it started for the check by `--start`");
    Ok(Fault::usage(format!("the site `{name}` is not served"), hint(name, start)))
}

/// The way out; within a run, whose agents start and stop no servers, the one that is theirs.
fn hint(name: &str, otherwise: String) -> String {
    match env::value(process::MARK) {
        Some(_) => format!(
            "put right what keeps it from running; the run then starts it again. `taskrun site logs {name}` shows all that it printed"
        ),
        None => otherwise,
    }
}

fn late(name: &str) -> anyhow::Error {
    let hint = format!(
        "`taskrun site start {name} --timeout 5m` waits longer; `taskrun site logs {name}` shows what it prints"
    );
    Fault::refused(format!("the site `{name}` was started and did not answer in time"), hint)
}

/// Of `all` those that are asked for; a path that nobody lists is asked for all the same.
fn chosen(all: &[Page], asked: &[String]) -> Result<Vec<Page>> {
    let mut found = Vec::new();
    for path in asked {
        let own = |page: &&Page| page.kind != Kind::Api && (page.path == *path || page.open() == Some(path));
        match all.iter().find(own) {
            Some(page) if page.open().is_none() => {
                return Err(Fault::usage(
                    format!("`{path}` is a pattern without an example"),
                    format!("name a path, or remember one: `taskrun site pages --example '{path}=…'`"),
                ));
            }
            Some(page) => found.push(page.clone()),
            None if path.starts_with('/') => {
                found.push(Page { path: path.clone(), source: "asked".into(), ..Page::default() });
            }
            None => {
                return Err(Fault::usage(
                    format!("`{path}` is no path of a page"),
                    "a path begins with `/`; `taskrun site pages` lists all",
                ));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_chosen_by_path_pattern_and_example() {
        let page = |path: &str, kind, example: Option<&str>| Page {
            path: path.into(),
            kind,
            example: example.map(str::to_owned),
            ..Page::default()
        };
        let all = [
            page("/", Kind::Page, None),
            page("/blog/[slug]", Kind::Dynamic, Some("/blog/one")),
            page("/shop/[id]", Kind::Dynamic, None),
        ];
        let open = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|path| (*path).to_owned()).collect();
            let chosen = chosen(&all, &asked).map_err(|error| error.to_string())?;
            Ok(chosen.iter().map(|page| page.open().unwrap().to_owned()).collect::<Vec<_>>().join(" "))
        };
        let table: [(&[&str], Result<&str, &str>); 5] = [
            (&["/", "/blog/[slug]"], Ok("/ /blog/one")),
            (&["/blog/one"], Ok("/blog/one")),
            (&["/unlisted"], Ok("/unlisted")),
            (&["/shop/[id]"], Err("`/shop/[id]` is a pattern without an example")),
            (&["about"], Err("`about` is no path of a page")),
        ];
        for (asked, expected) in table {
            assert_eq!(open(asked), expected.map(str::to_owned).map_err(str::to_owned), "{asked:?}");
        }
    }
}
