//! The pages of the data file, checked without following them through a map: trees, counts, and the list of free pages.
//!
//! LMDB keeps no checksum over its pages. What it does keep is redundant, and this uses all of it: each page knows its
//! number, the nodes of a page fill it without gaps, keys ascend within the bounds that the branches above give them,
//! the meta page counts pages and entries, and **every page is reachable exactly once**: it is in one of the two trees
//! or in the list of free pages. A page that is in both would be written over by a later commit; nothing else finds
//! such damage before it is done.
//!
//! The file is read page by page. Whatever is in it, nothing here panics, reads beyond a page or goes on for ever.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::layout::{
    BRANCH, Counts, HEADER, LEAF, META_BYTES, META_PAGES, Meta, NO_PAGE, Node, OVERFLOW, Tree, nodes, u16_at,
    u32_at, u64_at,
};

/// Problems that are collected; the rest is not looked for.
const PROBLEMS: usize = 100;
/// Levels of a tree that LMDB can follow.
const DEPTH: u16 = 32;

/// Checks the snapshot that the transaction `id` sees and keeps. `None` if its meta page was overwritten already.
pub(super) fn check(path: &Path, id: u64) -> io::Result<Option<Vec<String>>> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(META_BYTES as u64).read_to_end(&mut start)?;
    let Some(page_bytes) = Meta::read(&start, 0).map(|meta| meta.page_bytes) else {
        return Ok(Some(vec!["the first page is no meta page".to_owned()]));
    };
    let mut start = vec![0; 2 * page_bytes];
    file.seek(SeekFrom::Start(0))?;
    // One read, so that the two belong together.
    if let Err(error) = file.read_exact(&mut start) {
        return short(error).map(|problem| Some(vec![problem]));
    }
    let metas = [Meta::read(&start, 0), Meta::read(&start[page_bytes..], 1)];
    let [Some(first), Some(second)] = metas else {
        return Ok(Some(vec!["one of the first two pages is no meta page".to_owned()]));
    };
    if first.transaction.abs_diff(second.transaction) > 1 || second.page_bytes != page_bytes {
        let (first, second) = (first.transaction, second.transaction);
        return Ok(Some(vec![format!(
            "the meta pages do not belong together: transactions {first} and {second}"
        )]));
    }
    let (meta, older) = match id {
        id if id == first.transaction => (first, second),
        id if id == second.transaction => (second, first),
        _ => return Ok(None),
    };
    let mut walk = Walk::new(file.try_clone()?, &meta);
    finish(walk.everything(&meta))?;
    // The transaction also keeps the state before its own. If that has seen a later transaction than it claims, then
    // it is the newer one of the two, and the last transaction would be lost.
    let mut walk_back = Walk::new(file, &older);
    finish(walk_back.free_tree(&older))?;
    for problem in walk_back.problems {
        walk.problems.push(format!("in the state before the last transaction: {problem}"));
    }
    Ok(Some(walk.problems))
}

fn finish(walked: Result<(), Stop>) -> io::Result<()> {
    match walked {
        Err(Stop::Failed(error)) => Err(error),
        Ok(()) | Err(Stop::Enough) => Ok(()),
    }
}

/// Why a walk ends early.
enum Stop {
    Enough,
    Failed(io::Error),
}

struct Walk {
    file: File,
    page_bytes: usize,
    last_page: u64,
    transaction: u64,
    /// A bit for each page that was met.
    met: Vec<u64>,
    met_count: u64,
    problems: Vec<String>,
}

/// The state of the walk over one tree.
struct Progress {
    tree: Tree,
    counts: Counts,
    /// The key of the last entry.
    last_key: Option<Vec<u8>>,
}

impl Walk {
    fn new(file: File, meta: &Meta) -> Walk {
        Walk {
            file,
            page_bytes: meta.page_bytes,
            last_page: meta.last_page,
            transaction: meta.transaction,
            met: Vec::new(),
            met_count: 0,
            problems: Vec::new(),
        }
    }

    fn everything(&mut self, meta: &Meta) -> Result<(), Stop> {
        if !self.start()? {
            return Ok(());
        }
        for tree in [meta.main, meta.free] {
            self.tree(tree)?;
        }
        let missing = self.last_page + 1 - self.met_count;
        // Other damage hides pages; it was reported.
        if missing > 0 && self.problems.is_empty() {
            self.problem(format!("{missing} pages are neither in use nor free"))?;
        }
        Ok(())
    }

