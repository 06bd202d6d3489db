//! What is read by place is what is read by name, and what may not be read by place is not.

use std::fmt::{self, Debug};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::super::RowChunk;
use crate::error::{Result, SqlState};
use crate::types::Columns;

/// The rows of three columns, `a`, `b` and `c`, and whatever else there is.
fn chunk(names: &[&'static str]) -> RowChunk {
    let columns = names.iter().zip(0_i32..).map(|(name, column)| {
        let values = (0..4).map(|row| column * 10 + row);
        (*name, Arc::new(Int32Array::from_iter_values(values)) as ArrayRef)
    });
    of(columns)
}

fn of(columns: impl IntoIterator<Item = (&'static str, ArrayRef)>) -> RowChunk {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    RowChunk::new(Arc::new(Columns::new(batch.schema())), batch, 0).unwrap()
}

/// Every row read by a chunk that has read none before, which is by name.
fn by_name<'de, T: Deserialize<'de>>(chunks: &'de [RowChunk]) -> Vec<Result<T, SqlState>> {
    let rows = chunks.iter().zip(0..);
    rows.map(|(chunk, row)| {
        chunk
            .range_as(row..row + 1)
            .next()
            .unwrap()
            .map_err(|error| error.sqlstate())
    })
    .collect()
}

/// Reads the rows of columns both ways, and says whether the second was by place.
#[track_caller]
fn reads<T: for<'de> Deserialize<'de> + PartialEq + Debug>(names: &[&'static str]) -> bool {
    let fresh: Vec<_> = (0..4).map(|_| chunk(names)).collect();
    let used = chunk(names);
    let read: Vec<_> = used
        .rows_as::<T>()
        .map(|row| row.map_err(|error| error.sqlstate()))
        .collect();
    assert_eq!(read, by_name::<T>(&fresh));
    used.0.plans.is_any_by_place()
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plain {
    a: i32,
    b: Option<i64>,
    c: u8,
}

#[test]
fn a_plain_struct_is_read_by_place_wherever_its_columns_are() {
    assert!(reads::<Plain>(&["a", "b", "c"]));
    assert!(reads::<Plain>(&["c", "x", "B", "a"]));
    assert!(!reads::<Plain>(&["a", "c"]), "an Option without a column");
    assert!(!reads::<Plain>(&["a", "b"]), "a field without a column");
}

#[test]
fn what_a_derive_can_say_is_kept() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Alias {
        a: i32,
        #[serde(alias = "c")]
        b: i32,
    }
    assert!(!reads::<Alias>(&["a", "c"]));
    assert!(!reads::<Alias>(&["b", "a"]));
    assert!(!reads::<Alias>(&["a", "b", "c"]), "two columns for one field");

    /// Taken from a list, `c` would get what `b` is to have.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Shifted {
        #[serde(alias = "b")]
        a: i32,
        c: i32,
    }
    assert!(!reads::<Shifted>(&["a", "b", "c"]));

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    struct Renamed {
        #[serde(rename = "b")]
        x: i32,
        c: i32,
    }
    assert!(reads::<Renamed>(&["a", "b", "c"]));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Default {
        #[serde(default)]
        a: i32,
        b: i32,
    }
    assert!(reads::<Default>(&["b", "a"]));
    assert!(!reads::<Default>(&["b", "c"]));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Skipped {
        c: i32,
        #[serde(skip)]
        b: i32,
        a: i32,
    }
    assert!(reads::<Skipped>(&["a", "b", "c"]));

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        b: i32,
        a: i32,
    }
    assert!(reads::<Strict>(&["a", "b"]));
    assert!(!reads::<Strict>(&["a", "b", "c"]), "an error in every row");

    #[derive(Debug, PartialEq, Deserialize)]
    struct With {
        #[serde(deserialize_with = "doubled")]
        b: i32,
        a: i32,
    }
    fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<i32, D::Error> {
        i32::deserialize(deserializer).map(|number| number * 2)
    }
    assert!(reads::<With>(&["a", "b"]));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Generic<T> {
        b: T,
        a: i32,
    }
    assert!(reads::<Generic<f64>>(&["a", "b"]));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Plain);
    assert!(reads::<Newtype>(&["b", "c", "a"]));

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(from = "Plain")]
    struct Made(i32);
    impl From<Plain> for Made {
        fn from(plain: Plain) -> Self {
            Self(plain.a)
        }
    }
    assert!(reads::<Made>(&["b", "c", "a"]));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        a: i32,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Rest {
        b: i32,
    }
    assert!(!reads::<Flat>(&["a", "b"]));
}

/// Lists its fields in one order and takes them from a list in another, as nothing forbids.
#[derive(Debug, PartialEq)]
struct ByHand {
    a: i32,
    b: i32,
}

impl<'de> Deserialize<'de> for ByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = ByHand;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<ByHand, A::Error> {
                let (b, a) = (list.next_element()?.unwrap(), list.next_element()?.unwrap());
                Ok(ByHand { a, b })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<ByHand, A::Error> {
                let (mut a, mut b) = (0, 0);
                while let Some(name) = map.next_key::<&str>()? {
                    match name {
                        "a" => a = map.next_value()?,
                        _ => b = map.next_value()?,
                    }
                }
                Ok(ByHand { a, b })
            }
        }
        deserializer.deserialize_struct("ByHand", &["a", "b"], Read)
    }
}

#[test]
fn a_struct_whose_reading_was_written_by_hand_is_read_by_name() {
    assert!(!reads::<ByHand>(&["a", "b"]));
}

proptest! {
    #[test]
    fn both_ways_read_the_same_values_and_refuse_the_same(
        ids in vec(option::weighted(0.9, any::<i64>()), 4),
        names in vec(option::weighted(0.9, "[a-z]{0,20}"), 4),
        scores in vec(option::of(any::<f64>()), 4),
        order in subsequence(vec![0_usize, 1, 2, 3], 4).prop_shuffle(),
    ) {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Row {
            id: i64,
            name: String,
            score: Option<f64>,
        }
        let make = || {
            let columns: [(&str, ArrayRef); 4] = [
                ("id", Arc::new(Int64Array::from(ids.clone()))),
                ("name", Arc::new(StringArray::from(names.clone()))),
                ("score", Arc::new(Float64Array::from(scores.clone()))),
                ("more", Arc::new(Int32Array::from(vec![1; 4]))),
            ];
            of(order.iter().map(|column| columns[*column].clone()))
        };
        let fresh: Vec<_> = (0..4).map(|_| make()).collect();
        let used = make();
        let read: Vec<_> = used.rows_as::<Row>().map(|row| row.map_err(|error| error.sqlstate())).collect();
        prop_assert_eq!(&read, &by_name::<Row>(&fresh));
        let again: Vec<_> = used.rows_as::<Row>().map(|row| row.map_err(|error| error.sqlstate())).collect();
        prop_assert_eq!(read, again);
    }
}
