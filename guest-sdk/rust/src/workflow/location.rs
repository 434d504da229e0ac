//! Where an entry of the history is: the names on the way to it.

use std::fmt;

use crate::host::workflow;

/// The names on the way to an entry, from the outside in; none are the workflow itself. Sorts as the host does: one before those
/// beneath it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location(Vec<Segment>);

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Iteration(u32),
    Name(String),
}

impl Location {
    /// What is beneath it under a name.
    pub fn name(&self, name: impl Into<String>) -> Self {
        self.with(Segment::Name(name.into()))
    }

    /// An iteration of the loop that is here.
    pub fn iteration(&self, iteration: u32) -> Self {
        self.with(Segment::Iteration(iteration))
    }

    /// Whether it is the other one, or beneath it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Whether it belongs to an iteration of that loop before this one.
    pub fn is_before(&self, iteration: u32, of: &Self) -> bool {
        let behind = self.0.strip_prefix(of.0.as_slice()).and_then(<[Segment]>::first);
        matches!(behind, Some(Segment::Iteration(other)) if *other < iteration)
    }

    pub fn from_host(segments: Vec<workflow::Segment>) -> Self {
        let segment = |segment| match segment {
            workflow::Segment::Name(name) => Segment::Name(name),
            workflow::Segment::Iteration(iteration) => Segment::Iteration(iteration),
        };
        Self(segments.into_iter().map(segment).collect())
    }

    pub fn to_host(&self) -> Vec<workflow::Segment> {
        let segment = |segment: &Segment| match segment {
            Segment::Name(name) => workflow::Segment::Name(name.clone()),
            Segment::Iteration(iteration) => workflow::Segment::Iteration(*iteration),
        };
        self.0.iter().map(segment).collect()
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }
}

/// A path, which no other location has: `poll/~3/charge`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            match segment {
                Segment::Iteration(iteration) => write!(f, "~{iteration}")?,
                Segment::Name(name) => {
                    let name = name.replace('%', "%25").replace('/', "%2F").replace('~', "%7E");
                    f.write_str(&name)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_of_one_location_each() {
        let root = Location::default();
        let paths = [
            (root.name("poll").iteration(3).name("charge"), "poll/~3/charge"),
            (root.name("a/b").name("c"), "a%2Fb/c"),
            (root.name("a").name("b/c"), "a/b%2Fc"),
            (root.name("a").name("~3"), "a/%7E3"),
        ];
        for (location, path) in paths {
            assert_eq!(location.to_string(), path);
        }
    }

    #[test]
    fn one_sorts_before_those_beneath_it_and_iterations_by_their_numbers() {
        let root = Location::default();
        let poll = root.name("poll");
        let sorted = [
            root.clone(),
            poll.clone(),
            poll.iteration(9),
            poll.iteration(9).name("a"),
            poll.iteration(10),
            poll.name("a"),
            root.name("poll2"),
        ];
        assert!(sorted.is_sorted());
        assert!(sorted[3].is_within(&poll) && !sorted[6].is_within(&poll));
        assert!(sorted[3].is_before(10, &poll) && !sorted[4].is_before(10, &poll));
        assert!(!sorted[1].is_before(10, &poll) && !sorted[5].is_before(10, &poll));
    }
}
