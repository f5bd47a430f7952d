//! What is certain of a sending that failed below HTTP, by the SDK's own client and real sockets.

use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_types::SdkConfig;

use crate::fault::StoreFault;
use crate::items::Place;
use crate::sending::SendingFault;
use crate::write::{AttemptToken, Raced, Write};
use crate::{AuditShards, Table, client_config};

const PATIENCE: Duration = Duration::from_secs(20);

/// A table at an endpoint, for somebody with credentials.
fn table(endpoint: &str) -> Table {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    of(client_config(&nothing()).to_builder().credentials_provider(credentials), endpoint)
}

fn of(config: Builder, endpoint: &str) -> Table {
    let config = config.endpoint_url(endpoint).region(Region::new("eu-central-1")).build();
    Table::new(Client::from_conf(config), "inventory".to_owned(), AuditShards::DEFAULT)
}

fn nothing() -> SdkConfig {
    SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build()
}

/// What becomes of one sending.
async fn fault(table: &Table) -> SendingFault {
    let place = Place { pk: "USER#alice".to_owned(), sk: "USER".to_owned() };
    let item = table.put_new(&place, &std::collections::BTreeMap::<String, String>::new()).unwrap();
    let write = Write::new(vec![item], AttemptToken::new([7; 16]), Raced::HEAD);
    table.send(&write, Instant::now() + PATIENCE).await.unwrap_err()
}

#[track_caller]
fn was_never_sent(fault: &SendingFault, cause: &str) {
    let SendingFault::NotCarriedOut(StoreFault::Unreachable(words)) = fault else {
        panic!("{fault:?}");
    };
    assert!(words.starts_with(cause), "{words}");
    assert_eq!(words.lines().count(), 1, "{words}");
}

/// Somebody who listens on this machine, and what is done with whoever connects.
fn listening(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    address
}

#[tokio::test]
async fn what_nobody_listens_for_was_never_sent() {
    let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    was_never_sent(&fault(&table(&format!("http://{address}"))).await, "no connection: Connection refused");
}

#[tokio::test]
async fn what_has_no_address_was_never_sent() {
    was_never_sent(
        &fault(&table("http://nowhere.invalid")).await,
        "no connection: failed to lookup address information",
    );
}

#[tokio::test]
async fn what_tls_was_not_agreed_on_for_was_never_sent() {
    let address = listening(drop);
    was_never_sent(&fault(&table(&format!("https://{address}"))).await, "no connection: ");
}

/// Somebody who has credentials, and does not give them.
#[derive(Debug)]
struct Locked;

impl ProvideCredentials for Locked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error("the vault is locked")))
    }
}

#[tokio::test]
async fn what_could_not_be_signed_was_never_sent() {
    let config = client_config(&nothing()).to_builder().credentials_provider(Locked);
    was_never_sent(&fault(&of(config, "http://127.0.0.1:1")).await, "no credentials: the vault is locked");
}

/// Whatever was called when a connection broke that was there: some of it may have arrived, or all.
#[tokio::test]
async fn what_broke_on_a_connection_may_have_arrived() {
    let closed = listening(drop);
    let read = listening(|mut stream| {
        let _ = stream.read(&mut vec![0; 100_000]);
    });
    let silent = listening(std::mem::forget);
    for address in [closed, read, silent] {
        let fault = fault(&table(&format!("http://{address}"))).await;
        assert!(matches!(fault, SendingFault::Unanswered(_)), "{fault:?}");
    }
}
