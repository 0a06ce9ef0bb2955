use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use pem::Pem;

/// The label of a PKCS #8 private key in PEM (RFC 7468, section 10).
const LABEL: &str = "PRIVATE KEY";

/// The Ed25519 key that tokens are signed with.
pub struct SigningKey {
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The file holds something else.
    #[error(
        "{0}: not an Ed25519 private key in PEM; make one with \
         `openssl genpkey -algorithm ed25519 -out FILE`"
    )]
    Content(PathBuf),
    /// No key could be made.
    #[error("the system's random source failed")]
    Random,
}

impl SigningKey {
    /// Reads a PKCS #8 key in PEM.
    ///
    /// # Errors
    /// [`KeyError`] where the file cannot be read or holds no Ed25519 key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let content = fs::read(path).map_err(|error| KeyError::File(path.to_path_buf(), error))?;
        let wrong = || KeyError::Content(path.to_path_buf());
        let pem = pem::parse(content).map_err(|_| wrong())?;
        if pem.tag() != LABEL {
            return Err(wrong());
        }
        Self::from_pkcs8(pem.contents()).ok_or_else(wrong)
    }

    /// Reads the key, or makes one that only the owner of the process can
    /// read. Two processes that start at once agree on the first one made.
    ///
    /// # Errors
    /// [`KeyError`] where the file can be neither read nor made.
    pub fn read_or_generate(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        let document =
            Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let text = pem::encode(&Pem::new(LABEL, document.as_ref()));
        match create_private(path, text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(KeyError::File(path.to_path_buf(), error))
            }
            _ => Self::read(path),
        }
    }

    /// A key that lives as long as the process, for tests.
    ///
    /// # Errors
    /// [`KeyError::Random`] where the system has no randomness.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
            .ok()
            .and_then(|document| Self::from_pkcs8(document.as_ref()))
            .ok_or(KeyError::Random)
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        Some(Self {
            encoding: EncodingKey::from_ed_der(der),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        })
    }
}

/// Writes a file that appears whole or not at all, readable by its owner only.
fn create_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked
}
