//! What callers see and what is stored, through the functions' `handle`.

// The futures of tests hold those of the functions, which hold the SDK's.
#![recursion_limit = "256"]
#![expect(clippy::expect_used, reason = "A test that cannot be set up or read ends here.")]

mod api_keys;
mod audit_claims;
mod audit_destination;
mod audit_disclosures;
mod audit_export;
mod audit_format;
mod audit_kms;
mod audit_late;
mod audit_nonsense;
mod audit_odd_files;
mod audit_part;
mod audit_proof;
mod audit_proofs_of_many;
mod audit_races;
mod audit_replay;
mod audit_replay_faults;
mod audit_s3;
mod audit_signatures;
mod audit_signing_keys;
mod audit_tampering;
mod audit_texts;
mod authorisation;
mod body_faults;
mod calls;
mod commands;
mod concurrency;
mod credentials;
mod engine_door;
mod erasure;
mod events;
mod faults;
mod gateway_events;
mod idempotency;
mod invariants;
mod isolation;
mod issuers;
mod key_set_outages;
mod key_sets;
mod late_attempts;
mod log;
mod organisations;
mod pages;
mod paths;
mod properties;
mod publishing;
mod publishing_faults;
mod publishing_order;
mod queries;
mod query_refusals;
mod races;
mod refusals;
mod scene;
mod security;
mod stored_format;
mod table_check;
mod template;
mod token_forms;
mod tokens;
mod torn_reads;
mod trusted_roots;
mod which_tokens;
