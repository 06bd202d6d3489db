//! What the footer of a file claims, before a library believes it.
//!
//! A footer is lists in lists. The library makes room for as many elements as a list says it has, and follows columns within columns as deep as
//! they go: both are looked at first.

use super::thrift::{LIST, STRUCT, Thrift, broken};
use super::{MAGIC, too_large, unsupported};
use crate::error::Result;

/// What an element takes in memory, about.
const ELEMENT: usize = 256;
/// How deep columns may lie in each other.
const DEEPEST: usize = 64;

/// Refuses a footer that does not hold the elements it claims, or more of them than fit into the limit.
pub(super) fn check(file: &[u8], limit: usize) -> Result<()> {
    let mut thrift = Thrift::new(footer(file).ok_or_else(|| broken("its footer is not there"))?);
    thrift.fields(|id, kind, thrift| match (id, kind) {
        (2, LIST) => schema(thrift),
        _ => thrift.skip(kind),
    })?;
    let claimed = thrift.elements.saturating_mul(ELEMENT);
    if claimed > limit {
        return Err(too_large(claimed, limit));
    }
    Ok(())
}

/// The footer: its length stands behind it, and then the mark at the end.
fn footer(file: &[u8]) -> Option<&[u8]> {
    let (rest, length) = file.strip_suffix(MAGIC)?.split_last_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.get(rest.len().checked_sub(length)?..)
}

/// The columns, each group of them before those in it.
fn schema(thrift: &mut Thrift<'_>) -> Result<()> {
    let (kind, length) = thrift.list()?;
    if kind != STRUCT {
        return Err(broken("it has no columns"));
    }
    // How many columns are still to come in each of the groups around.
    let mut groups: Vec<i32> = Vec::new();
    for _ in 0..length {
        thrift.elements = thrift.elements.saturating_add(1);
        let [columns] = thrift.numbers_of([5])?;
        while groups.last().is_some_and(|left| *left <= 0) {
            groups.pop();
        }
        if let Some(left) = groups.last_mut() {
            *left = left.saturating_sub(1);
        }
        if columns > 0 {
            groups.push(columns);
        }
        if groups.len() > DEEPEST {
            return Err(unsupported("columns that lie too deep in each other"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::error::Kind;

    const LIMIT: usize = 1 << 20;

    /// A file with nothing but this footer.
    fn file(footer: &[u8]) -> Vec<u8> {
        let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
        [b"PAR1", footer, &length, b"PAR1"].concat()
    }

    /// A list of columns as field 2: its head, then each column, then the end of the footer.
    fn columns(count: u8, column: &[u8]) -> Vec<u8> {
        let mut footer = vec![0x29, 0xfc, count];
        (0..count).for_each(|_| footer.extend_from_slice(column));
        footer.push(0);
        footer
    }

    #[test]
    fn a_list_that_claims_more_than_there_is_is_refused() {
        // 2^34 columns, of which none is there; and a list of lists that claims as many row groups.
        for footer in [
            &[0x29, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x40, 0][..],
            &[0x49, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x40, 0],
        ] {
            let error = check(&file(footer), LIMIT).unwrap_err();
            assert_eq!(error.kind(), Kind::Protocol, "{error}");
        }
    }

    #[test]
    fn more_elements_than_fit_into_the_limit_are_refused() {
        // Row groups that are empty structs: a byte each, and some hundred in memory.
        let groups = vec![0; 100_000];
        let footer = [&[0x49, 0xfc, 0xa0, 0x8d, 0x06], &groups[..], &[0]].concat();
        assert_eq!(check(&file(&footer), LIMIT).unwrap_err().kind(), Kind::Resource);
        check(&file(&footer), 100 * LIMIT).unwrap();
    }

    #[test]
    fn columns_too_deep_in_each_other_are_refused() {
        // One column in each (field 5 is 1), and as many beside each other.
        let nested = check(&file(&columns(100, &[0x55, 2, 0])), LIMIT).unwrap_err();
        assert_eq!(nested.kind(), Kind::NotSupported, "{nested}");
        check(&file(&columns(100, &[0])), LIMIT).unwrap();
    }

    #[test]
    fn a_length_that_leads_out_of_the_file_is_refused() {
        for length in [u32::MAX, 5] {
            let bytes = [b"PAR1", &length.to_le_bytes()[..], b"PAR1"].concat();
            assert!(check(&bytes, LIMIT).is_err());
        }
        assert!(check(b"PAR1", LIMIT).is_err());
    }
}
