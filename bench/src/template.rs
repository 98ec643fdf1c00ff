//! Requests as bytes with places in which ids and values are written.
//!
//! Places are as long as what is written into them, so that a request keeps its length, whatever the protocol. They are
//! found by names: `{{the-user}}` for the user asked about, `{{peer-004}}` for the other side of his conversation of
//! that number, `{{peer-any}}` for that of any conversation that may be marked, `{{vvvv}}` for a value.

use crate::people::{ID_BYTES, People};
use crate::random::Random;

/// Where the id of the user goes.
pub(crate) const USER: &str = "{{the-user}}";
/// Where the id of any markable peer goes.
pub(crate) const ANY_PEER: &str = "{{peer-any}}";
/// Where eight hexadecimal digits go that are different each time.
pub(crate) const VALUE: &str = "{{vvvv}}";

/// Where the id of the peer of this conversation goes.
pub(crate) fn peer(conversation: u64) -> String {
    assert!(conversation < 1000, "a place has room for three digits");
    format!("{{{{peer-{conversation:03}}}}}")
}

/// A request about one of these people.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    places: Vec<(usize, Place)>,
    people: People,
}

#[derive(Clone, Copy)]
enum Place {
    User,
    Peer(u64),
    AnyPeer,
    Value,
}

impl Template {
    /// Finds the places.
    pub(crate) fn new(bytes: Vec<u8>, people: &People) -> Template {
        let mut places = Vec::new();
        for at in 0..bytes.len() {
            let rest = &bytes[at..];
            if rest.starts_with(USER.as_bytes()) {
                places.push((at, Place::User));
            } else if rest.starts_with(ANY_PEER.as_bytes()) {
                places.push((at, Place::AnyPeer));
            } else if rest.starts_with(VALUE.as_bytes()) {
                places.push((at, Place::Value));
            } else if rest.starts_with(b"{{peer-") {
                let digits = rest[7..10].iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                places.push((at, Place::Peer(digits)));
            }
        }
        Template { bytes, places, people: people.clone() }
    }

    /// Writes a request about a random user over `out`.
    pub(crate) fn write(&self, random: &mut Random, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.bytes);
        let people = &self.people;
        let user = random.below(people.count);
        for (at, place) in &self.places {
            let at = *at;
            match place {
                Place::User => out[at..at + ID_BYTES].copy_from_slice(&people.id(user)),
                Place::Peer(number) => {
                    out[at..at + ID_BYTES].copy_from_slice(&people.peer(user, *number));
                }
                Place::AnyPeer => {
                    let number = people.markable[random.below(people.markable.len() as u64) as usize];
                    out[at..at + ID_BYTES].copy_from_slice(&people.peer(user, number));
                }
                Place::Value => {
                    let mut value = random.next();
                    for digit in &mut out[at..at + VALUE.len()] {
                        *digit = b"0123456789abcdef"[(value & 15) as usize];
                        value >>= 4;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_and_the_length_stays() {
        let text = format!("a {USER} b {} c {ANY_PEER} d {VALUE} e", peer(4));
        let people = People::ordinary(50);
        let template = Template::new(text.clone().into_bytes(), &people);
        let mut out = Vec::new();
        template.write(&mut Random::new(1), &mut out);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written.len(), text.len());
        assert!(!written.contains('{'), "{written}");
        let words: Vec<&str> = written.split(' ').collect();
        let user: u64 = words[1][1..].parse().unwrap();
        assert_eq!(words[1].as_bytes(), people.id(user));
        assert_eq!(words[3].as_bytes(), people.peer(user, 4));
    }
}
