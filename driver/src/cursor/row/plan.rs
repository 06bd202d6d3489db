//! Which columns the fields of a struct are read from: found once for a result and a struct.

use std::any::TypeId;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::types::Columns;

/// The names of a struct's fields, as serde has them.
type FieldNames = &'static [&'static str];

/// The plans of a result, one for each struct its rows have been read into; there are seldom more than one.
#[derive(Default)]
pub(super) struct Plans(OnceLock<Box<Node>>);

struct Node {
    plan: Plan,
    next: Plans,
}

/// For one struct: the columns it takes, by name in their own order, or by place in the order of its fields.
pub(super) struct Plan {
    fields: FieldNames,
    /// The type that serde has for reading the struct.
    visitor: TypeId,
    pub(super) taken: Vec<Taken>,
    /// The column of each field, where each has one of its own.
    places: Option<Vec<usize>>,
    /// A row has been read by name.
    read: AtomicBool,
}

/// A column to give to a struct.
pub(super) struct Taken {
    pub(super) position: usize,
    /// The field it is; without one it goes under its own name, which the struct may refuse, ignore or collect.
    pub(super) field: Option<&'static str>,
}

impl Plans {
    /// The plan for a struct with these fields, which this type reads.
    #[inline]
    pub(super) fn plan<V>(&self, columns: &Columns, fields: FieldNames) -> &Plan {
        let visitor = typeid::of::<V>();
        let mut plans = self;
        loop {
            let node = plans.0.get_or_init(|| {
                Box::new(Node {
                    plan: Plan::new::<V>(columns, fields),
                    next: Self::default(),
                })
            });
            if node.plan.is_for(fields, visitor) {
                return &node.plan;
            }
            plans = &node.next;
        }
    }

    #[cfg(test)]
    pub(super) fn is_any_by_place(&self) -> bool {
        let node = self.0.get();
        node.is_some_and(|node| node.plan.by_place().is_some() || node.next.is_any_by_place())
    }
}

impl Plan {
    /// A field takes the column [`Columns::position`] finds by its name. Of several columns with one name, it is the first.
    fn new<V>(columns: &Columns, fields: FieldNames) -> Self {
        let found: Vec<(usize, &'static str)> = fields
            .iter()
            .filter_map(|field| Some((columns.position(field).ok()?, *field)))
            .collect();
        let taken = columns.iter().enumerate().filter_map(|(position, column)| {
            // Two names of one field (an alias, another case) may find the same column: the exact one counts.
            let of_column = || found.iter().filter(|(taken, _)| *taken == position);
            let field = of_column()
                .find(|(_, field)| *field == column.name())
                .or_else(|| of_column().next())
                .map(|(_, field)| *field);
            let repeated = field.is_none() && found.iter().any(|(_, field)| *field == column.name());
            (!repeated).then_some(Taken { position, field })
        });
        let taken = taken.collect();
        let places: Vec<usize> = found.iter().map(|(position, _)| *position).collect();
        let mut distinct = places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let one_each = places.len() == fields.len() && distinct.len() == places.len();
        Self {
            fields,
            visitor: typeid::of::<V>(),
            taken,
            places: (one_each && is_derived(std::any::type_name::<V>())).then_some(places),
            read: AtomicBool::new(false),
        }
    }

    #[inline]
    fn is_for(&self, fields: FieldNames, visitor: TypeId) -> bool {
        self.visitor == visitor && (std::ptr::eq(self.fields, fields) || self.fields == fields)
    }

    /// A row has been read by name. Had the struct two names for one field, it would have found two columns for that field and refused
    /// them: each of its names is a field.
    #[inline]
    pub(super) fn has_read(&self) {
        self.read.store(true, Ordering::Relaxed);
    }

    /// The columns in the order of the fields, once it is proven that the struct takes them so.
    #[inline]
    pub(super) fn by_place(&self) -> Option<&[usize]> {
        let places = self.places.as_deref()?;
        self.read.load(Ordering::Relaxed).then_some(places)
    }
}

/// Says whether serde's derive wrote the type that reads a struct: it takes the places in the order in which it names the fields. One written
/// by hand may do as it likes, and is read by name.
fn is_derived(visitor: &str) -> bool {
    visitor.contains("::_::<impl ") && visitor.contains("::deserialize::__Visitor")
}

#[cfg(test)]
mod tests {
    use super::is_derived;

    #[test]
    fn what_the_derive_writes_is_told_from_what_a_hand_writes() {
        assert!(is_derived(
            "shop::_::<impl serde_core::de::Deserialize for shop::Order<T>>::deserialize::__Visitor<T>"
        ));
        for by_hand in [
            "<shop::Order as serde_core::de::Deserialize>::deserialize::OrderVisitor",
            "serde_core::de::impls::<impl serde_core::de::Deserialize for core::time::Duration>::deserialize::DurationVisitor",
            "shop::__Visitor",
        ] {
            assert!(!is_derived(by_hand), "{by_hand}");
        }
    }
}
