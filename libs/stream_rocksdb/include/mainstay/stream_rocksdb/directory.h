// A data directory of the embedded system: its settings, and the lock that gives it one owner at a time.
//
//   LOCK            held by the owner (flock: the kernel lets go when the process dies); contains its pid
//   FORMAT          the settings, as text with a checksum; replaced atomically
//   shard-N/        RocksDB of shard N (shard.h)
//   shard-N.synced  up to where shard N was made durable
//   shard-N.taken   which record each service of shard N has in its hands (not needed for anything else)
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::stream_rocksdb {

inline constexpr std::int32_t kFormatVersion = 1;
inline constexpr std::int32_t kDefaultPartitions = 8;
inline constexpr std::int32_t kMaxPartitions = 1024;

enum class Clock : std::uint8_t {
  kWall,  // Ingest time is the wall clock at the door.
  kData,  // Ingest time is the event's own time; no ticks.
};
[[nodiscard]] std::string ClockName(Clock clock);  // "wall" or "data"

struct DirectoryOptions {
  bool create = true;                      // False: a missing directory is kNotFound.
  Clock new_clock = Clock::kWall;          // Of a directory that does not exist yet.
  std::optional<Clock> must_be;            // Asked for by the user: a directory with another clock is refused.
  std::optional<std::int32_t> partitions;  // New: 8 by default, fixed from then on. Existing: another is refused.
  Instant now{};                           // Becomes `created_at` of a new directory.
};

// Any thread after Open, except SwitchToWall, which must not run beside readers of clock().
class EmbeddedDirectory {
 public:
  // Opens or creates `path` and locks it. Errors, each one line that says what to do:
  //   kFailedPrecondition  another process owns it (with its pid); newer format; other partitions; not our directory
  //   kInvalidArgument     `must_be` is not its clock; impossible number of partitions
  //   kNotFound            it does not exist and `create` is false
  //   kUnavailable         not a directory, no permission, read-only, disk full
  //   kDataLoss            the settings are damaged or gone
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedDirectory>> Open(const std::filesystem::path& path,
                                                                       const DirectoryOptions& options);
  ~EmbeddedDirectory();  // Releases the lock. Shards must be closed by then.
  EmbeddedDirectory(const EmbeddedDirectory&) = delete;
  EmbeddedDirectory& operator=(const EmbeddedDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Clock clock() const { return clock_; }
  [[nodiscard]] std::int32_t partitions() const { return partitions_; }
  [[nodiscard]] const std::string& installation() const { return installation_; }  // 32 hex digits, random.
  [[nodiscard]] Instant created_at() const { return created_at_; }
  [[nodiscard]] bool is_new() const { return is_new_; }  // This Open created it.
  [[nodiscard]] std::filesystem::path ShardPath(std::int32_t partition) const;

  // From `data` to `wall`, durably and for good; a directory with the wall clock stays as it is.
  [[nodiscard]] Result<void> SwitchToWall();

 private:
  EmbeddedDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  [[nodiscard]] Result<void> Create(const DirectoryOptions& options);
  [[nodiscard]] Result<void> Load();
  [[nodiscard]] Result<void> CheckAgainst(const DirectoryOptions& options) const;
  [[nodiscard]] Result<void> Save() const;

  std::filesystem::path path_;
  int lock_;
  Clock clock_ = Clock::kWall;
  std::int32_t partitions_ = kDefaultPartitions;
  std::string installation_;
  Instant created_at_{};
  bool is_new_ = false;
};

}  // namespace mainstay::stream_rocksdb
