//! The tables of what steps have made.

use domain::{
    ids::AssetId,
    media::line::{Fragment, Init, Segment},
};
use sqlx::{AnyExecutor, Row};

use super::{json, written};
use crate::{
    db::{DbError, Tx},
    rows::{bytes, maybe_bytes, number, unreadable},
};

/// A rendition and what is known of its files.
#[derive(Debug, Clone)]
pub(in super::super) struct RenditionRow {
    pub(in super::super) folder: String,
    /// Codec and timescale, once there is an init.
    pub(in super::super) init: Option<(String, u32)>,
}

pub(in super::super) async fn renditions<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<RenditionRow>, DbError> {
    let rows = sqlx::query(
        "SELECT folder, codec, timescale FROM renditions WHERE asset = $1 ORDER BY position",
    )
    .bind(asset.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let codec: Option<String> = row.try_get("codec")?;
            let timescale = maybe_bytes(row, "timescale")?
                .map(u32::try_from)
                .transpose()
                .map_err(|_| unreadable("timescale"))?;
            Ok(RenditionRow {
                folder: row.try_get("folder")?,
                init: codec.zip(timescale),
            })
        })
        .collect()
}

/// Answers whether it is the same as that of all parts before.
pub(in super::super) async fn save_init(
    tx: &mut Tx,
    asset: AssetId,
    init: &Init,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE renditions SET codec = $3, timescale = $4, init_bytes = $5, digest = $6
         WHERE asset = $1 AND folder = $2 AND (digest IS NULL OR digest = $6)",
    )
    .bind(asset.to_string())
    .bind(init.folder.as_str())
    .bind(init.codec.as_str())
    .bind(i64::from(init.timescale))
    .bind(number(init.bytes))
    .bind(init.digest.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Bits a second, as they came out.
pub(in super::super) async fn measured(
    tx: &mut Tx,
    asset: AssetId,
    folder: &str,
    (peak, average): (u64, u64),
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE renditions SET bandwidth = $3, average_bandwidth = $4
         WHERE asset = $1 AND folder = $2",
    )
    .bind(asset.to_string())
    .bind(folder)
    .bind(number(peak))
    .bind(number(average))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `tfdt`, and duration, bytes and bytes of the key frame of each fragment: short, because there
/// are many.
type Written = (u64, Vec<(u64, u64, u64)>);

/// Adds segments that follow each other, the first of which is the key. A list that is already
/// longer stays: a step that was broken off says the same things again.
pub(in super::super) async fn save_part(
    tx: &mut Tx,
    asset: AssetId,
    folder: &str,
    segments: &[Segment],
) -> Result<(), DbError> {
    let Some(first) = segments.first() else {
        return Ok(());
    };
    let list: Vec<Written> = segments
        .iter()
        .map(|segment| {
            let fragments = segment.fragments.iter();
            let fragments = fragments.map(|f| (f.duration, f.bytes, f.key)).collect();
            (segment.start, fragments)
        })
        .collect();
    let size: u64 = segments.iter().map(Segment::bytes).sum();
    sqlx::query(
        "INSERT INTO parts (asset, folder, first, segments, list, bytes)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (asset, folder, first) DO UPDATE
             SET segments = excluded.segments, list = excluded.list, bytes = excluded.bytes
             WHERE parts.segments <= excluded.segments",
    )
    .bind(asset.to_string())
    .bind(folder)
    .bind(i64::from(first.number))
    .bind(i64::try_from(segments.len()).unwrap_or(i64::MAX))
    .bind(written(&list)?)
    .bind(number(size))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Segments that one step made for a rendition.
#[derive(Debug, Clone)]
pub(in super::super) struct PartRow {
    pub(in super::super) folder: String,
    pub(in super::super) segments: Vec<Segment>,
}

pub(in super::super) async fn parts<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<PartRow>, DbError> {
    let rows = sqlx::query(
        "SELECT folder, first, list FROM parts WHERE asset = $1 ORDER BY folder, first",
    )
    .bind(asset.to_string())
    .fetch_all(executor)
    .await?;
    rows.iter()
        .map(|row| {
            let folder: String = row.try_get("folder")?;
            let first: i64 = row.try_get("first")?;
            let first = u32::try_from(first).map_err(|_| unreadable("first"))?;
            let list: Vec<Written> = json(row, "list")?.unwrap_or_default();
            let segments = (first..)
                .zip(list)
                .map(|(number, (start, fragments))| Segment {
                    folder: folder.clone(),
                    number,
                    start,
                    fragments: fragments
                        .into_iter()
                        .map(|(duration, bytes, key)| Fragment {
                            duration,
                            bytes,
                            key,
                        })
                        .collect(),
                })
                .collect();
            Ok(PartRow { folder, segments })
        })
        .collect()
}

/// A file that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Extra {
    pub(in super::super) file: String,
    pub(in super::super) bytes: u64,
}

pub(in super::super) async fn save_extra(
    tx: &mut Tx,
    asset: AssetId,
    step: &str,
    extra: &Extra,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO extras (asset, file, step, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (asset, file) DO UPDATE SET step = excluded.step, bytes = excluded.bytes",
    )
    .bind(asset.to_string())
    .bind(extra.file.as_str())
    .bind(step)
    .bind(number(extra.bytes))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Files that were only needed on the way.
pub(in super::super) async fn drop_extras(
    tx: &mut Tx,
    asset: AssetId,
    folder: &str,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM extras WHERE asset = $1 AND file LIKE $2")
        .bind(asset.to_string())
        .bind(format!("{folder}/%"))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn extras<'e>(
    executor: impl AnyExecutor<'e>,
    asset: AssetId,
) -> Result<Vec<Extra>, DbError> {
    let rows = sqlx::query("SELECT file, bytes FROM extras WHERE asset = $1 ORDER BY file")
        .bind(asset.to_string())
        .fetch_all(executor)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Extra {
                file: row.try_get("file")?,
                bytes: bytes(row, "bytes")?,
            })
        })
        .collect()
}
