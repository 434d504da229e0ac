//! Which hosts and addresses are allowed.

use std::net::{IpAddr, SocketAddr};

use rivet_ground::ActorError;
use url::Host;

use crate::egress::failure;
use crate::egress::pattern::{Hosts, Pattern};
use crate::egress::public::is_public;

/// What may be reached: nothing that no pattern names.
pub(super) struct Policy {
    patterns: Vec<Pattern>,
}

impl Policy {
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns }
    }

    /// Checks a host, before its name is looked up.
    pub(super) fn check_host(&self, host: &Host<&str>, port: u16) -> Result<(), ActorError> {
        let allows = |pattern: &&Pattern| match host {
            Host::Domain(name) => pattern.has_name(canonical(name)),
            Host::Ipv4(address) => pattern.hosts == Hosts::All || pattern.has_address((*address).into()),
            Host::Ipv6(address) => pattern.hosts == Hosts::All || pattern.has_address((*address).into()),
        };
        match self.on(port).find(allows) {
            Some(_) => Ok(()),
            None => {
                let message = format!(
                    "actors of this host may not reach {host}:{port}; `--allow-net {host}:{port}` would allow it"
                );
                Err(failure("denied", message))
            }
        }
    }

    /// Those of the addresses of an allowed host that may be connected to.
    pub(super) fn check_addresses(
        &self,
        host: &Host<&str>,
        found: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, ActorError> {
        let Some(first) = found.first().copied() else {
            return Err(failure("failed", format!("{host} has no address")));
        };
        let allowed: Vec<SocketAddr> = found.into_iter().filter(|at| self.allows(host, *at)).collect();
        if allowed.is_empty() {
            // What names mean inside of the operator's network is for the operator alone.
            tracing::warn!(
                "{host} is at {}, which is no public address; `--allow-net {first}` would allow it",
                first.ip()
            );
            let message =
                format!("{host} has no public address; the host's log says how to allow the one that it has");
            return Err(failure("private_address", message));
        }
        Ok(allowed)
    }

    /// A pattern that names a host allows its public addresses alone; others are named themselves. `localhost` names those of
    /// this machine.
    fn allows(&self, host: &Host<&str>, at: SocketAddr) -> bool {
        let names_itself = |address: IpAddr| {
            let is_local = matches!(host, Host::Domain(name) if canonical(name) == LOCALHOST)
                && address.to_canonical().is_loopback();
            self.on(at.port()).any(|pattern| {
                pattern.has_address(address)
                    || (is_local && matches!(&pattern.hosts, Hosts::Name(name) if name == LOCALHOST))
            })
        };
        is_public(at.ip()) || names_itself(at.ip())
    }

    fn on(&self, port: u16) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().filter(move |pattern| pattern.has_port(port))
    }
}

const LOCALHOST: &str = "localhost";

