//! Errors as programs see them (RFC 9457) and the codes that name them.

use serde::{Deserialize, Serialize};

/// The body of every error answer of the API. `code` is stable; texts may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference; ours are `about:blank` until a page about each code exists.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// A sentence for a person.
    pub detail: String,
    pub code: String,
    /// The id under which the log knows this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
