//! Whether a webhook's body is from who knows the secret: HMAC-SHA256 over its bytes. Pure.

use std::time::Duration;

use anyhow::Result;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::fault::Fault;

/// How old a signature with a time in it may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `sha256=` and hex digits, or these alone.
    Hex,
    /// `t=SECONDS,v1=HEX[,v1=HEX]`, over the time and the body; it holds for five minutes.
    Timed,
}

/// Refuses a body whose signature is not that of `secret`; tells nothing of what was expected.
pub fn verify(body: &[u8], secret: &[u8], signature: &str, form: Form, now: Timestamp) -> Result<()> {
    let wrong = |why: &str| {
        Err(Fault::refused(
            format!("the signature {why}: nothing was read as an event"),
            "compare the secret on both sides, and hand in the body byte for byte as it came",
        ))
    };
    let good = |prefix: &str, hex: &str| {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.update(prefix.as_bytes());
        mac.update(body);
        // Constant-time.
        bytes(hex).is_some_and(|bytes| mac.verify_slice(&bytes).is_ok())
    };
    match form {
        Form::Hex => {
            let signature = signature.trim();
            if good("", signature.strip_prefix("sha256=").unwrap_or(signature)) {
                Ok(())
            } else {
                wrong("does not fit the body")
            }
        }
        Form::Timed => {
            let parts: Vec<_> = signature.split(',').filter_map(|part| part.trim().split_once('=')).collect();
            let Some((_, time)) = parts.iter().find(|(name, _)| *name == "t") else {
                return wrong("has no time in it");
            };
            let fits =
                parts.iter().filter(|(name, _)| *name == "v1").any(|(_, hex)| good(&format!("{time}."), hex));
            if !fits {
                return wrong("does not fit the body");
            }
            let signed = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            let age = signed.map(|at| at.duration_until(now));
            match age {
                Some(age) if age.unsigned_abs() <= TOLERANCE => Ok(()),
                Some(age) if age.is_negative() => wrong("is more than five minutes in the future"),
                _ => wrong("is older than five minutes"),
            }
        }
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    let digit = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    if hex.contains('+') { None } else { (0..hex.len()).step_by(2).map(digit).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, and GitHub's own example.
    #[test]
    fn signatures_fit_or_do_not() {
        let rfc = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let github = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let table = [
            ("what do ya want for nothing?", "Jefe", rfc.to_owned(), true),
            ("what do ya want for nothing?", "Jefe", rfc.to_uppercase(), true),
            ("Hello, World!", "It's a Secret to Everybody", format!("sha256={github}"), true),
            ("Hello, World!", "It's a Secret to Everybody", format!(" sha256={github}\n"), true),
            ("Hello, World?", "It's a Secret to Everybody", format!("sha256={github}"), false),
            ("Hello, World!", "It's a secret to Everybody", format!("sha256={github}"), false),
            ("Hello, World!", "It's a Secret to Everybody", format!("sha1={github}"), false),
            ("Hello, World!", "It's a Secret to Everybody", github[..62].to_owned(), false),
            ("Hello, World!", "It's a Secret to Everybody", format!("{github}00"), false),
            ("Hello, World!", "It's a Secret to Everybody", String::new(), false),
            ("Hello, World!", "It's a Secret to Everybody", "é".repeat(32), false),
        ];
        for (body, secret, signature, fits) in table {
            let said =
                verify(body.as_bytes(), secret.as_bytes(), &signature, Form::Hex, Timestamp::UNIX_EPOCH);
            assert_eq!(said.is_ok(), fits, "{signature}: {said:?}");
        }
    }

    #[test]
    fn a_timed_signature_grows_old() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec
        let hex = "7d44587dddbaf4c7f70fef20f48cd594834ffea1641e3ac227b84408298738af";
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let table = [
            (format!("t=1700000000,v1={hex}"), 1_700_000_100, "ok"),
            (format!("t=1700000000, v1=00, v1={hex},v0=x"), 1_700_000_300, "ok"),
            (format!("t=1700000000,v1={hex}"), 1_700_000_301, "is older"),
            (format!("t=1700000000,v1={hex}"), 1_699_999_000, "in the future"),
            (format!("t=1700000001,v1={hex}"), 1_700_000_100, "does not fit"),
            (format!("v1={hex}"), 1_700_000_100, "has no time"),
            (format!("t=1700000000,v0={hex}"), 1_700_000_100, "does not fit"),
        ];
        for (signature, now, expected) in table {
            let said = verify(b"{}", b"whsec", &signature, Form::Timed, at(now));
            let said = said.map_or_else(|error| error.to_string(), |()| "ok".into());
            assert!(said.contains(expected), "{signature} at {now}: {said}");
        }
    }
}
