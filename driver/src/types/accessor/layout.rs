//! The indirections between a row and its value: dictionary keys and run ends.

use arrow::array::{
    Array, ArrayRef, Int8Array, Int16Array, Int32Array, Int64Array, RunArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow::buffer::RunEndBuffer;
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};

use super::super::cell::Unreadable;
use super::bind::downcast;
use crate::error::Result;

/// The keys of a dictionary.
#[derive(Debug)]
pub(crate) enum Keys {
    Int8(Int8Array),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    UInt8(UInt8Array),
    UInt16(UInt16Array),
    UInt32(UInt32Array),
    UInt64(UInt64Array),
}

impl Keys {
    pub(super) fn bind(keys: &dyn Array) -> Result<Self> {
        Ok(match keys.data_type() {
            DataType::Int8 => Self::Int8(downcast(keys)?),
            DataType::Int16 => Self::Int16(downcast(keys)?),
            DataType::Int32 => Self::Int32(downcast(keys)?),
            DataType::Int64 => Self::Int64(downcast(keys)?),
            DataType::UInt8 => Self::UInt8(downcast(keys)?),
            DataType::UInt16 => Self::UInt16(downcast(keys)?),
            DataType::UInt32 => Self::UInt32(downcast(keys)?),
            _ => Self::UInt64(downcast(keys)?),
        })
    }

    /// The key at a place, none where it is NULL. That it lies in the dictionary is checked where the value is read.
    pub(super) fn at(&self, index: usize) -> Result<Option<usize>, Unreadable> {
        macro_rules! key {
            ($array:expr) => {
                if index >= $array.len() {
                    Err(Unreadable::Corrupt)
                } else if $array.is_null(index) {
                    Ok(None)
                } else {
                    usize::try_from($array.value(index))
                        .map(Some)
                        .map_err(|_| Unreadable::Corrupt)
                }
            };
        }
        match self {
            Self::Int8(array) => key!(array),
            Self::Int16(array) => key!(array),
            Self::Int32(array) => key!(array),
            Self::Int64(array) => key!(array),
            Self::UInt8(array) => at_u8(array, index),
            Self::UInt16(array) => at_u16(array, index),
            Self::UInt32(array) => key!(array),
            Self::UInt64(array) => key!(array),
        }
    }
}

// For the two key types every `usize` holds, a conversion that can fail would be one too many.
fn at_u8(array: &UInt8Array, index: usize) -> Result<Option<usize>, Unreadable> {
    match array.values().get(index) {
        None => Err(Unreadable::Corrupt),
        Some(key) => Ok(array.is_valid(index).then(|| usize::from(*key))),
    }
}

fn at_u16(array: &UInt16Array, index: usize) -> Result<Option<usize>, Unreadable> {
    match array.values().get(index) {
        None => Err(Unreadable::Corrupt),
        Some(key) => Ok(array.is_valid(index).then(|| usize::from(*key))),
    }
}

/// Where the runs of a run-end encoded array end.
#[derive(Debug)]
pub(crate) enum RunEnds {
    Int16(RunEndBuffer<i16>),
    Int32(RunEndBuffer<i32>),
    Int64(RunEndBuffer<i64>),
}

impl RunEnds {
    /// Splits a run-end encoded array into its ends and its values.
    pub(super) fn bind(array: &dyn Array, ends: &DataType) -> Result<(Self, ArrayRef)> {
        Ok(match ends {
            DataType::Int16 => {
                let runs: RunArray<Int16Type> = downcast(array)?;
                (Self::Int16(runs.run_ends().clone()), runs.values().clone())
            }
            DataType::Int32 => {
                let runs: RunArray<Int32Type> = downcast(array)?;
                (Self::Int32(runs.run_ends().clone()), runs.values().clone())
            }
            _ => {
                let runs: RunArray<Int64Type> = downcast(array)?;
                (Self::Int64(runs.run_ends().clone()), runs.values().clone())
            }
        })
    }

    /// The run a place lies in.
    pub(super) fn at(&self, index: usize) -> Result<usize, Unreadable> {
        macro_rules! run {
            ($ends:expr) => {
                if index < $ends.len() {
                    Ok($ends.get_physical_index(index))
                } else {
                    Err(Unreadable::Corrupt)
                }
            };
        }
        match self {
            Self::Int16(ends) => run!(ends),
            Self::Int32(ends) => run!(ends),
            Self::Int64(ends) => run!(ends),
        }
    }
}
