//! One step: admitted, told to a child, watched, and saved with its end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ids::AssetId,
    media::{
        line::{Finished, Init, Line, Output, Segment, code},
        plan::Plan,
        spec::{INIT, Stretch, segment_file},
    },
    videos::Stage,
};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    For, Transcode, admission, of_storage,
    pool::{Failure, Ran},
    step::{Step, StepState},
    store::{self, Ended, Extra},
};
use crate::{
    assets::{self, AssetState},
    db::{DbError, Tx, now_ms},
    jobs::{Context, JobError},
};

/// How often it is told how far a step is.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// How many of these pass before what has grown is shown.
const SHOW_EVERY: u32 = 4;

/// So often a step is tried that fails and might not.
pub(super) const TRIES: i64 = 3;

/// What has come of a step so far.
#[derive(Debug, Default)]
struct Collected {
    inits: Vec<Init>,
    segments: BTreeMap<String, Vec<Segment>>,
    files: Vec<Extra>,
    done: f64,
}

impl Collected {
    fn hear(&mut self, line: Line) {
        match line {
            Line::Progress(progress) => self.done = self.done.max(progress.done),
            Line::Output(Output::Init(init)) => self.inits.push(init),
            Line::Output(Output::Segment(segment)) => {
                self.segments
                    .entry(segment.folder.clone())
                    .or_default()
                    .push(segment);
            }
            Line::Output(Output::File { file, bytes }) => self.files.push(Extra { file, bytes }),
            Line::Result(_) | Line::Error(_) => {}
        }
    }
}

/// A failure as it is told: to the job, and to the owner of the video.
pub(super) struct Told {
    pub(super) error: JobError,
    pub(super) code: String,
    pub(super) reason: String,
}

impl Told {
    /// Trying again cannot help.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.error, JobError::Permanent { .. })
    }

    /// It has not failed: something is not there yet.
    pub(super) fn waits(&self) -> bool {
        matches!(self.error, JobError::Wait { .. })
    }

    /// The last try has failed.
    pub(super) fn for_good(self) -> JobError {
        JobError::permanent(self.reason)
    }
}

