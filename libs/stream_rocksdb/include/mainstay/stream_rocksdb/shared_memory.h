// Caches and write buffers that all shards of a process share, so that memory does not grow with their number.
#pragma once

#include <cstddef>
#include <memory>

namespace mainstay::stream_rocksdb {

struct Memory {
  std::size_t block_cache_bytes = 64 << 20;   // Blocks, indexes and filters read from disk, all shards together.
  std::size_t write_buffer_bytes = 64 << 20;  // Memtables of all shards together; above it they are flushed.
  // Write-ahead logs of all shards together, roughly: more means fewer flushes and a longer start after a crash. Each
  // shard gets an eighth, at least 32 MiB, because one big book lives in one shard.
  std::size_t wal_bytes = 128 << 20;
  // Rows that are in no file yet, all local stores together; each gets an equal part.
  std::size_t pending_bytes = 32 << 20;
  // Ids of events that are in no file yet, all local stores together; above it the one that adds some makes a file.
  std::size_t recent_id_bytes = 16 << 20;
};

// Outlives the shards opened with it. Thread-safe.
class SharedMemory {
 public:
  explicit SharedMemory(const Memory& memory = {});
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace mainstay::stream_rocksdb
