//! What goes with a call: headers in, headers and trailers out.

use std::time::Duration;

use tonic::Request;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, MetadataMap, MetadataValue};

use crate::error::{Error, Kind, Operation, Result};
use crate::metadata::Metadata;

/// What one call has of its own: headers and deadlines that win over those of the connection string.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    headers: Metadata,
    timeout: Option<Duration>,
    query_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    update_timeout: Option<Duration>,
}

impl CallOptions {
    /// Nothing of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends a header with this call; it replaces a header of that name from the connection string.
    ///
    /// A name that ends in `-bin` has bytes.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.append(name, value.into());
        self
    }

    /// Replaces the deadline of every single call, whatever its kind (`query_timeout`, `update_timeout`, `idle_timeout`, …); those below are for one kind.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Replaces `query_timeout`: until the server has said where the result is.
    #[must_use]
    pub fn query_timeout(mut self, timeout: Duration) -> Self {
        self.query_timeout = Some(timeout);
        self
    }

    /// Replaces `idle_timeout`: between two messages of a result.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Replaces `total_timeout`: from the start of a query to its last row.
    #[must_use]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = Some(timeout);
        self
    }

    /// Replaces `update_timeout`: for an update or an ingest.
    #[must_use]
    pub fn update_timeout(mut self, timeout: Duration) -> Self {
        self.update_timeout = Some(timeout);
        self
    }

    /// The headers of this call.
    #[must_use]
    pub fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// The deadline it has of its own for an operation.
    pub(super) fn deadline(&self, operation: &Operation) -> Option<Duration> {
        let own = match operation {
            Operation::Execute => self.query_timeout,
            Operation::Fetch { .. } | Operation::Exchange => self.idle_timeout,
            Operation::Update | Operation::Ingest => self.update_timeout,
            _ => None,
        };
        own.or(self.timeout)
    }

    pub(super) fn own_total_timeout(&self) -> Option<Duration> {
        self.total_timeout
    }
}

/// Puts headers of the connection and then those of the call into a request; the call's replace the connection's.
pub(crate) fn apply<T>(request: &mut Request<T>, connection: &Metadata, call: &Metadata) -> Result<()> {
    let map = request.metadata_mut();
    for (name, value) in connection
        .iter()
        .filter(|(name, _)| call.get_bytes(name).is_none())
    {
        append(map, name, value)?;
    }
    for (name, value) in call.iter() {
        append(map, name, value)?;
    }
    Ok(())
}

/// Adds one header; a line break or another forbidden byte is an error, never a second header.
pub(crate) fn append(map: &mut MetadataMap, name: &str, value: &[u8]) -> Result<()> {
    let wrong = |what| {
        Error::new(
            Kind::Config,
            format!("header {name:?} has {what} that HTTP does not allow"),
        )
    };
    // HTTP/2 prints headers at its most talkative level, and keeps them in its tables, unless they are marked (RFC 7541, 7.1.3).
    let sensitive = name != "database";
    if name.ends_with("-bin") {
        let key = BinaryMetadataKey::from_bytes(name.as_bytes()).map_err(|_| wrong("a name"))?;
        let mut value = MetadataValue::from_bytes(value);
        value.set_sensitive(sensitive);
        map.append_bin(key, value);
    } else {
        let key = AsciiMetadataKey::from_bytes(name.as_bytes()).map_err(|_| wrong("a name"))?;
        let mut value = MetadataValue::try_from(value).map_err(|_| wrong("a value"))?;
        value.set_sensitive(sensitive);
        map.append(key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tonic::Request;

    use super::{CallOptions, apply};
    use crate::metadata::Metadata;

    #[test]
    fn a_header_of_the_call_replaces_the_connections() {
        let connection: Metadata = [("database", "a"), ("x", "1")].into_iter().collect();
        let call = CallOptions::new().header("Database", "b");
        let mut request = Request::new(());
        apply(&mut request, &connection, call.headers()).unwrap();
        let sent: Vec<_> = request.metadata().get_all("database").iter().collect();
        assert_eq!(sent, ["b"]);
        assert_eq!(request.metadata().get("x").unwrap(), "1");
    }

    #[test]
    fn a_line_break_in_a_header_is_refused() {
        for (name, value) in [
            ("x", "a\r\nb: c"),
            ("x\n", "a"),
            ("x y", "a"),
            ("", "a"),
            (":path", "a"),
        ] {
            let call = CallOptions::new().header(name, value);
            assert!(
                apply(&mut Request::new(()), &Metadata::new(), call.headers()).is_err(),
                "{name:?}"
            );
        }
    }
}