pub(super) fn told(failure: &Failure) -> Told {
    let again = |code: &str, reason: &str| Told {
        error: JobError::retry(reason),
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    match failure {
        Failure::Fault(fault) if fault.code == code::SPACE => Told {
            error: admission::full(),
            code: fault.code.clone(),
            reason: fault.reason.clone(),
        },
        Failure::Fault(fault) => Told {
            error: match fault.client_fault {
                true => JobError::permanent(fault.reason.clone()),
                false => JobError::retry(fault.reason.clone()),
            },
            code: fault.code.clone(),
            reason: fault.reason.clone(),
        },
        Failure::Start(error) => {
            tracing::warn!(%error, "the media engine does not start");
            again(
                "engine_missing",
                "The media engine of this server does not start.",
            )
        }
        Failure::Crash(how) => {
            tracing::warn!(how, "the media engine broke off");
            again(
                "engine_crashed",
                "The media engine breaks off at this file.",
            )
        }
        Failure::Silence => again(
            "engine_silent",
            "The media engine stood still at this file and was stopped.",
        ),
        Failure::Stopped => again("stopped", "It was stopped."),
    }
}

impl Transcode {
    /// Does a step, unless it is done. Shows what came of it.
    pub(super) async fn work(
        &self,
        ctx: &Context,
        asset: AssetId,
        step: Step,
        whom: For,
    ) -> Result<(), JobError> {
        let Some((plan, failed)) = self.begin(asset, step, whom).await? else {
            return Ok(());
        };
        // What makes a helper large is known only roughly: one that failed gets more room.
        let mut estimate = step.estimate(&plan);
        estimate.memory = estimate.memory.saturating_mul(failed + 1);
        let promised = crate::uploads::promised(&self.0.db).await?;
        let room = self.0.admission.admit(estimate, promised).await?;
        self.make_folder(asset).await?;
        let Some(spec) = self.spec_of(asset, &plan, step, estimate) else {
            return Err(JobError::permanent("The plan has no such step."));
        };
        let collected = Arc::new(Mutex::new(Collected::default()));
        let running = self.0.live.begin(asset, step);
        let ran = {
            let mut hear = {
                let collected = Arc::clone(&collected);
                let running = &running;
                move |line| {
                    let mut collected = lock(&collected);
                    collected.hear(line);
                    running.moved(collected.done);
                    ctx.progress(collected.done);
                }
            };
            let run = self.pool()?.run(asset, &spec, ctx.stop(), &mut hear);
            self.watch(asset, step, &plan, &collected, run).await
        };
        drop(running);
        drop(room);
        let collected = std::mem::take(&mut *lock(&collected));
        let end = match ran.end {
            Ok(finished) => {
                self.save(asset, step, &plan, whom, &collected, &finished, &ran.log)
                    .await?
            }
            Err(failure) => Err(failure),
        };
        match end {
            Ok(()) => {
                self.publish(asset).await?;
                self.tell_progress(asset, &plan, true).await?;
                Ok(())
            }
            Err(failure) => {
                self.failed(asset, step, &plan, whom, &failure, &ran.log)
                    .await
            }
        }
    }

    /// Whether there is something to do, by which plan, and how often it has failed.
    async fn begin(
        &self,
        asset: AssetId,
        step: Step,
        whom: For,
    ) -> Result<Option<(Plan, u64)>, JobError> {
        let Some(media) = store::media(self.0.db.read(), asset).await? else {
            return Ok(None);
        };
        let (Some(plan), Some((state, failed))) = (
            media.plan,
            store::state(self.0.db.read(), asset, step).await?,
        ) else {
            return Ok(None);
        };
        match (media.state, state) {
            (AssetState::Removing, _) => Ok(None),
            (_, StepState::Done) => {
                // Done, but whoever did it may not have lived to show it.
                let mut tx = self.0.db.write().await?;
                self.next(&mut tx, asset, &plan, whom).await?;
                tx.commit().await?;
                self.publish(asset).await?;
                Ok(None)
            }
            // Somebody's button on this very job. Other steps of what has failed can wait.
            (AssetState::Failed, StepState::Failed) => {
                let now = now_ms();
                let mut tx = self.0.db.write().await?;
                for state in [AssetState::Queued, AssetState::Processing] {
                    self.0.assets.step(&mut tx, asset, state, None, now).await?;
                }
                store::reset(&mut tx, asset).await?;
                self.tell_videos(&mut tx, asset).await?;
                tx.commit().await?;
                Ok(Some((plan, 0)))
            }
            (AssetState::Failed, _) => Ok(None),
            _ => Ok(Some((plan, failed))),
        }
    }

    pub(super) async fn make_folder(&self, asset: AssetId) -> Result<(), JobError> {
        let folder = self.0.storage.place(&assets::media(asset));
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| of_storage(error.into()))
    }

    /// Waits for the end, and meanwhile tells how far it is and shows what has grown.
    async fn watch(
        &self,
        asset: AssetId,
        step: Step,
        plan: &Plan,
        collected: &Mutex<Collected>,
        run: impl Future<Output = Ran>,
    ) -> Ran {
        tokio::pin!(run);
        let mut tick = interval(TELL_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = 0_u32;
        let mut shown = 0;
        loop {
            tokio::select! {
                biased;
                ran = &mut run => return ran,
                _ = tick.tick() => {}
            }
            ticks = ticks.wrapping_add(1);
            let told = async {
                if step.is_shown_growing(plan) && ticks.is_multiple_of(SHOW_EVERY) {
                    let count = lock(collected).segments.values().map(Vec::len).sum();
                    if count > shown {
                        self.show(asset, collected).await?;
                        shown = count;
                    }
                }
                self.tell_progress(asset, plan, false).await
            };
            // Only news: what is true is written when the step ends.
            tokio::select! {
                biased;
                ran = &mut run => return ran,
                told = told => if let Err(error) = told {
                    tracing::debug!(%error, %asset, "news of a step were not told");
                }
            }
        }
    }

    /// Saves and shows the segments that are there already.
    async fn show(&self, asset: AssetId, collected: &Mutex<Collected>) -> Result<(), JobError> {
        let (inits, segments) = {
            let collected = lock(collected);
            (collected.inits.clone(), collected.segments.clone())
        };
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(());
        }
        for init in &inits {
            store::save_init(&mut tx, asset, init).await?;
        }
        for (folder, segments) in &segments {
            store::save_part(&mut tx, asset, folder, segments).await?;
        }
        store::raise(&mut tx, asset, now_ms()).await?;
        tx.commit().await?;
        self.publish(asset).await
    }

    /// Writes down what came of a step together with its end.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that is known when a step ends"
    )]
    async fn save(
        &self,
        asset: AssetId,
        step: Step,
        plan: &Plan,
        whom: For,
        collected: &Collected,
        finished: &Finished,
        log: &str,
    ) -> Result<Result<(), Failure>, JobError> {
        if let Err(what) = complete(plan, step, collected) {
            return Ok(Err(Failure::Crash(what)));
        }
        self.keep(asset, collected).await?;
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        // Held, so that of two last steps one sees the other.
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(Err(Failure::Stopped));
        }
        for init in &collected.inits {
            if !store::save_init(&mut tx, asset, init).await? {
                let fault = domain::media::MediaFault {
                    client_fault: false,
                    code: code::INIT_DIFFERS.to_owned(),
                    reason: "The parts of this video do not fit together.".to_owned(),
                };
                return Ok(Err(Failure::Fault(fault)));
            }
        }
        for (folder, segments) in &collected.segments {
            store::save_part(&mut tx, asset, folder, segments).await?;
        }
        let name = step.to_string();
        for file in &collected.files {
            store::save_extra(&mut tx, asset, &name, file).await?;
        }
        store::finish(&mut tx, asset, step, &finished.cost, log, now).await?;
        store::raise(&mut tx, asset, now).await?;
        self.next(&mut tx, asset, plan, whom).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Makes the files last before the database says that they are there.
    async fn keep(&self, asset: AssetId, collected: &Collected) -> Result<(), JobError> {
        let folder = assets::media(asset);
        let inits = collected
            .inits
            .iter()
            .map(|init| format!("{}/{INIT}", init.folder));
        let segments = collected.segments.values().flatten();
        let segments = segments.map(|one| format!("{}/{}", one.folder, segment_file(one.number)));
        let files = collected.files.iter().map(|extra| extra.file.clone());
        let keys = inits.chain(segments).chain(files);
        let keys = keys.map(|name| format!("{folder}/{name}")).collect();
        self.0.storage.sync(keys).await.map_err(of_storage)
    }

    /// What can begin now that something has ended, and what is being done.
    pub(super) async fn next(
        &self,
        tx: &mut Tx,
        asset: AssetId,
        plan: &Plan,
        whom: For,
    ) -> Result<(), DbError> {
        let left = store::left(tx, asset).await?;
        let any = |of: fn(Step) -> bool| left.iter().any(|(step, _)| of(*step));
        let stage = if any(|step| matches!(step, Step::Copy(_))) {
            Stage::Packaging
        } else if any(|step| matches!(step, Step::Encode(_) | Step::Audio(_))) {
            Stage::Encoding
        } else {
            Stage::Finishing
        };
        let news = store::set_stage(tx, asset, stage, now_ms()).await?;
        if news {
            self.tell_videos(tx, asset).await?;
        }
        if left.is_empty() {
            return self.enqueue_finish(tx, asset, whom).await;
        }
        let waits =
            |(step, state): &(Step, StepState)| step.is_last(plan) && *state == StepState::Waiting;
        if left.iter().all(waits) {
            for (step, _) in left {
                self.enqueue(tx, asset, step, false, whom).await?;
            }
        }
        Ok(())
    }

    /// Writes down why a step came to no good end, and gives up if that was its last chance.
    async fn failed(
        &self,
        asset: AssetId,
        step: Step,
        plan: &Plan,
        whom: For,
        failure: &Failure,
        log: &str,
    ) -> Result<(), JobError> {
        let told = told(failure);
        if matches!(failure, Failure::Stopped) || told.waits() {
            return Err(told.error);
        }
        let ended = Ended {
            code: &told.code,
            reason: &told.reason,
            log,
        };
        let mut tx = self.0.db.write().await?;
        let failed = store::fail_once(&mut tx, asset, step, &ended).await?;
        tx.commit().await?;
        if !told.is_final() && failed < TRIES {
            return Err(told.error);
        }
        self.give_up(asset, step, plan, whom, &ended).await?;
        Err(told.for_good())
    }

    /// A step has failed for good: so has the video, or it does without.
    pub(super) async fn give_up(
        &self,
        asset: AssetId,
        step: Step,
        plan: &Plan,
        whom: For,
        ended: &Ended<'_>,
    ) -> Result<(), DbError> {
        let now = now_ms();
        let mut tx = self.0.db.write().await?;
        let held = self.0.assets.hold(&mut tx, asset).await?;
        if held.is_none_or(|asset| asset.state == AssetState::Removing) {
            return Ok(());
        }
        match store::fail(&mut tx, asset, step, ended, now).await? {
            Some(StepState::Failed) => {
                let code = Some(ended.code);
                self.0
                    .assets
                    .step(&mut tx, asset, AssetState::Failed, code, now)
                    .await?;
                self.tell_videos(&mut tx, asset).await?;
            }
            Some(_) => {
                store::raise(&mut tx, asset, now).await?;
                self.next(&mut tx, asset, plan, whom).await?;
            }
            None => {}
        }
        tx.commit().await
    }
}

