//! Poster, storyboard, and the small pictures that parts leave behind.

use std::{fs, path::Path};

use domain::media::{
    SECOND,
    facts::{Facts, Ratio},
    line::Done,
    spec::{
        Command, EncodePart, Image, Pace, Picture, Poster, PosterFrom, Storyboard, TileSource,
        Tiles,
    },
};

use crate::{
    clips::{H264, Home, picture},
    helper,
    parts::{as_it_is, rung, stretches},
    pixels::{Shot, shot},
};

fn tiles() -> Tiles {
    Tiles {
        folder: "tiles".to_owned(),
        every: 2 * SECOND,
        width: 64,
        height: 36,
    }
}

/// A second each of black, grey, red and a moving picture.
fn opening(home: &Home) -> std::path::PathBuf {
    home.clip(
        "opening.mp4",
        &format!(
            "-f lavfi -i color=black:size=320x180:rate=25:duration=1 \
             -f lavfi -i color=gray:size=320x180:rate=25:duration=1 \
             -f lavfi -i color=red:size=320x180:rate=25:duration=1 \
             -f lavfi -i testsrc2=size=320x180:rate=25:duration=2 \
             -filter_complex [0][1][2][3]concat=n=4 {H264} -g 25"
        ),
    )
}

fn poster(source: &Path, home: &Home, facts: &Facts, at: &[i64]) -> (i64, Vec<Shot>) {
    let out = home.out("out");
    let answer = helper::run(&helper::spec(
        source,
        &out,
        facts.start,
        Command::Poster(Poster {
            from: PosterFrom::Video { stream: 0 },
            at: at.to_vec(),
            picture: as_it_is(facts),
            sizes: vec![
                Image {
                    file: "poster-180.jpg".to_owned(),
                    width: 320,
                    height: 180,
                },
                Image {
                    file: "poster-90.jpg".to_owned(),
                    width: 160,
                    height: 90,
                },
            ],
        }),
    ));
    let Done::Poster { at } = answer.done() else {
        panic!("{answer:?}");
    };
    assert_eq!(answer.files, ["poster-180.jpg", "poster-90.jpg"]);
    let shots = answer
        .files
        .iter()
        .map(|file| shot(&out.join(file), 0.0))
        .collect();
    (*at, shots)
}

#[test]
fn a_poster_is_neither_dark_nor_flat() {
    let home = Home::new();
    let source = opening(&home);
    let facts = helper::facts(&source);
    let (at, shots) = poster(
        &source,
        &home,
        &facts,
        &[520_000, 1_520_000, 2_520_000, 4_000_000],
    );
    assert_eq!(at, 4_000_000);
    assert_eq!((shots[0].width, shots[0].height), (320, 180));
    assert_eq!((shots[1].width, shots[1].height), (160, 90));
    assert!(shots[0].difference(&shot(&source, 4.0)) < 6.0);
    // Nothing but flat ones: the best of them; times behind the end: the last picture.
    let (at, shots) = poster(&source, &home, &facts, &[520_000, 2_520_000]);
    assert_eq!(at, 2_520_000);
    let [red, green, blue] = shots[0].colour(0.5, 0.5);
    assert!(red > 200 && green < 40 && blue < 40, "{red} {green} {blue}");
    let (at, _) = poster(&source, &home, &facts, &[900 * SECOND]);
    assert_eq!(at, 4_960_000);
}

#[test]
fn the_cover_of_a_song_is_its_poster() {
    let home = Home::new();
    home.clip(
        "cover.png",
        "-f lavfi -i color=blue:size=301x301 -frames:v 1",
    );
    home.clip("sound.wav", "-f lavfi -i sine=duration=2");
    let source = home.clip(
        "song.mp3",
        "-i sound.wav -i cover.png -map 0 -map 1 -c:v copy -disposition:v:0 attached_pic",
    );
    let facts = helper::facts(&source);
    let answer = helper::run(&helper::spec(
        &source,
        &home.out("out"),
        facts.start,
        Command::Poster(Poster {
            from: PosterFrom::Cover {
                stream: facts.cover.expect("a cover").index,
            },
            at: vec![],
            picture: Picture::upright(),
            sizes: vec![Image {
                file: "poster.jpg".to_owned(),
                width: 300,
                height: 300,
            }],
        }),
    ));
    answer.done();
    let [red, green, blue] = shot(&home.file("out/poster.jpg"), 0.0).colour(0.5, 0.5);
    assert!(blue > 200 && red < 40 && green < 40, "{red} {green} {blue}");
}

