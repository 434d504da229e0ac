//! The next version of the workflow `changing` of `workflows`. One with the key `forgets` does not know what was there before.

use rivet_guest::{EntryKind, Result, Workflow, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Changing {
    seen: Vec<String>,
}

#[derive(Serialize)]
struct Look {
    seen: Vec<String>,
}

#[actor(queues("go"))]
impl Changing {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let version = flow.version("version", 2).await?;
        if flow.key().iter().all(|key| !key.contains("forgets")) {
            flow.removed("old", EntryKind::Step).await?;
            flow.removed("gone", EntryKind::Message).await?;
        }
        flow.queue("go").next().await?;
        let seen = format!("version {version}");
        flow.step("next", async |step| step.update(|changing| changing.seen.push(seen.clone())).await).await
    }

    pub fn look(&self) -> Look {
        Look { seen: self.seen.clone() }
    }
}

export!(Changing);
