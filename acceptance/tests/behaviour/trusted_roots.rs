//! Which roots a function trusts: all of its platform's, although it looks at some of them first.

use std::time::Duration;

use acceptance::key_server::KeyServer;
use acceptance::tls_front::{self, Certificates};
use aws_smithy_http_client::tls::TrustStore;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use process::aws::Https;

/// A server behind TLS, and somebody else's root.
struct Scene {
    server: KeyServer,
    url: String,
    root: TrustStore,
    another: TrustStore,
}

impl Scene {
    async fn new() -> Self {
        let trusting =
            |certificates: &Certificates| TrustStore::empty().with_pem_certificate(certificates.root());
        let (certificates, others) = (Certificates::make(), Certificates::make());
        let server = KeyServer::start(&[]).await;
        let authority = server.url().trim_end_matches("/jwks.json");
        let url = tls_front::in_front_of(authority, &certificates, Duration::ZERO).await;
        Self { url, root: trusting(&certificates), another: trusting(&others), server }
    }

    /// The status of an answer, and how often the server was asked.
    async fn ask(&self, https: &Https) -> (Option<u16>, usize) {
        let request = HttpRequest::get(&self.url).expect("a URL");
        let answer = https.connector().call(request).await;
        (answer.ok().map(|answer| answer.status().as_u16()), self.server.requests())
    }

    fn is_for_some(url: &str) -> bool {
        url.starts_with("https://localhost:")
    }
}

#[tokio::test]
async fn a_server_is_reached_by_any_trusted_root_and_asked_once() {
    let scene = Scene::new().await;
    let (root, another) = (scene.root.clone(), scene.another.clone());
    let by_some = Https::trusting(root.clone(), another.clone(), Scene::is_for_some);
    assert_eq!(scene.ask(&by_some).await, (Some(200), 1), "by one of those that are looked at first");
    let by_another = Https::trusting(another.clone(), root.clone(), Scene::is_for_some);
    assert_eq!(scene.ask(&by_another).await, (Some(200), 2), "by another one of the platform's");
    let by_all = Https::trusting(another, root, |_| false);
    assert_eq!(scene.ask(&by_all).await, (Some(200), 3), "by all of them from the beginning");
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_no_trusted_root_vouches_for() {
    let scene = Scene::new().await;
    let (root, another) = (scene.root.clone(), scene.another.clone());
    let neither = Https::trusting(another.clone(), another.clone(), Scene::is_for_some);
    assert_eq!(scene.ask(&neither).await, (None, 0));
    let for_another_host = Https::trusting(root, another, |_| false);
    assert_eq!(scene.ask(&for_another_host).await, (None, 0), "some are for some hosts only");
}
