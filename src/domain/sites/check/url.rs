//! Where references in a page lead: within the site, elsewhere, or nowhere that could be asked.

use std::fmt::Write as _;

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Within the site: path with its query, as it is asked for; what follows `#`.
    Inside(String, Option<String>),
    /// To another server.
    Outside(String),
    /// `mailto:` and the like, and what makes no sense.
    Nowhere,
}

/// The names by which a server on this machine is reached.
const HERE: &[&str] = &["localhost", "127.0.0.1", "[::1]"];

/// The URL of the page at `path` of the server at `base`.
pub(super) fn of_page(base: &str, path: &str) -> String {
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{}", base.trim_end_matches('/'), encoded(path))
}

/// Where `reference` leads in the page at `from` (a path with its query) of the server at `base`.
pub(super) fn resolve(base: &str, from: &str, reference: &str) -> Place {
    let trimmed = reference.trim_matches(|c: char| c <= ' ');
    let reference: String = trimmed.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let (rest, fragment) = match reference.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment.to_owned())),
        None => (reference.as_str(), None),
    };
    let scheme = rest.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    let after = match scheme.map(str::to_ascii_lowercase).as_deref() {
        Some("http" | "https") => &rest[rest.find(':').unwrap_or(0) + 1..],
        Some(_) => return Place::Nowhere,
        None => rest,
    };
    let after = after.replace('\\', "/");
    if scheme.is_none() && !after.starts_with("//") {
        return Place::Inside(encoded(&join(from, &after)), fragment);
    }
    let Some(authority) = after.strip_prefix("//") else { return Place::Nowhere };
    let end = authority.find(['/', '?']).unwrap_or(authority.len());
    let (host, path) = authority.split_at(end);
    let plain = scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"));
    if plain && is_here(base, host) {
        return Place::Inside(encoded(&join("/", if path.is_empty() { "/" } else { path })), fragment);
    }
    Place::Outside(reference)
}

/// Whether `host`, with its port, is the server at `base`, by whichever of its names.
fn is_here(base: &str, host: &str) -> bool {
    let own = base.strip_prefix("http://").unwrap_or(base).trim_end_matches('/');
    let parts = |text: &str| match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name.to_ascii_lowercase(), port.to_owned()),
        _ => (text.to_ascii_lowercase(), "80".to_owned()),
    };
    let ((name, port), (own_name, own_port)) = (parts(host), parts(own));
    let known = |name: &str| HERE.contains(&name);
    port == own_port && (name == own_name || (known(&name) && known(&own_name)))
}

