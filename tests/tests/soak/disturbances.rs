//! What goes wrong meanwhile, at random: each kind in a loop of its own, so that they overlap.

use std::{ops::Range, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::sleep;

use super::{provider::Condition, server::Ending, world::World};

fn between(random: &mut Rng, milliseconds: Range<u64>) -> Duration {
    Duration::from_millis(random.u64(milliseconds))
}

pub(crate) async fn revoke_the_token(world: Arc<World>, mut random: Rng) {
    loop {
        sleep(between(&mut random, 200..3000)).await;
        let _busy = world.stage.read().await;
        if world.logins.revoke() {
            world.disturbed("revocation".to_owned());
        }
    }
}

pub(crate) async fn restart_the_server(world: Arc<World>, mut random: Rng) {
    loop {
        sleep(between(&mut random, 1000..8000)).await;
        let _busy = world.stage.read().await;
        let ending = if random.bool() { Ending::Graceful } else { Ending::Abrupt };
        world.disturbed(format!("restart of the server, {ending:?}"));
        world.server.go_down(ending).await;
        sleep(between(&mut random, 0..800)).await;
        world.server.come_up();
    }
}

pub(crate) async fn fail_the_provider(world: Arc<World>, mut random: Rng) {
    loop {
        sleep(between(&mut random, 1000..10_000)).await;
        {
            let _busy = world.stage.read().await;
            let condition = Condition::OUTAGES[random.usize(..Condition::OUTAGES.len())];
            world.disturbed(format!("outage of the provider, {condition:?}"));
            world.outages.begin();
            world.provider.turn(condition).await;
            sleep(between(&mut random, 0..4000)).await;
            world.provider.turn(Condition::Well).await;
            world.outages.end();
        }
        // Outages that are felt into each other would be one.
        world.outages.passed().await;
    }
}
