#include "input_topic.h"

#include <algorithm>
#include <utility>

#include "wire_message.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Records that exist arrive within a fetch; those that were just announced are being taken apart.
constexpr Duration kFetchWait{500};
constexpr Duration kAnnouncedWait{10};

}  // namespace

InputTopic::InputTopic(rd_kafka_t* consumer, const std::string& topic, std::int32_t partition, std::int64_t known_end,
                       const RecordFormat* format, Duration open_transaction_wait, std::function<void()> wake)
    : topic_(topic),
      format_(format != nullptr && format->AppliesTo(topic) ? format : nullptr),
      open_transaction_wait_(open_transaction_wait),
      known_end_(known_end),
      stream_(consumer, topic, partition, std::move(wake)) {}

std::int64_t InputTopic::HighWatermark() const { return std::max(known_end_, stream_.HighWatermark().value_or(0)); }

Duration InputTopic::Patience() const {
  const std::int64_t high = HighWatermark();
  if (!end_) return high > *next_ ? kFetchWait : Duration{0};
  return high > *end_ && !held_since_ ? kAnnouncedWait : Duration{0};
}

void InputTopic::Take(const rd_kafka_message_t& message, std::vector<stream::Record>& out) const {
  stream::Record& record = out.emplace_back();
  record.offset = message.offset;
  record.ingest_ms = rd_kafka_message_timestamp(&message, nullptr);
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (format_ != nullptr) {
    record.value = format_->FromWire(topic_, ToWireRecord(message));
  } else if (message.payload != nullptr) {
    record.value.assign(static_cast<const char*>(message.payload), message.len);
  }
}

Result<void> InputTopic::Read(std::int64_t offset, std::size_t max, std::vector<stream::Record>& out) {
  if (next_ != offset) {
    MAINSTAY_TRY(stream_.Restart(offset));
    next_ = offset;
    end_.reset();
    held_since_.reset();
  }
  const std::size_t limit = out.size() + max;
  const auto deadline = SteadyClock::now() + Patience();
  const auto left = [&] { return std::chrono::ceil<Duration>(deadline - SteadyClock::now()); };
  for (bool got = false; out.size() < limit;) {
    auto polled = stream_.Poll(got ? Duration{0} : std::max(left(), Duration{0}));
    if (!polled && polled.error().code == ErrorCode::kUnavailable)
      break;  // Passes; meanwhile there is nothing to read.
    MAINSTAY_TRY_ASSIGN(item, std::move(polled));
    if (item.kind == PartitionStream::Kind::kNothing) break;
    if (item.kind == PartitionStream::Kind::kEnd) {
      end_ = item.end;
      known_end_ = std::max(known_end_, item.end);
      held_since_.reset();
      got = true;
      continue;
    }
    Take(*item.record, out);
    next_ = item.record->offset + 1;
    end_.reset();
    held_since_.reset();
    got = true;
  }
  return {};
}

std::int64_t InputTopic::End() {
  const std::int64_t high = HighWatermark();
  if (!next_ || !end_) return high;
  if (high <= *end_) return *next_;
  const auto now = SteadyClock::now();
  if (!held_since_) held_since_ = now;
  return now - *held_since_ < open_transaction_wait_ ? high : *next_;
}

std::int64_t InputTopic::Passed(std::int64_t position) const {
  return next_ && end_ && position == *next_ ? std::max(position, *end_) : position;
}

}  // namespace mainstay::stream_kafka
