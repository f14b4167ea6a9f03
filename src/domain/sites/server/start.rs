//! Starting a server, or finding the one that runs, and waiting for its first answer.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::known::{Known, look, sockets_of};
use super::plan::{self, Plan};
use super::ready::{Heard, Questions};
use super::record::{Record, new_mark};
use super::{Options, Progress, Started, State, Status, ended, stop};
use crate::domain::sites::{Site, Sites};
use crate::domain::stack::DevLine;
use crate::fault::Fault;
use crate::system::config::{self, SiteTable, env};
use crate::system::lock::Holder;
use crate::system::process::{self, Detached, Ended, ShellLine, detached};
use crate::system::sockets::{self, Socket};
use crate::system::{interrupt, store};

/// Between two looks at the sockets.
const NAP: Duration = Duration::from_millis(5);
/// How long it may take until the system tells how a process ended.
const LAST_WORD: Duration = Duration::from_secs(1);
/// Between two looks at its processes while nothing changes.
const SURVEY: Duration = Duration::from_millis(250);
/// What servers read as something else than it is meant: colours, and that nobody works with them.
const WITHOUT: &[&str] = &["CI", "FORCE_COLOR"];

/// Starts the server of `site`, or finds the one that serves it. Errors: it exited, with its log's end and what would help.
pub fn start(
    sites: &Sites,
    site: &Site,
    options: &Options,
    tell: &mut dyn FnMut(Progress),
) -> Result<Started> {
    start_kept(sites, site, options, tell).map(|(started, _)| started)
}

/// The same, with its first process where this call started it: only who keeps that learns how it ends.
pub fn start_kept(
    sites: &Sites,
    site: &Site,
    options: &Options,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Started, Option<Detached>)> {
    interrupt::install()?;
    let table = config::load(Some(&sites.workspace().config_file()))?.site;
    let patience = options.patience.unwrap_or(table.timeout);
    let mut again = plan::fixed(site, options).is_none();
    loop {
        let mut wait = begin(sites, site, (options, &table), tell)?;
        match wait.until(patience, tell)? {
            End::Answered(found) => return Ok((wait.settle(options, found, tell)?, wait.child)),
            End::Late(status) => return Ok((Started::Late(status), wait.child)),
            // Somebody took the port between our look and the server's.
            End::Gone(_) if again && wait.lost_port() => again = false,
            End::Gone(how) => return Err(wait.gone(how)),
        }
    }
}

/// The server that runs, or a new one; nobody else starts or stops it meanwhile.
fn begin<'a>(
    sites: &'a Sites,
    site: &'a Site,
    (options, table): (&Options, &SiteTable),
    tell: &mut dyn FnMut(Progress),
) -> Result<Wait<'a>> {
    let patience = options.patience.unwrap_or(table.timeout);
    let _held = sites.hold_telling(&site.name, patience, &mut |who| {
        tell(Progress::Held(format!("another start or stop of `{}` is under way, by {who}", site.name)));
    })?;
    // Somebody may have forgotten it meanwhile: nobody would know of its server then.
    sites.find(Some(&site.name))?;
    let wait = |record, child, chosen| Wait { sites, site, record, child, chosen, waited: Instant::now() };
    if let Some(Known { mut record, .. }) = look(sites, site, &process::table())? {
        let served = record.port.unwrap_or(record.asked);
        if let Some(wanted) = options.port.filter(|wanted| ![0, served].contains(wanted)) {
            let told = format!("`{}` is served already, on port {served} instead of {wanted}", site.name);
            let force = if record.adopted { " --force" } else { "" };
            return Err(Fault::refused(
                told,
                format!("end it first: `taskrun site stop {}{force}`", site.name),
            ));
        }
        record.pass_on(options.run.as_ref());
        record.write(sites, &site.name)?;
        return Ok(wait(record, None, false));
    }
    let Plan { line, chosen, note } = plan::plan(sites, site, options, table)?;
    if let Some(note) = note {
        tell(Progress::Note(note));
    }
    if options.install {
        install(sites, site)?;
    }
    let mark = new_mark(sites, &site.name);
    let child = spawn(sites, site, &line, &mark)?;
    let leader = Holder::of(child.pid());
    // It may have ended already: nothing is alive then, and that is told.
    let leader = leader.unwrap_or(Holder { pid: child.pid(), start: 0, ..Holder::me() });
    let record = Record { run: options.run.clone(), ..Record::new(leader, mark, line.port) };
    let record = record.of(sites, &site.name);
    record.write(sites, &site.name)?;
    Ok(wait(record, Some(child), chosen))
}

