//! Lists and maps.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use arrow::datatypes::DataType;

use super::super::cell::{Cell, Unreadable};
use super::text::is_binary;
use super::{FromArrow, accepts, mismatch};

impl<'a, T: FromArrow<'a>> FromArrow<'a> for Vec<T> {
    fn accepts(data_type: &DataType) -> bool {
        match data_type {
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => accepts::<T>(item.data_type()),
            other => is_binary(other) && T::read_bytes(&[]).is_some(),
        }
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        match cell {
            Cell::List(list) => list.iter().map(|element| T::read(element?)).collect(),
            Cell::Binary(bytes) => T::read_bytes(bytes).ok_or(Unreadable::Type),
            Cell::Uuid(bytes) => T::read_bytes(bytes).ok_or(Unreadable::Type),
            other => Err(mismatch(other)),
        }
    }
}

/// Says whether a map of these types reads an Arrow type.
fn accepts_map<'a, K: FromArrow<'a>, V: FromArrow<'a>>(data_type: &DataType) -> bool {
    let DataType::Map(entries, _) = data_type else {
        return false;
    };
    match entries.data_type() {
        DataType::Struct(fields) => match &fields[..] {
            [key, value] => accepts::<K>(key.data_type()) && accepts::<V>(value.data_type()),
            _ => false,
        },
        _ => false,
    }
}

fn read_map<'a, K, V, M>(cell: Cell<'a>) -> Result<M, Unreadable>
where
    K: FromArrow<'a>,
    V: FromArrow<'a>,
    M: FromIterator<(K, V)>,
{
    match cell {
        Cell::Map(map) => map
            .iter()
            .map(|(key, value)| Ok((K::read(key?)?, V::read(value?)?)))
            .collect(),
        other => Err(mismatch(other)),
    }
}

impl<'a, K, V, S> FromArrow<'a> for HashMap<K, V, S>
where
    K: FromArrow<'a> + Eq + Hash,
    V: FromArrow<'a>,
    S: BuildHasher + Default,
{
    fn accepts(data_type: &DataType) -> bool {
        accepts_map::<K, V>(data_type)
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        read_map::<K, V, Self>(cell)
    }
}

impl<'a, K: FromArrow<'a> + Ord, V: FromArrow<'a>> FromArrow<'a> for BTreeMap<K, V> {
    fn accepts(data_type: &DataType) -> bool {
        accepts_map::<K, V>(data_type)
    }

    fn read(cell: Cell<'a>) -> Result<Self, Unreadable> {
        read_map::<K, V, Self>(cell)
    }
}
