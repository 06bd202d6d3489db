//! What the server has been found to lack, so that it is not asked again in this session.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Kind, Operation, Result};

/// Something a server may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Feature {
    Prepare,
    Update,
    PreparedUpdate,
    Ingest,
    Transactions,
    Savepoints,
    CancelFlightInfo,
    CancelQuery,
    Poll,
    GetSchema,
    SessionOptions,
    Catalogs,
    DbSchemas,
    Tables,
    TableTypes,
    PrimaryKeys,
    ExportedKeys,
    ImportedKeys,
    CrossReference,
    TypeInfo,
    SqlInfo,
    /// The information schema of the SQL standard, and its tables of keys.
    InformationSchema,
    InformationSchemaKeys,
    /// `SHOW CATALOGS`, and what is asked once it works.
    Show,
    ShowSchemas,
    ShowViews,
}

impl Feature {
    /// Says whether a call that broke down has certainly changed nothing.
    fn is_harmless(self) -> bool {
        !matches!(self, Self::Update | Self::PreparedUpdate | Self::Ingest)
    }
}

/// How a server wants parameters written that have names in the user's statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedForm {
    /// `?`, once for each time a name is written.
    Question,
    /// `$1`, the same number for the same name.
    Numbered,
}

/// What is lacking, each with the words in which it was said first.
#[derive(Debug, Default)]
pub(super) struct Features {
    lacking: Mutex<HashMap<Feature, String>>,
    named_form: Mutex<Option<NamedForm>>,
}

impl Features {
    pub(super) fn lacks(&self, feature: Feature) -> bool {
        self.lock().contains_key(&feature)
    }

    /// The error of a server that is not asked because it has said no before.
    pub(super) fn demand(&self, feature: Feature, operation: Operation) -> Result<()> {
        match self.lock().get(&feature) {
            Some(words) => Err(Error::new(Kind::NotSupported, words.clone()).during(operation)),
            None => Ok(()),
        }
    }

    /// Takes note when an error says that the server lacks something: in words, or by breaking down over it.
    ///
    /// A server that drops the call of an optional command lacks the command as one that refuses it does. Where the connection is gone, that may
    /// have been the network, and says nothing.
    pub(super) fn note<T>(&self, feature: Feature, result: Result<T>) -> Result<T> {
        let error = match result {
            Err(error) => error,
            answer => return answer,
        };
        if error.kind() == Kind::NotSupported {
            self.remember(feature, error.message().to_owned());
        } else if feature.is_harmless() && error.is_breakdown() {
            let words = format!(
                "the server broke down over this and is not asked again: {}",
                error.message()
            );
            self.remember(feature, words.clone());
            return Err(error.becomes(Kind::NotSupported).saying(words));
        }
        Err(error)
    }

    pub(super) fn named_form(&self) -> Option<NamedForm> {
        *self.named_form.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_named_form(&self, form: NamedForm) {
        *self.named_form.lock().unwrap_or_else(PoisonError::into_inner) = Some(form);
    }

    pub(super) fn remember(&self, feature: Feature, words: String) {
        self.lock().entry(feature).or_insert(words);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Feature, String>> {
        self.lacking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
