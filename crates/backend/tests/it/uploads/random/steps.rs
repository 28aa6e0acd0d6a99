//! What can happen to an upload, and what the model says must come of it.

use std::time::Duration;

use backend::uploads::{Algorithm, Checksum, Verify, Writer};
use domain::uploads::FlowStatus;
use tokio::time::sleep;

use super::{super::*, Life, Model, World};

impl World<'_> {
    pub(super) async fn create(&mut self) {
        // Few contents: many are the same.
        let (seed, size) = (
            self.random.random_range(0..4),
            self.random.random_range(1..4),
        );
        let all = bytes(seed, size * 700_001);
        let (piece, deferred) = (self.random.random_bool(0.4), self.random.random_bool(0.3));
        let mut wanted = new(all.len() as u64, "film.mp4");
        if deferred {
            wanted.length = None;
        }
        if piece {
            wanted.part = Part::Piece;
        } else if self.random.random_bool(0.3) {
            wanted.metadata.blake3 = Some(hash(&all));
        }
        let created = self
            .backend
            .uploads
            .create(self.user, wanted)
            .await
            .unwrap();
        let duplicate = created.duplicate_of.is_some();
        let model = Model {
            life: if duplicate {
                Life::Complete
            } else {
                Life::Uploading
            },
            offset: usize::try_from(created.offset).unwrap(),
            all,
            length_known: !deferred || duplicate,
            piece,
            created: created.clone(),
        };
        self.uploads.insert(created.flow, model);
    }

    /// Where the next request goes on, and how many bytes it will send.
    fn stretch(&mut self, flow: FlowId) -> (Request, Vec<u8>) {
        let model = self.uploads[&flow].clone();
        let left = model.all.len() - model.offset;
        let whole = self.random.random_bool(0.4);
        let some = if whole {
            left
        } else {
            self.random.random_range(0..=left)
        };
        let mut request = at(model.offset as u64);
        if !model.length_known && (some == left || self.random.random_bool(0.2)) {
            request.length = Some(model.all.len() as u64);
            self.model(flow).length_known = true;
        }
        (
            request,
            model.all[model.offset..model.offset + some].to_vec(),
        )
    }

    /// A request that has brought all of this and goes on.
    async fn pour(&self, flow: FlowId, request: Request, some: &[u8]) -> Writer {
        let opened = self.backend.uploads.open(self.user, flow, request).await;
        let mut writer = opened.unwrap();
        for frame in some.chunks(90_000) {
            writer.write(Bytes::copy_from_slice(frame)).await.unwrap();
        }
        writer
    }

    pub(super) async fn chunk(&mut self, flow: FlowId) {
        let (request, some) = self.stretch(flow);
        let writer = self.pour(flow, request, &some).await;
        let dropped = self.random.random_bool(0.3);
        let asked = self.random.random_bool(0.3);
        let end = self.model(flow).offset + some.len();
        if asked {
            let status = self.backend.uploads.status(self.user, flow).await.unwrap();
            let model = self.model(flow);
            assert!(usize::try_from(status.offset).unwrap() >= model.offset);
            let waits_for_its_end = model.length_known && end == model.all.len();
            assert!(waits_for_its_end || usize::try_from(status.offset).unwrap() == end);
        }
        if dropped {
            drop(writer);
            // Its place is given back when everything is written down.
            while self.backend.uploads.is_writing(flow) {
                sleep(Duration::from_millis(5)).await;
            }
        } else {
            writer.finish(None).await.unwrap();
        }
        let model = self.model(flow);
        model.offset = end;
        if model.length_known && end == model.all.len() {
            model.life = Life::Complete;
        }
    }

    /// A request whose bytes count only if they are the ones that were sent.
    pub(super) async fn verified(&mut self, flow: FlowId) {
        let (mut request, some) = self.stretch(flow);
        let right = self.random.random_bool(0.6);
        let digest = Checksum {
            algorithm: Algorithm::Blake3,
            value: blake3::hash(if right { &some } else { b"else" })
                .as_bytes()
                .to_vec(),
        };
        let trailer = self.random.random_bool(0.5);
        request.verify = match trailer {
            true => Verify::Trailer,
            false => Verify::Given(digest.clone()),
        };
        let writer = self.pour(flow, request, &some).await;
        let written = writer.finish(trailer.then_some(digest)).await;
        if !right {
            assert_eq!(code(written), "upload_checksum");
            return;
        }
        let complete = written.unwrap().complete;
        let model = self.model(flow);
        model.offset += some.len();
        let whole = model.length_known && model.offset == model.all.len();
        assert_eq!(complete, whole);
        if whole {
            model.life = Life::Complete;
        }
    }

    pub(super) async fn take_over(&mut self, flow: FlowId) {
        let (request, some) = self.stretch(flow);
        let (one, two) = some.split_at(some.len() / 2);
        let (length, begin) = (request.length, request.offset);
        let mut old = self
            .backend
            .uploads
            .open(self.user, flow, request)
            .await
            .unwrap();
        old.write(Bytes::copy_from_slice(one)).await.unwrap();
        let at_once = self.backend.uploads.open(self.user, flow, at(begin)).await;
        assert_eq!(code(at_once), "upload_busy");
        sleep(Duration::from_millis(700)).await;
        let next = begin + one.len() as u64;
        let full = length == Some(next)
            || (self.uploads[&flow].length_known && next == self.uploads[&flow].all.len() as u64);
        let newer = self.backend.uploads.open(self.user, flow, at(next)).await;
        self.model(flow).offset += one.len();
        if full {
            // The older one had everything: it ended the upload.
            assert_eq!(code(newer), "upload_finished");
            self.model(flow).life = Life::Complete;
            return;
        }
        let mut newer = newer.unwrap();
        assert_eq!(
            code(old.write(Bytes::from_static(b"late")).await),
            "upload_taken_over"
        );
        newer.write(Bytes::copy_from_slice(two)).await.unwrap();
        newer.finish(None).await.unwrap();
        let model = self.model(flow);
        model.offset += two.len();
        if model.length_known && model.offset == model.all.len() {
            model.life = Life::Complete;
        }
    }

    pub(super) async fn refuse(&mut self, flow: FlowId) {
        let model = self.uploads[&flow].clone();
        let wrong = model.offset as u64 + self.random.random_range(1..1000);
        assert!(matches!(
            self.backend.uploads.open(self.user, flow, at(wrong)).await,
            Err(UploadsError::Offset { offset }) if offset == model.offset as u64
        ));
        if model.length_known {
            let more = [&model.all[model.offset..], b"!"].concat();
            let sent = send(&self.backend, self.user, flow, model.offset as u64, &more).await;
            assert_eq!(code(sent), "upload_too_long");
            // What a checkpoint has acknowledged meanwhile stays.
            let status = self.backend.uploads.status(self.user, flow).await.unwrap();
            let offset = usize::try_from(status.offset).unwrap();
            assert!((model.offset..model.all.len()).contains(&offset));
            self.model(flow).offset = offset;
        }
    }

    /// The power fails, perhaps in the middle of a request; what was not durable may be lost or
    /// be anything.
    pub(super) async fn crash(&mut self) {
        let flow = self.pick(|model| model.life == Life::Uploading);
        let mut sent = 0;
        if let Some(flow) = flow {
            let (request, some) = self.stretch(flow);
            let writer = self.pour(flow, request, &some).await;
            sent = some.len();
            sleep(Duration::from_millis(self.random.random_range(0..150))).await;
            self.backend.uploads.crash().await;
            drop(writer);
        }
        self.backend.close().await;
        self.backend = open(self.test).await;
        let Some(flow) = flow else { return };
        // Whatever a thread of the dead process was still doing, it does not hold the file.
        sleep(Duration::from_millis(50)).await;
        let status = self.backend.uploads.status(self.user, flow).await.unwrap();
        let offset = usize::try_from(status.offset).unwrap();
        let model = self.model(flow);
        assert!(
            (model.offset..=model.offset + sent).contains(&offset),
            "from {} by {sent} to {offset}",
            model.offset
        );
        model.offset = offset;
        if status.status != FlowStatus::Uploading {
            model.life = Life::Complete;
            return;
        }
        if let Some(path) = self.path(flow).await {
            let file = std::fs::OpenOptions::new().write(true).open(&path);
            if let Ok(file) = file {
                use std::os::unix::fs::FileExt as _;
                let long = file.metadata().unwrap().len();
                match self.random.random_range(0..3) {
                    0 => file.set_len(offset as u64).unwrap(),
                    1 => file.write_all_at(&[7; 5000], offset as u64).unwrap(),
                    _ => file.set_len(long + 10_000).unwrap(),
                }
            }
        }
    }

    pub(super) async fn path(&self, flow: FlowId) -> Option<std::path::PathBuf> {
        let row = sqlx::query("SELECT asset FROM flows WHERE id = $1")
            .bind(flow.to_string())
            .fetch_one(self.test.db.read())
            .await
            .unwrap();
        let asset = row.get::<String, _>("asset").parse().unwrap();
        let key = backend::assets::original(asset);
        let key = if self.uploads[&flow].piece {
            key.replace("originals/", "pieces/")
        } else {
            key
        };
        let path = self.backend.uploads.storage().place(&key);
        path.exists().then_some(path)
    }

    pub(super) async fn expire(&mut self, flow: FlowId) {
        let mut tx = self.test.db.write().await.unwrap();
        sqlx::query("UPDATE upload_sessions SET expires_at = 1 WHERE flow = $1")
            .bind(flow.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        if self.random.random_bool(0.7) {
            self.backend.uploads.tidy().await.unwrap();
            let left = "SELECT COUNT(*) AS n FROM upload_sessions WHERE expires_at = 1";
            assert_eq!(count(self.test, left).await, 0);
        }
        self.model(flow).life = Life::Gone;
    }

    pub(super) async fn delete(&mut self, flow: FlowId) {
        let model = self.uploads[&flow].clone();
        match (model.life, model.created.video) {
            (Life::Complete | Life::Joining, Some(video)) => {
                let over = self.backend.uploads.terminate(self.user, flow).await;
                assert_eq!(code(over), "upload_finished");
                self.backend.videos.remove(self.user, video).await.unwrap();
            }
            _ => self
                .backend
                .uploads
                .terminate(self.user, flow)
                .await
                .unwrap(),
        }
        self.model(flow).life = Life::Gone;
        for piece in self.parts.remove(&flow).unwrap_or_default() {
            self.model(piece).life = Life::Gone;
        }
        work_off(&self.backend, Lane::Light, "remove_asset").await;
    }

    pub(super) async fn concatenate(&mut self) {
        let unused: Vec<FlowId> = self
            .uploads
            .iter()
            .filter(|(_, model)| model.piece && model.life == Life::Complete)
            .map(|(flow, _)| *flow)
            .take(3)
            .collect();
        if unused.is_empty() {
            return;
        }
        let wanted = New {
            part: Part::Final(unused.clone()),
            ..new(0, "joined.mp4")
        };
        let created = self
            .backend
            .uploads
            .create(self.user, wanted)
            .await
            .unwrap();
        let all: Vec<u8> = unused
            .iter()
            .flat_map(|piece| self.uploads[piece].all.clone())
            .collect();
        let model = Model {
            life: Life::Joining,
            offset: all.len(),
            all,
            length_known: true,
            piece: false,
            created: created.clone(),
        };
        for piece in &unused {
            // Not to be joined again, and gone once it is joined.
            self.model(*piece).life = Life::Joining;
        }
        self.parts.insert(created.flow, unused);
        self.uploads.insert(created.flow, model);
    }

    pub(super) async fn join(&mut self) {
        let flow = self.pick(|model| model.life == Life::Joining && !model.piece);
        let Some(flow) = flow else { return };
        self.backend.uploads.join(flow, |_| {}).await.unwrap();
        self.model(flow).life = Life::Complete;
        for piece in self.parts.remove(&flow).unwrap_or_default() {
            self.model(piece).life = Life::Gone;
        }
    }
}
