//! TLS by rustls: roots, client certificates, server name; the only place that reads files.

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(super) use with_rustls::Tls;
#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(super) use with_rustls::provider;
#[cfg(all(feature = "http-locations", any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(crate) use with_rustls::without_identity;
#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(super) use without::Tls;

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
mod without {
    use std::time::Duration;

    use tower::BoxError;

    use crate::config::Config;
    use crate::error::{Error, Kind, Result};
    use crate::transport::connect::{Address, Wire};

    /// There is none.
    pub(crate) enum Tls {}

    impl Tls {
        pub(crate) fn new(_: &Config, _: &Address) -> Result<Self> {
            Err(
                Error::new(Kind::NotSupported, "this build of Jetbridge has no TLS")
                    .hint("build it with the feature tls-ring or tls-aws-lc, or use transport=tcp"),
            )
        }

        pub(crate) fn handshake(&mut self, _: Option<Duration>) -> Result<Handshake> {
            match *self {}
        }
    }

    /// A handshake that never comes.
    pub(crate) enum Handshake {}

    impl Handshake {
        pub(crate) async fn over(self, _: Wire) -> Result<Wire, BoxError> {
            match self {}
        }
    }
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
mod with_rustls {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::CryptoProvider;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
    use rustls::{
        ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion,
    };
    use tokio_rustls::TlsConnector;
    use tower::BoxError;

    use crate::config::{Config, Pem, TlsVersion};
    use crate::error::{Error, Result};
    use crate::trace;
    use crate::transport::connect::{Address, Wire};

    /// How TLS is spoken with one server.
    pub(crate) struct Tls {
        config: Config,
        name: ServerName<'static>,
        /// For the first connection: that it can be made was found out before.
        first: Option<Arc<ClientConfig>>,
    }

    impl Tls {
        /// # Errors
        ///
        /// `Config` when a file cannot be read, or holds something else.
        pub(crate) fn new(config: &Config, address: &Address) -> Result<Self> {
            if config.get_tls_key_log() {
                trace::keys_are_logged(&address.peer());
            }
            if !config.get_tls_verify() {
                trace::certificate_not_checked(&address.peer());
            }
            let name = config.get_tls_server_name().unwrap_or(&address.host);
            let name = ServerName::try_from(name.to_owned()).map_err(|_| {
                Error::config(format!("{name:?} is no name that a certificate can be for"))
                    .hint("set tls_server_name to the name in the server's certificate")
            })?;
            Ok(Self {
                config: config.clone(),
                name,
                first: Some(Arc::new(client(config)?)),
            })
        }

        /// What makes TLS of a connection. The files are read anew for each but the first: certificates are replaced before they expire.
        pub(crate) fn handshake(&mut self, patience: Option<Duration>) -> Result<Handshake> {
            let client = match self.first.take() {
                Some(client) => client,
                None => Arc::new(client(&self.config)?),
            };
            Ok(Handshake {
                client,
                name: self.name.clone(),
                patience,
            })
        }
    }

    /// A handshake to come.
    pub(crate) struct Handshake {
        client: Arc<ClientConfig>,
        name: ServerName<'static>,
        patience: Option<Duration>,
    }

    impl Handshake {
        pub(crate) async fn over(self, wire: Wire) -> Result<Wire, BoxError> {
            let shaking = TlsConnector::from(self.client).connect(self.name, wire);
            let stream = match self.patience {
                None => shaking.await?,
                Some(patience) => tokio::time::timeout(patience, shaking).await.map_err(|_| {
                    let words = format!("the TLS handshake was not done within {patience:?}");
                    std::io::Error::new(std::io::ErrorKind::TimedOut, words)
                })??,
            };
            // ALPN is offered and not insisted on: several servers speak HTTP/2 without announcing it.
            Ok(Box::new(stream))
        }
    }

    static NEWEST: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

