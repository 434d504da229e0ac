//! Adds the accessor to a component: its imports, itself, and its exports.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentImportSection, ComponentInstanceSection, ComponentSectionId,
    ComponentTypeRef, ComponentTypeSection, ComponentValType, ExportKind, InstanceSection, InstanceType,
    ModuleArg, PrimitiveValType, RawSection,
};

use crate::instrument::accessor::{self, HOST, instance_name};
use crate::instrument::layout::{Global, Layout, Memory, Opener, StreamKind};
use crate::instrument::survey::Survey;
use crate::instrument::{CONTROL_INTERFACE, HOST_INTERFACE};

const U8: ComponentValType = ComponentValType::Primitive(PrimitiveValType::U8);
const U32: ComponentValType = ComponentValType::Primitive(PrimitiveValType::U32);
const U64: ComponentValType = ComponentValType::Primitive(PrimitiveValType::U64);

/// Adds the accessor behind what was copied of a component.
pub(super) fn append(out: &mut Component, survey: Survey) -> Layout {
    let mut layout = Layout::default();
    for (instance, module) in &survey.instantiations {
        let Some(module) = survey.modules.get(*module as usize) else { continue };
        let memory = |export: &String| Memory { instance: *instance, export: export.clone() };
        layout.memories.extend(module.memories.iter().map(memory));
        let global =
            |(export, ty): &(String, _)| Global { instance: *instance, export: export.clone(), ty: *ty };
        layout.globals.extend(module.globals.iter().map(global));
    }
    let mut appendix = Appendix { survey, lowered: Vec::new() };
    let host = appendix.import_host(out);
    appendix.lower(out, host, &mut layout);
    let accessor = appendix.instantiate(out, &layout);
    appendix.lift(out, accessor, &layout);
    layout
}

struct Appendix {
    survey: Survey,
    /// What the accessor imports from the host: name and core function.
    lowered: Vec<(String, u32)>,
}

/// Takes the next index of a space.
fn next(space: &mut u32) -> u32 {
    *space += 1;
    *space - 1
}

impl Appendix {
    /// Imports the functions that take what `save` gives; the instance.
    fn import_host(&mut self, out: &mut Component) -> u32 {
        let mut ty = InstanceType::new();
        ty.ty().defined_type().list(U8);
        ty.ty().function().params([("index", U32), ("data", ComponentValType::Type(0))]).result(None);
        ty.export("sink-memory", ComponentTypeRef::Func(1));
        ty.ty().function().params([("index", U32), ("bits", U64)]).result(None);
        ty.export("sink-global", ComponentTypeRef::Func(2));
        let mut types = ComponentTypeSection::new();
        types.instance(&ty);
        out.section(&types);
        let mut imports = ComponentImportSection::new();
        imports.import(HOST_INTERFACE, ComponentTypeRef::Instance(next(&mut self.survey.types)));
        out.section(&imports);
        next(&mut self.survey.instances)
    }

