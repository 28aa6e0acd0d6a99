-- What becomes of an original: the plan, its steps, and the files they made. Times are ms UTC by
-- the clock of the server. Everything here goes with its asset.

-- What is being done: 'queued', 'probing', 'packaging', 'encoding', 'finishing', 'done'.
ALTER TABLE assets ADD COLUMN stage TEXT NOT NULL DEFAULT 'queued';
-- How long it plays, in microseconds, once that is known.
ALTER TABLE assets ADD COLUMN duration BIGINT;
-- Stable codes of what its owner should know (a JSON array).
ALTER TABLE assets ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
-- Raised with every change that manifests show: who has written them knows whether they are
-- still right.
ALTER TABLE assets ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
-- How often looking at it has failed since somebody last asked for it. (A worker that dies is
-- nobody's failure.)
ALTER TABLE assets ADD COLUMN probes BIGINT NOT NULL DEFAULT 0;
-- What the probe found and what was planned then (JSON). Written once, followed to the end.
-- The last columns: hours of film have megabytes of it, which nobody reads past.
ALTER TABLE assets ADD COLUMN facts TEXT;
ALTER TABLE assets ADD COLUMN plan TEXT;
CREATE INDEX assets_underway ON assets (updated_at) WHERE state IN ('queued', 'processing');

-- The newest job of a step, whatever became of it.
CREATE INDEX jobs_dedup ON jobs (dedup, created_at) WHERE dedup IS NOT NULL;

-- One piece of work each, as `encode:3`. Each has a job while it waits or runs.
CREATE TABLE steps (
    asset        TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    -- In the order of the plan.
    position     BIGINT NOT NULL,
    -- 'left_out': it failed, and the video does without.
    state        TEXT NOT NULL,
    required     BIGINT NOT NULL,
    -- How often it came to its end: once, whatever crashed meanwhile.
    made         BIGINT NOT NULL DEFAULT 0,
    -- How often it has failed since somebody last asked for it.
    tries        BIGINT NOT NULL DEFAULT 0,
    -- Why it failed: a stable code, a sentence for a person, and the last words of the helper.
    code         TEXT,
    reason       TEXT,
    log          TEXT,
    -- What it took (JSON): milliseconds and bytes.
    cost         TEXT,
    finished_at  BIGINT,
    PRIMARY KEY (asset, name),
    CONSTRAINT steps_state_check CHECK (state IN ('waiting', 'done', 'failed', 'left_out'))
);

-- A picture of one size, or a sound track.
CREATE TABLE renditions (
    asset              TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    -- The folder of its files, as `v720` or `a0`.
    folder             TEXT NOT NULL,
    position           BIGINT NOT NULL,
    -- Of the init, once there is one: all parts have the same.
    codec              TEXT,
    timescale          BIGINT,
    init_bytes         BIGINT,
    digest             TEXT,
    -- Bits a second as measured, once it is whole.
    bandwidth          BIGINT,
    average_bandwidth  BIGINT,
    PRIMARY KEY (asset, folder)
);

-- The segments that one step made for a rendition.
CREATE TABLE parts (
    asset     TEXT NOT NULL,
    folder    TEXT NOT NULL,
    -- The number of its first segment.
    first     BIGINT NOT NULL,
    -- How many, and what is known of each (JSON).
    segments  BIGINT NOT NULL,
    list      TEXT NOT NULL,
    bytes     BIGINT NOT NULL,
    PRIMARY KEY (asset, folder, first),
    CONSTRAINT parts_rendition_fkey FOREIGN KEY (asset, folder)
        REFERENCES renditions (asset, folder) ON DELETE CASCADE
);

-- Posters, storyboards, waveforms, subtitles: whatever is one file.
CREATE TABLE extras (
    asset   TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    -- Below the folder of the asset.
    file    TEXT NOT NULL,
    -- The step that made it.
    step    TEXT NOT NULL,
    bytes   BIGINT NOT NULL,
    PRIMARY KEY (asset, file)
);
