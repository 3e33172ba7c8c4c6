// Copies of an open data directory, as different deaths would leave it.
#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "mainstay/stream_rocksdb/shard.h"

namespace mainstay::stream_rocksdb {

// As kill -9 leaves it: everything that was written.
void CopyAsIfKilled(const EmbeddedShard& shard, const std::filesystem::path& from, const std::filesystem::path& to);

// Knows what of each file of a RocksDB was synced.
class ForgetfulDisk {
 public:
  ForgetfulDisk();
  ~ForgetfulDisk();
  ForgetfulDisk(const ForgetfulDisk&) = delete;
  ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

  [[nodiscard]] rocksdb::Env* env() const { return env_.get(); }
  // As a power loss leaves it: of RocksDB's files only what was synced; the other files whole, for they are synced
  // whenever they are written.
  void CopyAsIfPowerFailed(const EmbeddedShard& shard, const std::filesystem::path& from,
                           const std::filesystem::path& to) const;

  struct Sizes {
    std::mutex mutex;
    std::map<std::string, std::uint64_t> durable;  // By path.
  };

 private:
  std::shared_ptr<Sizes> sizes_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace mainstay::stream_rocksdb