/// Whether a whole URL is one of a server on this machine.
pub(super) fn is_loopback(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let place = rest.split(['/', '?', '#']).next().unwrap_or(rest).to_ascii_lowercase();
    let host = place
        .rsplit_once(':')
        .filter(|(_, port)| !port.ends_with(']'))
        .map_or(place.as_str(), |(host, _)| host);
    let numbers = host.parse::<std::net::Ipv4Addr>();
    HERE.contains(&host)
        || host.ends_with(".localhost")
        || numbers.is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Path and query of a whole URL of the server at `base`; another URL as it is.
pub(super) fn path_of(base: &str, url: &str) -> String {
    if !is_own(base, url) {
        return url.to_owned();
    }
    match resolve(base, "/", url) {
        Place::Inside(path, _) => path,
        _ => url.to_owned(),
    }
}

/// Whether a whole URL is one of the server at `base`.
pub(super) fn is_own(base: &str, url: &str) -> bool {
    let place = url.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    url.starts_with("http://") && place.is_some_and(|host| is_here(base, host))
}

fn is_scheme(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    first && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// `reference`, which names no server, as seen from `from`.
fn join(from: &str, reference: &str) -> String {
    let path = from.split('?').next().unwrap_or(from);
    let (own, query) = reference.find('?').map_or((reference, ""), |at| reference.split_at(at));
    if own.is_empty() {
        return if query.is_empty() { from.to_owned() } else { format!("{path}{query}") };
    }
    let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
    let whole = if own.starts_with('/') { own.to_owned() } else { format!("{folder}{own}") };
    let last = whole.rsplit('/').next().unwrap_or_default();
    let open = matches!(last, "." | "..") || whole.ends_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut joined = format!("/{}", parts.join("/"));
    if open && !joined.ends_with('/') {
        joined.push('/');
    }
    joined + query
}

/// With all that may not stand in a request percent-encoded; what is encoded already stays.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            0..=b' ' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'^' | 127.. => {
                let _ = write!(text, "%{byte:02X}");
            }
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_browsers_do() {
        let inside = |path: &str| Place::Inside(path.into(), None);
        let at = |path: &str, fragment: &str| Place::Inside(path.into(), Some(fragment.into()));
        let table = [
            ("/about", inside("/about")),
            ("team", inside("/docs/team")),
            ("./team?x=1", inside("/docs/team?x=1")),
            ("../x.png", inside("/x.png")),
            ("../../../x.png", inside("/x.png")),
            ("..", inside("/")),
            (".", inside("/docs/")),
            ("a/../b/", inside("/docs/b/")),
            ("", inside("/docs/index.html?q")),
            ("?p=2", inside("/docs/index.html?p=2")),
            ("#top", at("/docs/index.html?q", "top")),
            ("/about#team", at("/about", "team")),
            (" /a b\n/ü ", inside("/a%20b/%C3%BC")),
            ("/done%20so", inside("/done%20so")),
            ("\\x", inside("/x")),
            ("http://localhost:4301/x", inside("/x")),
            ("http://127.0.0.1:4301", inside("/")),
            ("//[::1]:4301/x?y", inside("/x?y")),
            ("HTTP://LOCALHOST:4301/x", inside("/x")),
            ("http://localhost:4302/x", Place::Outside("http://localhost:4302/x".into())),
            ("https://localhost:4301/x", Place::Outside("https://localhost:4301/x".into())),
            ("//cdn.example/x", Place::Outside("//cdn.example/x".into())),
            ("https://example.org", Place::Outside("https://example.org".into())),
            ("mailto:a@b.example", Place::Nowhere),
            ("tel:+1", Place::Nowhere),
            ("javascript:void(0)", Place::Nowhere),
            ("data:image/png;base64,AA", Place::Nowhere),
            ("http:x", Place::Nowhere),
            ("a:b/c", Place::Nowhere),
            ("x/a:b", inside("/docs/x/a:b")),
        ];
        for (reference, expected) in table {
            assert_eq!(
                resolve("http://localhost:4301", "/docs/index.html?q", reference),
                expected,
                "{reference:?}"
            );
        }
    }

    #[test]
    fn a_page_has_one_url() {
        assert_eq!(of_page("http://localhost:1/", "/"), "http://localhost:1/");
        assert_eq!(of_page("http://localhost:1", "about me"), "http://localhost:1/about%20me");
        assert!(is_own("http://localhost:1", "http://127.0.0.1:1/x"));
        assert!(!is_own("http://localhost:1", "http://localhost:12/x"));
        assert_eq!(path_of("http://localhost:1", "http://127.0.0.1:1/a b?c#d"), "/a%20b?c");
        assert_eq!(path_of("http://localhost:1", "http://far.example/"), "http://far.example/");
        let here = [
            "http://localhost:4000/api",
            "ws://127.0.0.2/",
            "http://[::1]:1/",
            "https://api.localhost/x",
            "http://0.0.0.0:1",
        ];
        let far = [
            "http://localhost.example/",
            "http://128.0.0.1/",
            "data:x",
            "http://[2001::1]:1/",
            "http://localhost@far.example/",
        ];
        assert!(here.iter().all(|url| is_loopback(url)) && !far.iter().any(|url| is_loopback(url)));
        assert!(
            !is_own("http://localhost:1", "ws://localhost:1/x") && !is_own("http://localhost:1", "data:x")
        );
    }
}
