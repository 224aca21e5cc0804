//! What happened, and whether it adds up.

use std::{sync::atomic::Ordering, time::Duration};

use super::world::World;

pub(crate) fn of(world: &World, elapsed: Duration) -> String {
    let (logins, statistics) = (world.logins.counts(), world.authenticator.statistics());
    let (calls, _) = world.tally.calls();
    let disturbances = world.disturbances.lock().unwrap();
    let disturbances: String = disturbances.iter().map(|(name, count)| format!("{name:<50}{count:>10}\n")).collect();
    format!(
        "\n{}\n\n{:.0} calls a second for {elapsed:.0?}; {} attempts were rejected, {} calls sent again\n\n{disturbances}\n\
         {} token requests: {} first, {} for a token near its end, {} for a revoked one, {} behind a failure;\n\
         {} of them failed, {} brought a token that was over when it came; {} reached the provider, which issued {}\n",
        world.tally,
        calls as f64 / elapsed.as_secs_f64(),
        world.guard.rejections.load(Ordering::SeqCst),
        statistics.replays(),
        logins.all(),
        logins.first,
        logins.expiries,
        logins.revocations,
        logins.retries,
        logins.failed,
        logins.dead_on_arrival,
        world.provider.requests(),
        world.tokens.issued(),
    )
}

pub(crate) fn check(world: &World) {
    for unexplained in world.logins.take_unexplained() {
        world.violations.add(format!("a token was requested {unexplained}"));
    }
    assert_eq!(world.violations.count(), 0, "{}", world.violations.all());

    // The formula: first + expiries + revocations + failures. Each request was put down to one of them when it was
    // made, so that only their numbers are left to look at. Restarts of the server cost none.
    let (logins, statistics) = (world.logins.counts(), world.authenticator.statistics());
    let failures = logins.failed + logins.dead_on_arrival;
    assert_eq!(logins.first, 1);
    assert!(logins.revocations <= world.tokens.revocations(), "one refresh for each revocation at most");
    assert!(logins.retries <= failures, "one retry for each failure at most");
    assert!(logins.expiries < world.tokens.issued(), "each token ends once");

    // The session's own count is the same.
    assert_eq!(statistics.logins(), 1);
    assert_eq!(statistics.refreshes(), logins.all() - logins.failed - 1);
    assert_eq!(statistics.failures(), logins.failed);
    assert!(world.tokens.issued() <= logins.all(), "one token for each");
    assert!(world.provider.requests() <= 2 * logins.all(), "one HTTP request for each, and one more where it failed");

    // And there was something to see.
    let (_, fewest) = world.tally.calls();
    assert!(fewest > 0, "each kind was called");
    assert!(world.tokens.revocations() > 0 && world.tally.completed_at_the_second_attempt() > 0);
    assert!(world.outages.begun() > 0 && logins.failed > 0, "the provider was down");
}
