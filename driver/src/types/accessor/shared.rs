//! Text and bytes without a copy, with a share in the buffer they lie in.

use arrow::array::{
    Array, ByteView, FixedSizeBinaryArray, GenericByteArray, GenericByteViewArray, MAX_INLINE_VIEW_LEN,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{ByteArrayType, ByteViewType};

use super::super::cell::Unreadable;
use super::Accessor;

impl Accessor {
    /// The text or bytes at a place, none where it is NULL.
    pub(crate) fn shared_bytes(&self, index: usize) -> Result<Option<Buffer>, Unreadable> {
        match self {
            Self::Utf8(array) => of_bytes(array, index),
            Self::LargeUtf8(array) => of_bytes(array, index),
            Self::Binary(array) => of_bytes(array, index),
            Self::LargeBinary(array) => of_bytes(array, index),
            Self::Utf8View(array) => of_views(array, index),
            Self::BinaryView(array) => of_views(array, index),
            Self::FixedBinary(array) | Self::Uuid(array) => of_fixed(array, index),
            Self::Dictionary(keys, values) => match keys.at(index)? {
                Some(key) => values.shared_bytes(key),
                None => Ok(None),
            },
            Self::RunEnd(ends, values) => values.shared_bytes(ends.at(index)?),
            Self::Null(length) if index < *length => Ok(None),
            _ => Err(Unreadable::Type),
        }
    }
}

/// Says whether there is a value at a place.
fn is_there(array: &dyn Array, index: usize) -> Result<bool, Unreadable> {
    if index < array.len() {
        Ok(array.is_valid(index))
    } else {
        Err(Unreadable::Corrupt)
    }
}

fn part(buffer: &Buffer, start: usize, length: usize) -> Result<Option<Buffer>, Unreadable> {
    match start.checked_add(length) {
        Some(end) if end <= buffer.len() => Ok(Some(buffer.slice_with_length(start, length))),
        _ => Err(Unreadable::Corrupt),
    }
}

fn of_bytes<T: ByteArrayType>(
    array: &GenericByteArray<T>,
    index: usize,
) -> Result<Option<Buffer>, Unreadable> {
    if !is_there(array, index)? {
        return Ok(None);
    }
    let bytes: &[u8] = array.value(index).as_ref();
    // The offsets have been checked when the array was made.
    let start = bytes.as_ptr().addr().checked_sub(array.values().as_ptr().addr());
    part(array.values(), start.ok_or(Unreadable::Corrupt)?, bytes.len())
}

fn of_views<T: ByteViewType>(
    array: &GenericByteViewArray<T>,
    index: usize,
) -> Result<Option<Buffer>, Unreadable> {
    if !is_there(array, index)? {
        return Ok(None);
    }
    let view = ByteView::from(*array.views().get(index).ok_or(Unreadable::Corrupt)?);
    if view.length <= MAX_INLINE_VIEW_LEN {
        // It lies in the view itself, which is no longer than a pointer and a length.
        let bytes: &[u8] = array.value(index).as_ref();
        return Ok(Some(Buffer::from(bytes)));
    }
    let number = |number: u32| usize::try_from(number).map_err(|_| Unreadable::Corrupt);
    let buffer = array.data_buffers().get(number(view.buffer_index)?);
    part(
        buffer.ok_or(Unreadable::Corrupt)?,
        number(view.offset)?,
        number(view.length)?,
    )
}

fn of_fixed(array: &FixedSizeBinaryArray, index: usize) -> Result<Option<Buffer>, Unreadable> {
    if !is_there(array, index)? {
        return Ok(None);
    }
    let length = usize::try_from(array.value_length()).map_err(|_| Unreadable::Corrupt)?;
    let start = index.checked_mul(length).ok_or(Unreadable::Corrupt)?;
    // The values of a slice begin where the slice does.
    part(array.values(), start, length)
}
