//! The person of this demonstration, whose browser comes back from the provider's page at once.

use std::{collections::HashMap, error::Error};

use auth_runtime::{BrowserPrompt, DeviceCodePrompt, LoginPrompt};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::{Position, Url};

pub(crate) struct Person;

impl LoginPrompt for Person {
    fn browser(&self, request: &BrowserPrompt<'_>) {
        println!("log in at {} for {}", request.provider(), request.server());
        tokio::spawn(visit(request.opened_url().to_owned()));
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        println!("open {} and enter {}", request.verification_uri(), request.user_code());
    }
}

/// There and back: a provider asks the person, and redirects to the program.
async fn visit(link: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    let to_provider = get(&link.parse()?, "").await?;
    let header = |name: &str| to_provider.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let page: Url = header("location: ").parse()?;
    let asked: HashMap<_, _> = page.query_pairs().collect();
    let back = Url::parse_with_params(&asked["redirect_uri"], [("code", "any"), ("state", &*asked["state"])])?;
    get(&back, header("set-cookie: ")).await.map(drop)
}

async fn get(url: &Url, cookie: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let (place, path) = (&url[Position::BeforeHost..Position::AfterPort], &url[Position::BeforePath..]);
    let mut stream = TcpStream::connect(place).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {place}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
