//! A component on its way in.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorError, check_component_name, limits};
use rivet_sandbox::CompileError;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::catalog::info::Deployed;
use crate::catalog::shelf::{Catalog, error, internal};

/// An upload that has not finished. Dropped, it leaves nothing.
pub struct Upload {
    catalog: Arc<Catalog>,
    name: String,
    part: Part,
    file: File,
    len_bytes: usize,
    _turn: OwnedSemaphorePermit,
}

/// The file of an upload: removed unless it was kept.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Gone already when the upload was kept.
        drop(std::fs::remove_file(&self.0));
    }
}

impl Catalog {
    /// Begins the upload of a component under a name.
    ///
    /// # Errors
    /// `component.invalid_name`; `component.busy` while too many uploads run.
    pub async fn begin_upload(self: &Arc<Self>, name: &str) -> Result<Upload, ActorError> {
        check_component_name(name).map_err(|e| error("invalid_name", e.to_string()))?;
        let turn = self.uploads.clone().try_acquire_owned().map_err(|_| {
            error("busy", format!("{} uploads are running; try again when one is done", limits::UPLOADS))
        })?;
        let part = Part(self.blobs.new_part());
        let file = File::create(&part.0).await.map_err(internal)?;
        Ok(Upload { catalog: self.clone(), name: name.to_owned(), part, file, len_bytes: 0, _turn: turn })
    }
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// `component.too_large`.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), ActorError> {
        self.len_bytes += chunk.len();
        if self.len_bytes > limits::COMPONENT_BYTES {
            let message = format!(
                "a component may have {} bytes; build it with optimisation, and strip it",
                limits::COMPONENT_BYTES
            );
            return Err(error("too_large", message));
        }
        self.file.write_all(chunk).await.map_err(internal)
    }

    /// Checks, compiles and publishes the component. Until this returns nobody sees it; after an error nobody ever does.
    ///
    /// # Errors
    /// `component.invalid`, `component.import_refused`, `component.actor_name_taken`, `component.in_use`: the message
    /// says what to do.
    pub async fn finish(self) -> Result<Deployed, ActorError> {
        // On a task of its own: an uploader that goes away in the middle must not leave half of it done.
        tokio::spawn(self.check_and_publish()).await.map_err(internal)?
    }

    async fn check_and_publish(mut self) -> Result<Deployed, ActorError> {
        self.file.flush().await.map_err(internal)?;
        self.file.sync_all().await.map_err(internal)?;
        let bytes = Bytes::from(tokio::fs::read(&self.part.0).await.map_err(internal)?);
        let program = self.catalog.sandbox.compile(bytes).await.map_err(refused)?;
        self.catalog.publish(&self.name, program, &self.part.0).await
    }
}

fn refused(refusal: CompileError) -> ActorError {
    let code = match &refusal {
        CompileError::TooLarge { .. } => "too_large",
        CompileError::Imports(_) => "import_refused",
        CompileError::World(_) => "world_mismatch",
        CompileError::Describe(_) | CompileError::Manifest(_) => "invalid_manifest",
        _ => "invalid",
    };
    error(code, refusal.to_string())
}
