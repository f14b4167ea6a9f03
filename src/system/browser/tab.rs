//! One page in a tab of its own: opened, watched until it is still, read, pictured, closed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::watch::{Act, Watch};
use super::wire::{Message, Session, Wire};
use super::{Extent, View, Visit, decode};

/// Between two looks whether a page is still.
const STEP: Duration = Duration::from_millis(20);
/// How long a page may take to answer a question.
const ANSWERING: Duration = Duration::from_secs(3);
/// How long a picture may take.
const PICTURING: Duration = Duration::from_secs(15);
/// Most pixels of a picture in either direction.
pub const LARGEST: f64 = 16_384.0;
/// Reads what it shows, and the overlay by which a dev server tells of an error.
const READ: &str = include_str!("read.js");
/// Brings what moves to its end, and has what is loaded late load now.
const SETTLE: &str = include_str!("settle.js");

/// Looks at `url`. Errors: the browser has ended, or a signal came; whatever the page does is no error.
pub(super) fn visit(wire: &Wire, url: &str, view: &View) -> Result<Visit> {
    let opening = Instant::now() + PICTURING;
    let made = wire.call("Target.createTarget", &json!({"url": "about:blank"}), opening)?;
    let target = made["targetId"].as_str().context("the browser opened no tab")?.to_owned();
    let attach = json!({"targetId": target, "flatten": true});
    let attached = wire.call("Target.attachToTarget", &attach, opening)?;
    let session = wire.session(attached["sessionId"].as_str().context("the browser opened no tab")?)?;
    let mut tab = Tab { session, watch: Watch::new(&target, url, view.quiet, Instant::now()), waits: None };
    let seen = tab.look(url, view);
    let _ = wire.call("Target.closeTarget", &json!({"targetId": target}), Instant::now() + ANSWERING);
    seen.map(|()| tab.watch.visit)
}

struct Tab<'w> {
    session: Session<'w>,
    watch: Watch,
    /// The call that opens the page.
    waits: Option<u64>,
}

