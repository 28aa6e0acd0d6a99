-- People. Times are ms UTC by the clock of the server. What a browser or a program shows as
-- proof (secrets, codes, tokens) is here as a hash only.

CREATE TABLE users (
    id                TEXT PRIMARY KEY,
    email             TEXT NOT NULL,
    -- Folded by us, so that two that look alike are one.
    email_key         TEXT NOT NULL UNIQUE,
    nick              TEXT NOT NULL,
    nick_key          TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    bio               TEXT NOT NULL DEFAULT '',
    -- Argon2id, as a PHC string.
    password          TEXT NOT NULL,
    role              TEXT NOT NULL,
    -- The version whose files are served; without one, initials.
    avatar            TEXT,
    language          TEXT NOT NULL,
    theme             TEXT NOT NULL,
    video_visibility  TEXT NOT NULL,
    -- Wants to be deleted at that time; may change their mind until then.
    leaves_at         BIGINT,
    created_at        BIGINT NOT NULL,
    CONSTRAINT users_role_check CHECK (role IN ('user', 'admin'))
);
CREATE INDEX users_leaving ON users (leaves_at) WHERE leaves_at IS NOT NULL;
CREATE INDEX users_admins ON users (role) WHERE role = 'admin';

-- Who may register where not everybody may.
CREATE TABLE invitations (
    id          TEXT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    -- Nobody: the command line. It goes with whoever made it.
    created_by  TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- Whom it was mailed to, if anybody; forgotten with them.
    email       TEXT,
    email_key   TEXT,
    uses        BIGINT NOT NULL DEFAULT 0,
    max_uses    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CONSTRAINT invitations_uses_check CHECK (uses >= 0 AND uses <= max_uses)
);
CREATE INDEX invitations_giver ON invitations (created_by);
CREATE INDEX invitations_email ON invitations (email_key) WHERE email_key IS NOT NULL;

-- A person to be. Reserves nothing: `users` decides in the transaction that takes the code.
CREATE TABLE registrations (
    -- The hash of the cookie.
    id               TEXT PRIMARY KEY,
    -- The id the person will have; the files of the avatar have it in their names already.
    user_id          TEXT NOT NULL UNIQUE,
    language         TEXT NOT NULL,
    -- NULL where the answer is missing or was lost to somebody else; the text then still
    -- stands in the field beside it.
    email            TEXT,
    email_key        TEXT,
    nick             TEXT,
    nick_key         TEXT,
    name             TEXT,
    password         TEXT,
    -- Which names it could hold; only the browser of the draft can ask.
    password_traces  TEXT,
    avatar           TEXT,
    avatar_answered  BIGINT NOT NULL DEFAULT 0,
    code             TEXT,
    code_tries       BIGINT NOT NULL DEFAULT 0,
    code_sends       BIGINT NOT NULL DEFAULT 0,
    code_sent_at     BIGINT,
    code_expires_at  BIGINT,
    -- The code was right once; only another address asks for another one.
    confirmed        BIGINT NOT NULL DEFAULT 0,
    -- What lets it in where not everybody may register.
    invitation       TEXT,
    admin_link       TEXT,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL
);
CREATE INDEX registrations_expiry ON registrations (expires_at);

-- One browser that is logged in.
CREATE TABLE sessions (
    id          TEXT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Kept after the browser is closed.
    remember    BIGINT NOT NULL,
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, used_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- API tokens: named, scoped, shown once.
CREATE TABLE tokens (
    id          TEXT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    scopes      TEXT NOT NULL,
    -- The last characters, so that its owner knows which one it is.
    hint        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    used_at     BIGINT,
    expires_at  BIGINT
);
CREATE INDEX tokens_user ON tokens (user_id, created_at);

-- A log-in of a program: a chain of refresh tokens, of which only the last one is good.
CREATE TABLE refresh_families (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);
CREATE INDEX refresh_families_user ON refresh_families (user_id);
CREATE INDEX refresh_families_expiry ON refresh_families (expires_at);

CREATE TABLE refresh_tokens (
    hash        TEXT PRIMARY KEY,
    family_id   TEXT NOT NULL REFERENCES refresh_families (id) ON DELETE CASCADE,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    -- Shown a second time after that, it revokes its family.
    spent_at    BIGINT
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);

-- Addresses that work once: a forgotten password, a new e-mail address, the first admin. And
-- whom a registration has become, by its cookie, for whoever lost the answer.
CREATE TABLE links (
    hash        TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
    email       TEXT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CONSTRAINT links_kind_check CHECK (kind IN ('reset', 'email', 'admin', 'arrival'))
);
CREATE INDEX links_user ON links (user_id, kind);
CREATE INDEX links_expiry ON links (expires_at);

-- What slows down who guesses, and from where people came in lately. In the database, so that
-- replicas and restarts count on. The key is a hash.
CREATE TABLE throttles (
    key        TEXT PRIMARY KEY,
    count      BIGINT NOT NULL,
    free_at    BIGINT NOT NULL,
    forget_at  BIGINT NOT NULL
);
CREATE INDEX throttles_forget ON throttles (forget_at);
