//! Writes the implementation of `rivet_guest::Actor`.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::manifest::manifest;
use crate::method::{CtxParam, Method, Param, Receiver};
use crate::parse::{Action, ActorBlock, Hook, HookKind};

/// The block itself and the implementation of the trait.
pub fn expand(actor: &ActorBlock) -> TokenStream {
    let ActorBlock { block, name, actions, hooks, .. } = actor;
    let this = &block.self_ty;
    let manifest = manifest(actor);
    let access = actions.iter().map(access_arm);
    let shared = call(actions, Receiver::Shared);
    let exclusive = call(actions, Receiver::Exclusive);
    let hook_functions = hooks.iter().map(hook);
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
            const MANIFEST: &'static str = #manifest;

            fn access(__action: &str) -> ::core::option::Option<::rivet_guest::__private::Access> {
                match __action {
                    #(#access)*
                    _ => ::core::option::Option::None,
                }
            }

            #shared
            #exclusive
            #default_state
            #(#hook_functions)*
        }
    }
}

fn access_arm(Action { name, method }: &Action) -> TokenStream {
    let access = match method.receiver {
        Receiver::Exclusive => quote!(Exclusive),
        _ => quote!(Shared),
    };
    quote!(#name => ::core::option::Option::Some(::rivet_guest::__private::Access::#access),)
}

/// The function that runs the actions which take the actor in one way.
fn call(actions: &[Action], receiver: Receiver) -> TokenStream {
    let (function, this) = match receiver {
        Receiver::Exclusive => (format_ident!("call_exclusive"), quote!(&mut self)),
        _ => (format_ident!("call_shared"), quote!(&self)),
    };
    let arms = actions.iter().filter(|action| action.method.receiver == receiver).map(action_arm);
    quote! {
        async fn #function(
            #this,
            __ctx: &::rivet_guest::Ctx,
            __action: &str,
            __args: &::rivet_guest::__private::Args,
        ) -> ::rivet_guest::Result<::std::vec::Vec<u8>> {
            match __action {
                #(#arms)*
                _ => ::core::result::Result::Err(::rivet_guest::__private::action_not_found(__action)),
            }
        }
    }
}

fn action_arm(Action { name, method }: &Action) -> TokenStream {
    let locals = local_names(method);
    let decode = locals.iter().zip(&method.params).enumerate().map(|(index, (local, Param { name, ty }))| {
        let index = Literal::usize_unsuffixed(index);
        quote_spanned!(ty.span()=> let #local = __args.get::<#ty>(#index, #name)?;)
    });
    let output = outcome(method, &locals);
    let encode = match &method.output {
        // The type stands in the call, so that an error about it points at it.
        Some(ty) if !method.is_fallible() => {
            quote_spanned!(ty.span()=> ::rivet_guest::__private::encode_output::<#ty>(&__output))
        }
        Some(ty) => quote_spanned!(ty.span()=> ::rivet_guest::__private::encode_output(&__output)),
        None => quote!(::rivet_guest::__private::encode_output(&__output)),
    };
    quote! {
        #name => {
            #(#decode)*
            let __output = #output;
            #encode
        }
    }
}

fn hook(Hook { kind, method }: &Hook) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &locals);
    let input = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
        quote_spanned!(ty.span()=> let #local = ::rivet_guest::__private::input::<#ty>(__input)?;)
    });
    let done = quote!(::core::result::Result::Ok(#outcome));
    match kind {
        HookKind::CreateState => quote! {
            async fn create_state(__ctx: &::rivet_guest::Ctx, __input: &[u8]) -> ::rivet_guest::Result<Self> {
                #(#input)*
                #done
            }
        },
        HookKind::OnCreate => quote! {
            async fn on_create(
                &mut self,
                __ctx: &::rivet_guest::Ctx,
                __input: &[u8],
            ) -> ::rivet_guest::Result<()> {
                #(#input)*
                #done
            }
        },
        HookKind::OnWake | HookKind::OnDestroy => {
            let function = &method.ident;
            let flag = format_ident!("HAS_{}", function.to_string().to_uppercase());
            quote! {
                const #flag: bool = true;

                async fn #function(&mut self, __ctx: &::rivet_guest::Ctx) -> ::rivet_guest::Result<()> {
                    #done
                }
            }
        }
        HookKind::OnBeforeActionResponse => before_response(&locals, &outcome),
    }
}

fn before_response(locals: &[Ident], outcome: &TokenStream) -> TokenStream {
    let values =
        [quote!(__action), quote!(&__values), quote!(::rivet_guest::__private::output_value(&__encoded)?)];
    quote! {
        async fn on_before_action_response(
            &self,
            __ctx: &::rivet_guest::Ctx,
            __action: &str,
            __args: &::rivet_guest::__private::Args,
            __encoded: ::std::vec::Vec<u8>,
        ) -> ::rivet_guest::Result<::std::vec::Vec<u8>> {
            let __values = __args.values();
            #(let #locals = #values;)*
            let __output: ::rivet_guest::Value = #outcome;
            ::rivet_guest::__private::encode_value(&__output, &__encoded)
        }
    }
}

/// The call of the method, awaited if it is `async`, and left by `?` if it fails.
fn outcome(method: &Method, locals: &[Ident]) -> TokenStream {
    let function = &method.ident;
    let this = (method.receiver != Receiver::None).then(|| quote!(self,));
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
