//! The native half of the Python package `jetbridge`: sessions, rows, Arrow streams, the pool.
//!
//! Every call that waits takes an optional `callback`: without one it blocks, free of the GIL and open to signals; with one it returns a
//! task at once and calls back later. So the blocking and the asyncio API stand on the same functions.

mod arrow_stream;
mod catalog;
mod error;
mod flight;
mod offered;
mod options;
mod params;
mod pool;
mod rows;
mod runtime;
mod session;
mod statement;
mod values;

use pyo3::prelude::*;

/// Of the native half alone: Python's own objects are Python's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
#[pyo3(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<session::Session>()?;
    module.add_class::<session::SavepointId>()?;
    module.add_class::<statement::Prepared>()?;
    module.add_class::<statement::Statement>()?;
    module.add_class::<rows::Rows>()?;
    module.add_class::<arrow_stream::ArrowStream>()?;
    module.add_class::<flight::FlightInfo>()?;
    module.add_class::<flight::FlightReader>()?;
    module.add_class::<pool::Pool>()?;
    module.add_class::<runtime::Task>()?;
    module.add_function(wrap_pyfunction!(session::connect, module)?)?;
    module.add_function(wrap_pyfunction!(options::describe_target, module)?)?;
    module.add_function(wrap_pyfunction!(params::batch_of, module)?)?;
    module.add_function(wrap_pyfunction!(values::rows_of, module)?)?;
    Ok(())
}
