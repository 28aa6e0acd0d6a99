//! Bandwidths as players need them to choose.

use domain::media::line::Segment;

/// The peak over any stretch of about the target duration, and the average over everything, in
/// bits a second. (RFC 8216: stretches of half to one and a half times the target; a last segment
/// of half a second would otherwise be the peak of many.)
pub(in super::super) fn measure(segments: &[&Segment], timescale: u32, target: u32) -> (u64, u64) {
    let ticks = f64::from(timescale.max(1));
    let target = f64::from(target.max(1));
    let sizes: Vec<(f64, f64)> = segments
        .iter()
        .map(|segment| {
            let bits = segment.bytes() as f64 * 8.0;
            (bits, segment.duration() as f64 / ticks)
        })
        .collect();
    let (bits, seconds) = sizes
        .iter()
        .fold((0.0, 0.0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    if seconds <= 0.0 {
        return (1, 1);
    }
    let average = bits / seconds;
    let mut peak = average;
    for begin in 0..sizes.len() {
        let mut stretch = (0.0, 0.0);
        for size in &sizes[begin..] {
            stretch = (stretch.0 + size.0, stretch.1 + size.1);
            if stretch.1 > target * 1.5 {
                break;
            }
            if stretch.1 >= target * 0.5 {
                peak = peak.max(stretch.0 / stretch.1);
            }
        }
    }
    (peak.ceil() as u64, average.ceil() as u64)
}
