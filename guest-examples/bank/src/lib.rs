//! A bank: one account an actor. Money moves from one to another exactly once, whatever panics or is killed when.

mod ledger;

use std::time::Duration;

use rivet_guest::{Ctx, Result, This, UserError, actor, export};
use serde::{Deserialize, Serialize};

use ledger::{Hold, InHand, Incoming, Outgoing, Transfer, Verdict};

#[derive(Default, Serialize, Deserialize)]
struct Bank {
    balance: i64,
    /// What has left this account and is not known to have arrived.
    outgoing: Outgoing,
    /// What of that an action is settling.
    #[serde(skip)]
    in_hand: InHand,
    /// What has arrived from others.
    incoming: Incoming,
}

/// What an account holds at most: what a number of JavaScript tells exactly.
const MOST: i64 = (1 << 53) - 1;

/// The key of another account: `"a"`, or all of its components.
#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    One(String),
    All(Vec<String>),
}

#[actor(icon = "🏦")]
impl Bank {
    pub fn deposit(&mut self, amount: i64) -> Result<i64> {
        self.balance = self.sum(positive(amount)?)?;
        Ok(self.balance)
    }

    pub fn balance(&self) -> i64 {
        self.balance
    }

    /// Moves money to another account, which is opened if need be. It keeps nobody out while it waits: two accounts may send each
    /// other money at once.
    pub async fn transfer(ctx: &Ctx, this: This<Self>, to: Key, amount: i64) -> Result<i64> {
        let to = match to {
            Key::One(component) => vec![component],
            Key::All(components) => components,
        };
        let transfer = Transfer { to, amount: positive(amount)? };
        // Out of the balance and into the books in one turn: from here on it arrives, or comes back.
        let hold = this.update(|bank| bank.begin(ctx, transfer)).await??;
        settle(ctx, &this, hold.number).await
    }

    /// Takes in what another account sends. It may be sent again, and counts once.
    pub fn receive(&mut self, from: String, number: u64, amount: i64, settled_below: u64) -> Result<()> {
        if self.incoming.verdict(&from, number).is_none() {
            self.balance = self.sum(positive(amount)?)?;
            self.incoming.note(&from, number, Verdict::Arrived, settled_below);
        }
        match self.incoming.verdict(&from, number) {
            Some(Verdict::Revoked) => Err(UserError::new("It was revoked.").with_code("revoked").into()),
            _ => Ok(()),
        }
    }

    /// Takes in no more what another account has sent; whether it has arrived before. Asked again, it says the same.
    pub fn revoke(&mut self, from: String, number: u64, settled_below: u64) -> bool {
        let verdict = self.incoming.verdict(&from, number).unwrap_or(Verdict::Revoked);
        self.incoming.note(&from, number, verdict, settled_below);
        verdict == Verdict::Arrived
    }

    /// How many transfers are on their way.
    pub fn pending(&self) -> usize {
        self.outgoing.len()
    }

    /// Does what a bug might do: nothing of it remains.
    pub fn crash(&mut self) {
        self.balance += 1_000_000;
        panic!("crash() was called");
    }

    /// Goes on with what was begun and not ended: by an instance before, or by calls that were given up when the actor slept.
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let mut delay = Delay::default();
        loop {
            let numbers = this.read(|bank| bank.outgoing.numbers()).await?;
            if numbers.is_empty() {
                return Ok(());
            }
            for number in numbers {
                // Of two who settle it at once, one would not hear how it ended.
                if this.read(|bank| bank.in_hand.has(number)).await? {
                    continue;
                }
                if let Some(Err(error)) = attempt(ctx, &this, number).await? {
                    ctx.log().info(format_args!("transfer {number} came back: {error}"));
                }
            }
            ctx.sleep(delay.next()).await?;
        }
    }
}

impl Bank {
    /// Takes money out of the balance and gives the transfer a number.
    fn begin(&mut self, ctx: &Ctx, transfer: Transfer) -> Result<Hold> {
        if transfer.amount > self.balance {
            let message = format!("The account has {}, not {}.", self.balance, transfer.amount);
            return Err(UserError::new(message).with_code("insufficient_funds").into());
        }
        // Whatever ends this instance: another one is started by itself, and goes on.
        ctx.wake_at(Some(ctx.now_ms()))?;
        self.balance -= transfer.amount;
        Ok(self.in_hand.take(self.outgoing.begin(transfer)))
    }

    /// Ends a transfer; with the money back if it has not arrived.
    fn end(&mut self, ctx: &Ctx, number: u64, has_arrived: bool) -> Result<i64> {
        if let Some(transfer) = self.outgoing.end(number)
            && !has_arrived
        {
            // Far from where numbers end, whatever else has come meanwhile.
            self.balance += transfer.amount;
        }
        if self.outgoing.len() == 0 {
            ctx.wake_at(None)?;
        }
        Ok(self.balance)
    }

    fn sum(&self, amount: i64) -> Result<i64> {
        match self.balance.checked_add(amount) {
            Some(sum) if sum <= MOST => Ok(sum),
            _ => Err(UserError::new("No account holds that much.").with_code("too_much").into()),
        }
    }
}

/// How long to wait before the next attempt: longer each time.
struct Delay(Duration);

impl Default for Delay {
    fn default() -> Self {
        Self(Duration::from_millis(10))
    }
}

impl Delay {
    fn next(&mut self) -> Duration {
        let longer = (self.0 * 2).min(Duration::from_secs(5));
        std::mem::replace(&mut self.0, longer)
    }
}

/// Attempts a transfer until it is known to have arrived, or to have come back; gives the balance.
async fn settle(ctx: &Ctx, this: &This<Bank>, number: u64) -> Result<i64> {
    let mut delay = Delay::default();
    loop {
        if let Some(balance) = attempt(ctx, this, number).await? {
            return balance;
        }
        ctx.sleep(delay.next()).await?;
    }
}

/// Asks the other account to take the money in. Gives the balance if it has arrived, why not if it has come back; none if
/// nobody knows: then it is sent again, for it counts once.
async fn attempt(ctx: &Ctx, this: &This<Bank>, number: u64) -> Result<Option<Result<i64>>> {
    let found = this.read(|bank| bank.outgoing.find(number)).await?;
    let Some((transfer, settled_below)) = found else {
        // It is over.
        return Ok(Some(this.read(|bank| Ok(bank.balance)).await?));
    };
    let other = ctx.client().get_or_create("bank", &transfer.to);
    let args = (ctx.actor_id(), number, transfer.amount, settled_below);
    let error = match other.call::<()>("receive", &args).await {
        Ok(()) => return Ok(Some(this.update(|bank| bank.end(ctx, number, true)).await?)),
        Err(error) => error,
    };
    let has_arrived = match (error.group(), error.code()) {
        // There is no such account, and cannot be.
        ("actor", "key_too_large") => Some(false),
        // It was refused, or undone. An earlier attempt may have arrived, or may be on its way: from now on it does not.
        ("user", _) | ("actor", "panicked") => {
            other.call("revoke", &(ctx.actor_id(), number, settled_below)).await.ok()
        }
        _ => None,
    };
    Ok(match has_arrived {
        Some(true) => Some(this.update(|bank| bank.end(ctx, number, true)).await?),
        Some(false) => {
            this.update(|bank| bank.end(ctx, number, false)).await??;
            Some(Err(error))
        }
        None => None,
    })
}

fn positive(amount: i64) -> Result<i64> {
    if amount > 0 {
        return Ok(amount);
    }
    Err(UserError::new("An amount is more than nothing.").with_code("invalid_amount").into())
}

export!(Bank);

#[cfg(test)]
mod tests;
