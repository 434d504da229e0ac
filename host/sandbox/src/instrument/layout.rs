//! What the host can reach in an instance of an instrumented component.

/// What there is, in the order in which the accessor numbers it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    /// The functions of the host that give the component its std streams.
    pub(crate) openers: Vec<Opener>,
    /// The kinds of stream that it can subscribe to.
    pub(crate) subscribers: Vec<StreamKind>,
    /// The kinds of stream that it can drop.
    pub(crate) droppers: Vec<StreamKind>,
}

/// A memory that a core instance defines.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(super) instance: u32,
    pub(super) export: String,
}

/// A mutable global that a core instance defines.
#[derive(Clone, Debug)]
pub(crate) struct Global {
    pub(super) instance: u32,
    pub(super) export: String,
    pub(crate) ty: NumberType,
}

/// The type of a global, whose value has at most 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberType {
    I32,
    I64,
    F32,
    F64,
}

/// A function that opens a std stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opener {
    Stdin,
    Stdout,
    Stderr,
}

/// A kind of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamKind {
    Input,
    Output,
}

impl Opener {
    pub(super) const ALL: [Self; 3] = [Self::Stdin, Self::Stdout, Self::Stderr];

    /// The interface, without its version, and the function in it.
    pub(super) fn import(self) -> (&'static str, &'static str) {
        match self {
            Self::Stdin => ("wasi:cli/stdin", "get-stdin"),
            Self::Stdout => ("wasi:cli/stdout", "get-stdout"),
            Self::Stderr => ("wasi:cli/stderr", "get-stderr"),
        }
    }

    pub(crate) fn stream(self) -> StreamKind {
        match self {
            Self::Stdin => StreamKind::Input,
            Self::Stdout | Self::Stderr => StreamKind::Output,
        }
    }
}

impl StreamKind {
    pub(super) const ALL: [Self; 2] = [Self::Input, Self::Output];

    /// The name of the resource in `wasi:io/streams`.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Input => "input-stream",
            Self::Output => "output-stream",
        }
    }
}
