//! The order of publishing: one lane for each user, of which only the first task may be under way. Pure.

use std::collections::{HashMap, VecDeque};

use crate::stream::Task;

/// The tasks of one user that are still to be done, in order. There is at least one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    first: Task,
    others: VecDeque<Task>,
}

impl Lane {
    /// The only task that may be under way.
    pub(crate) const fn first(&self) -> &Task {
        &self.first
    }

    /// The same, to be changed.
    pub(crate) const fn first_mut(&mut self) -> &mut Task {
        &mut self.first
    }

    /// The lane without its first task, which is done; none if it was the last.
    pub(crate) fn without_first(mut self) -> Option<Self> {
        let first = self.others.pop_front()?;
        Some(Self { first, others: self.others })
    }
}

/// The lanes with something left to do. They take turns, so that a user whose event fails again and again does not
/// keep the others waiting.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lanes(VecDeque<Lane>);

impl Lanes {
    /// The lanes of tasks that are in the order of their batch. A task that does not say whose it is has its own.
    pub(crate) fn of(tasks: Vec<Task>) -> Self {
        let mut lanes: VecDeque<Lane> = VecDeque::new();
        let mut of_partition = HashMap::new();
        for task in tasks {
            let known = task.partition.as_ref().and_then(|partition| of_partition.get(partition).copied());
            if let Some(lane) = known.and_then(|index: usize| lanes.get_mut(index)) {
                lane.others.push_back(task);
                continue;
            }
            if let Some(partition) = &task.partition {
                of_partition.insert(partition.clone(), lanes.len());
            }
            lanes.push_back(Lane { first: task, others: VecDeque::new() });
        }
        Self(lanes)
    }

    /// Whether everything is done.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many tasks are left.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|lane| 1 + lane.others.len()).sum()
    }

    /// Takes out the lanes whose turn it is.
    pub(crate) fn take(&mut self, at_most: usize) -> Vec<Lane> {
        self.0.drain(..at_most.min(self.0.len())).collect()
    }

    /// Puts a lane at the end.
    pub(crate) fn put_back(&mut self, lane: Lane) {
        self.0.push_back(lane);
    }

    /// The task left that came first in the batch.
    pub(crate) fn into_first(self) -> Option<Task> {
        self.0.into_iter().map(|lane| lane.first).min_by_key(|task| task.position)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::letter::Unpublishable;
    use crate::stream::Errand;

    fn tasks(partitions: &[&str]) -> Vec<Task> {
        let task = |(position, partition): (usize, &&str)| Task {
            position,
            sequence_number: position.to_string(),
            partition: (!partition.is_empty()).then(|| (*partition).to_owned()),
            errand: Errand::SetAside(Unpublishable::NoNewImage),
            record: Value::Null,
        };
        partitions.iter().enumerate().map(task).collect()
    }

    fn positions(lanes: &[Lane]) -> Vec<usize> {
        lanes.iter().map(|lane| lane.first().position).collect()
    }

    #[test]
    fn only_the_first_of_each_user_is_taken() {
        let mut lanes = Lanes::of(tasks(&["a", "b", "a", "c", "b"]));
        assert_eq!(lanes.len(), 5);
        let taken = lanes.take(10);
        assert_eq!(positions(&taken), [0, 1, 3]);
        assert!(lanes.is_empty());
        for lane in taken {
            lane.without_first().into_iter().for_each(|lane| lanes.put_back(lane));
        }
        assert_eq!(positions(&lanes.take(10)), [2, 4]);
    }

    #[test]
    fn a_lane_that_was_put_back_lets_the_others_go_first() {
        let mut lanes = Lanes::of(tasks(&["a", "b", "c"]));
        lanes.take(1).into_iter().for_each(|lane| lanes.put_back(lane));
        assert_eq!(positions(&lanes.take(2)), [1, 2]);
    }

    #[test]
    fn a_task_of_nobody_keeps_nobody_waiting() {
        let mut lanes = Lanes::of(tasks(&["", "", "a"]));
        assert_eq!(positions(&lanes.take(10)), [0, 1, 2]);
    }

    #[test]
    fn the_first_left_is_the_first_of_the_batch() {
        let mut lanes = Lanes::of(tasks(&["a", "b", "a"]));
        lanes.take(1).into_iter().for_each(|lane| lanes.put_back(lane));
        assert_eq!(lanes.into_first().map(|task| task.position), Some(0));
        assert_eq!(Lanes::of(Vec::new()).into_first(), None);
    }
}
