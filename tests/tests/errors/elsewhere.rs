//! Messages that a test of another area provokes, by name: a part of the message, and the test.

use std::fs;

use tests::error_page::{self, Row};

use crate::modules::workspace;

const TESTS: &[(&str, &str)] = &[
    (
        "Another program is logging in to",
        "store::notices::a_person_is_told_that_another_program_is_at_a_login_and_then_asked",
    ),
    ("could not be stored, and other programs", "store::notices::a_person_whose_login_is_not_stored_is_told_so"),
    ("(CallAuth::NoLogin)", "call::call_auth::without_a_token_it_fails_at_once_and_nothing_is_sent"),
    ("Missing response message.", "call::as_plain_tonic::whatever_a_server_answers"),
    ("Content is compressed with", "call::as_plain_tonic::whatever_a_server_answers"),
    (
        "it was sent as often as a call may be",
        "call::two_layers::however_they_reject_a_call_is_sent_three_times_at_most",
    ),
    (
        "<type>; is a proxy or login page",
        "call::not_grpc_responses::a_response_that_is_not_grpc_says_what_answered_and_costs_neither_login_nor_replay",
    ),
    ("<type>, a redirect[ to <host>]", "call::not_grpc_responses::a_redirect_says_to_which_host_and_no_more"),
    (
        "was connected was shut down, so that nothing serves it",
        "transport::lost_connection::a_channel_whose_runtime_was_shut_down_is_unavailable_and_says_why",
    ),
    ("waits for that same login", "session::own_calls::a_login_that_would_wait_for_itself_is_told_so_at_once"),
    ("<what> needs a tokio runtime", "session::runtimes::whatever_else_needs_a_runtime_says_so_outside_of_one"),
    (
        "the connection was lost during the call",
        "transport::lost_connection::a_call_whose_connection_breaks_is_unavailable_before_its_head_and_behind_its_messages",
    ),
    (
        "the server reset the call",
        "auth-runtime/src/service/response/lost.rs::a_connection_that_breaks_is_unavailable_however_the_transport_puts_it",
    ),
    ("a quote in it has no end", "flyte::environment::commands_are_separated_as_each_client_does_it"),
    ("overrules the one that the variable <name> names", "flyte::file_order::files_are_looked_for_in_flyte_2s_order"),
    (
        "set the same key to different values",
        "flyte::environment::flytekits_name_wins_over_flyte_2s_and_a_contradiction_is_told",
    ),
    (
        "overrules the configuration file; unset",
        "flyte::api_key::the_secret_of_a_key_goes_nowhere_else_and_no_other_secret_to_its_endpoint",
    ),
    ("overrules admin.authType <type>", "flyte::secrets::a_secret_that_overrules_the_chosen_login_is_told"),
    (
        "another attempt may succeed: the server answered <code>",
        "flyte::discovery::a_status_that_may_pass_is_transient_and_others_are_not",
    ),
    (
        "unusable answer: the server answered <code>",
        "flyte::discovery::a_status_that_may_pass_is_transient_and_others_are_not",
    ),
    (
        "which the server names, where none are set here; check",
        "login::provider_words::a_refusal_of_scopes_or_audience_says_who_named_them",
    ),
    ("<response> without a <field>", "login::device_code::a_provider_that_begins_no_login_shows_nothing"),
    (
        "the token had expired when it arrived",
        "session::expiry::a_token_that_is_dead_on_arrival_is_tried_at_most_once_and_not_asked_for_in_a_loop",
    ),
    ("none may be asked here", "login::interaction::where_nobody_may_be_asked_the_error_names_the_command_to_run"),
    (
        "the login that is there is of <provider>",
        "trust::stored::a_server_that_was_taken_over_does_not_get_the_refresh_token_of_its_provider",
    ),
    (
        "the login was interrupted (<reason>)",
        "session::failures::a_flow_that_panics_fails_those_who_wait_and_nobody_else",
    ),
    (
        "stands for all tenants of the provider (<template>)",
        "trust::issuer::an_issuer_without_metadata_or_for_all_tenants_is_refused_with_what_to_set",
    ),
    (
        "does not say which endpoints are its own",
        "trust::issuer::an_issuer_without_metadata_or_for_all_tenants_is_refused_with_what_to_set",
    ),
    (
        "the server's issuer: it stands for all tenants",
        "trust::issuer::an_issuer_without_metadata_or_for_all_tenants_is_refused_with_what_to_set",
    ),
    (
        "it is on this machine, which the server is not",
        "trust::this_machine::a_server_elsewhere_names_no_endpoint_of_this_machine_and_one_of_this_machine_does",
    ),
    (
        "<url> is on this machine, which the server is not",
        "trust::this_machine::a_server_elsewhere_names_no_endpoint_of_this_machine_and_one_of_this_machine_does",
    ),
    (
        "names no <endpoint>; if it has one",
        "auth-runtime/src/discovery/trust/tests.rs::an_issuer_speaks_for_no_endpoint_that_it_does_not_name",
    ),
    (
        "whose endpoints are on several origins",
        "trust::mix_up::a_code_and_its_verifier_do_not_reach_a_token_endpoint_that_only_the_server_names",
    ),
    (
        "the settings name the <endpoint>",
        "trust::mix_up::a_client_secret_is_not_sent_to_a_token_endpoint_that_contradicts_the_issuer",
    ),
    (
        "the server names the <endpoint> <url>, and",
        "trust::mix_up::a_client_secret_is_not_sent_to_a_token_endpoint_that_contradicts_the_issuer",
    ),
    (
        "no issuer that could speak for them",
        "trust::mix_up::a_code_and_its_verifier_do_not_reach_a_token_endpoint_that_only_the_server_names",
    ),
    (
        "<url> has a query",
        "trust::this_machine::a_server_elsewhere_names_no_endpoint_of_this_machine_and_one_of_this_machine_does",
    ),
    ("has changed how one logs in", "trust::taken_over::a_client_secret_is_not_sent_to_another_provider_than_before"),
    ("it is from the issuer <issuer> and not from <other>", "login::pkce::a_response_of_another_issuer_is_refused"),
    (
        "This login has been answered already",
        "login::pkce::success_is_shown_only_after_the_exchange_and_a_second_callback_changes_nothing",
    ),
    ("The login was given up", "login::pkce::nobody_is_waited_for_longer_than_the_timeout"),
    ("Not this way", "login::pkce::strays_are_turned_away_and_the_login_goes_on"),
    ("nobody entered the code within", "login::device_code::nobody_is_waited_for_longer_than_the_timeout"),
    (
        "to log in at is not on the provider's own origin",
        "trust::device_pages::a_person_is_not_sent_to_the_page_of_another_provider_than_the_one_that_the_server_names",
    ),
    (
        "the keyring did not answer within",
        "tests/keyring/places.rs::with_a_keyring_that_is_locked_and_whose_question_nobody_answers",
    ),
    (
        "the keyring's entry <user> of <service>",
        "auth-runtime/src/store/keyring/tests.rs::an_entry_that_is_malformed_or_anothers_counts_as_missing",
    ),
    ("<path> <what is wrong>; the next login", "store::file::what_is_no_entry_counts_as_none_and_is_replaced"),
    (
        "<path> cannot be deleted",
        "auth-runtime/src/store/private_file.rs::a_file_that_is_gone_needs_no_removing_and_what_is_no_file_cannot_be",
    ),
    (
        "<path> is no regular file",
        "store::other_kinds_of_file::a_login_goes_on_and_no_thread_waits_though_the_entry_is_no_file",
    ),
    (
        "the note about <endpoint> is malformed",
        "store::notes::notes_are_this_users_alone_hold_no_secret_and_a_broken_one_counts_as_none",
    ),
    ("the store did not answer within", "store::session::a_store_that_never_responds_is_given_up"),
    ("the store panicked", "store::session::a_store_that_panics_while_it_saves_costs_nobody_the_login"),
    ("they are of another login", "trust::stored::other_settings_are_another_login_and_the_one_that_is_there_stays"),
    (
        "they may be those of its https://",
        "auth-runtime/src/flyte/keyring/tests.rs::another_programs_login_is_not_used_without_tls_beyond_this_machine",
    ),
    (
        "a login that is not used any more stays in a file",
        "auth-runtime/src/flyte/login_store/tests.rs::a_login_that_has_ended_is_not_used_though_its_file_cannot_be_removed",
    ),
    (
        "it may be taken for the newest",
        "auth-runtime/src/flyte/login_store/tests.rs::a_file_that_cannot_be_removed_does_not_win_over_what_has_replaced_it",
    ),
    (
        "the client secret goes to",
        "trust::mix_up::a_secret_that_goes_to_a_provider_of_the_servers_choice_is_told_of_with_the_setting_that_binds_it",
    ),
    ("is pinged too often", "transport::silent_path::a_server_that_is_pinged_too_often_is_told_of"),
    (
        "the prompt does not take it",
        "faults::user_code::a_prompt_that_panics_at_the_end_of_a_login_fails_it_with_that_reason",
    ),
    (
        "no credentials were issued",
        "session::failures::a_transient_failure_without_a_token_is_unavailable_and_over_after_the_pause",
    ),
    ("a login was lost", "session::failures::a_flow_that_panics_fails_those_who_wait_and_nobody_else"),
    (
        "another takes its place",
        "session::runtimes::a_login_on_a_runtime_that_nothing_runs_any_more_is_given_up_by_those_who_wait_elsewhere",
    ),
    (
        "the refresh token was not sent",
        "trust::stored::a_server_that_was_taken_over_does_not_get_the_refresh_token_of_its_provider",
    ),
    (
        "was not told of the logout, so",
        "store::revocation::the_logout_stands_whatever_the_provider_says_or_does_not_say",
    ),
    ("was not told of the logout within", "store::revocation::nobody_waits_for_it_for_ever"),
    (
        "which a proxy elsewhere cannot reach",
        "transport::connect_endpoint::a_proxy_elsewhere_is_not_asked_for_this_machine_in_plaintext",
    ),
    (
        "only https:// URLs are supported",
        "login::token_transport::a_url_that_is_no_endpoint_is_refused_before_anything_is_sent",
    ),
    (
        "to log in at is no URL",
        "auth-runtime/src/flow/oauth/device_code/shown_page.rs::a_person_is_sent_to_encrypted_pages_and_to_this_machine_only",
    ),
    (
        "a service for one call was called twice",
        "auth-runtime/src/service/single_call.rs::it_is_called_once_and_says_so_if_it_is_called_again",
    ),
    (
        "the call has ended, its future was polled again",
        "errors::transports::a_call_that_is_polled_behind_its_end_says_so",
    ),
    (
        "this attempt was given up for another",
        "auth-runtime/src/service/request/attempt_body.rs::the_attempt_after_it_begins_again_and_the_one_before_yields_no_more",
    ),
    (
        "is readable by others and cannot be made private",
        "auth-runtime/src/store/private_file.rs::a_file_that_stays_open_to_others_is_not_used_and_neither_is_one_that_breaks_off",
    ),
    (
        "the provider is not shown the client certificate",
        "transport::certificates::who_needs_a_certificate_behind_a_proxy_that_speaks_tls_is_told_so",
    ),
    ("its URL cannot be asked for", "trust::issuer::metadata_that_is_moved_beyond_the_length_of_a_url_is_not_there"),
    (
        "<setting>: only proxies with",
        "transport::proxies::a_proxy_of_the_environment_that_cannot_be_used_is_named_by_its_variable",
    ),
];

