//! One HTTPS client for everything that a function calls: its trusted roots are read once and parsed by need, and its
//! connections are in one pool for each set of roots.
//!
//! By default, every client of the SDK makes two of its own, one to try it out, and each parses all roots anew.

use std::sync::{Arc, LazyLock};

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::never_sent::had_no_connection;
use super::{CONNECT_TIMEOUT, roots};

/// The client.
#[derive(Debug, Clone)]
pub struct Https(SharedHttpConnector);

impl Https {
    /// A client that trusts the platform's roots (`SSL_CERT_FILE`, `SSL_CERT_DIR`, or where they usually are). How long an
    /// answer may take is the callers' business.
    #[must_use]
    pub fn new() -> Self {
        let of_amazon = TrustStore::empty().with_pem_certificate(roots::of_amazon());
        Self::trusting(of_amazon, TrustStore::default(), roots::is_of_aws)
    }

    /// A client that tries some roots first where a URL says so, and all of them if there is no connection by those.
    /// Whatever some of them verify, all of them do: it is only faster.
    #[must_use]
    pub fn trusting(some: TrustStore, all: TrustStore, is_for_some: fn(&str) -> bool) -> Self {
        let all: LazyConnector = LazyLock::new(Box::new(|| connector(all)));
        Self(SharedHttpConnector::new(RootsByNeed { some: connector(some), all: Arc::new(all), is_for_some }))
    }

    /// As a connector, for what is not of AWS.
    #[must_use]
    pub fn connector(&self) -> SharedHttpConnector {
        self.0.clone()
    }

    /// As what the SDK's clients take. Their settings are the connector's.
    #[must_use]
    pub fn for_sdk(&self) -> SharedHttpClient {
        let connector = self.connector();
        http_client_fn(move |_, _| connector.clone())
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

fn connector(trusted: TrustStore) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let mut builder = Connector::builder()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new());
    if let Ok(context) = TlsContext::builder().with_trust_store(trusted).build() {
        builder = builder.tls_context(context);
    }
    SharedHttpConnector::new(builder.build())
}

type LazyConnector = LazyLock<SharedHttpConnector, Box<dyn FnOnce() -> SharedHttpConnector + Send>>;

struct RootsByNeed {
    some: SharedHttpConnector,
    all: Arc<LazyConnector>,
    is_for_some: fn(&str) -> bool,
}

impl std::fmt::Debug for RootsByNeed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RootsByNeed")
    }
}

impl HttpConnector for RootsByNeed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.uri().starts_with("http:") {
            return self.some.call(request);
        }
        let again = if (self.is_for_some)(request.uri()) { request.try_clone() } else { None };
        let Some(again) = again else { return self.all.call(request) };
        let (first, all) = (self.some.call(request), Arc::clone(&self.all));
        HttpConnectorFuture::new(async move {
            match first.await {
                Err(error) if had_no_connection(&error) => all.call(again).await,
                done => done,
            }
        })
    }
}
