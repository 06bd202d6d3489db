//! Which columns the fields of a struct are read from: found once for a result and a struct.

use std::sync::OnceLock;

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

/// For one struct: the columns it takes, in their order.
pub(super) struct Plan {
    fields: FieldNames,
    pub(super) taken: Vec<Taken>,
}

/// A column to give to a struct.
pub(super) struct Taken {
    pub(super) position: usize,
    /// The field it is; without one it goes under its own name, which the struct may refuse, ignore or collect.
    pub(super) field: Option<&'static str>,
}

impl Plans {
    /// The plan for a struct with these fields.
    pub(super) fn plan(&self, columns: &Columns, fields: FieldNames) -> &Plan {
        let mut plans = self;
        loop {
            let node = plans.0.get_or_init(|| {
                Box::new(Node {
                    plan: Plan::new(columns, fields),
                    next: Self::default(),
                })
            });
            if std::ptr::eq(node.plan.fields, fields) || node.plan.fields == fields {
                return &node.plan;
            }
            plans = &node.next;
        }
    }
}

impl Plan {
    /// A field takes the column [`Columns::position`] finds by its name. Of several columns with one name, it is the first.
    fn new(columns: &Columns, fields: FieldNames) -> Self {
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
        Self {
            fields,
            taken: taken.collect(),
        }
    }
}
