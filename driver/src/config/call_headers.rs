//! Headers that the program makes for every call.

use std::sync::Arc;

use crate::metadata::Metadata;

/// A closure that gives headers; clones share it.
#[derive(Clone)]
pub(crate) struct CallHeaders(Arc<dyn Fn() -> Metadata + Send + Sync>);

impl CallHeaders {
    pub(super) fn new(headers: impl Fn() -> Metadata + Send + Sync + 'static) -> Self {
        Self(Arc::new(headers))
    }

    pub(crate) fn get(&self) -> Metadata {
        (self.0)()
    }
}

/// Two are the same when they share one closure.
impl PartialEq for CallHeaders {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
