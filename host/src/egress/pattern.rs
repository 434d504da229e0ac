//! What may be reached, as the command line says it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use url::Host;

/// Hosts that actors may reach, and the port: `api.example.com`, `*.example.com:443`, `*`, `10.0.0.5:8080`, `10.0.0.0/8`, `[::1]:80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub(super) hosts: Hosts,
    /// None allows every port.
    port: Option<u16>,
}

/// The hosts of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hosts {
    /// All that have a public address.
    All,
    /// The host with this name, in lower case and ASCII.
    Name(String),
    /// All hosts under this name; it begins with a dot.
    Under(String),
    /// The hosts with these addresses, public or not.
    Addresses(IpNet),
}

/// A text that is no pattern.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} names no hosts: {what}")]
pub struct ParsePatternError {
    text: String,
    what: &'static str,
}

impl Pattern {
    /// Whether it allows this port.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }

    /// Whether it has this address among those it names.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        matches!(self.hosts, Hosts::Addresses(net) if net.contains(&address.to_canonical()))
    }

    /// Whether it allows this name, in lower case and without a dot at its end.
    pub(super) fn has_name(&self, name: &str) -> bool {
        match &self.hosts {
            Hosts::All => true,
            Hosts::Name(own) => own == name,
            Hosts::Under(under) => name.len() > under.len() && name.ends_with(under.as_str()),
            Hosts::Addresses(_) => false,
        }
    }
}

impl FromStr for Pattern {
    type Err = ParsePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        parse(text).map_err(|what| ParsePatternError { text: text.to_owned(), what })
    }
}

fn parse(text: &str) -> Result<Pattern, &'static str> {
    if text.is_empty() {
        return Err("give a host, and perhaps a port, such as api.example.com:443");
    }
    if text.contains("://") {
        return Err("give the host without the scheme, such as api.example.com:443");
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or("the bracket is not closed")?;
        let net = addresses(address).filter(|_| address.contains(':'));
        let net = net.ok_or("in brackets there is an IPv6 address, such as [::1]:8080")?;
        let port = match rest {
            "" => None,
            _ => {
                port(rest.strip_prefix(':').ok_or("behind the bracket there is a port, such as [::1]:8080")?)?
            }
        };
        return Ok(Pattern { hosts: Hosts::Addresses(net), port });
    }
    if let Some(net) = addresses(text) {
        return Ok(Pattern { hosts: Hosts::Addresses(net), port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => {
            return Err("an IPv6 address with a port is in brackets, such as [::1]:8080");
        }
        Some((host, number)) => (host, port(number)?),
        None => (text, None),
    };
    Ok(Pattern { hosts: hosts(host)?, port })
}

fn hosts(text: &str) -> Result<Hosts, &'static str> {
    if text == "*" {
        return Ok(Hosts::All);
    }
    if let Some(net) = addresses(text) {
        return Ok(Hosts::Addresses(net));
    }
    if text.contains('/') {
        return Err("a path is not part of it, and a range of addresses is written like 10.0.0.0/8");
    }
    let (name, is_under) = match text.strip_prefix("*.") {
        Some(name) => (name, true),
        None => (text, false),
    };
    if name.contains('*') {
        return Err("a star stands alone, or in front of a name, as in *.example.com");
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            match (name, is_under) {
                ("", _) => Err("the name is empty"),
                (name, true) => Ok(Hosts::Under(format!(".{name}"))),
                (name, false) => Ok(Hosts::Name(name.to_owned())),
            }
        }
        Ok(Host::Ipv4(address)) if !is_under => Ok(Hosts::Addresses(IpAddr::from(address).into())),
        _ => Err("that is neither a name nor an address"),
    }
}

/// An address or a range of them.
fn addresses(text: &str) -> Option<IpNet> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    let mapped = |address: Ipv6Addr| address.to_ipv4_mapped();
    Some(match net {
        // What stands for IPv4 addresses is held against those.
        IpNet::V6(net) => match (mapped(net.addr()), net.prefix_len().checked_sub(96)) {
            (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).ok()?.trunc().into(),
            _ => IpNet::V6(net.trunc()),
        },
        IpNet::V4(net) => IpNet::V4(net.trunc()),
    })
}

fn port(text: &str) -> Result<Option<u16>, &'static str> {
    match text.parse() {
        _ if text == "*" => Ok(None),
        Ok(port @ 1..) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(port)),
        _ => Err("a port is a number from 1 to 65535"),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hosts {
            Hosts::All => f.write_str("*")?,
            Hosts::Name(name) => f.write_str(name)?,
            Hosts::Under(under) => write!(f, "*{under}")?,
            Hosts::Addresses(net) => {
                let is_one = net.prefix_len() == net.max_prefix_len();
                let text = if is_one { net.addr().to_string() } else { net.to_string() };
                match net {
                    IpNet::V6(_) => write!(f, "[{text}]")?,
                    IpNet::V4(_) => f.write_str(&text)?,
                }
            }
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_they_are_written() {
        let cases = [
            ("api.example.com", "api.example.com"),
            (" API.Example.com.:443 ", "api.example.com:443"),
            ("bücher.example:*", "xn--bcher-kva.example"),
            ("*", "*"),
            ("*:443", "*:443"),
            ("*.example.com:8443", "*.example.com:8443"),
            ("localhost:1", "localhost:1"),
            ("my_service:65535", "my_service:65535"),
            ("10.0.0.5", "10.0.0.5"),
            ("10.0.0.5:80", "10.0.0.5:80"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/8:80", "10.0.0.0/8:80"),
            ("2130706433", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("[::1]:8080", "[::1]:8080"),
            ("fd00::1/8", "[fd00::/8]"),
            ("[fd00::/8]:80", "[fd00::/8]:80"),
            ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ];
        for (text, written) in cases {
            let pattern: Pattern = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(pattern.to_string(), written, "{text}");
            assert_eq!(written.parse(), Ok(pattern), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", "give a host"),
            ("https://a.example", "without the scheme"),
            ("a.example/path", "a path is not part"),
            ("a.example:0", "from 1 to 65535"),
            ("a.example:65536", "from 1 to 65535"),
            ("a.example:+80", "from 1 to 65535"),
            ("a.example:", "from 1 to 65535"),
            (":80", "neither a name nor"),
            ("a.*.example", "a star stands"),
            ("**", "a star stands"),
            ("*.10.0.0.1", "neither a name nor"),
            ("*.", "neither a name nor"),
            (".", "the name is empty"),
            ("a b", "neither a name nor"),
            ("user@a.example", "neither a name nor"),
            ("10.0.0.0/33", "a range of addresses"),
            ("256.0.0.1", "neither a name nor"),
            ("::1:80:x", "in brackets"),
            ("[::1", "not closed"),
            ("[10.0.0.1]:80", "an IPv6 address"),
            ("[::1]80", "there is a port"),
        ];
        for (text, what) in cases {
            let error = text.parse::<Pattern>().expect_err(text).to_string();
            assert!(error.contains(what) && error.contains(&format!("{text:?}")), "{text}: {error}");
        }
    }
}
