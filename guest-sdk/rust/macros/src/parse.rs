//! Reads the block of an actor.

use proc_macro2::TokenStream;
use syn::{Error, ImplItem, ImplItemFn, ItemImpl, Result, Type, Visibility};

use crate::awaits::checkpoint_awaits;
use crate::case::{camel, kebab};
use crate::hook::{Hook, HookKind};
use crate::method::{Method, Receiver, unraw};
use crate::options::{ActorOptions, take_action_name};

/// An actor: its block, and what the host may call in it.
pub struct ActorBlock {
    /// The block as it is compiled.
    pub block: ItemImpl,
    /// The name that clients use.
    pub name: String,
    /// What stands in the brackets.
    pub options: ActorOptions,
    /// The actions.
    pub actions: Vec<Action>,
    /// The hooks.
    pub hooks: Vec<Hook>,
}

/// An action.
pub struct Action {
    /// Its name on the wire.
    pub name: String,
    /// The method that runs it.
    pub method: Method,
}

/// Reads `#[actor(options)] block`. All errors of the methods are told at once.
pub fn parse(options: TokenStream, block: TokenStream) -> Result<ActorBlock> {
    let options = ActorOptions::parse(options)?;
    let block: ItemImpl = syn::parse2(block)?;
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new_spanned(
            path,
            "`#[actor]` belongs on a block of the struct's own: `impl Counter { .. }`",
        ));
    }
    if let Some(generic) = block.generics.params.first() {
        return Err(Error::new_spanned(
            generic,
            "an actor cannot be generic: a component holds one of a kind",
        ));
    }
    let name = match &options.name {
        Some(name) => name.clone(),
        None => kebab(&type_name(&block.self_ty)?),
    };
    let mut actor = ActorBlock { block, name, options, actions: vec![], hooks: vec![] };
    actor.read_methods()?;
    Ok(actor)
}

impl ActorBlock {
    fn read_methods(&mut self) -> Result<()> {
        let mut items = std::mem::take(&mut self.block.items);
        let methods = items.iter_mut().filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        });
        let mut errors: Option<Error> = None;
        for method in methods {
            if let Err(error) = self.read_method(method) {
                match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                }
            }
        }
        self.block.items = items;
        errors.map_or(Ok(()), Err)
    }

    fn read_method(&mut self, method: &mut ImplItemFn) -> Result<()> {
        let signature = &method.sig;
        let name = take_action_name(&mut method.attrs)?;
        let kind = HookKind::from_name(&unraw(&signature.ident));
        if let (Some(kind), None) = (kind, &name) {
            self.hooks.push(Hook::new(kind, signature)?);
            let has = |kind| self.hooks.iter().any(|hook| hook.kind == kind);
            if has(HookKind::Run) && has(HookKind::Workflow) {
                let text = "an actor does one thing by itself: `run` or `workflow`";
                return Err(Error::new_spanned(&signature.ident, text));
            }
        } else if name.is_some() || matches!(method.vis, Visibility::Public(_)) {
            let (name, span) = match name {
                Some(name) => (name.value(), name.span()),
                None => (camel(&unraw(&signature.ident)), signature.ident.span()),
            };
            if self.actions.iter().any(|action| action.name == name) {
                return Err(Error::new(span, format!("there is an action `{name}` already")));
            }
            self.actions.push(Action { name, method: action_method(signature)? });
        }
        let exclusive = signature.receiver().is_some_and(|r| r.reference.is_some() && r.mutability.is_some());
        if exclusive && signature.asyncness.is_some() {
            checkpoint_awaits(&mut method.block);
        }
        Ok(())
    }
}

fn action_method(signature: &syn::Signature) -> Result<Method> {
    let method = Method::parse(signature)?;
    if method.receiver == Receiver::None && !method.takes_this() {
        let text = "an action takes `&self`, `&mut self` or `this: This<Self>`; without `pub` this is a function of your own";
        return Err(Error::new_spanned(&signature.ident, text));
    }
    method.params.iter().try_for_each(|param| param.must_be_owned())?;
    Ok(method)
}

fn type_name(ty: &Type) -> Result<String> {
    match ty {
        Type::Path(path) => match path.path.segments.last() {
            Some(segment) => Ok(unraw(&segment.ident)),
            None => Err(Error::new_spanned(ty, "expected a struct")),
        },
        _ => Err(Error::new_spanned(ty, "expected a struct")),
    }
}
