//! Whose certificates are trusted.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// A connector that trusts the authorities that browsers trust, and those in these PEM files.
///
/// # Errors
/// The file that cannot be used, and why.
pub(super) fn connector(files: &[impl AsRef<Path>]) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for file in files {
        let file = file.as_ref();
        add(&mut roots, file).with_context(|| format!("cannot take certificates from {}", file.display()))?;
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add(roots: &mut RootCertStore, file: &Path) -> anyhow::Result<()> {
    let mut count = 0;
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
        count += 1;
    }
    anyhow::ensure!(count > 0, "there is none in it; they are expected in PEM form");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (empty, garbled, missing) =
            (dir.path().join("empty.pem"), dir.path().join("garbled.pem"), dir.path().join("missing.pem"));
        std::fs::write(&empty, "no certificate").unwrap();
        std::fs::write(&garbled, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        for file in [&empty, &garbled, &missing] {
            let error = format!("{:#}", connector(&[file]).err().unwrap());
            assert!(error.contains(&file.display().to_string()), "{error}");
        }
        assert!(connector(&[] as &[&Path]).is_ok());
    }
}
