//! A write that never left the function was not carried out, and that is what is said. How it is told from one that may have arrived is
//! tested where it is told (`store`, `sending/unsent.rs`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use acceptance::refused::Refused;
use acceptance::{RequestBuilder, Setting, Stage};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use serde_json::json;
use store::{AuditShards, Table};

/// Credentials that are there for every read of a command, and not for the write that follows it. They have expired already, so that
/// they are asked for with every call.
#[derive(Debug)]
struct ForReads {
    access_key_id: String,
    asked: AtomicUsize,
}

impl ProvideCredentials for ForReads {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(if self.asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            Ok(Credentials::new(&self.access_key_id, "secret", None, Some(UNIX_EPOCH), "test"))
        } else {
            Err(CredentialsError::provider_error("they cannot be had now"))
        })
    }
}

#[tokio::test]
async fn a_write_that_was_never_sent_is_no_unknown_outcome() {
    let message = |again| format!("The store cannot be reached. {again}");
    for (key, again) in [
        (None, "Nothing was written; send the request again."),
        (Some("once"), "Send the request again, a command with the same Idempotency-Key."),
    ] {
        let (engine, client) = acceptance::engine().await;
        let access_key_id = acceptance::access(engine.as_ref()).access_key_id.as_str().to_owned();
        let mut stage = Stage::on(engine, client, Setting::default()).await;
        let (api_key, _) = stage.api_key("acme").await;
        let add = RequestBuilder::add("alice", &json!({"orgId": "acme"}));
        let add = add.bearer(&stage.user_token("alice")).api_key(&api_key);
        let add = key.map_or_else(|| add.clone(), |key| add.clone().idempotency_key(key));

        let name = stage.backend.table.name().to_owned();
        let flickering = ForReads { access_key_id, asked: AtomicUsize::new(0) };
        let config = stage.client.config().to_builder().credentials_provider(flickering).build();
        let whole = stage.use_table(Table::new(Client::from_conf(config), name, AuditShards::DEFAULT));
        let before = stage.stored().await;
        let refused = Refused::new(503, "store_unavailable", &message(again)).with_header("retry-after", "1");
        refused.check(&add.clone().send(&stage).await);
        assert_eq!(stage.stored().await, before);

        stage.use_table(whole);
        assert_eq!(add.send(&stage).await.json()["number"], 1);
    }
}
