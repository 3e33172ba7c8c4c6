// A data directory with one shard and one service on it, opened and reopened by tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/stream_rocksdb/directory.h"
#include "mainstay/stream_rocksdb/shard.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::stream_rocksdb {

[[nodiscard]] inline stream::Topology CounterTopology() {
  stream::Topology topology;
  topology.service = "counter";
  topology.inputs = {"in", "counter.internal"};
  topology.outputs = {"out"};
  topology.dead_letter = "counter.dead-letter";
  topology.internal = 1;
  topology.tables = {1};
  return topology;
}

// A directory and its shard 0. Member order is the order of closing.
struct OpenedShard {
  std::unique_ptr<SharedMemory> memory = std::make_unique<SharedMemory>();
  std::unique_ptr<EmbeddedDirectory> directory;
  std::unique_ptr<EmbeddedShard> shard;
};

[[nodiscard]] inline Result<OpenedShard> OpenShardIn(const std::filesystem::path& path) {
  OpenedShard opened;
  MAINSTAY_TRY_ASSIGN(directory, EmbeddedDirectory::Open(path, {}));
  opened.directory = std::move(directory);
  MAINSTAY_TRY_ASSIGN(
      shard, EmbeddedShard::Open(opened.directory->ShardPath(0), 0, *opened.memory, opened.directory->installation()));
  opened.shard = std::move(shard);
  return opened;
}

// Commits one transaction: `count` goes into the state, into the output and to shard 1.
[[nodiscard]] inline stream::Outcome CommitCount(EmbeddedShardLog& log, stream::Meta& meta, std::int64_t count,
                                                 std::size_t padding = 0) {
  stream::CommitBatch batch;
  batch.meta = meta;
  ++batch.meta.transaction;
  batch.meta.stream_time_ms = count;
  batch.outputs.push_back({false, 0, 0, count, "n", std::to_string(count) + std::string(padding, '.')});
  batch.outputs.push_back({false, 0, 1, count, "n", std::to_string(count)});
  batch.changes.push_back({1, "n", std::to_string(count)});
  batch.changes.push_back({1, "at-" + std::to_string(count), std::string(padding, 'x')});
  const stream::Outcome outcome = log.Commit(batch);
  if (outcome == stream::Outcome::kCommitted) meta = batch.meta;
  return outcome;
}

}  // namespace mainstay::stream_rocksdb
