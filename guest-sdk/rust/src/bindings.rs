//! The bindings of the world `rivet:actor/actor`, generated from the WIT files.

/// Generated.
#[allow(unsafe_code, reason = "the canonical ABI passes raw pointers; wit-bindgen writes this code")]
#[allow(missing_docs, reason = "the WIT files are the documentation")]
#[allow(clippy::all, reason = "generated code")]
pub mod component {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "actor",
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_component",
    });
}

pub use component::export_component;
