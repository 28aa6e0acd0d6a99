-- Background work. The table is the truth; the queue only says that there is some.
-- Times are ms UTC by the clock of the database.

CREATE TABLE jobs (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    lane         TEXT NOT NULL,
    -- What it works for (`video:…`), whose turn it takes, and what it needs to know (JSON).
    subject      TEXT,
    owner        TEXT,
    payload      TEXT NOT NULL,
    -- At most one unfinished job has a given key.
    dedup        TEXT,
    -- Smaller is sooner; among equals by turn (owners alternate), then by age.
    priority     BIGINT NOT NULL,
    turn         BIGINT NOT NULL,
    state        TEXT NOT NULL,
    waiting_for  TEXT,
    -- A running job that somebody wants stopped. It stays `running` until it has stopped.
    cancel       BIGINT NOT NULL DEFAULT 0,
    -- Tries that count, and how often it was claimed at all: the fence against late writers.
    tries        BIGINT NOT NULL DEFAULT 0,
    max_tries    BIGINT NOT NULL,
    attempt      BIGINT NOT NULL DEFAULT 0,
    not_before   BIGINT NOT NULL DEFAULT 0,
    lease_until  BIGINT,
    worker       TEXT,
    progress     DOUBLE PRECISION NOT NULL DEFAULT 0,
    error        TEXT,
    created_at   BIGINT NOT NULL,
    started_at   BIGINT,
    finished_at  BIGINT,
    CONSTRAINT jobs_state_check
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT jobs_lease_check
        CHECK ((state = 'running') = (worker IS NOT NULL AND lease_until IS NOT NULL))
);

-- The order of service: claiming is one scan of its head.
CREATE INDEX jobs_next ON jobs (lane, priority, turn, created_at) WHERE state = 'queued';
-- The last turn somebody took.
CREATE INDEX jobs_turns ON jobs (owner, lane, priority, turn)
    WHERE state IN ('queued', 'running');
CREATE INDEX jobs_leases ON jobs (worker, lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_subject ON jobs (subject, created_at) WHERE subject IS NOT NULL;
CREATE UNIQUE INDEX jobs_dedup_key ON jobs (dedup)
    WHERE dedup IS NOT NULL AND state IN ('queued', 'running');

-- Processes that run jobs, as they last said.
CREATE TABLE workers (
    id          TEXT PRIMARY KEY,
    host        TEXT NOT NULL,
    version     TEXT NOT NULL,
    -- Jobs it was running.
    load        BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);

-- Things only one process may do at a time (the scheduler).
CREATE TABLE leases (
    name        TEXT PRIMARY KEY,
    holder      TEXT NOT NULL,
    held_until  BIGINT NOT NULL
);
