//! The code by mail: six digits, fifteen minutes, five tries; then another one. Each further
//! one makes wait longer than the one before.

use std::time::Duration;

use domain::accounts::{
    Step,
    code::{DIGITS, MINUTES},
};

use super::{
    super::{
        Accounts, AccountsError, Client, Secret, clock,
        throttle::{self, Purpose},
    },
    Draft, store,
};
use crate::mail::{Letter, Recipient, SendMail};

const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = clock::minutes(10);
/// So many addresses that were mistyped may be mended without waiting.
const MENDED: u32 = 2;

/// How long after the `sends`th mail another one may be asked for.
pub(super) fn wait(sends: u32) -> Duration {
    let doublings = sends.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

impl Accounts {
    /// To be called when the last step is opened: sends a code unless a good one is there.
    ///
    /// # Errors
    /// As [`Accounts::send_code`].
    pub async fn ensure_code(
        &self,
        secret: &Secret,
        client: &Client,
    ) -> Result<Draft, AccountsError> {
        let now = self.0.clock.now();
        let draft = self.at(secret, Step::Confirm).await?.draft(now);
        if draft.confirmed || draft.code.is_some_and(|code| code.tries_left > 0) {
            return Ok(draft);
        }
        self.send_code(secret, client).await
    }

    /// Sends a new code; the one before is no longer good.
    ///
    /// # Errors
    /// [`AccountsError::Wait`] when the last one was sent a moment ago, to whatever address, or
    /// too many were sent to this address or from this network.
    pub async fn send_code(
        &self,
        secret: &Secret,
        client: &Client,
    ) -> Result<Draft, AccountsError> {
        let row = self.at(secret, Step::Confirm).await?;
        let now = self.0.clock.now();
        let is_mended = !row.has_code && row.code_sends <= MENDED;
        if let Some(sent_at) = row.code_sent_at.filter(|_| !is_mended) {
            let free_at = sent_at + clock::ms(wait(row.code_sends));
            if now < free_at {
                let seconds = u64::try_from(free_at - now).unwrap_or(0).div_ceil(1000);
                return Err(AccountsError::Wait { seconds });
            }
        }
        let (Some(email), Some(key)) = (&row.email, &row.email_key) else {
            return Err(AccountsError::DraftGone);
        };
        let tallies = throttle::mail(Purpose::Code, key, &client.network());
        self.0.throttle.take(&tallies).await?;
        let code = format!("{:0DIGITS$}", rand::random_range(0..1_000_000_u32));
        let sent = store::Code {
            email_key: key,
            hash: &self.code_hash(&row.id, key, &code),
            now,
            expires_at: now + clock::ms(clock::minutes(u64::from(MINUTES))),
            before: row.code_sent_at,
        };
        let mut tx = self.0.db.write().await?;
        let Some(after) = store::set_code(&mut tx, &row.id, &sent).await? else {
            // Two clicks at once: the other one has sent a code. Or the address is another one
            // by now: a code proves only where it was sent.
            tx.rollback().await?;
            return Ok(self.at(secret, Step::Confirm).await?.draft(now));
        };
        let mail = SendMail {
            to: Recipient {
                address: email.clone(),
                // Nobody knows yet whose address it is: a stranger gets no words of others.
                name: None,
                language: row.language,
            },
            letter: Letter::Code { code },
        };
        self.0.jobs.enqueue(&mut tx, &mail).await?;
        tx.commit().await?;
        Ok(after.draft(now))
    }

    /// A million codes are tried in no time, so their hash has a key. It is the code of one
    /// draft for one address, and no other.
    pub(super) fn code_hash(&self, draft: &str, email_key: &str, code: &str) -> String {
        let parts = [draft, email_key, code].map(str::as_bytes);
        self.0.key.hash("codes", &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_an_end() {
        let waits: Vec<u64> = (0..8).map(|sends| wait(sends).as_secs()).collect();
        assert_eq!(waits, [30, 30, 60, 120, 240, 480, 600, 600]);
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
    }
}
