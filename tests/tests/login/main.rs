//! The flows, and the token endpoint that most of them ask.

mod any_flow;
mod api_key;
mod command;
mod device_code;
mod files;
mod in_their_words;
mod interaction;
mod listener;
mod passthrough;
mod pkce;
mod provider_settings;
mod provider_words;
mod refresh;
mod scheme_in_token;
mod sparing_people;
mod stolen_logins;
mod token_request;
mod token_response;
mod token_transport;
mod who;
mod words_of_others;
