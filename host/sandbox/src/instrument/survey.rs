//! What a component has: how far its index spaces reach, and where the things are that the accessor needs.

use std::collections::HashMap;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType,
    ComponentTypeRef, ExternalKind, Instance, InstanceTypeDeclaration, Payload,
};

use crate::instrument::core_module::CoreModule;

/// Why the memory of a component cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it has shared memory")]
    SharedMemory,
    #[error("it has a 64-bit memory")]
    Memory64,
    #[error("it has a memory with pages of another size")]
    PageSize,
    #[error("it has a mutable global of type {0}")]
    Global(String),
    #[error("its code changes a table")]
    Table,
    #[error("it has a nested component with a core module")]
    NestedModule,
    #[error("it imports, exports or aliases a core module or component")]
    Imported,
    #[error("it has a component start function")]
    Start,
    #[error("it makes resources of its own")]
    Resource,
    #[error("it has {0} mutable globals in all its instances, over the limit of {limit}", limit = rivet_ground::limits::COMPONENT_GLOBALS)]
    Globals(usize),
}

impl From<wasmparser::BinaryReaderError> for Refusal {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The next free index of each space that the accessor adds to, and what was found on the way.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) core_modules: u32,
    pub(super) core_instances: u32,
    pub(super) core_funcs: u32,
    pub(super) core_memories: u32,
    pub(super) types: u32,
    pub(super) funcs: u32,
    pub(super) instances: u32,
    pub(super) modules: Vec<CoreModule>,
    /// Core instances, with the module of each.
    pub(super) instantiations: Vec<(u32, u32)>,
    /// Imported instances by name.
    pub(super) imports: Vec<(String, Import)>,
    /// The names that instance types export, by the index of the type.
    exports_by_type: HashMap<u32, Vec<String>>,
}

/// An imported instance.
#[derive(Clone)]
pub(super) struct Import {
    pub(super) instance: u32,
    pub(super) exports: Vec<String>,
}

impl Survey {
    pub(super) fn add_module(&mut self, module: CoreModule) {
        self.modules.push(module);
        self.core_modules += 1;
    }

    /// Mutable globals of all core instances.
    pub(super) fn globals(&self) -> usize {
        let modules = self.instantiations.iter().filter_map(|(_, module)| self.modules.get(*module as usize));
        modules.map(|module| module.globals.len()).sum()
    }

    /// The imported instance of an interface, whatever its version.
    pub(super) fn import(&self, interface: &str) -> Option<&Import> {
        let is_it = |name: &str| name.strip_prefix(interface).is_some_and(|rest| rest.starts_with('@'));
        self.imports.iter().find(|(name, _)| is_it(name)).map(|(_, import)| import)
    }

    /// Takes note of a section of the component itself.
    pub(super) fn note(&mut self, payload: Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        self.instantiations.push((self.core_instances, module_index));
                    }
                    self.core_instances += 1;
                }
            }
            Payload::ComponentInstanceSection(instances) => self.instances += instances.count(),
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(&alias?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    match function? {
                        CanonicalFunction::Lift { .. } => self.funcs += 1,
                        // They have handles in the same table as those of the host, which are mirrored.
                        CanonicalFunction::ResourceNew { .. } => return Err(Refusal::Resource),
                        _ => self.core_funcs += 1,
                    }
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import?;
                    if let ComponentTypeRef::Instance(ty) = import.ty {
                        let exports = self.exports_by_type.get(&ty).cloned().unwrap_or_default();
                        let found = Import { instance: self.instances, exports };
                        self.imports.push((import.name.name.to_owned(), found));
                    }
                    self.add(import.ty.kind())?;
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.add(export?.kind)?;
                }
            }
            Payload::ComponentTypeSection(types) => {
                for ty in types {
                    if let ComponentType::Instance(declarations) = ty? {
                        let names = declarations.iter().filter_map(exported).collect();
                        self.exports_by_type.insert(self.types, names);
                    }
                    self.types += 1;
                }
            }
            Payload::ComponentStartSection { .. } => return Err(Refusal::Start),
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), Refusal> {
        match alias {
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, .. } => self.core_funcs += 1,
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Memory, .. } => self.core_memories += 1,
            ComponentAlias::CoreInstanceExport { .. } => {}
            ComponentAlias::InstanceExport { kind, .. } => self.add(*kind)?,
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. } => self.types += 1,
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreType, .. } => {}
            ComponentAlias::Outer { .. } => return Err(Refusal::Imported),
        }
        Ok(())
    }

    fn add(&mut self, kind: ComponentExternalKind) -> Result<(), Refusal> {
        match kind {
            ComponentExternalKind::Func => self.funcs += 1,
            ComponentExternalKind::Type => self.types += 1,
            ComponentExternalKind::Instance => self.instances += 1,
            _ => return Err(Refusal::Imported),
        }
        Ok(())
    }
}

fn exported(declaration: &InstanceTypeDeclaration<'_>) -> Option<String> {
    match declaration {
        InstanceTypeDeclaration::Export { name, .. } => Some(name.name.to_owned()),
        _ => None,
    }
}
