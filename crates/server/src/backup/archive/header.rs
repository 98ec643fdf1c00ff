//! Headers of a tar file, as far as backups have them: a plain file with a name, a length and a time.

/// Everything in a tar file fills blocks.
pub(super) const BLOCK: usize = 512;
/// Bytes of a name.
pub(super) const NAME_BYTES_MAX: usize = 99;

/// Where fields stand, by the format "ustar" of POSIX.
const NAME: usize = 0;
const MODE: usize = 100;
const UID: usize = 108;
const GID: usize = 116;
const SIZE: usize = 124;
const TIME: usize = 136;
const SUM: usize = 148;
const KIND: usize = 156;
const MAGIC: usize = 257;

/// The largest length in octal digits; longer ones are written as GNU tar does.
const OCTAL_MAX: u64 = 0o77_777_777_777;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Letters, digits, `.`, `_` and `-`.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Unix seconds.
    pub(super) time: u64,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(NAME, self.name.as_bytes());
        // Readable by its owner alone wherever it is unpacked: these are the data of users.
        put(MODE, b"0000600\0");
        put(UID, b"0000000\0");
        put(GID, b"0000000\0");
        if self.bytes <= OCTAL_MAX {
            put(SIZE, format!("{:011o}\0", self.bytes).as_bytes());
        } else {
            put(SIZE, &[0x80, 0, 0, 0]);
            put(SIZE + 4, &self.bytes.to_be_bytes());
        }
        put(TIME, format!("{:011o}\0", self.time.min(OCTAL_MAX)).as_bytes());
        put(SUM, b"        ");
        put(KIND, b"0");
        put(MAGIC, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[SUM..SUM + 8].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Takes a header that [`Header::encode`] has made, and no other.
    pub(super) fn decode(block: &[u8; BLOCK]) -> Option<Header> {
        let name = block[NAME..=NAME_BYTES_MAX].split(|byte| *byte == 0).next()?;
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        if name.is_empty() || name.starts_with(b".") || !name.iter().all(is_plain) {
            return None;
        }
        let name = String::from_utf8(name.to_vec()).ok()?;
        let bytes = match block[SIZE] {
            0x80 => u64::from_be_bytes(*block[SIZE + 4..].first_chunk()?),
            _ => octal(&block[SIZE..SIZE + 11])?,
        };
        let header = Header { name, bytes, time: octal(&block[TIME..TIME + 11])? };
        (header.encode() == *block).then_some(header)
    }
}

/// How many zeros follow `bytes` bytes to fill the last block.
pub(super) fn padding(bytes: u64) -> usize {
    (BLOCK - (bytes % BLOCK as u64) as usize) % BLOCK
}

fn octal(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written_and_not_otherwise() {
        for bytes in [0, 1, OCTAL_MAX, OCTAL_MAX + 1, u64::MAX] {
            let header = Header { name: "data.mdb".to_owned(), bytes, time: 1_795_442_348 };
            let block = header.encode();
            assert_eq!(Header::decode(&block), Some(header));
            for bit in 0..BLOCK * 8 {
                let mut damaged = block;
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Header::decode(&damaged), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../data.mdb", "/etc/passwd", "a/b", ".", "..", ".hidden", ""] {
            let header = Header { name: name.to_owned(), bytes: 1, time: 0 };
            assert_eq!(Header::decode(&header.encode()), None, "{name}");
        }
    }
}
