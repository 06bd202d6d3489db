//! Cells read where they lie, and over [`Cell`]: one and the same.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use super::round_trip::families;
use crate::types::accessor::{Accessor, CellPlace};
use crate::types::{Date, FromArrow, Params, Timestamp, Unreadable, Value};

/// How many cells a type read where they lie; each must be what it reads from a [`Cell`](crate::types::Cell).
fn read_alike<'a, T: FromArrow<'a> + PartialEq + Debug>(column: &'a Accessor, length: usize) -> usize {
    let places = (0..length + 2).map(|index| CellPlace::new(column, index));
    let read = places.filter_map(|place| {
        let read = T::read_place(place)?;
        assert_eq!(read, place.cell().and_then(T::read), "{place:?}");
        Some(())
    });
    read.count()
}

#[test]
fn a_cell_reads_where_it_lies_as_it_reads_alone() {
    use DataType::{Boolean, Float64, Int8, Int16, Int64, UInt8, UInt16, UInt32, UInt64};
    let more = [
        (
            Value::from(1_i32),
            vec![Int8, Int16, Int64, UInt8, UInt16, UInt32, UInt64, Float64],
        ),
        (Value::from(true), vec![Boolean]),
    ];
    let mut direct = [0; 16];
    for (value, data_types) in families().into_iter().chain(more) {
        for data_type in data_types {
            let schema = Schema::new(vec![Field::new("p", data_type, true)]);
            let rows = Params::rows([(Value::Null,), (value.clone(),), (Value::Null,), (value.clone(),)]);
            let whole = rows.to_batch(Some(&schema)).unwrap();
            for batch in [whole.slice(1, 3), whole] {
                let column = Accessor::bind(batch.column(0), batch.schema().field(0)).unwrap();
                let length = batch.num_rows();
                let counts = [
                    read_alike::<i8>(&column, length),
                    read_alike::<i16>(&column, length),
                    read_alike::<i32>(&column, length),
                    read_alike::<i64>(&column, length),
                    read_alike::<u8>(&column, length),
                    read_alike::<u16>(&column, length),
                    read_alike::<u32>(&column, length),
                    read_alike::<u64>(&column, length),
                    read_alike::<f32>(&column, length),
                    read_alike::<f64>(&column, length),
                    read_alike::<bool>(&column, length),
                    read_alike::<&str>(&column, length),
                    read_alike::<Arc<str>>(&column, length),
                    read_alike::<Date>(&column, length),
                    read_alike::<Timestamp>(&column, length),
                    read_alike::<Option<String>>(&column, length),
                ];
                for (sum, count) in direct.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
    }
    assert!(direct.iter().all(|count| *count > 0), "{direct:?}");
}

#[test]
fn a_place_outside_its_column_is_the_servers_fault() {
    let batch = Params::rows([(1_i64,)]).to_batch(None).unwrap();
    let column = Accessor::bind(batch.column(0), batch.schema().field(0)).unwrap();
    let outside = CellPlace::new(&column, 1);
    assert_eq!(i64::read_place(outside), Some(Err(Unreadable::Corrupt)));
    assert_eq!(Option::<i64>::read_place(outside), Some(Err(Unreadable::Corrupt)));
}
