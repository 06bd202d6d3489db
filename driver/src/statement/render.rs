//! Parameters written into the statement, for servers that cannot bind them (`parameters=client`).

use super::literal;
use crate::error::{Error, Kind, Operation, Result, SqlState};
use crate::sql::{Dialect, Form, Placeholders};
use crate::types::{Params, Value};

/// A statement with the values that go into it, row by row.
#[derive(Debug)]
pub(super) struct Rendered {
    /// What stands between the parameters.
    pieces: Vec<String>,
    /// Which value of a row follows each piece but the last, and what the statement calls it.
    values: Vec<(usize, String)>,
    rows: Vec<Vec<Value>>,
    dialect: Dialect,
}

impl Rendered {
    /// Finds the place of every parameter.
    ///
    /// # Errors
    ///
    /// `Conversion` when the parameters are not those of the statement; `InvalidRequest` when it cannot be told where they go.
    pub(super) fn new(sql: &str, params: &Params, dialect: &Dialect) -> Result<Self> {
        let mut found = Placeholders::find(sql, dialect.rules());
        found.check()?;
        let rows = params.to_rows()?;
        let named = params.names();
        let given = params.len();
        let values = match &named {
            Some(names) => by_name(&found, names)?,
            None => by_position(&mut found, given)?,
        };
        let mut pieces = Vec::with_capacity(values.len().saturating_add(1));
        let mut done = 0;
        for placeholder in &found.list {
            pieces.push(
                sql.get(done..placeholder.place.start)
                    .unwrap_or_default()
                    .to_owned(),
            );
            done = placeholder.place.end;
        }
        pieces.push(sql.get(done..).unwrap_or_default().to_owned());
        Ok(Self {
            pieces,
            values,
            rows,
            dialect: dialect.clone(),
        })
    }

    /// How many rows of parameters there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The statement with the values of one row.
    ///
    /// # Errors
    ///
    /// `Conversion`, naming the parameter and its type, where the server's dialect cannot write a value.
    pub(super) fn sql(&self, row: usize) -> Result<String> {
        let values = self.rows.get(row).map(Vec::as_slice).unwrap_or_default();
        let mut text = String::new();
        let mut pieces = self.pieces.iter();
        for (index, name) in &self.values {
            text.push_str(pieces.next().map_or("", String::as_str));
            let value = values.get(*index).unwrap_or(&Value::Null);
            literal::write(value, &self.dialect, &mut text).map_err(|why| {
                no_literal(&format!("parameter {} (\"{name}\")", index + 1), row, value, why)
            })?;
        }
        text.push_str(pieces.next().map_or("", String::as_str));
        Ok(text)
    }
}

/// The error of a value that cannot be written; it names the type, never the value.
pub(super) fn no_literal(place: &str, row: usize, value: &Value, why: literal::NoLiteral) -> Error {
    let kind = value.kind();
    Error::new(Kind::Conversion, format!("{place}, row {row}: the {kind} {why}"))
        .state(SqlState::TYPE_MISMATCH)
        .during(Operation::Bind)
}

fn by_name(found: &Placeholders<'_>, names: &[&str]) -> Result<Vec<(usize, String)>> {
    let bare: Vec<&str> = names
        .iter()
        .map(|name| name.strip_prefix([':', '@', '$']).unwrap_or(name))
        .collect();
    let wanted = found.names();
    if let Some(unwanted) = bare.iter().find(|name| !wanted.contains(name)) {
        return Err(
            wrong_count(format!("the statement has no parameter \"{unwanted}\""))
                .hint(format!("its parameters are: {}", wanted.join(", "))),
        );
    }
    let place = |form| match form {
        Form::Named(name) => match bare.iter().position(|given| *given == name) {
            Some(index) => Ok((index, name.to_owned())),
            None => Err(wrong_count(format!(
                "the statement wants a parameter \"{name}\", which is not given"
            ))
            .hint(format!("given are: {}", names.join(", ")))),
        },
        _ => Err(mixed()),
    };
    found
        .list
        .iter()
        .map(|placeholder| place(placeholder.form))
        .collect()
}

