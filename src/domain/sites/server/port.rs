//! The port of a site: the same one each time, as long as it is free.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::system::config::SiteTable;

/// Ports that browsers refuse to open (the list of the Fetch standard, from 1024 on).
const UNSAFE: &[u16] = &[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 10080,
];
/// Ports that dev servers take where nobody gives them one; somebody may start one by hand.
const COMMON: &[u16] = &[4321];

/// Whether browsers open pages on `port`.
pub(super) fn is_safe(port: u16) -> bool {
    port >= 1024 && !UNSAFE.contains(&port) || port == 80
}

/// The first port that `free` says is: the one that is remembered, else one of the settings' range, from a place on
/// that the site's path decides.
pub(super) fn pick(
    path: &Path,
    remembered: Option<u16>,
    table: &SiteTable,
    free: &dyn Fn(u16) -> bool,
) -> Option<u16> {
    let (first, last) = (*table.ports.start(), *table.ports.end());
    let count = u64::from(last - first) + 1;
    let begin = hash(path.as_os_str().as_bytes()) % count;
    let turn = (0..count).filter_map(|step| u16::try_from(u64::from(first) + (begin + step) % count).ok());
    let fit = |port: &u16| is_safe(*port) && !COMMON.contains(port);
    remembered.into_iter().chain(turn.filter(fit)).find(|port| free(*port))
}

/// FNV-1a: the same on each machine and in each version, which the standard library's hash does not promise.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_port_and_goes_on_where_that_is_taken() {
        let table = SiteTable::default();
        let (site, other) = (Path::new("/srv/site"), Path::new("/srv/other"));
        let own = pick(site, None, &table, &|_| true).unwrap();
        assert!(table.ports.contains(&own));
        assert_eq!(pick(site, None, &table, &|_| true), Some(own), "each time");
        assert_ne!(pick(other, None, &table, &|_| true), Some(own));
        assert_eq!(pick(site, Some(8123), &table, &|_| true), Some(8123));
        assert_eq!(pick(site, Some(8123), &table, &|port| port != 8123), Some(own));
        let next = pick(site, None, &table, &|port| port != own).unwrap();
        assert!(next != own && table.ports.contains(&next));
        assert_eq!(pick(site, Some(8123), &table, &|_| false), None);
    }

    #[test]
    fn what_browsers_refuse_is_never_chosen() {
        let ports = |ports| SiteTable { ports, ..SiteTable::default() };
        assert_eq!(pick(Path::new("/a"), None, &ports(6665..=6670), &|_| true), Some(6670));
        assert_eq!(pick(Path::new("/a"), None, &ports(6665..=6669), &|_| true), None);
        assert_eq!(pick(Path::new("/a"), None, &ports(4321..=4321), &|_| true), None);
        assert!(!is_safe(6000) && !is_safe(79) && is_safe(4300));
    }
}
