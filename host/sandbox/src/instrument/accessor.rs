//! The core module that reads and writes the state of the others for the host.
//!
//! `save` hands each memory to the host where it lies, and each global as 64 bits. To load, the host calls `ensure`
//! (grow to so many pages; the next piece goes to this address), then `load` for each piece: its argument is a list
//! that wasmtime copies to where `realloc` says, which is that address, and says where the one after it goes. `set`
//! sets a global. `open`, `subscribe` and `drop` make and drop handles in the component's table, as its own code does.

use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, InstructionSink, MemoryType, Module, TypeSection, ValType,
};

use crate::instrument::layout::{Layout, NumberType};

/// The instance that has the host's functions.
pub(super) const HOST: &str = "host";

/// The name by which the accessor imports from a core instance.
pub(super) fn instance_name(instance: u32) -> String {
    format!("instance{instance}")
}

/// The types of the functions, in the order of the type section.
#[derive(Clone, Copy)]
enum Signature {
    Nothing,
    SinkMemory,
    SinkGlobal,
    Realloc,
    Ensure,
    Load,
    Set,
    Open,
    Drop,
    Subscribe,
}

impl Signature {
    /// The parameters and the result.
    const ALL: [(&[ValType], &[ValType]); 10] = {
        use ValType::{I32, I64};
        [
            (&[], &[]),
            (&[I32, I32, I32], &[]),
            (&[I32, I64], &[]),
            (&[I32, I32, I32, I32], &[I32]),
            (&[I32, I32], &[I32]),
            (&[I32, I32, I32], &[]),
            (&[I64], &[]),
            (&[], &[I32]),
            (&[I32], &[]),
            (&[I32], &[I32]),
        ]
    };
}

/// The accessor of a layout.
pub(super) fn module(layout: &Layout) -> Vec<u8> {
    let mut accessor = Accessor::new(layout);
    accessor.save(layout);
    for memory in 0..layout.memories.len() as u32 {
        accessor.load(memory, layout.globals.len() as u32 + memory);
    }
    for (index, global) in (0u32..).zip(&layout.globals) {
        accessor.function(&format!("set{index}"), Signature::Set, |i| {
            i.local_get(0);
            from_bits(i, global.ty).global_set(index).end();
        });
    }
    accessor.pass_on("open", layout.openers.len(), Signature::Open);
    accessor.pass_on("subscribe", layout.subscribers.len(), Signature::Subscribe);
    accessor.pass_on("drop", layout.droppers.len(), Signature::Drop);
    accessor.finish()
}

struct Accessor {
    imports: ImportSection,
    functions: FunctionSection,
    globals: GlobalSection,
    exports: ExportSection,
    code: CodeSection,
    /// The index of the next function.
    next: u32,
    /// The index of the first imported function that is passed on.
    passed_on: u32,
}

impl Accessor {
    fn new(layout: &Layout) -> Self {
        let mut imports = ImportSection::new();
        let mut count = 0;
        let mut import = |name: String, signature: Signature| {
            imports.import(HOST, &name, EntityType::Function(signature as u32));
            count += 1;
        };
        for index in 0..layout.memories.len() {
            import(format!("sink-memory{index}"), Signature::SinkMemory);
        }
        import("sink-global".to_owned(), Signature::SinkGlobal);
        (0..layout.openers.len()).for_each(|index| import(format!("open{index}"), Signature::Open));
        (0..layout.subscribers.len())
            .for_each(|index| import(format!("subscribe{index}"), Signature::Subscribe));
        (0..layout.droppers.len()).for_each(|index| import(format!("drop{index}"), Signature::Drop));
        for memory in &layout.memories {
            // Any memory has at least no pages.
            let ty = MemoryType {
                minimum: 0,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            };
            imports.import(&instance_name(memory.instance), &memory.export, ty);
        }
        for global in &layout.globals {
            let ty = GlobalType { val_type: global.ty.val_type(), mutable: true, shared: false };
            imports.import(&instance_name(global.instance), &global.export, ty);
        }
        let mut globals = GlobalSection::new();
        // One for each memory: where the next piece goes.
        for _ in &layout.memories {
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            globals.global(ty, &ConstExpr::i32_const(0));
        }
        Self {
            imports,
            functions: FunctionSection::new(),
            globals,
            exports: ExportSection::new(),
            code: CodeSection::new(),
            next: count,
            passed_on: layout.memories.len() as u32 + 1,
        }
    }

