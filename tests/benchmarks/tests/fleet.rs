//! A fleet that started together does not refresh in step.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use benchmarks::fleet::{LIFETIME, PROCESSES, peak, refreshes_per_second};

#[test]
fn ten_thousand_processes_never_refresh_in_the_same_second_again() {
    let mut random = fastrand::Rng::with_seed(1);
    let with_jitter = refreshes_per_second(|| random.f64());
    let without = refreshes_per_second(|| 0.0);
    println!("peak: {} refreshes a second with jitter, {} without", peak(&with_jitter), peak(&without));
    assert_eq!(u64::from(peak(&without)), u64::try_from(PROCESSES).unwrap(), "the fleet started in step");
    assert!(peak(&with_jitter) < 200, "{}", peak(&with_jitter));
}

struct AnotherToken;

impl Flow for AnotherToken {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(format!("token-{}", previous.is_some())).with_expires_in(LIFETIME))
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_refresh_spread_over_the_same_seconds_as_in_the_simulation() {
    const SESSIONS: usize = 500;
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let session = Authenticator::builder("https://load.example.com").flow(AnotherToken).build().unwrap();
        session.login().await.unwrap();
        sessions.push(session);
    }
    let refreshed = || sessions.iter().filter(|session| session.statistics().refreshes() > 0).count();
    let mut per_second = Vec::new();
    tokio::time::advance(LIFETIME - Duration::from_secs(241)).await;
    for _ in 0..125 {
        let before = refreshed();
        for session in &sessions {
            session.fetch_grpc_call_auth_metadata().await.unwrap();
        }
        // The refreshes run on tasks of their own.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        per_second.push(refreshed() - before);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(per_second[0], 0, "not before the window");
    assert_eq!(per_second.iter().sum::<usize>(), SESSIONS, "all of them, two minutes before the token ends");
    // Four a second in the mean.
    assert!(per_second.iter().all(|&count| count < 25), "{per_second:?}");
}
