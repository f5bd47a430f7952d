//! The inventory itself, without I/O, clock or chance, and without knowing where anything comes from or is kept.
//!
//! [`values`] is what an id, a note, a number is; [`user`], [`organisation`] and [`audit_log`] are the aggregates: events, state,
//! decisions; [`history`] is what is recorded of them, and its chain; [`api_key`] who acts for an organisation; [`confinement`] who may do what;
//! [`checkpoint`] how far the history has been exported; [`loopback`] what may travel without TLS.

pub mod api_key;
pub mod audit_log;
pub mod checkpoint;
pub mod confinement;
pub mod history;
pub mod loopback;
pub mod organisation;
pub mod user;
pub mod values;
