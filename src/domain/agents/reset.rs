//! When a limit is lifted, from the words in which providers and agents say so.
//!
//! Three things are looked for behind a word like "try again" or "resets": how long from now, a
//! moment in numbers, or a time of day (with a date or a weekday). What is not understood to its
//! end is not guessed.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Limits last for a month at most; what names a later moment means something else.
const FURTHEST: SignedDuration = SignedDuration::from_hours(40 * 24);

/// Behind these words a moment is named, with the unit of a bare number there, in seconds.
const ANCHORS: [(&str, Option<f64>); 19] = [
    ("try again", None),
    ("retrydelay", None),
    ("resets_in_seconds", Some(1.0)),
    ("reset_after_seconds", Some(1.0)),
    ("retry-after-ms", Some(0.001)),
    ("retry-after", Some(1.0)),
    ("retry_after", Some(1.0)),
    ("retry after", None),
    ("retry in", None),
    ("retry at", None),
    ("resets_at", None),
    ("resetsat", None),
    ("reset_at", None),
    ("resets", None),
    ("reset", None),
    ("limit reached|", None),
    ("available again", None),
    ("please wait", None),
    ("wait for", None),
];

/// Words between an anchor and the moment that say nothing.
const FILLERS: [&str; 15] = [
    "at",
    "in",
    "on",
    "after",
    "until",
    "about",
    "within",
    "approximately",
    "around",
    "time",
    "is",
    "be",
    "again",
    "for",
    "the",
];

/// The moment that an agent's own error text names, as seen at `now`; never before `now`, and none when
/// in doubt. A time of day without a zone is the machine's own, as agents print it.
pub fn until(text: &str, now: Timestamp) -> Option<Timestamp> {
    until_in(text, now, TimeZone::try_system().ok().as_ref())
}

fn until_in(text: &str, now: Timestamp, local: Option<&TimeZone>) -> Option<Timestamp> {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<(usize, usize, Option<f64>)> = Vec::new();
    for (anchor, unit) in ANCHORS {
        places.extend(lower.match_indices(anchor).map(|(at, _)| (at, at + anchor.len(), unit)));
    }
    places.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
    let found = places.iter().find_map(|(_, end, unit)| {
        // Zones have capitals, and lower case of ASCII leaves places where they are.
        Words { low: &lower[*end..], text: &text[*end..] }.moment(*unit, now, local)
    })?;
    (found >= now && found.duration_since(now) <= FURTHEST).then_some(found)
}

/// What is still to be read: in lower case, and as it was written.
#[derive(Clone, Copy)]
struct Words<'a> {
    low: &'a str,
    text: &'a str,
}

impl<'a> Words<'a> {
    fn skip(&mut self, bytes: usize) {
        (self.low, self.text) = (&self.low[bytes..], &self.text[bytes..]);
    }

    /// Passes over blanks and the signs around values, but no end of a sentence.
    fn blanks(&mut self) {
        let rest =
            self.low.trim_start_matches([' ', '\t', '"', '\'', ':', '=', ',', '~', '\\', '(', '*', '`', '·']);
        self.skip(self.low.len() - rest.len());
    }

