-- Videos, and the way of their bytes. Times are ms UTC by the clock of the server.

-- Media by content. The key of its files is its id, from the first byte on.
CREATE TABLE assets (
    id          TEXT PRIMARY KEY,
    -- BLAKE3 of the original, and its size.
    hash        TEXT NOT NULL,
    size        BIGINT NOT NULL,
    -- 'removing' once its last video is gone: then its files go, and the row last.
    state       TEXT NOT NULL,
    -- A stable code, once it has failed.
    error       TEXT,
    playable    BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    CONSTRAINT assets_state_check
        CHECK (state IN ('queued', 'processing', 'ready', 'failed', 'removing'))
);
-- The same bytes are one asset. One that is being removed is nobody's any more: the same bytes
-- coming just then make another, under another id.
CREATE UNIQUE INDEX assets_hash_key ON assets (hash) WHERE state <> 'removing';
CREATE INDEX assets_removing ON assets (updated_at) WHERE state = 'removing';

CREATE TABLE videos (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title        TEXT NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    -- A JSON array of texts.
    tags         TEXT NOT NULL DEFAULT '[]',
    visibility   TEXT NOT NULL,
    status       TEXT NOT NULL,
    playable     BIGINT NOT NULL DEFAULT 0,
    -- Stable codes: why it failed, and what its owner should know.
    error        TEXT,
    warnings     TEXT NOT NULL DEFAULT '[]',
    asset        TEXT REFERENCES assets (id),
    poster       TEXT,
    views        BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CONSTRAINT videos_status_check
        CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    CONSTRAINT videos_visibility_check CHECK (visibility IN ('public', 'unlisted', 'private'))
);
CREATE INDEX videos_owner ON videos (owner, created_at);
CREATE INDEX videos_asset ON videos (asset) WHERE asset IS NOT NULL;

-- One stream of bytes on its way in: the source of a video, or a piece of one.
CREATE TABLE flows (
    id              TEXT PRIMARY KEY,
    owner           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- NULL for a piece, and once the video is gone.
    video           TEXT REFERENCES videos (id) ON DELETE SET NULL,
    role            TEXT NOT NULL,
    -- The id under which its bytes lie; the asset's, unless those bytes are here already.
    asset           TEXT NOT NULL UNIQUE,
    file_name       TEXT NOT NULL,
    file_type       TEXT,
    -- What the browser knows the file again by.
    fingerprint     TEXT,
    -- As they were sent: HEAD repeats them.
    metadata        TEXT,
    concat          TEXT,
    -- The hash its sender says the bytes have, and the one they have.
    claim           TEXT,
    hash            TEXT,
    bytes_received  BIGINT NOT NULL DEFAULT 0,
    -- NULL while its sender does not know it either.
    bytes_total     BIGINT,
    status          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    CONSTRAINT flows_role_check CHECK (role IN ('source', 'piece')),
    CONSTRAINT flows_status_check
        CHECK (status IN ('uploading', 'uploaded', 'ready', 'failed', 'abandoned')),
    CONSTRAINT flows_bytes_check
        CHECK (bytes_received >= 0 AND (bytes_total IS NULL OR bytes_received <= bytes_total)),
    -- What `upload_sessions` refers to.
    UNIQUE (id, status)
);
CREATE INDEX flows_owner ON flows (owner, created_at);
CREATE INDEX flows_video ON flows (video) WHERE video IS NOT NULL;
CREATE INDEX flows_over ON flows (status, updated_at);
CREATE INDEX flows_to_join ON flows (updated_at)
    WHERE role = 'source' AND status = 'uploaded' AND hash IS NULL;

-- What is needed to take the next byte. Exists exactly while its flow is 'uploading': the pair
-- of columns keeps a flow from leaving that state with a session.
CREATE TABLE upload_sessions (
    flow         TEXT PRIMARY KEY,
    status       TEXT NOT NULL DEFAULT 'uploading',
    -- Bytes that are on the disk.
    received     BIGINT NOT NULL DEFAULT 0,
    -- Raised by who takes over: what an older writer says after that is not heard.
    epoch        BIGINT NOT NULL DEFAULT 0,
    -- The state of the hash at that many bytes.
    checkpoint   TEXT NOT NULL DEFAULT '',
    -- When bytes last came, and when it is given up.
    received_at  BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    CONSTRAINT upload_sessions_status_check CHECK (status = 'uploading'),
    CONSTRAINT upload_sessions_flow_fkey FOREIGN KEY (flow, status)
        REFERENCES flows (id, status) ON DELETE CASCADE
);
CREATE INDEX upload_sessions_expiry ON upload_sessions (expires_at);

-- Which pieces a flow is joined from, in their order.
CREATE TABLE upload_pieces (
    flow      TEXT NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    position  BIGINT NOT NULL,
    piece     TEXT NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    PRIMARY KEY (flow, position)
);
CREATE INDEX upload_pieces_piece ON upload_pieces (piece);

-- The mark of the folder of files that belongs to this database.
CREATE TABLE media_home (
    id    BIGINT PRIMARY KEY,
    mark  TEXT NOT NULL,
    CONSTRAINT media_home_only_one_check CHECK (id = 1)
);
