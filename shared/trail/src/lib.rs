//! The audit trail: every event of the inventory, exported hour by hour to an object store, once, in a form that anyone
//! can check without credentials.
//!
//! The format: [`log`], [`manifest`], [`event_file`], [`calendar`], in an [`archive`]; [`disclosure_file`] in another. Reading ([`reading`]): [`verify`] is the proof,
//! [`compare`] holds it against what was recorded, [`check`] does it from end to end, [`select`] gives events back, and [`prove`] makes the
//! [`proof`] of one, which is checked by itself. Who writes it is the function `export-audit`.

pub mod archive;
mod by_history;
pub mod calendar;
pub mod check;
pub mod checkpoint;
pub mod compare;
pub mod disclosure_file;
pub mod erase;
pub mod event_file;
mod examination;
pub mod fault;
mod held;
pub mod histories;
pub mod inclusion;
pub mod lateness;
pub mod log;
pub mod manifest;
pub mod note;
pub mod numbered;
pub mod of_org;
pub mod part;
pub mod proof;
pub mod prove;
pub mod reading;
pub mod seek;
pub mod select;
pub mod sense;
mod signers;
mod tables;
pub mod texts;
pub mod tile;
pub mod tree;
pub mod verify;
