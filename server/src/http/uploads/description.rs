//! The protocol as the description of the API shows it. The routes themselves take any method,
//! since a header may name another one.
#![expect(dead_code, reason = "carries the descriptions of the routes beside it")]

use domain::problem::Problem;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(options, create, status, append, terminate),
    tags((
        name = "uploads",
        description = "Sending files with tus 1.0.0 (https://tus.io): creation, \
                       creation-with-upload, creation-defer-length, expiration, checksum, \
                       checksum-trailer, termination, concatenation. Every request but OPTIONS \
                       says `Tus-Resumable: 1.0.0`. Needs a session, an access token, or an API \
                       token with the scope `upload`. `X-HTTP-Method-Override` is obeyed."
    ))
)]
struct Uploads;

pub(super) fn uploads() -> utoipa::openapi::OpenApi {
    Uploads::openapi()
}

/// What this server allows
#[utoipa::path(
    options, path = "/uploads", tag = "uploads", operation_id = "upload_options",
    responses((status = 204, description = "Versions, extensions, the largest size and the checksums, in headers."))
)]
fn options() {}

/// Begin an upload
#[utoipa::path(
    post, path = "/uploads", tag = "uploads", operation_id = "create_upload",
    params(
        ("Tus-Resumable" = String, Header, description = "`1.0.0`"),
        ("Upload-Length" = Option<u64>, Header, description = "Bytes of the whole file."),
        ("Upload-Defer-Length" = Option<String>, Header, description = "`1` when the length will be said later."),
        ("Upload-Metadata" = Option<String>, Header, description = "All optional: `filename`, `filetype`, `title`, `visibility`, `blake3` (content that is the sender's already needs no bytes), `fingerprint`."),
        ("Upload-Concat" = Option<String>, Header, description = "`partial`, or `final;` and the addresses of the parts."),
        ("Upload-Checksum" = Option<String>, Header, description = "Of the bytes of this request: `sha1`, `sha256` or `blake3`, a space, base64."),
    ),
    request_body(content = String, content_type = "application/offset+octet-stream", description = "The first bytes; may be missing."),
    responses(
        (status = 201, description = "It has begun: `Location`, `Upload-Offset`, `Upload-Expires`, `Kadr-Video`; `Kadr-Duplicate-Of` when nothing needs to be sent."),
        (status = 400, description = "A header cannot be understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is logged in.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token was not made for this.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another version of tus.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large, over the quota, or more bytes than announced.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither video, sound nor GIF; or bytes of another type.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many at a time; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 460, description = "The checksum does not fit; nothing has begun.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "No room at the moment; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
    )
)]
fn create() {}

/// How an upload stands
#[utoipa::path(
    head, path = "/uploads/{flow}", tag = "uploads", operation_id = "upload_status",
    params(("flow" = String, Path, description = "The id of the upload.")),
    responses(
        (status = 200, description = "`Upload-Offset`, `Upload-Length` or `Upload-Defer-Length`, `Upload-Metadata`, `Upload-Concat`, `Upload-Expires`, `Kadr-Video`."),
        (status = 401, description = "Nobody is logged in."),
        (status = 403, description = "The token was not made for this."),
        (status = 404, description = "There is no such upload of yours."),
        (status = 410, description = "It was given up."),
        (status = 412, description = "Another version of tus."),
        (status = 423, description = "The server cannot say just now; ask again."),
    )
)]
fn status() {}

/// Send bytes
#[utoipa::path(
    patch, path = "/uploads/{flow}", tag = "uploads", operation_id = "append_to_upload",
    params(
        ("flow" = String, Path, description = "The id of the upload."),
        ("Upload-Offset" = u64, Header, description = "Where the bytes belong."),
        ("Upload-Length" = Option<u64>, Header, description = "Once, when it was deferred."),
        ("Upload-Checksum" = Option<String>, Header, description = "Of the bytes of this request; also as a trailer."),
    ),
    request_body(content = String, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "They are kept: `Upload-Offset`, `Upload-Expires`."),
        (status = 400, description = "A header cannot be understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is logged in.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It has all its bytes, or the token was not made for this.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such upload of yours.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The upload stands elsewhere; nothing was changed.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It was given up.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another version of tus.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "More bytes than announced; of this request stays what a HEAD has acknowledged.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Another type than application/offset+octet-stream.", body = Problem, content_type = "application/problem+json"),
        (status = 423, description = "Another connection sends to it, or has taken it over; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 460, description = "The checksum does not fit; none of these bytes are kept.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing came for a minute, the server stops, or the database is away: what had come is kept; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "No room at the moment; what fitted is kept.", body = Problem, content_type = "application/problem+json"),
    )
)]
fn append() {}

/// Give an upload up
#[utoipa::path(
    delete, path = "/uploads/{flow}", tag = "uploads", operation_id = "terminate_upload",
    params(("flow" = String, Path, description = "The id of the upload.")),
    responses(
        (status = 204, description = "It is gone, and its bytes."),
        (status = 401, description = "Nobody is logged in.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It is finished, so remove the video instead; or the token was not made for this.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such upload of yours.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It was given up before.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another version of tus.", body = Problem, content_type = "application/problem+json"),
        (status = 423, description = "Another connection sends to it; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; see `Retry-After`.", body = Problem, content_type = "application/problem+json"),
    )
)]
fn terminate() {}
