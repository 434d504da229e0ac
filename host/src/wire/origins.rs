//! The origins whose pages may use this host.

use std::str::FromStr;
use std::sync::Arc;

use hyper::header::HeaderValue;

/// The origins whose pages may use this host.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// None lets every page in.
    listed: Option<Arc<[Origin]>>,
}

/// The origin of a page: `https://app.example.com`, or `null` for those without. `*` stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no origin: give scheme, host and perhaps port, without a path, such as https://app.example.com"
)]
pub struct ParseOriginError(String);

impl Origins {
    /// These; every origin if there are none, or if one is `*`.
    pub fn new(origins: Vec<Origin>) -> Self {
        let every = origins.is_empty() || origins.iter().any(|origin| origin.0 == "*");
        Self { listed: (!every).then(|| origins.into()) }
    }

    /// Whether a request with this `Origin` may go on. One without comes from no page.
    pub(crate) fn allow(&self, origin: Option<&HeaderValue>) -> bool {
        let (Some(listed), Some(origin)) = (&self.listed, origin) else { return true };
        listed.iter().any(|listed| origin.as_bytes().eq_ignore_ascii_case(listed.0.as_bytes()))
    }
}

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_origin = text.split_once("://").is_some_and(|(scheme, host)| {
            let allowed = |c: char| c.is_ascii_graphic() && !"/?#@,*".contains(c);
            !scheme.is_empty() && !host.is_empty() && scheme.chars().chain(host.chars()).all(allowed)
        });
        if is_origin || matches!(text, "*" | "null") {
            return Ok(Self(without_default_port(text).to_owned()));
        }
        Err(ParseOriginError(text.to_owned()))
    }
}

/// As browsers write origins (RFC 6454 section 6.2).
fn without_default_port(origin: &str) -> &str {
    let (scheme, port) = (origin.split(':').next(), origin.rsplit_once(':'));
    let defaults = [("http", "80"), ("https", "443")];
    match (scheme, port) {
        (Some(scheme), Some((rest, port)))
            if defaults.iter().any(|(of, default)| scheme.eq_ignore_ascii_case(of) && port == *default) =>
        {
            rest
        }
        _ => origin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &[&str]) -> Origins {
        Origins::new(list.iter().map(|origin| origin.parse().unwrap()).collect())
    }

    #[test]
    fn only_listed_origins_pass() {
        let allow = |list: &[&str], origin: &'static str| {
            origins(list).allow(Some(&HeaderValue::from_static(origin)))
        };
        let list = ["https://a.example", "http://localhost:3000"];
        assert!(allow(&list, "https://a.example"));
        assert!(allow(&list, "HTTPS://A.example"));
        assert!(!allow(&list, "https://a.example:444"));
        assert!(!allow(&list, "https://a.example.evil"));
        assert!(!allow(&list, "null"));
        assert!(allow(&["null"], "null"));
        assert!(origins(&list).allow(None), "no page");
        assert!(allow(&[], "https://b.example"));
        assert!(allow(&["https://a.example", "*"], "https://b.example"));
    }

    #[test]
    fn default_ports_are_not_written() {
        let port = |text: &str| text.parse::<Origin>().unwrap().0;
        assert_eq!(port("https://a:443"), "https://a");
        assert_eq!(port("HTTP://[::1]:80"), "HTTP://[::1]");
        for kept in
            ["https://a:80", "http://a:443", "https://a:8443", "http://[::80]", "https://a", "tauri://a:80"]
        {
            assert_eq!(port(kept), kept);
        }
    }

    #[test]
    fn origins_have_no_path() {
        for text in ["https://a.example/", "a.example", "", "://a", "https://", "http://u@a", "https://*.a"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        assert!(" tauri://localhost ".parse::<Origin>().is_ok());
    }
}
