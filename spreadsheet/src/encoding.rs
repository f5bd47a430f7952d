//! From bytes to text. What is certain is read; what is probable is named, with the mend.

use std::borrow::Cow;

use crate::fault::Unreadable;

/// A character encoding that somebody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// An encoding by its name or one of its labels (WHATWG Encoding Standard): `utf-8`, `utf-16le`, `windows-1252`, ….
    #[must_use]
    pub fn named(label: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(label.as_bytes()).map(Self)
    }
}

/// The text of a file that is no workbook, without its byte order mark.
///
/// A byte order mark is certain, and so is UTF-8: no other encoding's text happens to be UTF-8, unless it is ASCII. Everything
/// else could be read as many texts, so somebody has to say what it is.
pub(crate) fn text(bytes: &[u8], named: Option<Encoding>) -> Result<Cow<'_, str>, Unreadable> {
    let (encoding, mark) = match (encoding_rs::Encoding::for_bom(bytes), named) {
        (Some((marked, mark)), _) => (marked, mark),
        (None, Some(Encoding(named))) => (named, 0),
        (None, None) if is_utf_16(bytes) => return Err(Unreadable::UnmarkedUtf16),
        (None, None) => (encoding_rs::UTF_8, 0),
    };
    let unmarked = &bytes[mark..];
    if encoding == encoding_rs::UTF_8 {
        let text = std::str::from_utf8(unmarked);
        return text.map(Cow::Borrowed).map_err(|error| {
            let line = 1 + line_ends(&unmarked[..error.valid_up_to()]);
            if named.is_some() { Unreadable::Malformed { line } } else { Unreadable::NotUtf8 { line } }
        });
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(unmarked);
    text.ok_or(Unreadable::Malformed { line: 1 })
}

/// Text in UTF-16 whose byte order mark is missing: every second byte of Latin letters is zero.
fn is_utf_16(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(1_024)];
    let zeros = |odd: usize| beginning.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    beginning.len() >= 4 && (zeros(0) > beginning.len() / 4) != (zeros(1) > beginning.len() / 4)
}

/// How many lines end in these bytes: at `\n`, `\r\n` and `\r`.
pub(crate) fn line_ends(bytes: &[u8]) -> u64 {
    let mut ends = 0;
    let mut previous = 0;
    for byte in bytes {
        match byte {
            b'\n' if previous == b'\r' => {}
            b'\n' | b'\r' => ends += 1,
            _ => {}
        }
        previous = *byte;
    }
    ends
}
