//! The flows, and the token endpoint that most of them ask.

mod api_key;
mod command;
mod device_code;
mod files;
mod interaction;
mod passthrough;
mod pkce;
mod provider_settings;
mod provider_words;
mod refresh;
mod sparing_people;
mod stolen_logins;
mod token_request;
mod token_response;
mod token_transport;
mod words_of_others;
