//! The configuration, parsed once from the environment.

use process::environment::{ConfigFault, required};

/// The configuration of the publisher.
#[derive(Debug, Clone)]
pub struct PublisherConfig {
    /// `EVENT_BUS_NAME`: the bus that the events go to, by name or ARN.
    pub event_bus_name: String,
    /// `DEAD_LETTER_QUEUE_URL`: the queue of the records that can never be published.
    pub dead_letter_queue_url: String,
}

impl PublisherConfig {
    /// Reads the configuration by looking up variables.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFault> {
        Ok(Self {
            event_bus_name: required(&lookup, "EVENT_BUS_NAME")?,
            dead_letter_queue_url: required(&lookup, "DEAD_LETTER_QUEUE_URL")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        for missing in ["EVENT_BUS_NAME", "DEAD_LETTER_QUEUE_URL"] {
            let fault = PublisherConfig::read(|name| (name != missing).then(|| "given".to_owned()));
            assert_eq!(fault.unwrap_err(), ConfigFault::Missing(missing));
        }
    }
}
