//! What requests cost: each kind is carried out once, what went over is counted and priced. `docs/cost.md` has what comes of it.
//!
//! The bytes are those of this scene: ids as issuers give them (UUIDs), an organisation's id of 20 characters, a note and a name of usual
//! length. What is random is drawn from a seed, so that every run gives the same.

pub mod background;
mod bill;
pub mod capacity;
mod counter;
pub mod document;
mod fixed;
mod kept;
mod lines;
mod prices;
pub mod requests;
mod tables;

use self::background::Background;
use self::counter::{Counter, ISSUER};
use self::kept::Kept;
use self::requests::Request;

/// Everything that was counted.
#[derive(Debug)]
pub struct Counted {
    /// Each kind of request.
    pub requests: Vec<Request>,
    /// What goes on behind them.
    pub background: Background,
    /// What stays.
    pub kept: Kept,
}

impl Counted {
    /// Carries everything out, and counts.
    pub async fn now() -> Self {
        let scene = Counter::new(ISSUER).await;
        let mut requests = requests::of_one_user(&scene).await;
        let kept = Kept::of(&scene).await;
        let background = background::behind(&scene).await;
        requests.push(requests::of_an_organisation(&scene).await);
        requests.push(requests::of_long_issuer().await);
        Self { requests, background, kept }
    }

    /// The kind of request of this name.
    #[must_use]
    pub fn request(&self, name: &str) -> &Request {
        self.requests.iter().find(|request| request.name == name).unwrap_or_else(|| panic!("no {name}"))
    }
}

/// A count as a number to reckon with.
fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a count of this scene"))
}
