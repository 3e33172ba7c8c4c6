#include "mainstay/stream_kafka/topic_reader.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "client_config.h"
#include "partition_stream.h"
#include "wire_message.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr Duration kPatience{5'000};    // For an answer of the broker.
constexpr std::size_t kWindow = 1'000;  // Records a cursor remembers for the next reader.
constexpr std::size_t kWindowBytes = 2 << 20;
constexpr std::size_t kCursors = 64;

std::size_t BytesOf(const WireRecord& record) {
  std::size_t bytes = 64 + record.key.size() + (record.value ? record.value->size() : 0);
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

// One partition: where the stream stands and what it delivered last.
class Cursor {
 public:
  Cursor(rd_kafka_t* consumer, const std::string& topic, std::int32_t partition)
      : stream_(consumer, topic, partition) {}

  // `settled` (or -1): the stream must have seen everything below it before it may say that there is nothing.
  Result<std::vector<WireRecord>> Read(std::int64_t offset, std::size_t max, Duration wait, std::int64_t settled) {
    const std::lock_guard lock(mutex_);
    std::vector<WireRecord> records;
    if (!Covers(offset)) {
      MAINSTAY_TRY(stream_.Restart(offset));
      window_.clear();
      bytes_ = 0;
      begin_ = offset;
      next_ = offset;
      end_ = -1;
    }
    for (const WireRecord& record : window_) {
      if (record.offset >= offset && records.size() < max) records.push_back(record);
    }
    if (records.empty()) MAINSTAY_TRY(Fetch(max, wait, settled, records));
    return records;
  }

 private:
  [[nodiscard]] bool Covers(std::int64_t offset) const { return begin_ >= 0 && offset >= begin_ && offset <= Ahead(); }
  // Everything between the last record and the end is markers.
  [[nodiscard]] std::int64_t Ahead() const { return std::max(next_, end_); }

  Result<void> Fetch(std::size_t max, Duration wait, std::int64_t settled, std::vector<WireRecord>& records) {
    const auto patience = SteadyClock::now() + std::max(wait, kPatience);
    const auto deadline = SteadyClock::now() + wait;
    while (records.size() < max) {
      const bool at_end = end_ >= next_ && end_ >= settled;
      if (at_end && (!records.empty() || SteadyClock::now() >= deadline)) break;
      if (!records.empty()) break;  // More may be on its way; the caller comes back.
      if (SteadyClock::now() > patience) return Fail(ErrorCode::kUnavailable, "no answer for " + stream_.topic());
      const auto left = std::chrono::ceil<Duration>((at_end ? deadline : patience) - SteadyClock::now());
      MAINSTAY_TRY(PollAll(max, std::clamp(left, Duration{0}, Duration{100}), records));
    }
    return {};
  }

  // The first with patience, then what is there.
  Result<void> PollAll(std::size_t max, Duration wait, std::vector<WireRecord>& records) {
    for (Duration patience = wait; records.size() < max; patience = Duration{0}) {
      auto item = stream_.Poll(patience);
      if (!item) {
        Error error = item.error();
        begin_ = -1;
        if (error.code == ErrorCode::kDataLoss) error.code = ErrorCode::kOutOfRange;
        return tl::unexpected(std::move(error));
      }
      if (item->kind == PartitionStream::Kind::kNothing) return {};
      if (item->kind == PartitionStream::Kind::kEnd) {
        end_ = item->end;
        continue;
      }
      records.push_back(ToWireRecord(*item->record));
      next_ = item->record->offset + 1;
      Remember(records.back());
    }
    return {};
  }

  void Remember(const WireRecord& record) {
    window_.push_back(record);
    bytes_ += BytesOf(record);
    while (window_.size() > kWindow || (bytes_ > kWindowBytes && window_.size() > 1)) {
      bytes_ -= BytesOf(window_.front());
      window_.pop_front();
      begin_ = window_.front().offset;
    }
  }

  std::mutex mutex_;
  PartitionStream stream_;
  std::deque<WireRecord> window_;  // Everything committed in [begin_, next_).
  std::size_t bytes_ = 0;
  std::int64_t begin_ = -1;  // -1: reads nothing yet.
  std::int64_t next_ = 0;
  std::int64_t end_ = -1;
};

}  // namespace

class TopicReader::Impl {
 public:
  explicit Impl(const ClusterSettings& settings) : log_(settings.log) {}
  Result<void> Open(const ClusterSettings& settings) {
    MAINSTAY_TRY_ASSIGN(consumer, MakeReader(settings, log_, "reader", true, Duration{100}, 2'000, 1 << 20));
    consumer_ = std::move(consumer);
    return {};
  }
  rd_kafka_t* consumer() { return consumer_.get(); }

  std::shared_ptr<Cursor> CursorOf(const std::string& topic, std::int32_t partition) {
    const std::lock_guard lock(mutex_);
    Entry& entry = cursors_[{topic, partition}];
    if (!entry.cursor) entry.cursor = std::make_shared<Cursor>(consumer_.get(), topic, partition);
    entry.used = ++uses_;
    auto cursor = entry.cursor;
    if (cursors_.size() > kCursors) {
      // One that is being read is not forgotten: a partition can be assigned only once.
      auto oldest = cursors_.end();
      for (auto it = cursors_.begin(); it != cursors_.end(); ++it) {
        if (it->second.cursor.use_count() > 1) continue;
        if (oldest == cursors_.end() || it->second.used < oldest->second.used) oldest = it;
      }
      if (oldest != cursors_.end()) cursors_.erase(oldest);
    }
    return cursor;
  }

 private:
  struct Entry {
    std::shared_ptr<Cursor> cursor;
    std::uint64_t used = 0;
  };
  ClientLog log_;
  ClientHandle consumer_;
  std::mutex mutex_;
  std::uint64_t uses_ = 0;
  std::map<std::pair<std::string, std::int32_t>, Entry> cursors_;
};

TopicReader::TopicReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TopicReader::~TopicReader() = default;

Result<std::unique_ptr<TopicReader>> TopicReader::Open(const ClusterSettings& cluster) {
  MAINSTAY_TRY(CheckProperties(cluster));
  auto impl = std::make_unique<Impl>(cluster);
  MAINSTAY_TRY(impl->Open(cluster));
  return std::unique_ptr<TopicReader>(new TopicReader(std::move(impl)));
}

Result<std::vector<WireRecord>> TopicReader::Read(const std::string& topic, std::int32_t partition, std::int64_t offset,
                                                  std::size_t max, Duration wait) {
  std::int64_t settled = -1;
  if (wait.count() == 0) {
    MAINSTAY_TRY_ASSIGN(range, Range(topic, partition, kPatience));
    if (offset < range.begin || offset > range.end) {
      return Fail(ErrorCode::kOutOfRange, topic + "/" + std::to_string(partition) + " has offsets " +
                                              std::to_string(range.begin) + " to " + std::to_string(range.end) +
                                              ", not " + std::to_string(offset));
    }
    if (offset == range.end) return std::vector<WireRecord>{};
    settled = range.end;
  }
  return impl_->CursorOf(topic, partition)->Read(offset, max, wait, settled);
}

Result<OffsetRange> TopicReader::Range(const std::string& topic, std::int32_t partition, Duration timeout) {
  OffsetRange range;
  const auto code = rd_kafka_query_watermark_offsets(impl_->consumer(), topic.c_str(), partition, &range.begin,
                                                     &range.end, static_cast<int>(timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
  return tl::unexpected(ToError(code, "offsets of " + topic + "/" + std::to_string(partition)));
}

}  // namespace mainstay::stream_kafka
