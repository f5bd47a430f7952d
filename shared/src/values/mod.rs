//! The values a request and a stored item are made of. Each has private fields and is parsed once; a value that
//! exists is a value that keeps its rules.

mod number;
#[cfg(feature = "openapi")]
mod schemas;
mod text;

pub use number::{EpochMillis, KeyNumber, NotAKeyNumber, Version};
pub use text::{Note, OrgId, OrgName, TextFault, UserId};
