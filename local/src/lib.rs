//! The physical key inventory on one machine, for the `physical-keys` command and for tests.
//!
//! Everything that AWS would provide: [`dynamodb`] in the process, a [`bus`], a [`kms`], an [`issuer`] of tokens, and a [`gateway`]
//! that hands requests to the very functions that Lambda runs. A [`server`] holds the doors.

pub mod bus;
pub mod dynamodb;
pub mod gateway;
pub mod issuer;
pub mod kms;
pub mod private_files;
pub mod server;
