//! What the description of the calls says, as far as the API debugging tool shows it, and the texts of the codes.

pub(super) mod calls;
pub(super) mod codes;
pub(super) mod fields;