/// A name without the dot that says that it is whole.
fn canonical(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn policy(patterns: &[&str]) -> Policy {
        Policy::new(patterns.iter().map(|text| text.parse().unwrap()).collect())
    }

    /// What the policy says of a URL whose host is found at these addresses.
    fn judge(patterns: &[&str], url: &str, addresses: &[&str]) -> Result<Vec<IpAddr>, String> {
        let url = Url::parse(url).unwrap();
        let (host, port) = (url.host().unwrap(), url.port_or_known_default().unwrap());
        let policy = policy(patterns);
        policy.check_host(&host, port).map_err(|error| error.code)?;
        let found = match host {
            Host::Domain(_) => addresses.iter().map(|address| address.parse().unwrap()).collect(),
            Host::Ipv4(address) => vec![IpAddr::from(address)],
            Host::Ipv6(address) => vec![IpAddr::from(address)],
        };
        let found = found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        let allowed = policy.check_addresses(&host, found).map_err(|error| error.code)?;
        Ok(allowed.into_iter().map(|at| at.ip()).collect())
    }

    fn is_allowed(patterns: &[&str], url: &str) -> bool {
        match judge(patterns, url, &["1.1.1.1"]) {
            Ok(_) => true,
            Err(code) => {
                assert_eq!(code, "denied", "{url}");
                false
            }
        }
    }

    #[test]
    fn nothing_is_allowed_that_is_not_named() {
        for url in ["http://a.example", "http://1.1.1.1", "http://[2606:4700::1]", "http://localhost"] {
            assert!(!is_allowed(&[], url));
            assert!(!is_allowed(&["b.example", "2.2.2.2"], url));
        }
    }

    #[test]
    fn names_are_held_against_patterns() {
        assert!(is_allowed(&["a.example"], "https://A.example./x"));
        assert!(!is_allowed(&["a.example"], "https://b.a.example"));
        assert!(!is_allowed(&["a.example"], "https://a.example.evil"));
        assert!(is_allowed(&["*.a.example"], "https://c.b.a.example"));
        assert!(!is_allowed(&["*.a.example"], "https://a.example"));
        assert!(!is_allowed(&["*.a.example"], "https://ba.example"));
        assert!(is_allowed(&["*"], "https://any.example"));
        assert!(is_allowed(&["bücher.example"], "https://B%C3%BCcher.example"));
        // Addresses allow no names.
        assert!(!is_allowed(&["0.0.0.0/0"], "https://a.example"));
    }

    #[test]
    fn ports_are_held_against_patterns() {
        assert!(is_allowed(&["a.example:443"], "https://a.example"));
        assert!(!is_allowed(&["a.example:443"], "http://a.example"));
        assert!(is_allowed(&["a.example:80"], "http://a.example"));
        assert!(is_allowed(&["a.example"], "http://a.example:8080"));
        assert!(is_allowed(&["*:8080"], "http://a.example:8080"));
        assert!(!is_allowed(&["*:8080"], "http://a.example"));
        assert!(!is_allowed(&["1.1.1.0/24:81"], "http://1.1.1.1"));
    }

    #[test]
    fn a_name_reaches_public_addresses_alone() {
        let at = |patterns: &[&str], addresses: &[&str]| judge(patterns, "http://a.example", addresses);
        let private = Err("private_address".to_owned());
        for pattern in ["*", "a.example"] {
            for address in ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "fd00::1"] {
                assert_eq!(at(&[pattern], &[address]), private, "{address}");
            }
        }
        let public: IpAddr = "1.1.1.1".parse().unwrap();
        assert_eq!(at(&["a.example"], &["10.0.0.1", "1.1.1.1", "::1"]), Ok(vec![public]));
        assert_eq!(at(&["a.example"], &[]), Err("failed".to_owned()));
        let private: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(at(&["a.example", "10.0.0.0/8"], &["10.0.0.1", "127.0.0.1"]), Ok(vec![private]));
        assert_eq!(at(&["a.example", "10.0.0.0/8:81"], &["10.0.0.1"]), Err("private_address".to_owned()));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(at(&["a.example", "10.0.0.1"], &["::ffff:10.0.0.1"]), Ok(vec![mapped]));
    }

    #[test]
    fn an_address_however_written_is_what_it_is() {
        let loopback = [
            "http://127.0.0.1",
            "http://127.1",
            "http://2130706433",
            "http://0177.0.0.1",
            "http://0x7f000001",
            "http://%31%32%37.0.0.1",
            "http://[::ffff:127.0.0.1]",
        ];
        for url in loopback {
            assert_eq!(judge(&["*"], url, &[]), Err("private_address".to_owned()), "{url}");
            assert_eq!(judge(&["a.example", "localhost"], url, &[]), Err("denied".to_owned()), "{url}");
            assert_eq!(judge(&["127.0.0.1"], url, &[]).map(|found| found.len()), Ok(1), "{url}");
            assert_eq!(judge(&["127.0.0.0/8:80"], url, &[]).map(|found| found.len()), Ok(1), "{url}");
        }
        assert_eq!(judge(&["*"], "http://[::1]", &[]), Err("private_address".to_owned()));
        assert!(judge(&["[::1]:80"], "http://[::1]", &[]).is_ok());
        assert!(judge(&["*"], "http://1.1.1.1", &[]).is_ok());
        assert!(judge(&["0.0.0.0/0"], "http://10.0.0.1", &[]).is_ok());
    }

    #[test]
    fn localhost_names_this_machine_and_nothing_else() {
        let at =
            |patterns: &[&str], addresses: &[&str]| judge(patterns, "http://localhost", addresses).is_ok();
        assert!(at(&["localhost"], &["127.0.0.1"]) && at(&["localhost:80"], &["::1"]));
        assert!(!at(&["localhost:81", "*"], &["127.0.0.1"]));
        assert!(!at(&["localhost"], &["10.0.0.1"]));
        assert!(!at(&["*.localhost", "*"], &["127.0.0.1"]));
        assert!(judge(&["localhost", "*"], "http://a.example", &["127.0.0.1"]).is_err());
    }

    #[test]
    fn a_refusal_says_how_to_allow_it() {
        let (host, policy) = (Host::Domain("a.example"), policy(&["a.example:443"]));
        let denied = policy.check_host(&host, 80).unwrap_err();
        assert!(denied.message.contains("`--allow-net a.example:80`"), "{denied}");
        let v6 = "[::1]:80".parse().unwrap();
        let private = policy.check_addresses(&host, vec![v6]).unwrap_err();
        assert!(private.message.contains("the host's log"), "{private}");
        assert!(
            !private.message.contains("::1"),
            "where a name leads to is not the guest's to know: {private}"
        );
    }
}
