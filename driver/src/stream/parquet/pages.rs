//! What the pages of a row group claim, before a library believes it.
//!
//! A page says in front of itself how large it is and what it unpacks to: a few bytes may claim gigabytes, which would be reserved before the
//! lie is found out.

use parquet::file::metadata::RowGroupMetaData;

use super::thrift::{I32, STRUCT, Thrift, broken};
use super::{too_large, unsupported, width};
use crate::error::Result;

/// What a value in a list takes beside itself: its levels, its part of the lists around it.
const LEVELS: usize = 16;

/// The encodings that unpack to no more than a page and its rows: plain, by dictionary (two names), runs, differences, and bytes split.
///
/// Those left out for texts hold lists of lengths, for which room is made on their word alone.
const ENCODINGS: [i32; 6] = [0, 2, 3, 5, 8, 9];

/// Refuses a row group that would unpack to more than the limit, or to nobody knows how much.
pub(super) fn check(file: &[u8], group: &RowGroupMetaData, limit: usize) -> Result<()> {
    let mut unpacked = 0_usize;
    for column in group.columns() {
        // A batch has so many rows and no more, but a row may have a list of all there is: what its values take is counted too.
        let each = match column.column_descr().max_rep_level() {
            0 => 0,
            _ => width(column.column_descr()).saturating_add(LEVELS),
        };
        let (start, length) = column.byte_range();
        let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
        let mut rest = range
            .and_then(|(start, length)| file.get(start..start.checked_add(length)?))
            .ok_or_else(|| broken("a column lies outside of the file"))?;
        while !rest.is_empty() {
            let mut head = Thrift::new(rest);
            let page = Page::read(&mut head)?;
            head.take(page.packed)?;
            rest = head.rest;
            if page.entries > page.unpacked {
                return Err(broken("a dictionary claims more entries than it has bytes"));
            }
            if !ENCODINGS.contains(&page.encoding) {
                let words = format!("values in the encoding {}", page.encoding);
                return Err(unsupported(&words));
            }
            unpacked = unpacked
                .saturating_add(page.unpacked)
                .saturating_add(page.values.saturating_mul(each));
            if unpacked > limit {
                return Err(too_large(unpacked, limit));
            }
        }
    }
    Ok(())
}

fn count(number: i32) -> Result<usize> {
    usize::try_from(number).map_err(|_| broken("a negative count"))
}

/// What counts of the head of a page.
#[derive(Debug, Default)]
struct Page {
    unpacked: usize,
    packed: usize,
    /// The values of a page with data, nulls and empty lists among them.
    values: usize,
    /// The values of a dictionary.
    entries: usize,
    encoding: i32,
}

impl Page {
    fn read(head: &mut Thrift<'_>) -> Result<Self> {
        let mut page = Self::default();
        head.fields(|id, kind, thrift| {
            match (id, kind) {
                (2, I32) => page.unpacked = thrift.size()?,
                (3, I32) => page.packed = thrift.size()?,
                // A data page in the first form, and in the second.
                (5, STRUCT) => {
                    let [values, encoding] = thrift.numbers_of([1, 2])?;
                    (page.values, page.encoding) = (count(values)?, encoding);
                }
                (8, STRUCT) => {
                    let [values, encoding] = thrift.numbers_of([1, 4])?;
                    (page.values, page.encoding) = (count(values)?, encoding);
                }
                (7, STRUCT) => {
                    let [entries] = thrift.numbers_of([1])?;
                    page.entries = count(entries)?;
                }
                (1 | 4, I32) | (6, STRUCT) => thrift.skip(kind)?,
                (1..=8, _) => return Err(broken("a field of another kind than it should be")),
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Thrift};

    /// The fields 1 to 3 of a page's head, as numbers of one byte, and more.
    fn head(unpacked: u8, packed: u8, more: &[u8]) -> Vec<u8> {
        [&[0x15, 0, 0x15, unpacked * 2, 0x15, packed * 2], more].concat()
    }

    #[test]
    fn the_head_of_a_page_is_read_past_what_does_not_count() {
        // A data page whose statistics hold a text, then a field 20 that is a list of lists.
        let more = [
            0x2c, 0x15, 8, 0x15, 14, 0x15, 6, 0x15, 6, 0x1c, 0x18, 2, b'a', b'b', 0, 0, 0xf9, 0x29, 0x11, 1,
            0x12, 2, 0,
        ];
        let bytes = head(50, 9, &more);
        let mut thrift = Thrift::new(&bytes);
        let page = Page::read(&mut thrift).unwrap();
        assert_eq!(
            (page.unpacked, page.packed, page.values, page.encoding),
            (50, 9, 4, 7)
        );
        assert!(thrift.rest.is_empty(), "{:?}", thrift.rest);
    }

    #[test]
    fn what_no_writer_writes_is_refused() {
        for bytes in [
            &[][..],
            &[0x15],
            // A size that is negative, one that is no number, one that is too long.
            &[0x25, 1, 0],
            &[0x28, 0, 0],
            &[
                0x25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
            ],
            // A text that is longer than what is left; a list that is; structs without end.
            &[0xf8, 100, 0],
            &[0xf9, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x0f],
            &[
                0xfc, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c, 0x1c,
            ],
            &[0xfd, 0],
        ] {
            assert!(Page::read(&mut Thrift::new(bytes)).is_err(), "{bytes:?}");
        }
    }
}
