//! Sessions: options kept between calls, found again by a cookie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::database::{Database, Lease};
use crate::ids::Ids;
use crate::messages::option_value::Kind;
use crate::messages::{OptionError, OptionErrorValue, OptionValue};
use crate::schema::{DB_SCHEMA, MAIN_CATALOG};

/// The cookie that carries the session's id.
pub(crate) const COOKIE: &str = "arrow_flight_session_id";

/// What a client keeps on the server.
pub(crate) struct Session {
    pub(crate) id: String,
    options: Mutex<HashMap<String, OptionValue>>,
    /// A connection of its own, once there is state only a connection can keep.
    lease: Mutex<Option<Arc<Lease>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(crate) fn options(&self) -> HashMap<String, OptionValue> {
        lock(&self.options).clone()
    }

    /// Sets an option, or erases it when the value is empty.
    ///
    /// # Errors
    ///
    /// Why the option was refused.
    pub(crate) fn set(&self, name: &str, value: OptionValue, catalogs: &[String]) -> Result<(), OptionError> {
        let refuse = |why: OptionErrorValue| Err(OptionError { value: why.into() });
        if name.is_empty() || name.starts_with("lol_invalid") {
            return refuse(OptionErrorValue::InvalidName);
        }
        let allowed = match (name, &value.kind) {
            (_, None) => true,
            ("catalog", Some(Kind::Text(catalog))) => catalogs.contains(catalog),
            ("schema", Some(Kind::Text(schema))) => schema == DB_SCHEMA,
            ("catalog" | "schema", Some(_)) => false,
            (_, Some(Kind::Text(text))) => text != "lol_invalid",
            (_, Some(_)) => true,
        };
        if !allowed {
            return refuse(OptionErrorValue::InvalidValue);
        }
        let mut options = lock(&self.options);
        if value.kind.is_some() {
            options.insert(name.to_owned(), value);
        } else {
            options.remove(name);
        }
        Ok(())
    }

    /// The session's own connection, if it has one.
    pub(crate) fn lease(&self) -> Option<Arc<Lease>> {
        lock(&self.lease).clone()
    }

    /// The session's own connection; from now on it has one.
    pub(crate) async fn own_lease(&self, database: &Arc<Database>) -> Result<Arc<Lease>, Status> {
        if let Some(lease) = self.lease() {
            return Ok(lease);
        }
        let fresh = Arc::new(database.lease().await?);
        fresh.spoil();
        // Two first calls at the same time shall end up with the same connection.
        Ok(lock(&self.lease).get_or_insert(fresh).clone())
    }
}

/// All open sessions.
pub(crate) struct Sessions {
    open: Mutex<HashMap<String, Arc<Session>>>,
    ids: Arc<Ids>,
}

impl Sessions {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self {
            open: Mutex::default(),
            ids,
        }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.open).len()
    }

    /// The session the request's cookie names; nothing without a cookie, or with one that is not known.
    pub(crate) fn of(&self, metadata: &MetadataMap) -> Option<Arc<Session>> {
        let open = lock(&self.open);
        cookies(metadata).find_map(|(name, value)| {
            if name == COOKIE {
                open.get(value).cloned()
            } else {
                None
            }
        })
    }

    pub(crate) fn create(&self) -> Arc<Session> {
        let session = Session {
            id: self.ids.fresh(),
            options: Mutex::default(),
            lease: Mutex::default(),
        };
        let session = Arc::new(session);
        lock(&self.open).insert(session.id.clone(), session.clone());
        session
    }

    pub(crate) fn remove(&self, id: &str) {
        lock(&self.open).remove(id);
    }
}

fn cookies(metadata: &MetadataMap) -> impl Iterator<Item = (&str, &str)> {
    metadata
        .get_all("cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
}

/// The header that gives a client its cookie.
pub(crate) fn set_cookie(id: &str) -> String {
    format!("{COOKIE}={id}")
}

/// The header that takes it away.
pub(crate) fn forget_cookie(id: &str) -> String {
    format!("{COOKIE}={id}; Max-Age=0")
}

/// The catalogs an option may name when the database itself cannot be asked.
pub(crate) fn default_catalogs() -> Vec<String> {
    vec![MAIN_CATALOG.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let sessions = Sessions::new(Arc::default());
        let session = sessions.create();
        let mut metadata = MetadataMap::new();
        metadata.append("cookie", "other=1".parse().unwrap());
        metadata.append(
            "cookie",
            format!("a=b; {COOKIE}=\"{}\"; c=d", session.id).parse().unwrap(),
        );
        assert_eq!(sessions.of(&metadata).unwrap().id, session.id);
        sessions.remove(&session.id);
        assert!(sessions.of(&metadata).is_none());
    }
}
