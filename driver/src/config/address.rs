//! The three options that say where the server is: they hang together, so no field alone holds them.

use super::Config;
use super::choice::TransportKind;
use super::host::{DEFAULT_PORT, Host, read_port};
use super::table::Access;
use super::value;

/// `port`: of every host without one of its own.
pub(super) const PORT: Access = Access {
    read: |config, text| {
        let port = read_port(text).map_err(|_| "is not a number from 1 to 65535".to_owned())?;
        if config.hosts.is_empty() {
            config.hosts.push(Host::nameless(port));
        }
        for host in &mut config.hosts {
            host.set_port(port);
        }
        Ok(())
    },
    show: |config, _| config.hosts.first().map_or(DEFAULT_PORT, Host::port).to_string(),
    check: |_| Ok(()),
    // Each host is printed with its port, so this never is.
    is_default: |_| true,
};

/// `host`: one or several.
pub(super) const HOST: Access = Access {
    read: |config, text| {
        let given = config
            .hosts
            .first()
            .filter(|host| host.is_nameless())
            .map(Host::port);
        let hosts = read_hosts(text, given.unwrap_or(DEFAULT_PORT))?;
        let other = |host: &Host| host.names_its_port() && Some(host.port()) != given;
        if given.is_some() && !hosts.is_empty() && hosts.iter().all(other) {
            return Err("names another port than the option `port`".to_owned());
        }
        config.hosts = hosts;
        Ok(())
    },
    show: |config, _| show_hosts(&config.hosts),
    check: |config| {
        // Where only the port is known, a host is missing: that is said once all options are there.
        if is_missing(config) {
            return Ok(());
        }
        config.hosts.iter().try_for_each(Host::check)
    },
    is_default: |config| config.hosts.is_empty(),
};

/// `socket_path`: implies the transport.
pub(super) const SOCKET_PATH: Access = Access {
    read: |config, text| {
        config.socket_path = value::non_empty(text.to_owned());
        if config.socket_path.is_some() {
            config.values.transport = TransportKind::Unix;
        }
        Ok(())
    },
    show: |config, _| config.socket_path.clone().unwrap_or_default(),
    check: |config| value::no_control_characters(config.socket_path.as_deref().unwrap_or_default()),
    is_default: |config| config.socket_path.is_none(),
};

/// Says whether no host is known, at most its port.
pub(super) fn is_missing(config: &Config) -> bool {
    config.hosts.iter().all(Host::is_nameless)
}

/// Reads hosts with commas between them; the error names the host by its place, never by its text.
pub(super) fn read_hosts(text: &str, default_port: u16) -> Result<Vec<Host>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let several = text.contains(',');
    let read = |(index, host)| {
        Host::read(host, default_port).map_err(|problem| {
            if several {
                format!("number {} {problem}", index + 1)
            } else {
                problem
            }
        })
    };
    text.split(',').enumerate().map(read).collect()
}

pub(super) fn show_hosts(hosts: &[Host]) -> String {
    let hosts: Vec<_> = hosts.iter().map(Host::to_string).collect();
    hosts.join(",")
}
