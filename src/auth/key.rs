use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey};

use super::algorithm::{Algorithm, LABEL};
use super::random::hex;

/// What files of shared secrets end with.
pub(super) const SECRET: &str = "secret";
/// The label of an RSA key in PEM as older tools write it.
const RSA_LABEL: &str = "RSA PRIVATE KEY";
/// How long a shared secret is at least, in bytes (RFC 7518, section 3.2).
const LEAST_SECRET: usize = 32;
/// How many different characters it has at least.
const LEAST_VARIETY: usize = 10;
/// How many bits an RSA key has at least (RFC 7518, section 3.3).
const LEAST_RSA_BITS: usize = 2048;

/// Words of secrets that stand in manuals, examples and lists of passwords.
const WELL_KNOWN: [&str; 12] = [
    "secret",
    "password",
    "passwort",
    "changeme",
    "change-me",
    "change_me",
    "example",
    "insecure",
    "qwerty",
    "letmein",
    "0123456789",
    "1234567890",
];

/// A key that tokens are signed with and verified by.
pub struct Key {
    id: String,
    algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    /// What is published of it; nothing of a shared secret.
    public: Option<Jwk>,
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error(
        "{0}: {1}; see that this user may read and write there, or make the first key with `purser \
         keys generate`"
    )]
    File(PathBuf, io::Error),
    /// Several files hold something else.
    #[error("{}", list(.0))]
    Several(Vec<KeyError>),
    /// The file holds something else.
    #[error(
        "{0}: not a private key in PEM (PKCS #8: Ed25519, P-256, or RSA of 2048 bits and more); \
         make one with `purser keys generate` or `openssl genpkey -algorithm ed25519`"
    )]
    Content(PathBuf),
    /// A shared secret that others may know.
    #[error("{0}: {1}; make one with `purser keys generate --algorithm HS256`")]
    Weak(PathBuf, &'static str),
    /// There is none to sign with.
    #[error("{0}: no key signs yet; make one with `purser keys generate`")]
    Empty(PathBuf),
    /// There is one already.
    #[error("{0}: there are keys already; `purser keys rotate` makes the next one")]
    Exists(PathBuf),
    /// A single file cannot hold the next one.
    #[error("{0}: is a file, and rotation takes a directory; move the file into one and name that")]
    NotADirectory(PathBuf),
    /// No key could be made.
    #[error("the system's random source failed")]
    Random,
}

fn list(errors: &[KeyError]) -> String {
    let errors: Vec<_> = errors.iter().map(KeyError::to_string).collect();
    errors.join("; ")
}

