// How far one shard has come, for those who wait for it: positions, what became of recent records, whether it runs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/stream/shard_loop.h"

namespace mainstay::app {

using Deadline = std::chrono::steady_clock::time_point;

struct Objection {  // A record that was not simply accepted.
  std::int64_t offset = 0;
  stream::Verdict verdict;
};

// Any thread.
class ShardProgress {
 public:
  // The shard is restored and runs from `meta` on; or it does not, for this reason.
  void Running(const stream::Meta& meta);
  void NotRunning(Error reason);
  // One committed step.
  void Advanced(const stream::Meta& meta, std::vector<stream::ProcessedRecord> processed);

  [[nodiscard]] bool running() const;
  [[nodiscard]] Error reason() const;  // Why it does not run.
  [[nodiscard]] stream::Meta meta() const;
  // Waits until every topic position is above the given offset. kUnavailable: the shard is not run here (any more), or
  // the deadline passed.
  [[nodiscard]] Result<void> Await(stream::TopicId topic, std::int64_t offset, Deadline deadline) const;
  [[nodiscard]] bool HasCaller() const;  // In an Await that has to wait.
  // For the shard, which may rest as long as nobody is in an Await that has to wait: until somebody is, Close or the
  // deadline.
  void AwaitCaller(Deadline deadline) const;
  void Close();  // The shard stops: it rests no more.
  // Of records already taken, in the order of `offsets`. What was taken too long ago counts as accepted.
  [[nodiscard]] std::vector<Objection> ObjectionsTo(stream::TopicId topic,
                                                    const std::vector<std::int64_t>& offsets) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  mutable std::condition_variable called_;
  mutable int callers_ = 0;  // In an Await that has to wait.
  bool closed_ = false;
  bool running_ = false;
  Error reason_{ErrorCode::kUnavailable, Recovery::kRetry, "the shard is being restored", {}};
  stream::Meta meta_;
  std::map<std::pair<stream::TopicId, std::int64_t>, stream::Verdict> objections_;
  std::deque<std::pair<stream::TopicId, std::int64_t>> oldest_;
};

}  // namespace mainstay::app
