//! Thrift's compact protocol, of which little has to be understood to look at what a file claims before a library believes it.
//!
//! Whatever is written otherwise than by any writer known is refused: a reader that sees other numbers than this one does not get to read.

use crate::error::{Error, Result};

/// Kinds of fields in the compact protocol.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
pub(super) const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
/// How deep structs and lists may lie in each other; those of Parquet are half as deep.
const DEEPEST: u32 = 16;

/// Bytes that are read piece by piece.
pub(super) struct Thrift<'a> {
    pub(super) rest: &'a [u8],
    /// How many elements of lists have been passed over.
    pub(super) elements: usize,
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            elements: 0,
        }
    }

    fn byte(&mut self) -> Result<u8> {
        let (byte, rest) = self.rest.split_first().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for bits in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << bits;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(broken("a number is too long"))
    }

    fn number(&mut self) -> Result<i64> {
        let value = self.varint()?;
        let half = i64::try_from(value >> 1).map_err(|_| broken("a number is too large"))?;
        Ok(if value & 1 == 0 { half } else { -half - 1 })
    }

    pub(super) fn i32(&mut self) -> Result<i32> {
        i32::try_from(self.number()?).map_err(|_| broken("a number is too large"))
    }

    pub(super) fn size(&mut self) -> Result<usize> {
        usize::try_from(self.i32()?).map_err(|_| broken("a negative size"))
    }

    /// Reads a struct, field by field.
    pub(super) fn fields(&mut self, mut field: impl FnMut(i16, u8, &mut Self) -> Result<()>) -> Result<()> {
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            let kind = head & 0x0f;
            if kind == STOP {
                return Ok(());
            }
            let next = match head >> 4 {
                0 => i16::try_from(self.number()?).ok(),
                further => id.checked_add(i16::from(further)),
            };
            id = next.ok_or_else(|| broken("a field without a number"))?;
            field(id, kind, self)?;
        }
    }

    /// The numbers in some fields of a struct; nothing else of it counts.
    pub(super) fn numbers_of<const N: usize>(&mut self, wanted: [i16; N]) -> Result<[i32; N]> {
        let mut found = [0; N];
        self.fields(|id, kind, thrift| {
            let known = wanted.iter().zip(&mut found).find(|(wanted, _)| **wanted == id);
            match (known, kind) {
                (Some((_, found)), I32) => *found = thrift.i32()?,
                (Some(_), _) => return Err(broken("a field of another kind than it should be")),
                (None, _) => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Passes over a field of this kind.
    pub(super) fn skip(&mut self, kind: u8) -> Result<()> {
        self.skip_within(kind, DEEPEST)
    }

    /// The kind of a list's elements, and how many follow.
    pub(super) fn list(&mut self) -> Result<(u8, u64)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        // Each takes a byte at least.
        if usize::try_from(length).map_or(true, |length| length > self.rest.len()) {
            return Err(cut());
        }
        Ok((head & 0x0f, length))
    }

    fn skip_within(&mut self, kind: u8, depth: u32) -> Result<()> {
        let deeper = depth.checked_sub(1).ok_or_else(|| broken("structs too deep"))?;
        match kind {
            // Their value is in their kind.
            TRUE | FALSE => {}
            BYTE => {
                self.byte()?;
            }
            I16 | I32 | I64 => {
                self.varint()?;
            }
            DOUBLE => {
                self.take(8)?;
            }
            BINARY => {
                let length = usize::try_from(self.varint()?).map_err(|_| cut())?;
                self.take(length)?;
            }
            LIST | SET => {
                let (kind, length) = self.list()?;
                for _ in 0..length {
                    self.skip_element(kind, deeper)?;
                }
            }
            MAP => {
                let length = self.varint()?;
                let kinds = if length > 0 { self.byte()? } else { 0 };
                for _ in 0..length {
                    self.skip_element(kinds >> 4, deeper)?;
                    self.skip_element(kinds & 0x0f, deeper)?;
                }
            }
            STRUCT => self.fields(|_, kind, thrift| thrift.skip_within(kind, deeper))?,
            _ => return Err(broken("a field of an unknown kind")),
        }
        Ok(())
    }

    /// In lists, a truth value takes a byte of its own.
    fn skip_element(&mut self, kind: u8, depth: u32) -> Result<()> {
        self.elements = self.elements.saturating_add(1);
        match kind {
            TRUE | FALSE => self.byte().map(drop),
            _ => self.skip_within(kind, depth),
        }
    }
}

fn cut() -> Error {
    broken("it ends within a structure")
}

pub(super) fn broken(what: &str) -> Error {
    Error::protocol(format!("the object is broken Parquet: {what}"))
}
