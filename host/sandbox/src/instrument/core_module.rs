//! One core module, with its memories and mutable globals exported.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{Operator, Parser, Payload, TypeRef, ValType};

use crate::instrument::Refusal;
use crate::instrument::layout::NumberType;

/// A core module that exports all that a snapshot has to hold.
pub(super) struct CoreModule {
    pub(super) bytes: Vec<u8>,
    /// The exports of its memories.
    pub(super) memories: Vec<String>,
    /// The exports of its mutable globals.
    pub(super) globals: Vec<(String, NumberType)>,
}

/// What is read of a module on the way.
#[derive(Default)]
struct Outline {
    imported_memories: u32,
    imported_globals: u32,
    defined_memories: u32,
    /// The defined globals; those that change, with their type.
    globals: Vec<Option<NumberType>>,
    exports: ExportSection,
    sections: Vec<(u8, std::ops::Range<usize>)>,
}

/// The sections that come after the exports (WebAssembly core specification, 5.5.2): start, elements, code, data, data count.
const AFTER_EXPORTS: [u8; 5] = [8, 9, 10, 11, 12];
const EXPORTS: u8 = 7;

impl CoreModule {
    /// Exports what a module defines.
    ///
    /// # Errors
    /// It has state that cannot be exported, or changes what is not looked at.
    pub(super) fn expose(wasm: &[u8]) -> Result<Self, Refusal> {
        let outline = Outline::read(wasm)?;
        let mut exports = outline.exports;
        let (mut memories, mut globals) = (Vec::new(), Vec::new());
        for index in 0..outline.defined_memories {
            let name = format!("rivet:snapshot/memory{index}");
            exports.export(&name, ExportKind::Memory, outline.imported_memories + index);
            memories.push(name);
        }
        for (index, ty) in (0u32..).zip(outline.globals) {
            let Some(ty) = ty else { continue };
            let name = format!("rivet:snapshot/global{index}");
            exports.export(&name, ExportKind::Global, outline.imported_globals + index);
            globals.push((name, ty));
        }
        let mut module = Module::new();
        let mut pending = Some(exports);
        for (id, range) in outline.sections {
            if (id == EXPORTS || AFTER_EXPORTS.contains(&id))
                && let Some(exports) = pending.take()
            {
                module.section(&exports);
            }
            if id != EXPORTS {
                module.section(&RawSection { id, data: wasm.get(range).unwrap_or_default() });
            }
        }
        if let Some(exports) = pending {
            module.section(&exports);
        }
        Ok(Self { bytes: module.finish(), memories, globals })
    }
}

impl Outline {
    fn read(wasm: &[u8]) -> Result<Self, Refusal> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some(section) = payload.as_section() {
                outline.sections.push(section);
            }
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Memory(_) => outline.imported_memories += 1,
                            TypeRef::Global(_) => outline.imported_globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        check_memory(&memory?)?;
                        outline.defined_memories += 1;
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let ty = global?.ty;
                        let number = ty.mutable.then(|| number_type(ty.content_type)).transpose()?;
                        outline.globals.push(number);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let kind = RoundtripReencoder
                            .export_kind(export.kind)
                            .map_err(|error| Refusal::Unreadable(error.to_string()))?;
                        outline.exports.export(export.name, kind, export.index);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader()? {
                        check_operator(&operator?)?;
                    }
                }
                _ => {}
            }
        }
        Ok(outline)
    }
}

fn check_memory(memory: &wasmparser::MemoryType) -> Result<(), Refusal> {
    if memory.shared {
        return Err(Refusal::SharedMemory);
    }
    if memory.memory64 {
        return Err(Refusal::Memory64);
    }
    if memory.page_size_log2.is_some() {
        return Err(Refusal::PageSize);
    }
    Ok(())
}

fn number_type(ty: ValType) -> Result<NumberType, Refusal> {
    match ty {
        ValType::I32 => Ok(NumberType::I32),
        ValType::I64 => Ok(NumberType::I64),
        ValType::F32 => Ok(NumberType::F32),
        ValType::F64 => Ok(NumberType::F64),
        ValType::V128 | ValType::Ref(_) => Err(Refusal::Global(ty.to_string())),
    }
}

/// Tables are not looked at: what an instance starts with is what it has.
fn check_operator(operator: &Operator<'_>) -> Result<(), Refusal> {
    match operator {
        Operator::TableSet { .. }
        | Operator::TableGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableInit { .. } => Err(Refusal::Table),
        _ => Ok(()),
    }
}
