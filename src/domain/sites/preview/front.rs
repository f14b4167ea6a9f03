//! All that answers below the reserved path: the preview's page, its data and its orders.

use std::sync::Arc;

use super::desk::{Desk, Reply, Request};
use super::gate::Admitted;
use super::state::Order;
use super::trouble::Came;
use super::window::{Window, secret};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(include_str!("page.js"), include_str!("page-data.js"));

/// What the listener gets: orders are carried out on threads that share the window.
#[derive(Debug)]
pub struct Front(pub Arc<Window>);

impl Desk for Front {
    fn answer(&self, request: &Request) -> Reply {
        let window = &self.0;
        let Some(rest) = request.path.strip_prefix(window.token.as_str()) else {
            return Reply::text(404, "open the address that `taskrun site preview` has printed");
        };
        let gets = matches!(request.method.as_str(), "GET" | "HEAD");
        match (rest, gets) {
            ("", true) => Reply { headers: vec![("Location", window.path())], ..Reply::text(302, "here") },
            ("/", true) => page(),
            ("/trouble", true) => Reply::json(200, window.trouble.told().to_string()),
            ("/state", true) => window.news(request.query.as_deref()),
            ("/start" | "/stop" | "/restart" | "/page", _) if request.method != "POST" => {
                Reply { headers: vec![("Allow", "POST".into())], ..Reply::text(405, "only by POST") }
            }
            ("/start" | "/stop" | "/restart" | "/page", _) if is_foreign(request) => {
                Reply::text(403, "asked for by another site")
            }
            ("/page", _) => window.remember(&request.body),
            ("/start", _) => ordered(window.order(Order::Start)),
            ("/stop", _) => ordered(window.order(Order::Stop)),
            ("/restart", _) => ordered(window.order(Order::Restart)),
            ("" | "/" | "/state" | "/trouble", false) => Reply::text(405, "only by GET"),
            _ => Reply::text(404, "nothing is here"),
        }
    }

    fn site(&self) -> Option<u16> {
        self.0.port()
    }

    fn came(&self, request: &Admitted, came: &Came<'_>) {
        self.0.trouble.note(request, came);
    }
}

fn ordered(taken: bool) -> Reply {
    if taken {
        Reply::json(200, "{}")
    } else {
        Reply::text(503, "something else is being done with the server")
    }
}

/// Whether a browser says that a page from elsewhere asks.
fn is_foreign(request: &Request) -> bool {
    if request.header("sec-fetch-site").is_some_and(|from| from.eq_ignore_ascii_case("cross-site")) {
        return true;
    }
    let host = request.header("host").unwrap_or_default();
    request.header("origin").is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}")))
}

/// The page: nothing in it is data, and nothing but what is in it may run.
fn page() -> Reply {
    let Ok(nonce) = secret() else { return Reply::text(500, "no random numbers are to be had") };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; frame-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let text = PAGE.replace("{nonce}", &nonce).replace("{style}", STYLE).replace("{script}", SCRIPT);
    let headers = vec![("Content-Security-Policy", policy), ("X-Frame-Options", "DENY".to_owned())];
    Reply { headers, ..Reply::html(200, text) }
}
