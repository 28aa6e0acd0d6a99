//! Whole pictures from fields: one for each frame, at the frame's own time.

use std::collections::VecDeque;

use domain::media::facts::FieldOrder;
use ffmpeg_next::Rational;

use super::{
    Decoded,
    graph::{Graph, Shape},
};
use crate::error::MediaError;

pub(crate) struct Deinterlacer {
    chain: String,
    graph: Option<(Shape, Graph)>,
    /// Times of the frames that are in the graph: it gives one for each, in order.
    inside: VecDeque<Decoded<()>>,
    done: VecDeque<Decoded>,
    number: i64,
}

impl Deinterlacer {
    /// `None` for frames that are whole.
    pub(crate) fn of(fields: FieldOrder) -> Option<Self> {
        let (parity, which) = match fields {
            FieldOrder::Progressive => return None,
            FieldOrder::TopFirst => ("tff", "all"),
            FieldOrder::BottomFirst => ("bff", "all"),
            FieldOrder::Mixed => ("auto", "interlaced"),
        };
        Some(Self {
            chain: format!("[in]bwdif=mode=send_frame:parity={parity}:deint={which}[o0]"),
            graph: None,
            inside: VecDeque::new(),
            done: VecDeque::new(),
            number: 0,
        })
    }

    pub(crate) fn push(&mut self, mut frame: Decoded) -> Result<(), MediaError> {
        let shape = Shape::of(&frame.picture)?;
        if self
            .graph
            .as_ref()
            .is_some_and(|(built, _)| *built != shape)
        {
            self.end()?;
        }
        if self.graph.is_none() {
            let graph = Graph::new(shape, &frame.picture, Rational(1, 25), &self.chain, 1)?;
            self.graph = Some((shape, graph));
        }
        frame.picture.set_pts(Some(self.number));
        self.number += 1;
        self.inside.push_back(Decoded {
            at: frame.at,
            ticks: frame.ticks,
            length: frame.length,
            picture: (),
        });
        if let Some((_, graph)) = &mut self.graph {
            graph.push(&frame.picture)?;
        }
        self.collect()
    }

    /// Gives up what it held back for the sake of a next frame.
    pub(crate) fn end(&mut self) -> Result<(), MediaError> {
        if let Some((_, graph)) = &mut self.graph {
            graph.end()?;
            self.collect()?;
        }
        self.graph = None;
        self.inside.clear();
        Ok(())
    }

    /// Drops all that is inside: the next frame has nothing to do with it.
    pub(crate) fn forget(&mut self) {
        self.graph = None;
        self.inside.clear();
        self.done.clear();
    }

    pub(crate) fn pull(&mut self) -> Option<Decoded> {
        self.done.pop_front()
    }

    fn collect(&mut self) -> Result<(), MediaError> {
        let Some((_, graph)) = &mut self.graph else {
            return Ok(());
        };
        while let Some(picture) = graph.pull(0)? {
            let Some(times) = self.inside.pop_front() else {
                break;
            };
            self.done.push_back(Decoded {
                at: times.at,
                ticks: times.ticks,
                length: times.length,
                picture,
            });
        }
        Ok(())
    }
}