impl Key {
    /// Reads the file of a key: a shared secret where its name ends with
    /// `.secret`, a private key in PEM otherwise.
    ///
    /// # Errors
    /// [`KeyError`] where it cannot be read, holds no key, or one that others
    /// may know.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let content =
            fs::read_to_string(path).map_err(|error| KeyError::File(path.to_path_buf(), error))?;
        if path
            .extension()
            .is_some_and(|extension| extension == SECRET)
        {
            let secret = content.trim();
            if let Some(reason) = weakness(secret) {
                return Err(KeyError::Weak(path.to_path_buf(), reason));
            }
            return Ok(Self::of_secret(secret.as_bytes()));
        }
        Self::of_pem(&content).ok_or_else(|| KeyError::Content(path.to_path_buf()))
    }

    /// A key that lives as long as the process, for tests.
    ///
    /// # Errors
    /// [`KeyError::Random`] where the system has no randomness.
    pub fn ephemeral(algorithm: Algorithm) -> Result<Self, KeyError> {
        let content = algorithm.generate().ok_or(KeyError::Random)?;
        let key = match algorithm {
            Algorithm::Hs256 => Some(Self::of_secret(content.as_bytes())),
            _ => Self::of_pem(&content),
        };
        key.ok_or(KeyError::Random)
    }

    /// Names it in the header of its tokens.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The one algorithm that it is good for (RFC 8725, section 3.1).
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What others verify its tokens by (RFC 7517); nothing where that would
    /// let them sign.
    #[must_use]
    pub fn public(&self) -> Option<&Jwk> {
        self.public.as_ref()
    }

    fn of_secret(secret: &[u8]) -> Self {
        // A thumbprint would be a hash to try secrets against, so the name is
        // one that takes the secret to be computed, and little of it.
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, b"purser key id");
        Self {
            id: hex(&tag.as_ref()[..8]),
            algorithm: Algorithm::Hs256,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            public: None,
        }
    }

    fn of_pem(content: &str) -> Option<Self> {
        let pem = pem::parse(content).ok()?;
        let (tag, der) = (pem.tag(), pem.contents());
        let bytes = content.as_bytes();
        let (algorithm, encoding) = if tag == RSA_LABEL {
            let pair = rsa::KeyPair::from_der(der).ok()?;
            (strong(&pair)?, EncodingKey::from_rsa_pem(bytes).ok()?)
        } else if tag != LABEL {
            return None;
        } else if Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).is_ok() {
            (Algorithm::EdDsa, EncodingKey::from_ed_pem(bytes).ok()?)
        } else if EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).is_ok() {
            (Algorithm::Es256, EncodingKey::from_ec_pem(bytes).ok()?)
        } else {
            let pair = rsa::KeyPair::from_pkcs8(der).ok()?;
            (strong(&pair)?, EncodingKey::from_rsa_pem(bytes).ok()?)
        };
        let mut public = Jwk::from_encoding_key(&encoding, algorithm.library()).ok()?;
        let id = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(Self {
            id,
            algorithm,
            encoding,
            decoding: DecodingKey::from_jwk(&public).ok()?,
            public: Some(public),
        })
    }
}

fn strong(pair: &rsa::KeyPair) -> Option<Algorithm> {
    (pair.public_modulus_len() * 8 >= LEAST_RSA_BITS).then_some(Algorithm::Rs256)
}

/// Why a shared secret may be known to others.
fn weakness(secret: &str) -> Option<&'static str> {
    if secret.len() < LEAST_SECRET {
        return Some("a shared secret has at least 32 bytes");
    }
    let mut characters: Vec<char> = secret.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < LEAST_VARIETY {
        return Some("the shared secret repeats itself");
    }
    let lower = secret.to_lowercase();
    if WELL_KNOWN.iter().any(|word| lower.contains(word)) {
        return Some("the shared secret has a word in it that stands in every manual");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_makes_keys_that_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        for algorithm in Algorithm::ALL {
            let path = directory
                .path()
                .join(format!("key.{}", algorithm.extension()));
            fs::write(&path, algorithm.generate().unwrap()).unwrap();
            let key = Key::read(&path).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(key.public().is_none(), algorithm == Algorithm::Hs256);
            assert_eq!(key.id(), Key::read(&path).unwrap().id());
        }
    }

    #[test]
    fn what_is_published_holds_nothing_private() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
            let key = Key::ephemeral(algorithm).unwrap();
            let published = serde_json::to_value(key.public().unwrap()).unwrap();
            for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(published.get(member).is_none(), "{published}");
            }
        }
    }

    #[test]
    fn secrets_that_others_may_know_are_refused() {
        for weak in [
            "",
            "short",
            "your-256-bit-secret",
            "a-string-secret-at-least-256-bits-long",
            "abababababababababababababababababababab",
            "ChangeMe-ChangeMe-ChangeMe-ChangeMe-1a2b3c",
        ] {
            assert!(weakness(weak).is_some(), "{weak}");
        }
        assert_eq!(weakness(&Algorithm::Hs256.generate().unwrap()), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let small = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        for content in ["", "hello", small, public] {
            fs::write(&path, content).unwrap();
            assert!(matches!(Key::read(&path), Err(KeyError::Content(_))));
        }
    }
}
