//! Writes the implementation of `rivet_guest::Event`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::case::lower_first;
use crate::method::unraw;
use crate::options::event_name;

/// The implementation for a struct. Fails for anything else.
pub fn expand(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "an event is a struct: its fields are the arguments"));
    };
    let name = match event_name(&input.attrs)? {
        Some(name) => name.value(),
        None => lower_first(&unraw(&input.ident)),
    };
    // serde writes a struct of one unnamed field as the field alone.
    let is_args = match &data.fields {
        Fields::Named(_) => false,
        Fields::Unnamed(fields) => fields.unnamed.len() != 1,
        Fields::Unit => true,
    };
    let this = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics ::rivet_guest::Event for #this #arguments #bounds {
            const NAME: &'static str = #name;
            const IS_ARGS: bool = #is_args;
        }
    })
}