    fn function(&mut self, name: &str, signature: Signature, body: impl FnOnce(&mut InstructionSink<'_>)) {
        let mut function = Function::new([]);
        body(&mut function.instructions());
        self.functions.function(signature as u32);
        self.exports.export(name, ExportKind::Func, self.next);
        self.code.function(&function);
        self.next += 1;
    }

    fn save(&mut self, layout: &Layout) {
        let memories = layout.memories.len() as u32;
        self.function("save", Signature::Nothing, |i| {
            for memory in 0..memories {
                // The whole memory, as one list.
                i.i32_const(memory as i32).i32_const(0);
                i.memory_size(memory).i32_const(16).i32_shl().call(memory);
            }
            for (index, global) in (0u32..).zip(&layout.globals) {
                i.i32_const(index as i32).global_get(index);
                to_bits(i, global.ty).call(memories);
            }
            i.end();
        });
    }

    fn load(&mut self, memory: u32, cursor: u32) {
        use wasm_encoder::BlockType;
        self.function(&format!("ensure{memory}"), Signature::Ensure, |i| {
            i.local_get(1).global_set(cursor);
            i.local_get(0).memory_size(memory).i32_gt_u().if_(BlockType::Result(ValType::I32));
            i.local_get(0).memory_size(memory).i32_sub().memory_grow(memory).i32_const(-1).i32_ne();
            i.else_().i32_const(1).end().end();
        });
        self.function(&format!("load{memory}"), Signature::Load, |i| {
            i.local_get(2).global_set(cursor).end();
        });
        self.function(&format!("realloc{memory}"), Signature::Realloc, |i| {
            i.global_get(cursor).end();
        });
    }

    /// Exports functions of the host as they are.
    fn pass_on(&mut self, name: &str, count: usize, signature: Signature) {
        for index in 0..count {
            let imported = self.passed_on;
            self.passed_on += 1;
            self.function(&format!("{name}{index}"), signature, |i| {
                let (params, _) = Signature::ALL.get(signature as usize).copied().unwrap_or_default();
                for param in 0..params.len() as u32 {
                    i.local_get(param);
                }
                i.call(imported).end();
            });
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut types = TypeSection::new();
        for (params, results) in Signature::ALL {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        let mut module = Module::new();
        module.section(&types).section(&self.imports).section(&self.functions).section(&self.globals);
        module.section(&self.exports).section(&self.code);
        module.finish()
    }
}

impl NumberType {
    fn val_type(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
}

fn to_bits<'a, 'b>(i: &'a mut InstructionSink<'b>, ty: NumberType) -> &'a mut InstructionSink<'b> {
    match ty {
        NumberType::I32 => i.i64_extend_i32_u(),
        NumberType::I64 => i,
        NumberType::F32 => i.i32_reinterpret_f32().i64_extend_i32_u(),
        NumberType::F64 => i.i64_reinterpret_f64(),
    }
}

fn from_bits<'a, 'b>(i: &'a mut InstructionSink<'b>, ty: NumberType) -> &'a mut InstructionSink<'b> {
    match ty {
        NumberType::I32 => i.i32_wrap_i64(),
        NumberType::I64 => i,
        NumberType::F32 => i.i32_wrap_i64().f32_reinterpret_i32(),
        NumberType::F64 => i.f64_reinterpret_i64(),
    }
}
