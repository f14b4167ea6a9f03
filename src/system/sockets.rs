//! Listening TCP sockets of this machine, and whose they are.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::system::process::Row;

/// A listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Socket {
    /// Where it listens.
    pub address: SocketAddr,
    /// What tells it from every other one; the same for all who share it.
    pub id: u64,
}

impl Socket {
    /// Where it is reached from this machine.
    pub fn reached(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            other => other,
        };
        SocketAddr::new(ip, self.address.port())
    }
}

/// A process that holds a listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its id.
    pub pid: u32,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "pid {} (`{}`)", self.pid, self.name)
    }
}

/// Whether a server could take `port`, whatever address it wants.
pub fn is_free(port: u16) -> bool {
    let addresses: [IpAddr; 4] = [
        Ipv4Addr::LOCALHOST.into(),
        Ipv6Addr::LOCALHOST.into(),
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    ];
    addresses.into_iter().all(|ip| match TcpListener::bind((ip, port)) {
        Ok(_) => true,
        // A machine without IPv6 has nobody there either.
        Err(error) => !matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied),
    })
}

/// Who listens on `port`; empty where nobody does, or the system does not tell who.
pub fn owners(port: u16, rows: &[Row]) -> Vec<Owner> {
    let held: HashSet<u64> =
        listening().iter().filter(|socket| socket.address.port() == port).map(|socket| socket.id).collect();
    if held.is_empty() {
        return Vec::new();
    }
    let pids =
        rows.iter().filter(|row| !row.dead).filter_map(|row| Some((u32::try_from(row.pid).ok()?, row)));
    pids.filter(|(pid, _)| ids_of(*pid).iter().any(|id| held.contains(id)))
        .map(|(pid, row)| Owner { pid, name: row.name.clone() })
        .collect()
}

/// Those of `all` that one of `pids` holds.
pub fn held_by(pids: &[u32], all: &[Socket]) -> Vec<Socket> {
    if all.is_empty() {
        return Vec::new();
    }
    let ids: HashSet<u64> = pids.iter().flat_map(|pid| ids_of(*pid)).collect();
    all.iter().filter(|socket| ids.contains(&socket.id)).copied().collect()
}

/// Every listening socket of this machine, sorted.
#[cfg(target_os = "linux")]
pub fn listening() -> Vec<Socket> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let tables = [read("/proc/net/tcp"), read("/proc/net/tcp6")];
    let mut found: Vec<Socket> = tables.iter().flat_map(|table| table.lines().filter_map(socket)).collect();
    found.sort_unstable();
    found
}

/// A line of `/proc/net/tcp` or `tcp6`, if its socket listens.
#[cfg(target_os = "linux")]
fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    if *state != "0A" {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    // Words of the machine's own byte order, whose bytes are the address's.
    let words = |count: usize| {
        let words = (0..count).map(|at| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok());
        words.map(|word| Some(word?.to_ne_bytes())).collect::<Option<Vec<_>>>()
    };
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(*words(1)?.first()?).into(),
        32 => Ipv6Addr::from(<[u8; 16]>::try_from(words(4)?.concat()).ok()?).into(),
        _ => return None,
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(Socket { address: SocketAddr::new(ip, port), id: inode.parse().ok()? })
}

/// What tells the sockets apart that a process holds.
#[cfg(target_os = "linux")]
fn ids_of(pid: u32) -> Vec<u64> {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = open.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
        .collect()
}

/// Every listening socket of this machine, sorted.
#[cfg(not(target_os = "linux"))]
pub fn listening() -> Vec<Socket> {
    let mut found: Vec<Socket> = listed(&["-nP", "-iTCP", "-sTCP:LISTEN", "-F", "ptn"]);
    found.sort_unstable();
    found.dedup();
    found
}

/// What tells the sockets apart that a process holds.
#[cfg(not(target_os = "linux"))]
fn ids_of(pid: u32) -> Vec<u64> {
    let pid = pid.to_string();
    let sockets = listed(&["-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-F", "ptn", "-p", &pid]);
    sockets.into_iter().map(|socket| socket.id).collect()
}

#[cfg(not(target_os = "linux"))]
fn listed(args: &[&str]) -> Vec<Socket> {
    let said = crate::system::process::Quick::new("lsof", std::path::Path::new("/"), args).run(&[]);
    said.map(|said| from_lsof(&said.text())).unwrap_or_default()
}

/// The fields that `lsof -F ptn` prints: a kind (`tIPv6`) and a name (`n*:5173`, `n127.0.0.1:80`, `n[::1]:80`) for each. The address is
/// all that tells sockets apart there.
#[cfg_attr(target_os = "linux", allow(dead_code))] // tested everywhere
fn from_lsof(text: &str) -> Vec<Socket> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut found = Vec::new();
    let mut any: IpAddr = Ipv4Addr::UNSPECIFIED.into();
    for line in text.lines() {
        match line.split_at_checked(1) {
            Some(("t", "IPv6")) => any = Ipv6Addr::UNSPECIFIED.into(),
            Some(("t", _)) => any = Ipv4Addr::UNSPECIFIED.into(),
            Some(("n", name)) => {
                let address = match name.strip_prefix("*:") {
                    Some(port) => port.parse().ok().map(|port| SocketAddr::new(any, port)),
                    None => name.parse().ok(),
                };
                let Some(address) = address else { continue };
                let mut hasher = DefaultHasher::new();
                address.hash(&mut hasher);
                found.push(Socket { address, id: hasher.finish() });
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_table_is_read() {
        let table = [
            (
                "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0",
                Some(("127.0.0.1:5432", 4242)),
            ),
            (
                "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 7 1",
                Some(("[::1]:80", 7)),
            ),
            ("   2: 0100007F:1538 0100007F:9999 01 0:0 00:0 0 1000 0 4243 1", None),
            ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid", None),
            ("   3: 01:1538 0:0 0A 0:0 00:0 0 1000 0 4243 1", None),
            ("", None),
        ];
        for (line, expected) in table {
            let found = socket(line).map(|socket| (socket.address.to_string(), socket.id));
            assert_eq!(found, expected.map(|(address, id)| (address.to_owned(), id)), "{line}");
        }
    }

    #[test]
    fn lsof_is_read_where_there_is_no_such_table() {
        let text = "p12\nf5\ntIPv4\nn127.0.0.1:5173\nf6\ntIPv6\nn*:3000\np13\nf1\ntIPv6\nn[::1]:80\nf2\ntIPv4\nnbad\n";
        let found: Vec<String> = from_lsof(text).iter().map(|socket| socket.address.to_string()).collect();
        assert_eq!(found, ["127.0.0.1:5173", "[::]:3000", "[::1]:80"]);
    }

    #[test]
    fn a_port_is_ours_while_we_hold_it() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        assert!(!is_free(port));
        let me = std::process::id();
        let mine = held_by(&[me], &listening());
        assert!(mine.iter().any(|socket| socket.address.port() == port), "{mine:?}");
        assert!(owners(port, &crate::system::process::table()).iter().any(|owner| owner.pid == me));
    }
}
