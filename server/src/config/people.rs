//! Who may come in, and how long what they carry is good.

use std::str::FromStr;

use backend::accounts::Options;
use domain::{accounts::RegistrationMode, forms::email::Email};

use super::redacted::Secret;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "People")]
pub struct People {
    /// Who may register: open (everybody), invite (who has an invitation), closed (nobody)
    #[arg(long, env = "KADR_REGISTRATION", value_name = "MODE", default_value = "open", value_parser = mode)]
    pub registration: RegistrationMode,

    /// How many minutes an access token is good; refresh tokens are good for 30 days
    #[arg(long, env = "KADR_TOKEN_MINUTES", value_name = "NUMBER", default_value = "60", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub token_minutes: u32,

    /// The e-mail address of the first admin
    /// [default: none, the first start prints a one-time link]
    #[arg(
        long,
        env = "KADR_ADMIN_EMAIL",
        value_name = "ADDRESS",
        requires = "admin_password",
        value_parser = email
    )]
    pub admin_email: Option<String>,

    /// The password of the first admin, used only when there is none yet
    #[arg(
        long,
        env = "KADR_ADMIN_PASSWORD",
        value_name = "TEXT",
        hide_env_values = true,
        requires = "admin_email",
        value_parser = password
    )]
    pub admin_password: Option<Secret>,
}

impl People {
    /// As the services want it; the secret of the house is added where it is known.
    #[must_use]
    pub fn options(&self) -> Options {
        let password = self.admin_password.as_ref().map(Secret::expose);
        Options {
            registration: self.registration,
            token_minutes: self.token_minutes,
            admin: self.admin_email.clone().zip(password.map(str::to_owned)),
            ..Options::default()
        }
    }
}

fn mode(text: &str) -> Result<RegistrationMode, String> {
    RegistrationMode::from_str(text.trim()).map_err(|_| "open, invite or closed".to_owned())
}

fn email(text: &str) -> Result<String, String> {
    Email::parse(text)
        .map(Into::into)
        .map_err(|_| "an e-mail address".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "what clap asks for")]
fn password(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_can_be_chosen() {
        assert_eq!(mode(" invite "), Ok(RegistrationMode::Invite));
        assert!(mode("everybody").is_err());
        assert_eq!(
            email(" ada@mail.example "),
            Ok("ada@mail.example".to_owned())
        );
        assert!(email("ada").is_err());
    }
}
