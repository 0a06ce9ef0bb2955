//! Argon2id, in threads of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

use super::password::HashFault;

/// How many bytes a hash has.
const LENGTH: usize = Params::DEFAULT_OUTPUT_LEN;

/// How long memory is kept that no hash is computed in.
const KEPT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Threads that hash. They go on from one password to the next without a pause:
/// a thread that has just begun to run is not interrupted for some milliseconds
/// by others that have something to do, and one that has run for long is at once.
pub(super) struct Hashers {
    jobs: Sender<Job>,
}

impl Hashers {
    /// So many of them; they end when nothing more can come.
    pub fn new(threads: usize) -> Result<Self, HashFault> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            let thread = thread::Builder::new().name("passwords".to_owned());
            let spawned = thread.spawn(move || {
                step_back();
                work_off(&queue);
            });
            spawned.map_err(|error| HashFault::of(&error))?;
        }
        Ok(Self { jobs })
    }

    /// Does something in the memory of one of them.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashFault> {
        let (tell, told) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            // Not for whoever has gone meanwhile.
            if !tell.is_closed() {
                let _ = tell.send(job(memory));
            }
        };
        let queued = self.jobs.send(Box::new(job));
        queued.map_err(|error| HashFault::of(&error))?;
        told.await.map_err(|error| HashFault::of(&error))
    }
}

fn work_off(queue: &Mutex<Receiver<Job>>) {
    let mut memory = Memory::default();
    loop {
        let Ok(job) = queue.lock().map(|queue| queue.recv_timeout(KEPT)) else {
            return;
        };
        match job {
            Ok(job) => {
                // Whoever waits for it is told that nothing comes; the next one
                // is hashed all the same.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
            }
            Err(RecvTimeoutError::Timeout) => memory = Memory::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Lets other threads go first: whoever signs in waits rather than everyone
/// else. Systems on which a thread has no priority of its own are left alone.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "passwords are hashed at the usual priority");
    }
}

/// The niceness of threads that hash: a tenth of a processor where there is no
/// more.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// What a hash is computed in. Systems take long to give and to take back so
/// much at once, and other threads of the process that need any wait meanwhile.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// The hash of a password, in PHC form.
    pub fn hash(&mut self, params: &Params, password: &str) -> Result<String, HashFault> {
        let fault = |error| HashFault::of(&error);
        let salt = try_generate_salt().map_err(|error| HashFault::of(&error))?;
        let salt = Salt::new(&salt).map_err(|error| HashFault::of(&error))?;
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let argon2 = Argon2::new(algorithm, version, params.clone());
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(params).map_err(fault)?,
            salt: Some(salt),
            hash: Some(self.output(&argon2, LENGTH, password, &salt)?),
        };
        Ok(hash.to_string())
    }

    /// Whether a hash is of a password, in constant time.
    pub fn is_of(&mut self, hash: &PasswordHash, password: &str) -> Result<bool, HashFault> {
        let fault = |error| HashFault::of(&error);
        let params = Params::try_from(hash).map_err(fault)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(fault)?;
        let version = hash.version.unwrap_or(Version::V0x13.into());
        let version = Version::try_from(version).map_err(|error| HashFault::of(&error))?;
        let (Some(salt), Some(known)) = (&hash.salt, &hash.hash) else {
            return Err(HashFault::of(&"a hash without salt or output"));
        };
        let argon2 = Argon2::new(algorithm, version, params);
        Ok(self.output(&argon2, known.len(), password, salt)? == *known)
    }

    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        length: usize,
        password: &str,
        salt: &[u8],
    ) -> Result<Output, HashFault> {
        let blocks = argon2.params().block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        let mut output = [0; Output::MAX_LENGTH];
        let output = output
            .get_mut(..length)
            .ok_or_else(|| HashFault::of(&"a hash that is too long"))?;
        argon2
            .hash_password_into_with_memory(password.as_bytes(), salt, output, &mut self.0)
            .map_err(|error| HashFault::of(&error))?;
        Output::new(output).map_err(|error| HashFault::of(&error))
    }
}
