//! Makes an instance of an image.

use std::time::Duration;

use wasmtime::component::ComponentExportIndex;

use crate::iface::{ActorView, Inside};
use crate::instance::{Instance, instantiate};
use crate::instrument::VERSION;
use crate::program::Program;
use crate::snapshot::control::{Control, call};
use crate::snapshot::format::{Head, Image};
use crate::snapshot::pages::apply;
use crate::snapshot::{Base, HandleKind, PAGE_BYTES};
use crate::trap::Trap;

/// Why an image does not become an instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is of another component, or was made by another version of the host.
    #[error("it was taken of {0}")]
    Foreign(&'static str),
    /// The component's memory cannot be reached by this host.
    #[error("the component's memory cannot be reached: {0}")]
    Shape(String),
    /// The guest's handles could not be had again under their numbers.
    #[error("the handle {index} could not be had again")]
    Handle {
        /// Its number.
        index: u32,
    },
    /// The instance could not be made or written to.
    #[error("{0}")]
    Failed(Trap),
}

impl From<wasmtime::Error> for RestoreError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Failed(Trap::new(&error))
    }
}

impl Instance {
    /// An instance of an actor that goes on where the image was taken.
    ///
    /// # Errors
    /// The image is not of this component, or cannot be restored; an instance without it can be made all the same.
    pub async fn restore(program: &Program, view: ActorView, image: Image) -> Result<Self, RestoreError> {
        let Image { head, mut contents } = image;
        let code = &program.code;
        if head.digest != *code.digest.as_bytes() {
            return Err(RestoreError::Foreign("another component, or another version of it"));
        }
        if head.instrument != VERSION {
            return Err(RestoreError::Foreign(
                "a component that another version of the host had instrumented",
            ));
        }
        let (control, base) = code.memory().map_err(|reason| RestoreError::Shape(reason.to_owned()))?;
        let inside = Inside::of_actor(view, code.sandbox.clock.clone());
        let mut instance = instantiate(code, inside).await.map_err(RestoreError::Failed)?;
        instance.replay(control, &head).await?;
        instance.load(control, base, &head, &mut contents).await?;
        for ((set, bits), before) in control.globals.iter().zip(&head.globals).zip(&base.globals) {
            if bits != before {
                call::<_, ()>(&mut instance.store, &instance.instance, set, (*bits,)).await?;
            }
        }
        instance.go_on(head);
        Ok(instance)
    }

    /// Gives the guest its handles again, each under its number.
    async fn replay(&mut self, control: &Control, head: &Head) -> Result<(), RestoreError> {
        let Some(last) = head.handles.keys().next_back().copied() else { return Ok(()) };
        let (open, close) = control.placeholder().ok_or(RestoreError::Handle { index: last })?;
        // Every number up to the last is taken, so that one that is given back is the next to be given out.
        for index in 1..=last {
            self.open(open, index, ()).await?;
        }
        let streams = head.handles.iter().filter(|(_, kind)| kind.parent().is_none());
        let ready = head.handles.iter().filter(|(_, kind)| kind.parent().is_some());
        for (index, kind) in streams.chain(ready) {
            call::<_, ()>(&mut self.store, &self.instance, close, (*index,)).await?;
            let lost = RestoreError::Handle { index: *index };
            if let HandleKind::ReadyOf(stream) = kind {
                let parent = head.handles.get(stream).copied();
                let subscribe = parent.and_then(|kind| control.subscriber(kind)).ok_or(lost)?;
                self.open(subscribe, *index, (*stream,)).await?;
            } else {
                let open = kind.opener().and_then(|opener| control.opener(opener)).ok_or(lost)?;
                self.open(open, *index, ()).await?;
            }
        }
        for index in (1..=last).filter(|index| !head.handles.contains_key(index)) {
            call::<_, ()>(&mut self.store, &self.instance, close, (index,)).await?;
        }
        // The mirror must say so, too: it is what the next image is taken by.
        let live = self.store.data().handles.live();
        match live.iter().find(|(index, kind)| head.handles.get(index) != Some(kind)) {
            Some((index, _)) => Err(RestoreError::Handle { index: *index }),
            None => Ok(()),
        }
    }

    /// Makes a handle, which must get this number.
    async fn open<P>(
        &mut self,
        make: &ComponentExportIndex,
        index: u32,
        params: P,
    ) -> Result<(), RestoreError>
    where
        P: wasmtime::component::ComponentNamedList + wasmtime::component::Lower + Send + Sync,
    {
        let (made,) = call::<P, (u32,)>(&mut self.store, &self.instance, make, params).await?;
        if made == index { Ok(()) } else { Err(RestoreError::Handle { index }) }
    }

    /// Writes the changed pages where they belong.
    async fn load(
        &mut self,
        control: &Control,
        base: &Base,
        head: &Head,
        contents: &mut [u8],
    ) -> Result<(), RestoreError> {
        let mut rest = contents;
        let memories = control.memories.iter().zip(&base.memories).zip(&head.memories);
        for (((ensure, load), base), changes) in memories {
            let address = |at: usize| changes.runs.get(at).map_or(0, |run| run.0 * PAGE_BYTES as u32);
            let grow = (changes.wasm_pages, address(0));
            let (grown,) = call::<_, (u32,)>(&mut self.store, &self.instance, ensure, grow).await?;
            if grown == 0 {
                return Err(RestoreError::Failed(Trap::host("a memory could not be grown to its size")));
            }
            for (at, (first, count)) in changes.runs.iter().enumerate() {
                let Some((pages, behind)) = rest.split_at_mut_checked(*count as usize * PAGE_BYTES) else {
                    return Err(RestoreError::Failed(Trap::host("the image is cut off")));
                };
                (*first..).zip(pages.chunks_mut(PAGE_BYTES)).for_each(|(number, page)| {
                    if base.has(number) {
                        apply(page, base.page(number));
                    }
                });
                let piece = (&*pages, address(at + 1));
                call::<_, ()>(&mut self.store, &self.instance, load, piece).await?;
                rest = behind;
            }
        }
        Ok(())
    }

    /// Lets the host's side go on where it was.
    fn go_on(&mut self, head: Head) {
        let guest = self.store.data_mut();
        // While it slept, time went on.
        let slept = Duration::from_millis(guest.clock.now_ms().saturating_sub(head.time_ms));
        guest.set_monotonic(head.monotonic.saturating_add(slept));
        guest.inside.log.lock().set_partial(head.lines);
        guest.inside.go_on(head.suspended);
    }
}
