//! Free ports, and who listens on them.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use rustix::process::Pid;

/// A port of the loopback interface that nothing listens on, never the same twice in one process.
///
/// Somebody may still take it before the server does: a launcher tries again with another then.
///
/// # Errors
///
/// When the machine gives no port.
pub fn free_port() -> io::Result<u16> {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    loop {
        let port = TcpListener::bind(loopback(0))?.local_addr()?.port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return Ok(port);
        }
    }
}

/// The loopback address with this port.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whether this child process listens on the port.
///
/// Linux tells whose socket it is, so that a stranger who took the port first is not mistaken for our server, and
/// the server sees no connection that says nothing. Elsewhere a connection has to do.
///
/// A listener that we hold ourselves does not count: the child can only have inherited it.
pub(crate) fn listens(pid: Pid, port: u16) -> bool {
    // Our own view of the network, which is the child's too: that of a child that has just died cannot be read, and
    // would look like a system without /proc.
    let tables = ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/self/net/{table}")));
    if tables.iter().all(Result::is_err) {
        return TcpStream::connect_timeout(&loopback(port), Duration::from_millis(200)).is_ok();
    }
    let mut inodes = tables
        .iter()
        .flatten()
        .flat_map(|table| listening_inodes(table, port))
        .peekable();
    if inodes.peek().is_none() {
        return false;
    }
    let ours = sockets_of("/proc/self");
    let theirs = sockets_of(&format!("/proc/{}", pid.as_raw_nonzero()));
    inodes.any(|inode| theirs.contains(&inode) && !ours.contains(&inode))
}

/// The sockets of a table of the form of `/proc/net/tcp` that listen on the port.
fn listening_inodes(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let ending = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&ending) && *fields.get(3)? == LISTEN;
        listens
            .then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))
            .flatten()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

/// What a process has open, among it its sockets as `socket:[inode]`.
fn sockets_of(process: &str) -> HashSet<String> {
    let descriptors = fs::read_dir(format!("{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    descriptors
        .filter_map(|descriptor| {
            fs::read_link(descriptor.path())
                .ok()?
                .into_os_string()
                .into_string()
                .ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_given_once() {
        let ports: HashSet<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 50);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_listener_counts_once_only_the_child_has_it() {
        let listener = TcpListener::bind(loopback(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let inherited = std::os::fd::OwnedFd::from(listener.try_clone().unwrap());
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .stdin(inherited)
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        let while_it_is_ours = listens(pid, port);
        drop(listener);
        let afterwards = listens(pid, port);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            !while_it_is_ours,
            "the listener of this process was taken for the child's"
        );
        assert!(afterwards, "the listener of the child was not found");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_that_has_died_does_not_listen_on_a_strangers_port() {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let stranger = TcpListener::bind(loopback(0)).unwrap();
        let port = stranger.local_addr().unwrap().port();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        // Dead, but not reaped: the state in which a launcher meets a server that failed at its start.
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
        let listens = listens(pid, port);
        child.wait().unwrap();
        assert!(!listens);
    }

    #[test]
    fn only_listening_sockets_of_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     0: 0100007F:9CA5 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 501 1\n\
                     1: 0100007F:9CA5 0100007F:8888 01 00000000:00000000 00:00000000 00000000 0 0 502 1\n\
                     2: 0100007F:9CA6 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 503 1\n";
        assert_eq!(listening_inodes(table, 0x9CA5), ["socket:[501]"]);
    }
}