/// Messages for what cannot happen in a test, and why it cannot.
const NOBODY: &[(&str, &str)] = &[
    ("the encoder has made nothing of the message", "tonic's encoder makes a frame or an error of each message"),
    ("its user or password cannot stand in a header", "base64 can"),
    ("it cannot stand in a header; check its characters", "base64 can"),
    ("it cannot be asked for this endpoint", "each endpoint that is built has a host that a proxy understands"),
    ("this program has no cryptography", "these tests are compiled with it"),
    ("the keyring has <count> entries", "only macOS and Windows say so"),
    ("the keyring takes no <what>", "only Windows says so"),
    ("the keyring failed; use another", "only macOS and Windows say so"),
    ("the credentials cannot be written as JSON", "all credentials can"),
    ("the login cannot be written as JSON", "all logins can"),
];

/// The test of a message.
pub(crate) fn test_of(row: &Row) -> Option<&'static str> {
    TESTS.iter().find(|(part, _)| row.shown.contains(part)).map(|(_, test)| *test)
}

/// Why nothing provokes a message.
pub(crate) fn why_nobody_provokes(row: &Row) -> Option<&'static str> {
    NOBODY.iter().find(|(part, _)| row.shown.contains(part)).map(|(_, why)| *why)
}

/// A test as `area::file::name`, or `path::name` where it is in no area.
fn is_there(test: &str) -> bool {
    let Some((file, name)) = test.rsplit_once("::") else { return false };
    let file =
        if file.ends_with(".rs") { file.to_owned() } else { format!("tests/tests/{}.rs", file.replace("::", "/")) };
    fs::read_to_string(workspace().join(file)).is_ok_and(|text| text.contains(&format!("fn {name}(")))
}

#[test]
fn what_is_provoked_elsewhere_is_on_the_page_and_its_test_is_there() {
    let rows = error_page::rows();
    for (part, _) in TESTS.iter().chain(NOBODY) {
        assert!(rows.iter().any(|row| row.shown.contains(part)), "not on the page: {part}");
    }
    for (_, test) in TESTS {
        assert!(is_there(test), "{test}");
    }
}
