//! What protects people and the server: the origin rule, headers, rate limits.

pub mod headers;
pub mod limits;
pub mod origin;
