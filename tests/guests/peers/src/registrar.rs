use rivet_guest::{Ctx, Result, This, Value, actor};
use serde::{Deserialize, Serialize};

use crate::peer::{Seen, peer, seen};

/// Finds and creates others in every way.
#[derive(Default, Serialize, Deserialize)]
pub struct Registrar {}

#[actor(name = "registrar")]
impl Registrar {
    /// What goes wrong when an action of a peer is called.
    #[action(name = "errorOf")]
    pub async fn error_of(
        ctx: &Ctx,
        _this: This<Self>,
        key: String,
        action: String,
        args: Vec<Value>,
    ) -> Result<Option<Seen>> {
        seen(peer(ctx, &key).call::<Value>(&action, &args).await)
    }

    /// What goes wrong when a peer is called that must be there.
    #[action(name = "errorOfOneThatIsThere")]
    pub async fn error_of_existing(ctx: &Ctx, _this: This<Self>, key: Vec<String>) -> Result<Option<Seen>> {
        seen(ctx.client().get("peer", key).call::<Value>("count", &()).await)
    }

    /// What goes wrong when the peer of an id is called.
    #[action(name = "errorOfId")]
    pub async fn error_of_id(ctx: &Ctx, _this: This<Self>, id: String) -> Result<Option<Seen>> {
        seen(ctx.client().get_for_id(&id).call::<Value>("count", &()).await)
    }

    /// Calls an action of a peer that must be there.
    #[action(name = "ofOneThatIsThere")]
    pub async fn of_existing(
        ctx: &Ctx,
        _this: This<Self>,
        key: Vec<String>,
        action: String,
    ) -> Result<Value> {
        ctx.client().get("peer", key).call(&action, &()).await
    }

    /// Calls an action of a peer that is created if need be, with an input.
    #[action(name = "ofOneWithInput")]
    pub async fn of_one_with_input(
        ctx: &Ctx,
        _this: This<Self>,
        key: Vec<String>,
        input: String,
        action: String,
    ) -> Result<Value> {
        ctx.client().get_or_create_with("peer", key, &input)?.call(&action, &()).await
    }

    /// Calls an action of the peer of an id.
    #[action(name = "ofId")]
    pub async fn of_id(ctx: &Ctx, _this: This<Self>, id: String, action: String) -> Result<Value> {
        ctx.client().get_for_id(&id).call(&action, &()).await
    }

    /// Creates an actor and gives its id.
    pub async fn create(
        ctx: &Ctx,
        _this: This<Self>,
        name: String,
        key: Vec<String>,
        input: String,
    ) -> Result<String> {
        ctx.client().create(&name, key, &input).await?.resolve().await
    }

    /// The id of a peer, which is created if need be.
    pub async fn resolve(ctx: &Ctx, _this: This<Self>, key: Vec<String>) -> Result<String> {
        ctx.client().get_or_create("peer", key).resolve().await
    }

    /// What a peer sees of parameters.
    #[action(name = "withParams")]
    pub async fn with_params(ctx: &Ctx, _this: This<Self>, key: Vec<String>, params: Value) -> Result<Value> {
        ctx.client().get_or_create("peer", key).with_params(&params)?.call("params", &()).await
    }
}
