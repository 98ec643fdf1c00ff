//! Signatures as the specification "Standard Webhooks" 1.0 has them, for which receivers find libraries in most
//! languages: `v1,` and the Base64 of an HMAC-SHA256 over `id.timestamp.body`. With several secrets there is one each,
//! separated by spaces, so that a receiver can change to the new one at any time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::WebhookSecret;

/// The value of the header `webhook-signature`.
pub(super) fn sign(secrets: &[WebhookSecret], id: &str, timestamp: u64, body: &[u8]) -> String {
    let signatures = secrets.iter().map(|secret| {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&secret.key()).expect("an HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
            mac.update(part);
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(Secret::new(text.to_owned())).unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_specification() {
        // The example that the authors of the specification publish with their libraries.
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = sign(&[secret], id, 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs() {
        let secrets = [
            secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ];
        let both = sign(&secrets, "a", 1, b"");
        let alone = secrets.each_ref().map(|secret| sign(std::slice::from_ref(secret), "a", 1, b""));
        assert_eq!(both, alone.join(" "));
        assert_ne!(alone[0], alone[1]);
    }
}
