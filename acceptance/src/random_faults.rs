//! Random faults: the functions' real executables under Lambda's runtime API, clients on a few busy users, and between
//! the functions and their DynamoDB a network that loses, delays, repeats and tears what passes. Afterwards a judge, who
//! shares no code with what is judged, reads the table and holds it against every answer that was given.
//!
//! A run is many short episodes, each on an engine of its own: the embedded engine slows down as transactions pile up.
//!
//! A seed gives the same commands, the same weather and the same sequence of draws. Which call meets which draw depends
//! on how threads and processes run, so a replay is the same pressure again, not the same order of events: what was
//! found once in thousands of commands may take a few replays to be found again.

mod chance;
mod client;
mod credentials;
mod episode;
mod fleet;
mod function;
mod history;
mod invocation;
mod judge;
mod plan;
mod proxy;
mod scan;
mod summary;
mod torn;
mod weather;

pub use self::episode::{Episode, Setting};
pub use self::judge::Violation;
pub use self::summary::Summary;
pub use self::weather::Weather;