    fn free_tree(&mut self, meta: &Meta) -> Result<(), Stop> {
        if self.start()? { self.tree(meta.free) } else { Ok(()) }
    }

    /// Meets the meta pages. `false` if the number of pages cannot be right.
    fn start(&mut self) -> Result<bool, Stop> {
        let length = self.file.metadata().map_err(Stop::Failed)?.len();
        // Free pages at the end need not be in the file, but few are missing.
        if self.last_page < META_PAGES - 1 || self.last_page > length {
            self.problem(format!("the last page is said to be {}", self.last_page))?;
            return Ok(false);
        }
        self.met = vec![0; (self.last_page / 64 + 1) as usize];
        for page in 0..META_PAGES {
            self.meet(page)?;
        }
        Ok(true)
    }

    fn tree(&mut self, tree: Tree) -> Result<(), Stop> {
        let mut progress = Progress { tree, counts: Counts::default(), last_key: None };
        if tree.depth > DEPTH || (tree.root == NO_PAGE) != (tree.depth == 0) {
            return self.problem(format!("{} has depth {} and root {}", tree.name, tree.depth, tree.root));
        }
        if tree.root != NO_PAGE {
            self.page(&mut progress, tree.root, 1, None)?;
        }
        if progress.counts != tree.counts && self.problems.is_empty() {
            let (said, found) = (tree.counts, progress.counts);
            self.problem(format!("{} is said to have {said:?}, but has {found:?}", tree.name))?;
        }
        Ok(())
    }

    /// Walks a page and all below it. Keys must be less than `end`; that they are no less than what the branch above
    /// says is checked there.
    fn page(
        &mut self,
        progress: &mut Progress,
        number: u64,
        level: u16,
        end: Option<&[u8]>,
    ) -> Result<(), Stop> {
        let name = progress.tree.name;
        if !self.meet(number)? {
            return Ok(());
        }
        let Some(page) = self.read(number)? else {
            return Ok(());
        };
        let is_leaf = level == progress.tree.depth;
        if u16_at(&page, 10) != if is_leaf { LEAF } else { BRANCH } {
            return self.problem(format!("page {number} of {name} is of the wrong kind"));
        }
        let Some(nodes) = nodes(&page, is_leaf) else {
            return self.problem(format!("the nodes of page {number} of {name} are damaged"));
        };
        if is_leaf {
            progress.counts.leaves += 1;
        } else {
            progress.counts.branches += 1;
        }
        for (index, node) in nodes.iter().enumerate() {
            // The first key of a branch is never looked at, and may be anything.
            if is_leaf || index > 0 {
                self.key(progress, number, node.key, is_leaf, end)?;
            }
            if is_leaf {
                progress.counts.entries += 1;
                self.value(progress, number, node)?;
            } else {
                let end = nodes.get(index + 1).map(|next| next.key).or(end);
                self.page(progress, node.child, level + 1, end)?;
            }
        }
        Ok(())
    }

    /// Checks a key against the one before it, and against the end of its part of the tree.
    fn key(
        &mut self,
        progress: &mut Progress,
        number: u64,
        key: &[u8],
        is_leaf: bool,
        end: Option<&[u8]>,
    ) -> Result<(), Stop> {
        let is_free = progress.tree.is_free;
        if key.is_empty() || is_free && key.len() != 8 {
            return self.problem(format!(
                "page {number} of {} has a key of {} bytes",
                progress.tree.name,
                key.len()
            ));
        }
        let is_less = |one: &[u8], other: &[u8]| match is_free {
            true => other.len() == 8 && u64_at(one, 0) < u64_at(other, 0),
            false => one < other,
        };
        // A branch's key is greater than all before it, and no greater than all behind it.
        let follows = progress.last_key.as_ref().is_none_or(|last| is_less(last, key));
        if !follows || end.is_some_and(|end| !is_less(key, end)) {
            return self.problem(format!("page {number} of {} has a key out of order", progress.tree.name));
        }
        // An entry that is less than the branch's key above it is less than this in turn.
        progress.last_key = Some(if is_leaf { key.to_vec() } else { before(key, is_free) });
        Ok(())
    }

