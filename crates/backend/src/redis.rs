//! What queue and events share of Redis: its address, and a connection that comes back.

use std::time::Duration;

use fred::{
    clients::Client,
    error::Error,
    types::{
        Builder,
        config::{Config, ReconnectPolicy, UnresponsiveConfig},
    },
};

/// No clusters: keys of one command would lie on different machines.
const SCHEMES: [&str; 2] = ["redis", "rediss"];
/// Messages on their way from Redis; fred's own default of 32 is a burst of a second.
const INBOX: usize = 1024;

/// How patient a connection is.
pub(crate) struct Patience {
    /// With connecting, and with one command.
    pub(crate) answer: Duration,
    /// With a connection that has gone quiet, and how often it is looked at.
    pub(crate) silence: Duration,
    pub(crate) beat: Duration,
    /// The longest pause between two attempts to connect.
    pub(crate) reconnect: Duration,
}

/// Nothing where `url` is not the address of a Redis.
pub(crate) fn config(url: &str) -> Option<Config> {
    // fred takes any scheme for Redis.
    let (scheme, _) = url.split_once("://")?;
    if !SCHEMES.contains(&scheme) {
        return None;
    }
    let mut config = Config::from_url(url).ok()?;
    // The first connection is tried again like every later one.
    config.fail_fast = false;
    Some(config)
}

/// Its policy has no end: fred gives up only on what it takes for hopeless, a wrong password.
pub(crate) fn client(config: &Config, patience: &Patience) -> Result<Client, Error> {
    let longest = u32::try_from(patience.reconnect.as_millis()).unwrap_or(u32::MAX);
    Builder::from_config(config.clone())
        .with_connection_config(|connection| {
            connection.connection_timeout = patience.answer;
            connection.internal_command_timeout = patience.answer;
            connection.unresponsive = UnresponsiveConfig {
                max_timeout: Some(patience.silence),
                interval: patience.beat,
            };
        })
        .with_performance_config(|performance| {
            performance.broadcast_channel_capacity = INBOX;
        })
        .set_policy(ReconnectPolicy::new_exponential(0, 50, longest, 2))
        .build()
}