    /// Lowers what the accessor calls.
    fn lower(&mut self, out: &mut Component, host: u32, layout: &mut Layout) {
        let mut aliases = ComponentAliasSection::new();
        let mut lowers = CanonicalFunctionSection::new();
        let survey = &mut self.survey;
        let function = |aliases: &mut ComponentAliasSection, funcs: &mut u32, instance, name: &str| {
            aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Func, name });
            next(funcs)
        };
        let sink_memory = function(&mut aliases, &mut survey.funcs, host, "sink-memory");
        let sink_global = function(&mut aliases, &mut survey.funcs, host, "sink-global");
        let mut funcs = Vec::new();
        for opener in Opener::ALL {
            let (interface, name) = opener.import();
            let Some(import) =
                survey.import(interface).cloned().filter(|i| i.exports.iter().any(|n| n == name))
            else {
                continue;
            };
            let index = layout.openers.len();
            layout.openers.push(opener);
            let found = function(&mut aliases, &mut survey.funcs, import.instance, name);
            funcs.push((format!("open{index}"), found));
        }
        let mut drops = Vec::new();
        if let Some(streams) = survey.import("wasi:io/streams").cloned() {
            for stream in StreamKind::ALL {
                let has = |name: &str| streams.exports.iter().any(|export| export == name);
                let subscribe = format!("[method]{}.subscribe", stream.resource());
                if has(&subscribe) {
                    let index = layout.subscribers.len();
                    layout.subscribers.push(stream);
                    let found = function(&mut aliases, &mut survey.funcs, streams.instance, &subscribe);
                    funcs.push((format!("subscribe{index}"), found));
                }
                if has(stream.resource()) {
                    let (instance, name) = (streams.instance, stream.resource());
                    aliases.alias(Alias::InstanceExport { instance, kind: ComponentExportKind::Type, name });
                    let index = layout.droppers.len();
                    layout.droppers.push(stream);
                    drops.push((format!("drop{index}"), next(&mut survey.types)));
                }
            }
        }
        let first_memory = survey.core_memories;
        for memory in &layout.memories {
            let (instance, name) = (memory.instance, memory.export.as_str());
            aliases.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Memory, name });
        }
        out.section(&aliases);
        let lowered = &mut self.lowered;
        for index in 0..layout.memories.len() as u32 {
            lowers.lower(sink_memory, [CanonicalOption::Memory(first_memory + index)]);
            lowered.push((format!("sink-memory{index}"), next(&mut survey.core_funcs)));
        }
        lowers.lower(sink_global, []);
        lowered.push(("sink-global".to_owned(), next(&mut survey.core_funcs)));
        for (name, func) in funcs {
            lowers.lower(func, []);
            lowered.push((name, next(&mut survey.core_funcs)));
        }
        for (name, ty) in drops {
            lowers.resource_drop(ty);
            lowered.push((name, next(&mut survey.core_funcs)));
        }
        out.section(&lowers);
    }

    /// Adds the accessor and instantiates it; the core instance.
    fn instantiate(&mut self, out: &mut Component, layout: &Layout) -> u32 {
        let id = ComponentSectionId::CoreModule as u8;
        out.section(&RawSection { id, data: &accessor::module(layout) });
        let mut instances = InstanceSection::new();
        let lowered = self.lowered.iter();
        instances.export_items(lowered.map(|(name, func)| (name.as_str(), ExportKind::Func, *func)));
        let host = next(&mut self.survey.core_instances);
        let mut from: Vec<u32> = layout.memories.iter().map(|memory| memory.instance).collect();
        from.extend(layout.globals.iter().map(|global| global.instance));
        from.sort_unstable();
        from.dedup();
        let mut args: Vec<(String, ModuleArg)> =
            from.into_iter().map(|at| (instance_name(at), ModuleArg::Instance(at))).collect();
        args.push((HOST.to_owned(), ModuleArg::Instance(host)));
        let module = next(&mut self.survey.core_modules);
        instances.instantiate(module, args.iter().map(|(name, arg)| (name.as_str(), *arg)));
        out.section(&instances);
        next(&mut self.survey.core_instances)
    }

    /// Exports the functions of the accessor.
    fn lift(&mut self, out: &mut Component, accessor: u32, layout: &Layout) {
        let first_memory = self.survey.core_memories;
        let mut types = ComponentTypeSection::new();
        let list = next(&mut self.survey.types);
        types.defined_type().list(U8);
        let mut ty = |params: &[(&str, ComponentValType)], result| {
            types.function().params(params.iter().copied()).result(result);
            next(&mut self.survey.types)
        };
        let nothing = ty(&[], None);
        let ensure = ty(&[("pages", U32), ("address", U32)], Some(U32));
        let load = ty(&[("data", ComponentValType::Type(list)), ("next", U32)], None);
        let set = ty(&[("bits", U64)], None);
        let open = ty(&[], Some(U32));
        let dropped = ty(&[("handle", U32)], None);
        let subscribe = ty(&[("handle", U32)], Some(U32));
        out.section(&types);

        let mut lifter = Lifter {
            accessor,
            core_funcs: self.survey.core_funcs,
            funcs: self.survey.funcs,
            aliases: ComponentAliasSection::new(),
            lifts: CanonicalFunctionSection::new(),
            items: Vec::new(),
        };
        lifter.lift("save".to_owned(), nothing, []);
        for index in 0..layout.memories.len() as u32 {
            lifter.lift(format!("ensure{index}"), ensure, []);
            let realloc = lifter.alias(&format!("realloc{index}"));
            let memory = CanonicalOption::Memory(first_memory + index);
            lifter.lift(format!("load{index}"), load, [memory, CanonicalOption::Realloc(realloc)]);
        }
        let several = [
            ("set", layout.globals.len(), set),
            ("open", layout.openers.len(), open),
            ("subscribe", layout.subscribers.len(), subscribe),
            ("drop", layout.droppers.len(), dropped),
        ];
        for (name, count, ty) in several {
            (0..count).for_each(|index| lifter.lift(format!("{name}{index}"), ty, []));
        }
        out.section(&lifter.aliases).section(&lifter.lifts);
        let mut instances = ComponentInstanceSection::new();
        let items = lifter.items.iter();
        instances.export_items(items.map(|(name, func)| (name.as_str(), ComponentExportKind::Func, *func)));
        out.section(&instances);
        let mut exports = ComponentExportSection::new();
        exports.export(CONTROL_INTERFACE, ComponentExportKind::Instance, self.survey.instances, None);
        out.section(&exports);
    }
}

struct Lifter {
    accessor: u32,
    core_funcs: u32,
    funcs: u32,
    aliases: ComponentAliasSection,
    lifts: CanonicalFunctionSection,
    /// What is exported: name and function.
    items: Vec<(String, u32)>,
}

impl Lifter {
    fn alias(&mut self, name: &str) -> u32 {
        let instance = self.accessor;
        self.aliases.alias(Alias::CoreInstanceExport { instance, kind: ExportKind::Func, name });
        next(&mut self.core_funcs)
    }

    fn lift<const N: usize>(&mut self, name: String, ty: u32, options: [CanonicalOption; N]) {
        let core = self.alias(&name);
        self.lifts.lift(core, ty, options);
        self.items.push((name, next(&mut self.funcs)));
    }
}
