// The cadence service's processor: touches, tiers and time to due and overdue touches; orders and what goes wrong to
// churn risk.
#pragma once

#include <string>

#include "book.h"
#include "client_work.h"
#include "fold.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/vocabulary/out_events.h"
#include "state.h"

namespace mainstay::cadence {

// Names, inputs, outputs. `prefix` is the installation's ("mainstay").
[[nodiscard]] stream::Topology MakeTopology(const std::string& prefix);

// Thresholds of PolicySet this service knows: "elevated", "high" and "hysteresis", all on the excess
// (0 <= hysteresis < elevated <= high <= 1).
class CadenceProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override;
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override;
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

 private:
  [[nodiscard]] Result<void> OnInEvent(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> OnSegmentRecord(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> OnSegment(stream::Context& context, const OutEvent& event);
  [[nodiscard]] Result<void> OnBookEvent(stream::Context& context, const InEvent& event);
  [[nodiscard]] Result<void> OnClientEvent(stream::Context& context, const InEvent& event);
  [[nodiscard]] Result<void> OnTodaysClient(stream::Context& context, const InEvent& event);
  // REQUIRES: the book, which has a currency now and had none before this record, is stored.
  [[nodiscard]] Result<void> TakeEarlyRefunds(stream::Context& context, const Book& book);
  [[nodiscard]] Result<void> OnClientTimer(stream::Context& context, const stream::Timer& timer);
  [[nodiscard]] Result<void> OnTouchDataTimer(stream::Context& context, Book book, const EventRef& cause);

  Books books_;
};

}  // namespace mainstay::cadence
