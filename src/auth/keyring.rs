//! The keys that tokens are signed with and verified by.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use uuid::Uuid;

use super::algorithm::Algorithm;
use super::key::{Key, KeyError, SECRET};
use super::private_file;

/// How the name of a file says from when on its key signs.
const FROM: &str = "%Y%m%dT%H%M%SZ";

/// The keys that tokens are verified by. One of them signs: the one whose turn
/// began last.
///
/// They are files in a directory, or a single file. A file whose name begins
/// with a moment, as in `20261129T120000Z-3f9a.pem`, signs from then on and is
/// good for verification before; any other signs until such a moment comes. So
/// nodes that share the directory change over at the same time, and whoever
/// verifies by what is published has the next key before it is used.
pub struct Keyring {
    path: PathBuf,
    ring: RwLock<Arc<Ring>>,
}

/// What is known of the files.
#[derive(Default)]
struct Ring {
    keys: Vec<Turn>,
    /// By which a change is noticed.
    stamp: Stamp,
    /// Why some of the files are no keys.
    faults: Vec<KeyError>,
}

/// A key and when its turn to sign begins.
#[derive(Clone)]
pub struct Turn {
    /// The key.
    pub key: Arc<Key>,
    /// From when on it signs, unless another's turn began later.
    pub from: DateTime<Utc>,
    /// Where it is kept.
    pub file: PathBuf,
}

/// What a rotation did.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The file of the new key.
    pub added: PathBuf,
    /// From when on it signs.
    pub from: DateTime<Utc>,
    /// The files of keys whose last tokens have expired.
    pub removed: Vec<PathBuf>,
}

impl Keyring {
    /// Reads a directory of keys, or the file of one.
    ///
    /// # Errors
    /// [`KeyError`] where a file is no key, or there is none that signs.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let ring = Ring::read_all(path)?;
        if ring.signing(Utc::now()).is_none() {
            return Err(KeyError::Empty(path.to_path_buf()));
        }
        Ok(Self {
            path: path.to_path_buf(),
            ring: RwLock::new(Arc::new(ring)),
        })
    }

    /// Reads a directory of keys, or makes it with one. Two processes that
    /// start at once agree on the first one made.
    ///
    /// # Errors
    /// [`KeyError`] where the directory can be neither read nor made.
    pub fn read_or_generate(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::Empty(_)) => {}
            Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        match generate(path, Algorithm::EdDsa) {
            Ok(_) | Err(KeyError::Exists(_)) => Self::read(path),
            Err(error) => Err(error),
        }
    }

    /// Keys that live as long as the process, for tests; the last one signs.
    #[must_use]
    pub fn ephemeral(keys: Vec<Key>) -> Self {
        let turns = keys.into_iter().zip(0..).map(|(key, second)| Turn {
            key: Arc::new(key),
            from: DateTime::UNIX_EPOCH + Duration::from_secs(second),
            file: PathBuf::new(),
        });
        Self {
            path: PathBuf::new(),
            ring: RwLock::new(Arc::new(Ring {
                keys: turns.collect(),
                ..Ring::default()
            })),
        }
    }

    /// Looks whether the files have changed, and reads them again if so.
    /// Tells whether the keys are others now. A file that is gone or no longer
    /// a key is one less, for somebody may have taken it away on purpose.
    ///
    /// # Errors
    /// [`KeyError`] where nobody knows what is there; the keys stay as they
    /// were.
    pub fn reload(&self) -> Result<bool, KeyError> {
        if self.path.as_os_str().is_empty() {
            return Ok(false);
        }
        let known = self.ring();
        let stamp = match stamp(&self.path) {
            Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            stamp => stamp?,
        };
        if stamp == known.stamp && known.faults.is_empty() {
            return Ok(false);
        }
        let ring = Ring::of(stamp);
        let is_other = !(ring.keys.iter().map(|turn| turn.key.id()))
            .eq(known.keys.iter().map(|turn| turn.key.id()));
        if is_other || ring.stamp != known.stamp {
            for fault in &ring.faults {
                tracing::error!(error = %fault, "a file is no signing key");
            }
            if ring.keys.is_empty() {
                tracing::error!("no key is left: nobody can sign in, and no token is taken");
            }
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(is_other)
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self, now: DateTime<Utc>) -> Option<Arc<Key>> {
        self.ring().signing(now).map(|turn| turn.key.clone())
    }

    /// The key of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Key>> {
        let ring = self.ring();
        let mut keys = ring.keys.iter().map(|turn| &turn.key);
        keys.find(|key| key.id() == id).cloned()
    }

    /// Every key, the first turn first.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        self.ring().keys.clone()
    }

    /// What others verify tokens by (RFC 7517, section 5).
    #[must_use]
    pub fn published(&self) -> JwkSet {
        let ring = self.ring();
        let keys = ring.keys.iter().filter_map(|turn| turn.key.public());
        JwkSet {
            keys: keys.cloned().collect(),
        }
    }

    fn ring(&self) -> Arc<Ring> {
        // The ring is whole whenever the lock is free.
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Names, sizes and times of files.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Ring {
    /// Reads the files, each of which must be a key.
    fn read_all(path: &Path) -> Result<Self, KeyError> {
        let mut ring = Self::of(stamp(path)?);
        match (ring.faults.pop(), ring.faults.is_empty()) {
            (None, _) => Ok(ring),
            (Some(fault), true) => Err(fault),
            (Some(fault), false) => {
                ring.faults.push(fault);
                Err(KeyError::Several(ring.faults))
            }
        }
    }

    fn of(stamp: Stamp) -> Self {
        let mut keys = Vec::with_capacity(stamp.len());
        let mut faults = Vec::new();
        for (file, ..) in &stamp {
            match Key::read(file) {
                Ok(key) => keys.push(Turn {
                    key: Arc::new(key),
                    from: turn_of(file).unwrap_or(DateTime::UNIX_EPOCH),
                    file: file.clone(),
                }),
                Err(fault) => faults.push(fault),
            }
        }
        // Files come in the order of their names, which decides among equals.
        keys.sort_by_key(|turn| turn.from);
        Self {
            keys,
            stamp,
            faults,
        }
    }

    fn signing(&self, now: DateTime<Utc>) -> Option<&Turn> {
        self.keys.iter().rev().find(|turn| turn.from <= now)
    }
}

/// The files of keys, by name, and what tells whether they have changed.
fn stamp(path: &Path) -> Result<Stamp, KeyError> {
    let failed = |error| KeyError::File(path.to_path_buf(), error);
    let mut files = Vec::new();
    let is_directory = fs::metadata(path).map_err(failed)?.is_dir();
    if is_directory {
        for entry in fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let is_key = file
                .extension()
                .is_some_and(|extension| extension == "pem" || extension == SECRET);
            if is_key {
                files.push(file);
            }
        }
        files.sort();
    } else {
        files.push(path.to_path_buf());
    }
    let mut stamp = Vec::with_capacity(files.len());
    for file in files {
        match fs::metadata(&file) {
            Ok(known) => stamp.push((file, known.len(), known.modified().ok())),
            // It was taken away just now.
            Err(error) if is_directory && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(KeyError::File(file, error)),
        }
    }
    Ok(stamp)
}

