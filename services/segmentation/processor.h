// The segmentation service's processor: orders to revenue, revenue to ranks, ranks to tiers, what is bought and what
// it takes to personas and whitespace; all of it to SegmentChanged.
#pragma once

#include <map>
#include <string>

#include "book_work.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "next_best.h"

namespace mainstay::segmentation {

// Names, inputs, outputs. `prefix` is the installation's ("mainstay").
[[nodiscard]] stream::Topology MakeTopology(const std::string& prefix);

// Key of a record on the internal topic that carries a SegmentationCommand.
inline constexpr std::string_view kCommandKey = "decision";

class SegmentationProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override;
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override;
  Result<void> BeforeCommit(stream::Context& context) override { return live_.Store(context); }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback scope) override;

 private:
  [[nodiscard]] Result<void> Take(stream::Context& context, const InEvent& event);
  [[nodiscard]] Result<void> OnBookEvent(BookWork& work, const InEvent& event);
  [[nodiscard]] Result<void> OnClientEvent(BookWork& work, const InEvent& event);
  // The book has a currency now. REQUIRES: it had none before this record.
  [[nodiscard]] Result<void> TakeEarlyRefunds(BookWork& work);
  [[nodiscard]] Result<void> OnClientTimer(BookWork& work, const stream::Timer& timer, const ClientId& id,
                                           const std::string& cause);
  [[nodiscard]] Result<void> Sweep(BookWork& work, const stream::Timer& timer);
  [[nodiscard]] Result<void> OnWeek(BookWork& work, const stream::Timer& timer, const std::string& cause);
  [[nodiscard]] Result<void> BeginWeek(BookWork& work);
  [[nodiscard]] Result<void> EndImport(BookWork& work, const std::string& cause);

  LiveBooks live_;
  std::map<std::string, Recount> recounts_;
};

}  // namespace mainstay::segmentation
