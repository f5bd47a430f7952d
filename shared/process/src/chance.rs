//! Chance: randomness is an input, handed in where a process is wired.

use std::sync::Arc;

/// Fills bytes with chance.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// Where randomness comes from.
#[derive(Clone)]
pub struct Chance(Arc<Fill>);

impl Chance {
    /// AWS-LC's generator, which the operating system seeds. Two processes that were started alike never draw the same:
    /// the tokens of attempts depend on that.
    #[must_use]
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "AWS-LC's generator does not fail; a process without randomness must not go on."
    )]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "This is the one place where randomness comes from.")]
        Self::from_fn(|bytes| aws_lc_rs::rand::fill(bytes).expect("there is randomness"))
    }

    /// Bytes that a function fills in.
    #[must_use]
    pub fn from_fn(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// So many random bytes.
    #[must_use]
    pub fn bytes<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        (self.0)(&mut bytes);
        bytes
    }

    /// A cheap generator of its own for one request: for waits, never for anything that must not be guessed.
    #[must_use]
    pub fn for_waits(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(u64::from_ne_bytes(self.bytes()))
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Chance")
    }
}
