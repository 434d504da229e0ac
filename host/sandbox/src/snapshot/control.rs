//! The accessor of a component, as the host calls it.

use wasmtime::AsContextMut;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower, TypedFunc,
};

use crate::instrument::{CONTROL_INTERFACE, Layout, Opener};
use crate::snapshot::handles::HandleKind;

/// Where the functions of the accessor are.
pub(crate) struct Control {
    layout: Layout,
    pub(super) save: ComponentExportIndex,
    /// `ensure` and `load` of each memory.
    pub(super) memories: Vec<(ComponentExportIndex, ComponentExportIndex)>,
    /// `set` of each global.
    pub(super) globals: Vec<ComponentExportIndex>,
    openers: Vec<ComponentExportIndex>,
    subscribers: Vec<ComponentExportIndex>,
    droppers: Vec<ComponentExportIndex>,
}

impl Control {
    /// The accessor of a component that was instrumented with this layout; none if it has another one.
    pub(crate) fn new(component: &Component, layout: Layout) -> Option<Self> {
        let interface = component.get_export_index(None, CONTROL_INTERFACE)?;
        let find = |name: String| component.get_export_index(Some(&interface), &name);
        let several = |name: &str, count: usize| -> Option<Vec<_>> {
            (0..count).map(|index| find(format!("{name}{index}"))).collect()
        };
        let memories = (0..layout.memories.len())
            .map(|index| Some((find(format!("ensure{index}"))?, find(format!("load{index}"))?)));
        Some(Self {
            save: find("save".to_owned())?,
            memories: memories.collect::<Option<_>>()?,
            globals: several("set", layout.globals.len())?,
            openers: several("open", layout.openers.len())?,
            subscribers: several("subscribe", layout.subscribers.len())?,
            droppers: several("drop", layout.droppers.len())?,
            layout,
        })
    }

    /// The function that opens a std stream.
    pub(super) fn opener(&self, opener: Opener) -> Option<&ComponentExportIndex> {
        let at = self.layout.openers.iter().position(|other| *other == opener)?;
        self.openers.get(at)
    }

    /// The function that subscribes to a std stream.
    pub(super) fn subscriber(&self, stream: HandleKind) -> Option<&ComponentExportIndex> {
        let kind = stream.opener()?.stream();
        let at = self.layout.subscribers.iter().position(|other| *other == kind)?;
        self.subscribers.get(at)
    }

    /// A function that opens a stream, and the one that drops it again.
    pub(super) fn placeholder(&self) -> Option<(&ComponentExportIndex, &ComponentExportIndex)> {
        self.layout.openers.iter().zip(&self.openers).find_map(|(opener, open)| {
            let at = self.layout.droppers.iter().position(|kind| *kind == opener.stream())?;
            Some((open, self.droppers.get(at)?))
        })
    }
}

/// Calls a function of the accessor.
pub(super) async fn call<P, R>(
    mut store: impl AsContextMut<Data: Send>,
    instance: &Instance,
    function: &ComponentExportIndex,
    params: P,
) -> wasmtime::Result<R>
where
    P: ComponentNamedList + Lower + Send + Sync,
    R: ComponentNamedList + Lift + Send + Sync + 'static,
{
    let function: TypedFunc<P, R> = instance.get_typed_func(&mut store, function)?;
    function.call_async(&mut store, params).await
}