    /// Takes the letters that come next.
    fn word(&mut self) -> &'a str {
        let end = self.low.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.low.len());
        let word = &self.low[..end];
        self.skip(end);
        word
    }

    /// Takes the digits that come next, with what stands behind a point if `fraction`.
    fn digits(&mut self, fraction: bool) -> Option<&'a str> {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut end = digits(self.low);
        if fraction && end > 0 {
            let behind = self.low[end..].strip_prefix('.').map_or(0, digits);
            end += if behind > 0 { 1 + behind } else { 0 };
        }
        let found = &self.low[..end];
        self.skip(end);
        (!found.is_empty()).then_some(found)
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.digits(false)?.parse().ok()
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.low.starts_with(prefix);
        if found {
            self.skip(prefix.len());
        }
        found
    }

    /// The moment named here, whichever way.
    fn moment(mut self, unit: Option<f64>, now: Timestamp, local: Option<&TimeZone>) -> Option<Timestamp> {
        loop {
            self.blanks();
            let mut next = self;
            if !FILLERS.contains(&next.word()) {
                break;
            }
            self = next;
        }
        if self.low.starts_with("less than a minute") {
            return now.checked_add(SignedDuration::from_secs(60)).ok();
        }
        let instant = || self.text.split_whitespace().next().and_then(instant);
        instant()
            .or_else(|| self.duration(unit, now))
            .or_else(|| self.epoch(unit))
            .or_else(|| self.clock(now, local))
    }

    /// `2 hours 5 minutes`, `5h2m1s`, `1.5s`, `34`: from now.
    fn duration(mut self, unit: Option<f64>, now: Timestamp) -> Option<Timestamp> {
        let mut seconds = None;
        loop {
            let mut next = self;
            if seconds.is_some() {
                next.blanks();
                if next.eat("and ") {
                    next.blanks();
                }
            }
            let Some(number) = next.digits(true).and_then(|digits| digits.parse::<f64>().ok()) else { break };
            next.eat(" ");
            let word = next.word();
            let Some(length) = length(word).or(unit.filter(|_| word.is_empty() && seconds.is_none())) else {
                break;
            };
            seconds = Some(seconds.unwrap_or(0.0) + number * length);
            self = next;
        }
        let duration = SignedDuration::try_from_secs_f64(seconds?).ok()?;
        now.checked_add(duration).ok()
    }

    /// Seconds since 1970, or milliseconds, told apart by their size.
    fn epoch(mut self, unit: Option<f64>) -> Option<Timestamp> {
        let digits = self.digits(false).filter(|_| unit.is_none())?;
        let number: i64 = digits.parse().ok()?;
        match digits.len() {
            10 => Timestamp::from_second(number).ok(),
            13 => Timestamp::from_millisecond(number).ok(),
            _ => None,
        }
    }

    /// `3:53pm (UTC)`, `Nov 24th, 2026 3:53 PM`, `Monday at 15:00`.
    fn clock(mut self, now: Timestamp, local: Option<&TimeZone>) -> Option<Timestamp> {
        let day = self.day();
        self.blanks();
        if day.is_some() && self.eat("at ") {
            self.blanks();
        }
        let time = self.time()?;
        let zone = self.zone(local)?;
        // A minute named without its seconds is over at its end.
        let minute = |at: Timestamp| at.checked_add(SignedDuration::from_secs(60)).unwrap_or(at);
        let on = |date: Date| {
            let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp();
            (minute(at) > now).then(|| if at < now { minute(at) } else { at })
        };
        let today = now.to_zoned(zone.clone()).date();
        let in_year = |year, month, day| on(Date::new(year, month, day).ok()?);
        match day {
            None => on(today).or_else(|| on(today.tomorrow().ok()?)),
            Some(Day::Week(weekday)) => {
                let first = Some(today).filter(|day| day.weekday() == weekday).and_then(on);
                first.or_else(|| on(today.nth_weekday(1, weekday).ok()?))
            }
            Some(Day::Date { year: Some(year), month, day }) => in_year(year, month, day),
            Some(Day::Date { year: None, month, day }) => {
                in_year(today.year(), month, day).or_else(|| in_year(today.year() + 1, month, day))
            }
        }
    }

    /// `Monday`, `Nov 24th, 2026`, `Mon, Nov 24`, `2026-11-24`; takes nothing where no day stands.
    fn day(&mut self) -> Option<Day> {
        if let Some(date) = self.date() {
            return Some(date);
        }
        let mut next = *self;
        let weekday = WEEKDAYS.iter().position(|name| abbreviates(next.peek(), name))?;
        next.word();
        next.blanks();
        let found =
            next.date().or(Weekday::from_monday_zero_offset(i8::try_from(weekday).ok()?).ok().map(Day::Week));
        *self = next;
        found
    }

    fn date(&mut self) -> Option<Day> {
        let mut next = *self;
        let month = MONTHS.iter().position(|name| abbreviates(next.peek(), name));
        let found = if let Some(month) = month {
            next.word();
            next.eat(".");
            next.blanks();
            let day = next.number()?;
            let _ = ["st", "nd", "rd", "th"].iter().any(|suffix| next.eat(suffix));
            let mut behind = next;
            behind.blanks();
            let year = behind.number::<i16>().filter(|year| (2000..2200).contains(year));
            if year.is_some() {
                next = behind;
            }
            Day::Date { year, month: i8::try_from(month + 1).ok()?, day }
        } else {
            let year = next.number::<i16>().filter(|year| (2000..2200).contains(year) && next.eat("-"))?;
            let month = next.number()?;
            let day = next.eat("-").then(|| next.number()).flatten()?;
            Day::Date { year: Some(year), month, day }
        };
        *self = next;
        Some(found)
    }

    fn peek(mut self) -> &'a str {
        self.word()
    }

    /// `3:53pm`, `3 PM`, `15:53`, `midnight`.
    fn time(&mut self) -> Option<Time> {
        for (name, hour) in [("midnight", 0), ("noon", 12)] {
            if self.eat(name) {
                return Time::new(hour, 0, 0, 0).ok();
            }
        }
        let hour: i8 = self.number()?;
        let minute: Option<i8> = if self.eat(":") { Some(self.number()?) } else { None };
        let second: i8 = if minute.is_some() && self.eat(":") { self.number()? } else { 0 };
        let mut behind = *self;
        behind.blanks();
        let afternoon = ["pm", "p.m."].iter().any(|half| behind.eat(half));
        let half = afternoon || ["am", "a.m."].iter().any(|half| behind.eat(half));
        let hour = match (half, minute) {
            (true, _) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
            (false, Some(_)) => hour,
            _ => return None,
        };
        if half {
            *self = behind;
        }
        Time::new(hour, minute.unwrap_or(0), second, 0).ok()
    }

    /// The zone that a time was said in: the one behind it, else the machine's own.
    fn zone(mut self, local: Option<&TimeZone>) -> Option<TimeZone> {
        let bracket = self.low.trim_start().starts_with('(');
        self.blanks();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '-');
        let name = self.text.split(|c: char| !part(c)).next().unwrap_or_default();
        let capitals = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase());
        match name.to_ascii_lowercase().as_str() {
            "utc" | "gmt" | "z" => Some(TimeZone::UTC),
            _ if name.contains('/') => TimeZone::get(name).ok(),
            // What `CST` is depends on whom one asks.
            "pacific" | "eastern" | "central" | "mountain" => None,
            _ if capitals || name.starts_with(['+', '-']) || bracket && name.is_empty() => None,
            _ => local.cloned(),
        }
    }
}

/// A day without its time.
#[derive(Debug, Clone, Copy)]
enum Day {
    Week(Weekday),
    Date { year: Option<i16>, month: i8, day: i8 },
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Whether `word` is `name` or its first three letters or more.
fn abbreviates(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

/// A unit's length in seconds.
fn length(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

/// A moment as computers write it.
fn instant(word: &str) -> Option<Timestamp> {
    word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).parse().ok()
}

#[cfg(test)]
#[path = "reset_tests.rs"]
mod tests;
