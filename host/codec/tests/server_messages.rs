//! What the real server sent is what the codec writes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod vectors;

use rivet_codec::{
    ActorSpecifier, Encoding, QueueStatus, ToClient, encode_error, encode_output, encode_queue_status,
    encode_to_client,
};
use rivet_ground::ActorError;
use serde_json::Value as Json;
use vectors::{assert_same, encoding, guest, hex_of, id, message, text};

fn error(json: &Json, encoding: Encoding) -> ActorError {
    let error = ActorError::new(text(&json["group"]), text(&json["code"]), text(&json["message"]));
    match &json["metadata"] {
        Json::Null => error,
        metadata => error.with_metadata(guest(metadata, encoding).bytes()),
    }
}

fn specifier(json: &Json) -> Option<ActorSpecifier<'_>> {
    let generation = &json.get("generation")?;
    Some(ActorSpecifier {
        actor_id: text(&json["actorId"]),
        generation: generation.as_u64().or(id(generation)).unwrap(),
        key: json["key"].as_str(),
    })
}

fn queue_status(json: &Json, encoding: Encoding) -> QueueStatus {
    let response = json.get("response").filter(|json| !json.is_null());
    match text(&json["status"]) {
        "timedOut" => QueueStatus::TimedOut,
        _ => QueueStatus::Completed(response.map(|value| guest(value, encoding).bytes().into())),
    }
}

#[test]
fn http_answers() {
    let mut checked = 0;
    for vector in vectors::http() {
        let captured = hex_of(&vector, "response");
        // Errors of the gateway are JSON whatever was asked for.
        let encoding = match vector["contentType"].as_str() {
            Some("application/json") => Encoding::Json,
            _ => encoding(&vector, &captured),
        };
        let answer = message(&vector["decoded"]);
        let ours = if vector["status"] != 200 {
            encode_error(encoding, &error(answer, encoding), specifier(&answer["actor"]).as_ref())
        } else if vector["kind"] == "action" {
            encode_output(encoding, &guest(&answer["output"], encoding).bytes())
        } else {
            encode_queue_status(encoding, &queue_status(answer, encoding))
        };
        assert_same(text(&vector["name"]), encoding, &ours.unwrap(), &captured, &vector["decoded"]);
        checked += 1;
    }
    assert!(checked > 80, "{checked}");
}

#[test]
fn connection_messages() {
    let mut checked = 0;
    for vector in vectors::frames().iter().filter(|vector| vector["direction"] == "server->client") {
        let captured = hex_of(vector, "hex");
        let encoding = encoding(vector, &captured);
        let ours = connection_message(message(&vector["decoded"]), encoding);
        assert_same(text(&vector["name"]), encoding, &ours, &captured, &vector["decoded"]);
        checked += 1;
    }
    assert!(checked >= 45, "{checked}");
}

#[test]
fn every_version() {
    let mut checked = 0;
    for vector in vectors::synthetic() {
        let captured = hex_of(&vector, "hex");
        let encoding = Encoding::of_request(Some("bare"), &captured);
        let value = message(&vector["decoded"]);
        let ours = match text(&vector["decoded"]["type"]) {
            // Its token is of no use, and ours is empty.
            "ToClient" if value["body"]["val"].get("connectionToken").is_some() => {
                let ours = connection_message(value, encoding);
                assert_eq!(&ours[..ours.len() - 1], &captured[..captured.len() - 4]);
                assert_eq!(ours.last(), Some(&0));
                continue;
            }
            "ToClient" => connection_message(value, encoding),
            "HttpActionResponse" => {
                encode_output(encoding, &guest(&value["output"], encoding).bytes()).unwrap().to_vec()
            }
            "HttpResponseError" => {
                encode_error(encoding, &error(value, encoding), specifier(&value["actor"]).as_ref())
                    .unwrap()
                    .to_vec()
            }
            "HttpQueueSendResponse" => {
                encode_queue_status(encoding, &queue_status(value, encoding)).unwrap().to_vec()
            }
            _ => continue,
        };
        assert_same(text(&vector["name"]), encoding, &ours, &captured, &vector["decoded"]);
        checked += 1;
    }
    assert!(checked >= 27, "{checked}");
}

fn connection_message(message: &Json, encoding: Encoding) -> Vec<u8> {
    let val = &message["body"]["val"];
    let (error, bytes);
    let message = match text(&message["body"]["tag"]) {
        "Init" => {
            ToClient::Init { actor_id: text(&val["actorId"]), connection_id: text(&val["connectionId"]) }
        }
        "Error" => {
            error = self::error(val, encoding);
            ToClient::Error {
                error: &error,
                action_id: id(&val["actionId"]),
                actor: specifier(&val["actor"]),
            }
        }
        "ActionResponse" => {
            bytes = guest(&val["output"], encoding).bytes();
            ToClient::ActionResponse { id: id(&val["id"]).unwrap(), output: &bytes }
        }
        "Event" => {
            bytes = guest(&val["args"], encoding).bytes();
            ToClient::Event { name: text(&val["name"]), args: &bytes }
        }
        other => panic!("unknown message {other}"),
    };
    encode_to_client(encoding, &message).unwrap().to_vec()
}
