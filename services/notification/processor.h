// The notification service's processor: facts about clients to prompts, risk and overdue touches to alerts, public
// events to webhooks.
#pragma once

#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "state.h"
#include "webhooks.h"

namespace mainstay::notification {

class NotificationProcessor final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override;
  Result<void> OnTimer(stream::Context& context, const stream::Timer& timer) override;
  Result<void> OnAcquired(stream::Context& context) override;
  void OnRollback(stream::Rollback) override { webhooks_.Forget(); }

 private:
  [[nodiscard]] Result<void> Take(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> TakeInEvent(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> TakePublicEvent(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> TakeRedriven(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> TakeCommand(stream::Context& context, const stream::RecordView& record);
  [[nodiscard]] Result<void> TakeDelivery(stream::Context& context, const stream::RecordView& record);

  Webhooks webhooks_;
};

// What an event of the topics client-events and touch-events means: facts fold, prompts are issued and withdrawn.
// Errors kInvalidArgument, kAlreadyExists and kNotFound are bad data.
[[nodiscard]] Result<void> FoldInEvent(stream::Context& context, const InEvent& event);
// An import without progress is over. Key: book.
[[nodiscard]] Result<void> OnImportTimer(stream::Context& context, const std::string& book);

}  // namespace mainstay::notification
