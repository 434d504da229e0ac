//! The token of the management routes.

use hyper::header::{AUTHORIZATION, HeaderMap};
use rivet_ground::ActorError;
use sha2::{Digest, Sha256};

/// Checks that the request may manage the host.
///
/// # Errors
/// `api.unauthorized`.
pub(crate) fn check(token: Option<&str>, request: &HeaderMap) -> Result<(), ActorError> {
    let Some(token) = token else { return Ok(()) };
    let given = request.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = given.map_or("", |(_, given)| given.trim());
    // Digests instead of texts: how long the comparison takes says nothing about the token.
    if Sha256::digest(token) == Sha256::digest(given) {
        return Ok(());
    }
    let message = "this route needs the management token of the host: send `Authorization: Bearer <token>`";
    Err(ActorError::new("api", "unauthorized", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_passes() {
        let check = |token, given: Option<&str>| {
            let mut request = HeaderMap::new();
            if let Some(given) = given {
                request.insert(AUTHORIZATION, given.parse().unwrap());
            }
            check(token, &request).is_ok()
        };
        assert!(check(None, None));
        assert!(check(Some("s3"), Some("Bearer s3")));
        assert!(check(Some("s3"), Some("bearer s3")));
        assert!(!check(Some("s3"), Some("Bearer s4")));
        assert!(!check(Some("s3"), Some("s3")));
        assert!(!check(Some("s3"), Some("Basic s3")));
        assert!(!check(Some("s3"), None));
    }
}
