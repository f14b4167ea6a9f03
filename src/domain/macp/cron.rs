//! Times as `crontab(5)` writes them, and when they come. Pure.
//!
//! A time that the clocks skip in spring comes later by as much as they skip; where several fall together they are one. A time
//! that comes twice in autumn is meant once, the first time, except by schedules that run in every hour: those go on.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// How far ahead a time is looked for: a 29th of February can be eight years away.
const DAYS: u32 = 366 * 9;

/// When something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether day of month and day of week are both given: then one of them is enough.
    either_day: bool,
}

/// What one field may hold.
struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    /// Words for `least` and what follows.
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, words: &[] },
    Field { name: "hour", least: 0, most: 23, words: &[] },
    Field { name: "day of the month", least: 1, most: 31, words: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field {
        name: "day of the week",
        least: 0,
        most: 7,
        words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

const EVERY_HOUR: u64 = (1 << 24) - 1;

impl Cron {
    /// Reads five fields (numbers, names, `*`, lists, ranges, steps) or `@hourly`, `@daily` and the like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let fields = match text.to_ascii_lowercase().as_str() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            word if word.starts_with('@') => {
                return Err(format!(
                    "`{text}` is unknown: there are @hourly, @daily, @weekly, @monthly, @yearly"
                ));
            }
            _ => text,
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let fields: [&str; 5] = fields.try_into().map_err(|fields: Vec<&str>| {
            let count = fields.len();
            format!("`{text}` has {count} fields; minute, hour, day, month and day of the week are five")
        })?;
        let mut sets = [0; 5];
        for ((set, field), text) in sets.iter_mut().zip(&FIELDS).zip(fields) {
            *set = field.parse(text)?;
        }
        let [minutes, hours, days, months, weekdays] = sets;
        let sunday = weekdays >> 7 & 1;
        let either_day = !fields[2].starts_with('*') && !fields[4].starts_with('*');
        let weekdays = (weekdays | sunday) & 0x7f;
        let cron = Self { minutes, hours, days, months, weekdays, either_day };
        if cron.comes() { Ok(cron) } else { Err(format!("`{text}` never comes: no such month has that day")) }
    }

    /// Whether there is any day for it.
    fn comes(&self) -> bool {
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let month = |(number, most): (usize, u32)| {
            self.months >> (number + 1) & 1 == 1 && (1..=most).any(|day| self.days >> day & 1 == 1)
        };
        self.either_day || longest.into_iter().enumerate().any(month)
    }

    /// The first time after `after`; none in the next years only at the end of time.
    pub fn next(&self, after: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        // What the clocks skipped the day before can come today.
        let mut date = tz.to_datetime(after).date().checked_sub(1.day()).ok()?;
        for _ in 0..DAYS {
            if let Some(at) = self.on(date, tz).into_iter().find(|at| *at > after) {
                return Some(at);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The last time after `after` and not after `until`.
    pub fn last(&self, after: Timestamp, until: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        let first = tz.to_datetime(after).date();
        let mut date = tz.to_datetime(until).date();
        while date >= first.checked_sub(1.day()).unwrap_or(first) {
            let times = self.on(date, tz);
            if let Some(at) = times.into_iter().rev().find(|at| *at <= until) {
                return (at > after).then_some(at);
            }
            date = date.yesterday().ok()?;
        }
        None
    }

    /// Every time of one day, in order.
    fn on(&self, date: Date, tz: &TimeZone) -> Vec<Timestamp> {
        let mut times = Vec::new();
        if !self.has_day(date) {
            return times;
        }
        for hour in (0..24).filter(|hour| self.hours >> hour & 1 == 1) {
            for minute in (0..60).filter(|minute| self.minutes >> minute & 1 == 1) {
                self.add(date.at(hour, minute, 0, 0), tz, &mut times);
            }
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    fn add(&self, at: DateTime, tz: &TimeZone, times: &mut Vec<Timestamp>) {
        let ambiguous = tz.to_ambiguous_timestamp(at);
        let twice = matches!(ambiguous.offset(), AmbiguousOffset::Fold { .. }) && self.hours == EVERY_HOUR;
        if twice {
            times.extend(ambiguous.later());
        }
        times.extend(ambiguous.compatible());
    }

    fn has_day(&self, date: Date) -> bool {
        let day = self.days >> date.day() & 1 == 1;
        let weekday = self.weekdays >> date.weekday().since(Weekday::Sunday) & 1 == 1;
        let fits = if self.either_day { day || weekday } else { day && weekday };
        fits && self.months >> date.month() & 1 == 1
    }
}

impl Field {
    /// The set of what a list names, as bits.
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',').try_fold(0, |set, part| Ok(set | self.part(part)?))
    }

    fn part(&self, part: &str) -> Result<u64, String> {
        let wrong = |why: String| format!("`{part}` is no {}: {why}", self.name);
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => (range, Some(step)),
        };
        let step = match step.map(str::parse::<u8>) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(wrong("a step is a number from 1".into())),
        };
        let (from, to) = match range.split_once('-') {
            // In the whole week, Sunday is there once.
            None if range == "*" => (self.least, self.most.min(if self.words.len() == 7 { 6 } else { 59 })),
            None if part.contains('/') => (self.value(range).map_err(wrong)?, self.most),
            None => (self.value(range).map_err(wrong)?, self.value(range).map_err(wrong)?),
            Some((from, to)) => (self.value(from).map_err(wrong)?, self.value(to).map_err(wrong)?),
        };
        // A week may end with its Sunday.
        let to = if self.words.len() == 7 && to == 0 && from > 0 { 7 } else { to };
        if from > to {
            return Err(wrong("it ends before it begins; write two ranges".into()));
        }
        if step > (to - from).max(1) {
            return Err(wrong(format!("its step {step} is larger than what lies between {from} and {to}")));
        }
        Ok((from..=to).step_by(usize::from(step)).fold(0, |set, value| set | 1 << value))
    }

    fn value(&self, text: &str) -> Result<u8, String> {
        let word = text.to_ascii_lowercase();
        if let Some(at) = self.words.iter().position(|known| *known == word) {
            return Ok(self.least + u8::try_from(at).unwrap_or(0));
        }
        let (least, most) = (self.least, self.most);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let words = self.words.first().zip(self.words.last());
            let words = words.map(|(first, last)| format!(", or {first} to {last}"));
            format!("`{text}` is not from {least} to {most}{}", words.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_times_are_found() {
        let table = [
            // 2026-01-01 is a Thursday.
            ("* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"),
            ("*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"),
            ("7-20/5 * * * *", "2026-01-01T00:12:00Z", "2026-01-01T00:17:00Z"),
            ("50/5 * * * *", "2026-01-01T00:50:00Z", "2026-01-01T00:55:00Z"),
            ("0 9-17 * * mon-fri", "2026-01-02T17:00:00Z", "2026-01-05T09:00:00Z"),
            ("0 0 * * SUN", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 * * fri-sun", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("0 0 13 * */5", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z"),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 feb *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z"),
            ("15,45 1 1,15 jan,jul *", "2026-01-01T01:45:00Z", "2026-01-15T01:15:00Z"),
            ("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
            ("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ];
        for (text, after, expected) in table {
            let cron = Cron::parse(text).unwrap();
            let (after, expected) = (at(after), at(expected));
            assert_eq!(cron.next(after, &TimeZone::UTC), Some(expected), "{text}");
            assert_eq!(cron.last(after, expected, &TimeZone::UTC), Some(expected), "{text}");
            let before = expected.checked_sub(1.second()).unwrap();
            assert_eq!(cron.last(after, before, &TimeZone::UTC), None, "{text}");
        }
    }

    /// In Berlin the clocks skip from 02:00 to 03:00 on 2026-03-29 and go from 03:00 to 02:00 on 2026-10-25.
    #[test]
    fn summer_time_comes_and_goes() {
        let spring = ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        let autumn = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        let table: [(&str, (&str, &str), &[&str]); 8] = [
            ("30 2 * * *", spring, &["2026-03-29T01:30:00Z"]),
            ("30 2,3 * * *", spring, &["2026-03-29T01:30:00Z"]),
            (
                "0,20,40 2 * * *",
                spring,
                &["2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z", "2026-03-29T01:40:00Z"],
            ),
            (
                "30 0-3 * * *",
                spring,
                &["2026-03-28T23:30:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"],
            ),
            ("30 2 * * *", autumn, &["2026-10-25T00:30:00Z"]),
            (
                "30 1-3 * * *",
                autumn,
                &["2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"],
            ),
            ("0 0 * * *", autumn, &["2026-10-25T23:00:00Z"]),
            ("0 3 * * *", autumn, &["2026-10-25T02:00:00Z"]),
        ];
        for (text, (from, to), expected) in table {
            let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
            assert_eq!(all(&Cron::parse(text).unwrap(), at(from), at(to), &berlin()), expected, "{text}");
        }
        let every = all(&Cron::parse("*/30 * * * *").unwrap(), at(autumn.0), at(autumn.1), &berlin());
        assert_eq!(every.len(), 50, "each half hour of a day of 25");
        let every = all(&Cron::parse("*/30 * * * *").unwrap(), at(spring.0), at(spring.1), &berlin());
        assert_eq!(every.len(), 46, "each half hour of a day of 23");
    }

    fn all(cron: &Cron, from: Timestamp, to: Timestamp, tz: &TimeZone) -> Vec<Timestamp> {
        let next = |after: &Timestamp| cron.next(*after, tz).filter(|at| *at <= to);
        std::iter::successors(next(&from), next).collect()
    }

    #[test]
    fn what_is_no_time_is_told() {
        let table = [
            ("", "has 0 fields"),
            ("* * * *", "has 4 fields"),
            ("0 * * * * *", "has 6 fields"),
            ("60 * * * *", "`60` is no minute: `60` is not from 0 to 59"),
            ("* 24 * * *", "`24` is no hour"),
            ("* * 0 * *", "`0` is no day of the month"),
            ("* * * 13 *", "is not from 1 to 12, or jan to dec"),
            ("* * * * 8", "is not from 0 to 7, or sun to sat"),
            ("* * * * montag", "`montag` is not from 0 to 7"),
            ("*/0 * * * *", "a step is a number from 1"),
            ("*/70 * * * *", "its step 70 is larger"),
            ("0 */24 * * *", "its step 24 is larger"),
            ("5-1 * * * *", "it ends before it begins"),
            ("* * * * fri-mon", "it ends before it begins"),
            ("1,, * * * *", "`` is no minute"),
            ("-1 * * * *", "`-1` is no minute"),
            ("+1 * * * *", "`+1` is no minute"),
            ("* * L * *", "`L` is no day of the month"),
            ("* * * * 5#2", "`5#2` is no day of the week"),
            ("0 0 31 feb,apr *", "never comes"),
            ("@reboot", "`@reboot` is unknown"),
            ("@every 5m", "is unknown"),
        ];
        for (text, expected) in table {
            let why = Cron::parse(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
    }

    /// A field as text with the values it stands for.
    fn field(least: i8, most: i8) -> impl Strategy<Value = (String, BTreeSet<i8>)> {
        let star = Just(("*".to_owned(), (least..=most).collect::<BTreeSet<i8>>()));
        let step = (1..=15i8).prop_map(move |step| {
            let values = (least..=most).filter(|value| (value - least) % step == 0).collect();
            (format!("*/{step}"), values)
        });
        let range = (least..=most, least..=most, 1..=7i8).prop_map(|(a, b, step)| {
            let (a, b) = (a.min(b), a.max(b));
            (format!("{a}-{b}/{step}"), (a..=b).filter(|value| (value - a) % step == 0).collect())
        });
        let one = (least..=most).prop_map(|value| (value.to_string(), BTreeSet::from([value])));
        let list = prop::collection::vec(prop_oneof![one.clone(), range.clone()], 1..4).prop_map(|parts| {
            let text: Vec<String> = parts.iter().map(|(text, _)| text.clone()).collect();
            (text.join(","), parts.into_iter().flat_map(|(_, values)| values).collect())
        });
        prop_oneof![star, step, range, one, list]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// The oracle looks at each minute of the window by itself.
        #[test]
        fn times_are_those_of_an_oracle(
            (minute, hour, day) in (field(0, 59), field(0, 23), field(1, 31)),
            (month, weekday) in (field(1, 12), field(0, 6)),
            start in 0..(366 * 24 * 60i64),
            (near_change, summer) in (any::<bool>(), any::<bool>()),
        ) {
            let text = [&minute, &hour, &day, &month, &weekday].map(|(text, _)| text.clone()).join(" ");
            let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
            let tz = if summer { berlin() } else { TimeZone::UTC };
            let from = if near_change {
                if start % 2 == 0 { at("2026-03-28T12:00:00Z") } else { at("2026-10-24T12:00:00Z") }
            } else {
                at("2026-01-01T00:00:00Z").checked_add(start.minutes()).unwrap()
            };
            let to = from.checked_add((3 * 24).hours()).unwrap();
            let either = !day.0.starts_with('*') && !weekday.0.starts_with('*');
            let fits = |local: DateTime| {
                let of_month = day.1.contains(&local.day());
                let of_week = weekday.1.contains(&local.weekday().to_sunday_zero_offset());
                minute.1.contains(&local.minute()) && hour.1.contains(&local.hour())
                    && month.1.contains(&local.month())
                    && if either { of_month || of_week } else { of_month && of_week }
            };
            let mut expected = BTreeSet::new();
            let mut local = tz.to_datetime(from).date().at(0, 0, 0, 0).checked_sub(1.day()).unwrap();
            while local < datetime(2027, 1, 9, 0, 0, 0, 0).min(tz.to_datetime(to).checked_add(1.day()).unwrap()) {
                if fits(local) {
                    expected.insert(tz.to_timestamp(local).unwrap());
                }
                local = local.checked_add(1.minute()).unwrap();
            }
            let mut instant = from;
            while instant <= to {
                if hour.1.len() == 24 && fits(tz.to_datetime(instant)) {
                    expected.insert(instant);
                }
                instant = instant.checked_add(1.minute()).unwrap();
            }
            let expected: Vec<_> = expected.into_iter().filter(|at| *at > from && *at <= to).collect();
            prop_assert_eq!(all(&cron, from, to, &tz), expected.clone(), "{} from {}", text, from);
            prop_assert_eq!(cron.last(from, to, &tz), expected.last().copied(), "{}", text);
        }
    }
}
