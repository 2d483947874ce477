#ifndef TURNSTILE_CSQLITE_H
#define TURNSTILE_CSQLITE_H
#include <sqlite3.h>

// Variadic functions and macros, which Swift does not import.

/// Counts no memory: the count costs a lock at every allocation. Before the library is first used.
static inline int turnstile_sqlite_without_memory_count(void)
{
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
/// Small allocations of this connection come from `slots` pieces of its own of `size` bytes.
static inline int turnstile_sqlite_lookaside(sqlite3 *connection, int size, int slots)
{
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_LOOKASIDE, 0, size, slots);
}
/// Leaves the write-ahead log as it is when the last connection is closed, or not.
static inline int turnstile_sqlite_keep_log(sqlite3 *connection, int keeps)
{
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps, 0);
}
#endif
