//! Writes what runs the hooks.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::{local_names, outcome};
use crate::hook::{Hook, HookKind};
use crate::method::{Method, Param, Receiver};

/// The function of the trait that runs a hook.
pub fn expand(Hook { kind, method }: &Hook) -> TokenStream {
    match kind {
        HookKind::OnMigrate => migrate(method),
        HookKind::CreateState
        | HookKind::OnCreate
        | HookKind::OnWake
        | HookKind::OnSleep
        | HookKind::OnDestroy => of_life(*kind, method),
        HookKind::Run => run(method),
        HookKind::Workflow => workflow(method),
        HookKind::OnWorkflowError => workflow_error(method),
        HookKind::OnBeforeActionResponse => before_response(method),
        _ => of_clients(*kind, method),
    }
}

fn migrate(method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
    let is_new = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
        let is_new = Ident::new("__is_new", ty.span());
        quote_spanned!(ty.span()=> let #local: #ty = #is_new;)
    });
    quote! {
        const HAS_ON_MIGRATE: bool = true;

        fn on_migrate(__ctx: &::rivet_guest::Ctx, __is_new: bool) -> ::rivet_guest::Result<()> {
            #(#is_new)*
            ::core::result::Result::Ok(#outcome)
        }
    }
}

fn of_life(kind: HookKind, method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
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
        _ => {
            let function = &method.ident;
            let flag = format_ident!("HAS_{}", function.to_string().to_uppercase());
            // Of these `on_wake` alone takes anything.
            let wake = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
                quote_spanned!(ty.span()=> let #local: #ty = ::rivet_guest::Ctx::wake(__ctx);)
            });
            quote! {
                const #flag: bool = true;

                async fn #function(&mut self, __ctx: &::rivet_guest::Ctx) -> ::rivet_guest::Result<()> {
                    #(#wake)*
                    #done
                }
            }
        }
    }
}

fn run(method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
    let this = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
        let this = Ident::new("__this", ty.span());
        quote_spanned!(ty.span()=> let #local: #ty = #this;)
    });
    quote! {
        async fn run(
            __ctx: &::rivet_guest::Ctx,
            __this: ::rivet_guest::This<Self>,
        ) -> ::rivet_guest::Result<()> {
            #(#this)*
            ::core::result::Result::Ok(#outcome)
        }
    }
}

fn workflow(method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
    let flow = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
        let flow = Ident::new("__flow", ty.span());
        quote_spanned!(ty.span()=> let #local: #ty = #flow;)
    });
    quote! {
        async fn workflow(
            __flow: &::rivet_guest::Workflow<Self>,
        ) -> ::rivet_guest::Result<::std::vec::Vec<u8>> {
            #(#flow)*
            let __output = #outcome;
            ::rivet_guest::__private::encode_output(&__output)
        }
    }
}

fn workflow_error(method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
    let error = locals.iter().zip(&method.params).map(|(local, Param { ty, .. })| {
        let error = Ident::new("__error", ty.span());
        quote_spanned!(ty.span()=> let #local: #ty = #error;)
    });
    quote! {
        const HAS_ON_WORKFLOW_ERROR: bool = true;

        async fn on_workflow_error(
            &mut self,
            __ctx: &::rivet_guest::Ctx,
            __error: &::rivet_guest::WorkflowEvent,
        ) -> ::rivet_guest::Result<()> {
            #(#error)*
            ::core::result::Result::Ok(#outcome)
        }
    }
}

fn before_response(method: &Method) -> TokenStream {
    let locals = local_names(method);
    let outcome = outcome(method, &quote!(self), &locals);
    let values =
        [quote!(__action), quote!(&__values), quote!(::rivet_guest::__private::output_value(&__encoded)?)];
    quote! {
        const HAS_ON_BEFORE_ACTION_RESPONSE: bool = true;

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

/// A hook that runs while the actor lives, and so gets in line for it as an action does.
fn of_clients(kind: HookKind, method: &Method) -> TokenStream {
    let Method { ident: function, receiver, params, .. } = method;
    let Contract { takes, returns } = contract(kind);
    let given: Vec<_> = (0..takes.len()).map(|index| format_ident!("__given{index}")).collect();
    let locals = local_names(method);
    let take = locals.iter().zip(&given).zip(params).map(|((local, given), Param { ty, .. })| {
        if takes_params(kind) {
            quote_spanned!(ty.span()=> let #local = ::rivet_guest::__private::params::<#ty>(#given)?;)
        } else {
            let given = Ident::new(&given.to_string(), given.span().located_at(ty.span()));
            quote_spanned!(ty.span()=> let #local: #ty = #given;)
        }
    });
    let (enter, actor, leave) = match receiver {
        Receiver::Exclusive => (
            quote!(let mut __actor = __lock.exclusive().await;),
            quote!(&mut *__actor),
            quote!(::rivet_guest::__private::checkpoint(&*__actor);),
        ),
        _ => (quote!(let __actor = __lock.shared().await;), quote!(&*__actor), quote!()),
    };
    // While it stood in line, the host may have refused the connection.
    let still_there = lets_in(kind).then(|| quote!(::rivet_guest::__private::check_waits(__ctx)?;));
    let output = output(kind, method, &returns, &outcome(method, &actor, &locals));
    quote! {
        async fn #function(
            __lock: &::rivet_guest::__private::Lock<Self>,
            __ctx: &::rivet_guest::Ctx,
            #(#given: #takes),*
        ) -> ::rivet_guest::Result<#returns> {
            #(#take)*
            #enter
            #still_there
            let __outcome: ::rivet_guest::Result<#returns> =
                async { ::core::result::Result::Ok(#output) }.await;
            #leave
            __outcome
        }
    }
}

/// What the function of the trait takes and returns.
struct Contract {
    takes: Vec<TokenStream>,
    returns: TokenStream,
}

fn contract(kind: HookKind) -> Contract {
    let (takes, returns) = match kind {
        HookKind::OnRequest => (vec![quote!(::rivet_guest::Request)], quote!(::rivet_guest::Response)),
        HookKind::OnWebSocket => {
            (vec![quote!(::rivet_guest::WebSocket), quote!(::rivet_guest::SocketEvent)], quote!(()))
        }
        HookKind::CanSubscribe | HookKind::CanPublish => (vec![quote!(::std::string::String)], quote!(bool)),
        HookKind::CreateConnState => (vec![quote!(&[u8])], quote!(::std::vec::Vec<u8>)),
        HookKind::OnBeforeConnect => (vec![quote!(&[u8])], quote!(())),
        _ => (vec![quote!(::rivet_guest::Conn)], quote!(())),
    };
    Contract { takes, returns }
}

fn takes_params(kind: HookKind) -> bool {
    matches!(kind, HookKind::OnBeforeConnect | HookKind::CreateConnState)
}

fn lets_in(kind: HookKind) -> bool {
    takes_params(kind) || kind == HookKind::OnConnect
}

/// What the hook returned, as the function of the trait returns it.
fn output(kind: HookKind, method: &Method, returns: &TokenStream, outcome: &TokenStream) -> TokenStream {
    let Some(ty) = &method.output else { return outcome.clone() };
    // The type stands in the code, so that an error about it points at it.
    let output = Ident::new("__output", ty.span());
    let declared = (!method.is_fallible()).then(|| quote!(: #ty));
    let converted = match kind {
        HookKind::CreateConnState => quote_spanned!(ty.span()=> ::rivet_guest::to_cbor(&#output)?),
        _ => quote_spanned!(ty.span()=> ::core::convert::identity::<#returns>(#output)),
    };
    quote! {{
        let #output #declared = #outcome;
        #converted
    }}
}
