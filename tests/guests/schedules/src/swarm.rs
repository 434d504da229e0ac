//! One of many that have much to do at one time, for the benchmark: by schedules, or by timers in memory.

use std::time::Duration;

use rivet_guest::{Ctx, Fired, Kv, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Swarm {}

/// What has happened: how often, and how late the last time, in milliseconds.
#[derive(Default, Serialize, Deserialize)]
struct Seen {
    count: u64,
    late_ms: u64,
}

const SEEN: &str = "seen";

#[actor]
impl Swarm {
    /// Schedules so much, spread evenly over a time.
    pub fn schedule(&self, ctx: &Ctx, from_ms: u64, spread_ms: u64, count: u64) -> Result<()> {
        for number in 0..count {
            ctx.schedule().at(from_ms + spread_ms * number / count, "tick", &())?;
        }
        Ok(())
    }

    /// The same by timers.
    pub fn timers(&self, ctx: &Ctx, from_ms: u64, spread_ms: u64, count: u64) {
        for number in 0..count {
            let (inner, due_ms) = (ctx.clone(), from_ms + spread_ms * number / count);
            let after = Duration::from_millis(due_ms.saturating_sub(ctx.now_ms()));
            ctx.spawn(async move {
                let _slept = inner.sleep(after).await;
                let _noted = note(&inner.kv(), inner.now_ms().saturating_sub(due_ms));
            });
        }
    }

    pub fn tick(&self, ctx: &Ctx, fired: Fired) -> Result<()> {
        note(&ctx.kv(), ctx.now_ms().saturating_sub(fired.scheduled_at))
    }

    pub fn seen(&self, ctx: &Ctx) -> Result<[u64; 2]> {
        let seen: Seen = ctx.kv().get_cbor(SEEN)?.unwrap_or_default();
        Ok([seen.count, seen.late_ms])
    }
}

fn note(kv: &Kv, late_ms: u64) -> Result<()> {
    let mut seen: Seen = kv.get_cbor(SEEN)?.unwrap_or_default();
    seen.count += 1;
    seen.late_ms = seen.late_ms.max(late_ms);
    kv.put_cbor(SEEN, &seen)
}
