//! Hashes as the 32 bytes that they are: as text they would take twice the room, and an event's item has two of them.

use domain::history::EventHash;
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(hash: &EventHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&hash.bytes())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventHash, D::Error> {
    exactly(deserializer).map(EventHash::from_bytes)
}

/// So many bytes, and no others.
pub(crate) fn exactly<'de, D: Deserializer<'de>, const LENGTH: usize>(
    deserializer: D,
) -> Result<[u8; LENGTH], D::Error> {
    struct Exactly<const LENGTH: usize>;

    impl<const LENGTH: usize> Visitor<'_> for Exactly<LENGTH> {
        type Value = [u8; LENGTH];

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(formatter, "{LENGTH} bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
        }
    }

    deserializer.deserialize_byte_buf(Exactly)
}
