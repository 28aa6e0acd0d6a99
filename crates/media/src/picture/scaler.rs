//! Every size from one decoded picture, each scaled from the picture itself: to make smaller ones
//! from larger ones costs up to a fifth of a decibel. Only tone-mapping happens once, at the largest
//! size.
//!
//! Two libraries scale, with the same kernel and, within 64 dB, the same result: zimg in half the
//! time, for what most sources are; FFmpeg's own whatever else there is.

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

pub(crate) struct Scaler {
    picture: Picture,
    sizes: Vec<Size>,
    time_base: Rational,
    samples: Samples,
    graph: Option<(Shape, Graph)>,
    /// By zimg, where it can.
    quick: bool,
}

impl Scaler {
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
            quick: samples == Samples::Video,
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
        match self.scale(shape, &shared) {
            // zimg refuses what says of itself what cannot be (RGB with chroma at half the size).
            Err(_) if self.quick => {
                self.quick = false;
                self.graph = None;
                self.scale(shape, &shared)
            }
            done => done,
        }
    }

    fn scale(
        &mut self,
        shape: Shape,
        picture: &frame::Video,
    ) -> Result<Vec<frame::Video>, MediaError> {
        let graph = match self.graph.take() {
            Some((built, graph)) if built == shape => graph,
            _ => {
                let chain = self.chain(shape);
                Graph::new(shape, picture, self.time_base, &chain, self.sizes.len())?
            }
        };
        let (_, graph) = self.graph.insert((shape, graph));
        graph.push(picture)?;
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
        let count = self.sizes.len();
        let mut chain = format!("[in]{}split={count}", self.tone_map());
        chain.extend((0..count).map(|number| format!("[s{number}]")));
        for (number, size) in self.sizes.iter().enumerate() {
            let steps = self.steps(shape, *size);
            chain.push_str(&format!(";[s{number}]{steps}[o{number}]"));
        }
        chain
    }

    /// The light itself, in linear numbers, pressed into what a plain screen shows.
    fn tone_map(&self) -> String {
        let Some((largest, _)) = self.sizes.first().zip(self.picture.hdr) else {
            return String::new();
        };
        let (width, height) = self.before_turning(*largest);
        format!(
            "zscale=w={width}:h={height}:filter=bicubic:t=linear:npl=100,format=gbrpf32le,\
             zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,\
             format=yuv420p,"
        )
    }

    fn steps(&self, shape: Shape, size: Size) -> String {
        let (width, height) = self.before_turning(size);
        let turn = match self.picture.rotation {
            Rotation::None => "",
            Rotation::Right => ",transpose=clock",
            Rotation::Half => ",hflip,vflip",
            Rotation::Left => ",transpose=cclock",
        };
        let mirror = if self.picture.mirrored { ",hflip" } else { "" };
        if self.quick && self.is_plain(shape) {
            // Where chroma lies between the samples is what FFmpeg's own takes it to be.
            return format!(
                "zscale=w={width}:h={height}:filter=bicubic:param_a=0:param_b=0.6\
                 :cin=center:c=center{turn}{mirror}"
            );
        }
        let name = raw::picture_format_name(shape.format).unwrap_or_default();
        let rgb = raw::layout(&name).is_some_and(|layout| layout.rgb);
        let colours = match self.samples {
            Samples::Video if rgb => ":out_range=tv:out_color_matrix=bt709,format=yuv420p",
            Samples::Video => ":out_range=tv,format=yuv420p",
            Samples::Jpeg => ":out_range=pc:out_color_matrix=bt601,format=yuvj420p",
        };
        format!("scale={width}:{height}:flags=bicubic{colours}{turn}{mirror}")
    }

    /// Eight bits, 4:2:0, in the range of television and of even size: what we make. Tone-mapping
    /// ends in it.
    fn is_plain(&self, shape: Shape) -> bool {
        const WHOLE_RANGE: i32 = 2;
        let even = |side: u32| side.is_multiple_of(2);
        let plain = raw::picture_format_name(shape.format).as_deref() == Some("yuv420p")
            && shape.range != WHOLE_RANGE
            && even(shape.width)
            && even(shape.height);
        plain || self.picture.hdr.is_some()
    }

    fn before_turning(&self, size: Size) -> (u32, u32) {
        if self.picture.rotation.is_sideways() {
            (size.height, size.width)
        } else {
            (size.width, size.height)
        }
    }
}
