//! Where rows go and how they look, as the command line says it.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use crate::args::{Format, OutputArgs};
use crate::exit::Failure;
use crate::printer::Destination;
use crate::render::Style;

pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) style: Style,
    pub(crate) destination: Destination,
    pub(crate) is_terminal: bool,
}

impl Output {
    /// Opens the file where there is one. What is in it stays until rows come.
    pub(crate) fn new(args: OutputArgs) -> Result<Self, Failure> {
        let is_terminal = args.output.is_none() && io::stdout().is_terminal();
        if args.format == Format::Arrow && is_terminal {
            return Err(Failure::usage(
                "arrow is no format for a terminal: use --output FILE, or a pipe",
            ));
        }
        Ok(Self {
            format: args.format,
            style: Style {
                header: !args.no_header,
                null: args.null,
                width: width(is_terminal, args.wide),
            },
            destination: destination(args.output.as_deref())?,
            is_terminal,
        })
    }
}

/// Opens the file now, so that a path that is wrong is known before anything runs.
fn destination(path: Option<&Path>) -> Result<Destination, Failure> {
    let Some(path) = path else {
        return Ok(Destination::Stdout);
    };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    file.map(Destination::File)
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}

/// How wide a table may be: as wide as the terminal; elsewhere nothing is cut.
fn width(is_terminal: bool, wide: bool) -> Option<usize> {
    if wide || !is_terminal {
        return None;
    }
    terminal_size::terminal_size()
        .map(|(terminal_size::Width(columns), _)| usize::from(columns))
        .filter(|columns| *columns > 0)
}
