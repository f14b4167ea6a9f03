//! How the words of an order are written: as text where they are text, which nearly all are, else as their bytes.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::marker::PhantomData;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// What is made of words.
pub(super) trait Words: Sized {
    /// Writes it.
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error>;
    /// Reads it.
    fn take<'d, D: Deserializer<'d>>(from: D) -> Result<Self, D::Error>;
}

/// For `#[serde(with = "plain")]`.
pub(super) fn serialize<T: Words, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
    value.put(out)
}

/// For `#[serde(with = "plain")]`.
pub(super) fn deserialize<'d, T: Words, D: Deserializer<'d>>(from: D) -> Result<T, D::Error> {
    T::take(from)
}

struct Put<'w, T>(&'w T);

impl<T: Words> Serialize for Put<'_, T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.put(out)
    }
}

struct Take<T>(T);

impl<'d, T: Words> Deserialize<'d> for Take<T> {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        T::take(from).map(Self)
    }
}

impl Words for OsString {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.to_str() {
            Some(text) => out.serialize_str(text),
            None => out.collect_seq(self.as_bytes()),
        }
    }

    fn take<'d, D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Word)
    }
}

struct Word;

impl<'d> Visitor<'d> for Word {
    type Value = OsString;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("text or bytes")
    }

    fn visit_str<E>(self, text: &str) -> Result<OsString, E> {
        Ok(OsStr::new(text).to_owned())
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut all: A) -> Result<OsString, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = all.next_element()? {
            bytes.push(byte);
        }
        Ok(OsString::from_vec(bytes))
    }
}

impl<T: Words> Words for Option<T> {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Put).serialize(out)
    }

    fn take<'d, D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map(|Take(value)| value))
    }
}

impl<A: Words, B: Words> Words for (A, B) {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        (Put(&self.0), Put(&self.1)).serialize(out)
    }

    fn take<'d, D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let (Take(first), Take(second)) = Deserialize::deserialize(from)?;
        Ok((first, second))
    }
}

impl<T: Words> Words for Vec<T> {
    fn put<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.iter().map(Put))
    }

    fn take<'d, D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct All<T>(PhantomData<T>);
        impl<'d, T: Words> Visitor<'d> for All<T> {
            type Value = Vec<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'d>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(Take(one)) = from.next_element()? {
                    all.push(one);
                }
                Ok(all)
            }
        }
        from.deserialize_seq(All(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Spawn;
    use super::*;

    #[test]
    fn words_come_back_whatever_they_hold() {
        let words: [&[u8]; 5] = [b"true", b"", "\u{e9} \"\\\n".as_bytes(), b"\xff\x00a", b"[1,2]"];
        let words: Vec<OsString> = words.into_iter().map(|word| OsStr::from_bytes(word).to_owned()).collect();
        for stdin in [None, Some(words[3].clone())] {
            let env = words.iter().map(|word| (word.clone(), words[2].clone())).collect();
            let (argv, dir) = (words.clone(), words[3].clone());
            let spawn = Spawn { argv, dir, env, stdin, stdout: words[0].clone(), ..Spawn::default() };
            let text = serde_json::to_string(&spawn).unwrap();
            assert!(text.contains("\"argv\":[\"true\",") && !text.contains('\n'), "{text}");
            let read: Spawn = serde_json::from_str(&text).unwrap();
            assert_eq!((read.argv, read.dir, read.env, read.stdin, read.stdout), {
                let Spawn { argv, dir, env, stdin, stdout, .. } = spawn;
                (argv, dir, env, stdin, stdout)
            });
        }
    }
}
