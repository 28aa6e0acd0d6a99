//! Whether frames come at even steps, and at which.

use domain::media::facts::Ratio;
use ffmpeg_next::Rational;

/// Rates that cameras and films have; a container may say another one that is nearly it.
const USUAL: [(u32, u32); 20] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (15, 1),
    (10, 1),
    (12, 1),
    (25, 2),
    (15_000, 1001),
    (20, 1),
    (48, 1),
    (100, 1),
    (120_000, 1001),
    (120, 1),
    (240, 1),
    (240_000, 1001),
];

/// Beyond this nothing is told from a free clock.
const FASTEST: f64 = 500.0;
/// Of so many places of a grid one has a frame, at least; with more holes it is no even rate.
const FULL: f64 = 1.03;

/// The rate of a grid on which all of these times stand, which rise.
pub(super) fn grid(times: &[i64], base: Rational, said: &[Ratio]) -> Option<Ratio> {
    let (first, last) = (*times.first()?, *times.last()?);
    let tick = f64::from(base.numerator()) / f64::from(base.denominator());
    if times.len() < 2 || tick <= 0.0 {
        return said.first().copied();
    }
    let seconds = (last - first) as f64 * tick;
    let average = (times.len() - 1) as f64 / seconds;
    let usual = USUAL.iter().map(|(num, den)| Ratio::new(*num, *den));
    let mut candidates: Vec<(f64, Ratio)> = said
        .iter()
        .copied()
        .chain(usual)
        .filter_map(|rate| rate.value().map(|value| (value, rate)))
        .filter(|(value, _)| {
            *value <= FASTEST && *value < average * FULL && *value > average * 0.98
        })
        .collect();
    // The one with the fewest holes first; of equal ones the container's word.
    candidates.sort_by(|one, other| one.0.total_cmp(&other.0));
    candidates
        .into_iter()
        .find(|(value, _)| stands(times, first, tick, *value))
        .map(|(_, rate)| rate)
}

/// A clock can be wrong by a tick, and some count in milliseconds.
fn stands(times: &[i64], first: i64, tick: f64, rate: f64) -> bool {
    let off = (tick * 1.01).max(0.0011) * rate;
    if off > 0.2 {
        return false;
    }
    let mut before = -1.0;
    times.iter().all(|time| {
        let place = (*time - first) as f64 * tick * rate;
        let number = place.round();
        let rises = number > before;
        before = number;
        rises && (place - number).abs() <= off
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: Rational = Rational(1, 1000);

    fn millis(rate: f64, frames: u32) -> Vec<i64> {
        (0..frames)
            .map(|frame| (f64::from(frame) * 1000.0 / rate).round() as i64)
            .collect()
    }

    #[test]
    fn jitter_of_milliseconds_is_a_grid() {
        for (num, den) in USUAL {
            let rate = f64::from(num) / f64::from(den);
            if rate > 200.0 {
                continue;
            }
            let found = grid(&millis(rate, 20_000), MILLIS, &[]);
            assert_eq!(found, Some(Ratio::new(num, den)), "{rate}");
        }
    }

    #[test]
    fn a_rate_that_nobody_knows_is_the_containers() {
        let times: Vec<i64> = (0..500).map(|frame| frame * 7).collect();
        let said = Ratio::new(100, 7);
        assert_eq!(grid(&times, Rational(1, 100), &[said]), Some(said));
        assert_eq!(grid(&times, Rational(1, 100), &[]), None);
    }

    #[test]
    fn a_missing_frame_leaves_a_grid() {
        let mut times = millis(30.0, 3000);
        times.remove(1500);
        times.remove(100);
        assert_eq!(grid(&times, MILLIS, &[]), Some(Ratio::new(30, 1)));
    }

    #[test]
    fn times_of_a_telephone_are_no_grid() {
        let times: Vec<i64> = (0..1000)
            .map(|frame| frame * 33 + (frame * 7919) % 13)
            .collect();
        assert_eq!(grid(&times, MILLIS, &[Ratio::new(30, 1)]), None);
        // Half of it at 15, half at 30.
        let mut times = millis(30.0, 300);
        times.extend((0..150).map(|frame| 10_000 + frame * 67));
        assert_eq!(grid(&times, MILLIS, &[Ratio::new(30, 1)]), None);
    }

    #[test]
    fn one_frame_has_the_rate_that_was_said() {
        let said = Ratio::new(25, 1);
        assert_eq!(grid(&[0], MILLIS, &[said]), Some(said));
        assert_eq!(grid(&[], MILLIS, &[said]), None);
    }
}
