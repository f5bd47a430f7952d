//! Fingerprints of states. A state is some hundred small fields: gathered first, they are hashed several times faster
//! than one at a time, and hashing is most of an exploration.

use std::hash::{Hash, Hasher};

/// Room for all fields of a state. What would not fit would panic.
const ROOM: usize = 256;

/// Gathers the fields, each in as few bytes as it needs.
struct Packing {
    bytes: [u8; ROOM],
    length: usize,
}

impl Hasher for Packing {
    fn finish(&self) -> u64 {
        // Nobody asks: the bytes are what is wanted.
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    fn write_u8(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// The length of an array is always the same, so it distinguishes nothing.
    fn write_usize(&mut self, _length: usize) {}

    /// Which variant of an enumeration: there are fewer than 256.
    fn write_isize(&mut self, variant: isize) {
        self.write_u8(variant.to_le_bytes()[0]);
    }
}

/// Hashes all fields of a value at once.
pub(crate) fn hash_at_once<H: Hasher>(value: &impl Hash, hasher: &mut H) {
    let mut packing = Packing { bytes: [0; ROOM], length: 0 };
    value.hash(&mut packing);
    hasher.write(&packing.bytes[..packing.length]);
}