impl Tab<'_> {
    fn look(&mut self, url: &str, view: &View) -> Result<()> {
        let deadline = Instant::now() + view.patience;
        self.prepare(view)?;
        self.waits = Some(self.session.send("Page.navigate", &json!({"url": url}))?);
        if !self.settle(deadline)? {
            let patience = view.patience.as_secs_f64();
            self.watch.visit.trouble.get_or_insert(format!("does not come to rest within {patience} s"));
        }
        if self.watch.crashed {
            self.watch.visit.trouble = Some("the tab crashed".into());
            return Ok(());
        }
        let Some(world) = self.world()? else { return Ok(()) };
        if let Some(extent) = view.picture {
            self.ask(SETTLE, &world, ANSWERING)?;
            self.settle(Instant::now() + ANSWERING)?;
            self.watch.visit.picture = self.picture(extent, view)?;
        }
        // Last: nothing is in the picture that is not told of.
        let read = self.ask(READ, &world, ANSWERING)?;
        read["title"].as_str().unwrap_or_default().clone_into(&mut self.watch.visit.title);
        self.watch.visit.overlay = read["overlay"].as_str().map(str::to_owned);
        let list = |name: &str| serde_json::from_value(read[name].clone()).unwrap_or_default();
        (self.watch.visit.links, self.watch.visit.dangling) = (list("links"), list("dangling"));
        self.watch.visit.broken = list("broken");
        self.watch.visit.blank = read["blank"] == true;
        read["text"].as_str().unwrap_or_default().clone_into(&mut self.watch.visit.text);
        if let Some(url) = read["url"].as_str().filter(|url| url.starts_with("http")) {
            url.clone_into(&mut self.watch.visit.url);
        }
        Ok(())
    }

    fn prepare(&mut self, view: &View) -> Result<()> {
        for domain in ["Page", "Network", "Runtime", "Log", "Inspector"] {
            self.session.send(&format!("{domain}.enable"), &json!({}))?;
        }
        let size =
            json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": false});
        self.session.send("Emulation.setDeviceMetricsOverride", &size)?;
        let colours = if view.dark { "dark" } else { "light" };
        let mut features = vec![json!({"name": "prefers-color-scheme", "value": colours})];
        if view.picture.is_some() {
            features.push(json!({"name": "prefers-reduced-motion", "value": "reduce"}));
        }
        self.session.send("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}))?;
        // Waited for: a page that is opened meanwhile would not hear of it.
        self.call("Emulation.setEmulatedMedia", &json!({"features": features}), ANSWERING)?;
        Ok(())
    }

    /// Waits until the page is still, has failed or crashed; says whether it did so in time.
    fn settle(&mut self, deadline: Instant) -> Result<bool> {
        loop {
            let now = Instant::now();
            if self.watch.crashed || self.watch.visit.trouble.is_some() || self.watch.still(now) {
                return Ok(true);
            }
            if now >= deadline {
                return Ok(false);
            }
            if let Some(message) = self.session.next((now + STEP).min(deadline))? {
                self.hear(&message)?;
            }
        }
    }

    fn hear(&mut self, message: &Message) -> Result<()> {
        if message.id.is_some() && message.id == self.waits {
            self.opened(&message.result);
        }
        match self.watch.hear(message, Instant::now()) {
            Act::None => {}
            Act::Close(accept) => {
                self.session.send("Page.handleJavaScriptDialog", &json!({"accept": accept}))?;
            }
            Act::Stop => {
                self.session.send("Page.stopLoading", &json!({}))?;
            }
        }
        Ok(())
    }

    /// What the call came to that opened the page.
    fn opened(&mut self, result: &Value) {
        let Some(error) = result["errorText"].as_str() else { return };
        let trouble = &mut self.watch.visit.trouble;
        if result["isDownload"] == true {
            trouble.get_or_insert("is a download".into());
        } else if self.watch.visit.status.is_none() {
            trouble.get_or_insert(error.to_owned());
        } else {
            // A status came with nothing to show: that tells enough, but there is nothing to wait for.
            trouble.get_or_insert("has nothing to show".into());
        }
    }

    /// Calls `method`; `None` where the page does not answer or refuses.
    fn call(&mut self, method: &str, params: &Value, patience: Duration) -> Result<Option<Value>> {
        let deadline = Instant::now() + patience;
        let id = self.session.send(method, params)?;
        while let Some(message) = self.session.next(deadline)? {
            if message.id == Some(id) {
                return Ok(message.reply().ok());
            }
            self.hear(&message)?;
            if self.watch.crashed {
                break;
            }
        }
        Ok(None)
    }

    /// A world of scripts beside the page's own, which the page cannot meddle with.
    fn world(&mut self) -> Result<Option<Value>> {
        let tree = self.call("Page.getFrameTree", &json!({}), ANSWERING)?;
        let frame = tree.map(|tree| tree["frameTree"]["frame"]["id"].clone()).unwrap_or_default();
        let made = self.call("Page.createIsolatedWorld", &json!({"frameId": frame}), ANSWERING)?;
        if made.is_none() {
            self.watch.visit.trouble.get_or_insert("does not respond".into());
        }
        Ok(made.map(|made| made["executionContextId"].clone()))
    }

    fn ask(&mut self, script: &str, world: &Value, patience: Duration) -> Result<Value> {
        let params =
            json!({"expression": script, "contextId": world, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &params, patience)?;
        if answer.is_none() {
            self.watch.visit.trouble.get_or_insert("does not respond".into());
        }
        Ok(answer.map(|answer| answer["result"]["value"].clone()).unwrap_or_default())
    }

    fn picture(&mut self, extent: Extent, view: &View) -> Result<Option<Vec<u8>>> {
        let mut params = json!({"format": "png"});
        if extent == Extent::Full {
            let metrics = self.call("Page.getLayoutMetrics", &json!({}), ANSWERING)?.unwrap_or_default();
            let side = |name: &str, least: u32| {
                metrics["cssContentSize"][name].as_f64().unwrap_or(0.0).clamp(least.into(), LARGEST)
            };
            let (width, height) = (side("width", view.width), side("height", view.height));
            params["captureBeyondViewport"] = true.into();
            params["clip"] = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        }
        let taken = self.call("Page.captureScreenshot", &params, PICTURING)?;
        taken.and_then(|taken| Some(decode(taken["data"].as_str()?))).transpose()
    }
}
