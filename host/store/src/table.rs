//! The tables of the store.

/// A table: byte strings to byte strings, ordered by key. The number of a table is written to the journal
/// and its name to the database, so neither ever changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Actors by id.
    Actors = 1,
    /// Actor ids by namespace, name and key.
    ActorKeys = 2,
    /// The newest generation of an actor that has committed, by id. Written by the store alone.
    Generations = 3,
    /// The state of an actor, by id.
    State = 4,
    /// The key-value data of actors.
    Kv = 5,
    /// Bytes that an actor uses, by id.
    Usage = 6,
    /// Components by name.
    Components = 7,
    /// Versions of components.
    Versions = 8,
    /// Actors whose data is still to be removed.
    Reclaim = 9,
    /// Ids of actors that exist by name, namespace and age.
    ActorNames = 10,
    /// The input of an actor that has not had its first start, by id.
    Inputs = 11,
    /// Ids of destroyed actors by name, namespace and age.
    DestroyedNames = 12,
    /// Connections that outlive an instance, by actor id and number.
    Connections = 13,
    /// The memory of sleeping actors, by actor id and number of the piece.
    Snapshots = 14,
    /// The pages of actors' SQL databases, by actor id and number of the page.
    SqlPages = 15,
    /// Messages of actors' queues, by actor id and number of the message.
    Queue = 16,
    /// The newest message that has left an actor's queue, by actor id; none if a newer one is there, or none was.
    QueueHeads = 17,
    /// Messages that were given up, by actor id and number of the message.
    DeadLetters = 18,
    /// What actors are to do, by actor id, time and id.
    Schedules = 19,
    /// What recurring schedules of actors have done, by actor id, name and time.
    ScheduleHistory = 20,
    /// The next time that an actor has something to do, by time and actor id.
    Alarms = 21,
    /// What actors' workflows have done, by actor id and location.
    WorkflowHistory = 22,
    /// How far actors' workflows are, by actor id and what is said of it.
    Workflows = 23,
    /// When an actor wants to be awake, by id.
    WakeTimes = 24,
}

impl Table {
    /// All tables, in the order of their numbers.
    pub const ALL: [Table; 24] = [
        Table::Actors,
        Table::ActorKeys,
        Table::Generations,
        Table::State,
        Table::Kv,
        Table::Usage,
        Table::Components,
        Table::Versions,
        Table::Reclaim,
        Table::ActorNames,
        Table::Inputs,
        Table::DestroyedNames,
        Table::Connections,
        Table::Snapshots,
        Table::SqlPages,
        Table::Queue,
        Table::QueueHeads,
        Table::DeadLetters,
        Table::Schedules,
        Table::ScheduleHistory,
        Table::Alarms,
        Table::WorkflowHistory,
        Table::Workflows,
        Table::WakeTimes,
    ];

    /// The number that stands for this table in the journal.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The table of a number in the journal.
    pub(crate) fn from_code(code: u8) -> Option<Table> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }

    /// The name of this table in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Table::Actors => "actors",
            Table::ActorKeys => "actor_keys",
            Table::Generations => "generations",
            Table::State => "state",
            Table::Kv => "kv",
            Table::Usage => "usage",
            Table::Components => "components",
            Table::Versions => "versions",
            Table::Reclaim => "reclaim",
            Table::ActorNames => "actor_names",
            Table::Inputs => "inputs",
            Table::DestroyedNames => "destroyed_names",
            Table::Connections => "connections",
            Table::Snapshots => "snapshots",
            Table::SqlPages => "sql_pages",
            Table::Queue => "queue",
            Table::QueueHeads => "queue_heads",
            Table::DeadLetters => "dead_letters",
            Table::Schedules => "schedules",
            Table::ScheduleHistory => "schedule_history",
            Table::Alarms => "alarms",
            Table::WorkflowHistory => "workflow_history",
            Table::Workflows => "workflows",
            Table::WakeTimes => "wake_times",
        }
    }
}

/// One `T` for each table.
#[derive(Default)]
pub(crate) struct PerTable<T>([T; Table::ALL.len()]);

#[allow(clippy::indexing_slicing, reason = "a table's number less one is below the number of tables")]
impl<T> PerTable<T> {
    /// Makes the `T` of every table.
    pub(crate) fn try_new<E>(make: impl FnMut(Table) -> Result<T, E>) -> Result<Self, E> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x] = Table::ALL.map(make);
        Ok(Self([
            a?, b?, c?, d?, e?, f?, g?, h?, i?, j?, k?, l?, m?, n?, o?, p?, q?, r?, s?, t?, u?, v?, w?, x?,
        ]))
    }

    /// The `T` of a table.
    pub(crate) fn get(&self, table: Table) -> &T {
        &self.0[usize::from(table.code()) - 1]
    }

    /// The `T` of a table, to change.
    pub(crate) fn get_mut(&mut self, table: Table) -> &mut T {
        &mut self.0[usize::from(table.code()) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_found_by_its_number() {
        for (index, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(table.code()), index + 1);
            assert_eq!(Table::from_code(table.code()), Some(table));
        }
        assert_eq!(Table::from_code(0), None);
        assert_eq!(Table::from_code(25), None);
    }
}
