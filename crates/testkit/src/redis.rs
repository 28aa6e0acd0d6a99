//! A real Redis of its own, to be stopped, emptied and frozen at will.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{
        Builder,
        config::{Config, ReconnectPolicy},
    },
};
use rustix::process::{Pid, Signal, kill_process};

/// A `redis-server` that writes nothing to disk; it ends with the test.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    child: Option<Child>,
}

impl RedisServer {
    /// A running server.
    pub async fn start() -> Self {
        let mut server = Self::absent();
        server.resume().await;
        server
    }

    /// A server that is not up yet.
    #[must_use]
    pub fn absent() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        Self {
            port: listener.local_addr().unwrap().port(),
            child: None,
        }
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it, empty, on the port it has always had.
    pub async fn resume(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--daemonize", "no", "--dir", "/tmp"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("redis-server cannot be started ({error}); `./test rust` installs it")
            });
        self.child = Some(child);
        let end = Instant::now() + Duration::from_secs(10);
        while self.try_client().await.is_none() {
            assert!(Instant::now() < end, "redis-server did not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops it as a crash does; all it knew is gone.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Everything in it vanishes while it runs.
    pub async fn flush_all(&self) {
        let client = self.client().await;
        client.flushall::<()>(false).await.unwrap();
        client.quit().await.unwrap();
    }

    /// It keeps its connections and answers nothing.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    /// It goes on after [`RedisServer::freeze`].
    pub fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// A connection to look inside.
    pub async fn client(&self) -> Client {
        self.try_client().await.unwrap()
    }

    async fn try_client(&self) -> Option<Client> {
        let client = Builder::from_config(Config::from_url(&self.url()).unwrap())
            .with_connection_config(|connection| {
                connection.connection_timeout = Duration::from_millis(500);
            })
            .set_policy(ReconnectPolicy::new_constant(1, 10))
            .build()
            .unwrap();
        client.init().await.ok()?;
        Some(client)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it does not run"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