fn spawn(sites: &Sites, site: &Site, line: &DevLine, mark: &str) -> Result<Detached> {
    let mut vars: Vec<(OsString, OsString)> = vec![("NO_COLOR".into(), "1".into())];
    vars.extend([("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"), ("COREPACK_ENABLE_STRICT", "0")].map(pair));
    let bin = site.path.join("node_modules/.bin");
    if bin.is_dir() {
        let dirs = std::iter::once(bin).chain(env::search_path());
        vars.extend(std::env::join_paths(dirs).ok().map(|path| ("PATH".into(), path)));
    }
    vars.extend(line.env.iter().map(|(name, value)| (name.into(), value.into())));
    vars.extend(site.environment()?.into_iter().map(|(name, value)| (name.into(), value)));
    let text = replacing_the_shell(&line.line);
    let line = ShellLine { text: &text, dir: &site.path, env: &vars, without: WITHOUT, mark };
    detached(&line, store::log_file(&sites.log(&site.name))?)
}

/// How it ended, of one that does not live any more: that can be told a moment later than seen, while its threads go.
fn last_word(child: &mut Detached) -> Option<Ended> {
    let since = Instant::now();
    loop {
        let how = child.ended();
        if how.is_some() || since.elapsed() >= LAST_WORD {
            return how;
        }
        std::thread::park_timeout(NAP);
    }
}

fn pair((name, value): (&str, &str)) -> (OsString, OsString) {
    (name.into(), value.into())
}

/// `exec LINE` where that is the same: a plain command, for which no shell need stay.
fn replacing_the_shell(line: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " -_./:,@+%=".contains(c);
    let builtin =
        ["exec", "cd", "export", "set", "source", ".", "eval", "trap", "command", "ulimit", "umask"];
    let first = line.split(' ').next().unwrap_or_default();
    let simple = !first.is_empty() && !first.contains('=') && !builtin.contains(&first);
    if simple && line.chars().all(plain) { format!("exec {line}") } else { line.to_owned() }
}

/// Fetches what the site depends on.
fn install(sites: &Sites, site: &Site) -> Result<()> {
    let name = &site.name;
    let Some(install) = &site.recipe.commands.install else {
        let told = format!("nothing is known that would install what `{name}` depends on");
        return Err(Fault::usage(
            told,
            "leave `--install` out, or set `install` of `[stacks.NAME]` in the settings",
        ));
    };
    let line = DevLine { line: install.clone(), ..DevLine::default() };
    let mark = new_mark(sites, name);
    let mut child = spawn(sites, site, &line, &mark)?;
    let leader = Holder::of(child.pid());
    let how = loop {
        if let Some(ended) = child.ended() {
            break ended;
        }
        if let Err(stopped) = interrupt::nap(Duration::from_millis(20)) {
            leader.map_or(Ok(()), |leader| stop::end(&Record::new(leader, mark, 0).of(sites, name)))?;
            return Err(stopped);
        }
    };
    if how.code == Some(0) {
        return Ok(());
    }
    let tail = ended::tail(&sites.log(name));
    let told = format!("`{install}` of `{name}` ended{}{}", ended::how(Some(how)), ended::shown(&tail));
    Err(Fault::refused(told, format!("run it by hand in `{}`", site.path.display())))
}

/// Waiting for the first answer of a server.
struct Wait<'a> {
    sites: &'a Sites,
    site: &'a Site,
    record: Record,
    /// Its first process, where this call started it.
    child: Option<Detached>,
    /// Whether this call chose the port.
    chosen: bool,
    waited: Instant,
}

/// What became of the waiting.
enum End {
    Answered((Socket, Heard)),
    Late(Status),
    /// None of its processes lives; how the first one ended, where that is known.
    Gone(Option<Ended>),
}

