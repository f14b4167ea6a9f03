//! `[site]` of the settings.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::file::duration;

/// The lowest port that needs no rights of its own.
const LOWEST: u16 = 1024;

/// `[site]`: how sites are served and looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteTable {
    /// Whether pages are pictured before and after each iteration of the loop.
    pub screenshots: bool,
    /// The browser to look with; none is the first one that is installed.
    pub browser: Option<String>,
    /// How long the first answer of a server is waited for.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// How long one page may take in a check.
    #[serde(deserialize_with = "duration")]
    pub check_timeout: Duration,
    /// The ports that sites are served on.
    #[serde(deserialize_with = "ports")]
    pub ports: RangeInclusive<u16>,
}

impl Default for SiteTable {
    fn default() -> Self {
        Self {
            screenshots: false,
            browser: None,
            timeout: Duration::from_secs(60),
            check_timeout: Duration::from_secs(15),
            ports: 4300..=4999,
        }
    }
}

fn ports<'de, D: Deserializer<'de>>(from: D) -> Result<RangeInclusive<u16>, D::Error> {
    let text = String::deserialize(from)?;
    range(&text).map_err(D::Error::custom)
}

/// `4300-4999`
fn range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let number = |part: &str| part.trim().parse::<u16>().ok();
    let ends = text.split_once('-').and_then(|(first, last)| Some((number(first)?, number(last)?)));
    let Some((first, last)) = ends else {
        return Err(format!("`{text}` is no range of ports: write `4300-4999`"));
    };
    if first < LOWEST {
        return Err(format!("port {first} is below {LOWEST}"));
    }
    if first > last {
        return Err(format!("`{text}` is an empty range"));
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_range_that_anybody_may_use() {
        let table = [
            ("4300-4999", Ok(4300..=4999)),
            (" 5000 - 5000 ", Ok(5000..=5000)),
            ("80-90", Err("port 80 is below 1024")),
            ("5000-4000", Err("`5000-4000` is an empty range")),
            ("4300-70000", Err("`4300-70000` is no range of ports: write `4300-4999`")),
            ("4300", Err("`4300` is no range of ports: write `4300-4999`")),
            ("", Err("`` is no range of ports: write `4300-4999`")),
        ];
        for (text, expected) in table {
            assert_eq!(range(text), expected.map_err(str::to_owned), "{text}");
        }
    }
}
