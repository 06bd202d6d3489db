//! The same numbers for the `metrics` facade and for OpenTelemetry, where their features are on; nothing otherwise.
//!
//! Labels hold hosts and reasons: nothing of a statement, and no secret.

#[cfg(feature = "metrics")]
mod facade;
#[cfg(feature = "opentelemetry")]
mod otel;

use std::time::Duration;

use jetbridge::Config;

use crate::metrics::Closed;

/// Where events go besides the pool's own counters.
#[derive(Debug)]
pub(crate) struct Export {
    #[cfg(feature = "metrics")]
    facade: facade::Facade,
    #[cfg(feature = "opentelemetry")]
    otel: otel::Otel,
}

macro_rules! events {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {$(
        pub(crate) fn $name(&self, $($arg: $type),*) {
            // Without a feature there is nobody to tell.
            $(let _ = $arg;)*
            #[cfg(feature = "metrics")]
            self.facade.$name($($arg),*);
            #[cfg(feature = "opentelemetry")]
            self.otel.$name($($arg),*);
        }
    )*};
}

impl Export {
    pub(crate) fn new(config: &Config) -> Self {
        let (pool, max_size) = (name(config), config.get_pool_max_size());
        // Without a feature there is nobody to tell.
        let _ = (&pool, max_size);
        Self {
            #[cfg(feature = "metrics")]
            facade: facade::Facade::new(&pool, max_size),
            #[cfg(feature = "opentelemetry")]
            otel: otel::Otel::new(&pool, max_size),
        }
    }

    events! {
        acquired(at_once: bool, waited: Duration);
        timed_out();
        refused();
        connected(took: Duration);
        connect_failed();
        recycled();
        closed(why: Closed);
        held(held: Duration);
        leaked();
        occupied(size: usize, idle: usize, waiting: usize);
    }
}

/// What tells pools apart: their hosts, or the path of a socket.
fn name(config: &Config) -> String {
    let hosts: Vec<_> = config.get_hosts().iter().map(ToString::to_string).collect();
    match config.get_socket_path() {
        Some(path) => path.to_owned(),
        None => hosts.join(","),
    }
}
