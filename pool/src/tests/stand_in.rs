//! A backend without a server: each step does what the test says.

use std::future::pending;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use jetbridge::{Config, Error, Kind, Result};

use crate::backend::Backend;
use crate::inner::Inner;
use crate::pooled::Loan;

/// How a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Ok,
    Err,
    /// It takes this long.
    Slow(Duration),
    Never,
}

impl Gate {
    async fn pass(self) -> Result<()> {
        match self {
            Self::Ok => Ok(()),
            Self::Err => Err(Error::new(Kind::Connection, "the gate is shut")),
            Self::Slow(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Self::Never => pending().await,
        }
    }
}

/// What the steps do, and how often they were taken.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) create: Gate,
    pub(crate) login: Gate,
    pub(crate) check: Gate,
    pub(crate) reset: Gate,
    pub(crate) close: Gate,
    /// Every return needs a reset.
    pub(crate) dirty: bool,
    pub(crate) down: AtomicBool,
    pub(crate) refuses_password: AtomicBool,
    pub(crate) connects: AtomicU64,
    pub(crate) checks: AtomicU64,
    pub(crate) open: AtomicUsize,
    pub(crate) most_open: AtomicUsize,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            create: Gate::Ok,
            login: Gate::Ok,
            check: Gate::Ok,
            reset: Gate::Ok,
            close: Gate::Ok,
            dirty: false,
            down: AtomicBool::new(false),
            refuses_password: AtomicBool::new(false),
            connects: AtomicU64::new(0),
            checks: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        }
    }
}

/// A pool of stand-ins.
pub(crate) struct StandIn {
    pub(crate) pool: Inner<Steps>,
    pub(crate) scene: Arc<Scene>,
}

impl StandIn {
    pub(crate) fn new(options: &str, scene: Scene) -> Self {
        let scene = Arc::new(scene);
        let config: Config = format!("Host=stand-in;{options}").parse().unwrap();
        let pool = Inner::new(Steps(Arc::clone(&scene)), config).unwrap();
        Self { pool, scene }
    }

    #[track_caller]
    pub(crate) fn get(&self) -> impl Future<Output = Result<Loan<Steps>>> + Send + use<'_> {
        self.pool.get(Location::caller())
    }
}

#[derive(Debug)]
pub(crate) struct Steps(Arc<Scene>);

/// A session, counted for as long as it lives.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) number: u64,
    pub(crate) broken: bool,
    /// Set while somebody has it.
    pub(crate) on_stage: AtomicBool,
    scene: Arc<Scene>,
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.scene.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Backend for Steps {
    type Session = Actor;
    type CloseHandle = ();

    async fn connect(&self) -> Result<Actor> {
        let scene = &self.0;
        let number = scene.connects.fetch_add(1, Ordering::SeqCst);
        if scene.down.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Connection, "connection refused"));
        }
        if scene.refuses_password.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Authentication, "wrong password"));
        }
        scene.create.pass().await?;
        scene.login.pass().await?;
        let open = scene.open.fetch_add(1, Ordering::SeqCst) + 1;
        scene.most_open.fetch_max(open, Ordering::SeqCst);
        Ok(Actor {
            number,
            broken: false,
            on_stage: AtomicBool::new(false),
            scene: Arc::clone(scene),
        })
    }

    async fn check(&self, _: &Actor) -> Result<()> {
        self.0.checks.fetch_add(1, Ordering::SeqCst);
        self.0.check.pass().await
    }

    fn release(&self, _: &mut Actor) {}

    fn is_fit(&self, _: &Actor, _: usize) -> bool {
        !self.0.dirty
    }

    async fn reset(&self, _: &mut Actor, _: usize) -> Result<()> {
        self.0.reset.pass().await
    }

    fn is_broken(&self, session: &Actor) -> bool {
        session.broken
    }

    fn forget(&self, _: &Actor) {}

    async fn close(&self, _session: Actor) -> Result<()> {
        self.0.close.pass().await
    }

    fn close_handle(&self, _: &Actor) {}

    async fn close_by(&self, (): ()) -> Result<()> {
        Ok(())
    }
}
