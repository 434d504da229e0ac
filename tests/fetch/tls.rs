//! HTTPS: only with a server that has the right certificate.

use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use support::{Host, host_binary};
use tempfile::NamedTempFile;

use crate::server::Server;
use crate::{ask, error, get, options};

/// An authority that nobody trusts who is not told to.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a certificate of this authority for these names.
fn server(authority: &CertifiedIssuer<'static, KeyPair>, params: CertificateParams) -> Server {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key);
    Server::start_tls(config.unwrap())
}

fn names(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn pem(authority: &CertifiedIssuer<'static, KeyPair>) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    file
}

/// A host that trusts these authorities, and may reach this machine.
fn host(trusted: &[&NamedTempFile]) -> Host {
    let args = trusted.iter().flat_map(|file| ["--tls-ca".as_ref(), file.path().as_os_str()]);
    options(&["localhost", "127.0.0.1"]).args(args).start_deployed()
}

#[test]
fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let authority = authority();
    let server = server(&authority, names(&["localhost", "127.0.0.1"]));
    let trusting = host(&[&pem(&authority)]);
    for url in [server.local_url("/echo"), server.url("/echo")] {
        let came = ask(&trusting, json!({"url": url, "method": "POST", "body": "secret"}));
        assert_eq!(came["status"], 200, "{came}");
    }
    assert!(server.asked().iter().all(|asked| asked.body == "secret"));
    let came = get(&host(&[]), &server.local_url("/echo"));
    assert_eq!(error(&came), "fetch.failed");
    assert!(came["message"].as_str().unwrap().contains("certificate"), "{came}");
    assert_eq!(server.asked().len(), 2, "nothing was said to a server that is not trusted");
}

#[test]
fn certificates_that_are_not_right_are_refused() {
    let (ours, theirs) = (authority(), authority());
    let mut expired = names(&["localhost"]);
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let servers = [
        ("another name", server(&ours, names(&["a.example"]))),
        ("another authority", server(&theirs, names(&["localhost"]))),
        ("out of date", server(&ours, expired)),
    ];
    let host = host(&[&pem(&ours)]);
    for (why, server) in &servers {
        assert_eq!(error(&get(&host, &server.local_url("/echo"))), "fetch.failed", "{why}");
        assert!(server.asked().is_empty(), "{why}");
    }
    // What speaks no TLS is no server for it, and the other way round.
    let plain = Server::start();
    let url = plain.local_url("/echo").replace("http:", "https:");
    assert_eq!(error(&get(&host, &url)), "fetch.failed");
    let url = servers[0].1.local_url("/echo").replace("https:", "http:");
    assert_eq!(error(&get(&host, &url)), "fetch.failed");
}

#[test]
fn a_redirect_may_lead_to_tls() {
    let authority = authority();
    let (plain, secure) = (Server::start(), server(&authority, names(&["localhost"])));
    let host = host(&[&pem(&authority)]);
    let url = plain.url(&format!("/redirect/301?to={}", secure.local_url("/echo")));
    let came = get(&host, &url);
    assert_eq!((&came["status"], &came["url"]), (&json!(200), &json!(secure.local_url("/echo"))), "{came}");
}

#[test]
fn a_file_that_holds_no_certificates_keeps_the_host_from_starting() {
    let (file, data) = (NamedTempFile::new().unwrap(), tempfile::tempdir().unwrap());
    let mut command = Command::new(host_binary());
    command.args(["run", "--port", "0", "--tls-ca"]).arg(file.path()).arg("--data").arg(data.path());
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && printed.contains(&file.path().display().to_string()), "{printed}");
}
