//! Texts and numbers as files hold them, in as few bytes as a hundred thousand records allow.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

/// A string as files hold it: escaped or not, `null`, or a bare number where a tool wrote one.
#[derive(Clone)]
pub struct Text<'a>(Held<'a>);

/// Sixteen bytes, whichever it is.
#[derive(Clone)]
enum Held<'a> {
    Elsewhere(&'a str),
    Here(Box<Box<str>>),
}

impl<'a> Text<'a> {
    /// What lies elsewhere and stays there.
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Held::Elsewhere(text))
    }

    /// What this holds itself.
    pub fn owned(text: &str) -> Text<'static> {
        if text.is_empty() { Text::default() } else { Text(Held::Here(Box::new(text.into()))) }
    }

    /// As a string of its own.
    pub fn into_string(self) -> String {
        match self.0 {
            Held::Elsewhere(text) => text.to_owned(),
            Held::Here(text) => (*text).into(),
        }
    }
}

/// Some of the same kind, which lie elsewhere or here; sixteen bytes, as for [`Text`].
#[derive(Clone)]
pub struct List<'a, T>(Items<'a, T>);

#[derive(Clone)]
enum Items<'a, T> {
    Elsewhere(&'a [T]),
    Here(Box<Box<[T]>>),
}

impl<'a, T> List<'a, T> {
    /// What lies elsewhere and stays there.
    pub const fn borrowed(items: &'a [T]) -> Self {
        Self(Items::Elsewhere(items))
    }

    /// What this holds itself.
    pub fn owned(items: Box<[T]>) -> Self {
        if items.is_empty() { Self::default() } else { Self(Items::Here(Box::new(items))) }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List::borrowed(&[])
    }
}

impl<T> std::ops::Deref for List<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Items::Elsewhere(items) => items,
            Items::Here(items) => items,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for List<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl<T: PartialEq> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for List<'_, T> {}

/// An array, or `null` for an empty one.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<'_, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::owned(Option::<Box<[T]>>::deserialize(from)?.unwrap_or_default()))
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Text::borrowed("")
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match &self.0 {
            Held::Elsewhere(text) => text,
            Held::Here(text) => text,
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text::borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text::owned(text))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text::owned(&number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text::owned(&number.to_string()))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }
        }
        from.deserialize_any(Texts)
    }
}

/// A whole number as files hold it: `1` or, where a tool went through floats, `1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl Visitor<'_> for Numbers {
            type Value = Number;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a whole number")
            }
            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(i64::try_from(number).unwrap_or(i64::MAX)))
            }
            #[allow(clippy::cast_possible_truncation)] // saturates, which is all a sort key needs
            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number as i64))
            }
        }
        from.deserialize_any(Numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_small_as_a_reference() {
        assert_eq!((size_of::<Text>(), size_of::<List<Text>>()), (16, 16));
        let text: Text = serde_json::from_str(r#""a\u003cb""#).unwrap();
        assert_eq!((&*text, &*text.clone().into_string()), ("a<b", "a<b"));
        assert_eq!(text, Text::borrowed("a<b"));
        assert_eq!(format!("{:?} {:?}", Text::owned("x"), Text::owned("")), "\"x\" \"\"");
    }
}
