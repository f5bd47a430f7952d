//! What makes a server of this machine look like one of AWS from a distance: TLS with a chain of certificates like
//! theirs, and some time until each answer.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_RSA_SHA256,
};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::message::{self, Message, authority};

/// A chain of certificates for `localhost`: a root, an authority below it, and the server's, all with RSA keys of 2,048
/// bits as AWS's are.
#[derive(Debug)]
pub struct Certificates {
    root: Certificate,
    authority: Certificate,
    server: Certificate,
    key: KeyPair,
}

impl Certificates {
    /// Makes them.
    #[must_use]
    pub fn make() -> Self {
        let root = CertifiedIssuer::self_signed(params("Root of a test"), key()).expect("a root");
        let authority = CertifiedIssuer::signed_by(params("Authority of a test"), key(), &root);
        let authority = authority.expect("an authority");
        let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let key = key();
        let server = server.signed_by(&key, &authority).expect("a certificate");
        Self { root: root.as_ref().clone(), authority: authority.as_ref().clone(), server, key }
    }

    /// The root that has to be trusted.
    #[must_use]
    pub fn root(&self) -> String {
        self.root.pem()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let chain = vec![self.server.der().clone(), self.authority.der().clone()];
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into());
        let mut config = config.expect("a certificate and its key");
        // DynamoDB speaks no other.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key")
}

/// What is certified of an authority.
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Puts TLS in front of a server of this machine, until the runtime ends; each answer is kept back for so long. Gives
/// the URL without a path.
pub async fn in_front_of(server: &str, certificates: &Certificates, wait: Duration) -> String {
    let (acceptor, server) = (certificates.acceptor(), authority(server).to_owned());
    let address = message::listen(move |client| serve(client, acceptor.clone(), server.clone(), wait)).await;
    format!("https://localhost:{}", address.port())
}

/// One connection, and one to the server behind.
async fn serve(client: TcpStream, acceptor: TlsAcceptor, server: String, wait: Duration) {
    let Ok(()) = client.set_nodelay(true) else { return };
    let Ok(client) = acceptor.accept(client).await else { return };
    let behind = TcpStream::connect(&server).await.expect("the server listens");
    behind.set_nodelay(true).expect("a socket");
    let (mut client, mut behind) = (BufReader::new(client), BufReader::new(behind));
    while let Ok(request) = Message::read(&mut client).await {
        let request = request.under(&server);
        behind.get_mut().write_all(&request.bytes()).await.expect("the server reads");
        let answer = Message::read(&mut behind).await.expect("the server answers");
        tokio::time::sleep(wait).await;
        if client.get_mut().write_all(&answer.bytes()).await.is_err()
            || client.get_mut().flush().await.is_err()
        {
            return;
        }
    }
}
