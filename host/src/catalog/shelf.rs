//! The components that actors start from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::RwLock;
use rivet_ground::{ActorError, ActorManifest, Clock, OptionOverride, limits};
use rivet_sandbox::{Digest, Program, Sandbox};
use rivet_store::{ActorDirectory, ComponentRecord, Components, Store};
use tokio::sync::{Mutex, Semaphore};

use crate::catalog::blobs::Blobs;
use crate::catalog::info::{ComponentInfo, Deployed};
use crate::catalog::published::{Launch, Published};

/// The components of a host.
pub struct Catalog {
    pub(super) sandbox: Sandbox,
    pub(super) blobs: Blobs,
    /// Bounds the uploads that run at a time.
    pub(super) uploads: Arc<Semaphore>,
    store: Store,
    components: Components,
    directory: ActorDirectory,
    clock: Arc<dyn Clock>,
    /// Options of actors that are set from outside, stronger than those of the manifests.
    overrides: Vec<OptionOverride>,
    shelf: RwLock<BTreeMap<String, Arc<Published>>>,
    /// Held while a version is published or removed: versions are numbered, and actor names are unique.
    publishing: Mutex<()>,
}

impl Catalog {
    /// Opens the catalog of a data directory and compiles what is in it. A component that does not compile any more is
    /// logged and stays: it can be looked at and removed, and its actors' names stay taken, but they cannot start
    /// until it is deployed anew.
    ///
    /// # Errors
    /// The folder or the store cannot be read.
    pub async fn open(
        dir: &Path,
        store: Store,
        sandbox: Sandbox,
        clock: Arc<dyn Clock>,
        overrides: Vec<OptionOverride>,
    ) -> anyhow::Result<Self> {
        let catalog = Self {
            sandbox,
            blobs: Blobs::open(dir.join("components"))?,
            uploads: Arc::new(Semaphore::new(limits::UPLOADS)),
            components: Components::new(store.clone()),
            directory: ActorDirectory::new(store.clone()),
            store,
            clock,
            overrides,
            shelf: RwLock::default(),
            publishing: Mutex::new(()),
        };
        for record in catalog.components.newest()? {
            let name = record.name.clone();
            let program = catalog.load(&record).await.map_err(|error| {
                tracing::error!(component = %name, "cannot be loaded; deploy it anew: {error:#}");
                format!("{error:#}")
            });
            catalog.shelf.write().insert(name, Arc::new(Published::new(record, program)));
        }
        catalog.clear_out();
        Ok(catalog)
    }

    async fn load(&self, record: &ComponentRecord) -> anyhow::Result<Program> {
        let bytes = self.blobs.read(&record.digest)?;
        anyhow::ensure!(Digest::of(&bytes).to_string() == record.digest, "its file is damaged");
        Ok(self.sandbox.compile(bytes).await?)
    }

    /// Removes the files that no version has. Failing to only costs room.
    fn clear_out(&self) {
        let cleared = self.components.digests().map_err(anyhow::Error::from).and_then(|digests| {
            self.blobs.retain(&digests)?;
            Ok(self.sandbox.retain_cached(&digests)?)
        });
        if let Err(error) = cleared {
            tracing::warn!("files of components that are gone could not be removed: {error:#}");
        }
    }

    /// What an actor of this name starts from.
    pub fn launch(&self, actor: &str) -> Option<Launch> {
        self.shelf.read().values().find_map(|published| published.launch(actor, &self.overrides))
    }

    /// All actors of all components.
    pub fn actors(&self) -> Vec<ActorManifest> {
        self.shelf.read().values().flat_map(|published| published.actors()).collect()
    }

    /// All components.
    pub fn components(&self) -> Vec<ComponentInfo> {
        self.shelf.read().values().map(|published| published.info()).collect()
    }

    /// The component of this name.
    pub fn component(&self, name: &str) -> Option<ComponentInfo> {
        self.shelf.read().get(name).map(|published| published.info())
    }

