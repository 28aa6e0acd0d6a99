//! Addresses, written once: pages link with them, the server mounts them, tests walk them.

pub const HOME: &str = "/";
pub const SEARCH: &str = "/search";
pub const ADMIN_UI: &str = "/admin/ui";
pub const EVENTS: &str = "/events";
pub const HEALTHZ: &str = "/healthz";
pub const READYZ: &str = "/readyz";
pub const METRICS: &str = "/metrics";
pub const OPENAPI: &str = "/api/openapi.json";
/// Files of the built site whose names carry their hash.
pub const PKG: &str = "/pkg";
