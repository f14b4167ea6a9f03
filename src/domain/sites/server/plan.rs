//! What a start does: the command, and the port that it is told.

use anyhow::Result;

use super::{Options, port, stop};
use crate::domain::sites::{Site, Sites};
use crate::domain::stack::{DevLine, HOST};
use crate::fault::Fault;
use crate::system::config::SiteTable;
use crate::system::sockets;

/// What is to be started.
pub(super) struct Plan {
    /// The command with its port.
    pub line: DevLine,
    /// Whether that port was chosen by us.
    pub chosen: bool,
    /// What is to be told of the port.
    pub note: Option<String>,
}

/// The port that was asked for: now, or when the site was mounted; no other is taken for it.
pub(super) fn fixed(site: &Site, options: &Options) -> Option<u16> {
    match options.port {
        Some(0) => None,
        Some(port) => Some(port),
        // A command with a port of its own is not told another one.
        None => site.mounted_port.filter(|_| site.recipe.program.own_port.is_none()),
    }
}

/// What a start of `site` does. Errors: its folder is gone; the port that was asked for is taken; nothing is known that serves it.
pub(super) fn plan(sites: &Sites, site: &Site, options: &Options, table: &SiteTable) -> Result<Plan> {
    let name = &site.name;
    if !site.path.is_dir() {
        let told = format!("the folder of `{name}` is gone: `{}`", site.path.display());
        return Err(Fault::refused(told, format!("bring it back, or `taskrun site unmount {name}`")));
    }
    let (port, note) = match fixed(site, options) {
        Some(port) => (asked(site, options, port)?, None),
        None => free(sites, site, table)?,
    };
    let line = site.recipe.dev_line(port, HOST).ok_or_else(|| {
        let told = format!("`{name}` ({}) has no command that serves it", site.recipe.stack);
        Fault::usage(told, format!("`taskrun site unmount {name}`, then mount it with `--dev COMMAND`"))
    })?;
    if options.port.is_some_and(|wanted| ![0, line.port].contains(&wanted)) {
        let told = format!("the dev command of `{name}` has a port of its own, {}", line.port);
        return Err(Fault::usage(told, "start it without `--port`, or take the port out of the command"));
    }
    let ours = line.port == port;
    Ok(Plan { chosen: ours && fixed(site, options).is_none(), note: note.filter(|_| ours), line })
}

/// `port`, which a person has asked for, where it can be had.
fn asked(site: &Site, options: &Options, port: u16) -> Result<u16> {
    let name = &site.name;
    let again = format!("`taskrun site unmount {name}`, and mount it with another `--port`");
    let mounted = options.port.is_none();
    if !port::is_safe(port) {
        let told = format!("browsers do not open pages on port {port}");
        let hint = if mounted { again } else { "name another one, or none: `--port 4300`".into() };
        return Err(Fault::usage(told, hint));
    }
    if sockets::is_free(port) {
        return Ok(port);
    }
    if mounted {
        let told = format!("`{name}` was mounted with `--port {port}`, and {}", stop::held(port));
        let hint = format!(
            "end that; or for this time any free port: `taskrun site start {name} --port 0`; or {again}"
        );
        return Err(Fault::refused(told, hint));
    }
    let any = if site.mounted_port.is_some() { " --port 0" } else { "" };
    let hint = format!("name another one, or none: `taskrun site start {name}{any}`");
    Err(Fault::refused(stop::held(port), hint))
}

/// A port that is free, the site's own before others; what is to be told where that one is taken.
fn free(sites: &Sites, site: &Site, table: &SiteTable) -> Result<(u16, Option<String>)> {
    let others: Vec<u16> =
        sites.all()?.iter().filter(|other| other.name != site.name).filter_map(|other| other.port).collect();
    let fit = |port| !others.contains(&port);
    let free = |port| fit(port) && sockets::is_free(port);
    let pick = |free: &dyn Fn(u16) -> bool| port::pick(&site.path, site.port, table, free);
    let port = pick(&free).ok_or_else(|| {
        let (first, last) = (table.ports.start(), table.ports.end());
        let told = format!("no port from {first} to {last} is free");
        Fault::refused(told, "end what holds them, or set `ports` of `[site]` in `.taskrun/config.toml`")
    })?;
    let note = pick(&fit).filter(|own| *own != port).map(|own| {
        format!("`{}` is served on port {port} this time: its own, {}", site.name, stop::held(own))
    });
    Ok((port, note))
}
