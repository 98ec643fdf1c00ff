//! The primitives of the stored formats: LEB128 integers and strings with a length before them.

/// Why bytes could not be read.
pub(super) type Malformed = &'static str;

pub(super) fn put_number(out: &mut Vec<u8>, number: impl Into<u128>) {
    let mut number = number.into();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

const TOO_LARGE: Malformed = "an integer is too large";

/// Reads fields one after the other. Never panics, whatever the bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or("ends too early")?;
        self.rest = rest;
        Ok(byte)
    }

    pub(super) fn fixed_u64(&mut self) -> Result<u64, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or("ends too early")?;
        self.rest = rest;
        Ok(u64::from_be_bytes(*bytes))
    }

    /// An integer of any width; fails if it does not fit.
    pub(super) fn number<T: TryFrom<u128>>(&mut self) -> Result<T, Malformed> {
        // Nearly every number ends within its first 63 bits, and arithmetic of 128 bits is slow.
        let mut low = 0_u64;
        for shift in (0..63).step_by(7) {
            let (bits, last) = self.seven_bits(shift)?;
            low |= u64::from(bits) << shift;
            if last {
                return T::try_from(u128::from(low)).map_err(|_| TOO_LARGE);
            }
        }
        let mut number = u128::from(low);
        for shift in (63..128).step_by(7) {
            let (bits, last) = self.seven_bits(shift)?;
            let bits = u128::from(bits);
            if (bits << shift) >> shift != bits {
                return Err(TOO_LARGE);
            }
            number |= bits << shift;
            if last {
                return T::try_from(number).map_err(|_| TOO_LARGE);
            }
        }
        Err(TOO_LARGE)
    }

    /// The next bits of an integer, of which `shift` were read before, and whether they are its last.
    fn seven_bits(&mut self, shift: u32) -> Result<(u8, bool), Malformed> {
        let byte = self.byte()?;
        // Only one way to write a number: what is read comes back the same when it is written.
        if byte == 0 && shift > 0 {
            return Err("an integer is not in its shortest form");
        }
        Ok((byte & 0x7f, byte & 0x80 == 0))
    }

    pub(super) fn text(&mut self, limit: usize) -> Result<&'a str, Malformed> {
        let length: usize = self.number()?;
        if length > limit {
            return Err("a text is too long");
        }
        let (text, rest) = self.rest.split_at_checked(length).ok_or("ends too early")?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| "a text is not UTF-8")
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err("bytes are left over") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, u128::from(u32::MAX), u128::from(u64::MAX), u128::MAX] {
            let mut out = Vec::new();
            put_number(&mut out, number);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.number::<u128>(), Ok(number));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let mut out = Vec::new();
        put_number(&mut out, u64::from(u32::MAX) + 1);
        assert_eq!(Reader::new(&out).number::<u32>(), Err("an integer is too large"));
        assert_eq!(Reader::new(&[0xff; 40]).number::<u128>(), Err("an integer is too large"));
        assert_eq!(Reader::new(&[0x80]).number::<u128>(), Err("ends too early"));
        assert_eq!(Reader::new(&[0x80, 0]).number::<u128>(), Err("an integer is not in its shortest form"));
    }

    #[test]
    fn nothing_may_be_left_over() {
        assert_eq!(Reader::new(&[0]).end(), Err("bytes are left over"));
        assert_eq!(Reader::new(&[]).end(), Ok(()));
    }

    #[test]
    fn texts_are_checked() {
        assert_eq!(Reader::new(&[3, b'a', b'b']).text(9), Err("ends too early"));
        assert_eq!(Reader::new(&[2, b'a', b'b']).text(1), Err("a text is too long"));
        assert_eq!(Reader::new(&[1, 0xff]).text(1), Err("a text is not UTF-8"));
        assert_eq!(Reader::new(&[2, b'a', b'b']).text(2), Ok("ab"));
    }
}
