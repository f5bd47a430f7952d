//! The way back: a table held against its own histories ([`table_check`]) and against the log ([`against_table`]), and filled from
//! the log where it lacks what was recorded ([`replay`]).
//!
//! Event items come before everything else in the table, and signed hours before files. Nothing here is part of a function: an
//! operator runs it.

pub mod against_table;
pub mod replay;
pub mod table_check;

/// Calls to the table that are under way at once.
const AT_ONCE: usize = 16;
/// Histories whose heads and cursors are read at once, in one call each.
const BATCH: usize = 50;
