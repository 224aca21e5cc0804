//! Whether a person may be asked, and what is said where none may be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    AuthError, AuthErrorKind, Credentials, Flow, FlowContext, Interaction, NON_INTERACTIVE_VARIABLE, TerminalPrompt,
};
use tests::{
    call::{Kind, call},
    canary,
    guard::within_reason,
    login::Login,
    process::alone,
};
use tonic::Code;

#[tokio::test]
async fn where_nobody_may_be_asked_the_error_names_the_command_to_run() {
    let login = Login::new();
    for device in [false, true] {
        let builder = if device { login.builder(login.device_code()) } else { login.builder(login.pkce()) };
        let builder = builder.interaction(Interaction::Never).login_command("flyte-admin login");
        let authenticator = builder.build().unwrap();
        let outcome = call(&login.client(&authenticator), Kind::Unary).await;
        assert_eq!(outcome.code(), Code::Unauthenticated);
        let source = std::error::Error::source(outcome.status()).expect("the reason").to_string();
        assert!(source.contains("log in with `flyte-admin login`"), "{source}");

        let error = authenticator.refresh_credentials().await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{error:?}");
        assert!(error.to_string().contains("`flyte-admin login`"), "{error}");
        assert!(error.needs_login() && !error.is_transient());
    }
    assert!(login.prompt.shown().is_empty());
    assert!(login.provider.requests("/device").is_empty());
}

#[tokio::test]
async fn without_a_command_the_error_names_this_program() {
    let login = Login::new();
    let authenticator = login.builder(login.pkce()).interaction(Interaction::Never).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    let this = std::env::current_exe().unwrap();
    let this = this.file_stem().unwrap().to_str().unwrap();
    assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{error:?}");
    assert!(error.to_string().contains(&format!("`{this}`")), "{error}");
}

#[tokio::test]
async fn a_refresh_token_needs_nobody() {
    let login = Login::new();
    let asking = login.authenticator(login.pkce());
    let attempt = tokio::spawn(async move { asking.login().await });
    login.log_in(0).await;
    let credentials = attempt.await.unwrap().unwrap();

    let builder = login.builder(login.pkce()).interaction(Interaction::Never).credentials(credentials);
    let authenticator = builder.build().unwrap();
    login.tokens.revoke_all();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.numbers(), [1]);
    assert_eq!(login.prompt.shown().len(), 1);
}

/// A flow of a user's own that does as it is told.
#[derive(Debug)]
struct Attentive;

impl Flow for Attentive {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        assert_eq!(context.may_ask(), context.prompt().is_ok());
        Err(AuthError::permanent(format!("{} may ask: {}", context.endpoint(), context.may_ask())))
    }
}

#[tokio::test]
async fn a_flow_of_ones_own_is_told_for_which_endpoint_it_logs_in_and_whether_it_may_ask() {
    let login = Login::new();
    for (interaction, may_ask) in [(Interaction::Always, true), (Interaction::Never, false)] {
        let authenticator = login.builder(Attentive).interaction(interaction).build().unwrap();
        let error = authenticator.login().await.unwrap_err();
        assert_eq!(error.to_string(), format!("{} may ask: {may_ask}", login.peer.endpoint()));
    }
}

/// Not a test of its own: what the test below runs in a process whose environment it sets.
#[tokio::test]
async fn with_the_variable_set() {
    if std::env::var_os(NON_INTERACTIVE_VARIABLE).is_none() {
        return;
    }
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let error = authenticator.login().await.unwrap_err();
    canary::observe_error(&error);
    assert!(error.kind() == AuthErrorKind::InteractionNeeded, "{error:?}");
    assert!(login.prompt.shown().is_empty());
    println!("nobody was asked");
}

#[tokio::test]
async fn the_environment_variable_forbids_it_whatever_the_program_says() {
    let run = alone(module_path!(), "with_the_variable_set").env(NON_INTERACTIVE_VARIABLE, "1").output();
    let output = within_reason("a process", run).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("nobody was asked"), "{said}");
}

#[tokio::test]
async fn without_a_terminal_nobody_is_asked_by_default() {
    let run = alone(module_path!(), "with_no_terminal").output();
    let output = within_reason("a process", run).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("nobody was asked"), "{said}");
}

/// Not a test of its own where there is a terminal: the test above runs it with its output caught.
#[tokio::test]
async fn with_no_terminal() {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() {
        return;
    }
    let login = Login::new();
    let authenticator = login.builder(login.pkce()).interaction(Interaction::Auto).build().unwrap();
    assert!(authenticator.login().await.unwrap_err().kind() == AuthErrorKind::InteractionNeeded);
    assert!(login.prompt.shown().is_empty());
    println!("nobody was asked");
}

/// Where the test below tells the process that it starts about the browser it set up.
#[cfg(unix)]
const OPENED: &str = "TEST_OPENED_PAGE";

