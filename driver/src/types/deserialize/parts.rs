//! Our own dates, times, decimals and UUIDs as the parts they are made of: as text, they would be printed and parsed for every cell.

use std::sync::Arc;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::super::as_text::AsText as _;
use super::super::cell::Cell;
use super::super::decimal::Decimal;
use super::super::from_arrow::FromArrow as _;
use super::super::temporal::{Date, Time, Timestamp};
use super::super::uuid::Uuid;
use super::access::Elements;
use super::{CellDeserializer, Refusal};

impl<'de> CellDeserializer<'de> {
    /// Hands over the parts where the newtype of this name is the type of ours that the cell has; gives the visitor back where it is not.
    #[inline]
    pub(super) fn visit_parts<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<Result<V::Value, Refusal>, V> {
        Ok(match (self.0, name) {
            (
                Cell::Timestamp {
                    seconds,
                    nanosecond,
                    zone,
                },
                Timestamp::NAME,
            ) => visitor.visit_seq(TimestampParts::new((seconds, nanosecond, zone))),
            (Cell::Date(date), Date::NAME) => visitor.visit_seq(cells([Cell::Int32(date.days())])),
            (Cell::Time(time), Time::NAME) => visitor.visit_seq(cells([Cell::Int64(time.nanoseconds())])),
            (cell, Decimal::NAME) => match Decimal::read(cell) {
                // serde has no integers of 256 bits.
                Ok(number) if number.unscaled().to_i128().is_some() => {
                    let unscaled = Decimal::from_i256(number.unscaled(), 0);
                    visitor.visit_seq(cells([Cell::Decimal(unscaled), Cell::Int8(number.scale())]))
                }
                _ => return Err(visitor),
            },
            (cell @ Cell::Uuid(_), Uuid::NAME) => visitor.visit_seq(cells([cell])),
            (cell @ Cell::Binary(bytes), Uuid::NAME) if bytes.len() == size_of::<Uuid>() => {
                visitor.visit_seq(cells([cell]))
            }
            _ => return Err(visitor),
        })
    }
}

fn cells<'de, const N: usize>(parts: [Cell<'de>; N]) -> impl SeqAccess<'de, Error = Refusal> {
    Elements(parts.into_iter().map(Ok))
}

/// The parts of a timestamp.
pub(super) struct TimestampParts<'de> {
    seconds: i64,
    nanosecond: u32,
    zone: Option<&'de str>,
    next: u8,
}

impl<'de> TimestampParts<'de> {
    #[inline]
    pub(super) fn new((seconds, nanosecond, zone): (i64, u32, Option<&'de Arc<str>>)) -> Self {
        Self {
            seconds,
            nanosecond,
            zone: zone.map(|zone| &**zone),
            next: 0,
        }
    }
}

impl<'de> SeqAccess<'de> for TimestampParts<'de> {
    type Error = Refusal;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let part = match self.next {
            0 => Cell::Int64(self.seconds),
            1 => Cell::UInt32(self.nanosecond),
            2 => self.zone.map_or(Cell::Null, Cell::Text),
            _ => return Ok(None),
        };
        self.next += 1;
        seed.deserialize(CellDeserializer(part)).map(Some)
    }
}
