//! What happens before the server serves: the data folder, its lock, the secret, the helper,
//! and the sentences for what is not as it should be.

mod bytes;
mod error;
mod folder;
mod helper;
mod lock;
mod secret;

pub use self::{
    bytes::Bytes,
    error::StartError,
    folder::{LOW_SPACE, free_space, prepare, probe},
    helper::{HELPER, HelperError, helper, helper_version},
    lock::{DataLock, is_held},
    secret::secret,
};