impl Wait<'_> {
    fn until(&mut self, patience: Duration, tell: &mut dyn FnMut(Progress)) -> Result<End> {
        let mut questions = Questions::default();
        let (mut all, mut own, mut living) = (Vec::new(), Vec::new(), Vec::new());
        let mut surveyed: Option<Instant> = None;
        loop {
            if let Err(stopped) = interrupt::nap(NAP) {
                return self.interrupted(stopped);
            }
            let how = self.child.as_mut().and_then(Detached::ended);
            let now = sockets::listening();
            // Nobody but a new socket, or the end of a process, changes what is ours; and the walk through all processes costs.
            if now != all || surveyed.is_none_or(|at| at.elapsed() >= SURVEY) {
                living = self.record.living(&process::table());
                own = sockets_of(&living, &now);
                (all, surveyed) = (now, Some(Instant::now()));
                let state = if own.is_empty() { State::Starting } else { State::Listening };
                tell(Progress::Waiting(state, self.last_line()));
            }
            let late = self.waited.elapsed() >= patience;
            if let Some(found) = questions.choose(self.record.asked, &own, late) {
                return Ok(End::Answered(found));
            }
            if living.is_empty() || how.is_some() && self.record.living(&process::table()).is_empty() {
                return Ok(End::Gone(how.or_else(|| self.child.as_mut().and_then(last_word))));
            }
            if late {
                let socket =
                    own.iter().find(|socket| socket.address.port() == self.record.asked).or(own.first());
                let socket = socket.copied();
                let known = Known { record: self.record.clone(), living }.led(&own);
                return Ok(End::Late(known.not_answering(self.site, socket, &own)));
            }
        }
    }

    /// What it printed last, and whether somebody else has started it.
    fn last_line(&self) -> String {
        let last = ended::last_line(&self.sites.log(&self.site.name));
        if self.child.is_some() || self.record.adopted || self.record.port.is_some() {
            return last;
        }
        format!("(another start is under way, its server is pid {}) {last}", self.record.leader.pid)
    }

    /// Writes down where it answers.
    fn settle(
        &mut self,
        options: &Options,
        found: (Socket, Heard),
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Started> {
        let port = found.0.address.port();
        let fresh = self.child.is_some();
        if let Some(wanted) = options.port.filter(|wanted| fresh && ![0, port].contains(wanted)) {
            self.end()?;
            let told =
                format!("`{}` came up on port {port} instead of {wanted}, and was ended", self.site.name);
            return Err(Fault::refused(told, "its command decides on the port; start it without `--port`"));
        }
        let mounted = plan::fixed(self.site, options).filter(|wanted| fresh && *wanted != port);
        if let Some(wanted) = mounted {
            let name = &self.site.name;
            tell(Progress::Note(format!(
                "`{name}` was mounted with port {wanted}, and came up on {port}: its command decides on that"
            )));
        }
        self.record.port = Some(port);
        let living = self.record.living(&process::table());
        let holds = |holder: &&Holder| sockets::held_by(&[holder.pid], &[found.0]).len() == 1;
        self.record.owners = living.iter().filter(holds).cloned().collect();
        if !self.record.adopted && !living.contains(&self.record.leader) {
            // What only started the server is gone; the server itself stays.
            if let Some(owner) = self.record.owners.first() {
                self.record.leader = owner.clone();
            }
        }
        if self.is_current()? {
            self.record.write(self.sites, &self.site.name)?;
        }
        // The port that it was mounted with stays its own.
        let asked = self.site.port.is_none() || options.port.is_some() && self.site.mounted_port.is_none();
        if fresh && asked && self.site.port != Some(port) {
            self.sites.update(&self.site.name, |site| site.port = Some(port))?;
        }
        let own = sockets_of(&living, &sockets::listening());
        let known = Known { record: self.record.clone(), living };
        Ok(Started::Ready { status: known.answering(self.site, found, &own), fresh })
    }

    /// Whether what is written down is still this server.
    fn is_current(&self) -> Result<bool> {
        let written = Record::read(self.sites, &self.site.name)?;
        Ok(written.is_some_and(|written| written.mark == self.record.mark))
    }

    /// Ends what this call has started.
    fn end(&self) -> Result<()> {
        stop::end(&self.record)?;
        self.forget()
    }

    fn forget(&self) -> Result<()> {
        if self.is_current()? { store::remove(&self.sites.server_file(&self.site.name)) } else { Ok(()) }
    }

    fn interrupted(&self, stopped: anyhow::Error) -> Result<End> {
        if self.child.is_some() {
            self.end()?;
        }
        Err(stopped)
    }

    /// Whether it ended as somebody else has the port that we had chosen.
    fn lost_port(&self) -> bool {
        let tail = ended::tail(&self.sites.log(&self.site.name));
        self.chosen
            && matches!(ended::cause(&tail, None), ended::Cause::Taken(_))
            && !sockets::is_free(self.record.asked)
    }

    /// Why there is no server.
    fn gone(&mut self, how: Option<Ended>) -> anyhow::Error {
        // It stays written down, for those who ask later why it is not there.
        self.record.ended = how.or(Some(Ended { code: None, signal: None }));
        let written = self.is_current().and_then(|current| {
            if current { self.record.write(self.sites, &self.site.name) } else { Ok(()) }
        });
        if let Err(error) = written {
            return error;
        }
        let tail = ended::tail(&self.sites.log(&self.site.name));
        let cause = ended::cause(&tail, how);
        let told = format!(
            "the server of `{}` ended{} before it answered{}",
            self.site.name,
            ended::how(how),
            ended::shown(&tail)
        );
        let holder = match cause {
            ended::Cause::Taken(port) => {
                let port = port.unwrap_or(self.record.asked);
                (!sockets::is_free(port)).then(|| stop::held(port))
            }
            _ => None,
        };
        Fault::refused(told, ended::hint(self.site, &cause, holder.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_command_replaces_its_shell() {
        let table = [
            ("npm run dev", "exec npm run dev"),
            ("node_modules/.bin/vite --port 4300", "exec node_modules/.bin/vite --port 4300"),
            ("FOO=1 npm run dev", "FOO=1 npm run dev"),
            ("cd app && npm run dev", "cd app && npm run dev"),
            ("cd app", "cd app"),
            ("vite | tee x", "vite | tee x"),
            ("python -m http.server $PORT", "python -m http.server $PORT"),
            ("", ""),
        ];
        for (line, expected) in table {
            assert_eq!(replacing_the_shell(line), expected);
        }
    }
}
