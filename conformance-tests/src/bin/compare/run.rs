//! One run: the server, the clients, the rounds.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use jetbridge_conformance::server::{Direction, NotRun, Toxic, Toxiproxy, toxiproxy};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::cases::{CASES, Case, Shows};
use crate::client::{Client, Name};
use crate::{Choice, Failure, report};

/// What one client did in one case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) client: Name,
    /// The numbers of each round, the first (to warm up) left out.
    pub(crate) rounds: Vec<Vec<f64>>,
    /// Why there are none.
    pub(crate) failure: Option<String>,
}

/// The outcomes of one case.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) outcomes: Vec<Outcome>,
}

pub(crate) async fn run(choice: &Choice) -> Result<(), Failure> {
    let mut bench = Bench::start().await?;
    let mut all = Vec::new();
    for case in CASES {
        let chosen = choice.cases.is_empty()
            || choice
                .cases
                .iter()
                .any(|name| case.name.starts_with(name.as_str()));
        if !chosen {
            continue;
        }
        let (case, rounds) = match choice.quick {
            true => (case.quick(), 1),
            false => (case, choice.rounds),
        };
        let measured = bench.measure(case, rounds, choice).await?;
        write!(io::stdout(), "{}", report::table(&measured))?;
        all.push(measured);
    }
    write!(io::stdout(), "{}", report::aims(&all))?;
    if let Some(file) = &choice.save {
        report::save(file, &all)?;
    }
    Ok(())
}

/// The server, the proxies before it, and the clients that have been started.
struct Bench {
    flight: SocketAddr,
    plain: SocketAddr,
    toxiproxy: Result<Toxiproxy, NotRun>,
    /// Their addresses, by what is behind them and how far away it is.
    far: BTreeMap<(SocketAddr, Duration), SocketAddr>,
    clients: Vec<Client>,
    missing: Vec<(Name, NotRun)>,
    _server: Child,
}

impl Bench {
    async fn start() -> Result<Self, Failure> {
        let mut server = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let says = server.stdout.take().ok_or("no pipe to the server")?;
        let line = BufReader::new(says)
            .lines()
            .next_line()
            .await?
            .ok_or("the server ended")?;
        let (flight, plain) = line
            .split_once(' ')
            .ok_or("the server does not say where it is")?;
        Ok(Self {
            flight: flight.parse()?,
            plain: plain.parse()?,
            toxiproxy: toxiproxy().await,
            far: BTreeMap::new(),
            clients: Vec::new(),
            missing: Vec::new(),
            _server: server,
        })
    }

    /// Every client once to warm up, then all of them in turn, round by round.
    async fn measure(&mut self, case: Case, rounds: usize, choice: &Choice) -> Result<Measured, Failure> {
        let flight = self.address(self.flight, case.latency).await?;
        let plain = self.address(self.plain, case.latency).await?;
        let mut outcomes = Vec::new();
        for name in case.clients.iter().copied() {
            if !choice.clients.is_empty() && !choice.clients.iter().any(|key| key == name.key()) {
                continue;
            }
            if case.shows == Shows::Growth {
                // What a process has used before must not count.
                self.clients.retain(|client| client.name != name);
            }
            let failure = match self.client(name) {
                Ok(_) => None,
                Err(not_run) => Some(not_run.to_string()),
            };
            outcomes.push(Outcome {
                client: name,
                rounds: Vec::new(),
                failure,
            });
        }
        // The most memory of a process is measured in its first and only round.
        let (warm_up, rounds) = match case.shows {
            Shows::Growth => (0, 1),
            _ => (1, rounds),
        };
        for round in 0..warm_up + rounds {
            for outcome in &mut outcomes {
                if outcome.failure.is_some() {
                    continue;
                }
                let from = match outcome.client {
                    Name::Floor => plain,
                    _ => flight,
                };
                let client = self.client(outcome.client)?;
                match client.ask(case.order, from, case.rows, case.times).await {
                    Ok(numbers) if round >= warm_up => outcome.rounds.push(numbers),
                    Ok(_) => {}
                    Err(error) => outcome.failure = Some(error.to_string()),
                }
            }
        }
        Ok(Measured { case, outcomes })
    }

    /// A client, started when it is first needed.
    fn client(&mut self, name: Name) -> Result<&mut Client, NotRun> {
        if let Some((_, not_run)) = self.missing.iter().find(|(missing, _)| *missing == name) {
            return Err(not_run.clone());
        }
        let index = match self.clients.iter().position(|client| client.name == name) {
            Some(index) => index,
            None => {
                let client =
                    Client::start(name).inspect_err(|not_run| self.missing.push((name, not_run.clone())))?;
                self.clients.push(client);
                self.clients.len() - 1
            }
        };
        self.clients
            .get_mut(index)
            .ok_or_else(|| NotRun::new(name.key(), "it ended"))
    }

    /// Where an address of the server is to be had with so much latency.
    async fn address(&mut self, server: SocketAddr, latency: Duration) -> Result<SocketAddr, Failure> {
        if latency.is_zero() {
            return Ok(server);
        }
        if let Some(address) = self.far.get(&(server, latency)) {
            return Ok(*address);
        }
        let proxy = match &self.toxiproxy {
            Ok(toxiproxy) => toxiproxy.proxy(server).await,
            Err(not_run) => return Err(not_run.clone().into()),
        };
        for direction in [Direction::Upstream, Direction::Downstream] {
            let jitter = Duration::ZERO;
            proxy.add(Toxic::Latency { latency, jitter }, direction).await;
        }
        self.far.insert((server, latency), proxy.address());
        Ok(proxy.address())
    }
}
