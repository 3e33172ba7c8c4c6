// Levers for tests, which must show that the checkers notice. Never set in production.
#pragma once

namespace rocksdb {
class Env;
}

namespace mainstay::stream_rocksdb {

struct Levers {
  rocksdb::Env* env = nullptr;        // Instead of the real file system, for shards opened from now on.
  bool meta_in_second_write = false;  // Breaks atomicity: META follows outputs and state in a write of its own.
  bool no_taken_marks = false;        // Forgets which record a process died of.
  bool ids_only_in_memory = false;    // Ids of a local store that are in no file are lost with the process.
  bool meta_before_rows = false;      // A local store writes META while rows that belong to it are still in memory.
  bool killed_at_end = false;         // A local store ends as with its process: what is in memory only is lost.
  bool disk_full = false;             // Every write fails.
  bool die_in_clear = false;          // Clearing a local store stops before its last write.
  bool mark_without_sync = false;     // Breaks durability: Sync promises without having synced.
};
[[nodiscard]] Levers& TestLevers();

}  // namespace mainstay::stream_rocksdb
