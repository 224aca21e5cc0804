//! Two credentials on one call: a proxy's and the server's, each with a login of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use auth_runtime::{AuthLayer, Authenticator, Credentials, ProxyAuthLayer};
use tests::{
    call::{Calls, Kind, call, numbered},
    calls::calls_client::{AuthenticatedCallsClient, CallsClient},
    canary::Canary,
    flow::ScriptedFlow,
    harness::{Harness, Server as _},
    peer::{Answer, bearer},
};
use tonic::Code;
use tower::Layer as _;

struct World {
    harness: Harness,
    proxy_flow: ScriptedFlow,
    proxy: Authenticator,
    first_proxy_token: String,
    _canary: Arc<Canary>,
}

fn world(harness: Harness) -> World {
    let canary = Arc::new(Canary::new());
    let first_proxy_token = canary.secret();
    let proxy_flow = ScriptedFlow::new({
        let canary = canary.clone();
        move || Credentials::new(canary.secret())
    });
    let proxy = Authenticator::builder(harness.peer.endpoint())
        .flow(proxy_flow.clone())
        .header_key("proxy-authorization")
        .credentials(Credentials::new(&first_proxy_token))
        .build()
        .unwrap();
    World { harness, proxy_flow, proxy, first_proxy_token, _canary: canary }
}

impl World {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        world(Harness::answering(answers))
    }

    fn proxy_outside(&self) -> impl Calls + use<> {
        let inside = AuthLayer::new(self.harness.authenticator()).layer(self.harness.peer.transport());
        CallsClient::new(ProxyAuthLayer::new(self.proxy.clone()).layer(inside))
    }

    fn within_the_channel(&self) -> impl Calls + use<> {
        let channel = self.harness.authenticator().over(self.harness.peer.transport());
        AuthenticatedCallsClient::new(channel.with_proxy(self.proxy.clone()).unwrap())
    }

    fn proxy_inside(&self) -> impl Calls + use<> {
        let inside = ProxyAuthLayer::new(self.proxy.clone()).layer(self.harness.peer.transport());
        AuthenticatedCallsClient::new(self.harness.authenticator().over(inside))
    }

    /// Logins for the proxy's credentials, and for the server's.
    fn logins(&self) -> (usize, usize) {
        (self.proxy_flow.calls(), self.harness.flow.calls())
    }

    fn proxy_tokens(&self) -> Vec<Option<String>> {
        let requests = self.harness.peer.requests();
        requests.iter().map(|request| bearer(&request.headers, "proxy-authorization")).collect()
    }
}

/// Runs a behaviour for both orders of the layers, the one that a channel has built in, and all kinds.
macro_rules! in_both_orders {
    ($answers:expr, |$world:ident, $kind:ident, $outcome:ident| $assertions:block) => {
        for $kind in Kind::ALL {
            for order in ["outside", "inside", "within the channel"] {
                let $world = World::answering($answers);
                let $outcome = match order {
                    "outside" => call(&$world.proxy_outside(), $kind).await,
                    "inside" => call(&$world.proxy_inside(), $kind).await,
                    _ => call(&$world.within_the_channel(), $kind).await,
                };
                $assertions
            }
        }
    };
}

#[tokio::test]
async fn both_headers_are_sent() {
    in_both_orders!([Answer::message(&numbered(2))], |world, kind, outcome| {
        assert_eq!(outcome.numbers(), [2], "{kind:?}");
        assert_eq!(world.proxy_tokens(), [Some(world.first_proxy_token.clone())], "{kind:?}");
        assert_eq!(world.harness.tokens_seen(), [Some(world.harness.stale_token().to_owned())], "{kind:?}");
    });
}

#[tokio::test]
async fn the_proxys_rejection_renews_the_proxys_credentials_only() {
    for status in [401, 407] {
        let rejection = Answer::http(status, "text/html", "<html>Sign in</html>");
        in_both_orders!([rejection.clone(), Answer::message(&numbered(2))], |world, kind, outcome| {
            assert_eq!(outcome.numbers(), [2], "{kind:?} {status}: {:?}", outcome.status);
            assert_eq!(world.logins(), (1, 0), "{kind:?} {status}");
            let tokens = world.proxy_tokens();
            assert_eq!(tokens[0], Some(world.first_proxy_token.clone()), "{kind:?} {status}");
            assert!(tokens[1].is_some() && tokens[1] != tokens[0], "{kind:?} {status}");
            let stale = Some(world.harness.stale_token().to_owned());
            assert_eq!(world.harness.tokens_seen(), [stale.clone(), stale], "{kind:?} {status}");
        });
    }
}

