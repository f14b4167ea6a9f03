//! Times as files hold them; offsets occur, so instants are compared, never texts.

use jiff::Timestamp;

/// The instant that `text` says, if it says one.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if text.is_empty() { None } else { plain(text).or_else(|| text.parse().ok()) }
}

/// `2026-11-20T10:03:10.240121047Z`, as nearly all are written.
fn plain(text: &str) -> Option<Timestamp> {
    let (head, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let number = |from: usize, to: usize| {
        head[from..to].iter().try_fold(0, |number: i64, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let marks = [head[4], head[7], head[10], head[13], head[16]];
    let in_range = year > 0
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if marks != *b"--T::" || !in_range {
        return None;
    }
    let nanos = match rest.strip_suffix(b"Z")? {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            let written = digits.iter().try_fold(0, |number: i32, byte| {
                byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0'))
            })?;
            (digits.len()..9).fold(written, |number, _| number * 10)
        }
        _ => return None,
    };
    let seconds = ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
    Timestamp::new(seconds, nanos).ok()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days lie between 1970 and the first of a month; years count from March here, so that
/// the day that is there every four years comes last.
fn days_before(year: i64, month: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let months = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (months * 153 + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_plain_is_read_all_the_same() {
        let table = [
            ("2026-01-01T02:00:00+02:00", Some("2026-01-01T00:00:00Z")),
            ("2026-01-01 00:00:00Z", Some("2026-01-01T00:00:00Z")),
            ("2024-02-29T23:59:59.5Z", Some("2024-02-29T23:59:59.5Z")),
            ("2023-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(instant(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn plain_times_are_those_of_jiff(seconds in -60_000_000_000_i64..250_000_000_000, nanos in 0..1_000_000_000) {
            let at = Timestamp::new(seconds, nanos).unwrap();
            prop_assert_eq!(plain(&at.to_string()), Some(at));
        }

        #[test]
        fn what_is_taken_for_plain_is_what_jiff_reads(text in "(19|20|00)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?Z") {
            if let Some(at) = plain(&text) {
                prop_assert_eq!(Ok(at), text.parse().map_err(|_| ()));
            }
        }
    }
}
