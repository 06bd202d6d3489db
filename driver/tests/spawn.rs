//! What the API awaits can be spawned: nothing a task may not hold is in its futures. These tests are the compiler's.

use std::future::Future;

use jetbridge::{Cursor, PreparedStatement, Session, Statement};

fn spawnable<F>(_: F)
where
    F: Future<Output: Send> + Send + 'static,
{
}

#[test]
fn statements_can_be_run_in_a_task() {
    let _compiles = |[a, b, c, d, e, f, g]: [Statement; 7]| {
        spawnable(async move { a.query().await });
        spawnable(async move { b.update().await });
        spawnable(async move { c.execute().await });
        spawnable(async move { d.flight_info().await });
        spawnable(async move { e.describe().await });
        spawnable(async move { f.prepare().await });
        spawnable(async move { g.query_with_progress(|_| {}).await });
    };
}

#[test]
fn prepared_statements_can_be_run_in_a_task() {
    let _compiles = |[a, b, c, d]: [PreparedStatement; 4]| {
        spawnable(async move { a.query((1, "x")).await });
        spawnable(async move { b.update((1, "x")).await });
        spawnable(async move { c.execute((1, "x")).await });
        spawnable(async move { d.close().await });
    };
}

#[test]
fn sessions_can_be_used_in_a_task() {
    spawnable(Session::connect("flightsql://127.0.0.1:1"));
    let _compiles = |[a, b, c, d, e, mut f]: [Session; 6]| {
        spawnable(async move { a.query("SELECT 1").await });
        spawnable(async move { b.execute("SELECT 1").await });
        spawnable(async move { c.update("DELETE FROM t").await });
        spawnable(async move { d.catalog().catalogs().await });
        spawnable(async move { e.close().await });
        spawnable(async move {
            let transaction = f.begin().await?;
            transaction.update("DELETE FROM t").await?;
            transaction.commit().await
        });
    };
}

#[test]
fn cursors_can_be_read_in_a_task() {
    let _compiles = |[mut a, mut b, mut c, mut d]: [Cursor; 4]| {
        spawnable(async move { a.fetch_one().await });
        spawnable(async move { b.fetch_many(10).await });
        spawnable(async move { c.next_batch().await });
        spawnable(async move { d.drain().await });
    };
}
