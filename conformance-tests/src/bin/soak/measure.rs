//! What this process uses.

use std::fmt;

use crate::Failure;

/// Memory and open descriptors.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    kib: u64,
    descriptors: usize,
}

impl Usage {
    /// Reads them from Linux; elsewhere nothing is known, and nothing grows.
    pub(crate) fn now() -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
        let descriptors = std::fs::read_dir("/proc/self/fd")
            .map(Iterator::count)
            .unwrap_or_default();
        Ok(Self {
            kib: kib.unwrap_or_default(),
            descriptors,
        })
    }

    /// Says when the later is more than what a flat line allows: 32 MiB and 32 descriptors, as connections come and go.
    pub(crate) fn holds(&self, later: &Self) -> Result<(), Failure> {
        if later.kib > self.kib + 32 * 1024 {
            return Err("memory grows".into());
        }
        if later.descriptors > self.descriptors + 32 {
            return Err("open descriptors grow".into());
        }
        Ok(())
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} MiB resident, {} descriptors",
            self.kib / 1024,
            self.descriptors
        )
    }
}