/// Not a test of its own: what the test below runs in a process with a browser that only writes down what it opens.
#[cfg(unix)]
#[tokio::test]
async fn with_a_browser() {
    let Some(opened) = std::env::var_os(OPENED) else { return };
    let login = Login::new();
    let builder = auth_runtime::Authenticator::builder(login.peer.endpoint()).flow(login.pkce());
    let prompt = TerminalPrompt::new().open_browser(true).show_progress(true);
    let authenticator = builder.interaction(Interaction::Always).prompt(prompt).build().unwrap();
    let attempt = tokio::spawn(async move { authenticator.login().await.map(drop) });
    let written = async {
        loop {
            match std::fs::read_to_string(&opened) {
                Ok(url) => break url,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let url = within_reason("a browser", written).await;
    assert_eq!(tests::browser::visit(url.trim()).await.status, 200);
    attempt.await.unwrap().unwrap();
    println!("somebody was asked");
}

#[cfg(unix)]
#[tokio::test]
async fn a_terminal_prompt_opens_the_browser_when_told_to_and_prints_the_link_to_the_error_output() {
    let folder = tempfile::tempdir().unwrap();
    let (browser, opened) = (folder.path().join("browser"), folder.path().join("opened"));
    let script = "cd \"$(dirname \"$0\")\"\nprintf '%s\\n' \"$1\" > opening && mv opening opened";
    tests::process::write_script(&browser, script);
    let run = alone(module_path!(), "with_a_browser")
        .env("BROWSER", &browser)
        .env(OPENED, &opened)
        .env_remove(NON_INTERACTIVE_VARIABLE)
        .output();
    let output = within_reason("a process", run).await.unwrap();
    let (said, shown) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("somebody was asked"), "{said}{shown}");
    let url = std::fs::read_to_string(&opened).unwrap();
    let redirect_uri = url.rsplit_once('/').unwrap().0;
    assert!(shown.contains(redirect_uri) && shown.contains("You are logged in."), "{shown}");
    assert!(
        !shown.contains(url.trim()),
        "the link to copy is another one than what the browser's arguments show: {shown}"
    );
    assert!(!said.contains(redirect_uri), "a program's own output is its own");
}

/// Set for the process that the test below starts on a terminal of its own.
#[cfg(target_os = "linux")]
const ON_A_TERMINAL: &str = "TEST_ON_A_TERMINAL";

/// Not a test of its own: what the test below runs on a terminal. A server that was at one provider names another.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn with_a_terminal() {
    use auth_runtime::{
        BrowserPrompt, DeviceCodePrompt, Discovery, LoginPrompt, ProviderChange, ServerDetails, flow::Pkce,
        store::MemoryStore,
    };
    struct Published(ServerDetails);
    impl Discovery for Published {
        async fn discover(&self) -> Result<ServerDetails, AuthError> {
            Ok(self.0.clone())
        }
    }
    /// Shows pages to the test, and asks on the terminal.
    struct Both(tests::prompt::RecordingPrompt, TerminalPrompt);
    impl LoginPrompt for Both {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.0.browser(request);
        }
        fn device_code(&self, _request: &DeviceCodePrompt<'_>) {}
        fn provider_changed<'a>(
            &'a self,
            change: &'a ProviderChange<'a>,
        ) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
            self.1.provider_changed(change)
        }
    }
    if std::env::var_os(ON_A_TERMINAL).is_none() {
        return;
    }
    let store = MemoryStore::new();
    let (before, now) = (Login::new(), Login::new());
    before.provider.set(|settings| settings.lifetime = 1);
    let login_at = async |login: &Login| {
        let details = ServerDetails::new()
            .with_client_id(tests::identity_provider::CLIENT_ID)
            .with_authorization_endpoint(login.provider.url("/authorize"))
            .with_token_endpoint(login.provider.url("/token"));
        let flow = Pkce::new().redirect_uri("http://127.0.0.1:0/callback");
        let client = auth_runtime::Authenticator::builder(before.peer.endpoint())
            .flow(flow)
            .store(store.clone())
            .discovery(Published(details))
            .prompt(Both(login.prompt.clone(), TerminalPrompt::new()))
            .without_provider_notes()
            .build()
            .unwrap();
        let person = async {
            login.log_in(0).await;
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! { outcome = client.login() => outcome, () = person => unreachable!() };
        canary::observe(&outcome);
        outcome
    };
    login_at(&before).await.unwrap();
    println!("logged in: {}", login_at(&now).await.is_ok());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn on_a_terminal_a_person_is_asked_whether_a_change_of_the_provider_is_right() {
    use std::process::Stdio;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    for (typed, logged_in) in [("y\n", true), ("n\n", false), ("\n", false)] {
        let test = alone(module_path!(), "with_a_terminal");
        let command: Vec<_> = std::iter::once(test.as_std().get_program()).chain(test.as_std().get_args()).collect();
        let command: Vec<_> = command.into_iter().map(|word| word.to_str().unwrap()).collect();
        // It runs the command on a terminal, on which it types what it reads.
        let mut script = tokio::process::Command::new("script")
            .args(["-q", "-e", "-c", &command.join(" "), "/dev/null"])
            .env(ON_A_TERMINAL, "1")
            .env_remove(NON_INTERACTIVE_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (mut keyboard, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let mut said = Vec::new();
        // What is typed before the question is no answer to it.
        while !String::from_utf8_lossy(&said).contains("[y/N]") {
            let read = within_reason("the question", screen.read_buf(&mut said)).await.unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&said));
        }
        keyboard.write_all(typed.as_bytes()).await.unwrap();
        within_reason("a process", screen.read_to_end(&mut said)).await.unwrap();
        drop(keyboard);
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(&format!("logged in: {logged_in}")), "{typed:?}: {said}");
        assert!(said.contains("has changed how people log in to it") && said.contains("[y/N]"), "{said}");
    }
}
