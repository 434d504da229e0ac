//! The components of the host: uploaded, checked, versioned, and handed out to actors that start.

mod blobs;
mod info;
mod published;
mod shelf;
mod upload;

pub use info::{ComponentInfo, Deployed};
pub use published::Launch;
pub use shelf::Catalog;
pub use upload::Upload;
