//! CBOR as a tree, read and written without the codec that is under test.

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// An integer, and whether it has 8 bytes.
    Int {
        n: i128,
        wide: bool,
    },
    Float(f64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    Tag(u64, Box<Tree>),
    Simple(u8),
}

impl Tree {
    pub fn parse(bytes: &[u8]) -> Self {
        let mut input = Decoder::new(bytes);
        let tree = Self::read(&mut input);
        assert_eq!(input.position(), bytes.len(), "one value");
        tree
    }

    fn read(input: &mut Decoder<'_>) -> Self {
        let start = input.position();
        match input.datatype().unwrap() {
            Type::F16 | Type::F32 | Type::F64 => Self::Float(input.f64().unwrap()),
            Type::Bytes => Self::Bytes(input.bytes().unwrap().to_vec()),
            Type::String => Self::Text(input.str().unwrap().to_owned()),
            Type::Array => {
                let len = input.array().unwrap().unwrap();
                Self::Array((0..len).map(|_| Self::read(input)).collect())
            }
            Type::Map => {
                let len = input.map().unwrap().unwrap();
                Self::Map((0..len).map(|_| (Self::read(input), Self::read(input))).collect())
            }
            Type::Tag => Self::Tag(input.tag().unwrap().as_u64(), Box::new(Self::read(input))),
            Type::Bool => Self::Simple(20 + u8::from(input.bool().unwrap())),
            Type::Null => {
                input.null().unwrap();
                Self::Simple(22)
            }
            Type::Undefined => {
                input.undefined().unwrap();
                Self::Simple(23)
            }
            _ => {
                let n = input.int().unwrap().into();
                Self::Int { n, wide: input.position() - start == 9 }
            }
        }
    }

    /// The same tree with every map in the order of its keys.
    pub fn sorted(self) -> Self {
        match self {
            Self::Array(items) => Self::Array(items.into_iter().map(Self::sorted).collect()),
            Self::Map(entries) => {
                let mut entries: Vec<_> = entries.into_iter().map(|(k, v)| (k, v.sorted())).collect();
                entries.sort_by_key(|(key, _)| format!("{key:?}"));
                Self::Map(entries)
            }
            Self::Tag(tag, content) => Self::Tag(tag, Box::new(content.sorted())),
            other => other,
        }
    }

    /// The shortest bytes, but for wide integers.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Encoder::new(Vec::new());
        self.write(&mut out);
        out.into_writer()
    }

    fn write(&self, out: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Int { n, wide: true } => {
                let (head, n) = if *n < 0 { (0x3b, -1 - n) } else { (0x1b, *n) };
                out.writer_mut().push(head);
                out.writer_mut().extend((n as u64).to_be_bytes());
            }
            Self::Int { n, wide: false } => {
                out.i64(*n as i64).unwrap();
            }
            Self::Float(x) => {
                out.f64(*x).unwrap();
            }
            Self::Bytes(bytes) => {
                out.bytes(bytes).unwrap();
            }
            Self::Text(text) => {
                out.str(text).unwrap();
            }
            Self::Array(items) => {
                out.array(items.len() as u64).unwrap();
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                out.map(entries.len() as u64).unwrap();
                for (key, value) in entries {
                    key.write(out);
                    value.write(out);
                }
            }
            Self::Tag(tag, content) => {
                out.tag(Tag::new(*tag)).unwrap();
                content.write(out);
            }
            Self::Simple(n) => out.writer_mut().push(0xe0 | n),
        }
    }
}
