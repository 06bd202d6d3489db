//! An answer to GetSqlInfo → [`Capabilities`], whatever form the server gives it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{Capabilities, SqlInfo, SqlInfoValue};
use crate::cursor::RowChunk;
use crate::error::{Error, Result};
use crate::types::{Columns, Value};

/// The most rows an answer may have: the specification has under a hundred codes, and leaves servers room for their own.
const MOST_ROWS: usize = 10_000;

/// Gathers the rows of an answer.
#[derive(Debug)]
pub(super) struct Reader {
    columns: Arc<Columns>,
    code: usize,
    value: usize,
    rows: usize,
    gathered: Capabilities,
}

impl Reader {
    /// Finds the two columns: by name, else by what they hold.
    ///
    /// The specification says a `uint32` and a dense union; some servers send other integers, texts in place of the union, or other columns beside.
    pub(super) fn new(schema: &SchemaRef) -> Result<Self> {
        let columns = Columns::new(Arc::clone(schema));
        let code = columns.position("info_name").or_else(|error| {
            columns
                .iter()
                .position(|column| column.data_type().is_integer())
                .ok_or(error)
        })?;
        let value = columns.position("value").or_else(|error| {
            let others = (0..columns.len()).filter(|other| *other != code);
            others.min().ok_or(error)
        })?;
        Ok(Self {
            columns: Arc::new(columns),
            code,
            value,
            rows: 0,
            gathered: Capabilities::default(),
        })
    }

    pub(super) fn read(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows = self.rows.saturating_add(batch.num_rows());
        if self.rows > MOST_ROWS {
            return Err(Error::protocol(format!(
                "the answer to GetSqlInfo has more than {MOST_ROWS} rows"
            )));
        }
        let chunk = RowChunk::new(Arc::clone(&self.columns), batch, 0)?;
        for row in chunk.rows() {
            // One value that cannot be read leaves the others as they are.
            let (Ok(code), Ok(value)) = (row.get::<u32>(self.code), row.value(self.value)) else {
                continue;
            };
            self.take(code, value);
        }
        Ok(())
    }

    fn take(&mut self, code: u32, value: Value) {
        let value = match SqlInfo::from_code(code) {
            Some(known) => SqlInfoValue::shaped(value, known.shape()),
            None => SqlInfoValue::of_any_shape(value),
        };
        if let Some(value) = value {
            self.gathered.values.entry(code).or_insert(value);
        }
    }

    pub(super) fn end(self) -> Capabilities {
        self.gathered
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray, UInt32Array};
    use arrow::datatypes::Int8Type;
    use arrow::record_batch::RecordBatch;

    use super::{MOST_ROWS, Reader};
    use crate::shared::capabilities::{Capabilities, SqlInfo, TransactionSupport};

    fn read(columns: [(&str, ArrayRef); 2]) -> Capabilities {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut reader = Reader::new(&batch.schema()).unwrap();
        reader.read(batch).unwrap();
        reader.end()
    }

    #[test]
    fn texts_in_place_of_the_union_are_read() {
        let names: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), Some(3), Some(8), None, Some(-1)]));
        let values: ArrayRef = Arc::new(StringArray::from(vec![
            Some("Databend"),
            Some("false"),
            Some("2"),
            Some("lost"),
            Some("lost"),
        ]));
        let read = read([("info_name", names), ("value", values)]);
        assert_eq!(read.server_name(), Some("Databend"));
        assert_eq!(read.read_only(), Some(false));
        assert_eq!(read.transactions(), Some(TransactionSupport::Savepoint));
        assert_eq!(read.iter().count(), 3);
    }

    #[test]
    fn columns_in_another_order_or_under_other_names_are_found() {
        let names: ArrayRef = Arc::new(Int64Array::from(vec![0, 1]));
        let values: DictionaryArray<Int8Type> = vec!["a", "b"].into_iter().collect();
        for named in [("VALUE", "INFO_NAME"), ("v", "id")] {
            let read = read([(named.0, Arc::new(values.clone())), (named.1, Arc::clone(&names))]);
            assert_eq!(read.server_version(), Some("b"), "{named:?}");
        }
    }

    #[test]
    fn rubbish_is_empty_or_an_error_and_never_a_panic() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let batch = RecordBatch::try_from_iter([("a", Arc::clone(&texts)), ("b", texts)]).unwrap();
        assert!(Reader::new(&batch.schema()).is_err());
        let numbers: ArrayRef = Arc::new(UInt32Array::from(vec![1]));
        let batch = RecordBatch::try_from_iter([("info_name", numbers)]).unwrap();
        assert!(Reader::new(&batch.schema()).is_err());
        let many: ArrayRef = Arc::new(UInt32Array::from_iter_values(
            0..=u32::try_from(MOST_ROWS).unwrap(),
        ));
        let batch = RecordBatch::try_from_iter([("info_name", Arc::clone(&many)), ("value", many)]).unwrap();
        let mut reader = Reader::new(&batch.schema()).unwrap();
        assert!(reader.read(batch).is_err());
    }

    #[test]
    fn the_first_of_two_values_for_a_code_counts() {
        let names: ArrayRef = Arc::new(UInt32Array::from(vec![0, 0]));
        let values: ArrayRef = Arc::new(StringArray::from(vec!["first", "second"]));
        let read = read([("info_name", names), ("value", values)]);
        assert_eq!(
            read.get(SqlInfo::ServerName).and_then(|value| value.as_text()),
            Some("first")
        );
    }
}
