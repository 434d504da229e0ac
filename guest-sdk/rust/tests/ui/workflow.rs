#![allow(unused)]

use rivet_guest::{Ctx, Result, This, Workflow, WorkflowEvent, actor};

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Order;

#[actor]
impl Order {
    async fn run(ctx: &Ctx, this: This<Self>) {}

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        Ok(())
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Parcel;

#[actor]
impl Parcel {
    async fn workflow(ctx: &Ctx, flow: &Workflow<Self>) {}

    fn on_workflow_error(&mut self) {}
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Leak;

#[actor]
impl Leak {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.kv();
        Ok(())
    }
}

fn main() {}