/// Gives values to `?` in turn, else to numbers, else to names in the order in which they first come.
///
/// What has a name beside `?` or numbers is no parameter of ours and stays as it is: a variable of the server, or a piece of JSON.
fn by_position(found: &mut Placeholders<'_>, given: usize) -> Result<Vec<(usize, String)>> {
    let is = |wanted: fn(&Form<'_>) -> bool| found.list.iter().any(|placeholder| wanted(&placeholder.form));
    let questions = is(|form| matches!(form, Form::Question));
    let numbers = is(|form| matches!(form, Form::Numbered(_)));
    if questions && numbers {
        return Err(mixed());
    }
    if questions || numbers {
        found
            .list
            .retain(|placeholder| !matches!(placeholder.form, Form::Named(_)));
    }
    let names = found.names();
    let wanted = match (questions, numbers) {
        (true, _) => found.list.len(),
        (_, true) => found
            .list
            .iter()
            .filter_map(|placeholder| match placeholder.form {
                Form::Numbered(number) => Some(number),
                _ => None,
            })
            .max()
            .unwrap_or(0),
        _ => names.len(),
    };
    if wanted != given {
        return Err(wrong_count(format!(
            "the statement wants {wanted} parameters, given are {given}"
        )));
    }
    let place = |(index, form): (usize, Form<'_>)| match form {
        Form::Question => Ok((index, (index + 1).to_string())),
        Form::Numbered(number) => match usize::checked_sub(number, 1) {
            Some(index) => Ok((index, number.to_string())),
            None => Err(wrong_count("parameters are numbered from 1")),
        },
        Form::Named(name) => {
            let index = names.iter().position(|known| *known == name).unwrap_or(0);
            Ok((index, name.to_owned()))
        }
    };
    found
        .list
        .iter()
        .map(|placeholder| placeholder.form)
        .enumerate()
        .map(place)
        .collect()
}

fn mixed() -> Error {
    wrong_count("the statement writes its parameters in several ways: take `?`, numbers or names")
}

fn wrong_count(message: impl Into<String>) -> Error {
    Error::new(Kind::Conversion, message)
        .state(SqlState::WRONG_PARAMETER_COUNT)
        .during(Operation::Bind)
}

#[cfg(test)]
mod tests {
    use super::Rendered;
    use crate::sql::{Dialect, Family};
    use crate::types::{Params, Value};

    fn render(sql: &str, params: impl Into<Params>) -> crate::Result<String> {
        Rendered::new(sql, &params.into(), &Dialect::of(Family::Sqlite))?.sql(0)
    }

    #[test]
    fn values_go_where_the_parameters_stand() {
        assert_eq!(
            render("select ?, '?', ?", (1, "a'b")).unwrap(),
            "select  1 , '?',  'a''b' "
        );
        assert_eq!(render("$2 - $1 - $2", (1, 2)).unwrap(), " 2  -  1  -  2 ");
        assert_eq!(render("x = ?1", (-1,)).unwrap(), "x =  (-1) ");
        assert_eq!(render(":b, :a, :b", (1, 2)).unwrap(), " 1 ,  2 ,  1 ");
        assert_eq!(render("? = @variable", (1,)).unwrap(), " 1  = @variable");
        let named = Params::named([(":a", Value::from(1)), ("b", Value::from(2))]);
        assert_eq!(render("@b + :a + $b", named).unwrap(), " 2  +  1  +  2 ");
    }

    #[test]
    fn a_wrong_number_or_name_is_an_error() {
        for (sql, params) in [
            ("?, ?", Params::from((1,))),
            ("$1", (1, 2).into()),
            ("$0", (1,).into()),
            ("?, $1", (1, 2).into()),
            (":a", Params::named([("b", Value::from(1))])),
            (":a, :b", Params::named([("a", Value::from(1))])),
            ("?", Params::named([("a", Value::from(1))])),
        ] {
            let error = render(sql, params).unwrap_err();
            assert_eq!(error.sqlstate().as_str(), "07001", "{sql}: {error}");
        }
        let error = render("?", (Value::List(Vec::new()),)).unwrap_err().to_string();
        assert!(error.contains("parameter 1") && error.contains("List"), "{error}");
    }
}
