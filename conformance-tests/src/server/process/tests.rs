//! Processes of the suite, with the shell as the program.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::*;
use crate::server::port::free_port;
use crate::server::{Program, start_on_free_ports};

fn shell(script: &str) -> Program {
    Program::new("shell", "/bin/sh").args(["-c", script])
}

/// The letter of its state: `S` sleeping, `T` suspended, `Z` dead but not reaped; none when it is gone.
fn state(pid: u32) -> Option<char> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    line.rsplit(") ").next()?.chars().next()
}

fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// Looks at a process until it is as expected; not so after ten seconds.
async fn at_last(expected: impl Fn() -> bool) -> bool {
    let limit = Instant::now() + Duration::from_secs(10);
    while !expected() {
        if Instant::now() > limit {
            return false;
        }
        tokio::time::sleep(POLL).await;
    }
    true
}

async fn is_suspended_at_last(process: &Process) -> bool {
    at_last(|| state(process.pid()) == Some('T')).await
}

#[tokio::test]
async fn a_process_is_stopped_by_its_pid() {
    let process = shell("echo ready; exec sleep 1000")
        .says("ready")
        .start()
        .await
        .unwrap();
    assert!(is_alive(process.pid()));
    assert_eq!(
        process.stop().await.unwrap().signal(),
        Some(Signal::TERM.as_raw())
    );
    assert!(!is_alive(process.pid()));
}

#[tokio::test]
async fn a_dropped_process_is_gone() {
    let process = shell("echo ready; exec sleep 1000")
        .says("ready")
        .start()
        .await
        .unwrap();
    let pid = process.pid();
    drop(process);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_process_that_does_not_want_to_end_is_killed() {
    let script = "trap '' TERM; echo ready; while true; do sleep 0.1; done";
    let process = shell(script).says("ready").start().await.unwrap();
    let pid = process.pid();
    drop(process);
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_suspended_process_is_resumed_and_stopped() {
    let process = shell("echo ready; exec sleep 1000")
        .says("ready")
        .start()
        .await
        .unwrap();
    process.suspend().unwrap();
    assert!(is_suspended_at_last(&process).await);
    process.resume().unwrap();
    process.suspend().unwrap();
    assert_eq!(
        process.stop().await.unwrap().signal(),
        Some(Signal::TERM.as_raw())
    );
}

#[tokio::test]
async fn a_killed_process_takes_no_more_signals() {
    let process = shell("echo ready; exec sleep 1000")
        .says("ready")
        .start()
        .await
        .unwrap();
    process.kill().unwrap();
    assert!(process.suspend().is_err());
    assert!(process.exit_status().is_some());
}

#[tokio::test]
async fn a_program_that_ends_early_shows_what_it_printed() {
    let failed = shell("echo no such scenario >&2; exit 3")
        .says("ready")
        .start()
        .await
        .unwrap_err();
    let text = failed.to_string();
    assert!(
        text.contains("no such scenario") && text.contains("exit status: 3"),
        "{text}"
    );
    assert!(!failed.port_was_taken());
}

#[tokio::test]
async fn a_program_that_is_never_ready_is_given_up() {
    let program = shell("exec sleep 1000")
        .says("ready")
        .ready_within(Duration::from_millis(50));
    let text = program.start().await.unwrap_err().to_string();
    assert!(text.contains("not ready within 50ms"), "{text}");
}

#[tokio::test]
async fn a_stranger_on_the_port_is_not_our_server() {
    let port = free_port().unwrap();
    let _stranger = std::net::TcpListener::bind(port::loopback(port)).unwrap();
    let program = shell("exec sleep 1000")
        .listens_on(port)
        .ready_within(Duration::from_millis(50));
    assert!(program.start().await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_replaced_by_another() {
    let attempts = std::sync::atomic::AtomicU32::new(0);
    let (process, _) = start_on_free_ports(|_: &[u16; 1]| {
        let first = attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        let script = if first {
            "echo Address in use; exit 1"
        } else {
            "echo ready; exec sleep 1000"
        };
        shell(script).says("ready")
    })
    .await;
    assert!(process.exit_status().is_none());
    assert_eq!(attempts.into_inner(), 2);
}

/// The kernel's death signal follows the thread that started a process, not the test process.
#[tokio::test]
async fn a_server_outlives_the_thread_that_started_it() {
    let start = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let process = runtime
            .block_on(shell("echo ready; exec sleep 1000").says("ready").start())
            .unwrap();
        (process, rustix::thread::gettid())
    };
    let (process, thread) = std::thread::spawn(start).join().unwrap();
    // A joined thread may still be on its way out: the signal is sent before it leaves the list.
    while std::fs::exists(format!("/proc/self/task/{}", thread.as_raw_nonzero())).unwrap() {
        tokio::time::sleep(POLL).await;
    }
    // A process that was sent SIGKILL may look alive for a moment, but it is never suspended again.
    let _ = process.suspend();
    assert!(is_suspended_at_last(&process).await);
}

#[tokio::test]
async fn a_killed_test_process_leaves_no_server() {
    if crate::server::tools::find_program("setpriv").is_none() {
        crate::server::NotRun::new("death with the test process", "setpriv not found").report();
        return;
    }
    let this = std::env::current_exe().unwrap();
    let holder = "server::process::tests::holds_a_server";
    let program = Program::new("holder", this).args([holder, "--exact", "--ignored", "--nocapture"]);
    let test_process = program.says(" serves").start().await.unwrap();
    let log = test_process.log();
    let server: u32 = log
        .lines()
        .find_map(|line| line.strip_suffix(" serves")?.split(' ').next_back()?.parse().ok())
        .unwrap();
    assert!(is_alive(server));
    test_process.kill().unwrap();
    assert!(
        at_last(|| !is_alive(server)).await,
        "process {server} outlived the one that started it"
    );
}

/// Not a test: the process that `a_killed_test_process_leaves_no_server` kills.
#[tokio::test]
#[ignore = "started by a_killed_test_process_leaves_no_server"]
async fn holds_a_server() {
    let server = shell("echo ready; exec sleep 1000")
        .says("ready")
        .start()
        .await
        .unwrap();
    println!("{} serves", server.pid());
    // Ends when it is killed, or at the latest when whoever started this has given up.
    tokio::time::sleep(Duration::from_secs(60)).await;
}
