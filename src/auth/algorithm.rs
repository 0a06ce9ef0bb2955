use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use pem::Pem;

/// The label of a PKCS #8 private key in PEM (RFC 7468, section 10).
pub(super) const LABEL: &str = "PRIVATE KEY";

/// How tokens are signed (RFC 7518, section 3.1; RFC 8037, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519: small, fast, and nothing to get wrong.
    EdDsa,
    /// ECDSA over P-256, for verifiers that do not know Ed25519.
    Es256,
    /// RSA of 2048 bits and more, for those that know neither.
    Rs256,
    /// A secret that signer and verifiers share, and that is never published.
    Hs256,
}

impl Algorithm {
    /// Every algorithm, the default first.
    pub const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Hs256];

    /// The name as in the header of a token.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm of that [`name`](Self::name), if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// What files of such keys end with.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Hs256 => super::key::SECRET,
            _ => "pem",
        }
    }

    /// The content of the file of a new key; none where the system has no
    /// randomness.
    pub(super) fn generate(self) -> Option<String> {
        let random = SystemRandom::new();
        let pem = |der: &[u8]| pem::encode(&Pem::new(LABEL, der));
        match self {
            Self::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8v1(&random).ok()?;
                Some(pem(document.as_ref()))
            }
            Self::Es256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let document = EcdsaKeyPair::generate_pkcs8(curve, &random).ok()?;
                Some(pem(document.as_ref()))
            }
            Self::Rs256 => {
                let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok()?;
                Some(pem(pair.as_der().ok()?.as_ref()))
            }
            Self::Hs256 => {
                let mut secret = [0; 32];
                random.fill(&mut secret).ok()?;
                Some(super::random::hex(&secret))
            }
        }
    }

    pub(super) fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
        }
    }
}
