//! Addresses, written once: pages link with them, the server mounts them, tests walk them.

pub const HOME: &str = "/";
pub const SEARCH: &str = "/search";
/// The page to upload on, and the form on it.
pub const UPLOAD: &str = "/upload";
/// Uploads as tus has them; the id of one comes after a slash.
pub const UPLOADS: &str = "/uploads";
/// Where videos are watched; the id of one comes after it.
pub const WATCH: &str = "/v/";
pub const ADMIN_UI: &str = "/admin/ui";
pub const EVENTS: &str = "/events";
pub const HEALTHZ: &str = "/healthz";
pub const READYZ: &str = "/readyz";
pub const METRICS: &str = "/metrics";
pub const OPENAPI: &str = "/api/openapi.json";
/// Files of the built site whose names carry their hash.
pub const PKG: &str = "/pkg";
