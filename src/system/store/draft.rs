//! What is written of a file before it takes the place of another.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use tempfile::NamedTempFile;

/// So much is copied at once by hand.
const COPIED: usize = 1 << 18;
/// So much is written before the disk is asked to begin.
const STRIDE: u64 = 8 << 20;

/// A file that is being written, to take another one's place.
#[derive(Debug)]
pub struct Draft {
    out: io::BufWriter<NamedTempFile>,
    /// Brings to the disk what is written, each time it is asked, while we go on writing.
    ahead: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Draft {
    pub(super) fn new(temp: NamedTempFile, buffer: usize) -> Self {
        Self { out: io::BufWriter::with_capacity(buffer, temp), ahead: None }
    }

    /// The file with all that was written; not yet all of it need be on the disk.
    pub(super) fn finish(self) -> io::Result<NamedTempFile> {
        let Self { out, ahead } = self;
        let temp = out.into_inner().map_err(io::IntoInnerError::into_error);
        if let Some((ask, ahead)) = ahead {
            drop(ask);
            let _ = ahead.join();
        }
        temp
    }

    /// Makes room for so many bytes, where that can be had beforehand.
    pub fn expect(&mut self, bytes: u64) {
        #[cfg(target_os = "linux")]
        if bytes > COPIED as u64 {
            let keep = rustix::fs::FallocateFlags::KEEP_SIZE;
            let _ = rustix::fs::fallocate(self.out.get_ref().as_file(), keep, 0, bytes);
        }
        // The last sync tells what went wrong; this one only shortens it.
        if let Some(file) = (bytes > STRIDE).then(|| self.out.get_ref().as_file().try_clone().ok()).flatten()
        {
            let (ask, asked) = mpsc::channel();
            let sync = move || asked.iter().for_each(|()| drop(file.sync_data()));
            self.ahead = Some((ask, thread::spawn(sync)));
        }
    }

    /// Appends what lies at `range` of `from`.
    pub fn copy(&mut self, from: &File, range: Range<u64>) -> io::Result<()> {
        self.out.flush()?;
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + STRIDE);
            let to = self.out.get_mut().as_file_mut();
            let at = copy_within_system(from, to, start..end);
            copy_by_hand(from, to, at..end)?;
            if let Some((ask, _)) = &self.ahead {
                let _ = ask.send(());
            }
            start = end;
        }
        Ok(())
    }
}

/// Has the system copy what it can; says where it stopped, which is the end where all went well.
#[cfg(target_os = "linux")]
fn copy_within_system(from: &File, to: &File, range: Range<u64>) -> u64 {
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at).unwrap_or(usize::MAX);
        match rustix::fs::copy_file_range(from, Some(&mut at), to, None, most) {
            Ok(1..) => {}
            // Another file system, an old kernel, a full disk: copying by hand will tell.
            Ok(0) | Err(_) => break,
        }
    }
    at
}

#[cfg(not(target_os = "linux"))]
fn copy_within_system(_: &File, _: &File, range: Range<u64>) -> u64 {
    range.start
}

fn copy_by_hand(from: &File, to: &mut File, range: Range<u64>) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let mut buffer = vec![0; usize::try_from(range.end - range.start).unwrap_or(COPIED).min(COPIED)];
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at).unwrap_or(COPIED).min(buffer.len());
        match from.read_at(&mut buffer[..most], at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => {
                to.write_all(&buffer[..got])?;
                at += got as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
