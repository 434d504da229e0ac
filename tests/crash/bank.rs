//! Money that moves between actors is conserved, whatever traps or is killed when.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::json;
use support::{Actor, Host, example, random};

use crate::kill::Progress;

const ACCOUNTS: usize = 100;
const DEPOSIT: i64 = 1_000;
const ROUNDS: usize = 8;
const CLIENTS: usize = 8;
/// Acknowledged transfers of a round after which the host is killed, at most.
const MOST_PER_ROUND: u64 = 400;
/// How long transfers may take that a kill has cut off.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn the_sum_of_all_accounts_is_conserved() {
    let mut random = random();
    let mut host = Host::start([example("bank")]);
    for account in accounts(&host) {
        assert_eq!(account.output("deposit", json!([DEPOSIT])), DEPOSIT);
    }
    let mut total = 0;
    for round in 0..ROUNDS {
        total += transfer_until_killed(&mut host, random.random_range(1..=MOST_PER_ROUND));
        host.restart();
        settle(&host);
        let balances: Vec<i64> =
            accounts(&host).map(|account| account.output("balance", json!([])).as_i64().unwrap()).collect();
        assert!(balances.iter().all(|balance| *balance >= 0), "round {round}: {balances:?}");
        assert_eq!(balances.iter().sum::<i64>(), ACCOUNTS as i64 * DEPOSIT, "round {round}: {balances:?}");
    }
    println!("{total} transfers between {ACCOUNTS} accounts, {ROUNDS} kills");
}

fn accounts(host: &Host) -> impl Iterator<Item = Actor> + '_ {
    (0..ACCOUNTS).map(|number| host.actor("bank", &number.to_string()))
}

/// Clients move random amounts between random accounts, and let some of them trap, until the host is killed; gives how
/// many transfers were acknowledged.
fn transfer_until_killed(host: &mut Host, kill_after: u64) -> u64 {
    let progress = Progress::default();
    let accounts: Vec<Actor> = accounts(host).collect();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (progress, accounts) = (&progress, &accounts);
            scope.spawn(move || {
                let mut random = rand::rng();
                while !progress.killed.load(Ordering::SeqCst) {
                    let (from, to) = (random.random_range(0..ACCOUNTS), random.random_range(0..ACCOUNTS));
                    if random.random_range(0..20) == 0 {
                        // Whatever the account was doing is cut off in the middle.
                        let Ok(answer) = accounts[from].try_call("crash", json!([])) else { return };
                        assert_eq!(answer.error(), "actor.panicked");
                        continue;
                    }
                    let args = json!([to.to_string(), random.random_range(1..=DEPOSIT / 2)]);
                    let Ok(answer) = accounts[from].try_call("transfer", args) else { return };
                    if answer.status == 200 {
                        progress.one_more();
                    } else {
                        let expected = ["user.insufficient_funds", "actor.panicked"];
                        assert!(expected.contains(&answer.error().as_str()), "{}", answer.text());
                    }
                }
            });
        }
        progress.wait_for(kill_after);
        host.kill();
        progress.killed.store(true, Ordering::SeqCst);
    });
    progress.acknowledged.into_inner().unwrap()
}

/// Waits until nothing is on its way any more.
fn settle(host: &Host) {
    let until = Instant::now() + PATIENCE;
    for account in accounts(host) {
        while account.output("pending", json!([])) != 0 {
            assert!(Instant::now() < until, "a transfer does not come to an end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
