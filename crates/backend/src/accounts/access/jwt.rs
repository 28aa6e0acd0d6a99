//! The access token: a JWT signed with HS256.
//!
//! `jsonwebtoken` brings its cryptography as a provider; its own ones pull in RSA and elliptic
//! curves that we never use. Ours is HMAC-SHA256 and nothing else, so no token can ask for
//! another algorithm.

use std::sync::Once;

use domain::{
    accounts::Role,
    ids::{FamilyId, UserId},
};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{self, Verifier},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::super::{AccountsError, Key};

/// What a token says. `jti` is unique and begins with the log-in it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::accounts) struct Claims {
    pub(super) sub: UserId,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) family: FamilyId,
    pub(super) role: Role,
}

/// As it is written (reference/wire-contracts.md B).
#[derive(Serialize, Deserialize)]
struct Wire {
    sub: UserId,
    iat: i64,
    exp: i64,
    jti: String,
    role: Role,
}

/// Signs and reads. Cheap to clone.
#[derive(Clone)]
pub(in crate::accounts) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Signer {
    pub(in crate::accounts) fn new(key: &Key) -> Self {
        static PROVIDER: CryptoProvider = CryptoProvider {
            signer_factory,
            verifier_factory,
            key_utils: KeyUtils::new_unimplemented(),
        };
        static INSTALLED: Once = Once::new();
        // Nobody else in the house uses the crate, so nobody can have been faster.
        INSTALLED.call_once(|| {
            let _ = PROVIDER.install_default();
        });
        let secret = key.derive("access tokens");
        let mut validation = Validation::new(Algorithm::HS256);
        // The time is looked at here, by the clock of the house and without leeway.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self {
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
            validation,
        }
    }

    pub(super) fn sign(&self, claims: &Claims) -> Result<String, AccountsError> {
        let unique = bs58::encode(rand::random::<[u8; 12]>()).into_string();
        let wire = Wire {
            sub: claims.sub,
            iat: claims.iat,
            exp: claims.exp,
            jti: format!("{}.{unique}", claims.family),
            role: claims.role,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &wire, &self.encoding)
            .map_err(|_| AccountsError::Internal("a token could not be signed"))
    }

    /// What a token says, if it is one of ours and not too old at `now` (in seconds).
    pub(super) fn read(&self, token: &str, now: i64) -> Option<Claims> {
        // Far more than one of ours has; a header may be larger than a reader's patience.
        if token.len() > 2048 {
            return None;
        }
        let wire = jsonwebtoken::decode::<Wire>(token, &self.decoding, &self.validation)
            .ok()?
            .claims;
        let family = wire.jti.split_once('.')?.0.parse().ok()?;
        (wire.exp > now).then_some(Claims {
            sub: wire.sub,
            iat: wire.iat,
            exp: wire.exp,
            family,
            role: wire.role,
        })
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(secret)
            .map(Self)
            .map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?))
}

fn verifier_factory(
    algorithm: &Algorithm,
    key: &DecodingKey,
) -> Result<Box<dyn JwtVerifier>, Error> {
    Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?))
}

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        // Compares in constant time.
        mac.verify_slice(signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secret: &str) -> Signer {
        Signer::new(&Key::of(secret).unwrap())
    }

    fn claims() -> Claims {
        Claims {
            sub: UserId::generate(),
            iat: 1_000,
            exp: 4_600,
            family: FamilyId::generate(),
            role: Role::Admin,
        }
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn part(token: &str, at: usize) -> serde_json::Value {
        use base64::Engine as _;
        let part = token.split('.').nth(at).unwrap();
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn says_what_the_contract_says() {
        let (signer, claims) = (signer(SECRET), claims());
        let token = signer.sign(&claims).unwrap();
        assert_eq!(
            part(&token, 0),
            serde_json::json!({"typ": "JWT", "alg": "HS256"})
        );
        let body = part(&token, 1);
        let mut keys: Vec<_> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, ["exp", "iat", "jti", "role", "sub"]);
        assert_eq!(body["role"], "admin");
        assert_eq!(body["sub"], claims.sub.to_string());
        assert_eq!(signer.read(&token, 4_599), Some(claims.clone()));
        assert_eq!(signer.read(&token, 4_600), None, "its time is over");
        assert_ne!(signer.sign(&claims).unwrap(), token, "jti is unique");
    }

    #[test]
    fn nobody_else_can_make_one() {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
        let (ours, claims) = (signer(SECRET), claims());
        let token = ours.sign(&claims).unwrap();
        let theirs = signer("another secret of thirty-two bytes")
            .sign(&claims)
            .unwrap();
        let [head, body, signature]: [&str; 3] =
            token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let none = BASE64.encode(r#"{"typ":"JWT","alg":"none"}"#);
        let other = BASE64.encode(r#"{"typ":"JWT","alg":"HS512"}"#);
        let later = BASE64.encode(part(&token, 1).to_string().replace("4600", "9999999999"));
        for forged in [
            theirs.as_str(),
            &format!("{none}.{body}."),
            &format!("{none}.{body}.{signature}"),
            &format!("{other}.{body}.{signature}"),
            &format!("{head}.{later}.{signature}"),
            &format!("{head}.{body}"),
            &format!("{head}.{body}."),
            &format!("{token}x"),
            &"a.".repeat(5000),
            "",
            "...",
            "not a token",
        ] {
            assert_eq!(ours.read(forged, 2_000), None, "{forged}");
        }
    }
}
