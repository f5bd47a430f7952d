//! What the functions of the physical key inventory share, in rooms, from pure to wired.
//!
//! Pure, without I/O, clock or chance: [`values`], [`user`], [`history`], [`auth::confinement`].
//! Events of API Gateway: [`gateway_event`]. The HTTP edge: [`http`]. Credentials: [`auth`]. DynamoDB: [`table`]. One command from its parsed request
//! to its answer: [`execute`], with one decision as one `attempt`. What queries share: [`queries`]. Wiring: [`config`],
//! [`telemetry`], [`clock`], [`chance`], [`backend`], [`lambda`], [`sam_local`].

mod attempt;
pub mod auth;
pub mod backend;
pub mod chance;
pub mod clock;
pub mod config;
pub mod execute;
pub mod gateway_event;
pub mod history;
pub mod http;
mod idempotency;
pub mod lambda;
pub mod queries;
pub mod retry;
pub mod sam_local;
pub mod table;
pub mod telemetry;
pub mod user;
pub mod values;
