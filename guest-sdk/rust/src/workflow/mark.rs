//! Entries that only say something: checkpoints, what was removed, versions.

use super::entry::{Entry, EntryKind};
use super::flow::Workflow;
use super::history::diverged;
use crate::{Actor, Result};

/// From here on steps may have rollback handlers.
pub(crate) async fn rollback_checkpoint<A: Actor>(flow: &Workflow<A>, name: &str) -> Result<()> {
    let _place = flow.enter(name).await;
    let location = flow.scope.location.name(name);
    if flow.visit(&location, EntryKind::RollbackCheckpoint).await.is_none() {
        flow.stop_rollback().await;
        let entry = Entry::new(EntryKind::RollbackCheckpoint, &location).completed();
        flow.engine.put(&location, &Entry { name: Some(name.to_owned()), ..entry }).await;
    }
    flow.engine.history.set_checkpoint();
    flow.scope.set_checkpoint();
    Ok(())
}

/// Passes by something that is not in the code any more.
pub(crate) async fn removed<A: Actor>(flow: &Workflow<A>, name: &str, kind: EntryKind) -> Result<()> {
    let engine = &*flow.engine;
    let _place = flow.enter(name).await;
    let scope = &flow.scope.location;
    let location = scope.name(name);
    if kind == EntryKind::Message {
        // The entries of a receipt.
        let receipt = [scope.name(format!("{name}:count")), scope.name(format!("{name}:deadline"))];
        let has_waited = receipt.iter().any(|location| engine.history.has_unvisited(location));
        receipt.iter().for_each(|location| engine.history.pass(location));
        for location in (0..).map(|index| scope.name(format!("{name}:{index}"))) {
            if !engine.history.has_unvisited(&location) {
                break;
            }
            engine.history.pass(&location);
            engine.or_fault(engine.hand.put_back(&location)).await;
        }
        if has_waited {
            return Ok(());
        }
    }
    match engine.history.kind(&location) {
        Some(found) if found == kind || found == EntryKind::Removed => engine.history.pass(&location),
        Some(found) => {
            let message = format!("`{location}` was a {found}, and the code has removed a {kind}");
            return engine.or_fault(Err(diverged(message))).await;
        }
        None => {
            flow.stop_rollback().await;
            let entry = Entry::new(EntryKind::Removed, &location).completed();
            let removed = Entry { original_type: Some(kind), original_name: Some(name.to_owned()), ..entry };
            engine.put(&location, &removed).await;
        }
    }
    Ok(())
}

/// Which version of the code to go on with.
pub(crate) async fn version<A: Actor>(flow: &Workflow<A>, name: &str, latest: u32) -> Result<u32> {
    let _place = flow.enter(name).await;
    let location = flow.scope.location.name(name);
    if let Some(entry) = flow.visit(&location, EntryKind::VersionCheck).await {
        let unreadable = || diverged(format!("`{location}` has no version"));
        return Ok(flow.engine.or_fault(entry.resolved.ok_or_else(unreadable)).await);
    }
    flow.stop_rollback().await;
    let has_gone_on = flow.engine.history.has_unvisited(&flow.scope.location);
    let resolved = if has_gone_on { 1 } else { latest.max(1) };
    let entry = Entry::new(EntryKind::VersionCheck, &location).completed();
    flow.engine.put(&location, &Entry { resolved: Some(resolved), latest: Some(latest), ..entry }).await;
    Ok(resolved)
}
