//! Cursors of lists.

use std::sync::LazyLock;

use api::config::CursorSecret;
use api::http::cursor::CursorSealer;

use crate::NOW;

/// Seals cursors with a secret that no target knows.
pub(crate) static SEALER: LazyLock<CursorSealer> = LazyLock::new(|| {
    let secret = CursorSecret::parse(&"s".repeat(32)).expect("long enough");
    CursorSealer::new(&secret).expect("a sealer")
});

/// A cursor that nobody sealed is none; one that was sealed is good for its list alone, and changed it is none.
pub fn cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let open = |list: &str, cursor: &str| SEALER.open::<String>(list, cursor, NOW);
    assert_eq!(open("list", text), None, "nobody sealed it");
    let middle = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or_default();
    let (list, place) = text.split_at(middle);
    let sealed = SEALER.seal(list, place, NOW).expect("sealed");
    // A place is at most a user id and a number; what is longer than any cursor is refused unread.
    let expected = (sealed.len() <= 4_096).then(|| place.to_owned());
    assert_eq!(open(list, &sealed), expected);
    assert_eq!(open(&format!("{list}."), &sealed), None, "another list");
    let mut changed = sealed.clone().into_bytes();
    let position = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % changed.len();
    changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("ASCII");
    assert_eq!(open(list, &changed), None, "changed");
}
