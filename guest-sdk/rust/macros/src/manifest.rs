//! The entry of an actor in the manifest.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::hook::HookKind;
use crate::method::Receiver;
use crate::parse::ActorBlock;

/// The entry, as a value of `rivet_guest::__private::Manifest`.
pub fn manifest(actor: &ActorBlock) -> TokenStream {
    let ActorBlock { name, options, .. } = actor;
    let display_name = option(options.display_name.as_ref());
    let icon = option(options.icon.as_ref());
    let action_timeout_ms = option(options.action_timeout_ms.as_ref());
    let can_hibernate_web_socket = options.can_hibernate_web_socket;
    let sleep_timeout_ms = option(options.sleep_timeout_ms.as_ref());
    let sleep_grace_period_ms = option(options.sleep_grace_period_ms.as_ref());
    let sql_max_bytes = option(options.sql_max_bytes.as_ref());
    let no_sleep = options.no_sleep;
    let max_schedules = option(options.max_schedules.as_ref());
    let snapshot = match options.snapshot {
        true => quote!(::rivet_guest::__private::Snapshot::Memory),
        false => quote!(::rivet_guest::__private::Snapshot::None),
    };
    let queues = &options.queues;
    let max_queue_size = option(options.max_queue_size.as_ref());
    let max_queue_message_size = option(options.max_queue_message_size.as_ref());
    let max_queue_attempts = option(options.max_queue_attempts.as_ref());
    let actions = actor.actions.iter().map(|action| &action.name);
    let exclusive = actor.actions.iter().filter(|action| action.method.receiver == Receiver::Exclusive);
    let exclusive = exclusive.map(|action| &action.name);
    let events = options
        .events
        .iter()
        .map(|event| quote_spanned!(event.span()=> <#event as ::rivet_guest::Event>::NAME));
    let workflow = actor.hooks.iter().any(|hook| hook.kind == HookKind::Workflow);
    let hooks = hooks(actor);
    quote! {
        ::rivet_guest::__private::Manifest {
            name: #name,
            display_name: #display_name,
            icon: #icon,
            actions: &[#(#actions),*],
            exclusive: &[#(#exclusive),*],
            events: &[#(#events),*],
            queues: &[#(#queues),*],
            hooks: #hooks,
            workflow: #workflow,
            action_timeout_ms: #action_timeout_ms,
            can_hibernate_web_socket: #can_hibernate_web_socket,
            sleep_timeout_ms: #sleep_timeout_ms,
            sleep_grace_period_ms: #sleep_grace_period_ms,
            no_sleep: #no_sleep,
            snapshot: #snapshot,
            max_queue_size: #max_queue_size,
            max_queue_message_size: #max_queue_message_size,
            max_queue_attempts: #max_queue_attempts,
            max_schedules: #max_schedules,
            sql_max_bytes: #sql_max_bytes,
        }
    }
}

fn hooks(actor: &ActorBlock) -> TokenStream {
    let has = |kinds: &[HookKind]| actor.hooks.iter().any(|hook| kinds.contains(&hook.kind));
    let connect = has(&[HookKind::OnBeforeConnect, HookKind::CreateConnState, HookKind::OnConnect]);
    let disconnect = has(&[HookKind::OnDisconnect]);
    let subscribe = has(&[HookKind::CanSubscribe]);
    let request = has(&[HookKind::OnRequest]);
    let message = has(&[HookKind::OnWebSocket]);
    let run = has(&[HookKind::Run, HookKind::Workflow]);
    let publish = has(&[HookKind::CanPublish]);
    quote! {
        ::rivet_guest::__private::Hooks {
            connect: #connect,
            disconnect: #disconnect,
            subscribe: #subscribe,
            request: #request,
            message: #message,
            run: #run,
            publish: #publish,
        }
    }
}

fn option<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
