//! Every interleaving of two runs of the export, of the writers, of clocks that differ, of an index that is late and of reads
//! that show version 2 before version 1: an exhaustive model of how an hour gets its file.
//!
//! What is modelled: histories ([`table`]) whose events are committed one after another, by clocks of their own; an index over
//! heads, in which a head has one place and which follows the table late; runs ([`run`]) that read the checkpoint, list
//! the index partition by partition, continue each history at its cursor, create the hour's file if it is not there, adopt it if
//! it is, note who was left behind, move cursors and checkpoint, each in a step of its own; kills at every step.
//!
//! A killed run is one that has ended: nothing of it is left but what it wrote. What a file says of an event is not modelled:
//! the table decides that, and a run compares. Nor are disclosures, tiles and checkpoints, which follow from the file.
//!
//! `cargo test -p export-model` explores all configurations ([`configurations`]) and shows that each rule is needed ([`faults`]).

pub mod configurations;
pub mod faults;
pub mod properties;
pub mod run;
pub mod table;
pub mod world;
