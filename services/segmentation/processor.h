// The segmentation service's processor: orders to revenue, revenue to ranks, ranks to tiers, tiers to SegmentChanged.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "mainstay/segmentation/book_index.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"

namespace mainstay::segmentation {

// Names, inputs, outputs. `prefix` is the installation's ("mainstay").
[[nodiscard]] stream::Topology MakeTopology(const std::string& prefix);
inline constexpr stream::OutputId kSegmentsOutput = 0;
inline constexpr stream::OutputId kInternalOutput = 1;

class SegmentationProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override;
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override;
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback scope) override;

 private:
  [[nodiscard]] Result<void> OnBookEvent(stream::Context& context, const InEvent& event);
  [[nodiscard]] Result<void> OnClientEvent(stream::Context& context, const InEvent& event);
  [[nodiscard]] Result<bool> Fold(stream::Context& context, const InEvent& event, BookRecord& book,
                                  ClientRecord& client);
  [[nodiscard]] Result<bool> FoldOrder(stream::Context& context, const InEvent& event, BookRecord& book,
                                       ClientRecord& client);
  // Stores `client` after its revenue moved from `before`, and everybody whose rank_tier that changed.
  [[nodiscard]] Result<void> Rerank(stream::Context& context, const BookId& book_id, const BookRecord& book,
                                    const ClientId& id, ClientRecord client, Money before, const std::string& cause);
  [[nodiscard]] Result<void> Decide(stream::Context& context, const BookId& book_id, const BookRecord& book,
                                    const ClientId& id, ClientRecord client, TierTrigger trigger, Tier rank_tier,
                                    const std::string& cause);
  [[nodiscard]] Result<void> Sweep(stream::Context& context, const stream::Timer& timer);
  [[nodiscard]] Result<void> StartSweep(stream::Context& context, const BookId& book, TierTrigger trigger,
                                        const std::string& cause);
  [[nodiscard]] Result<void> EndImport(stream::Context& context, const BookId& id, BookRecord book,
                                       const std::string& cause);
  [[nodiscard]] Result<BookIndex*> Index(stream::Context& context, const BookId& id, const BookRecord& book);

  // Rankings rebuilt from the client table; `touched_` ones hold writes of the current record.
  std::map<std::string, std::unique_ptr<BookIndex>> indices_;
  std::set<std::string> touched_;
};

}  // namespace mainstay::segmentation
