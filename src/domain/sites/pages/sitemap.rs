//! What a running server lists in its `/sitemap.xml`. Nobody but that server is asked, whatever is written there.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::path;
use crate::system::http::{self, Bounds};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of one file.
const BODY: usize = 8 << 20;
/// Files that an index may lead to.
const FILES: usize = 50;
/// Paths in all.
const MOST: usize = 50_000;

/// The paths that the server at `base` (`http://localhost:4301`) lists, sorted. None where it has no sitemap.
pub fn paths(base: &str) -> Vec<String> {
    let Some(port) = port(base) else { return Vec::new() };
    let since = Instant::now();
    let mut asked = BTreeSet::from(["/sitemap.xml".to_owned()]);
    let mut queue = VecDeque::from(["/sitemap.xml".to_owned()]);
    let mut found = Vec::new();
    while let Some(path) = queue.pop_front() {
        let Some(patience) = PATIENCE.checked_sub(since.elapsed()) else { break };
        let Some(text) = fetch(base, &path, patience) else { continue };
        let (index, urls) = read(&text);
        if !index {
            found.extend(urls);
            continue;
        }
        for own in own(&urls, port) {
            if asked.len() < FILES && asked.insert(own.clone()) {
                queue.push_back(own);
            }
        }
    }
    let paths: BTreeSet<String> = own(&found, port).into_iter().take(MOST).collect();
    paths.into_iter().collect()
}

fn port(base: &str) -> Option<u16> {
    let host = base.strip_prefix("http://")?.split('/').next()?;
    host.rsplit_once(':')?.1.parse().ok()
}

fn fetch(base: &str, path: &str, patience: Duration) -> Option<String> {
    let url = format!("{}{path}", base.trim_end_matches('/'));
    let answer = http::ask_url(&url, "GET", Bounds { patience, body: BODY }).ok()?;
    (answer.status == 200).then(|| String::from_utf8_lossy(&answer.body).into_owned())
}

/// Whether it is an index, and the URLs in it. A page that a server gives for every path has none.
fn read(text: &str) -> (bool, Vec<String>) {
    let index = text.contains("<sitemapindex");
    if !index && !text.contains("<urlset") {
        return (false, Vec::new());
    }
    let urls = text.split("<loc>").skip(1).take(MOST).filter_map(|rest| rest.split_once("</loc>"));
    let plain = |(url, _): (&str, &str)| {
        let url = url.trim();
        let url = url.strip_prefix("<![CDATA[").and_then(|url| url.strip_suffix("]]>")).unwrap_or(url).trim();
        url.replace("&apos;", "'").replace("&quot;", "\"").replace("&amp;", "&")
    };
    (index, urls.map(plain).collect())
}

/// The paths of those URLs that are the server's own. A site that names none of them so, but all by one other origin, writes
/// them as they will be once it is published: then they are its own too.
fn own(urls: &[String], port: u16) -> Vec<String> {
    let split: Vec<(Option<&str>, String)> = urls.iter().filter_map(|url| split(url)).collect();
    let here = |origin: &str| {
        let names = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
        names.iter().any(|name| origin == format!("http://{name}:{port}"))
    };
    let is_own = |origin: Option<&str>| origin.is_none_or(here);
    let published = split
        .first()
        .and_then(|(origin, _)| *origin)
        .filter(|first| !here(first) && split.iter().all(|(origin, _)| origin == &Some(*first)));
    let kept = split.iter().filter(|(origin, _)| published.is_some() || is_own(*origin));
    kept.map(|(_, path)| path.clone()).collect()
}

/// Its origin, where it names one, and its path without query.
fn split(url: &str) -> Option<(Option<&str>, String)> {
    let (origin, path) = if url.starts_with("http://") || url.starts_with("https://") {
        let start = url.find("://")? + 3;
        let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
        (Some(&url[..end]), &url[end..])
    } else if url.starts_with('/') && !url.starts_with("//") {
        (None, url)
    } else {
        return None;
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    // A path of two slashes would be another host to whoever joins it.
    (!path.starts_with("//")).then(|| (origin, path::tidy(path)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::system::http::fake;

    #[test]
    fn only_urls_of_the_server_itself_are_taken() {
        let table: &[(&[&str], &[&str])] = &[
            (&["http://localhost:4301/a", "http://127.0.0.1:4301/b", "/c?x#y"], &["/a", "/b", "/c"]),
            (&["http://localhost:4301/a", "https://evil.example/b", "http://localhost:99/c"], &["/a"]),
            (&["https://acme.example/a", "https://acme.example"], &["/a", "/"]),
            (&["https://acme.example/a", "https://evil.example/b"], &[]),
            (&["http://localhost:4301//evil", "javascript:x", "//evil/x", "", "ftp://x/y"], &[]),
            (&["http://localhost:4301/a b\r\nX: y"], &["/a%20b%0D%0AX:%20y"]),
        ];
        for (urls, expected) in table {
            let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
            assert_eq!(own(&urls, 4301), *expected, "{urls:?}");
        }
    }

    #[test]
    fn an_index_is_followed_to_its_end_on_the_server_itself() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let address = fake::server(move |mut stream| {
            let head = fake::head(&mut stream);
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let port = stream.local_addr().unwrap().port();
            let body = match path.as_str() {
                "/sitemap.xml" => format!(
                    "<sitemapindex><loc>http://localhost:{port}/one.xml</loc><loc>/sitemap.xml</loc>\
                     <loc>http://127.0.0.1:{port}/none.xml</loc><loc>http://evil.example/x.xml</loc>"
                ),
                "/one.xml" => {
                    format!(
                        "<urlset><loc>http://localhost:{port}/b</loc><loc>/a</loc><loc>http://evil.example/e</loc>"
                    )
                }
                _ => "<!doctype html><loc>/app</loc>".into(),
            };
            heard.lock().unwrap().push(path);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        });
        assert_eq!(paths(&format!("http://localhost:{}", address.port())), ["/a", "/b"]);
        assert_eq!(*asked.lock().unwrap(), ["/sitemap.xml", "/one.xml", "/none.xml"]);
    }

    #[test]
    fn what_is_no_sitemap_gives_no_paths() {
        for answer in [
            "",
            "HTTP/1.1 404 No\r\n\r\n<urlset><loc>/x</loc>",
            "HTTP/1.1 200 OK\r\n\r\n<html>",
            "nonsense\r\n\r\n",
        ] {
            let address = fake::says(answer, 7);
            assert_eq!(
                paths(&format!("http://localhost:{}/", address.port())),
                Vec::<String>::new(),
                "{answer}"
            );
        }
        for base in ["", "http://localhost", "https://localhost:1", "http://example.com:80"] {
            assert!(paths(base).is_empty(), "{base}");
        }
    }

    #[test]
    fn a_sitemap_is_told_from_a_page() {
        let table = [
            ("<!doctype html><loc>/x</loc>", false, vec![]),
            (
                "<urlset><url><loc> /a&amp;b </loc></url><url><loc><![CDATA[/c]]></loc>",
                false,
                vec!["/a&b", "/c"],
            ),
            ("<sitemapindex><sitemap><loc>/s.xml</loc>", true, vec!["/s.xml"]),
            ("<urlset><loc>/torn", false, vec![]),
            ("", false, vec![]),
        ];
        for (text, index, urls) in table {
            assert_eq!(read(text), (index, urls.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }
}
