// Small files that must survive a power loss.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::stream_rocksdb {

// Replaces `path` so that after a crash it is the old file or the new one, whole.
[[nodiscard]] Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view content);

// Up to which RocksDB sequence a shard was made durable. Recovery stops silently at the first damaged entry of a
// write-ahead log; a shard that comes back below its mark has lost what it had promised.
//
// Two slots, written in turn, each with a checksum: a torn write leaves the other. Not thread-safe.
class SyncMark {
 public:
  // nullopt: there is no such file. kDataLoss: both slots are damaged.
  [[nodiscard]] static Result<std::optional<SyncMark>> Open(const std::filesystem::path& path);
  [[nodiscard]] static Result<SyncMark> Create(const std::filesystem::path& path);  // With 0.
  SyncMark(SyncMark&& other) noexcept;
  SyncMark& operator=(SyncMark&& other) noexcept;
  ~SyncMark();

  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  [[nodiscard]] Result<void> Advance(std::uint64_t sequence);

 private:
  SyncMark(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}

  std::filesystem::path path_;
  int file_;
  std::uint64_t sequence_ = 0;
  std::size_t next_slot_ = 0;
};

}  // namespace mainstay::stream_rocksdb
