// A data directory of the embedded system: its settings, and the lock that gives it one owner at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "mainstay/base/result.h"

namespace mainstay::stream_rocksdb {

inline constexpr std::int32_t kFormatVersion = 1;
inline constexpr std::int32_t kDefaultPartitions = 8;

enum class Clock : std::uint8_t { kWall, kData };

struct DirectoryOptions {
  Clock new_clock = Clock::kWall;                    // Of a directory that does not exist yet.
  std::int32_t new_partitions = kDefaultPartitions;  // The same; fixed from then on.
  bool create = true;
};

class EmbeddedDirectory {
 public:
  // Opens or creates `path` and locks it. Errors, each one line that says what to do: kFailedPrecondition (another
  // process owns it, with its pid; a newer format), kNotFound, kUnavailable (not a directory, not writable),
  // kDataLoss (damaged settings).
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedDirectory>> Open(const std::filesystem::path& path,
                                                                       const DirectoryOptions& options);
  ~EmbeddedDirectory();  // Releases the lock; so does the kernel when the process dies.
  EmbeddedDirectory(const EmbeddedDirectory&) = delete;
  EmbeddedDirectory& operator=(const EmbeddedDirectory&) = delete;

  [[nodiscard]] Clock clock() const { return clock_; }
  [[nodiscard]] std::int32_t partitions() const { return partitions_; }
  [[nodiscard]] std::filesystem::path ShardPath(std::int32_t partition) const;
  // From `data` to `wall`, durably and for good.
  [[nodiscard]] Result<void> SwitchToWall();

 private:
  EmbeddedDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  [[nodiscard]] Result<void> Load();
  [[nodiscard]] Result<void> Save() const;

  std::filesystem::path path_;
  int lock_;
  Clock clock_ = Clock::kWall;
  std::int32_t partitions_ = kDefaultPartitions;
};

}  // namespace mainstay::stream_rocksdb
