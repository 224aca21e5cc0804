//! Hundreds of callers for ten minutes, with tokens that live a second, through revocations, restarts and outages.
//!
//! ```sh
//! cargo test -p tests --test soak -- --ignored --nocapture
//! ```
//!
//! `SOAK_SECONDS` is another length than 600, `SOAK_SEED` another seed than a random one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod call;
mod caller;
mod disturbances;
mod guard;
mod ledger;
mod logins;
mod messages;
mod outages;
mod provider;
mod report;
mod samples;
mod server;
mod service;
mod tally;
mod tokens;
mod violations;
mod world;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fastrand::Rng;
use tests::{call::Kind, guard::within_reason};
use tokio::{runtime::Handle, task::JoinSet, time::sleep};

use self::{call::Plan, caller::Caller, samples::Sample, server::Ending, world::World};

const CALLERS: usize = 200;

/// Callers share them: enough for a restart to be felt in several ways, and few enough for each to be busy.
const CHANNELS: usize = 8;

/// The pause of a caller between its calls, in milliseconds: in all this makes fewer than 1,600 calls a second, which
/// two cores can bear.
const PAUSE: std::ops::Range<u64> = 50..200;

/// How many seconds there are between two looks at what is left when all calls are drained, in a long run.
const INTERVAL: u64 = 30;

/// The fewest of these looks. The first third of them is for warming up.
const LOOKS: u64 = 6;

/// Longer than any back-off: calls that must succeed wait it out.
const PATIENCE: Duration = Duration::from_secs(100);

/// How far the largest sample of the last third may lie above the smallest one of the third before it.
///
/// What is live at rest is not constant to the byte: the tables and buffers of callers, channels and runtime keep the
/// capacity that their busiest moment needed. A leak of a byte a call would be about as much in ten minutes.
const GROWTH: usize = 256 * 1024;

fn from_environment(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap())
}

#[ignore = "takes ten minutes: cargo test -p tests --test soak -- --ignored --nocapture"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_left_behind_through_revocations_restarts_and_outages() {
    let length = Duration::from_secs(from_environment("SOAK_SECONDS").unwrap_or(600));
    let seed = from_environment("SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{CALLERS} callers for {length:?}, seed {seed}");

    // The sampler is a caller too, on each of the channels.
    let world = Arc::new(World::new(seed, CALLERS + CHANNELS));
    let lines: Vec<_> = (0..CHANNELS).map(|_| world.line()).collect();
    let mut sampler: Vec<_> =
        (CALLERS..).zip(&lines).map(|(number, line)| Caller::new(world.clone(), line.clone(), number)).collect();
    let over = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let caller = Caller::new(world.clone(), lines[number % CHANNELS].clone(), number);
        callers.spawn(call_on(world.clone(), caller, over.clone()));
    }
    let mut random = Rng::with_seed(seed);
    let mut disturbances = JoinSet::new();
    disturbances.spawn(disturbances::revoke_the_token(world.clone(), random.fork()));
    disturbances.spawn(disturbances::restart_the_server(world.clone(), random.fork()));
    disturbances.spawn(disturbances::fail_the_provider(world.clone(), random.fork()));

    let looks = (length.as_secs() / INTERVAL).max(LOOKS);
    let started = Instant::now();
    let mut samples = Vec::new();
    for look in 1..=looks {
        sleep((length.mul_f64(look as f64 / looks as f64)).saturating_sub(started.elapsed())).await;
        // With calls to end an outage for the session, which without them nothing does.
        world.outages.passed().await;
        let quiet = world.stage.write().await;
        settle(&world, &mut sampler).await;
        let sample = Sample::take(&samples).await;
        println!("{:>4} s: {sample}, {} calls", started.elapsed().as_secs(), world.tally.calls().0);
        samples.push(sample);
        drop(quiet);
        if world.violations.count() > 0 {
            break;
        }
    }

    over.store(true, Ordering::SeqCst);
    disturbances.shutdown().await;
    within_reason("the callers' last calls", callers.join_all()).await;
    println!("{}", report::of(&world, started.elapsed()));
    report::check(&world);
    check_growth(&samples);

    if world.server.epoch().is_up() {
        world.server.go_down(Ending::Abrupt).await;
    }
    world.provider.turn(provider::Condition::Refusing).await;
    drop((sampler, lines, world));
    within_reason("the end of all tasks", async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

async fn call_on(world: Arc<World>, mut caller: Caller, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        {
            let _busy = world.stage.read().await;
            let plan = Plan::random(&mut caller.random);
            caller.call(plan).await;
        }
        sleep(Duration::from_millis(caller.random.u64(PAUSE))).await;
    }
}

/// Sees to it that whatever was wrong is over, and that each channel has a connection that is as new as the others:
/// what connections hold depends on their past.
async fn settle(world: &World, sampler: &mut [Caller]) {
    world.disturbed(format!("restart of the server, {:?}", Ending::Graceful));
    world.server.go_down(Ending::Graceful).await;
    world.server.come_up();
    for caller in sampler {
        for kind in Kind::ALL {
            while !caller.call(Plan::patient(kind, PATIENCE)).await && world.violations.count() == 0 {}
        }
    }
}

fn check_growth(samples: &[Sample]) {
    let third = samples.len() / 3;
    let live = |samples: &[Sample]| samples.iter().map(|sample| sample.live_bytes).collect::<Vec<_>>();
    let before = live(&samples[third..2 * third]).into_iter().min().unwrap();
    let after = live(&samples[2 * third..]).into_iter().max().unwrap();
    println!("at least {} KiB live in the second third, at most {} KiB in the last", before / 1024, after / 1024);
    assert!(after <= before + GROWTH, "live memory grows: {samples:#?}");
}
