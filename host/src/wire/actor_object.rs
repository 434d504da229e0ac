//! An actor as the manager routes show it (client-protocol.md section 2).

use serde::Serialize;

use crate::gateway::ActorRecord;

/// An actor in JSON: times in milliseconds since the Unix epoch. Clients expect every field.
#[derive(Debug, Serialize)]
pub(crate) struct ActorObject {
    actor_id: String,
    name: String,
    key: String,
    namespace_id: String,
    datacenter: &'static str,
    runner_name_selector: &'static str,
    crash_policy: &'static str,
    create_ts: u64,
    start_ts: Option<u64>,
    pending_allocation_ts: Option<u64>,
    connectable_ts: Option<u64>,
    sleep_ts: Option<u64>,
    reschedule_ts: Option<u64>,
    destroy_ts: Option<u64>,
}

impl ActorObject {
    /// An actor, and when its live instance started. What this host has no notion of is as on a Rivet with one
    /// datacenter.
    pub(crate) fn new(record: ActorRecord, started_ms: Option<u64>) -> Self {
        Self {
            actor_id: record.id.to_string(),
            key: record.key.serialize(),
            name: record.name,
            namespace_id: record.namespace,
            datacenter: "default",
            runner_name_selector: "default",
            crash_policy: "sleep",
            create_ts: record.created_ms,
            start_ts: started_ms,
            pending_allocation_ts: None,
            connectable_ts: started_ms,
            sleep_ts: None,
            reschedule_ts: None,
            destroy_ts: record.destroyed_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use rivet_ground::{ActorId, ActorKey};
    use serde_json::Value;

    use super::*;

    /// The object has the fields of those that the real server sent (captured from rivet-engine 2.3.19).
    #[test]
    fn the_fields_are_those_of_the_real_server() {
        let vectors: Vec<Value> = serde_json::from_str(include_str!("testdata/manager.json")).unwrap();
        let mut checked = 0;
        for captured in vectors.iter().filter_map(|vector| vector["response"]["actor"].as_object()) {
            let record = ActorRecord {
                id: ActorId::new(1, [2; 10]),
                namespace: "default".to_owned(),
                name: captured["name"].as_str().unwrap().to_owned(),
                key: ActorKey::deserialize(captured["key"].as_str().unwrap()).unwrap(),
                created_ms: captured["create_ts"].as_u64().unwrap(),
                destroyed_ms: captured["destroy_ts"].as_u64(),
            };
            let ours = serde_json::to_value(ActorObject::new(record, captured["start_ts"].as_u64())).unwrap();
            for (field, value) in captured {
                match field.as_str() {
                    "actor_id" | "namespace_id" => assert!(ours[field].is_string(), "{field}"),
                    _ => assert_eq!(&ours[field], value, "{field}"),
                }
            }
            assert_eq!(ours.as_object().unwrap().len(), captured.len());
            checked += 1;
        }
        assert!(checked >= 7, "{checked}");
    }
}