/// The moment that the name of a file begins with.
fn turn_of(file: &Path) -> Option<DateTime<Utc>> {
    let name = file.file_stem()?.to_str()?;
    let moment = name.split('-').next()?;
    let moment = NaiveDateTime::parse_from_str(moment, FROM).ok()?;
    Some(moment.and_utc())
}

/// Makes the first key of a directory, which signs at once.
///
/// # Errors
/// [`KeyError`] where there are keys already or it cannot be written.
pub fn generate(directory: &Path, algorithm: Algorithm) -> Result<PathBuf, KeyError> {
    private_file::make_directory(directory)
        .map_err(|error| KeyError::File(directory.to_path_buf(), error))?;
    if !stamp(directory)?.is_empty() {
        return Err(KeyError::Exists(directory.to_path_buf()));
    }
    // A name that two processes would both choose, so that one of them is late.
    let file = directory.join(format!("first.{}", algorithm.extension()));
    write(&file, algorithm)?;
    Ok(file)
}

/// Makes the next key of a directory, which signs from `from` on, and removes
/// those that stopped to sign longer than `lifetime` before `now`: by then
/// their last tokens have expired.
///
/// # Errors
/// [`KeyError`] where there is no key yet, or files cannot be written.
pub fn rotate(
    directory: &Path,
    algorithm: Algorithm,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    lifetime: Duration,
) -> Result<Rotation, KeyError> {
    if directory.is_file() {
        return Err(KeyError::NotADirectory(directory.to_path_buf()));
    }
    let ring = Ring::read_all(directory)?;
    if ring.keys.is_empty() {
        return Err(KeyError::Empty(directory.to_path_buf()));
    }
    let name = format!(
        "{}-{}.{}",
        from.format(FROM),
        &Uuid::new_v4().simple().to_string()[..8],
        algorithm.extension()
    );
    let added = directory.join(name);
    write(&added, algorithm)?;
    let mut removed = Vec::new();
    for pair in ring.keys.windows(2) {
        if pair[1].from + lifetime < now {
            let file = &pair[0].file;
            fs::remove_file(file).map_err(|error| KeyError::File(file.clone(), error))?;
            removed.push(file.clone());
        }
    }
    Ok(Rotation {
        added,
        from,
        removed,
    })
}

