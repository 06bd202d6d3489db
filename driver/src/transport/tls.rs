//! TLS by rustls: roots, client certificates, server name; the only place that reads files.

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(crate) fn apply(
    _: tonic::transport::Endpoint,
    _: &crate::config::Config,
    _: &super::connect::Address,
) -> crate::error::Result<tonic::transport::Endpoint> {
    use crate::error::{Error, Kind};
    Err(
        Error::new(Kind::NotSupported, "this build of Jetbridge has no TLS")
            .hint("build it with the feature tls-ring or tls-aws-lc, or use transport=tcp"),
    )
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub(crate) use with_rustls::apply;
#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(super) use with_rustls::provider;
#[cfg(all(feature = "http-locations", any(feature = "tls-ring", feature = "tls-aws-lc")))]
pub(crate) use with_rustls::without_identity;

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
mod with_rustls {
    use std::sync::Arc;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::CryptoProvider;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, SignatureScheme};
    use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

    use crate::config::{Config, Pem};
    use crate::error::{Error, Result};
    use crate::trace;
    use crate::transport::connect::Address;

    /// Gives an endpoint the TLS settings of a configuration.
    pub(crate) fn apply(endpoint: Endpoint, config: &Config, address: &Address) -> Result<Endpoint> {
        let bad = |error: tonic::transport::Error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Error::config(format!("the TLS options do not work: {cause}"))
        };
        // Several servers offer HTTP/2 without announcing it by ALPN (feature map, section 3).
        let mut tls = ClientTlsConfig::new().assume_http2(true);
        if let Some(timeout) = config.get_connect_timeout() {
            tls = tls.timeout(timeout);
        }
        if config.get_tls_key_log() {
            trace::keys_are_logged(&address.peer());
            tls = tls.use_key_log();
        }
        if let Some(name) = config.get_tls_server_name() {
            tls = tls.domain_name(name);
        } else {
            tls = tls.domain_name(address.host.clone());
        }
        if let Some(certificate) = config.get_tls_client_certificate() {
            let certificate = read("tls_client_certificate", certificate)?;
            let missing = || Error::config("option tls_client_certificate needs tls_client_key beside it");
            let key = config.get_tls_client_key().ok_or_else(missing)?;
            tls = tls.identity(Identity::from_pem(certificate, read("tls_client_key", key)?));
        }
        if !config.get_tls_verify() {
            trace::certificate_not_checked(&address.peer());
            return endpoint
                .tls_config_with_verifier(tls, Arc::new(Unchecked(provider())))
                .map_err(bad);
        }
        tls = match config.get_tls_ca() {
            Some(roots) => tls.ca_certificate(Certificate::from_pem(read("tls_ca", roots)?)),
            None => tls.with_enabled_roots(),
        };
        endpoint.tls_config(tls).map_err(bad)
    }

    /// The TLS settings for a server that is told nothing about the session: it checks as the session does, and shows no client certificate.
    #[cfg(feature = "http-locations")]
    pub(crate) fn without_identity(config: &Config) -> Result<rustls::ClientConfig> {
        use rustls::pki_types::pem::PemObject as _;
        let provider = Arc::new(provider());
        let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::config(format!("the TLS options do not work: {error}")))?;
        if !config.get_tls_verify() {
            let anybody = Arc::new(Unchecked(provider.as_ref().clone()));
            return Ok(builder
                .dangerous()
                .with_custom_certificate_verifier(anybody)
                .with_no_client_auth());
        }
        let mut roots = rustls::RootCertStore::empty();
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
