//! The components of the host: uploaded, checked, versioned, and handed out to actors that start.

mod blobs;
mod info;
mod shelf;
mod upload;

pub use info::{ComponentInfo, Deployed};
pub use shelf::{Catalog, Launch};
pub use upload::Upload;
