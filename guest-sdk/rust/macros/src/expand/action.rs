//! Writes what runs the actions.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::{local_names, outcome};
use crate::method::{Param, Receiver};
use crate::parse::Action;

/// The arm that tells how an action takes the actor.
pub fn access_arm(Action { name, method }: &Action) -> TokenStream {
    let access = match method.receiver {
        Receiver::Exclusive => quote!(Exclusive),
        Receiver::Shared => quote!(Shared),
        Receiver::None => quote!(Free),
    };
    quote!(#name => ::core::option::Option::Some(::rivet_guest::__private::Access::#access),)
}

/// The function that runs the actions which take the actor in one way.
pub fn call(actions: &[Action], receiver: Receiver) -> TokenStream {
    let (function, this) = match receiver {
        Receiver::Exclusive => (format_ident!("call_exclusive"), quote!(&mut self)),
        Receiver::Shared => (format_ident!("call_shared"), quote!(&self)),
        Receiver::None => (format_ident!("call_free"), quote!(__this: ::rivet_guest::This<Self>)),
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
    // The first parameter of an action without receiver is the actor.
    let is_free = method.receiver == Receiver::None;
    let decode = locals.iter().zip(&method.params).enumerate().map(|(index, (local, Param { name, ty }))| {
        if is_free && index == 0 {
            let this = Ident::new("__this", ty.span());
            return quote_spanned!(ty.span()=> let #local: #ty = #this;);
        }
        let index = Literal::usize_unsuffixed(index - usize::from(is_free));
        quote_spanned!(ty.span()=> let #local = __args.get::<#ty>(#index, #name)?;)
    });
    let output = outcome(method, &quote!(self), &locals);
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
