//! What is read from outside, each as a function of bytes that a fuzzer may choose.
//!
//! A target fails by panicking. Beyond that nothing panics, each says what must hold of what was accepted, as far as can
//! be by another reader than ours. `.ci/fuzz` runs them guided by coverage; the test of this package runs the committed
//! corpus through them, in every `cargo test`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "A target says what is wrong by panicking."
)]

mod api_key;
mod command_body;
mod cursor;
mod exported_line;
mod lambda_event;
mod path;
mod token;

use domain::values::EpochMillis;

pub use self::api_key::api_key;
pub use self::command_body::command_body;
pub use self::cursor::cursor;
pub use self::exported_line::exported_line;
pub use self::lambda_event::lambda_event;
pub use self::path::path;
pub use self::token::token;

/// A target, by the name of its executable and of its folder in `corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 7] = [
    ("api_key", api_key),
    ("command_body", command_body),
    ("cursor", cursor),
    ("exported_line", exported_line),
    ("lambda_event", lambda_event),
    ("path", path),
    ("token", token),
];

/// The time at which everything is tried.
const NOW: EpochMillis = EpochMillis::new(1_795_435_200_000);
