//! The codes with which uploads are refused.

/// What a person may meet who sends with a program that makes no mistakes, from `/uploads` and
/// from the form at `/upload`. Each of them wants a sentence on the page. Headers that nobody
/// can read have codes of their own, for who writes such a program.
pub const REFUSALS: [&str; 28] = [
    "upload_busy",
    "upload_checksum",
    "upload_empty",
    "upload_false_claim",
    "upload_finished",
    "upload_gone",
    "upload_missing",
    "upload_no_room",
    "upload_not_media",
    "upload_offset",
    "upload_quota",
    "upload_stopping",
    "upload_taken_over",
    "upload_too_large",
    "upload_too_long",
    "upload_too_many",
    "upload_too_many_files",
    "upload_unknown",
    "visibility_unknown",
    "body_too_large",
    "unreadable_body",
    "too_slow",
    "too_many_requests",
    "not_logged_in",
    "forbidden",
    "foreign_origin",
    "unavailable",
    "internal",
];
