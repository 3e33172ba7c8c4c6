#include "shard_progress.h"

#include <algorithm>

namespace mainstay::app {
namespace {

constexpr std::size_t kRemembered = 100'000;  // Objections a shard keeps for publishers that ask late.

}  // namespace

void ShardProgress::Running(const stream::Meta& meta) {
  const std::lock_guard lock(mutex_);
  running_ = true;
  meta_ = meta;
  moved_.notify_all();
}

void ShardProgress::NotRunning(Error reason) {
  const std::lock_guard lock(mutex_);
  running_ = false;
  reason_ = std::move(reason);
  moved_.notify_all();
}

void ShardProgress::Advanced(const stream::Meta& meta, std::vector<stream::ProcessedRecord> processed) {
  const std::lock_guard lock(mutex_);
  for (stream::ProcessedRecord& record : processed) {
    if (record.verdict.kind == stream::Verdict::Kind::kAccepted) continue;
    const std::pair key(record.topic, record.offset);
    if (objections_.insert_or_assign(key, std::move(record.verdict)).second) oldest_.push_back(key);
  }
  for (; oldest_.size() > kRemembered; oldest_.pop_front()) objections_.erase(oldest_.front());
  meta_ = meta;
  moved_.notify_all();
}

bool ShardProgress::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

Error ShardProgress::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

stream::Meta ShardProgress::meta() const {
  const std::lock_guard lock(mutex_);
  return meta_;
}

Result<void> ShardProgress::Await(stream::TopicId topic, std::int64_t offset, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return meta_.positions.size() > topic && meta_.positions[topic] > offset; };
  if (running_ && !there()) {
    ++callers_;
    called_.notify_all();
    moved_.wait_until(lock, deadline, [&] { return !running_ || there(); });
    --callers_;
  }
  if (!running_) return tl::unexpected(reason_);
  if (there()) return {};
  return tl::unexpected(Error{ErrorCode::kUnavailable,
                              Recovery::kRetry,
                              "the shard has not come to offset " + std::to_string(offset) + " in time",
                              {}});
}

bool ShardProgress::HasCaller() const {
  const std::lock_guard lock(mutex_);
  return callers_ > 0;
}

void ShardProgress::AwaitCaller(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  called_.wait_until(lock, deadline, [this] { return closed_ || callers_ > 0; });
}

void ShardProgress::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  called_.notify_all();
}

std::vector<Objection> ShardProgress::ObjectionsTo(stream::TopicId topic,
                                                   const std::vector<std::int64_t>& offsets) const {
  const std::lock_guard lock(mutex_);
  std::vector<Objection> found;
  for (const std::int64_t offset : offsets) {
    const auto known = objections_.find({topic, offset});
    if (known != objections_.end()) found.push_back({offset, known->second});
  }
  return found;
}

}  // namespace mainstay::app
