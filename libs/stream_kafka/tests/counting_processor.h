// A processor whose state, timers and outputs show every record that was taken twice or never.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "mainstay/base/hash.h"
#include "mainstay/stream/processor.h"

namespace mainstay::stream_kafka {

inline constexpr stream::TableId kListTable = 1;

// Per key the list of values taken, in order; each value to output 0, and a minute later to output 1. A value that
// was seen within the window is dropped.
class CountingProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({"test", record.value})));
    if (!first) return {};
    if (record.value == "bad") {
      context.DeadLetter(record, {ErrorCode::kInvalidArgument, Recovery::kStopTask, "it says so", "value"});
      return {};
    }
    MAINSTAY_TRY_ASSIGN(list, context.Get(kListTable, record.key));
    context.Put(kListTable, record.key, list.value_or("") + std::string(record.value.substr(0, 20)) + ",");
    context.Emit(0, std::string(record.key), std::string(record.value));
    return context.SetTimer(1, record.value.substr(0, 20), context.Now() + std::chrono::minutes{1}, "fired");
  }
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override {
    context.Emit(1, timer.payload, timer.key);
    return {};
  }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}
};

}  // namespace mainstay::stream_kafka
