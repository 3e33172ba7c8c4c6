#include "timer_queue.h"

#include <algorithm>
#include <functional>

#include "mainstay/stream/key_builder.h"

namespace mainstay::stream {
namespace {
constexpr std::size_t kLargestChunk = 512;
}

void TimerQueue::Added(std::int64_t at_ms, std::string_view table_key) {
  bound_ms_ = std::min(bound_ms_, at_ms);
  if (table_key < floor_) floor_ = table_key;
  own_.emplace_back(table_key);
  std::push_heap(own_.begin(), own_.end(), std::greater<>());
}

void TimerQueue::Committed() {
  own_.clear();
  committed_.clear();
  read_from_ = floor_;
  exhausted_ = false;
  chunk_ = 1;
}

void TimerQueue::Reset() {
  bound_ms_ = INT64_MIN;
  floor_.clear();
  Committed();
}

Result<void> TimerQueue::Refill() {
  const std::size_t wanted = chunk_;
  MAINSTAY_TRY(store_.Scan(kTimerTable, {}, read_from_, [&](std::string_view key, std::string_view payload) {
    committed_.emplace_back(key, payload);
    return committed_.size() < wanted;
  }));
  exhausted_ = committed_.size() < wanted;
  if (!committed_.empty()) read_from_ = committed_.back().first + '\0';
  chunk_ = std::min(chunk_ * 4, kLargestChunk);
  return {};
}

// What the overlay wrote hides the committed timer for the rest of the transaction: a rollback to a savepoint
// never undoes writes that were there when the queue looked.
Result<void> TimerQueue::SkipShadowed() {
  for (;;) {
    while (!committed_.empty() && overlay_.Own(kTimerTable, committed_.front().first) != nullptr)
      committed_.pop_front();
    if (!committed_.empty() || exhausted_) return {};
    MAINSTAY_TRY(Refill());
  }
}

void TimerQueue::SkipDeadOwn() {
  while (!own_.empty()) {
    const std::optional<std::string>* const payload = overlay_.Own(kTimerTable, own_.front());
    if (payload != nullptr && payload->has_value()) return;
    std::pop_heap(own_.begin(), own_.end(), std::greater<>());
    own_.pop_back();
  }
}

Result<std::optional<TimerQueue::Head>> TimerQueue::Due(std::int64_t until_ms) {
  if (bound_ms_ > until_ms) return std::optional<Head>{};
  MAINSTAY_TRY(SkipShadowed());
  SkipDeadOwn();
  std::optional<Head> head;
  if (!own_.empty() && (committed_.empty() || own_.front() < committed_.front().first)) {
    head = Head{own_.front(), **overlay_.Own(kTimerTable, own_.front())};
  } else if (!committed_.empty()) {
    head = Head{committed_.front().first, committed_.front().second};
  }
  bound_ms_ = head ? ReadOrderedInt64(head->key) : INT64_MAX;
  if (head) floor_ = head->key;
  if (bound_ms_ > until_ms) head.reset();
  return head;
}

Result<std::optional<std::int64_t>> TimerQueue::NextAt() {
  if (bound_ms_ == INT64_MAX) return std::optional<std::int64_t>{};
  MAINSTAY_TRY_ASSIGN(head, Due(INT64_MAX));
  if (!head) return std::optional<std::int64_t>{};
  return std::optional(ReadOrderedInt64(head->key));
}

}  // namespace mainstay::stream
