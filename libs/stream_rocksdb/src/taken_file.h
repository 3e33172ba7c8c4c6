// Which record each service of a shard has in its hands, in a file that is mapped into memory: marking a record is a
// few stores, and what was stored survives the process. It is never synced: a power loss is no record's fault.
//
// The file is written whole when it is made, so that no page of it has to be found later (on a file system that copies
// on write even a full disk could end the process here).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "layout.h"
#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"

namespace mainstay::stream_rocksdb {

class TakenFile {
 public:
  // Finds or makes it. Contents that make no sense count as none.
  [[nodiscard]] static Result<std::unique_ptr<TakenFile>> Open(const std::filesystem::path& path);
  ~TakenFile();
  TakenFile(const TakenFile&) = delete;
  TakenFile& operator=(const TakenFile&) = delete;

  // Counts the death the last process left behind, if any. Null for a service beyond the first few.
  [[nodiscard]] std::unique_ptr<stream::TakenMarks> MarksOf(ServiceId service);

 private:
  explicit TakenFile(void* memory) : memory_(memory) {}
  void* const memory_;
};

}  // namespace mainstay::stream_rocksdb