    /// Makes a compiled component, whose bytes are in the file `part`, the newest version of its name, durably and at once.
    pub(super) async fn publish(
        &self,
        name: &str,
        program: Program,
        part: &Path,
    ) -> Result<Deployed, ActorError> {
        let _turn = self.publishing.lock().await;
        let digest = program.digest().to_string();
        let actors: Vec<String> = program.manifest().actors.iter().map(|actor| actor.name.clone()).collect();
        let current = self.shelf.read().get(name).cloned();
        if let Some(current) = current.as_ref().filter(|current| current.runs(&digest)) {
            let version = current.record.version;
            return Ok(Deployed { name: name.to_owned(), version, digest, created: false, actors });
        }
        self.check_actor_names(name, &actors)?;
        self.check_abandoned(name, current.as_deref(), &actors)?;
        let version = current.map_or(1, |current| current.record.version + 1);
        let record = ComponentRecord {
            name: name.to_owned(),
            version,
            digest: digest.clone(),
            uploaded_ms: self.clock.now_ms(),
            actors: actors.clone(),
        };
        // Under the lock, because a removal throws away the files that no version has.
        self.blobs.keep(part, &digest).map_err(internal)?;
        let writes = self.components.publish(&record).map_err(internal)?;
        self.store.commit_durable(writes).await.map_err(internal)?;
        self.shelf.write().insert(name.to_owned(), Arc::new(Published::new(record, Ok(program))));
        self.clear_out();
        tracing::info!(component = %format!("{name}@{version}"), %digest, "deployed: {}", actors.join(", "));
        if let Some(reason) = self.shelf.read().get(name).and_then(|published| published.no_snapshot()) {
            tracing::warn!(component = %format!("{name}@{version}"), "its actors sleep without a memory snapshot: {reason}");
        }
        Ok(Deployed { name: name.to_owned(), version, digest, created: true, actors })
    }

    /// Removes a component that no actor needs.
    ///
    /// # Errors
    /// `component.not_found`, `component.in_use`.
    pub async fn remove(self: &Arc<Self>, name: &str) -> Result<(), ActorError> {
        let (catalog, name) = (self.clone(), name.to_owned());
        // On a task of its own: whoever asked may go away in the middle.
        tokio::spawn(async move { catalog.remove_now(&name).await }).await.map_err(internal)?
    }

    async fn remove_now(&self, name: &str) -> Result<(), ActorError> {
        let _turn = self.publishing.lock().await;
        let current = self.shelf.read().get(name).cloned();
        let current = current.ok_or_else(|| error("not_found", format!("there is no component {name:?}")))?;
        self.check_abandoned(name, Some(&current), &[])?;
        let writes = self.components.remove(name).map_err(internal)?;
        self.store.commit_durable(writes).await.map_err(internal)?;
        self.shelf.write().remove(name);
        self.clear_out();
        tracing::info!(component = %name, "removed");
        Ok(())
    }

    /// An actor name belongs to one component.
    fn check_actor_names(&self, name: &str, actors: &[String]) -> Result<(), ActorError> {
        for published in self.shelf.read().values().filter(|published| published.record.name != name) {
            if let Some(taken) = actors.iter().find(|actor| published.record.actors.contains(actor)) {
                let message = format!(
                    "the actor name {taken:?} belongs to the component {:?}: rename the actor, or deploy under that component's name",
                    published.record.name
                );
                return Err(error("actor_name_taken", message));
            }
        }
        Ok(())
    }

    /// No actor that exists may lose its component.
    fn check_abandoned(
        &self,
        name: &str,
        current: Option<&Published>,
        actors: &[String],
    ) -> Result<(), ActorError> {
        let names = current.map(|current| current.record.actors.as_slice()).unwrap_or_default();
        for gone in names.iter().filter(|name| !actors.contains(name)) {
            if let Some(actor) = self.directory.any_of_name(gone).map_err(internal)? {
                let message = format!(
                    "the component {name:?} is in use: the actor {} ({:?}, key {:?}) exists; destroy the actors of this name first",
                    actor.id,
                    gone,
                    actor.key.serialize()
                );
                return Err(error("in_use", message));
            }
        }
        Ok(())
    }
}

pub(super) fn error(code: &str, message: String) -> ActorError {
    ActorError::new("component", code, message)
}

pub(super) fn internal(error: impl std::fmt::Display) -> ActorError {
    tracing::error!("the catalog cannot go on: {error}");
    ActorError::new("core", "internal_error", error.to_string())
}
