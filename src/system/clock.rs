//! Time as the program writes it (RFC 3339, UTC), durations as people write them, fresh names.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Now, to the microsecond.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// Parses `90s`, `30m`, `2h`, `1h30m`, `30d`; a bare number is refused, for nobody knows its unit.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write `90s`, `30m` or `2h`");
    if let Some(days) = text.trim().strip_suffix('d') {
        // Days are 24 hours here; `jiff` refuses them for their days of 23.
        let days: u64 = days.parse().map_err(|_| wrong())?;
        return days.checked_mul(24 * 3600).map(Duration::from_secs).ok_or_else(wrong);
    }
    let span: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}

/// `1h02m`, `3m05s`, `4.2s`: a duration for people.
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1}s", duration.as_secs_f64()),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// `3 days ago`, `in 2 hours`: how far `at` is from `now`, for people.
pub fn ago(now: Timestamp, at: Timestamp) -> String {
    const UNITS: [(u64, &str); 6] = [
        (31_557_600, "year"),
        (2_629_800, "month"),
        (604_800, "week"),
        (86400, "day"),
        (3600, "hour"),
        (60, "minute"),
    ];
    let seconds = at.duration_until(now).as_secs();
    let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| seconds.unsigned_abs() >= *size) else {
        return "just now".into();
    };
    let count = seconds.unsigned_abs() / size;
    let many = if count == 1 { "" } else { "s" };
    if seconds < 0 { format!("in {count} {unit}{many}") } else { format!("{count} {unit}{many} ago") }
}

/// A random UUID (version 4).
pub fn uuid() -> String {
    let (high, low) = (random(), random());
    let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// 64 bits nobody can foresee; enough for names, not for secrets.
pub fn random() -> u64 {
    RandomState::new().hash_one(std::time::Instant::now())
}

/// 128 bits from the system in hexadecimal digits: for secrets.
pub fn secret() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// `value` in base 36, the last `digits` digits, zero-padded.
pub fn base36(mut value: u64, digits: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut out = vec![b'0'; digits];
    for slot in out.iter_mut().rev() {
        *slot = DIGITS[usize::try_from(value % 36).unwrap_or(0)];
        value /= 36;
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A new run id, `r-20261120T101500-4k2z`: sorts by time, does not collide.
pub fn run_id() -> String {
    let stamp = now().strftime("%Y%m%dT%H%M%S").to_string();
    format!("r-{stamp}-{}", base36(random(), 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        let table = [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("2h", Some(7200)),
            ("1h30m", Some(5400)),
            ("30", None),
            ("-5m", None),
            ("", None),
            ("soon", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse_duration(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(human(Duration::from_millis(4200)), "4.2s");
        assert_eq!(human(Duration::from_secs(185)), "3m05s");
        assert_eq!(human(Duration::from_secs(3720)), "1h02m");
    }

    #[test]
    fn times_are_told_by_their_distance() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let table = [
            ("2026-01-31T12:00:00Z", "just now"),
            ("2026-01-31T11:59:01Z", "just now"),
            ("2026-01-31T11:59:00Z", "1 minute ago"),
            ("2026-01-31T09:30:00+00:00", "2 hours ago"),
            ("2026-01-30T00:00:00Z", "1 day ago"),
            ("2026-01-10T12:00:00Z", "3 weeks ago"),
            ("2025-12-01T12:00:00Z", "2 months ago"),
            ("1999-01-31T12:00:00Z", "27 years ago"),
            ("2026-02-01T13:00:00Z", "in 1 day"),
            ("-009999-01-02T01:59:59Z", "12024 years ago"),
        ];
        for (at, expected) in table {
            assert_eq!(ago(now, at.parse().unwrap()), expected, "{at}");
        }
    }

    #[test]
    fn base36_pads_and_wraps() {
        assert_eq!(base36(35, 3), "00z");
        assert_eq!(base36(36 * 36, 2), "00");
    }
}
