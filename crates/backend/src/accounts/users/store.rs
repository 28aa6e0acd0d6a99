//! The table of users.

use domain::{
    accounts::{Bio, Nick, Role, VideoDefaults, Visibility},
    forms::{email::Email, name::DisplayName},
    ids::{AvatarId, UserId},
    language::Language,
    theme::Theme,
};
use sqlx::{Row, any::AnyRow};

use super::{
    super::rows::{maybe, parsed, ruled},
    User,
};
use crate::db::{Db, DbError, Filter, Tx};

/// The constraints that decide whose a nick and an address are.
pub(in crate::accounts) const EMAIL: &str = "users_email_key_key";
pub(in crate::accounts) const NICK: &str = "users_nick_key_key";

/// Every column of [`User`], for queries of other tables that end in a user.
macro_rules! columns {
    () => {
        "users.id, users.email, users.nick, users.name, users.bio, users.role, users.avatar, \
         users.language, users.theme, users.video_visibility, users.leaves_at, users.created_at"
    };
}
pub(in crate::accounts) use columns;

/// Somebody, and what proves that they are.
pub(in crate::accounts) struct Known {
    pub(in crate::accounts) user: User,
    pub(in crate::accounts) password: String,
}

/// A row to be.
pub(in crate::accounts) struct New<'a> {
    pub(in crate::accounts) id: UserId,
    pub(in crate::accounts) email: &'a Email,
    pub(in crate::accounts) email_key: &'a str,
    pub(in crate::accounts) nick: &'a Nick,
    pub(in crate::accounts) nick_key: &'a str,
    pub(in crate::accounts) name: &'a DisplayName,
    pub(in crate::accounts) password: &'a str,
    pub(in crate::accounts) role: Role,
    pub(in crate::accounts) avatar: Option<AvatarId>,
    pub(in crate::accounts) language: Language,
    pub(in crate::accounts) now: i64,
}

pub(in crate::accounts) fn user(row: &AnyRow) -> Result<User, DbError> {
    Ok(User {
        id: parsed(row, "id")?,
        email: ruled::<Email>(row, "email")?,
        // Not judged again: a word reserved later must not lock its owner out.
        nick: Nick::kept(row.try_get("nick")?),
        name: ruled::<DisplayName>(row, "name")?,
        bio: ruled::<Bio>(row, "bio")?,
        role: parsed(row, "role")?,
        avatar: maybe(row, "avatar")?,
        language: parsed::<Language>(row, "language")?,
        theme: parsed::<Theme>(row, "theme")?,
        video_defaults: VideoDefaults {
            visibility: parsed::<Visibility>(row, "video_visibility")?,
        },
        leaves_at: row.try_get("leaves_at")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Adds somebody, unless their nick or address is somebody else's. The constraints decide,
/// without spoiling the transaction.
pub(in crate::accounts) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<bool, DbError> {
    let row = sqlx::query(
        "INSERT INTO users (id, email, email_key, nick, nick_key, name, password, role, avatar,
                            language, theme, video_visibility, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(new.id.to_string())
    .bind(new.email.as_str())
    .bind(new.email_key)
    .bind(new.nick.as_str())
    .bind(new.nick_key)
    .bind(new.name.as_str())
    .bind(new.password)
    .bind(new.role.code())
    .bind(new.avatar.map(|avatar| avatar.to_string()))
    .bind(new.language.code())
    .bind(Theme::default().code())
    .bind(Visibility::default().code())
    .bind(new.now)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

pub(in crate::accounts) async fn by_id(db: &Db, id: UserId) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM users WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(db.read())
        .await?;
    row.as_ref().map(user).transpose()
}

/// The same inside a transaction.
pub(in crate::accounts) async fn within(tx: &mut Tx, id: UserId) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM users WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(user).transpose()
}

/// The same, held until the end of the transaction by an update that changes nothing: what is
/// counted for a person meanwhile is counted by one at a time.
pub(super) async fn hold(tx: &mut Tx, id: UserId) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE users SET role = role WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind(id.to_string())
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(user).transpose()
}

pub(in crate::accounts) async fn by_key(
    db: &Db,
    email_key: Option<&str>,
    nick_key: Option<&str>,
) -> Result<Option<Known>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT password, ",
        columns!(),
        " FROM users WHERE email_key = $1 OR nick_key = $2"
    ))
    .bind(email_key)
    .bind(nick_key)
    .fetch_optional(db.read())
    .await?;
    row.map(|row| {
        Ok(Known {
            user: user(&row)?,
            password: row.try_get("password")?,
        })
    })
    .transpose()
}

pub(in crate::accounts) async fn password(db: &Db, id: UserId) -> Result<Option<String>, DbError> {
    let row = sqlx::query("SELECT password FROM users WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(db.read())
        .await?;
    Ok(row.map(|row| row.try_get("password")).transpose()?)
}

pub(in crate::accounts) async fn email_taken(db: &Db, key: &str) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT id FROM users WHERE email_key = $1")
        .bind(key)
        .fetch_optional(db.read())
        .await?;
    Ok(row.is_some())
}

