//! What a process of the inventory is made of besides its work.
//!
//! What is not pure comes in here, to be handed on as an input: time ([`clock`]), randomness ([`chance`]), variables
//! ([`environment`]), and what `sam local` puts in the place of AWS ([`sam_local`]). [`aws`] is how AWS is called, [`retry`]
//! waits between attempts, [`telemetry`] is the log, [`lambda`] the beginning and the end of a Lambda process.

pub mod aws;
pub mod chance;
pub mod clock;
pub mod environment;
pub mod lambda;
pub mod retry;
pub mod sam_local;
pub mod telemetry;
