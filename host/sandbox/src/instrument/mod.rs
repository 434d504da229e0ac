//! Makes the memory of a component reachable for the host, at upload and without its code taking part.
//!
//! Every core module gets exports for the memories and mutable globals that it defines, and the component one more
//! core module, the *accessor*, which reads and writes them for the host. The component's own code stays as it is.

mod accessor;
mod append;
mod core_module;
mod layout;
mod survey;

use rivet_ground::limits;
use wasmparser::{Instance, Parser, Payload};

pub(crate) use layout::{Layout, Opener};
pub(crate) use survey::Refusal;

use core_module::CoreModule;
use survey::Survey;

/// Changes whenever an instrumented component may differ from what this code made of it before: compiled code and
/// snapshots of other versions are not used.
pub(crate) const VERSION: u32 = 1;

/// What the accessor imports.
pub(crate) const HOST_INTERFACE: &str = "rivet:snapshot/host@0.1.0";
/// What the accessor exports.
pub(crate) const CONTROL_INTERFACE: &str = "rivet:snapshot/control@0.1.0";

/// A component whose memory the host can reach.
pub(crate) struct Instrumented {
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
}

/// Instruments a component.
///
/// # Errors
/// The component has a shape whose memory cannot be reached in full; it runs all the same, uninstrumented.
pub(crate) fn instrument(component: &[u8]) -> Result<Instrumented, Refusal> {
    let mut out = wasm_encoder::Component::new();
    let mut survey = Survey::default();
    // How deep inside modules and components of the component the parser is.
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        if depth > 0 {
            match payload {
                Payload::ModuleSection { .. } => return Err(Refusal::NestedModule),
                // Of a module from outside, whose state is inside all the same.
                Payload::InstanceSection(instances) => {
                    for instance in instances {
                        if let Instance::Instantiate { .. } = instance? {
                            return Err(Refusal::NestedModule);
                        }
                    }
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ => {}
            }
            continue;
        }
        if let Payload::ModuleSection { unchecked_range, .. } = &payload {
            let module = component.get(unchecked_range.clone()).unwrap_or_default();
            let module = CoreModule::expose(module)?;
            let id = wasm_encoder::ComponentSectionId::CoreModule as u8;
            out.section(&wasm_encoder::RawSection { id, data: &module.bytes });
            survey.add_module(module);
            depth += 1;
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = component.get(range).unwrap_or_default();
            out.section(&wasm_encoder::RawSection { id, data });
        }
        if let Payload::ComponentSection { .. } = payload {
            depth += 1;
        }
        survey.note(payload)?;
    }
    if survey.globals() > limits::COMPONENT_GLOBALS {
        return Err(Refusal::Globals(survey.globals()));
    }
    let layout = append::append(&mut out, survey);
    Ok(Instrumented { bytes: out.finish(), layout })
}

#[cfg(test)]
mod tests {
    use super::layout::NumberType;
    use super::*;

    fn refusal(text: &str) -> String {
        match instrument(&wat::parse_str(text).unwrap()) {
            Ok(_) => panic!("it was instrumented: {text}"),
            Err(refusal) => refusal.to_string(),
        }
    }

    fn module(text: &str) -> String {
        format!("(component (core module $m {text}) (core instance (instantiate $m)))")
    }

    #[test]
    fn memories_and_globals_are_laid_out() {
        let text = module(
            "(memory 1) (memory 2) (global (mut i32) (i32.const 1)) (global i32 (i32.const 1)) (global (mut f64) (f64.const 1))",
        );
        let instrumented = instrument(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(instrumented.layout.memories.len(), 2);
        let types: Vec<_> = instrumented.layout.globals.iter().map(|global| global.ty).collect();
        assert_eq!(types, [NumberType::I32, NumberType::F64]);
        wasmparser::Validator::new().validate_all(&instrumented.bytes).unwrap();
    }

    #[test]
    fn a_module_that_is_instantiated_twice_is_laid_out_twice() {
        let text = "(component (core module $m (memory 1)) (core instance (instantiate $m)) (core instance (instantiate $m)))";
        let instrumented = instrument(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(instrumented.layout.memories.len(), 2);
        wasmparser::Validator::new().validate_all(&instrumented.bytes).unwrap();
    }

    #[test]
    fn what_cannot_be_reached_is_refused_with_the_reason() {
        for (text, reason) in [
            ("(memory 1 1 shared)", "shared memory"),
            ("(memory i64 1)", "64-bit memory"),
            ("(global (mut v128) (v128.const i64x2 0 0))", "mutable global of type v128"),
            ("(global (mut funcref) (ref.null func))", "mutable global of type"),
            ("(table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func)))", "changes a table"),
            (
                "(table 1 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))",
                "changes a table",
            ),
        ] {
            let found = refusal(&module(text));
            assert!(found.contains(reason), "{text}: {found}");
        }
        for (text, reason) in [
            ("(component (component (core module)))", "nested"),
            (
                "(component (core module $m (memory 1)) (component (alias outer 1 0 (core module $n)) (core instance (instantiate $n))))",
                "nested",
            ),
            (
                "(component (type $r (resource (rep i32))) (core func (canon resource.new $r)))",
                "resources of its own",
            ),
        ] {
            assert!(refusal(text).contains(reason), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn more_globals_than_are_worth_it_are_refused() {
        let globals = "(global (mut i32) (i32.const 0))".repeat(limits::COMPONENT_GLOBALS / 2 + 1);
        let once = format!("(component (core module $m {globals}) (core instance (instantiate $m)))");
        assert!(instrument(&wat::parse_str(&once).unwrap()).is_ok());
        let twice = once.replace("(core instance", "(core instance (instantiate $m)) (core instance");
        assert!(refusal(&twice).contains("mutable globals"), "{}", refusal(&twice));
    }

    #[test]
    fn what_is_no_component_is_refused() {
        assert!(instrument(b"\0asm\x0d\0\x01\0\xff\xff").is_err());
    }
}
