//! Takes the image of an instance.

use std::sync::Arc;

use rivet_ground::limits;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmList};

use crate::guest::Guest;
use crate::instance::Instance;
use crate::instrument::HOST_INTERFACE;
use crate::snapshot::base::BaseMemory;
use crate::snapshot::control::call;
use crate::snapshot::format::{Head, Image};
use crate::snapshot::pages::{Changes, PageFinder};
use crate::snapshot::{Base, HandleKind};

/// Why an instance has no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoImage {
    /// The component has a shape whose memory cannot be reached.
    #[error("{0}")]
    Shape(String),
    /// The guest holds something that another instance cannot be given.
    #[error("{0}")]
    Holds(&'static str),
    /// It could not be taken.
    #[error("its memory could not be read: {0}")]
    Failed(String),
}

/// Where the accessor puts what it saves.
#[derive(Default)]
pub(crate) enum Sink {
    /// Nothing is being saved.
    #[default]
    Closed,
    /// The memories of an instance in which nothing has happened yet.
    Base(Base),
    /// What has changed since.
    Changes {
        finder: PageFinder,
        base: Arc<Base>,
        memories: Vec<Changes>,
        contents: Vec<u8>,
        globals: Vec<u64>,
    },
}

impl Instance {
    /// Takes the image of the instance, which must be between two turns. The instance goes on as if nothing had been.
    ///
    /// # Errors
    /// The component, or what the guest holds just now, does not let it.
    pub async fn image(&mut self) -> Result<Image, NoImage> {
        let code = self.code.clone();
        let (_, base) = code.memory().map_err(|reason| NoImage::Shape(reason.to_owned()))?;
        let guest = self.store.data();
        let handles = guest.handles.live().clone();
        if let Some(obstacle) = handles.values().find_map(|kind| kind.obstacle()) {
            return Err(NoImage::Holds(obstacle));
        }
        if guest.budget.memory_bytes() > limits::IMAGE_BYTES {
            return Err(NoImage::Holds("its memories are larger than a snapshot may be"));
        }
        if guest.table.is_empty() != handles.is_empty() {
            return Err(NoImage::Holds("it holds a resource that is not known"));
        }
        let sink = Sink::Changes {
            finder: code.sandbox.finder,
            base: base.clone(),
            memories: Vec::new(),
            contents: Vec::new(),
            globals: Vec::new(),
        };
        let Sink::Changes { memories, contents, globals, .. } = self.save(sink).await.map_err(failed)? else {
            return Err(NoImage::Failed("the accessor lost its sink".to_owned()));
        };
        let guest = self.store.data();
        let head = Head {
            digest: *code.digest.as_bytes(),
            instrument: crate::instrument::VERSION,
            memories,
            globals,
            handles,
            lines: guest.inside.log.lock().partial(),
            monotonic: guest.monotonic(),
            time_ms: guest.clock.now_ms(),
            suspended: guest.inside.suspended(),
        };
        Ok(Image { head, contents })
    }

    /// The base of a component, from an instance that has just been made.
    pub(crate) async fn base(&mut self) -> wasmtime::Result<Base> {
        match self.save(Sink::Base(Base::default())).await? {
            Sink::Base(base) => Ok(base),
            _ => Ok(Base::default()),
        }
    }

    async fn save(&mut self, sink: Sink) -> wasmtime::Result<Sink> {
        let code = self.code.clone();
        let Ok(control) = &code.control else { return Ok(sink) };
        self.store.data_mut().sink = sink;
        self.begin_call();
        // A bound on what a guest hands over at a time; here it is all of its memory, and the host asked for it.
        let fuel = self.store.hostcall_fuel();
        self.store.set_hostcall_fuel(usize::MAX);
        let saved = call::<(), ()>(&mut self.store, &self.instance, &control.save, ()).await;
        self.store.set_hostcall_fuel(fuel);
        let sink = std::mem::take(&mut self.store.data_mut().sink);
        saved.map(|()| sink)
    }
}

fn failed(error: wasmtime::Error) -> NoImage {
    NoImage::Failed(error.root_cause().to_string())
}

/// Offers the accessor what it imports.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    let mut interface = linker.instance(HOST_INTERFACE)?;
    interface.func_wrap(
        "sink-memory",
        |mut store: StoreContextMut<'_, Guest>, (index, data): (u32, WasmList<u8>)| {
            let mut sink = std::mem::take(&mut store.data_mut().sink);
            let memory = data.as_le_slice(&store);
            match &mut sink {
                Sink::Closed => {}
                Sink::Base(base) => base.memories.push(BaseMemory::of(memory)),
                Sink::Changes { finder, base, memories, contents, .. } => {
                    if let Some(base) = base.memories.get(index as usize) {
                        memories.push(finder.changes(memory, base, contents)?);
                    }
                }
            }
            store.data_mut().sink = sink;
            Ok(())
        },
    )?;
    interface.func_wrap("sink-global", |mut store: StoreContextMut<'_, Guest>, (_index, bits): (u32, u64)| {
        match &mut store.data_mut().sink {
            Sink::Closed => {}
            Sink::Base(base) => base.globals.push(bits),
            Sink::Changes { globals, .. } => globals.push(bits),
        }
        Ok(())
    })
}

impl HandleKind {
    /// Whether another handle must be there before it.
    pub(super) fn parent(self) -> Option<u32> {
        match self {
            Self::ReadyOf(stream) => Some(stream),
            _ => None,
        }
    }
}
