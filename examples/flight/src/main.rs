//! Arrow Flight over an authenticated channel: tables come and go as streams.

use std::{error::Error, sync::Arc};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_flight::{FlightClient, FlightDescriptor, Ticket, encode::FlightDataEncoderBuilder};
use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use futures_util::{TryStreamExt as _, stream};

mod server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::builder(server::start().await?).flow(PasswordOfTheDay).build()?;
    let mut flight = FlightClient::new(authenticator.connect().await?);

    // The server takes one password for the upload and the next one for the download, which is rejected at first.
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=40));
    let table = RecordBatch::try_from_iter([("thief", numbers)])?;
    let upload = FlightDataEncoderBuilder::new()
        .with_flight_descriptor(Some(FlightDescriptor::new_path(vec!["thieves".into()])))
        .build(stream::iter([Ok(table.clone())]));
    let stored: Vec<_> = flight.do_put(upload).await?.try_collect().await?;
    println!("stored: {stored:?}");

    let download = flight.do_get(Ticket::new("thieves")).await?;
    let batches: Vec<RecordBatch> = download.try_collect().await?;
    println!("{} rows, {:?}", batches.iter().map(RecordBatch::num_rows).sum::<usize>(), authenticator.statistics());
    if batches == [table] { Ok(()) } else { Err("that is another table".into()) }
}

/// Monday's, and then Tuesday's.
struct PasswordOfTheDay;

impl Flow for PasswordOfTheDay {
    async fn refresh_credentials(
        &self,
        _: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(if previous.is_some() { "tuesday" } else { "monday" }))
    }
}
