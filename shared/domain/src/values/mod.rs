//! The values a request and a stored item are made of. Each has private fields and is parsed once; a value that
//! exists is a value that keeps its rules.

mod hour;
mod moment;
mod number;
mod organisation_tag;
#[cfg(feature = "openapi")]
mod schemas;
mod sha256;
mod text;

pub use self::hour::Hour;
pub use self::moment::EpochMillis;
pub use self::number::{KeyNumber, NotAKeyNumber, Version};
pub use self::organisation_tag::OrgTag;
pub use self::sha256::{NotASha256, Sha256Hash};
pub use self::text::{Note, OrgId, OrgName, Subject, TextFault, UserId, is_invisible};
