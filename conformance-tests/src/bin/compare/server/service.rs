//! Flight SQL for any statement: its text says how many rows there are.

use std::sync::Arc;

use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::server::FlightSqlService;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
    ActionCreatePreparedStatementResult, CommandPreparedStatementQuery, CommandStatementQuery, SqlInfo,
};
use arrow_flight::{Action, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket};
use tonic::{Request, Response, Status};

use super::data::{Last, Shapes};

/// What a statement asks for: `SELECT … /* rows=5000000 endpoints=4 floats=2 */`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) rows: usize,
    pub(crate) last: Last,
    endpoints: usize,
}

impl Order {
    /// Without a number of rows it is one.
    pub(crate) fn read(text: &str) -> Self {
        let number = |name: &str| {
            let (_, rest) = text.split_once(name)?;
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        };
        Self {
            rows: number("rows=").unwrap_or(1),
            last: match number("floats=") {
                Some(2) => Last::Float,
                _ => Last::Truth,
            },
            endpoints: number("endpoints=").unwrap_or(1).clamp(1, 64),
        }
    }

    fn info(self, shapes: &Shapes, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        let rows = i64::try_from(self.rows).map_err(|_| Status::invalid_argument("too many rows"))?;
        let mut info = FlightInfo::new()
            .try_with_schema(&shapes.of(self.last).schema)
            .map_err(|error| Status::internal(error.to_string()))?
            .with_descriptor(descriptor)
            .with_total_records(rows);
        for endpoint in 0..self.endpoints {
            let rows = self.rows / self.endpoints + usize::from(endpoint < self.rows % self.endpoints);
            let floats = match self.last {
                Last::Truth => 1,
                Last::Float => 2,
            };
            let ticket = Ticket::new(format!("rows={rows} floats={floats}"));
            info = info.with_endpoint(FlightEndpoint::new().with_ticket(ticket));
        }
        Ok(info)
    }
}

#[derive(Clone)]
pub(crate) struct Service(pub(crate) Arc<Shapes>);

#[tonic::async_trait]
impl FlightSqlService for Service {
    type FlightService = Self;

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let info = Order::read(&query.query).info(&self.0, request.into_inner())?;
        Ok(Response::new(info))
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let text = String::from_utf8_lossy(&query.prepared_statement_handle);
        let info = Order::read(&text).info(&self.0, request.into_inner())?;
        Ok(Response::new(info))
    }

    /// The handle of a statement is its text.
    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        _: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let options = IpcWriteOptions::default();
        let schema = &self.0.of(Order::read(&query.query).last).schema;
        let IpcMessage(dataset_schema) = SchemaAsIpc::new(schema, &options)
            .try_into()
            .map_err(|error: arrow::error::ArrowError| Status::internal(error.to_string()))?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: query.query.into(),
            dataset_schema,
            parameter_schema: bytes::Bytes::new(),
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _: ActionClosePreparedStatementRequest,
        _: Request<Action>,
    ) -> Result<(), Status> {
        Ok(())
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}

/// The calls of Flight itself are those of [`FlightSqlService`], save DoGet, which never comes here.
const _: fn() = || {
    fn is_service<T: FlightService>() {}
    is_service::<Service>();
};

#[cfg(test)]
mod tests {
    use super::{Last, Order};

    #[test]
    fn a_statement_says_how_many_rows_it_has() {
        let order = |text| {
            let Order {
                rows,
                last,
                endpoints,
            } = Order::read(text);
            (rows, last, endpoints)
        };
        assert_eq!(order("SELECT 1"), (1, Last::Truth, 1));
        assert_eq!(
            order("SELECT * FROM t /* rows=5000000 endpoints=4 */"),
            (5_000_000, Last::Truth, 4)
        );
        assert_eq!(order("rows=7 floats=2"), (7, Last::Float, 1));
    }
}
