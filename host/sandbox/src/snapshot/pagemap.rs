//! Which pages of this process were written to since they were mapped, from the kernel.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;

use crate::snapshot::PAGE_BYTES;

/// The kernel's view of the memory of this process (`PAGEMAP_SCAN`, Linux 6.7 and later).
pub(crate) struct Pagemap(File);

/// `struct pm_scan_arg` of `linux/fs.h`.
#[repr(C)]
#[derive(Default)]
struct ScanArg {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region` of `linux/fs.h`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

/// `PAGEMAP_SCAN`: `_IOWR('f', 16, struct pm_scan_arg)`.
const SCAN: libc::c_ulong = 0xC060_6610;
const IS_FILE: u64 = 1 << 2;
const IS_PRESENT: u64 = 1 << 3;
const IS_SWAPPED: u64 = 1 << 4;
const REGIONS: usize = 128;

impl Pagemap {
    /// Opens the map, if this kernel can be asked.
    pub(crate) fn open() -> Option<Self> {
        let map = Self(File::open("/proc/self/pagemap").ok()?);
        let probe = [0u8; 1];
        map.written(&probe).ok().map(|_| map)
    }

    /// The written pages that hold these bytes, as ranges of bytes from their start, in order. The bytes begin at the
    /// start of a page, or there is only one page of them.
    pub(crate) fn written(&self, bytes: &[u8]) -> io::Result<Vec<Range<usize>>> {
        let page = PAGE_BYTES as u64;
        let base = bytes.as_ptr().addr() as u64;
        let end = (base + bytes.len() as u64).next_multiple_of(page);
        let mut at = base / page * page;
        let mut found = Vec::new();
        let mut regions = [Region::default(); REGIONS];
        while at < end {
            let mut arg = ScanArg {
                size: size_of::<ScanArg>() as u64,
                start: at,
                end,
                vec: regions.as_mut_ptr().expose_provenance() as u64,
                vec_len: REGIONS as u64,
                // Not those of the file that they were mapped from. Pages that the kernel lets share its page of zeros count:
                // it may be the guest that has zeroed them.
                category_inverted: IS_FILE,
                category_mask: IS_FILE,
                category_anyof_mask: IS_PRESENT | IS_SWAPPED,
                return_mask: IS_PRESENT | IS_SWAPPED,
                ..ScanArg::default()
            };
            let count = scan(&self.0, &mut arg)?;
            for region in regions.iter().take(count) {
                let (from, to) = (region.start.max(base) - base, region.end - base);
                found.push(from as usize..(to as usize).min(bytes.len()));
            }
            // Full of regions, it stopped behind the last of them.
            let walked = arg.walk_end.max(regions.get(count.wrapping_sub(1)).map_or(0, |last| last.end));
            if count < REGIONS || walked <= at {
                break;
            }
            at = walked;
        }
        Ok(found)
    }
}

#[allow(unsafe_code, reason = "there is no safe way to this ioctl")]
fn scan(map: &File, arg: &mut ScanArg) -> io::Result<usize> {
    // SAFETY: the argument is the structure that the ioctl takes, and `vec` points to `vec_len` regions that the
    // caller owns and lets be written. The memory between `start` and `end` is not touched.
    let count = unsafe { libc::ioctl(map.as_raw_fd(), SCAN as _, std::ptr::from_mut(arg)) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}
