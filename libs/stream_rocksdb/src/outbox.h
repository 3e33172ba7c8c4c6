// Records for other shards, staged within one batch.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <map>

#include "mainstay/stream/ports.h"
#include "shard_state.h"

namespace mainstay::stream_rocksdb {

// All under write_mutex.
class OutboxStage {
 public:
  explicit OutboxStage(ShardState& shard) : shard_(shard) {}
  void Append(rocksdb::WriteBatch& batch, const TopicState& topic, const stream::OutRecord& out);
  void Finish(rocksdb::WriteBatch& batch) const;  // Before the write: how far the sequences went.
  void Publish();                                 // After the write.

 private:
  ShardState& shard_;
  std::map<std::int32_t, std::uint64_t> written_;
};

}  // namespace mainstay::stream_rocksdb
