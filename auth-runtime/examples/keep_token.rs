//! Puts an access token into the keyring, where this crate and flytekit look for the login of an endpoint.
//!
//! `print-token | cargo run -p auth-runtime --features flyte,keyring --example keep_token -- https://flyte.example.com`
//!
//! The token comes from standard input: other users of the machine can read a process's arguments.

use std::{error::Error, io};

use auth_runtime::{
    Credentials,
    flyte::SharedKeyring,
    store::{CredentialsStore as _, StoreKey},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::args().nth(1).ok_or("say for which endpoint, such as https://flyte.example.com")?;
    let mut token = String::new();
    io::stdin().read_line(&mut token)?;
    let key = StoreKey::new(endpoint.as_str(), "", "pkce");
    SharedKeyring::new().save(&key, &Credentials::new(token.trim())).await?;
    println!("kept for {endpoint}");
    Ok(())
}
