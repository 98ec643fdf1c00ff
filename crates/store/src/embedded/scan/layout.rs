//! How LMDB lays out its file: meta pages, trees and the nodes of a page, read from bytes with distrust.
//!
//! Numbers are those of the machine that wrote the file; a file of the other byte order is reported as no database.

const MAGIC: u32 = 0xbeef_c0de;
const VERSION: u32 = 1;
pub(in crate::embedded) const META_PAGES: u64 = 2;
pub(in crate::embedded) const HEADER: usize = 16;
pub(in crate::embedded) const META_BYTES: usize = HEADER + 24 + 2 * TREE_BYTES + 16;
const TREE_BYTES: usize = 48;
const NODE_HEADER: usize = 8;
pub(in crate::embedded) const NO_PAGE: u64 = u64::MAX;

pub(in crate::embedded) const BRANCH: u16 = 0x01;
pub(in crate::embedded) const LEAF: u16 = 0x02;
pub(in crate::embedded) const OVERFLOW: u16 = 0x04;
const META: u16 = 0x08;
/// A node whose value is on overflow pages.
const BIG: u16 = 0x01;
/// The flag of the tree of free pages, whose keys are integers.
const INTEGER_KEY: u16 = 0x08;

/// A meta page: one of two states of everything, the newer of which counts.
pub(in crate::embedded) struct Meta {
    pub(in crate::embedded) page_bytes: usize,
    pub(in crate::embedded) free: Tree,
    pub(in crate::embedded) main: Tree,
    pub(in crate::embedded) last_page: u64,
    pub(in crate::embedded) transaction: u64,
}

/// One of the two trees, as its meta page describes it.
#[derive(Clone, Copy)]
pub(in crate::embedded) struct Tree {
    pub(in crate::embedded) name: &'static str,
    pub(in crate::embedded) depth: u16,
    pub(in crate::embedded) counts: Counts,
    pub(in crate::embedded) root: u64,
    pub(in crate::embedded) is_free: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::embedded) struct Counts {
    pub(in crate::embedded) branches: u64,
    pub(in crate::embedded) leaves: u64,
    pub(in crate::embedded) overflow: u64,
    pub(in crate::embedded) entries: u64,
}

impl Meta {
    /// Reads the meta page at the start of `page`, `None` if it is none.
    pub(in crate::embedded) fn read(page: &[u8], number: u64) -> Option<Meta> {
        let main_at = HEADER + 24 + TREE_BYTES;
        let tail = main_at + TREE_BYTES;
        let is_meta = page.len() >= META_BYTES
            && u64_at(page, 0) == number
            && u16_at(page, 10) == META
            && u32_at(page, HEADER) == MAGIC
            && u32_at(page, HEADER + 4) == VERSION
            && u64_at(page, HEADER + 8) == 0
            && u16_at(page, HEADER + 24 + 4) == INTEGER_KEY
            && u16_at(page, main_at + 4) == 0;
        if !is_meta {
            return None;
        }
        // LMDB keeps the size of pages in a field of the first tree that it does not need otherwise.
        let page_bytes = u32_at(page, HEADER + 24) as usize;
        let transaction = u64_at(page, tail + 8);
        let is_sound = page_bytes.is_power_of_two()
            && (512..=65536).contains(&page_bytes)
            // Transactions write the two meta pages in turn.
            && (transaction == 0 || transaction & 1 == number);
        is_sound.then(|| Meta {
            page_bytes,
            free: Tree::read("the tree of free pages", page, HEADER + 24, true),
            main: Tree::read("the tree of entries", page, main_at, false),
            last_page: u64_at(page, tail),
            transaction,
        })
    }
}

impl Tree {
    fn read(name: &'static str, page: &[u8], at: usize, is_free: bool) -> Tree {
        Tree {
            name,
            depth: u16_at(page, at + 6),
            counts: Counts {
                branches: u64_at(page, at + 8),
                leaves: u64_at(page, at + 16),
                overflow: u64_at(page, at + 24),
                entries: u64_at(page, at + 32),
            },
            root: u64_at(page, at + 40),
            is_free,
        }
    }
}

/// A node's place within its page.
pub(in crate::embedded) struct Node<'a> {
    /// Of a leaf.
    pub(in crate::embedded) value_bytes: usize,
    /// Of a branch.
    pub(in crate::embedded) child: u64,
    pub(in crate::embedded) is_big: bool,
    pub(in crate::embedded) key: &'a [u8],
    /// What follows the key on the page: a leaf's value or the number of its first overflow page.
    pub(in crate::embedded) rest: &'a [u8],
}

/// The nodes of a page, in order of key. `None` unless they fill the page from its upper bound to its end.
pub(in crate::embedded) fn nodes(page: &[u8], is_leaf: bool) -> Option<Vec<Node<'_>>> {
    let (lower, upper) = (u16_at(page, 12) as usize, u16_at(page, 14) as usize);
    // The upper bound of an empty page of 64 KiB would not fit; there are no empty pages in a tree.
    if lower <= HEADER || lower % 2 != 0 || lower > upper || upper > page.len() {
        return None;
    }
    let mut nodes = Vec::with_capacity((lower - HEADER) / 2);
    let mut places = Vec::with_capacity(nodes.capacity());
    for slot in (HEADER..lower).step_by(2) {
        let at = u16_at(page, slot) as usize;
        let node = page.get(at..).filter(|node| at >= upper && node.len() >= NODE_HEADER)?;
        let (low, high, flags) = (u16_at(node, 0), u16_at(node, 2), u16_at(node, 4));
        let value_bytes = usize::from(low) | usize::from(high) << 16;
        let is_big = is_leaf && flags == BIG;
        if is_leaf && flags != 0 && !is_big {
            return None;
        }
        let on_page = match (is_leaf, is_big) {
            (false, _) => 0,
            (true, true) => 8,
            (true, false) => value_bytes,
        };
        let (key, rest) = node[NODE_HEADER..].split_at_checked(u16_at(node, 6) as usize)?;
        let rest = rest.get(..on_page)?;
        let bytes = (NODE_HEADER + key.len() + on_page).next_multiple_of(2);
        places.push((at, at + bytes));
        let child = value_bytes as u64 | if is_leaf { 0 } else { u64::from(flags) << 32 };
        nodes.push(Node { value_bytes, child, is_big, key, rest });
    }
    places.sort_unstable();
    let mut end = upper;
    for (start, next) in places {
        if start != end {
            return None;
        }
        end = next;
    }
    (end == page.len()).then_some(nodes)
}

pub(in crate::embedded) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes(array_at(bytes, at))
}

pub(in crate::embedded) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(array_at(bytes, at))
}

pub(in crate::embedded) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(array_at(bytes, at))
}

/// The bytes at a place that the caller knows to be within `bytes`.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
