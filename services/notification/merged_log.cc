#include "merged_log.h"

#include <algorithm>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::notification {
namespace {

constexpr std::size_t kBatch = 128;

}  // namespace

MergedLog::MergedLog(const app::LogReader& log, std::vector<std::string> topics)
    : log_(log), topics_(std::move(topics)) {
  for (std::int32_t partition = 0; partition < log_.partitions(); ++partition) {
    for (std::size_t topic = 0; topic < topics_.size(); ++topic) {
      Cursor& cursor = cursors_.emplace_back();
      cursor.partition = partition;
      cursor.topic = topic;
    }
  }
}

// The log does not say where it begins, only whether it has an offset: nearly always 0, else found by halving.
Result<std::int64_t> MergedLog::FirstOffset(const Cursor& cursor) const {
  const std::string& topic = topics_[cursor.topic];
  std::int64_t low = 0;
  MAINSTAY_TRY_ASSIGN(end, log_.End(topic, cursor.partition));
  std::int64_t high = end;  // The first offset is in [low, high].
  std::int64_t probe = 0;
  while (low < high) {
    const auto read = log_.Read(topic, cursor.partition, probe, 1);
    if (!read && read.error().code != ErrorCode::kOutOfRange) return tl::unexpected(read.error());
    if (read) {
      high = probe;
    } else {
      low = probe + 1;
    }
    probe = low + (high - low) / 2;
  }
  return low;
}

Result<void> MergedLog::SeekEarliest() {
  for (Cursor& cursor : cursors_) {
    MAINSTAY_TRY_ASSIGN(first, FirstOffset(cursor));
    cursor.next = first;
  }
  return {};
}

Result<void> MergedLog::SeekLatest() {
  for (Cursor& cursor : cursors_) {
    MAINSTAY_TRY_ASSIGN(end, log_.End(topics_[cursor.topic], cursor.partition));
    cursor.next = end;
  }
  return {};
}

Result<void> MergedLog::Seek(const StreamPosition& position) {
  if (position.partitions != log_.partitions() || position.topics != topics_ ||
      position.next.size() != cursors_.size()) {
    return InvalidField("from",
                        "this token belongs to a subscription to other event types; start with earliest or latest");
  }
  for (std::size_t i = 0; i < cursors_.size(); ++i) {
    Cursor& cursor = cursors_[i];
    cursor.next = position.next[i];
    const std::string& topic = topics_[cursor.topic];
    MAINSTAY_TRY_ASSIGN(end, log_.End(topic, cursor.partition));
    const auto read = log_.Read(topic, cursor.partition, cursor.next, 1);
    const bool gone = !read && read.error().code == ErrorCode::kOutOfRange;
    if (!read && !gone) return tl::unexpected(read.error());
    if (gone || cursor.next > end) {
      return Fail(ErrorCode::kOutOfRange, gone
                                              ? "the events after this token are not kept any more; start with earliest"
                                              : "this token lies behind the end of the log; start with latest");
    }
  }
  return {};
}

Result<void> MergedLog::StopAtEnds() {
  for (Cursor& cursor : cursors_) {
    MAINSTAY_TRY_ASSIGN(end, log_.End(topics_[cursor.topic], cursor.partition));
    cursor.stop = end;
  }
  return {};
}

Result<void> MergedLog::Refill(Cursor& cursor, std::uint64_t news) {
  if (!cursor.read.empty() || cursor.empty_at == news) return {};
  std::size_t wanted = kBatch;
  if (cursor.stop) {
    if (cursor.next >= *cursor.stop) return {};
    wanted = std::min(wanted, static_cast<std::size_t>(*cursor.stop - cursor.next));
  }
  MAINSTAY_TRY_ASSIGN(records, log_.Read(topics_[cursor.topic], cursor.partition, cursor.next, wanted));
  if (records.empty()) cursor.empty_at = news;
  for (stream::Record& record : records) cursor.read.push_back(std::move(record));
  return {};
}

Result<const stream::Record*> MergedLog::Peek(std::uint64_t news) {
  head_ = nullptr;
  for (Cursor& cursor : cursors_) {
    MAINSTAY_TRY(Refill(cursor, news));
    if (cursor.read.empty()) continue;
    if (head_ == nullptr || cursor.read.front().ingest_ms < head_->read.front().ingest_ms) head_ = &cursor;
  }
  return head_ == nullptr ? nullptr : &head_->read.front();
}

void MergedLog::Pop() {
  MAINSTAY_CHECK(head_ != nullptr, "Pop without a record");
  head_->next = head_->read.front().offset + 1;
  head_->read.pop_front();
  head_ = nullptr;
}

StreamPosition MergedLog::position() const {
  StreamPosition position{log_.partitions(), topics_, {}};
  for (const Cursor& cursor : cursors_) position.next.push_back(cursor.next);
  return position;
}

bool MergedLog::done() const {
  return std::all_of(cursors_.begin(), cursors_.end(),
                     [](const Cursor& cursor) { return cursor.stop && cursor.next >= *cursor.stop; });
}

}  // namespace mainstay::notification
