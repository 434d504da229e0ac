//! The signature of a method: what an action or a hook takes and returns.

use quote::format_ident;
use syn::{Error, FnArg, Ident, Pat, Result, ReturnType, Signature, Type};

/// How a method takes the actor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Not at all.
    None,
    /// `&self`.
    Shared,
    /// `&mut self`.
    Exclusive,
}

/// A method that the host calls.
pub struct Method {
    /// Its name in Rust.
    pub ident: Ident,
    /// How it takes the actor.
    pub receiver: Receiver,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// How it takes the context.
    pub ctx: Option<CtxParam>,
    /// What else it takes.
    pub params: Vec<Param>,
    /// What it returns, if anything.
    pub output: Option<Type>,
}

/// How a method takes the context.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CtxParam {
    /// `&Ctx`.
    Borrowed,
    /// `Ctx`.
    Owned,
}

/// A parameter.
pub struct Param {
    /// Its name, for error messages.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

impl Method {
    /// Reads a signature.
    pub fn parse(signature: &Signature) -> Result<Self> {
        if let Some(generic) = signature.generics.params.first() {
            let text = "a method that the host calls cannot be generic: its types are what the wire carries";
            return Err(Error::new_spanned(generic, text));
        }
        let mut method = Self {
            ident: signature.ident.clone(),
            receiver: Receiver::None,
            is_async: signature.asyncness.is_some(),
            ctx: None,
            params: vec![],
            output: match &signature.output {
                ReturnType::Default => None,
                ReturnType::Type(_, ty) => Some((**ty).clone()),
            },
        };
        for (index, input) in signature.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) if receiver.reference.is_none() => {
                    let text = "the actor outlives its actions: take `&self` or `&mut self`";
                    return Err(Error::new_spanned(receiver, text));
                }
                FnArg::Receiver(receiver) => {
                    let exclusive = receiver.mutability.is_some();
                    method.receiver = if exclusive { Receiver::Exclusive } else { Receiver::Shared };
                }
                FnArg::Typed(param) => match ctx_param(&param.ty) {
                    Some(ctx) if method.ctx.is_none() && method.params.is_empty() => method.ctx = Some(ctx),
                    Some(_) => return Err(Error::new_spanned(param, "the context is the first parameter")),
                    None => method.params.push(Param::new(index, &param.pat, &param.ty)?),
                },
            }
        }
        Ok(method)
    }

    /// Whether its first parameter beside the context is the actor as `This`.
    pub fn takes_this(&self) -> bool {
        matches!(self.params.first(), Some(Param { ty: Type::Path(path), .. })
            if path.path.segments.last().is_some_and(|segment| segment.ident == "This"))
    }

    /// Whether the return type is a `Result`.
    pub fn is_fallible(&self) -> bool {
        matches!(&self.output, Some(Type::Path(path))
            if path.path.segments.last().is_some_and(|segment| segment.ident == "Result"))
    }
}

impl Param {
    fn new(index: usize, pattern: &Pat, ty: &Type) -> Result<Self> {
        if let Type::ImplTrait(_) = ty {
            let text = "a method that the host calls cannot be generic: its types are what the wire carries";
            return Err(Error::new_spanned(ty, text));
        }
        let name = match pattern {
            Pat::Ident(pattern) => unraw(&pattern.ident),
            _ => format_ident!("arg{index}").to_string(),
        };
        Ok(Self { name, ty: ty.clone() })
    }

    /// Refuses a type that borrows: what arrives over the wire has no owner to borrow from.
    pub fn must_be_owned(&self) -> Result<()> {
        match &self.ty {
            Type::Reference(_) => {
                let text = "an argument is owned: take `String` for `&str`, `Vec<T>` for `&[T]`";
                Err(Error::new_spanned(&self.ty, text))
            }
            _ => Ok(()),
        }
    }
}

/// An identifier without `r#`.
pub fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

fn ctx_param(ty: &Type) -> Option<CtxParam> {
    let (ty, ctx) = match ty {
        Type::Reference(reference) => (&*reference.elem, CtxParam::Borrowed),
        owned => (owned, CtxParam::Owned),
    };
    match ty {
        Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "Ctx") => {
            Some(ctx)
        }
        _ => None,
    }
}
