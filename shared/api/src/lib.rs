//! From an event of API Gateway to its answer.
//!
//! [`gateway_event`] makes a request of the event, [`http`] parses it and renders what comes of it, [`auth`] finds out who
//! asks. One command from its parsed request to its answer is [`execute`], with one decision as one `attempt`; what queries
//! share is [`queries`]. A function is wired by [`config`], [`backend`] and [`lambda`].

mod attempt;
pub mod auth;
pub mod backend;
pub mod config;
pub mod execute;
pub mod gateway_event;
pub mod http;
mod idempotency;
pub mod lambda;
pub mod queries;
