use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::Client;

/// So many units of something, of which one client has half at most: whatever it
/// takes, it keeps nobody else out.
pub(crate) struct Shares {
    units: u32,
    /// How many of them one client may have.
    share: u32,
    free: Arc<Semaphore>,
    clients: Clients,
}

/// Those who have some or wait for it, by their network.
type Clients = Arc<Mutex<HashMap<String, Share>>>;

/// What a client has not taken of its share.
struct Share {
    free: Arc<Semaphore>,
    users: usize,
}

/// What somebody has taken, given back when it is dropped.
#[derive(Default)]
pub(crate) struct Portion(Option<Taken>);

struct Taken {
    of_share: OwnedSemaphorePermit,
    of_all: OwnedSemaphorePermit,
    _user: User,
}

/// One who uses the share of a client, which is forgotten after the last.
struct User {
    clients: Clients,
    network: String,
    share: Arc<Semaphore>,
}

impl Shares {
    pub fn new(units: usize) -> Self {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        Self {
            share: (units / 2).max(1),
            ..Self::undivided(units)
        }
    }

    /// The same, of which whoever comes may have all.
    pub fn undivided(units: u32) -> Self {
        Self {
            units,
            share: units,
            free: Arc::new(Semaphore::new(units as usize)),
            clients: Clients::default(),
        }
    }

    /// How many units one client may have.
    pub fn share(&self) -> u32 {
        self.share
    }

    /// Waits until nobody has any.
    pub async fn given_back(&self) {
        drop(self.free.acquire_many(self.units).await);
    }

    /// So many units, if the client may have them and they are there. More than a
    /// share is all of it.
    pub fn take(&self, client: &Client, units: u32) -> Option<Portion> {
        if units == 0 {
            return Some(Portion::default());
        }
        let units = units.min(self.share);
        let user = self.user(client);
        Some(Portion(Some(Taken {
            of_share: user.share.clone().try_acquire_many_owned(units).ok()?,
            of_all: self.free.clone().try_acquire_many_owned(units).ok()?,
            _user: user,
        })))
    }

    /// The same once the client may have them and they are there. While it waits
    /// for its share it has nothing that others wait for.
    pub async fn wait_for(&self, client: &Client, units: u32) -> Portion {
        if units == 0 {
            return Portion::default();
        }
        Portion(self.wait(self.user(client), units.min(self.share)).await)
    }

    async fn wait(&self, user: User, units: u32) -> Option<Taken> {
        let of_share = user.share.clone().acquire_many_owned(units).await.ok()?;
        let of_all = self.free.clone().acquire_many_owned(units).await.ok()?;
        Some(Taken {
            of_share,
            of_all,
            _user: user,
        })
    }

    fn user(&self, client: &Client) -> User {
        let network = client.network();
        let mut clients = locked(&self.clients);
        let share = clients.entry(network.clone()).or_insert_with(|| Share {
            free: Arc::new(Semaphore::new(self.share as usize)),
            users: 0,
        });
        share.users += 1;
        User {
            clients: self.clients.clone(),
            network,
            share: share.free.clone(),
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let mut clients = locked(&self.clients);
        if let Some(share) = clients.get_mut(&self.network) {
            share.users -= 1;
            if share.users == 0 {
                clients.remove(&self.network);
            }
        }
    }
}

fn locked(clients: &Clients) -> MutexGuard<'_, HashMap<String, Share>> {
    // It is whole whenever the lock is free.
    clients.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Portion {
    pub fn units(&self) -> u32 {
        let units = self
            .0
            .as_ref()
            .map_or(0, |taken| taken.of_all.num_permits());
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// Adds what the same client has taken of the same.
    pub fn join(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(taken), Some(other)) => {
                taken.of_share.merge(other.of_share);
                taken.of_all.merge(other.of_all);
            }
            (taken @ None, other) => *taken = other,
            (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::pin::pin;

    use futures_util::poll;

    use super::*;

    /// The client at an address of its own.
    pub fn client(last: u8) -> Client {
        Client {
            address: Some([192, 0, 2, last].into()),
            ..Client::default()
        }
    }

    fn is_forgotten(shares: &Shares) -> bool {
        locked(&shares.clients).is_empty()
    }

    #[test]
    fn one_client_takes_half_at_most() {
        let shares = Shares::new(10);
        let mut mine = shares.take(&client(1), 2).unwrap();
        mine.join(shares.take(&client(1), 3).unwrap());
        assert_eq!(mine.units(), 5);
        assert!(shares.take(&client(1), 1).is_none());
        let all = shares.take(&client(2), 100).unwrap();
        assert_eq!(all.units(), 5);
        assert!(shares.take(&client(3), 1).is_none());
        drop(mine);
        assert_eq!(shares.take(&client(3), 1).unwrap().units(), 1);
        assert_eq!(shares.take(&client(1), 0).unwrap().units(), 0);
        drop(all);
        assert!(is_forgotten(&shares));
    }

    #[test]
    fn of_one_unit_somebody_has_it() {
        let shares = Shares::new(1);
        let one = shares.take(&client(1), 1);
        assert!(one.is_some() && shares.take(&client(2), 1).is_none());
        assert!(Shares::new(0).take(&client(1), 1).is_none());
    }

    #[tokio::test]
    async fn a_client_waits_for_its_own_share_and_keeps_nobody_out() {
        let shares = Shares::new(10);
        let (one, other) = (client(1), client(2));
        let mine = shares.wait_for(&one, 4).await;
        {
            let mut waits = pin!(shares.wait_for(&one, 5));
            assert!(poll!(&mut waits).is_pending());
            let mut behind = pin!(shares.wait_for(&one, 1));
            assert!(poll!(&mut behind).is_pending());
            // It holds none of what others may have.
            assert_eq!(shares.wait_for(&other, 100).await.units(), 5);
            assert_eq!(shares.free.available_permits(), 6);
            drop(mine);
            assert_eq!(waits.await.units(), 5);
            assert_eq!(behind.await.units(), 1);
        }
        assert!(is_forgotten(&shares));
    }

    #[tokio::test]
    async fn who_waits_no_longer_is_forgotten() {
        let shares = Shares::new(4);
        let all = [1, 2].map(|last| shares.take(&client(last), 2));
        for last in [1, 3] {
            let client = client(last);
            let mut waits = pin!(shares.wait_for(&client, 2));
            assert!(poll!(&mut waits).is_pending());
        }
        assert_eq!(locked(&shares.clients).len(), 2);
        drop(all);
        assert!(is_forgotten(&shares));
        assert_eq!(shares.free.available_permits(), 4);
    }
}
