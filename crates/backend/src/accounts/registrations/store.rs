//! The table of drafts.

use domain::{
    accounts::{Nick, Progress, code::TRIES},
    forms::name::DisplayName,
    ids::{AvatarId, UserId},
    language::Language,
};
use sqlx::{Row as _, any::AnyRow};

use super::{
    super::{
        clock,
        rows::{count, maybe, parsed},
    },
    CodeSent, Draft, code,
};
use crate::db::{Db, DbError, Tx};

/// A draft as it is stored.
pub(in crate::accounts) struct Row {
    pub(super) id: String,
    pub(super) user: UserId,
    pub(super) language: Language,
    pub(super) email: Option<String>,
    pub(super) email_key: Option<String>,
    pub(super) nick: Option<String>,
    pub(super) nick_key: Option<String>,
    pub(super) name: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_traces: Option<String>,
    pub(super) avatar: Option<AvatarId>,
    avatar_answered: bool,
    pub(super) has_code: bool,
    code_tries: u32,
    pub(super) code_sends: u32,
    pub(super) code_sent_at: Option<i64>,
    code_expires_at: Option<i64>,
    pub(super) confirmed: bool,
    pub(super) invitation: Option<String>,
    pub(super) admin_link: Option<String>,
    expires_at: i64,
}

macro_rules! columns {
    () => {
        "id, user_id, language, email, email_key, nick, nick_key, name, password, \
         password_traces, avatar, \
         avatar_answered, code, code_tries, code_sends, code_sent_at, code_expires_at, \
         confirmed, invitation, admin_link, expires_at"
    };
}

impl Row {
    fn of(row: &AnyRow) -> Result<Self, DbError> {
        Ok(Self {
            id: row.try_get("id")?,
            user: parsed(row, "user_id")?,
            language: parsed(row, "language")?,
            email: row.try_get("email")?,
            email_key: row.try_get("email_key")?,
            nick: row.try_get("nick")?,
            nick_key: row.try_get("nick_key")?,
            name: row.try_get("name")?,
            password: row.try_get("password")?,
            password_traces: row.try_get("password_traces")?,
            avatar: maybe(row, "avatar")?,
            avatar_answered: row.try_get::<i64, _>("avatar_answered")? != 0,
            has_code: row.try_get::<Option<String>, _>("code")?.is_some(),
            code_tries: count(row, "code_tries")?,
            code_sends: count(row, "code_sends")?,
            code_sent_at: row.try_get("code_sent_at")?,
            code_expires_at: row.try_get("code_expires_at")?,
            confirmed: row.try_get::<i64, _>("confirmed")? != 0,
            invitation: row.try_get("invitation")?,
            admin_link: row.try_get("admin_link")?,
            expires_at: row.try_get("expires_at")?,
        })
    }

    /// A key without which a text is only a text: the answer was lost.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            email: self.email_key.is_some(),
            nick: self.nick_key.is_some() && self.name.is_some(),
            password: self.password.is_some(),
            avatar: self.avatar_answered,
        }
    }

    pub(super) fn has_entry(&self) -> bool {
        self.invitation.is_some() || self.admin_link.is_some()
    }

    pub(super) fn draft(&self, now: i64) -> Draft {
        let code = match (self.code_sent_at, self.code_expires_at) {
            (Some(sent_at), Some(expires_at)) if self.has_code && expires_at > now => {
                Some(CodeSent {
                    sent_at,
                    expires_at,
                    resend_at: sent_at + clock::ms(code::wait(self.code_sends)),
                    tries_left: TRIES.saturating_sub(self.code_tries),
                })
            }
            _ => None,
        };
        Draft {
            progress: self.progress(),
            language: self.language,
            email: self.email.clone(),
            nick: self.nick.clone(),
            name: self.name.clone(),
            user: self.user,
            avatar: self.avatar,
            code,
            confirmed: self.confirmed,
            expires_at: self.expires_at,
        }
    }
}

/// The first answer.
pub(super) struct Begin<'a> {
    pub(super) id: &'a str,
    pub(super) user: UserId,
    pub(super) language: Language,
    pub(super) email: &'a str,
    pub(super) email_key: &'a str,
    pub(super) invitation: Option<String>,
    pub(super) admin_link: Option<String>,
    pub(super) now: i64,
    pub(super) expires_at: i64,
}

/// Adds a draft, or gives one that is there another address. Another one asks for another
/// code; the same one in other letters does not. How many codes were sent, and when, stays:
/// a draft is no way to write to many.
pub(super) async fn begin(tx: &mut Tx, new: &Begin<'_>) -> Result<Row, DbError> {
    let row = sqlx::query(concat!(
        "INSERT INTO registrations (id, user_id, language, email, email_key, invitation,
                                    admin_link, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET
             language = excluded.language, email = excluded.email,
             email_key = excluded.email_key, expires_at = excluded.expires_at,
             invitation = COALESCE(excluded.invitation, registrations.invitation),
             admin_link = COALESCE(excluded.admin_link, registrations.admin_link),
             code = CASE WHEN registrations.email_key = excluded.email_key
                         THEN registrations.code END,
             confirmed = CASE WHEN registrations.email_key = excluded.email_key
                              THEN registrations.confirmed ELSE 0 END
         RETURNING ",
        columns!()
    ))
    .bind(new.id)
    .bind(new.user.to_string())
    .bind(new.language.code())
    .bind(new.email)
    .bind(new.email_key)
    .bind(new.invitation.clone())
    .bind(new.admin_link.clone())
    .bind(new.now)
    .bind(new.expires_at)
    .fetch_one(&mut **tx)
    .await?;
    Row::of(&row)
}