fn lock(collected: &Mutex<Collected>) -> std::sync::MutexGuard<'_, Collected> {
    collected.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether everything that was asked for is there. The last part may be shorter than planned:
/// a file may end earlier than it says.
fn complete(plan: &Plan, step: Step, collected: &Collected) -> Result<(), String> {
    for (folder, segments) in &collected.segments {
        let first = segments.first().map_or(0, |segment| segment.number);
        for (segment, number) in segments.iter().zip(first..) {
            let bad = |fragment: &domain::media::line::Fragment| {
                fragment.duration == 0 || fragment.bytes == 0 || fragment.key > fragment.bytes
            };
            if segment.number != number || segment.fragments.is_empty() {
                return Err(format!("segment {number} of {folder} is missing"));
            }
            if segment.fragments.iter().any(bad) {
                return Err(format!("segment {number} of {folder} is empty"));
            }
        }
    }
    let Some(picture) = &plan.picture else {
        return Ok(());
    };
    let (part, folders): (Stretch, Vec<&str>) = match step {
        Step::Encode(n) => match picture.parts.get(n as usize) {
            Some(part) => (
                picture.stretch(plan, part, n),
                picture
                    .rungs
                    .iter()
                    .map(|rung| rung.rendition.folder.as_str())
                    .collect(),
            ),
            None => return Ok(()),
        },
        Step::Copy(n) => match picture
            .copy
            .as_ref()
            .map(|copy| (copy, copy.parts.get(n as usize)))
        {
            Some((copy, Some(part))) => (
                picture.stretch(plan, part, n),
                vec![copy.rendition.folder.as_str()],
            ),
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    for folder in folders {
        let made = collected
            .segments
            .get(folder)
            .map_or(&[][..], Vec::as_slice);
        let begins = made.first().map(|segment| segment.number) == Some(part.first);
        let enough = match part.end {
            Some(_) => made.len() == part.segments.len(),
            // Only what would leave nothing at all is too little.
            None => !made.is_empty() || part.first > 0,
        };
        if !enough || (!begins && !made.is_empty()) {
            let (got, wanted) = (made.len(), part.segments.len());
            return Err(format!("{got} of {wanted} segments of {folder}"));
        }
    }
    Ok(())
}
