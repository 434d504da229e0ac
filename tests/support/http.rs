//! A small HTTP client for tests, on connections that it keeps.

use std::time::Duration;

use serde_json::Value;

/// How long an answer is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client of one host.
#[derive(Clone)]
pub struct Http {
    agent: ureq::Agent,
    url: String,
}

/// An answer with its body.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Http {
    /// A client of the host at this URL.
    pub fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sends a request and waits for the answer; an error when there is none.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match method {
            "GET" | "HEAD" | "DELETE" | "OPTIONS" => self.agent.run(request.body(())?)?,
            _ => self.agent.run(request.body(body)?)?,
        };
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let headers = headers.collect();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        Ok(Answer { status: response.status().as_u16(), headers, body })
    }

    /// `GET`; there must be an answer.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).unwrap_or_else(|e| panic!("GET {path}: {e}"))
    }

    /// `PUT` with a body; there must be an answer.
    pub fn put(&self, path: &str, body: &[u8]) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("PUT", path, &headers, body).unwrap_or_else(|e| panic!("PUT {path}: {e}"))
    }

    /// `POST` with a body; there must be an answer.
    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("POST", path, &headers, body).unwrap_or_else(|e| panic!("POST {path}: {e}"))
    }

    /// `DELETE`; there must be an answer.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], &[]).unwrap_or_else(|e| panic!("DELETE {path}: {e}"))
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// `group.code` of an error answer; what else the answer is, if it is none.
    pub fn error(&self) -> String {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(fields)) if fields.contains_key("code") => format!(
                "{}.{}",
                fields.get("group").and_then(Value::as_str).unwrap_or("?"),
                fields.get("code").and_then(Value::as_str).unwrap_or("?")
            ),
            _ => format!("no error: {} {}", self.status, self.text()),
        }
    }
}
