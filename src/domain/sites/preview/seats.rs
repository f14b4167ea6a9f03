//! The places for connections: how many are taken, and which of them are held by somebody who has not asked for anything yet.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All places.
#[derive(Debug, Default)]
pub struct Seats {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    taken: usize,
    next: u64,
    /// Those that are waited for, in the order in which the waiting began.
    idle: BTreeMap<u64, Arc<TcpStream>>,
}

impl Seats {
    /// Takes a place; how many others there are is with it.
    pub fn take(self: &Arc<Self>) -> Seat {
        let mut inner = self.lock();
        inner.taken += 1;
        Seat { seats: self.clone(), others: inner.taken - 1, number: Cell::default() }
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.lock().taken
    }

    /// Ends the connection whose next request has been waited for the longest; whether there is one.
    pub fn free_one(&self) -> bool {
        let oldest = self.lock().idle.pop_first();
        oldest.is_some_and(|(_, stream)| {
            // Whoever waits for it reads its end, and gives the place back.
            let _ = stream.shutdown(Shutdown::Both);
            true
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places, given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    /// How many were taken before it.
    pub others: usize,
    /// Among those that are waited for.
    number: Cell<Option<u64>>,
}

impl Seat {
    /// From now on `stream` is waited for: it may be ended, for others.
    pub fn enter(&self, stream: Arc<TcpStream>) {
        let mut inner = self.seats.lock();
        let number = inner.next;
        inner.next += 1;
        inner.idle.insert(number, stream);
        self.number.set(Some(number));
    }

    /// Does what waits for a whole head from `stream`.
    pub fn waiting<T>(&self, stream: Arc<TcpStream>, wait: impl FnOnce() -> T) -> T {
        if self.number.get().is_none() {
            self.enter(stream);
        }
        let done = wait();
        self.leave();
        done
    }

    fn leave(&self) {
        if let Some(number) = self.number.take() {
            self.seats.lock().idle.remove(&number);
        }
    }

    /// How many places are taken now.
    pub fn taken(&self) -> usize {
        self.seats.taken()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        self.seats.lock().taken -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_longest_wait_is_ended_and_no_other() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pair = || {
            let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (near, Arc::new(listener.accept().unwrap().0))
        };
        let seats = Arc::new(Seats::default());
        let ((mut first, one), (second, two)) = (pair(), pair());
        let (seat, other) = (seats.take(), seats.take());
        assert_eq!((seat.others, other.others, other.taken()), (0, 1, 2));
        assert!(!seats.free_one(), "nobody is waited for");
        seat.waiting(one, || {
            other.waiting(two, || {
                assert!(seats.free_one());
                assert_eq!(first.read(&mut [0]).unwrap(), 0);
                second.set_nonblocking(true).unwrap();
                assert!((&second).read(&mut [0]).is_err(), "it is still open");
            });
            assert!(!seats.free_one(), "one was ended, the other has asked");
        });
        drop(seat);
        assert_eq!(seats.taken(), 1);
    }
}