#[tokio::test]
async fn the_servers_rejection_renews_the_servers_credentials_only() {
    for rejection in [Answer::rejected(), Answer::rejected_late()] {
        in_both_orders!([rejection.clone(), Answer::message(&numbered(2))], |world, kind, outcome| {
            assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
            assert_eq!(world.logins(), (0, 1), "{kind:?}");
            let token = Some(world.first_proxy_token.clone());
            assert_eq!(world.proxy_tokens(), [token.clone(), token], "{kind:?}");
        });
    }
}

#[tokio::test]
async fn a_call_that_both_reject_once_is_sent_three_times() {
    let proxys = Answer::http(407, "text/html", "<html>");
    for servers in [Answer::rejected(), Answer::rejected_late()] {
        let answers = [proxys.clone(), servers, Answer::message(&numbered(2))];
        in_both_orders!(answers.clone(), |world, kind, outcome| {
            assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
            assert_eq!(world.logins(), (1, 1), "{kind:?}");
            let requests = world.harness.peer.requests();
            let attempts: Vec<_> = requests.iter().map(|request| request.previous_attempts()).collect();
            assert_eq!(attempts, [None, Some("1".to_owned()), Some("2".to_owned())], "{kind:?}");
        });
    }
}

#[tokio::test]
async fn however_they_reject_a_call_is_sent_three_times_at_most() {
    type Reject = fn() -> Answer;
    let proxys: Reject = || Answer::http(407, "text/html", "<html>");
    let alternating = |first: Reject, second: Reject| -> Vec<Answer> {
        (0..9).map(|number| if number % 2 == 0 { first() } else { second() }).collect()
    };
    let mut scripts = vec![alternating(proxys, proxys)];
    for servers in [Answer::rejected as Reject, Answer::rejected_late as Reject] {
        scripts.extend([alternating(servers, servers), alternating(proxys, servers), alternating(servers, proxys)]);
    }
    for script in scripts {
        in_both_orders!(script.clone(), |world, kind, outcome| {
            let sent = world.harness.peer.requests().len();
            assert!((2..=3).contains(&sent), "{kind:?}: sent {sent} times");
            assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
            let (proxys, servers) = world.logins();
            assert!(proxys <= 1 && servers <= 1, "{kind:?}: {proxys} and {servers} logins");
        });
    }
}

#[tokio::test]
async fn a_proxy_that_rejects_again_is_reported_as_such() {
    for (status, content_type) in [(401, "text/html"), (407, "text/html"), (401, "application/grpc")] {
        let rejection = Answer::http(status, content_type, "");
        in_both_orders!(vec![rejection.clone(); 3], |world, kind, outcome| {
            let message = outcome.status().message();
            assert!(message.contains(&status.to_string()), "{kind:?}: {message}");
            assert_eq!(world.logins(), (1, 0), "{kind:?} {status}");
            assert_eq!(world.harness.peer.requests().len(), 2, "{kind:?} {status}");
        });
    }
}

#[tokio::test]
async fn a_proxys_redirect_to_its_login_page_renews_the_proxys_credentials_only() {
    for status in [302, 303, 307] {
        let page = [("content-type", "text/html"), ("location", "https://login.example.test/?next=hunter2")];
        let redirect = Answer::new().http_headers_only(status, &page);
        in_both_orders!([redirect.clone(), Answer::message(&numbered(2))], |world, kind, outcome| {
            assert_eq!(outcome.numbers(), [2], "{kind:?} {status}: {:?}", outcome.status);
            assert_eq!(world.logins(), (1, 0), "{kind:?} {status}");
        });
        in_both_orders!([redirect.clone(), redirect.clone()], |world, kind, outcome| {
            let message = outcome.status().message();
            assert!(message.contains("a redirect to login.example.test;"), "{kind:?} {status}: {message}");
            assert!(!message.contains("hunter2"), "{kind:?} {status}: {message}");
            assert_eq!(world.logins(), (1, 0), "{kind:?} {status}");
        });
    }
}

#[tokio::test]
async fn what_a_proxy_says_for_another_reason_renews_nothing() {
    for status in [302, 403, 503] {
        let answer = Answer::http(status, "text/html", "<html>Not now</html>");
        in_both_orders!([answer.clone()], |world, kind, outcome| {
            assert!(outcome.status().message().contains(&status.to_string()), "{kind:?}: {:?}", outcome.status);
            assert_eq!(world.logins(), (0, 0), "{kind:?} {status}");
            assert_eq!(world.harness.peer.requests().len(), 1, "{kind:?} {status}");
        });
    }
}
