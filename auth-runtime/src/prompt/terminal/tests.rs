use std::time::Duration;

use super::*;
use crate::prompt::request::{Change, LoginSubject};

fn subject(servers_choice: &ServersChoice) -> LoginSubject<'_> {
    LoginSubject { provider: "idp.example", server: "https://flyte.example", servers_choice }
}

#[test]
fn a_person_is_told_which_page_to_open_and_what_to_enter_and_the_terminal_nothing() {
    let nothing = ServersChoice::default();
    let mut request = DeviceCodePrompt {
        verification_uri: "https://idp.example/device\u{1b}[2J",
        verification_uri_complete: None,
        user_code: "AB\u{7}CD-1234",
        expires_in: Duration::from_secs(600),
        subject: subject(&nothing),
    };
    assert_eq!(
        instruction(&request),
        "To log in at idp.example for https://flyte.example, open this page in any browser:\n\n  \
         https://idp.example/device [2J\n\nand enter the code AB CD-1234\n"
    );
    request.verification_uri_complete = Some("https://idp.example/device?code=AB\rCD-1234");
    let said = instruction(&request);
    assert!(said.contains("\n  https://idp.example/device?code=AB CD-1234\n"), "{said}");
    assert!(said.contains("enter AB CD-1234\n") && !said.contains("/device["), "{said}");
}

#[test]
fn what_the_server_has_chosen_is_one_line_and_nothing_where_it_has_chosen_nothing() {
    let choice = ServersChoice {
        client_id: Some("flytectl\u{1b}[2J".to_owned()),
        scopes: vec!["all".to_owned(), "off\nline".to_owned()],
        audience: Some("https://api.example".to_owned()),
        redirect_uri: Some("http://localhost:53593/callback".to_owned()),
    };
    let mut request = BrowserPrompt {
        opened_url: "http://localhost:1/a",
        shown_url: "http://localhost:1/b",
        subject: subject(&choice),
    };
    assert_eq!(
        invitation(&request),
        "To log in at idp.example for https://flyte.example, open this page in a browser on this machine:\n\n  \
         http://localhost:1/b\n\nThe server has chosen, and not you: client `flytectl [2J`, scopes `all off line`, \
         audience `https://api.example`, redirect URI `http://localhost:53593/callback`\n"
    );
    let nothing = ServersChoice::default();
    request.subject.servers_choice = &nothing;
    assert!(invitation(&request).ends_with("\n  http://localhost:1/b\n"), "{}", invitation(&request));
}

#[test]
fn a_change_is_a_question_with_what_was_and_what_is() {
    let changes =
        [Change { what: "provider", was: "https://idp.example".to_owned(), now: "https://evil\u{1b}".to_owned() }];
    let change = ProviderChange { server: "https://flyte.example", changes: &changes };
    assert_eq!(
        question(&change),
        "https://flyte.example has changed how people log in to it:\n\n  provider: was https://idp.example, is now \
         https://evil \n\nSomebody may have taken it over. Do you know of this change, and log in all the same? [y/N]"
    );
}

#[test]
fn whoever_is_logged_in_is_named_where_that_is_known() {
    let end = |person| LoginEnd { succeeded: true, person };
    assert_eq!(farewell(&end(None)), "You are logged in.");
    assert_eq!(farewell(&end(Some("jane@example.com\u{7}"))), "You are logged in as jane@example.com .");
}
