//! Prepared statements: handles and the parameters bound to them.
//!
//! Binding gives a new handle, so that two executions with different parameters cannot take each other's. The handle
//! without parameters keeps working for clients that ignore the new one: it then means what was bound last.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::Status;

use crate::cursor::Parameters;
use crate::ids::Ids;

/// Bindings of one statement that stay usable.
const BINDINGS_KEPT: usize = 32;

/// A prepared statement.
pub(crate) struct Prepared {
    pub(crate) sql: String,
    pub(crate) transaction: Option<Vec<u8>>,
    bindings: Mutex<Bindings>,
}

#[derive(Default)]
struct Bindings {
    last: u64,
    kept: VecDeque<(u64, Parameters)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All prepared statements.
pub(crate) struct Statements {
    open: Mutex<HashMap<String, Arc<Prepared>>>,
    ids: Arc<Ids>,
}

impl Statements {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self {
            open: Mutex::default(),
            ids,
        }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.open).len()
    }

    pub(crate) fn add(&self, sql: String, transaction: Option<Vec<u8>>) -> String {
        let id = self.ids.fresh();
        let prepared = Prepared {
            sql,
            transaction,
            bindings: Mutex::default(),
        };
        lock(&self.open).insert(id.clone(), Arc::new(prepared));
        id
    }

    /// The statement of a handle and the parameters bound to it.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for a handle that is unknown, closed, or whose binding is too old.
    pub(crate) fn get(&self, handle: &[u8]) -> Result<(Arc<Prepared>, Option<Parameters>), Status> {
        let (id, binding) = split(handle)?;
        let prepared = lock(&self.open).get(id).cloned().ok_or_else(unknown)?;
        let bindings = lock(&prepared.bindings);
        let parameters = match binding {
            None => bindings.kept.back().map(|(_, parameters)| parameters.clone()),
            Some(number) => {
                let found = bindings.kept.iter().find(|(known, _)| *known == number);
                Some(
                    found
                        .map(|(_, parameters)| parameters.clone())
                        .ok_or_else(unknown)?,
                )
            }
        };
        drop(bindings);
        Ok((prepared, parameters))
    }

    /// Binds parameters; the answer is the handle they belong to.
    pub(crate) fn bind(&self, handle: &[u8], parameters: Parameters) -> Result<String, Status> {
        let (id, _) = split(handle)?;
        let prepared = lock(&self.open).get(id).cloned().ok_or_else(unknown)?;
        let mut bindings = lock(&prepared.bindings);
        bindings.last += 1;
        let number = bindings.last;
        bindings.kept.push_back((number, parameters));
        if bindings.kept.len() > BINDINGS_KEPT {
            bindings.kept.pop_front();
        }
        Ok(format!("{id}.{number}"))
    }

    /// Closes a statement with all its bindings.
    pub(crate) fn close(&self, handle: &[u8]) -> Result<(), Status> {
        let (id, _) = split(handle)?;
        lock(&self.open).remove(id).map(drop).ok_or_else(unknown)
    }
}

fn split(handle: &[u8]) -> Result<(&str, Option<u64>), Status> {
    let text = std::str::from_utf8(handle).map_err(|_| unknown())?;
    match text.split_once('.') {
        None => Ok((text, None)),
        Some((id, number)) => Ok((id, Some(number.parse().map_err(|_| unknown())?))),
    }
}

fn unknown() -> Status {
    Status::not_found("no such prepared statement: its handle is unknown, or was closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_binding_has_its_own_handle_and_closing_one_closes_the_statement() {
        let statements = Statements::new(Arc::default());
        let handle = statements.add("select ?".into(), None);
        let (one, two) = (Parameters::default(), Parameters::default());
        let first = statements.bind(handle.as_bytes(), one.clone()).unwrap();
        let second = statements.bind(first.as_bytes(), two.clone()).unwrap();
        let bound = |handle: &str| statements.get(handle.as_bytes()).unwrap().1.unwrap();
        assert!(Arc::ptr_eq(&bound(&first), &one));
        assert!(Arc::ptr_eq(&bound(&second), &two));
        assert!(Arc::ptr_eq(&bound(&handle), &two));
        statements.close(second.as_bytes()).unwrap();
        assert_eq!(statements.count(), 0);
        assert!(statements.get(first.as_bytes()).is_err());
    }
}
