//! A Chromium that is installed here, driven through pipes (its `DevTools` protocol as NUL-separated JSON).

mod console;
mod find;
mod tab;
#[cfg(test)]
mod tests;
mod watch;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::json;
use tempfile::TempDir;

use crate::fault::Fault;
use crate::system::config::{env, programs};
use crate::system::process::Spoken;
use crate::system::{interrupt, store};
use wire::Wire;

pub use find::{find, misnamed};
pub use tab::LARGEST;

/// How long nothing must happen until a page is still.
const QUIET: Duration = Duration::from_millis(100);
/// How long a browser may take until it says who it is.
const STARTING: Duration = Duration::from_secs(30);
/// No window, no questions, nothing of its own on the network, nothing slowed down that is not in front.
const FLAGS: &[&str] = &[
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-features=Translate,OptimizationHints,MediaRouter,HttpsUpgrades",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// How a page is looked at.
#[derive(Debug, Clone)]
pub struct View {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// Whether the page is told that dark colours are wanted.
    pub dark: bool,
    /// Whether a picture is wanted, and of all of it rather than what fits.
    pub picture: Option<Extent>,
    /// How long it may take until it is still.
    pub patience: Duration,
    /// How long nothing must happen until it is still.
    pub quiet: Duration,
}

impl Default for View {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 800,
            dark: false,
            picture: None,
            patience: Duration::from_secs(15),
            quiet: QUIET,
        }
    }
}

/// How much of a page a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What fits the view.
    View,
    /// All of it.
    Full,
}

/// Something that was said, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub text: String,
    /// How often.
    pub times: usize,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// The status of the page itself.
    pub status: Option<u16>,
    /// Where it ended up.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Messages on the console at level error.
    pub errors: Vec<Said>,
    /// Exceptions nobody caught.
    pub exceptions: Vec<Said>,
    /// Requests that failed: URL and why.
    pub failed: Vec<(String, String)>,
    /// The text of a dev server's error overlay.
    pub overlay: Option<String>,
    /// The links that it has, as whole URLs.
    pub links: Vec<String>,
    /// Its references to places in itself that are not there: `#team`.
    pub dangling: Vec<String>,
    /// The text that can be read in it, and where its pictures come from.
    pub text: String,
    /// Whether there is nothing to be seen in it.
    pub blank: bool,
    /// Pictures in it that came and cannot be shown, as whole URLs.
    pub broken: Vec<String>,
    /// A PNG.
    pub picture: Option<Vec<u8>>,
    /// What kept it from being seen as it should be: no connection, no rest in time, a crash.
    pub trouble: Option<String>,
}

/// A browser under way; it is ended, and its profile removed, when this is dropped.
#[derive(Debug)]
pub struct Browser {
    wire: Wire,
    process: Option<Spoken>,
    profile: TempDir,
    name: String,
}

impl Browser {
    /// Starts it without a window. Errors: it does not start, or says nothing in time.
    pub fn start(program: &Path) -> Result<Self> {
        let open = programs::is_root();
        match Self::launch(program, open) {
            // Kernels and containers that allow no sandbox: what is looked at here is our own.
            Err((complaint, _)) if !open && complaint.contains("sandbox") => Self::launch(program, true),
            started => started,
        }
        .map_err(|(complaint, error)| {
            if error.downcast_ref::<Fault>().is_some() {
                return error;
            }
            let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let told = format!("the browser `{}` does not start: {error:#}", program.display());
            let hint = "it must be a Chromium; name another by `--browser FILE`, or do without by `--http`";
            let said = if last.is_empty() { String::new() } else { format!("; it said: {last}") };
            Fault::usage(told + &said, hint)
        })
    }

    /// With what it complained of, where that fails.
    fn launch(program: &Path, open: bool) -> Result<Self, (String, anyhow::Error)> {
        let plain = |error| (String::new(), error);
        let profile = store::scratch_dir(&place(program), "taskrun-browser-").map_err(plain)?;
        let mut args: Vec<String> = FLAGS.iter().copied().map(str::to_owned).collect();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        args.extend(open.then(|| "--no-sandbox".to_owned()));
        args.push("about:blank".into());
        let (process, input, output) = Spoken::start(program, &args, profile.path()).map_err(plain)?;
        let begin = || {
            let wire = Wire::new(input, output)?;
            let deadline = Instant::now() + STARTING;
            let version = wire.call("Browser.getVersion", &json!({}), deadline)?;
            wire.call("Browser.setDownloadBehavior", &json!({"behavior": "deny"}), deadline)?;
            Ok((wire, version["product"].as_str().unwrap_or("Chromium").to_owned()))
        };
        match begin() {
            Ok((wire, name)) => Ok(Self { wire, process: Some(process), profile, name }),
            Err(error) => Err((process.complaint(), error)),
        }
    }

    /// What it calls itself, with its version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens `url` in a fresh tab and waits until it is still.
    pub fn visit(&mut self, url: &str, view: &View) -> Result<Visit> {
        tab::visit(&self.wire, url, view)
    }

    /// Opens all of `urls`, `tabs` of them at a time; `seen` gets what was seen of each by its place, in the order they are done.
    /// Errors: the browser has ended, or a signal came.
    pub fn visit_all(
        &mut self,
        urls: &[String],
        view: &View,
        tabs: usize,
        seen: &mut dyn FnMut(usize, Visit),
    ) -> Result<()> {
        let (next, wire) = (AtomicUsize::new(0), &self.wire);
        let (send, done) = channel();
        thread::scope(|scope| {
            for _ in 0..tabs.clamp(1, urls.len().max(1)) {
                let (send, next) = (send.clone(), &next);
                scope.spawn(move || {
                    while let Some((at, url)) = take(next, urls) {
                        let visit = tab::visit(wire, url, view);
                        if visit.is_err() {
                            next.store(urls.len(), Ordering::Relaxed);
                        }
                        let _ = send.send((at, visit));
                    }
                });
            }
            drop(send);
            done.iter().try_for_each(|(at, visit)| visit.map(|visit| seen(at, visit)))
        })
    }
}

fn take<'u>(next: &AtomicUsize, urls: &'u [String]) -> Option<(usize, &'u String)> {
    let at = next.fetch_add(1, Ordering::Relaxed).min(urls.len());
    Some((at, urls.get(at)?))
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.process.take());
        // What was killed may still be writing its last.
        for _ in 0..50 {
            if store::remove_tree(self.profile.path()).is_ok() {
                break;
            }
            let _ = interrupt::nap(Duration::from_millis(10));
        }
    }
}

/// Where a profile may lie: a browser from a snap sees no other place.
fn place(program: &Path) -> PathBuf {
    let real = program.canonicalize().unwrap_or_default();
    let snap = real.starts_with("/snap") || real.ends_with("bin/snap");
    let own = env::home().map(|home| home.join("snap/chromium/common")).filter(|dir| snap && dir.is_dir());
    own.unwrap_or_else(env::temp_dir)
}

/// Reads what a picture is written as.
fn decode(text: &str) -> Result<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| anyhow!("the browser sent no picture"))
}
