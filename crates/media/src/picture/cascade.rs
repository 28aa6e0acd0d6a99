//! Every size from one decoded picture: the largest from the source, each other from the smallest
//! that has twice its width and height (halving loses next to nothing against scaling the source
//! itself, a step of 3 : 2 or 4 : 3 half a decibel). Turning, mirroring and tone-mapping happen
//! once, at the largest size.

use domain::media::{
    facts::{Hdr, Rotation},
    spec::Picture,
};
use ffmpeg_next::{Rational, frame};

use super::graph::{Graph, Shape};
use crate::{error::MediaError, raw};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Samples {
    /// What every player decodes: 8 bits, 4:2:0, in the range of television.
    Video,
    /// What JPEG stores: the same with the whole range and the matrix of BT.601.
    Jpeg,
}

/// From which of the sizes before it one is made: they fall.
fn parent(sizes: &[Size], number: usize) -> usize {
    let area = |size: &Size| u64::from(size.width) * u64::from(size.height);
    let wanted = 4 * area(&sizes[number]);
    // Sizes are rounded to even ones.
    let twice = |size: &Size| area(size) + area(size) / 40 >= wanted;
    sizes[..number].iter().rposition(twice).unwrap_or(0)
}

pub(crate) struct Cascade {
    picture: Picture,
    sizes: Vec<Size>,
    time_base: Rational,
    samples: Samples,
    graph: Option<(Shape, Graph)>,
}

impl Cascade {
    pub(crate) fn new(
        picture: &Picture,
        sizes: Vec<Size>,
        time_base: Rational,
        samples: Samples,
    ) -> Self {
        Self {
            picture: picture.clone(),
            sizes,
            time_base,
            samples,
            graph: None,
        }
    }

    /// One picture for each size. The samples of the given one are shared, not taken.
    pub(crate) fn run(
        &mut self,
        picture: &frame::Video,
        tick: i64,
    ) -> Result<Vec<frame::Video>, MediaError> {
        let shape = Shape::of(picture)?;
        let mut shared = raw::share(picture).map_err(MediaError::working)?;
        shared.set_pts(Some(tick));
        self.settle_colours(&mut shared);
        if self.graph.as_ref().is_none_or(|(built, _)| *built != shape) {
            let chain = self.chain(shape);
            let graph = Graph::new(shape, &shared, self.time_base, &chain, self.sizes.len())?;
            self.graph = Some((shape, graph));
        }
        let Some((_, graph)) = &mut self.graph else {
            return Ok(Vec::new());
        };
        graph.push(&shared)?;
        (0..self.sizes.len())
            .map(|output| {
                graph
                    .pull(output)?
                    .ok_or_else(|| MediaError::Engine("a filter kept a picture".to_owned()))
            })
            .collect()
    }

    /// Where the source says nothing: BT.2020 for HDR, else what players assume.
    fn settle_colours(&self, picture: &mut frame::Video) {
        match self.picture.hdr {
            Some(Hdr::Hdr10) => raw::settle_colour(picture, 9, 16, 9),
            Some(Hdr::Hlg) => raw::settle_colour(picture, 9, 18, 9),
            None if self.samples == Samples::Jpeg => {
                let matrix = if picture.height() >= 720 { 1 } else { 6 };
                raw::settle_colour(picture, matrix, -1, -1);
            }
            None => {}
        }
    }

    fn chain(&self, shape: Shape) -> String {
        let mut chain = format!("[in]{}", self.first(shape));
        for (number, size) in self.sizes.iter().enumerate() {
            if number > 0 {
                chain.push_str(&format!(
                    ";[c{number}]scale={}:{}:flags=bicubic",
                    size.width, size.height
                ));
            }
            let children: Vec<usize> = (number + 1..self.sizes.len())
                .filter(|child| parent(&self.sizes, *child) == number)
                .collect();
            if !children.is_empty() {
                chain.push_str(&format!(",split={}", children.len() + 1));
            }
            chain.push_str(&format!("[o{number}]"));
            chain.extend(children.iter().map(|child| format!("[c{child}]")));
        }
        chain
    }

    fn first(&self, shape: Shape) -> String {
        let Some(upright) = self.sizes.first() else {
            return "null".to_owned();
        };
        let (width, height) = if self.picture.rotation.is_sideways() {
            (upright.height, upright.width)
        } else {
            (upright.width, upright.height)
        };
        let mut steps = Vec::new();
        if self.picture.hdr.is_some() {
            // The light itself, in linear numbers, pressed into what a plain screen shows.
            steps.push(format!(
                "zscale=w={width}:h={height}:filter=bicubic:t=linear:npl=100,format=gbrpf32le,\
                 zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,\
                 format=yuv420p"
            ));
        }
        let name = raw::picture_format_name(shape.format).unwrap_or_default();
        let layout = raw::layout(&name);
        let rgb = layout.is_some_and(|layout| layout.rgb);
        match self.samples {
            Samples::Video if self.picture.hdr.is_some() => {}
            Samples::Video => {
                let matrix = if rgb { ":out_color_matrix=bt709" } else { "" };
                steps.push(format!(
                    "scale={width}:{height}:flags=bicubic:out_range=tv{matrix},format=yuv420p"
                ));
            }
            Samples::Jpeg => steps.push(format!(
                "scale={width}:{height}:flags=bicubic:out_range=pc:out_color_matrix=bt601,\
                 format=yuvj420p"
            )),
        }
        match self.picture.rotation {
            Rotation::None => {}
            Rotation::Right => steps.push("transpose=clock".to_owned()),
            Rotation::Half => steps.push("hflip,vflip".to_owned()),
            Rotation::Left => steps.push("transpose=cclock".to_owned()),
        }
        if self.picture.mirrored {
            steps.push("hflip".to_owned());
        }
        steps.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_made_from_one_that_is_twice_as_large() {
        let sizes = |heights: &[u32]| -> Vec<Size> {
            let even = |number: u32| number.div_ceil(2) * 2;
            heights
                .iter()
                .map(|height| Size {
                    width: even(height * 16 / 9),
                    height: *height,
                })
                .collect()
        };
        let parents = |heights: &[u32]| -> Vec<u32> {
            let sizes = sizes(heights);
            (1..sizes.len())
                .map(|number| sizes[parent(&sizes, number)].height)
                .collect()
        };
        assert_eq!(
            parents(&[2160, 1440, 1080, 720, 480, 360, 240]),
            [2160, 2160, 1440, 1080, 720, 480]
        );
        assert_eq!(parents(&[1080, 720, 480, 360, 240]), [1080, 1080, 720, 480]);
        assert_eq!(parents(&[300, 240]), [300]);
    }
}
