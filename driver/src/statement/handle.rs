//! Preparing on the server: in the statement's own words, or with its named parameters in a form the server knows.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::Bytes;

use super::Text;
use crate::error::{Error, Kind, Operation, Result};
use crate::protocol::Prepared;
use crate::shared::{Feature, NamedForm, Shared};
use crate::sql::{Placeholders, Rules};
use crate::transport::CallOptions;
use crate::types::Params;

/// What the server holds of a prepared statement.
pub(super) struct OnServer {
    pub(super) answer: Prepared,
    /// The transaction it was prepared in.
    pub(super) transaction: Option<Bytes>,
    /// The names of its parameters in the order of the server's, where they had to be rewritten.
    order: Option<Vec<String>>,
    /// The handle is of no use any more.
    pub(super) gone: bool,
}

impl OnServer {
    fn new(answer: Prepared, transaction: Option<Bytes>, order: Option<Vec<String>>) -> Self {
        Self {
            answer,
            transaction,
            order,
            gone: false,
        }
    }

    /// Puts parameters into the order in which the server wants them; with the schema they are to fit, where it has one.
    pub(super) fn arrange(&self, sql: &str, params: &Params) -> Result<(Params, Option<SchemaRef>)> {
        let schema = self
            .answer
            .parameter_schema
            .clone()
            .filter(|schema| !schema.fields().is_empty());
        if let Some(order) = &self.order {
            return Ok((params.in_order(&borrowed(order), false)?, schema));
        }
        if params.names().is_none() {
            return Ok((params.clone(), schema));
        }
        let found = Placeholders::find(sql, Rules::default());
        let names = found.names();
        let Some(known) = &schema else {
            // The server understood the names and does not list them: it counts each once, where it first comes.
            let ordered = found.are_named().then(|| params.in_order(&names, true));
            return Ok((ordered.unwrap_or_else(|| Ok(params.clone()))?, None));
        };
        let bare = |name: &str| name.trim_start_matches([':', '@', '$']).to_owned();
        let is_listed = |name: &&str| known.fields().iter().any(|field| bare(field.name()) == *name);
        if !found.are_named() || names.iter().any(is_listed) {
            return Ok((params.clone(), schema));
        }
        // Listed without their names, they are those of the statement: each once, or as often as it is written.
        if known.fields().len() == names.len() {
            return Ok((params.in_order(&names, false)?, schema));
        }
        let every: Vec<&str> = found.every_name();
        if known.fields().len() == every.len() {
            return Ok((params.in_order(&every, false)?, schema));
        }
        Ok((params.clone(), schema))
    }
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Prepares a statement. Nothing runs by that, so a server that does not know names may be asked again in other forms.
pub(super) async fn prepare(shared: &Arc<Shared>, text: &Text, options: &CallOptions) -> Result<OnServer> {
    shared.demand(Feature::Prepare, Operation::Prepare)?;
    let transaction = shared.transaction().await?;
    let protocol = shared.protocol()?;
    let sql = match text {
        Text::Plan(plan) => {
            let (protocol, plan, options) = (protocol.clone(), plan.clone(), options.clone());
            let within = transaction.clone();
            let call = async move { protocol.prepare_substrait(&plan, within, &options).await };
            let answer = shared.make_statement(call).await;
            return Ok(OnServer::new(shared.watch(answer)?, transaction, None));
        }
        Text::Sql(sql) => sql,
    };
    let ask = async |sql: String| {
        let (protocol, transaction, options) = (protocol.clone(), transaction.clone(), options.clone());
        let call = async move { protocol.prepare(sql, transaction, &options).await };
        let answer = shared.make_statement(call).await;
        shared.watch(shared.note(Feature::Prepare, answer))
    };
    let found = Placeholders::find(sql, Rules::default());
    let known = shared.named_form().filter(|_| found.are_named());
    if let Some(form) = known {
        let (sql, order) = rewritten(&found, form)?;
        return Ok(OnServer::new(ask(sql).await?, transaction, Some(order)));
    }
    let refused = match ask(sql.clone()).await {
        Ok(answer) => return Ok(OnServer::new(answer, transaction, None)),
        Err(error) if found.are_named() && may_be_for_names(&error) => error,
        Err(error) => return Err(error),
    };
    for form in [NamedForm::Question, NamedForm::Numbered] {
        let (sql, order) = rewritten(&found, form)?;
        if let Ok(answer) = ask(sql).await {
            shared.set_named_form(form);
            return Ok(OnServer::new(answer, transaction, Some(order)));
        }
    }
    // Its own words are about the statement as it was given.
    Err(refused)
}

/// Prepares a text in a transaction that is given.
pub(super) async fn prepare_text(
    shared: &Arc<Shared>,
    sql: String,
    transaction: Option<Bytes>,
    options: &CallOptions,
) -> Result<Prepared> {
    shared.demand(Feature::Prepare, Operation::Prepare)?;
    let (protocol, options) = (shared.protocol()?.clone(), options.clone());
    let call = async move { protocol.prepare(sql, transaction, &options).await };
    let answer = shared.make_statement(call).await;
    shared.watch(shared.note(Feature::Prepare, answer))
}

fn may_be_for_names(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::InvalidRequest | Kind::Server | Kind::State | Kind::Range
    )
}

/// The statement with `?` or `$1` for its names, and the names in the order in which the server then wants their values.
fn rewritten(found: &Placeholders<'_>, form: NamedForm) -> Result<(String, Vec<String>)> {
    let (names, every) = (found.names(), found.every_name());
    let text = found.replace(|number, _, text| {
        match form {
            NamedForm::Question => text.push('?'),
            NamedForm::Numbered => {
                let name = every.get(number);
                let index = names.iter().position(|known| Some(known) == name).unwrap_or(0);
                text.push_str(&format!("${}", index + 1));
            }
        }
        Ok(())
    })?;
    let order = match form {
        NamedForm::Question => every,
        NamedForm::Numbered => names,
    };
    Ok((text, order.into_iter().map(str::to_owned).collect()))
}
