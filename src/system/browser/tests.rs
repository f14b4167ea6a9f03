//! A real browser, where there is one, on a server of ours that answers from a table.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

const PAGES: &[(&str, &str, &str)] = &[
    ("/", "200 OK", "<title>Home</title><h1>Fine</h1>"),
    ("/gone", "404 Not Found", "<title>Nothing here</title>"),
    ("/empty", "204 No Content", ""),
    (
        "/wrong",
        "200 OK",
        "<img src=/none.png><script>console.error('oh %s', 'no', {code: 3}); setTimeout(() => { throw new Error('thrown') })</script>",
    ),
    (
        "/asks",
        "200 OK",
        "<script>addEventListener('beforeunload', e => e.preventDefault()); alert(1); document.title = confirm('?'); \
         navigator.geolocation.getCurrentPosition(() => {}); window.open('/'); print()</script>",
    ),
    (
        "/overlay",
        "200 OK",
        "<script>customElements.define('vite-error-overlay', class extends HTMLElement { constructor() { super(); \
         this.attachShadow({mode: 'open'}).innerHTML = '<pre class=message>Failed to parse</pre><pre class=file>/src/App.jsx:3:1</pre><pre class=frame>3 | x</pre>' } }); \
         setTimeout(() => document.body.append(document.createElement('vite-error-overlay')), 50)</script><body>",
    ),
    ("/stuck", "200 OK", "<title>Stuck</title><script>setTimeout(() => { for (;;); }, 10)</script>"),
    ("/hangs", "200 OK", "<title>Hangs</title><img src=/never>"),
    ("/high", "200 OK", "<body style='margin:0;background:#f00'><div style='height:3000px'></div>"),
    (
        "/colours",
        "200 OK",
        "<body><script>document.title = [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]</script>",
    ),
];

/// Answers until the test ends.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut line = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                reader.read_line(&mut line).unwrap();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                if path == "/never" {
                    thread::park_timeout(Duration::from_secs(60));
                }
                let page = PAGES.iter().find(|(own, ..)| *own == path);
                let (_, status, body) = page.unwrap_or(&("", "404 Not Found", "no"));
                let head = "Content-Type: text/html\r\nConnection: close";
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
            });
        }
    });
    base
}

fn browser() -> Option<Browser> {
    let Some(program) = find(None) else {
        eprintln!("skipped: no Chromium is installed here");
        return None;
    };
    Some(Browser::start(&program).unwrap())
}

#[test]
fn what_is_wrong_with_a_page_is_seen() {
    let Some(mut browser) = browser() else { return };
    let base = serve();
    let mut visit = |path: &str, patience| {
        let view = View { patience: Duration::from_secs(patience), ..View::default() };
        browser.visit(&format!("{base}{path}"), &view).unwrap()
    };
    let fine = Visit {
        status: Some(200),
        url: format!("{base}/"),
        title: "Home".into(),
        text: "Fine".into(),
        ..Visit::default()
    };
    assert_eq!(visit("/", 15), fine);
    let gone = visit("/gone", 15);
    assert_eq!((gone.status, gone.title.as_str(), gone.trouble), (Some(404), "Nothing here", None));
    assert_eq!(visit("/empty", 15).status, Some(204));
    let wrong = visit("/wrong", 15);
    assert_eq!(wrong.failed, [(format!("{base}/none.png"), "404 Not Found".to_owned())]);
    let once = |text: String| [Said { text, times: 1 }];
    assert_eq!(wrong.errors, once(format!("oh no {{code: 3}} (at {base}/wrong:1:36)")));
    assert_eq!(wrong.exceptions, once(format!("Error: thrown (at {base}/wrong:1:94)")));
    let asks = visit("/asks", 15);
    assert_eq!((asks.title.as_str(), asks.trouble), ("false", None), "dialogs are dismissed");
    let overlay = visit("/overlay", 15).overlay;
    assert_eq!(overlay.as_deref(), Some("Failed to parse\n/src/App.jsx:3:1\n3 | x"));
    let hangs = visit("/hangs", 1);
    assert_eq!(hangs.trouble.as_deref(), Some("does not come to rest within 1 s"));
    assert_eq!(hangs.title, "Hangs");
    let stuck = visit("/stuck", 2);
    // Its loop begins before it has loaded, or just after.
    assert!(stuck.trouble.as_ref().is_some_and(|told| told.starts_with("does not ")), "{stuck:?}");
    assert_eq!(visit("/", 15), fine, "one page does not harm the next");
    let nobody = browser.visit("http://127.0.0.1:1/", &View::default()).unwrap();
    assert_eq!((nobody.status, nobody.trouble.as_deref()), (None, Some("net::ERR_UNSAFE_PORT")));
    let crashed = browser.visit("chrome://crash", &View::default()).unwrap();
    // Which of the two is heard of first is up to the browser.
    assert!(
        matches!(crashed.trouble.as_deref(), Some("the tab crashed" | "net::ERR_ABORTED")),
        "{crashed:?}"
    );
    let after = browser.visit(&format!("{base}/"), &View::default()).unwrap();
    assert_eq!(after, fine, "nor does one that crashed");
}

#[test]
fn pictures_show_all_of_a_page_and_are_the_same_each_time() {
    let Some(mut browser) = browser() else { return };
    let base = serve();
    let view = View { width: 390, picture: Some(Extent::Full), ..View::default() };
    let size = |visit: &Visit| {
        let picture = visit.picture.as_ref().unwrap();
        let info = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
        (info.info().width, info.info().height)
    };
    let first = browser.visit(&format!("{base}/high"), &view).unwrap();
    assert_eq!(size(&first), (390, 3000));
    assert_eq!(first.picture, browser.visit(&format!("{base}/high"), &view).unwrap().picture);
    let view = View { dark: true, picture: Some(Extent::View), ..view };
    let dark = browser.visit(&format!("{base}/colours"), &view).unwrap();
    assert_eq!((dark.title.as_str(), size(&dark)), ("390,true", (390, 800)));
    let urls: Vec<String> = (0..6).map(|_| format!("{base}/high")).collect();
    let view = View { picture: Some(Extent::Full), ..View::default() };
    let mut seen = Vec::new();
    browser.visit_all(&urls, &view, 3, &mut |at, visit| seen.push((at, size(&visit)))).unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (0..6).map(|at| (at, (1280, 3000))).collect::<Vec<_>>());
}

#[test]
fn what_is_no_browser_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("odd");
    store::write(&program, 0o755, b"#!/bin/sh\necho 'no display' >&2\nexit 3\n").unwrap();
    let error = Browser::start(&program).unwrap_err();
    let told = format!(
        "the browser `{}` does not start: the browser has ended; it said: no display",
        program.display()
    );
    assert_eq!(error.to_string(), told);
    let missing = Browser::start(Path::new("/nowhere/chromium")).unwrap_err().to_string();
    assert!(missing.contains("`/nowhere/chromium` does not start"), "{missing}");
}

#[test]
fn nothing_is_left_of_a_browser() {
    let Some(mut browser) = browser() else { return };
    let profile = browser.profile.path().to_owned();
    let base = serve();
    browser.visit(&base, &View::default()).unwrap();
    let mentions = || {
        let tables = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = tables.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        let name = profile.to_str().unwrap().as_bytes();
        lines.filter(|line| memchr::memmem::find(line, name).is_some()).count()
    };
    if cfg!(target_os = "linux") {
        assert!(mentions() > 0);
    }
    let since = Instant::now();
    drop(browser);
    assert_eq!(mentions(), 0);
    assert!(!profile.exists() && since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}
