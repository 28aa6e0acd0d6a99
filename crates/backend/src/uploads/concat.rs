//! Concatenation: parts become one file.

use domain::ids::{FlowId, UserId};

use super::{Created, New, Uploads, UploadsError};

impl Uploads {
    pub(super) async fn concatenate(
        &self,
        _user: UserId,
        _new: &New,
        _pieces: &[FlowId],
    ) -> Result<Created, UploadsError> {
        Err(UploadsError::Internal("parts are not joined yet"))
    }
}
