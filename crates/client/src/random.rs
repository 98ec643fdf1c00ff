//! The one place that draws random numbers, from the operating system.

/// A random number: the `random` of a URL, and the length of a pause.
#[expect(clippy::disallowed_methods, reason = "this file is where random numbers are drawn")]
pub(crate) fn number() -> u32 {
    getrandom::u32().expect("the operating system gives random numbers")
}
