//! The pool's rules, tried out with sessions that fail, stall or never come. Time is paused where a test speaks of it.

mod capacity;
mod cost;
mod gates;
mod lifecycle;
mod order;
mod outage;
mod reports;
mod stand_in;

pub(super) use self::stand_in::{Scene, StandIn};
