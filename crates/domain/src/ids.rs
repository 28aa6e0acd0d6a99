//! Identifiers: UUIDv7 inside, 22 characters of base58 in URLs, one newtype per entity.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Every id in a URL has exactly this many characters.
pub const ID_LENGTH: usize = 22;

/// Why a text is not an id. One variant: a person only needs to know that it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

fn encode(uuid: Uuid) -> String {
    // Base58 of 16 bytes has 16 to 22 characters; leading '1's (zero) make it a fixed width.
    let digits = bs58::encode(uuid.as_u128().to_be_bytes()).into_string();
    let trimmed = digits.trim_start_matches('1');
    format!("{trimmed:1>ID_LENGTH$}")
}

fn decode(text: &str) -> Result<Uuid, InvalidId> {
    if text.len() != ID_LENGTH {
        return Err(InvalidId);
    }
    let digits = text.trim_start_matches('1');
    let bytes = bs58::decode(digits).into_vec().map_err(|_| InvalidId)?;
    if bytes.len() > 16 {
        return Err(InvalidId);
    }
    let mut all = [0_u8; 16];
    all[16 - bytes.len()..].copy_from_slice(&bytes);
    Ok(Uuid::from_bytes(all))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, rising with time.
            #[cfg(not(target_arch = "wasm32"))]
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A person with an account.
    UserId,
    /// One browser that is logged in.
    SessionId,
    /// A token that a program shows instead of a password.
    TokenId,
    /// A log-in of a program: the chain of refresh tokens that came from it.
    FamilyId,
    /// An invitation to register.
    InvitationId,
    /// One version of somebody's avatar.
    AvatarId,
    /// A video, which several uploads may have fed and whose bytes an asset holds.
    VideoId,
    /// One source stream of a video on its way in.
    FlowId,
    /// Media by content: what several videos may share.
    AssetId,
    /// A unit of background work.
    JobId,
    /// One process that runs jobs.
    WorkerId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_22_characters_and_comes_back() {
        for value in [0, 1, 57, 58, u128::from(u64::MAX), u128::MAX] {
            let id = VideoId::from_uuid(Uuid::from_u128(value));
            let text = id.to_string();
            assert_eq!(text.len(), ID_LENGTH, "{text}");
            assert_eq!(text.parse::<VideoId>(), Ok(id));
        }
    }

    #[test]
    fn ids_rise_with_time_also_as_text_of_uuid() {
        let a = JobId::generate();
        let b = JobId::generate();
        assert!(a < b);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "short",
            "0OIl0OIl0OIl0OIl0OIl0O",
            "zzzzzzzzzzzzzzzzzzzzzz",
            "ééééééééééé",
            "1111111111111111111111x",
        ] {
            assert_eq!(text.parse::<VideoId>(), Err(InvalidId), "{text}");
        }
    }
}
