//! Doors for fuzzers: what a server or a user can send, without a server. Not part of the API; it changes without notice.
//!
//! Every function takes any bytes. It panics where a promise is broken: that is what a fuzzer looks for.

#![expect(
    clippy::panic,
    reason = "a broken promise is what a fuzzer looks for, and a panic is how it is told"
)]

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use crate::config::{Config, TransportKind};
use crate::cursor::RowChunk;
use crate::protocol::{self, FlightInfo};
use crate::types::Columns;
use crate::{shared, stream, transport};

/// A target: it takes any bytes.
pub type Target = fn(&[u8]);

/// The targets by name, as `driver/fuzz` and the tests run them.
pub const TARGETS: &[(&str, Target)] = &[
    ("connection_string", connection_string),
    ("flight_info", flight_info),
    ("frames", frames),
    ("rows", rows),
    ("catalog", catalog),
    ("answers", answers),
    #[cfg(feature = "parquet-locations")]
    ("parquet", parquet),
];

/// A word that stands nowhere but in a password.
const CANARY: &str = "cAn4Ry-pAsSwOrD";
/// How many rows of a batch are read: a column of NULLs may have two thousand million without a byte.
const MOST_ROWS: usize = 64;

/// Text → [`Config`] → text: what is printed with secrets reads back the same, what is printed without has none.
pub fn connection_string(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(error) => {
            let _shown = error.to_string();
            return;
        }
    };
    for printed in [config.to_uri_with_secrets(), config.to_key_values_with_secrets()] {
        match Config::parse(&printed) {
            Ok(back) if back == config => {}
            Ok(back) => panic!("{printed:?} reads back as {:?}", back.to_uri_with_secrets()),
            Err(error) => panic!("{printed:?} does not read back: {error}"),
        }
    }
    let secret = config.password(CANARY).token(CANARY);
    let shown = [
        secret.to_uri(),
        secret.to_key_values(),
        format!("{secret:?}"),
        secret.to_string(),
    ];
    if let Some(leak) = shown.iter().find(|shown| shown.contains(CANARY)) {
        panic!("a password is printed: {leak}");
    }
}

/// Bytes → [`FlightInfo`] → where its endpoints would be read: only where the configuration allows.
pub fn flight_info(data: &[u8]) {
    let Ok(info) = FlightInfo::from_bytes(data) else {
        return;
    };
    let _shown = format!("{info:?} {:?} {:?}", info.total_records(), info.total_bytes());
    if info.partitions().len() != info.endpoints().len() {
        panic!("a partition is missing");
    }
    if FlightInfo::from_bytes(&info.to_bytes()).is_err() {
        panic!("a FlightInfo does not survive its own bytes");
    }
    let tls = Config::new("own.example", 1);
    let plaintext = tls.clone().transport(TransportKind::Tcp);
    let open = tls.clone().allowed_locations(["*"]);
    for endpoint in info.endpoints() {
        let locations = endpoint.locations();
        for (config, named_only) in [(&tls, true), (&plaintext, true), (&open, false)] {
            for (host, kind) in transport::fuzzing::followed(config, &locations) {
                if named_only && host != "own.example" {
                    panic!("{host:?} is followed and was never allowed");
                }
                if config.get_transport() == TransportKind::Tls && kind != TransportKind::Tls {
                    panic!("{host:?} is followed from TLS to plaintext");
                }
            }
        }
    }
}

/// Bytes of a DoGet, in pieces → messages → batches → rows.
pub fn frames(data: &[u8]) {
    match protocol::fuzzing::taken(data, stream::fuzzing::LIMIT) {
        Ok(messages) => stream::fuzzing::batches(&messages).1.iter().for_each(read),
        Err(broken) => panic!("{broken}"),
    }
}

/// A Parquet file → batches → rows → values and text.
#[cfg(feature = "parquet-locations")]
pub fn parquet(data: &[u8]) {
    stream::fuzzing::parquet(data).iter().for_each(read);
}

/// Messages of a result → batches → rows → values and text.
pub fn rows(data: &[u8]) {
    let (schema, batches) = stream::fuzzing::batches(&stream::fuzzing::messages(data));
    if let Some(schema) = schema {
        let columns = Columns::new(schema);
        for column in columns.iter() {
            let _described = (
                column.sql_type(),
                column.type_name(),
                column.precision(),
                column.scale(),
                column.searchable(),
            );
        }
    }
    for batch in &batches {
        read(batch);
    }
}

/// Messages of a catalog command or of GetSqlInfo → rows, with the schemas of tables inside them.
pub fn catalog(data: &[u8]) {
    let (schema, batches) = stream::fuzzing::batches(&stream::fuzzing::messages(data));
    if let Some(schema) = schema
        && let Ok(capabilities) = shared::fuzzing::capabilities(&schema, &batches)
    {
        let _understood = (
            format!("{capabilities:?}"),
            capabilities.transactions(),
            capabilities.isolation_levels(),
            capabilities.transaction_timeout(),
            capabilities.identifier_case(),
        );
    }
    for batch in &batches {
        read(batch);
        for column in batch.columns() {
            if column.data_type() != &DataType::Binary {
                continue;
            }
            for bytes in column.as_binary::<i32>().iter().take(MOST_ROWS).flatten() {
                let _broken = protocol::fuzzing::schema(bytes);
            }
        }
    }
}

/// Answers to actions and uploads, and cookies.
pub fn answers(data: &[u8]) {
    let _broken = protocol::fuzzing::answer(data);
    if let Some(header) = transport::fuzzing::cookies(data)
        && header.bytes().any(|byte| byte < b' ' || byte == 0x7f)
    {
        panic!("a cookie would be sent back with a control character: {header:?}");
    }
}

fn read(batch: &RecordBatch) {
    let columns = Arc::new(Columns::new(batch.schema()));
    let Ok(chunk) = RowChunk::new(columns, batch.clone(), 0) else {
        return;
    };
    if chunk.len() != batch.num_rows() {
        panic!("{} rows of {}", chunk.len(), batch.num_rows());
    }
    for row in chunk.rows().take(MOST_ROWS) {
        for column in 0..row.len() {
            if let Ok(value) = row.value(column) {
                let _shown = (value.to_json(), value.to_string());
            }
            let _other = (row.get::<String>(column), row.get::<Option<i64>>(column));
        }
    }
}

#[cfg(test)]
mod tests;