pub(super) async fn find(db: &Db, id: &str, now: i64) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM registrations WHERE id = $1 AND expires_at > $2"
    ))
    .bind(id)
    .bind(now)
    .fetch_optional(db.read())
    .await?;
    row.as_ref().map(Row::of).transpose()
}

pub(super) async fn set_nick(
    tx: &mut Tx,
    id: &str,
    nick: &Nick,
    key: &str,
    name: &DisplayName,
    now: i64,
    until: i64,
) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET nick = $2, nick_key = $3, name = $4, expires_at = $6
         WHERE id = $1 AND expires_at > $5 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(nick.as_str())
    .bind(key)
    .bind(name.as_str())
    .bind(now)
    .bind(until)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

pub(super) async fn set_password(
    tx: &mut Tx,
    id: &str,
    hash: &str,
    traces: &str,
    now: i64,
    until: i64,
) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET password = $2, password_traces = $5, expires_at = $4
         WHERE id = $1 AND expires_at > $3 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(hash)
    .bind(now)
    .bind(until)
    .bind(traces)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

/// The question of the picture is answered, whatever the answer is. With it comes the picture
/// that is there; on Postgres nobody else changes it until the transaction ends.
pub(super) async fn keep_avatar(
    tx: &mut Tx,
    id: &str,
    now: i64,
    until: i64,
) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET avatar_answered = 1, expires_at = $3
         WHERE id = $1 AND expires_at > $2 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(now)
    .bind(until)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

/// After [`keep_avatar`], which has answered the old one.
pub(super) async fn set_avatar(
    tx: &mut Tx,
    id: &str,
    avatar: Option<AvatarId>,
) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET avatar = $2 WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(avatar.map(|avatar| avatar.to_string()))
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

/// What lets a draft in, beside what let it in before.
pub(super) async fn set_entry(
    tx: &mut Tx,
    id: &str,
    invitation: Option<String>,
    admin_link: Option<String>,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE registrations SET invitation = COALESCE($2, invitation),
             admin_link = COALESCE($3, admin_link)
         WHERE id = $1",
    )
    .bind(id)
    .bind(invitation)
    .bind(admin_link)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The password could hold the nick or the address that was chosen after it.
pub(super) async fn lose_password(tx: &mut Tx, id: &str) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET password = NULL, password_traces = NULL
         WHERE id = $1 RETURNING ",
        columns!()
    ))
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

pub(super) struct Code<'a> {
    /// Where it is sent.
    pub(super) email_key: &'a str,
    pub(super) hash: &'a str,
    pub(super) now: i64,
    pub(super) expires_at: i64,
    /// When the one before was sent, as far as we know.
    pub(super) before: Option<i64>,
}

pub(super) async fn set_code(
    tx: &mut Tx,
    id: &str,
    code: &Code<'_>,
) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "UPDATE registrations SET code = $2, code_tries = 0, code_sends = code_sends + 1,
             code_sent_at = $3, code_expires_at = $4
         WHERE id = $1 AND expires_at > $3 AND COALESCE(code_sent_at, 0) = $5
           AND email_key = $6 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(code.hash)
    .bind(code.now)
    .bind(code.expires_at)
    .bind(code.before.unwrap_or(0))
    .bind(code.email_key)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

/// Counts a try. Answers the hash of the right code and how many tries there were with this
/// one; nothing when there were enough, or the code is too old.
pub(super) async fn try_code(
    tx: &mut Tx,
    id: &str,
    max: u32,
    now: i64,
) -> Result<Option<(String, u32)>, DbError> {
    let row = sqlx::query(
        "UPDATE registrations SET code_tries = code_tries + 1
         WHERE id = $1 AND code IS NOT NULL AND code_tries < $2 AND code_expires_at > $3
         RETURNING code, code_tries",
    )
    .bind(id)
    .bind(i64::from(max))
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Ok((row.try_get("code")?, count(&row, "code_tries")?)))
        .transpose()
}

pub(super) async fn set_confirmed(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE registrations SET confirmed = 1, code = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes a draft and answers it: of two at the same moment one gets it.
pub(super) async fn take(tx: &mut Tx, id: &str, now: i64) -> Result<Option<Row>, DbError> {
    let row = sqlx::query(concat!(
        "DELETE FROM registrations WHERE id = $1 AND expires_at > $2 RETURNING ",
        columns!()
    ))
    .bind(id)
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(Row::of).transpose()
}

pub(super) async fn lose_nick(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE registrations SET nick_key = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn lose_email(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE registrations SET email_key = NULL, confirmed = 0, code = NULL WHERE id = $1",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A draft that is over.
pub(in crate::accounts) struct Expired {
    pub(super) id: String,
    pub(super) user: UserId,
}

pub(in crate::accounts) async fn expired(db: &Db, now: i64) -> Result<Vec<Expired>, DbError> {
    let rows = sqlx::query(
        "SELECT id, user_id FROM registrations WHERE expires_at <= $1
         ORDER BY expires_at LIMIT 1000",
    )
    .bind(now)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(over).collect()
}

fn over(row: &AnyRow) -> Result<Expired, DbError> {
    Ok(Expired {
        id: row.try_get("id")?,
        user: parsed(row, "user_id")?,
    })
}

/// Ends a draft before its time.
pub(super) async fn end(tx: &mut Tx, id: &str, now: i64) -> Result<Option<Expired>, DbError> {
    let row = sqlx::query(
        "UPDATE registrations SET expires_at = $2 WHERE id = $1 AND expires_at > $2
         RETURNING id, user_id",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    row.as_ref().map(over).transpose()
}

pub(super) async fn delete_expired(tx: &mut Tx, id: &str, now: i64) -> Result<(), DbError> {
    sqlx::query("DELETE FROM registrations WHERE id = $1 AND expires_at <= $2")
        .bind(id)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
