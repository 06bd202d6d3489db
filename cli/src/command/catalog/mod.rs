//! `jetbridge tables`, `columns`, `keys`, `info`: the catalog of a server.

mod listing;

use std::io::Write as _;
use std::sync::Arc;

use jetbridge::arrow::array::RecordBatch;
use jetbridge::types::Columns;
use jetbridge::{Kind, Session, TableFilter, TableName};

use crate::args::{ColumnsArgs, FilterArgs, InfoArgs, KeysArgs, PlaceArgs, TablesArgs};
use crate::connect::Target;
use crate::exit::Failure;
use crate::interrupt::Signals;
use crate::output::Output;
use crate::printer::Printer;
use crate::progress::Progress;

/// What is listed.
pub(crate) enum Listing {
    Tables(TableFilter),
    Columns(TableFilter, Option<String>),
    Keys(TableFilter),
    Info,
}

/// A command whose command line has been understood.
pub(crate) struct List {
    listing: Listing,
    place: PlaceArgs,
}

impl From<TablesArgs> for List {
    fn from(args: TablesArgs) -> Self {
        Self {
            listing: Listing::Tables(filter(args.filter)),
            place: args.place,
        }
    }
}

impl From<ColumnsArgs> for List {
    fn from(args: ColumnsArgs) -> Self {
        Self {
            listing: Listing::Columns(filter(args.filter), args.column),
            place: args.place,
        }
    }
}

impl From<KeysArgs> for List {
    fn from(args: KeysArgs) -> Self {
        Self {
            listing: Listing::Keys(filter(args.filter)),
            place: args.place,
        }
    }
}

impl From<InfoArgs> for List {
    fn from(args: InfoArgs) -> Self {
        Self {
            listing: Listing::Info,
            place: args.place,
        }
    }
}

fn filter(args: FilterArgs) -> TableFilter {
    let FilterArgs {
        catalog,
        schema,
        table,
        types,
    } = args;
    TableFilter {
        catalog,
        schema_pattern: schema,
        table_pattern: table,
        table_types: types,
    }
}

impl List {
    /// Connects, asks, and writes the list.
    pub(crate) async fn run(self, quiet: bool, signals: &mut Signals) -> Result<(), Failure> {
        let Self { listing, place } = self;
        let target = target(&place)?;
        let output = Output::new(place.output)?;
        let connection = signals.guard(target.connect()).await?;
        let work = async {
            let session = connection.session().await?;
            let batch = ask(&session, &listing, quiet).await?;
            print(batch, output).await
        };
        let outcome = Box::pin(signals.guard(work)).await;
        let goodbye = async {
            connection.close().await;
            Ok(())
        };
        let _ = signals.guard(goodbye).await;
        outcome
    }
}

fn target(place: &PlaceArgs) -> Result<Target, Failure> {
    #[cfg(feature = "embedded")]
    if let Some(database) = &place.embedded.embedded {
        if place.connection.is_some() {
            return Err(Failure::usage("--embedded takes no connection string"));
        }
        return Target::embedded(database.clone(), &place.login);
    }
    Target::at(place.connection.as_deref(), &place.login)
}

async fn ask(session: &Session, listing: &Listing, quiet: bool) -> Result<RecordBatch, Failure> {
    let catalog = session.catalog();
    Ok(match listing {
        Listing::Tables(filter) => listing::tables(&catalog.tables(filter).await?)?,
        Listing::Columns(filter, pattern) => {
            listing::columns(&catalog.columns(filter, pattern.as_deref()).await?)?
        }
        Listing::Keys(filter) => keys(session, filter).await?,
        Listing::Info => info(session, quiet).await?,
    })
}

async fn keys(session: &Session, filter: &TableFilter) -> Result<RecordBatch, Failure> {
    let catalog = session.catalog();
    let mut keys = Vec::new();
    for table in catalog.tables(filter).await? {
        let name = TableName::from(&table);
        let primary = catalog.primary_keys(name.clone()).await?;
        keys.extend(primary.into_iter().map(listing::Key::Primary));
        match catalog.imported_keys(name).await {
            Ok(foreign) => keys.extend(foreign.into_iter().map(listing::Key::Foreign)),
            // Primary keys alone are worth listing.
            Err(error) if error.kind() == Kind::NotSupported => {}
            Err(error) => return Err(error.into()),
        }
    }
    listing::keys(&keys)
}

/// A server that says nothing is asked for its version in SQL, as most have that.
async fn info(session: &Session, quiet: bool) -> Result<RecordBatch, Failure> {
    let (manners, capabilities) = (session.manners().await?, session.capabilities().await?);
    if !capabilities.is_empty() {
        return listing::info(&manners, &capabilities, None);
    }
    if !quiet {
        // Without a standard error there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "the server does not answer GetSqlInfo");
    }
    let version = async {
        let mut cursor = session.query("SELECT version()").await?;
        let row = cursor.fetch_one().await?;
        row.map(|row| row.get::<String>(0)).transpose()
    };
    // One that has no such function is no failure of this command.
    listing::info(&manners, &capabilities, version.await.ok().flatten())
}

async fn print(batch: RecordBatch, output: Output) -> Result<(), Failure> {
    let columns = Arc::new(Columns::new(batch.schema()));
    let progress = Progress::default();
    let printer = Printer::start(
        output.format,
        &columns,
        output.style,
        output.destination,
        &progress,
    )?;
    if batch.num_rows() > 0 {
        // Where it has ended already, its outcome says why.
        let _ = printer.print(batch).await;
    }
    printer.finish().await
}
