//! The gate before the environment: transactions pass it together, a change of the environment passes it alone.
//!
//! LMDB's map must not change while any transaction is open. Each transaction therefore holds the gate for its short
//! life; growing the map and reopening after a failure wait for those inside and hold back the others meanwhile.
//! Growing closes and opens again instead of changing the map in place: an in-place change that fails half way leaves
//! no map at all, while an opening that fails can be tried again.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::env::Environment;
use super::options::{MAP_UNIT, MapSizes};
use crate::StoreError;

/// The environment, behind its gate.
pub(super) struct Gate {
    folder: PathBuf,
    sizes: MapSizes,
    inside: RwLock<Inside>,
    /// How many wait to be inside alone.
    wanted_alone: AtomicUsize,
}

struct Inside {
    /// `None` while the environment is down: it failed and could not be opened again.
    environment: Option<Environment>,
    /// The size of the map when it was last open, in bytes.
    map_bytes: usize,
}

/// The right to begin transactions, until it is dropped. Not to be held across an await.
pub(super) struct Entered<'a>(RwLockReadGuard<'a, Inside>);

impl Gate {
    /// Opens the environment in `folder`.
    pub(super) fn open(folder: PathBuf, sizes: MapSizes) -> Result<Gate, heed::Error> {
        let environment = Environment::open(&folder, sizes.first)?;
        let inside = Inside { map_bytes: environment.map_bytes(), environment: Some(environment) };
        Ok(Gate { folder, sizes, inside: RwLock::new(inside), wanted_alone: AtomicUsize::new(0) })
    }

    /// Enters. Waits while the environment is being changed; fails while it is down.
    pub(super) fn enter(&self) -> Result<Entered<'_>, StoreError> {
        let inside = self.inside.read().unwrap_or_else(PoisonError::into_inner);
        if inside.environment.is_none() {
            return Err(StoreError::Failed(
                "the database is closed after a failed write and could not be opened again yet".to_owned(),
            ));
        }
        Ok(Entered(inside))
    }

    /// Whether somebody waits to be inside alone. Who stays inside for long should ask now and then, and leave.
    pub(super) fn is_wanted_alone(&self) -> bool {
        self.wanted_alone.load(Ordering::Relaxed) > 0
    }

    /// Whether the environment is down.
    pub(super) fn is_down(&self) -> bool {
        self.enter().is_err()
    }

    /// The size up to which the map may grow.
    pub(super) fn max_bytes(&self) -> usize {
        self.sizes.max
    }

    /// Doubles the map. `false` if it is as large as it may be, or if the machine does not give a larger one.
    pub(super) fn grow(&self) -> bool {
        let mut inside = self.alone();
        let before = inside.map_bytes;
        let after = before.saturating_mul(2).min(self.sizes.max).next_multiple_of(MAP_UNIT);
        if after <= before || inside.environment.is_none() {
            return false;
        }
        if self.open_anew(&mut inside, after) {
            tracing::info!(before_bytes = before, after_bytes = after, "the database's map has grown");
            return true;
        }
        self.open_anew(&mut inside, before);
        false
    }

    /// Closes the environment, if it is open, and opens it again.
    pub(super) fn reopen(&self) -> bool {
        let mut inside = self.alone();
        let map_bytes = inside.map_bytes;
        self.open_anew(&mut inside, map_bytes)
    }

    /// Closes the environment until it is reopened.
    pub(super) fn shut(&self) {
        self.alone().environment = None;
    }

    fn open_anew(&self, inside: &mut Inside, map_bytes: usize) -> bool {
        // The old one must be gone first: LMDB does not open a folder twice in a process.
        inside.environment = None;
        match Environment::open(&self.folder, map_bytes.next_multiple_of(MAP_UNIT)) {
            Ok(environment) => {
                inside.map_bytes = environment.map_bytes();
                inside.environment = Some(environment);
                true
            }
            Err(error) => {
                tracing::error!(%error, map_bytes, "the database could not be opened");
                false
            }
        }
    }

    fn alone(&self) -> RwLockWriteGuard<'_, Inside> {
        self.wanted_alone.fetch_add(1, Ordering::Relaxed);
        let inside = self.inside.write().unwrap_or_else(PoisonError::into_inner);
        self.wanted_alone.fetch_sub(1, Ordering::Relaxed);
        inside
    }
}

impl Deref for Entered<'_> {
    type Target = Environment;

    fn deref(&self) -> &Environment {
        let environment = self.0.environment.as_ref();
        environment.expect("whoever has entered found an environment, and it stays while he is inside")
    }
}