fn write(file: &Path, algorithm: Algorithm) -> Result<(), KeyError> {
    let content = algorithm.generate().ok_or(KeyError::Random)?;
    private_file::create(file, content.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists(file.to_path_buf()),
        _ => KeyError::File(file.to_path_buf(), error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn ids(ring: &Keyring) -> Vec<String> {
        let turns = ring.turns();
        turns.iter().map(|turn| turn.key.id().to_owned()).collect()
    }

    #[test]
    fn the_first_key_is_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let first = Keyring::read_or_generate(&path).unwrap();
        let again = Keyring::read_or_generate(&path).unwrap();
        assert_eq!(ids(&first), ids(&again));
        assert!(matches!(
            generate(&path, Algorithm::EdDsa),
            Err(KeyError::Exists(_))
        ));
    }

    #[test]
    fn the_next_key_verifies_at_once_and_signs_when_its_turn_comes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        generate(path, Algorithm::EdDsa).unwrap();
        let ring = Keyring::read(path).unwrap();
        let (now, old) = (Utc::now(), ids(&ring)[0].clone());
        assert!(!ring.reload().unwrap());
        rotate(path, Algorithm::Es256, now + MINUTE, now, MINUTE).unwrap();
        assert!(ring.reload().unwrap());
        let [first, next] = ids(&ring).try_into().unwrap();
        assert_eq!(first, old);
        assert!(ring.find(&next).is_some());
        assert_eq!(ring.published().keys.len(), 2);
        assert_eq!(ring.signing(now).unwrap().id(), old);
        assert_eq!(ring.signing(now + MINUTE).unwrap().id(), next);
    }

    #[test]
    fn a_key_is_removed_once_its_last_tokens_have_expired() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        generate(path, Algorithm::EdDsa).unwrap();
        let begin = Utc::now();
        let turn = |now| rotate(path, Algorithm::EdDsa, now, now, MINUTE).unwrap();
        assert_eq!(turn(begin).removed.len(), 0);
        assert_eq!(turn(begin + MINUTE / 2).removed.len(), 0);
        let removed = turn(begin + MINUTE * 2).removed;
        assert_eq!(removed.len(), 2, "{removed:?}");
        assert_eq!(Ring::read_all(path).unwrap().keys.len(), 2);
    }

    #[test]
    fn what_is_gone_or_no_key_any_more_is_not_trusted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let first = generate(path, Algorithm::EdDsa).unwrap();
        let now = Utc::now();
        let second = rotate(path, Algorithm::EdDsa, now, now, MINUTE).unwrap();
        let ring = Keyring::read(path).unwrap();
        let [old, new] = ids(&ring).try_into().unwrap();
        let content = fs::read(&first).unwrap();
        fs::write(&first, "half a key").unwrap();
        assert!(ring.reload().unwrap());
        assert_eq!(ids(&ring), [new.as_str()]);
        assert!(matches!(Keyring::read(path), Err(KeyError::Content(..))));
        fs::write(&first, content).unwrap();
        assert!(ring.reload().unwrap());
        assert_eq!(ids(&ring), [old, new]);
        fs::remove_file(&first).unwrap();
        fs::remove_file(&second.added).unwrap();
        assert!(ring.reload().unwrap());
        assert_eq!(ids(&ring).len(), 0);
        assert!(ring.signing(Utc::now()).is_none());
        assert!(!ring.reload().unwrap());
        fs::remove_dir(path).unwrap();
        assert!(!ring.reload().unwrap());
    }

    #[test]
    fn a_single_file_is_not_rotated() {
        let directory = tempfile::tempdir().unwrap();
        let file = generate(directory.path(), Algorithm::EdDsa).unwrap();
        let now = Utc::now();
        let rotated = rotate(&file, Algorithm::EdDsa, now, now, MINUTE);
        assert!(matches!(rotated, Err(KeyError::NotADirectory(_))));
        assert_eq!(Keyring::read(&file).unwrap().turns().len(), 1);
    }
}
