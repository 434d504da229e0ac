//! Which client reads an answer.

use crate::encoding::Encoding;

/// A client, as far as it decides which forms of values it can read (client-protocol.md section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Client {
    /// npm `rivetkit` from 2.3 on, and whoever does not say who it is: all compat arrays.
    #[default]
    Current,
    /// npm `rivetkit` before 2.3: in JSON no `$Undefined` and no `$Set`, in CBOR no escapes.
    Before23,
    /// The crate `rivetkit-client`: plain values only, as in `serde_json::Value`.
    Rust,
}

/// How a message is written: its encoding, and the client that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The encoding of the message.
    pub encoding: Encoding,
    /// Who reads it.
    pub client: Client,
}

impl Client {
    /// The client that sends this `User-Agent` (client-protocol.md section 2).
    pub fn of_user_agent(user_agent: Option<&str>) -> Self {
        let (product, version) = user_agent.and_then(|agent| agent.split_once('/')).unwrap_or_default();
        match product {
            "ActorClient-Rust" => Self::Rust,
            "RivetKit" if is_before_23(version) => Self::Before23,
            _ => Self::Current,
        }
    }
}

fn is_before_23(version: &str) -> bool {
    let mut numbers = version.split(['.', ' ', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (2, 3),
        _ => false,
    }
}

impl From<Encoding> for Format {
    /// For a client of the current version.
    fn from(encoding: Encoding) -> Self {
        Self { encoding, client: Client::Current }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_name_clients() {
        for (agent, client) in [
            ("RivetKit/2.2.1 Node.js/22", Client::Before23),
            ("RivetKit/2.1.7", Client::Before23),
            ("RivetKit/1.9.0-rc.1", Client::Before23),
            ("RivetKit/2.3.19 Node.js/22", Client::Current),
            ("RivetKit/2.10.0", Client::Current),
            ("RivetKit/3.0.0", Client::Current),
            ("RivetKit/next", Client::Current),
            ("RivetKit", Client::Current),
            ("Mozilla/5.0 (X11) RivetKit/2.2.1", Client::Current),
            ("ActorClient-Rust/3.0.1-preview.1", Client::Rust),
            ("", Client::Current),
        ] {
            assert_eq!(Client::of_user_agent(Some(agent)), client, "{agent}");
        }
        assert_eq!(Client::of_user_agent(None), Client::Current);
    }
}