    /// The settings of rustls that a configuration comes to.
    fn client(config: &Config) -> Result<ClientConfig> {
        let bad = |error: rustls::Error| Error::config(format!("the TLS options do not work: {error}"));
        let versions = match config.get_tls_min_version() {
            TlsVersion::V1_2 => rustls::DEFAULT_VERSIONS,
            TlsVersion::V1_3 => NEWEST,
        };
        let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(provider()), Arc::clone);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(bad)?;
        let builder = if config.get_tls_verify() {
            builder.with_root_certificates(roots(config)?)
        } else {
            let anybody = Arc::new(Unchecked(provider.as_ref().clone()));
            builder.dangerous().with_custom_certificate_verifier(anybody)
        };
        let mut client = match identity(config)? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| {
                Error::config(format!(
                    "option tls_client_certificate: it is no certificate, or tls_client_key is not its key: {error}"
                ))
            })?,
            None => builder.with_no_client_auth(),
        };
        if config.get_tls_key_log() {
            client.key_log = Arc::new(rustls::KeyLogFile::new());
        }
        client.alpn_protocols.push(b"h2".to_vec());
        Ok(client)
    }

    /// Whom the client trusts.
    fn roots(config: &Config) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        match config.get_tls_ca() {
            Some(named) => {
                for certificate in certificates("tls_ca", &read("tls_ca", named)?)? {
                    roots.add(certificate).map_err(|error| {
                        Error::config(format!("option tls_ca: a certificate cannot be used: {error}"))
                    })?;
                }
            }
            None => add_system_roots(&mut roots),
        }
        Ok(roots)
    }

    #[cfg(feature = "tls-native-roots")]
    fn add_system_roots(roots: &mut RootCertStore) {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }

    #[cfg(not(feature = "tls-native-roots"))]
    fn add_system_roots(_: &mut RootCertStore) {}

    /// By what the client proves who it is.
    fn identity(config: &Config) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
        let (Some(chain), Some(key)) = (config.get_tls_client_certificate(), config.get_tls_client_key())
        else {
            return Ok(None);
        };
        let chain = certificates("tls_client_certificate", &read("tls_client_certificate", chain)?)?;
        let key = private_key(config, &read("tls_client_key", key)?)?;
        Ok(Some((chain, key)))
    }

    fn certificates(option: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
        let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        // What is there instead is not repeated: it may be a key.
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(Error::config(format!(
                "option {option}: there is no certificate in PEM in it"
            ))),
        }
    }

    /// The first word of a key that is kept under a password (PKCS#8).
    const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    fn private_key(config: &Config, pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
        let wrong = |problem: &str| Error::config(format!("option tls_client_key: {problem}"));
        let text = String::from_utf8_lossy(pem);
        if let Some(start) = text.find(ENCRYPTED) {
            let password = config.get_tls_client_key_password().ok_or_else(|| {
                wrong("the key is encrypted").hint("give its password by tls_client_key_password")
            })?;
            return decrypted(text.get(start..).unwrap_or_default(), password.expose());
        }
        if text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(wrong("the key is encrypted in the old way of OpenSSL")
                .hint("convert it: openssl pkcs8 -topk8 -in KEY -out NEW"));
        }
        PrivateKeyDer::from_pem_slice(pem).map_err(|_| wrong("there is no private key in PEM in it"))
    }

    #[cfg(feature = "encrypted-keys")]
    const END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

    #[cfg(feature = "encrypted-keys")]
    fn decrypted(pem: &str, password: &str) -> Result<PrivateKeyDer<'static>> {
        let wrong = |problem: &str| Error::config(format!("option tls_client_key: {problem}"));
        let end = pem.find(END).map(|end| end + END.len());
        let section = end.and_then(|end| pem.get(..end)).unwrap_or(pem);
        let (_, document) = pkcs8::SecretDocument::from_pem(section)
            .map_err(|_| wrong("there is no private key in PEM in it"))?;
        let key = pkcs8::EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
            .map_err(|_| wrong("the encrypted key is not PKCS#8"))?
            .decrypt(password)
            .map_err(|_| {
                wrong("the key cannot be decrypted")
                    .hint("is tls_client_key_password right? PBES2 with AES or scrypt is known: openssl pkcs8 -topk8 makes it")
            })?;
        PrivateKeyDer::try_from(key.as_bytes().to_vec())
            .map_err(|_| wrong("there is no key known to TLS in it"))
    }

    #[cfg(not(feature = "encrypted-keys"))]
    fn decrypted(_: &str, _: &str) -> Result<PrivateKeyDer<'static>> {
        use crate::error::Kind;
        Err(Error::new(
            Kind::NotSupported,
            "this build of Jetbridge cannot read encrypted keys",
        )
        .hint(
            "build it with the feature `encrypted-keys`, or give tls_client_key a key that is not encrypted",
        ))
    }

    /// The TLS settings for a server that is told nothing about the session: it checks as the session does, and shows no client certificate.
    #[cfg(feature = "http-locations")]
    pub(crate) fn without_identity(config: &Config) -> Result<ClientConfig> {
        let provider = Arc::new(provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::config(format!("the TLS options do not work: {error}")))?;
        if !config.get_tls_verify() {
            let anybody = Arc::new(Unchecked(provider.as_ref().clone()));
            return Ok(builder
                .dangerous()
                .with_custom_certificate_verifier(anybody)
                .with_no_client_auth());
        }
        let mut roots = RootCertStore::empty();
        // Those of the system, and the one the user named: objects seldom lie at the Flight server itself.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(named) = config.get_tls_ca() {
            let pem = read("tls_ca", named)?;
            roots.add_parsable_certificates(
                CertificateDer::pem_slice_iter(&pem).filter_map(|certificate| certificate.ok()),
            );
        }
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }

    /// An option holds PEM text, or the path of a file that does.
    fn read(option: &str, pem: &Pem) -> Result<Vec<u8>> {
        let path = match pem {
            Pem::Text(text) => return Ok(text.expose().as_bytes().to_vec()),
            Pem::Path(path) => path,
        };
        std::fs::read(path).map_err(|error| {
            Error::config(format!("option {option}: the file cannot be read: {error}"))
                .hint("the option takes the path of a PEM file, or the PEM text itself")
        })
    }

    #[cfg(feature = "tls-ring")]
    pub(crate) fn provider() -> CryptoProvider {
        rustls::crypto::ring::default_provider()
    }

    #[cfg(not(feature = "tls-ring"))]
    pub(crate) fn provider() -> CryptoProvider {
        rustls::crypto::aws_lc_rs::default_provider()
    }

    /// Takes any certificate (`tls_verify=false`); the handshake itself must still be signed by it.
    #[derive(Debug)]
    struct Unchecked(CryptoProvider);

    impl ServerCertVerifier for Unchecked {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> std::result::Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
            let known = &self.0.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
            let known = &self.0.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
