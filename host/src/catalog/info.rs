//! What the management routes say of components.

use rivet_ground::ActorManifest;
use serde::Serialize;

/// A component as `GET /components` shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentInfo {
    /// Its name.
    pub name: String,
    /// The version that new instances get, from 1.
    pub version: u32,
    /// The SHA-256 of its bytes.
    pub digest: String,
    /// The size of its bytes; 0 when it cannot be loaded.
    pub size_bytes: usize,
    /// When this version was uploaded, in milliseconds since the Unix epoch.
    pub uploaded_ms: u64,
    /// The SDK that it was built with, if it says so.
    pub sdk: Option<String>,
    /// Its actors; of a component that cannot be loaded, their names.
    pub actors: Vec<ActorManifest>,
    /// What it imports.
    pub imports: Vec<String>,
    /// Why its actors sleep without their memory; none when they keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_snapshot: Option<String>,
    /// Why it cannot be loaded; none when it can. Its actors cannot start until it is deployed anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What an upload did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// The component's name.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// The SHA-256 of its bytes.
    pub digest: String,
    /// False when the newest version had these bytes already.
    pub created: bool,
    /// The names of its actors.
    pub actors: Vec<String>,
}
