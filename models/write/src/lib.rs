//! Every interleaving of a few clients of one user, of the network between them and the table, and of the table: an
//! exhaustive model of the protocol by which a command is written at most once and answered truthfully.
//!
//! It is the twin of `shared/api/src/execute.rs` and `shared/api/src/attempt.rs`: whoever changes one changes the other.
//!
//! What is modelled: one user's partition ([`table`]) with transactions that are all or nothing and whose client
//! request tokens are remembered or, in some configurations, forgotten at any moment; clients ([`client`]) that read
//! their items one at a time in any order, send, hear an answer or none, send again, reach their deadline at any
//! moment and take one look before they answer ([`look`]); copies of one request under one idempotency key; the
//! revocation of the API key; and sends that arrive after the client has given them up, or never, or more than once.
//!
//! Some things that can happen need no step of their own, since every property is about all states on the way:
//!
//! - A client that is killed is one that takes no step any more. One that is killed while it waits has given up.
//! - A send that is lost is one that is given up and never arrives; one that is carried out and whose answer is lost
//!   is one that is given up and arrives thereupon.
//! - A send is on its way from the read that it was decided on: nobody sees it before it arrives.
//!
//! `cargo test -p write-model` explores the small configurations and shows that each rule of the protocol is needed, or
//! which other rule does its work ([`faults`], [`catches`]). `cargo run --release -p write-model` explores the larger
//! ones; with `--fault NAME` it tells what goes wrong without a rule, step by step.
//!
//! What is not modelled: clocks (a deadline may come at any moment, which includes all that clocks would allow), the
//! expiry of REQUEST items thirty days after, DynamoDB's throttling and reads that fail, the organisation
//! that a number is confined to, the mark of an issuer (whoever puts it puts the same, without a condition), and reuse of
//! an idempotency key for another request.

pub mod attempt;
pub mod catches;
pub mod client;
pub mod configurations;
pub mod exploration;
pub mod faults;
pub mod look;
mod packing;
pub mod place;
pub mod properties;
pub mod reading;
pub mod reply;
pub mod request;
pub mod story;
pub mod table;
pub mod world;
