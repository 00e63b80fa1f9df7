//! DKIM keys: read from PEM, made anew, used, and shown as the record that is published in the DNS (RFC 6376 §3.6.1,
//! RFC 8463 §4). Files, and who may read them, are the callers'.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

/// Below this, large receivers take a signature for none; RFC 8301 §3.2 asks for at least as much.
const LEAST_RSA_BITS: usize = 2048;

/// rsaEncryption, 1.2.840.113549.1.1.1, as DER writes it (RFC 8017 §A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-Ed25519, 1.3.101.112 (RFC 8410 §3).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// The two kinds of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RSA, which everybody can check.
    Rsa,
    /// Ed25519: a short record, and not yet checked everywhere.
    Ed25519,
}

impl Kind {
    /// As `a=` has it.
    pub(super) fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }

    /// As `k=` has it, and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// Why a key was not taken. Nothing of the key is in any text of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It contains no private key.
    #[error("holds no private key in PEM")]
    NotPem,
    /// Under a pass phrase.
    #[error("holds a key under a pass phrase")]
    Encrypted,
    /// An elliptic curve, as a rule.
    #[error("holds a key that is neither RSA nor Ed25519")]
    Foreign,
    /// RSA below 2048 bits.
    #[error("holds an RSA key of {bits} bits")]
    Short {
        /// How long it is.
        bits: usize,
    },
    /// Begins like a key, and is none.
    #[error("holds a damaged key")]
    Damaged,
}

/// A private key.
pub struct Key(Pair);

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, …)", self.kind().as_str())
    }
}

impl Key {
    /// Reads the first private key in PEM: PKCS#8 (RFC 5958) of either kind, or RSA in PKCS#1 (RFC 8017).
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        const ENCRYPTED: &[&[u8]] = &[b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
        if ENCRYPTED.iter().any(|mark| pem.windows(mark.len()).any(|window| window == *mark)) {
            return Err(KeyError::Encrypted);
        }
        match PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyError::NotPem)? {
            PrivateKeyDer::Pkcs1(der) => Self::rsa(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match pkcs8(der).ok_or(KeyError::Damaged)? {
                    (RSA, pkcs1) => Self::rsa(pkcs1),
                    (ED25519, _) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                        .map(|pair| Self(Pair::Ed25519(pair)))
                        .map_err(|_| KeyError::Damaged),
                    _ => Err(KeyError::Foreign),
                }
            }
            _ => Err(KeyError::Foreign),
        }
    }

    fn rsa(pkcs1: &[u8]) -> Result<Self, KeyError> {
        let bits = modulus_bits(pkcs1).ok_or(KeyError::Damaged)?;
        if bits < LEAST_RSA_BITS {
            return Err(KeyError::Short { bits });
        }
        RsaKeyPair::from_der(pkcs1).map(|pair| Self(Pair::Rsa(pair))).map_err(|_| KeyError::Damaged)
    }

    /// Makes a key, and gives it as PEM (PKCS#8); RSA of 2048 bits, for a record that name servers and mail servers
    /// take without trouble. `None` when the system gives no random bytes.
    #[must_use]
    pub fn generate(kind: Kind) -> Option<String> {
        let der = match kind {
            Kind::Rsa => {
                let der: Pkcs8V1Der<'_> = RsaKeyPair::generate(KeySize::Rsa2048).ok()?.as_der().ok()?;
                der.as_ref().to_vec()
            }
            // Version 1, without the public key: OpenSSL reads no other.
            Kind::Ed25519 => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        let lines = STANDARD.encode(der);
        let lines: Vec<&str> = lines.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Some(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
    }

    /// Which it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Pair::Rsa(_) => Kind::Rsa,
            Pair::Ed25519(_) => Kind::Ed25519,
        }
    }

    /// Signs the canonical header fields; `None` if the library does not.
    pub(super) fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature).ok()?;
                Some(signature)
            }
            // RFC 8463 §3: what is signed is the hash.
            Pair::Ed25519(pair) => Some(pair.try_sign(digest(&SHA256, data).as_ref()).ok()?.as_ref().to_vec()),
        }
    }

    /// The public key as `p=` has it: RSA as SubjectPublicKeyInfo, Ed25519 as its 32 bytes.
    fn public(&self) -> String {
        match &self.0 {
            Pair::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a key that was taken has a form");
                STANDARD.encode(der.as_ref())
            }
            Pair::Ed25519(pair) => STANDARD.encode(pair.public_key().as_ref()),
        }
    }
}

/// A TXT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `SELECTOR._domainkey.DOMAIN`.
    pub name: String,
    /// Its whole text.
    pub value: String,
}

impl Record {
    pub(super) fn new(domain: &str, selector: &str, key: &Key) -> Self {
        Self {
            name: format!("{selector}._domainkey.{domain}"),
            value: format!("v=DKIM1; k={}; p={}", key.kind().as_str(), key.public()),
        }
    }

    /// The text in strings of at most 255 bytes: a record holds no longer ones (RFC 1035 §3.3), and who reads it
    /// joins them.
    #[must_use]
    pub fn strings(&self) -> Vec<&str> {
        self.value.as_bytes().chunks(255).filter_map(|part| std::str::from_utf8(part).ok()).collect()
    }
}

/// Tag, content and what follows of the value that DER begins with (X.690 §8.1).
fn der(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The algorithm's identifier and the key itself (RFC 5958 §2).
fn pkcs8(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (0x30, info, _) = der(input)? else { return None };
    let (0x02, _version, rest) = der(info)? else { return None };
    let (0x30, algorithm, rest) = der(rest)? else { return None };
    let (0x06, identifier, _) = der(algorithm)? else { return None };
    let (0x04, key, _) = der(rest)? else { return None };
    Some((identifier, key))
}

/// How long the modulus of an RSA key is (RFC 8017 §A.1.2).
fn modulus_bits(pkcs1: &[u8]) -> Option<usize> {
    let (0x30, key, _) = der(pkcs1)? else { return None };
    let (0x02, _version, rest) = der(key)? else { return None };
    let (0x02, modulus, _) = der(rest)? else { return None };
    let first = modulus.iter().position(|byte| *byte != 0)?;
    Some((modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize)
}
