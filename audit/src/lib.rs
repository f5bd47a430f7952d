//! The audit trail: every event of the inventory, exported hour by hour to an object store, once, in a form that anyone
//! can check without credentials.
//!
//! The format: [`manifest`], [`event_file`], [`calendar`]. Writing: [`export`], from the table's audit index
//! ([`hour_events`]) to an [`archive`]. Reading ([`reading`]): [`verify`] is the proof, [`compare`] holds it against a
//! running table, [`check`] does both from end to end, [`select`] gives events back.

pub mod archive;
pub mod calendar;
pub mod check;
pub mod compare;
pub mod event_file;
pub mod export;
pub mod fault;
mod histories;
pub mod hour_events;
pub mod manifest;
pub mod reading;
pub mod select;
pub mod verify;
