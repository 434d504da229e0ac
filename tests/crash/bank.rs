//! Money that moves between actors is conserved, whatever traps, is refused, falls asleep or is killed when.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::json;
use support::{Actor, Host, HostOptions, example, random};

use crate::kill::Progress;

const ACCOUNTS: usize = 100;
const DEPOSIT: i64 = 1_000;
/// Accounts that can hold little more than they have: what they refuse comes back.
const RICH: usize = 20;
/// What an account holds at most, less what fits in still.
const RICHES: i64 = (1 << 53) - 1 - 300;
const ROUNDS: usize = 8;
/// Accounts that money is moved between in every second round, so that they are cut off while they wait for each other.
const FEW: usize = 6;
const CLIENTS: usize = 8;
/// Acknowledged transfers of a round after which the host is killed, at most.
const MOST_PER_ROUND: u64 = 400;
/// How long transfers may take that a kill has cut off.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn the_sum_of_all_accounts_is_conserved() {
    let mut random = random();
    let mut host = HostOptions::new([example("bank")]).args(["--option", "bank.sleepTimeout=200"]).start();
    let deposit = |number| if number % (ACCOUNTS / RICH) == 0 { RICHES } else { DEPOSIT };
    for (number, account) in accounts(&host).enumerate() {
        assert_eq!(account.output("deposit", json!([deposit(number)])), deposit(number));
    }
    let ids: Vec<String> = (0..ACCOUNTS).map(|number| id(&host, number)).collect();
    let sum: i64 = (0..ACCOUNTS).map(deposit).sum();
    let (mut moved, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let among = if round % 2 == 0 { ACCOUNTS } else { FEW };
        let kill_after = random.random_range(1..=MOST_PER_ROUND);
        let (more_moved, more_refused) = transfer_until_killed(&mut host, among, kill_after);
        (moved, refused) = (moved + more_moved, refused + more_refused);
        host.restart();
        settle(&host, &ids);
        let balances: Vec<i64> =
            accounts(&host).map(|account| account.output("balance", json!([])).as_i64().unwrap()).collect();
        assert!(balances.iter().all(|balance| *balance >= 0), "round {round}: {balances:?}");
        assert_eq!(balances.iter().sum::<i64>(), sum, "round {round}: {balances:?}");
        assert!(accounts(&host).all(|account| account.output("pending", json!([])) == 0), "round {round}");
    }
    assert!(refused > 0);
    println!("{moved} transfers between {ACCOUNTS} accounts, {refused} refused, {ROUNDS} kills");
}

fn accounts(host: &Host) -> impl Iterator<Item = Actor> + '_ {
    (0..ACCOUNTS).map(|number| host.actor("bank", &number.to_string()))
}

fn id(host: &Host, number: usize) -> String {
    let listed = host.http().get(&format!("/actors?namespace=default&name=bank&key={number}")).json();
    listed["actors"][0]["actor_id"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned()
}

/// Clients move random amounts between random accounts, and let some of them trap, until the host is killed; gives how
/// many transfers were acknowledged, and how many accounts have refused.
fn transfer_until_killed(host: &mut Host, among: usize, kill_after: u64) -> (u64, u64) {
    let (progress, refused) = (Progress::default(), Progress::default());
    let accounts: Vec<Actor> = accounts(host).take(among).collect();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (progress, refused, accounts) = (&progress, &refused, &accounts);
            scope.spawn(move || {
                let mut random = rand::rng();
                while !progress.killed.load(Ordering::SeqCst) {
                    let (from, to) = (random.random_range(0..among), random.random_range(0..among));
                    if random.random_range(0..10) == 0 {
                        // Whatever the account was doing is cut off in the middle.
                        let Ok(answer) = accounts[to].try_call("crash", json!([])) else { return };
                        assert_eq!(answer.error(), "actor.panicked");
                        continue;
                    }
                    let args = json!([to.to_string(), random.random_range(1..=DEPOSIT / 4)]);
                    let Ok(answer) = accounts[from].try_call("transfer", args) else { return };
                    if answer.status == 200 {
                        progress.one_more();
                        continue;
                    }
                    let error = answer.error();
                    let expected = ["user.insufficient_funds", "user.too_much", "actor.panicked"];
                    assert!(expected.contains(&error.as_str()), "{}", answer.text());
                    if error == "user.too_much" {
                        refused.one_more();
                    }
                }
            });
        }
        progress.wait_for(kill_after);
        host.kill();
        progress.killed.store(true, Ordering::SeqCst);
    });
    (progress.acknowledged.into_inner().unwrap(), refused.acknowledged.into_inner().unwrap())
}

/// Waits until nothing is on its way any more, without waking anybody: who has something to do is to wake by itself, and
/// falls asleep when it is done.
fn settle(host: &Host, ids: &[String]) {
    let until = Instant::now() + PATIENCE;
    let is_done = |id: &String| {
        let awake = host.http().get(&format!("/actors/{id}/awake")).json();
        awake["state"] == "asleep" && awake["wakes_at_ms"].is_null()
    };
    for id in ids {
        while !is_done(id) {
            assert!(Instant::now() < until, "a transfer does not come to an end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
