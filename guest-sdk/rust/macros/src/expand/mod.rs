//! Writes the implementation of `rivet_guest::Actor`.

mod action;
mod hook;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::hook::HookKind;
use crate::manifest::manifest;
use crate::method::{CtxParam, Method, Receiver};
use crate::parse::ActorBlock;

/// The block itself and the implementation of the trait.
pub fn expand(actor: &ActorBlock) -> TokenStream {
    let ActorBlock { block, name, actions, hooks, .. } = actor;
    let this = &block.self_ty;
    let manifest = manifest(actor);
    let access = actions.iter().map(action::access_arm);
    let shared = action::call(actions, Receiver::Shared);
    let exclusive = action::call(actions, Receiver::Exclusive);
    let free = action::call(actions, Receiver::None);
    let hook_functions = hooks.iter().map(hook::expand);
    let default_state = hooks.iter().all(|hook| hook.kind != HookKind::CreateState).then(|| {
        quote_spanned! {this.span()=>
            async fn create_state(_: &::rivet_guest::Ctx, _: &[u8]) -> ::rivet_guest::Result<Self> {
                ::core::result::Result::Ok(<#this as ::core::default::Default>::default())
            }
        }
    });
    quote! {
        #block

        #[allow(clippy::all)]
        impl ::rivet_guest::Actor for #this {
            const NAME: &'static str = #name;
            const MANIFEST: ::rivet_guest::__private::Manifest = #manifest;

            fn access(__action: &str) -> ::core::option::Option<::rivet_guest::__private::Access> {
                match __action {
                    #(#access)*
                    _ => ::core::option::Option::None,
                }
            }

            #shared
            #exclusive
            #free
            #default_state
            #(#hook_functions)*
        }
    }
}

/// The call of the method on an actor, awaited if it is `async`, and left by `?` if it fails.
fn outcome(method: &Method, actor: &TokenStream, locals: &[Ident]) -> TokenStream {
    let function = &method.ident;
    let this = (method.receiver != Receiver::None).then(|| quote!(#actor,));
    let ctx = method.ctx.map(|ctx| match ctx {
        CtxParam::Borrowed => quote!(__ctx,),
        CtxParam::Owned => quote!(::core::clone::Clone::clone(__ctx),),
    });
    let wait = method.is_async.then(|| quote!(.await));
    let call = quote!(Self::#function(#this #ctx #(#locals),*) #wait);
    match &method.output {
        Some(ty) if method.is_fallible() => quote_spanned! {ty.span()=>
            #call.map_err(::core::convert::Into::<::rivet_guest::Error>::into)?
        },
        _ => call,
    }
}

fn local_names(method: &Method) -> Vec<Ident> {
    (0..method.params.len()).map(|index| format_ident!("__arg{index}")).collect()
}
