//! Raw HTTP and raw WebSockets: says back whatever it is sent.

use rivet_guest::{Ctx, Request, Response, Result, SocketEvent, WebSocket, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct RawEcho;

#[actor(display_name = "Raw echo", icon = "🪞")]
impl RawEcho {
    /// The head comes back in headers, the body piece by piece, while it is still arriving.
    fn on_request(&self, mut request: Request) -> Result<Response> {
        let mut response = Response::new(200)
            .header("x-echo-method", request.method())
            .header("x-echo-path", request.path())
            .header("x-echo-headers", ascii_json(request.headers())?);
        if let Some(content_type) = request.header("content-type") {
            response = response.header("content-type", content_type);
        }
        Ok(response.stream(|mut body| async move {
            while let Some(piece) = request.chunk().await? {
                body.write(piece).await?;
            }
            Ok(())
        }))
    }

    fn on_web_socket(&self, ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
        match event {
            SocketEvent::Open => {
                let path = ctx.request().map(|request| request.path()).unwrap_or_default();
                socket.send_text(&format!("open {path}"))
            }
            SocketEvent::Text(text) if text == "bye" => socket.close(4001, "bye-now"),
            SocketEvent::Text(text) => socket.send_text(&text),
            SocketEvent::Binary(data) => socket.send_binary(&data),
            SocketEvent::Close { code, reason } => {
                ctx.log().info(format_args!("closed with {code} {reason:?}"));
                Ok(())
            }
        }
    }
}

export!(RawEcho);

/// JSON that fits into a header: an object, names in lower case, with all beyond ASCII escaped.
fn ascii_json(headers: &[(String, String)]) -> Result<String> {
    let object: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut json = String::new();
    for unit in serde_json::to_string(&object)?.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => json.push(char::from(byte)),
            _ => json.push_str(&format!("\\u{unit:04x}")),
        }
    }
    Ok(json)
}

#[cfg(test)]
mod tests;
