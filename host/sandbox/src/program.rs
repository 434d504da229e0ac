//! A component that is ready to run.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rivet_ground::{Manifest, ManifestError, limits};
use wasmtime::component::Component;

use crate::bindings::ActorIndices;
use crate::code::Code;
use crate::digest::Digest;
use crate::engine::Sandbox;
use crate::imports::ImportTable;
use crate::instance::describe;
use crate::instrument::{CONTROL_INTERFACE, HOST_INTERFACE, Layout, instrument};
use crate::snapshot::Control;
use crate::trap::Trap;

/// A checked and compiled component. Cloning is cheap.
#[derive(Clone)]
pub struct Program {
    pub(crate) code: Arc<Code>,
    facts: Arc<Facts>,
}

struct Facts {
    manifest: Manifest,
    imports: ImportTable,
    exports: Vec<String>,
    size_bytes: usize,
}

/// Why a component cannot run here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Larger than the host takes.
    #[error("the component has {size_bytes} bytes, over the limit of {}", limits::COMPONENT_BYTES)]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// A core module, or no WebAssembly at all.
    #[error("{found}: {advice}")]
    NotAComponent {
        /// What it is.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Not valid, or beyond what this host's engine supports.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// It imports what the host does not offer.
    #[error("the component imports what this host does not offer:\n{0}")]
    Imports(ImportTable),
    /// An import or export has another type than in `wit/`.
    #[error("the component does not fit the world rivet:actor/actor@0.1.0: {0}")]
    World(String),
    /// `describe` trapped.
    #[error("the component could not describe itself: {0}")]
    Describe(Trap),
    /// `describe` returned something unusable.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl Sandbox {
    /// Checks and compiles a component, or takes it from the cache, and reads its manifest. Compiling
    /// takes seconds of CPU for a large one; it runs on a thread of its own.
    pub async fn compile(&self, bytes: bytes::Bytes) -> Result<Program, CompileError> {
        check_shape(&bytes)?;
        let digest = Digest::of(&bytes);
        let size_bytes = bytes.len();
        let sandbox = self.clone();
        let compiled = tokio::task::spawn_blocking(move || sandbox.compile_code(&bytes, digest)).await;
        let Compiled { component, layout } = compiled.map_err(|e| CompileError::Invalid(e.to_string()))??;

        let ty = component.component_type();
        // What the host itself has added is not the component's.
        let is_own = |name: &&str| layout.is_err() || ![HOST_INTERFACE, CONTROL_INTERFACE].contains(name);
        let imports = ImportTable::new(ty.imports(&self.engine).map(|(name, _)| name).filter(is_own));
        if !imports.is_met() {
            return Err(CompileError::Imports(imports));
        }
        let exports = ty.exports(&self.engine).map(|(name, _)| name).filter(is_own);
        let exports = exports.map(str::to_owned).collect();
        let world = |error: wasmtime::Error| CompileError::World(format!("{error:#}"));
        let pre = self.linker.instantiate_pre(&component).map_err(world)?;
        let indices = ActorIndices::new(&pre).map_err(world)?;
        let control = layout.and_then(|layout| {
            Control::new(&component, layout).ok_or_else(|| "the accessor is not there".to_owned())
        });
        let base = OnceLock::new();
        let code = Arc::new(Code { sandbox: self.clone(), digest, pre, indices, control, base });
        let text = describe(&code).await.map_err(CompileError::Describe)?;
        let manifest = parse_manifest(&text)?;
        Ok(Program { code, facts: Arc::new(Facts { manifest, imports, exports, size_bytes }) })
    }

    /// Compiles the component with an accessor to its memory, or, where it has a shape that does not let it, as it is.
    fn compile_code(&self, bytes: &[u8], digest: Digest) -> Result<Compiled, CompileError> {
        let (instrumented, layout) = match instrument(bytes) {
            Ok(done) => (Some(done.bytes), Ok(done.layout)),
            Err(refusal) => (None, Err(refusal.to_string())),
        };
        if let Some(component) = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, digest)) {
            return Ok(Compiled { component, layout });
        }
        let compile = |bytes: &[u8]| Component::from_binary(&self.engine, bytes);
        let compiled = match instrumented.as_deref().map(compile) {
            Some(Ok(component)) => Ok(Compiled { component, layout }),
            // Its own fault, or ours: as it is, it shows which.
            Some(Err(error)) => compile(bytes).map(|component| {
                let reason = format!("what the host added to it is not valid: {error:#}");
                tracing::warn!(component = %digest, "{reason}");
                Compiled { component, layout: Err(reason) }
            }),
            None => compile(bytes).map(|component| Compiled { component, layout }),
        };
        let compiled = compiled.map_err(|e| CompileError::Invalid(format!("{e:#}")))?;
        let as_expected = compiled.layout.is_ok() == instrumented.is_some();
        if let Some(cache) = self.cache.as_ref().filter(|_| as_expected) {
            cache.save(&compiled.component, digest);
        }
        Ok(compiled)
    }
}

/// A compiled component, and where its memory is, or why it cannot be reached.
struct Compiled {
    component: Component,
    layout: Result<Layout, String>,
}

impl Program {
    /// The digest of the component's bytes.
    pub fn digest(&self) -> Digest {
        self.code.digest
    }

    /// Why its instances sleep without a memory snapshot, if they do.
    pub fn no_snapshot(&self) -> Option<&str> {
        self.code.memory().err()
    }

    /// What the component says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.facts.manifest
    }

    /// What it imports.
    pub fn imports(&self) -> &ImportTable {
        &self.facts.imports
    }

    /// What it exports.
    pub fn exports(&self) -> &[String] {
        &self.facts.exports
    }

    /// The size of the component's bytes.
    pub fn size_bytes(&self) -> usize {
        self.facts.size_bytes
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.code.digest).finish()
    }
}

fn check_shape(bytes: &[u8]) -> Result<(), CompileError> {
    if bytes.len() > limits::COMPONENT_BYTES {
        return Err(CompileError::TooLarge { size_bytes: bytes.len() });
    }
    // The preamble: magic, then a version and a layer of two bytes each.
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => Err(CompileError::NotAComponent {
            found: "this is a core WebAssembly module, not a component",
            advice: "build it with `--target wasm32-wasip2`, or wrap it with `wasm-tools component new`",
        }),
        _ => Err(CompileError::NotAComponent {
            found: "this is not WebAssembly",
            advice: "send the bytes of a component (a .wasm file)",
        }),
    }
}

fn parse_manifest(text: &str) -> Result<Manifest, ManifestError> {
    if text.len() > limits::MANIFEST_BYTES {
        let rule = format!("it has {} bytes, over the limit of {}", text.len(), limits::MANIFEST_BYTES);
        return Err(ManifestError::Rule(rule));
    }
    let manifest: Manifest = serde_json::from_str(text).map_err(|e| ManifestError::Shape(e.to_string()))?;
    manifest.check()?;
    Ok(manifest)
}
