//! Rows that are filled a column at a time. The only unsafe code of the project is here: PyO3 makes a tuple of cells that are all there already.

use std::ffi::c_void;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::Sink;

/// Tuples of one width, which nobody else sees before they are full.
pub(super) struct RowBlock<'py> {
    rows: Vec<Bound<'py, PyTuple>>,
    width: usize,
    /// How many cells are there.
    filled: usize,
}

impl<'py> RowBlock<'py> {
    pub(super) fn new(py: Python<'py>, length: usize, width: usize) -> PyResult<Self> {
        let mut rows = Vec::with_capacity(length);
        for _ in 0..length {
            rows.push(match width {
                // There is one empty tuple, which others have too.
                0 => PyTuple::empty(py),
                _ => empty_row(py, width)?,
            });
        }
        Ok(Self {
            rows,
            width,
            filled: 0,
        })
    }

    /// Where the cells of a column go, from the first row on.
    pub(super) fn column(&mut self, column: usize) -> Column<'_, 'py> {
        Column {
            rows: self.rows.iter(),
            filled: &mut self.filled,
            column: isize::try_from(column).unwrap_or(isize::MAX),
        }
    }

    /// The rows. What is plain refers to nothing that could refer back, so that the garbage collector needs not know of it.
    pub(super) fn finish(self, plain: bool) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        // A place without a cell must never be seen.
        if self.filled != self.rows.len() * self.width {
            return Err(super::unreadable("a column with fewer cells than rows"));
        }
        if !plain && self.width > 0 {
            for row in &self.rows {
                track(row);
            }
        }
        Ok(self.rows)
    }
}

/// The cells of one column, to be filled from the first row on.
pub(super) struct Column<'a, 'py> {
    rows: std::slice::Iter<'a, Bound<'py, PyTuple>>,
    filled: &'a mut usize,
    column: isize,
}

impl<'py> Sink<'py> for Column<'_, 'py> {
    fn put(&mut self, cell: Bound<'py, PyAny>) -> PyResult<()> {
        match self.rows.next() {
            Some(row) => {
                *self.filled += 1;
                set(row, self.column, cell)
            }
            None => Err(super::unreadable("a column with more cells than rows")),
        }
    }
}

/// A tuple without cells, of which the garbage collector does not know.
#[expect(unsafe_code, reason = "PyO3 has no tuple that is still to be filled")]
fn empty_row(py: Python<'_>, width: usize) -> PyResult<Bound<'_, PyTuple>> {
    let width = isize::try_from(width).unwrap_or(isize::MAX);
    // SAFETY: `PyTuple_New` gives a tuple that is ours alone, or NULL with an exception, which is an error here. The collector is told to leave it
    // alone: it is a tuple, tracked since it was made.
    unsafe {
        let row = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(width))?;
        ffi::PyObject_GC_UnTrack(row.as_ptr().cast::<c_void>());
        Ok(row.cast_into_unchecked())
    }
}

/// Puts a cell into a row.
#[expect(unsafe_code, reason = "PyO3 has no tuple that is still to be filled")]
fn set<'py>(row: &Bound<'py, PyTuple>, column: isize, cell: Bound<'py, PyAny>) -> PyResult<()> {
    // SAFETY: the row is a tuple of which nobody else has a reference; a place outside of it, which there is none of, would be an exception. The
    // cell becomes the tuple's in any case.
    match unsafe { ffi::PyTuple_SetItem(row.as_ptr(), column, cell.into_ptr()) } {
        0 => Ok(()),
        _ => Err(PyErr::fetch(row.py())),
    }
}

/// Tells the garbage collector of a row.
#[expect(unsafe_code, reason = "what `empty_row` has done is undone")]
fn track(row: &Bound<'_, PyTuple>) {
    // SAFETY: it is a tuple, whole, and untracked since `empty_row`.
    unsafe { ffi::PyObject_GC_Track(row.as_ptr().cast::<c_void>()) }
}
