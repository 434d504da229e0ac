//! The example `leaderboard`.

use serde_json::json;

use crate::{get_or_create, with_every_client};

#[test]
fn a_leaderboard_keeps_the_best_of_each_player() {
    with_every_client(|_, driver| {
        let board = get_or_create(driver, "leaderboard", "best");
        assert_eq!(driver.output(&board, "top", json!([10])), json!([]));
        for (player, score, is_best) in [
            ("ann", json!(5), true),
            ("bob", json!(7.5), true),
            ("ann", json!(9), true),
            ("bob", json!(6), false),
        ] {
            assert_eq!(driver.output(&board, "submit", json!([player, score])), is_best, "{player} {score}");
        }
        let (ann, bob) = (json!({ "player": "ann", "score": 9 }), json!({ "player": "bob", "score": 7.5 }));
        assert_eq!(driver.output(&board, "top", json!([10])), json!([ann, bob]));
        assert_eq!(driver.output(&board, "top", json!([1])), json!([ann]));
    });
}