    fn value(&mut self, progress: &mut Progress, number: u64, node: &Node<'_>) -> Result<(), Stop> {
        let mut value = None;
        if node.is_big {
            let first = u64_at(node.rest, 0);
            let Some(pages) = self.overflow(first)? else {
                return Ok(());
            };
            progress.counts.overflow += pages;
            if (pages as usize).saturating_mul(self.page_bytes) < HEADER + node.value_bytes {
                return self
                    .problem(format!("a value on page {number} does not fit its {pages} overflow pages"));
            }
            if progress.tree.is_free {
                value = self.read_bytes(first, HEADER, node.value_bytes)?;
            }
        }
        if progress.tree.is_free {
            let value = value.as_deref().unwrap_or(node.rest);
            self.free_pages(u64_at(node.key, 0), value)?;
        }
        Ok(())
    }

    /// Meets the overflow pages from `first` on, and gives back how many they are.
    fn overflow(&mut self, first: u64) -> Result<Option<u64>, Stop> {
        if first > self.last_page {
            self.problem(format!("overflow page {first} is beyond the last page"))?;
            return Ok(None);
        }
        let Some(header) = self.read(first)? else {
            return Ok(None);
        };
        let pages = u64::from(u32_at(&header, 12));
        if u16_at(&header, 10) != OVERFLOW || pages == 0 || pages > self.last_page - first + 1 {
            self.problem(format!("page {first} is no overflow page"))?;
            return Ok(None);
        }
        for page in first..first + pages {
            if !self.meet(page)? {
                return Ok(None);
            }
        }
        Ok(Some(pages))
    }

    /// Checks one entry of the list of free pages: the pages that the transaction `key` freed, in descending order.
    fn free_pages(&mut self, key: u64, value: &[u8]) -> Result<(), Stop> {
        let count = if value.len() < 8 { NO_PAGE } else { u64_at(value, 0) };
        if key > self.transaction || count > (value.len() / 8) as u64 - u64::from(value.len() >= 8) {
            return self.problem(format!("the list of pages that transaction {key} freed is damaged"));
        }
        let mut last = NO_PAGE;
        for index in 1..=count as usize {
            let page = u64_at(value, index * 8);
            if page >= last {
                return self
                    .problem(format!("the list of pages that transaction {key} freed is out of order"));
            }
            last = page;
            self.meet(page)?;
        }
        Ok(())
    }

    /// Notes that a page was met. `false` if it cannot be, or was met before.
    fn meet(&mut self, page: u64) -> Result<bool, Stop> {
        if page > self.last_page {
            self.problem(format!("page {page} is beyond the last page"))?;
            return Ok(false);
        }
        let (word, bit) = ((page / 64) as usize, 1 << (page % 64));
        if self.met[word] & bit != 0 {
            self.problem(format!("page {page} is used twice, or in use and free"))?;
            return Ok(false);
        }
        self.met[word] |= bit;
        self.met_count += 1;
        Ok(true)
    }

    fn read(&mut self, number: u64) -> Result<Option<Vec<u8>>, Stop> {
        let page = self.read_bytes(number, 0, self.page_bytes)?;
        if page.as_ref().is_some_and(|page| u64_at(page, 0) != number) {
            self.problem(format!("page {number} has another number written on it"))?;
            return Ok(None);
        }
        Ok(page)
    }

    fn read_bytes(&mut self, page: u64, offset: usize, length: usize) -> Result<Option<Vec<u8>>, Stop> {
        let mut bytes = vec![0; length];
        let at = page * self.page_bytes as u64 + offset as u64;
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut bytes));
        if let Err(error) = read {
            let problem = short(error).map_err(Stop::Failed)?;
            self.problem(problem)?;
            return Ok(None);
        }
        Ok(Some(bytes))
    }

    fn problem(&mut self, problem: String) -> Result<(), Stop> {
        self.problems.push(problem);
        if self.problems.len() >= PROBLEMS { Err(Stop::Enough) } else { Ok(()) }
    }
}

/// The greatest key that is less than `key`, or something as good for comparing: what follows must be `key` or more.
fn before(key: &[u8], is_free: bool) -> Vec<u8> {
    if is_free {
        return u64_at(key, 0).saturating_sub(1).to_ne_bytes().to_vec();
    }
    let mut before = key.to_vec();
    match before.last_mut() {
        Some(0) => {
            before.pop();
        }
        Some(last) => {
            *last -= 1;
            // No key is longer than 511 bytes.
            before.resize(512, 0xff);
        }
        None => {}
    }
    before
}

/// A file that ends too early is a problem of the file; anything else one of reading it.
fn short(error: io::Error) -> io::Result<String> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok("the file ends before a page that is in use".to_owned()),
        _ => Err(error),
    }
}
