//! The values a request and a stored item are made of. Each has private fields and is parsed once; a value that
//! exists is a value that keeps its rules.

mod hour;
mod moment;
mod number;
mod organisation_tag;
mod origin;
#[cfg(feature = "openapi")]
pub(crate) mod schemas;
mod sha256;
mod table_id;
mod text;
mod verifier_key;

pub use self::hour::Hour;
pub use self::moment::EpochMillis;
pub use self::number::{KeyNumber, NotAKeyNumber, Version};
pub use self::organisation_tag::OrgTag;
pub use self::origin::{NotAnOrigin, Origin};
pub use self::sha256::{NotASha256, Sha256Hash};
pub use self::table_id::{NotATableId, TableId};
pub use self::text::{ErasureReason, Note, OrgId, OrgName, Subject, TextFault, UserId, is_invisible};
pub use self::verifier_key::{NotAVerifierKey, VerifierKey};
