//! Raw HTTP: what the hook reads, what it answers, and what streams go on to do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::time::Duration;

use rivet_guest::testing::{TestActor, TestResponse};
use rivet_guest::{Actor, Ctx, Request, Response, Result, UserError, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
struct Site {
    visits: u64,
}

#[actor]
impl Site {
    async fn on_request(&mut self, ctx: &Ctx, mut request: Request) -> Result<Response> {
        self.visits += 1;
        let path = request.path().split('?').next().unwrap_or_default().to_owned();
        let response = match path.as_str() {
            "/head" => Response::json(&(
                request.method(),
                request.path(),
                request.query(),
                request.header("X-Tag"),
                ctx.request().map(|request| request.headers().len()),
            ))?,
            "/sum" => {
                let numbers: Vec<i64> = request.json().await?;
                Response::text(numbers.iter().sum::<i64>().to_string())
            }
            "/pieces" => {
                let mut pieces = vec![];
                while let Some(piece) = request.chunk().await? {
                    pieces.push(piece.len());
                }
                assert_eq!(request.chunk().await?, None, "the end stays the end");
                Response::json(&pieces)?
            }
            "/made" => Response::new(201).header("Location", "/made/1").body(vec![0, 255]),
            "/fail" => return Err(UserError::new("no").with_code("nope").into()),
            "/teapot" => Response::new(99),
            "/ticks" => ticks(ctx.clone()),
            "/broken" => Response::new(200).stream(|mut body| async move {
                body.write("half").await?;
                Err(UserError::new("enough").into())
            }),
            _ => Response::text("?").status(404),
        };
        Ok(response)
    }

    pub fn visits(&self) -> u64 {
        self.visits
    }
}

/// A line every 10 ms.
fn ticks(ctx: Ctx) -> Response {
    Response::new(200).stream(move |mut body| async move {
        for n in 0..3 {
            ctx.sleep(Duration::from_millis(10)).await?;
            body.write(format!("tick {n}\n")).await?;
        }
        Ok(())
    })
}

fn site() -> TestActor<Site> {
    TestActor::create().unwrap()
}

fn get(path: &str) -> Result<TestResponse> {
    site().fetch("GET", path, &[], "")
}

fn text(response: TestResponse) -> String {
    String::from_utf8(response.body).unwrap()
}

#[test]
fn the_hook_is_listed() {
    let manifest: Value = serde_json::from_str(&Site::MANIFEST.to_json()).unwrap();
    assert_eq!(manifest["hooks"], json!(["request", "sleep", "resume"]));
}

#[test]
fn the_head_of_a_request_is_read() {
    let headers = [("X-Tag", "a"), ("x-tag", "b"), ("accept", "*/*")];
    let response = site().fetch("DELETE", "/head?x=1", &headers, "").unwrap();
    assert_eq!(response.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    let head: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(head, json!(["DELETE", "/head?x=1", "x=1", "a", 3]));
}

#[test]
fn the_body_of_a_request_is_read_as_a_whole() {
    assert_eq!(text(site().fetch("POST", "/sum", &[], "[1, 2, 39]").unwrap()), "42");
    let error = site().fetch("POST", "/sum", &[], "[1, ").unwrap_err();
    assert_eq!((error.group(), error.code()), ("validation", "invalid_body"));
}

#[test]
fn the_body_of_a_request_is_read_in_pieces() {
    assert_eq!(text(site().fetch("PUT", "/pieces", &[], vec![7; 40_000]).unwrap()), "[16384,16384,7232]");
    assert_eq!(text(get("/pieces").unwrap()), "[]");
}

#[test]
fn an_answer_has_status_headers_and_body() {
    let response = get("/made").unwrap();
    let headers = vec![("Location".to_owned(), "/made/1".to_owned())];
    assert_eq!(response, TestResponse { status: 201, headers, body: vec![0, 255] });
    assert_eq!(get("/nowhere").unwrap().status, 404);
}

#[test]
fn an_error_is_the_answer() {
    assert_eq!(get("/fail").unwrap_err().to_string(), "user.nope: no");
    assert_eq!(get("/teapot").unwrap_err().code(), "invalid_head");
}

#[test]
fn a_stream_runs_beside_the_actions() {
    let mut site = site();
    let call = site.send_request("GET", "/ticks", &[], "").unwrap();
    assert_eq!(site.response(call), None);
    assert_eq!(site.call::<u64>("visits", ()).unwrap(), 1, "nobody holds the actor");
    site.advance(Duration::from_millis(30));
    assert_eq!(text(site.response(call).unwrap().unwrap()), "tick 0\ntick 1\ntick 2\n");
}

#[test]
fn a_stream_that_fails_breaks_the_answer_off() {
    assert_eq!(get("/broken").unwrap_err().message(), "enough");
}

#[test]
fn the_hook_saves_the_state() {
    let mut site = site();
    site.fetch("GET", "/fail", &[], "").unwrap_err();
    assert_eq!(site.saved_state::<Site>().unwrap().visits, 1);
}

/// The example of the README.
#[test]
fn a_shared_hook_reads_and_keeps_notes() {
    #[derive(Default, Serialize, Deserialize)]
    struct Notes;
    #[actor]
    impl Notes {
        async fn on_request(&self, ctx: &Ctx, mut request: Request) -> Result<Response> {
            let key = request.path().to_owned();
            match request.method() {
                "PUT" => {
                    ctx.kv().put(key, request.bytes().await?)?;
                    Ok(Response::new(201))
                }
                "GET" => Ok(match ctx.kv().get(key)? {
                    Some(note) => Response::new(200).body(note),
                    None => Response::text("No such note.").status(404),
                }),
                _ => Ok(Response::new(405)),
            }
        }
    }

    let mut notes = TestActor::<Notes>::create().unwrap();
    let mut fetch = |method, body: &str| notes.fetch(method, "/a", &[], body).unwrap();
    assert_eq!(fetch("GET", "").status, 404);
    assert_eq!(fetch("PUT", "milk").status, 201);
    assert_eq!((fetch("GET", "").body, fetch("DELETE", "").status), (b"milk".to_vec(), 405));
}

#[test]
fn without_the_hook_there_is_nothing() {
    #[derive(Default, Serialize, Deserialize)]
    struct Mute;
    #[actor]
    impl Mute {}
    let response = TestActor::<Mute>::create().unwrap().fetch("GET", "/", &[], "").unwrap();
    assert_eq!(response, TestResponse { status: 404, headers: vec![], body: vec![] });
}