/// Which of these nick keys are somebody's.
pub(in crate::accounts) async fn nicks_taken(
    db: &Db,
    keys: &[String],
) -> Result<Vec<String>, DbError> {
    let rows = Filter::new("SELECT nick_key FROM users")
        .and_in("nick_key", keys.iter().cloned())
        .query()
        .fetch_all(db.read())
        .await?;
    rows.iter()
        .map(|row| Ok(row.try_get("nick_key")?))
        .collect()
}

/// Inside a transaction: which of the two is somebody else's.
pub(in crate::accounts) async fn who_has(
    tx: &mut Tx,
    email_key: &str,
    nick_key: &str,
) -> Result<(bool, bool), DbError> {
    let rows =
        sqlx::query("SELECT email_key, nick_key FROM users WHERE email_key = $1 OR nick_key = $2")
            .bind(email_key)
            .bind(nick_key)
            .fetch_all(&mut **tx)
            .await?;
    let mut taken = (false, false);
    for row in &rows {
        taken.0 |= row.try_get::<&str, _>("email_key")? == email_key;
        taken.1 |= row.try_get::<&str, _>("nick_key")? == nick_key;
    }
    Ok(taken)
}

pub(in crate::accounts) async fn set_password(
    tx: &mut Tx,
    id: UserId,
    hash: &str,
) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE users SET password = $2 WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind(id.to_string())
    .bind(hash)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(user).transpose()
}

pub(in crate::accounts) async fn set_email(
    tx: &mut Tx,
    id: UserId,
    email: &Email,
    key: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE users SET email = $2, email_key = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(email.as_str())
        .bind(key)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_nick(
    tx: &mut Tx,
    id: UserId,
    nick: &Nick,
    key: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE users SET nick = $2, nick_key = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(nick.as_str())
        .bind(key)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_profile(
    tx: &mut Tx,
    id: UserId,
    name: &DisplayName,
    bio: &Bio,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE users SET name = $2, bio = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(name.as_str())
        .bind(bio.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_settings(
    tx: &mut Tx,
    id: UserId,
    settings: &super::Settings,
) -> Result<bool, DbError> {
    // What is not given stays.
    let done = sqlx::query(
        "UPDATE users SET language = COALESCE($2, language), theme = COALESCE($3, theme),
             video_visibility = COALESCE($4, video_visibility)
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(settings.language.map(Language::code))
    .bind(settings.theme.map(Theme::code))
    .bind(
        settings
            .video_defaults
            .map(|defaults| defaults.visibility.code()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts another avatar (or none) in the place of the one that is there. Answers the old one. On
/// Postgres an update that changes nothing locks the row first: of two at the same moment each
/// answers another one, and no picture is forgotten.
pub(super) async fn set_avatar(
    tx: &mut Tx,
    id: UserId,
    avatar: Option<AvatarId>,
) -> Result<Option<Option<AvatarId>>, DbError> {
    let Some(row) = sqlx::query("UPDATE users SET avatar = avatar WHERE id = $1 RETURNING avatar")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await?
    else {
        return Ok(None);
    };
    sqlx::query("UPDATE users SET avatar = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(avatar.map(|avatar| avatar.to_string()))
        .execute(&mut **tx)
        .await?;
    Ok(Some(maybe(&row, "avatar")?))
}

pub(in crate::accounts) async fn set_role(
    tx: &mut Tx,
    id: UserId,
    role: Role,
) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE users SET role = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(role.code())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// How many admins stay when this one does not count. On Postgres their rows are locked for
/// it, by an update that changes nothing: two last admins cannot leave at the same moment.
pub(in crate::accounts) async fn other_admins(tx: &mut Tx, id: UserId) -> Result<usize, DbError> {
    let rows = sqlx::query(
        "UPDATE users SET role = role WHERE role = 'admin' AND leaves_at IS NULL RETURNING id",
    )
    .fetch_all(&mut **tx)
    .await?;
    let id = id.to_string();
    let mut others = 0;
    for row in &rows {
        others += usize::from(row.try_get::<&str, _>("id")? != id);
    }
    Ok(others)
}

pub(in crate::accounts) async fn has_admin(db: &Db) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT id FROM users WHERE role = 'admin' LIMIT 1")
        .fetch_optional(db.read())
        .await?;
    Ok(row.is_some())
}

/// Marks or unmarks somebody as leaving, from the other state only.
pub(in crate::accounts) async fn set_leaving(
    tx: &mut Tx,
    id: UserId,
    leaves_at: Option<i64>,
) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE users SET leaves_at = $2
         WHERE id = $1 AND (leaves_at IS NULL) = (CAST($2 AS BIGINT) IS NOT NULL) RETURNING ",
        columns!()
    ))
    .bind(id.to_string())
    .bind(leaves_at)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(user).transpose()
}

/// Who should have been gone by now.
pub(in crate::accounts) async fn overdue(db: &Db, now: i64) -> Result<Vec<UserId>, DbError> {
    let rows =
        sqlx::query("SELECT id FROM users WHERE leaves_at <= $1 ORDER BY leaves_at LIMIT 100")
            .bind(now)
            .fetch_all(db.read())
            .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Removes somebody whose time has come, and by it everything that was theirs.
pub(in crate::accounts) async fn delete(
    tx: &mut Tx,
    id: UserId,
    now: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM users WHERE id = $1 AND leaves_at <= $2")
        .bind(id.to_string())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
