//! Who is in the data of the measurements, and what is kept about whom.
//!
//! All ids have twelve bytes. Every fifth conversation is with a chat group, the others with ordinary users.

/// Bytes of every id.
pub(crate) const ID_BYTES: usize = 12;
/// How many chat groups there are: no user has two conversations with the same.
pub(crate) const CHAT_GROUPS: u64 = 2000;
/// Records of an ordinary user.
pub(crate) const RECORDS: u64 = 10;
/// Records of a user whom the long searches are about.
pub(crate) const WIDE_RECORDS: u64 = 300;
/// Records and groups of a user who uses everything that the default limits allow: the first half of the records are
/// in groups, the second half carry marks.
pub(crate) const HEAVY_RECORDS: u64 = 2000;
/// Groups of a heavy user.
pub(crate) const HEAVY_GROUPS: u64 = 20;
/// How many heavy users there are, and as many empty ones.
pub(crate) const HEAVY: u64 = 64;

/// What the ids of empty users end with; those of others begin with their letter.
const EMPTY: u8 = b'e';

/// Some users of one kind.
#[derive(Clone, Debug)]
pub(crate) struct People {
    /// What their ids begin with.
    pub(crate) letter: u8,
    /// How many there are.
    pub(crate) count: u64,
    /// What each keeps.
    pub(crate) records: u64,
    /// How many groups each has.
    pub(crate) groups: u64,
    /// The conversations that may be marked: users who exist, and within the limits.
    pub(crate) markable: Vec<u64>,
    /// How many ordinary users there are, who are everybody's peers.
    ordinary: u64,
}

impl People {
    /// Ordinary users: ten records, two groups.
    pub(crate) fn ordinary(count: u64) -> People {
        People::new(b'u', count, RECORDS, 2, (0..RECORDS).collect(), count)
    }

    /// Users of 300 records, beside so many ordinary ones.
    pub(crate) fn wide(count: u64, ordinary: u64) -> People {
        People::new(b'w', count, WIDE_RECORDS, 2, (0..WIDE_RECORDS).collect(), ordinary)
    }

    /// Users who use the limits up, beside so many ordinary ones.
    pub(crate) fn heavy(ordinary: u64) -> People {
        let marked = (HEAVY_RECORDS / 2..HEAVY_RECORDS).collect();
        People::new(b'h', HEAVY, HEAVY_RECORDS, HEAVY_GROUPS, marked, ordinary)
    }

    /// Users of whom nothing is kept but their accounts, spread among so many ordinary ones: as neighbours they would
    /// share a page of the database, which nobody's users do.
    pub(crate) fn empty(ordinary: u64) -> People {
        People::new(EMPTY, HEAVY, 0, 0, vec![0], ordinary)
    }

    fn new(
        letter: u8,
        count: u64,
        records: u64,
        groups: u64,
        mut markable: Vec<u64>,
        ordinary: u64,
    ) -> People {
        markable.retain(|number| !is_chat_group(*number));
        People { letter, count, records, groups, markable, ordinary }
    }

    /// As many of them.
    pub(crate) fn first(self, count: u64) -> People {
        People { count, ..self }
    }

    /// The id of a user.
    pub(crate) fn id(&self, number: u64) -> [u8; ID_BYTES] {
        if self.letter != EMPTY {
            return id(self.letter, number);
        }
        let mut neighbour = id(b'u', number * (self.ordinary / HEAVY));
        neighbour[ID_BYTES - 1] = EMPTY;
        neighbour
    }

    /// The other side of a conversation of this user.
    pub(crate) fn peer(&self, user: u64, conversation: u64) -> [u8; ID_BYTES] {
        if is_chat_group(conversation) {
            return id(b'g', (user + conversation) % CHAT_GROUPS);
        }
        id(b'u', (user + 1 + conversation) % self.ordinary)
    }

    /// The groups that a conversation is in, by their numbers from 1.
    pub(crate) fn groups_of(&self, conversation: u64) -> Vec<u32> {
        if self.records == HEAVY_RECORDS {
            let is_grouped = conversation < HEAVY_RECORDS / 2;
            return if is_grouped { vec![(conversation % self.groups) as u32 + 1] } else { Vec::new() };
        }
        if conversation.is_multiple_of(2) { vec![1] } else { vec![1, 2] }
    }

    /// The custom mark of a conversation at first; its length stays.
    pub(crate) fn custom(&self, conversation: u64) -> &'static str {
        match self.records == HEAVY_RECORDS && conversation < HEAVY_RECORDS / 2 {
            true => "",
            false => "00000000",
        }
    }

    /// The standard mark of a conversation.
    pub(crate) fn mark(&self, conversation: u64) -> u64 {
        if self.custom(conversation).is_empty() { 0 } else { 0b110 }
    }
}

/// Whether a user's conversation of this number is with a chat group.
pub(crate) fn is_chat_group(conversation: u64) -> bool {
    conversation % 5 == 4
}

/// The id of a user or chat group.
pub(crate) fn id(letter: u8, mut number: u64) -> [u8; ID_BYTES] {
    let mut id = [b'0'; ID_BYTES];
    id[0] = letter;
    for digit in id[1..].iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    id
}

/// An id as text.
pub(crate) fn text(id: &[u8]) -> &str {
    str::from_utf8(id).expect("ids are letters and digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_users_stand_among_ordinary_ones() {
        let empty = People::empty(200_000);
        let ids: std::collections::BTreeSet<_> = (0..HEAVY).map(|number| empty.id(number)).collect();
        assert_eq!(ids.len() as u64, HEAVY);
        assert!(ids.contains(b"u0000000312e") && ids.iter().all(|id| id[..] < b"u00000199999"[..]));
    }

    #[test]
    fn ids_have_twelve_bytes_and_peers_differ() {
        assert_eq!(text(&id(b'u', 1_234)), "u00000001234");
        let people = People::ordinary(50);
        let peers: std::collections::BTreeSet<_> =
            (0..RECORDS).map(|number| people.peer(7, number)).collect();
        assert_eq!(peers.len() as u64, RECORDS);
        assert_eq!(people.peer(7, 4)[0], b'g');
        assert_eq!(people.markable, [0, 1, 2, 3, 5, 6, 7, 8]);
    }
}
