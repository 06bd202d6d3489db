//! The plain client of arrow-flight against a scripted server, as its documentation uses it.

use std::net::SocketAddr;

use arrow::array::{Array, AsArray as _, Int64Array, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, UInt32Type};
use arrow_flight::FlightInfo;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt as _;
use tonic::transport::{Channel, Endpoint};

use super::data;

/// What came of it: the rows, or the count of an update.
#[derive(Debug)]
pub enum Report {
    /// These rows.
    Rows(Vec<i64>),
    /// An update with this count, or a commit.
    Count(i64),
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Does what a case says with the server at this address.
///
/// # Errors
///
/// Whatever the client says.
pub async fn run(act: &str, address: SocketAddr) -> Outcome<Report> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?
        .connect()
        .await?;
    let mut client = FlightSqlServiceClient::new(channel);
    match act {
        "login" => {
            client.handshake("ada", "secret").await?;
            query(&mut client).await
        }
        "twice" => {
            query(&mut client).await?;
            let rows = query(&mut client).await?;
            client.close().await?;
            Ok(rows)
        }
        "update" => Ok(Report::Count(
            client
                .execute_update("update t set n = 1".to_owned(), None)
                .await?,
        )),
        "prepared" => {
            let mut statement = client.prepare("select n where n > ?".to_owned(), None).await?;
            statement.set_parameters(data::batch(&[0]))?;
            let info = statement.execute().await?;
            let rows = read(&mut client, info).await?;
            statement.close().await?;
            Ok(rows)
        }
        "sql-info" => {
            let info = client.get_sql_info(vec![]).await?;
            read(&mut client, info).await
        }
        "commit" => {
            let transaction = client.begin_transaction().await?;
            let update = client.execute_update("update t set n = 1".to_owned(), Some(transaction.clone()));
            let count = update.await?;
            client
                .end_transaction(transaction, arrow_flight::sql::EndTransaction::Commit)
                .await?;
            Ok(Report::Count(count))
        }
        _ => query(&mut client).await,
    }
}

async fn query(client: &mut FlightSqlServiceClient<Channel>) -> Outcome<Report> {
    let info = client.execute("select n".to_owned(), None).await?;
    read(client, info).await
}

async fn read(client: &mut FlightSqlServiceClient<Channel>, info: FlightInfo) -> Outcome<Report> {
    let mut rows = Vec::new();
    for endpoint in info.endpoint {
        let ticket = endpoint.ticket.ok_or("no ticket")?;
        let batches: Vec<RecordBatch> = client.do_get(ticket).await?.try_collect().await?;
        for batch in &batches {
            rows.extend(numbers(batch.column(0).as_ref()));
        }
    }
    Ok(Report::Rows(rows))
}

fn numbers(column: &dyn Array) -> Vec<i64> {
    if let Some(column) = column.as_primitive_opt::<Int64Type>() {
        return column.values().to_vec();
    }
    if let Some(column) = column.as_primitive_opt::<Int32Type>() {
        return column.values().iter().map(|n| i64::from(*n)).collect();
    }
    if let Some(column) = column.as_primitive_opt::<UInt32Type>() {
        return column.values().iter().map(|n| i64::from(*n)).collect();
    }
    let cast = arrow::compute::cast(column, &arrow::datatypes::DataType::Int64);
    match cast {
        Ok(cast) => cast
            .as_any()
            .downcast_ref::<Int64Array>()
            .map(|cast| cast.iter().map(|n| n.unwrap_or(-1)).collect())
            .unwrap_or_default(),
        Err(_) => vec![-1; column.len()],
    }
}
