//! A closed group of pictures, with decode times of our own.
//!
//! An encoder's decode times lag behind before a hole, some containers have none, and a fragment
//! must start at the time of its first frame. A closed group holds the same frames in the order of
//! decoding and in that of showing, so each packet lasts as long as its frame is shown, and is
//! decoded when those before it have lasted: times rise, they need no knowledge of the neighbours,
//! and their sums are exact. (Were lengths given in another order, the last frame shown might claim
//! to last beyond the group, and browsers throw away what begins inside a frame.)

use ffmpeg_next::Packet;

use super::{Fragments, Order};
use crate::error::MediaError;

/// Decode times must not be after those of showing: all are moved back by this many seconds, which
/// the muxer, making `tfdt` the time of the first frame, adds again.
const BACK_SECONDS: i64 = 400;

/// The packets between two key frames.
pub(crate) struct Gop {
    packets: Vec<Packet>,
    back: i64,
}

impl Gop {
    pub(crate) fn new(order: Order, timescale: u32) -> Self {
        let back = match order {
            Order::AsShown => BACK_SECONDS * i64::from(timescale),
            Order::AsDecoded => 0,
        };
        Self {
            packets: Vec::new(),
            back,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(crate) fn push(&mut self, packet: Packet) {
        self.packets.push(packet);
    }

    /// Writes all packets as one fragment that lasts until `end`; gives its start and its bytes.
    pub(crate) fn write(
        &mut self,
        fragments: &mut Fragments,
        end: i64,
    ) -> Result<(i64, Vec<u8>), MediaError> {
        let mut times: Vec<i64> = self.packets.iter().filter_map(Packet::pts).collect();
        times.sort_unstable();
        let start = *times.first().ok_or(MediaError::NoPicture)?;
        let in_order = times.len() == self.packets.len()
            && times.windows(2).all(|pair| pair[0] < pair[1])
            && times.last().is_some_and(|last| *last < end);
        if !in_order {
            return Err(MediaError::Engine("times that do not rise".to_owned()));
        }
        times.push(end);
        let mut decoded = start;
        for packet in &mut self.packets {
            let shown = packet.pts().unwrap_or(start);
            let next = times.partition_point(|time| *time <= shown);
            let lasts = times[next] - shown;
            packet.set_dts(Some(decoded - self.back));
            packet.set_duration(lasts);
            decoded += lasts;
            fragments.write(packet)?;
        }
        self.packets.clear();
        Ok((start, fragments.end()?))
    }
}
