//! The storyboard as players read it: a time and a rectangle of a sheet for each small picture.

use std::fmt::Write as _;

use domain::media::{Micros, spec::Storyboard};

pub(super) fn thumbnails(board: &Storyboard, duration: Micros) -> Vec<u8> {
    let mut text = String::from("WEBVTT\n");
    let a_sheet = (board.columns * board.rows).max(1);
    for number in 0..board.count {
        let start = Micros::from(number) * board.tiles.every;
        let end = (start + board.tiles.every).min(duration.max(start + 1000));
        let (sheet, place) = (number / a_sheet, number % a_sheet);
        let columns = board.columns.max(1);
        let (x, y) = (
            place % columns * board.tiles.width,
            place / columns * board.tiles.height,
        );
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "\n{} --> {}\n{sheet:03}.jpg#xywh={x},{y},{},{}\n",
            clock(start),
            clock(end),
            board.tiles.width,
            board.tiles.height
        );
    }
    text.into_bytes()
}

fn clock(time: Micros) -> String {
    let ms = time / 1000;
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}.{:03}",
        ms / 1000 % 60,
        ms % 1000
    )
}
