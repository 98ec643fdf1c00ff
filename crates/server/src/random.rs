//! The one place that draws random numbers, from the operating system.

/// A random number.
#[expect(clippy::disallowed_methods, reason = "this file is where random numbers are drawn")]
pub fn number() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}

/// Random hex digits, for a key that a person may copy.
#[expect(clippy::disallowed_methods, reason = "this file is where random numbers are drawn")]
pub fn hex_key() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random upper-case letters and digits, as the service's own chat group ids have them.
pub fn letters_and_digits(count: usize) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    (0..count).map(|_| ALPHABET[(number() % ALPHABET.len() as u64) as usize] as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hex_and_differ() {
        let (one, other) = (hex_key(), hex_key());
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }

    #[test]
    fn ids_are_letters_and_digits() {
        let id = letters_and_digits(9);
        assert_eq!(id.len(), 9);
        assert!(id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    }
}
