//! What the programs and tests that try out a real server have in common: the one place that reads clocks, ports and
//! folders for what they start, what they fetch, how programs speak, what they try, and how they end.

mod clock;
mod fetch;
mod folder;
mod port;
mod program;

pub use clock::{Watch, unix_seconds, wait_until};
pub use fetch::{fetch, install_debian};
pub use folder::{memory, quick_folder};
pub use port::{free_address, free_port};
pub use program::{binary, end, say};
