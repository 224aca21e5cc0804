//! Headless Chromium, driven through WebDriver.

use std::{path::PathBuf, time::Duration};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, json};
use tokio::process::{Child, Command};

use crate::process;

/// How long a page may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window and no history. [`close`](Self::close) ends it.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    _driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If Chromium or its driver is missing.
    pub async fn start() -> Self {
        let port = |line: &str| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        };
        let (driver, port) = process::start(Command::new("chromedriver").arg("--port=0"), port).await;
        let profile = tempfile::tempdir().expect("a folder");
        let arguments = [
            "--headless",
            // Chromium's own sandbox needs what containers do not give; only our own pages are opened.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1000,700",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut capabilities = Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session with chromedriver");
        Self { client, _driver: driver, _profile: profile }
    }

    /// Opens a page, and follows its redirects.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    /// Opens a page in a window of its own and returns its text, back in the old window.
    pub async fn text_in_new_window(&self, url: &str) -> String {
        let old = self.client.window().await.expect("a window");
        let new = self.client.new_window(false).await.expect("a second window");
        self.client.switch_to_window(new.handle).await.expect("the new window");
        self.open(url).await;
        let text = self.text().await;
        self.client.close_window().await.expect("the window closes");
        self.client.switch_to_window(old).await.expect("the old window");
        text
    }

    async fn element(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{selector} is not on the page ({error}): {}", self.text().await),
        }
    }

    /// Types into a field.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.element(selector).await.send_keys(text).await.expect("the field takes text");
    }

    /// Clicks on something.
    pub async fn click(&self, selector: &str) {
        self.element(selector).await.click().await.expect("it can be clicked");
    }

    /// What the page says, as a person sees it.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a page");
        body.text().await.expect("its text")
    }

    /// Gives the browser a cookie of the site whose page is open, as that site does.
    pub async fn add_cookie(&self, name: &str, value: &str) {
        let cookie = format!("{name}={value}; path=/").into();
        self.client
            .execute("document.cookie = arguments[0]", vec![cookie])
            .await
            .expect("the browser takes the cookie");
    }

    /// Waits until there is a heading, and returns its text.
    pub async fn heading(&self) -> String {
        self.element("h1").await.text().await.expect("its text")
    }

    /// Waits until a heading says this.
    pub async fn see(&self, heading: &str) {
        let xpath = format!("//h1[normalize-space()='{heading}']");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&xpath)).await;
        assert!(found.is_ok(), "`{heading}` is not on the page: {}", self.text().await);
    }

    /// Where the browser is.
    pub async fn url(&self) -> String {
        self.client.current_url().await.expect("a URL").into()
    }

    /// Takes a picture of the page. Where `OIDC_SCREENSHOTS` names a folder, it is kept there under this name.
    pub async fn screenshot(&self, name: &str) -> Screenshot {
        let png = self.client.screenshot().await.expect("a screenshot");
        if let Some(folder) = std::env::var_os("OIDC_SCREENSHOTS").map(PathBuf::from) {
            std::fs::write(folder.join(name).with_extension("png"), &png).expect("the screenshot is kept");
        }
        Screenshot::decode(&png)
    }

    /// Logs in at the provider, on the page that is open, as anybody, and agrees.
    pub async fn log_in_and_agree(&self) {
        self.fill("input[name=login]", "somebody").await;
        self.fill("input[name=password]", "anything").await;
        self.click("button[type=submit]").await;
        self.element("input[name=prompt][value=consent]").await;
        self.click("button[type=submit]").await;
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.client.close().await.expect("the session ends");
    }
}

/// A picture of a page.
#[derive(Debug)]
pub struct Screenshot {
    pixels: Vec<[u8; 3]>,
}

impl Screenshot {
    fn decode(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().expect("a PNG");
        let mut bytes = vec![0; reader.output_buffer_size().expect("its size")];
        let info = reader.next_frame(&mut bytes).expect("its pixels");
        let pixels = bytes[..info.buffer_size()].chunks_exact(info.color_type.samples());
        Self { pixels: pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect() }
    }

    /// How many pixels have this colour.
    pub fn count(&self, colour: [u8; 3]) -> usize {
        self.pixels.iter().filter(|pixel| **pixel == colour).count()
    }

    /// The part of all pixels that have the commonest colour: 1 for a page on which nothing is to be seen.
    pub fn uniformity(&self) -> f64 {
        let mut counts = std::collections::HashMap::new();
        for pixel in &self.pixels {
            *counts.entry(pixel).or_insert(0_usize) += 1;
        }
        counts.into_values().max().unwrap_or_default() as f64 / self.pixels.len() as f64
    }
}
