//! Who listens to a stream: of which videos they may hear, and whether they still are who
//! they were when it began.

use std::collections::HashMap;

use app::context::{Identity, Proof, Visitor};
use backend::{Backend, db::DbError};
use domain::{
    events::Event,
    ids::{UserId, VideoId},
};
use http::{HeaderMap, header};

#[derive(Debug)]
pub(super) struct Listener {
    backend: Backend,
    person: Option<Person>,
    /// Whether they may hear of it, for each video that came up.
    known: HashMap<VideoId, bool>,
}

/// Somebody who is logged in.
#[derive(Debug)]
struct Person {
    id: UserId,
    is_admin: bool,
    proof: Proof,
    /// Where a program shows its token.
    shown: HeaderMap,
}

impl Listener {
    pub(super) fn new(backend: Backend, visitor: Option<&Visitor>, headers: &HeaderMap) -> Self {
        let person = visitor.map(|visitor| Person {
            id: visitor.user.id,
            is_admin: visitor.user.role.is_admin(),
            proof: visitor.proof,
            shown: headers
                .get(header::AUTHORIZATION)
                .map(|token| (header::AUTHORIZATION, token.clone()))
                .into_iter()
                .collect(),
        });
        Self {
            backend,
            person,
            known: HashMap::new(),
        }
    }

    pub(super) fn user(&self) -> Option<UserId> {
        self.person.as_ref().map(|person| person.id)
    }

    /// Whether their session or token is no longer good. While the database is away nobody
    /// knows, and nothing changes.
    pub(super) async fn is_over(&self) -> bool {
        let Some(person) = &self.person else {
            return false;
        };
        let accounts = &self.backend.accounts;
        match person.proof {
            // Looked up in the list, since a visit would count as a use.
            Proof::Session(id) => match accounts.sessions(person.id).await {
                Ok(sessions) => sessions.iter().all(|session| session.id != id),
                Err(_) => false,
            },
            Proof::Program(_) | Proof::ApiToken => {
                let client = backend::accounts::Client::default();
                let again = Identity::of(accounts, &person.shown, client, false);
                matches!(again.visitor().await, Err(app::context::Refused::BadToken))
            }
        }
    }

    /// Learns anew of which of these videos they may hear, and forgets all others.
    pub(super) async fn begin(&mut self, videos: &[VideoId]) -> Result<(), DbError> {
        self.known.clear();
        self.look(videos).await
    }

    /// Whether they may hear of a video. Of one that did not come up yet: no.
    pub(super) fn may_hear_of(&self, video: VideoId) -> bool {
        self.hears_all() || self.known.get(&video).is_some_and(|may| *may)
    }

    /// Whether news of what they asked for is for them.
    pub(super) async fn may_hear(&mut self, event: &Event) -> Result<bool, DbError> {
        let Some(video) = video_of(event) else {
            return Ok(true);
        };
        if let Event::Video(changed) = event {
            if self.user() == Some(changed.owner) {
                return Ok(true);
            }
            // Who may see it may be what has changed.
            let before = self.known.remove(&video);
            if changed.removed {
                return Ok(before.unwrap_or(false));
            }
        }
        if !self.known.contains_key(&video) {
            self.look(&[video]).await?;
        }
        Ok(self.may_hear_of(video))
    }

    /// As [`Listener::may_hear`], of news that was held back meanwhile.
    pub(super) fn may_still_hear(&self, event: &Event) -> bool {
        video_of(event).is_none_or(|video| self.may_hear_of(video))
    }

    /// Learns of videos that came up.
    pub(super) async fn look(&mut self, videos: &[VideoId]) -> Result<(), DbError> {
        if self.hears_all() {
            return Ok(());
        }
        let heard = self.backend.videos.audible(self.user(), videos).await?;
        self.known.extend(videos.iter().map(|id| (*id, false)));
        self.known.extend(heard.into_iter().map(|id| (id, true)));
        Ok(())
    }

    fn hears_all(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_admin)
    }
}

/// The video something is told of. Uploads and notices go to their owners alone.
fn video_of(event: &Event) -> Option<VideoId> {
    match event {
        Event::Job(job) => job.video,
        Event::Video(video) => Some(video.id),
        Event::Progress(progress) => Some(progress.id),
        Event::Upload(_) | Event::Notice(_) => None,
    }
}