fn sheets(source: &Path, home: &Home, facts: &Facts, how: Option<TileSource>, count: u32) -> Shot {
    let answer = helper::run(&helper::spec(
        source,
        &home.out("out"),
        facts.start,
        Command::Storyboard(Storyboard {
            folder: "board".to_owned(),
            tiles: tiles(),
            count,
            columns: 3,
            rows: 2,
            source: how,
        }),
    ));
    assert_eq!(
        answer.done(),
        &Done::Made {
            count: u64::from(count.div_ceil(6))
        }
    );
    let sheet = shot(&home.file("out/board/000.jpg"), 0.0);
    assert_eq!((sheet.width, sheet.height), (192, 72));
    sheet
}

/// Each two seconds another colour.
fn colours(home: &Home) -> std::path::PathBuf {
    home.clip(
        "colours.mp4",
        &format!(
            "-f lavfi -i color=red:size=320x180:rate=25:duration=4 \
             -f lavfi -i color=lime:size=320x180:rate=25:duration=4 \
             -f lavfi -i color=blue:size=320x180:rate=25:duration=4 \
             -f lavfi -i color=white:size=320x180:rate=25:duration=4 \
             -filter_complex [0][1][2][3]concat=n=4 {H264} -g 50"
        ),
    )
}

fn check(sheet: &Shot) {
    let name = |column: usize, row: usize| {
        let [red, green, blue] =
            sheet.colour((column as f64 + 0.5) / 3.0, (row as f64 + 0.5) / 2.0);
        match (red > 128, green > 128, blue > 128) {
            (true, false, false) => 'r',
            (false, true, false) => 'g',
            (false, false, true) => 'b',
            (true, true, true) => 'w',
            _ => '?',
        }
    };
    let seen: String = (0..6).map(|tile| name(tile % 3, tile / 3)).collect();
    assert_eq!(seen, "rrggbb");
}

#[test]
fn parts_leave_small_pictures_and_they_become_sheets() {
    let home = Home::new();
    let source = colours(&home);
    let facts = helper::facts(&source);
    let mut made = Vec::new();
    for part in stretches(&facts, &[4, 12]) {
        let answer = helper::run(&helper::spec(
            &source,
            &home.out("out"),
            facts.start,
            Command::EncodePart(EncodePart {
                stream: 0,
                part,
                picture: as_it_is(&facts),
                rungs: vec![rung(320, 180), rung(160, 90)],
                tiles: Some(tiles()),
                threads: 1,
            }),
        ));
        answer.done();
        made.extend(answer.files);
    }
    let expected: Vec<String> = (0..8)
        .map(|number| format!("tiles/{number:05}.jpg"))
        .collect();
    assert_eq!(made, expected);
    check(&sheets(&source, &home, &facts, None, 8));
    // A hole: the one before it again, and nothing to begin with is black.
    fs::remove_file(home.file("out/tiles/00001.jpg")).unwrap();
    check(&sheets(&source, &home, &facts, None, 8));
}

#[test]
fn sheets_come_from_key_frames_when_nothing_was_decoded() {
    let home = Home::new();
    let source = colours(&home);
    let facts = helper::facts(&source);
    let how = TileSource {
        stream: 0,
        picture: Picture {
            pace: Pace::Constant {
                rate: Ratio::new(25, 1),
            },
            ..Picture::upright()
        },
    };
    check(&sheets(&source, &home, &facts, Some(how), 8));
}

#[test]
fn an_odd_picture_is_shown_as_it_looks() {
    let home = Home::new();
    let source = home.clip(
        "clip.mp4",
        &format!("{} {H264}", picture("320x180", "25", 3.0)),
    );
    let facts = helper::facts(&source);
    let sheet = sheets(
        &source,
        &home,
        &facts,
        Some(TileSource {
            stream: 0,
            picture: Picture::upright(),
        }),
        1,
    );
    // One picture; the rest of the sheet is black.
    assert_eq!(sheet.colour(0.9, 0.9), [0, 0, 0]);
    assert_ne!(sheet.colour(0.1, 0.25), [0, 0, 0]);
}
