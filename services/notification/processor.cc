#include "processor.h"

#include "mainstay/base/hash.h"
#include "mainstay/notification/actions.h"
#include "mainstay/state/v1/notification.pb.h"
#include "mainstay/wire/in_event.h"
#include "prompting.h"
#include "public_event.h"
#include "rep_alerts.h"
#include "topology.h"

namespace mainstay::notification {
namespace {

namespace s = state::v1;

bool IsBadData(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kAlreadyExists ||
         error.code == ErrorCode::kNotFound;
}

template <class Proto>
Result<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(ErrorCode::kInvalidArgument, "not a record of this service");
  }
  return proto;
}

Result<void> TakeAct(stream::Context& context, const s::NotificationCommand::Act& act) {
  MAINSTAY_TRY_ASSIGN(
      action, ParseAction({act.action(), act.rep(), act.until(), act.outcome(), act.reason(), act.idempotency_key()}));
  return ActOnItem(context, BookId{act.book()}, act.item(), action);
}

Result<void> KeepStreamKey(stream::Context& context, const std::string& key) {
  MAINSTAY_TRY_ASSIGN(known, context.Get(kKeys, kStreamKey));
  if (!known) context.Put(kKeys, kStreamKey, key);
  return {};
}

}  // namespace

stream::Topology MakeTopology(const std::string& prefix) {
  stream::Topology topology;
  topology.service = "notification";
  topology.inputs = {prefix + ".client-events",
                     prefix + ".touch-events",
                     prefix + ".segments",
                     prefix + ".cadence-events",
                     prefix + ".churn-risk",
                     prefix + ".upsell-prompts",
                     prefix + ".notification.internal",
                     prefix + ".notification.deliveries",
                     prefix + ".notification.redrive"};
  topology.internal = kInternalInput;
  topology.outputs = {prefix + ".upsell-prompts", prefix + ".notification.deliveries",
                      prefix + ".notification.internal", prefix + ".delivery-events"};
  topology.dead_letter = prefix + ".notification.dead-letter";
  topology.tables = {kBooks,  kClients, kHoldings,  kHolders,    kLines,  kOrders,   kPrompts,
                     kAlerts, kFilters, kEndpoints, kDeliveries, kBodies, kInFlight, kKeys};
  return topology;
}

Result<void> NotificationProcessor::OnAcquired(stream::Context& context) {
  webhooks_.Forget();
  return ResendInFlight(context);
}

Result<void> NotificationProcessor::OnRecord(stream::Context& context, const stream::RecordView& record) {
  const Result<void> done = Take(context, record);
  if (done || !IsBadData(done.error())) return done;
  context.DeadLetter(record, done.error());
  return {};
}

Result<void> NotificationProcessor::Take(stream::Context& context, const stream::RecordView& record) {
  switch (record.topic) {
    case kClientEventsInput:
    case kTouchEventsInput: return TakeInEvent(context, record);
    case kInternalInput: return TakeCommand(context, record);
    case kDeliveriesInput: return TakeDelivery(context, record);
    case kRedriveInput: return TakeRedriven(context, record);
    default: return TakePublicEvent(context, record);
  }
}

Result<void> NotificationProcessor::TakeInEvent(stream::Context& context, const stream::RecordView& record) {
  MAINSTAY_TRY_ASSIGN(event, wire::DecodeInEvent(record.value));
  MAINSTAY_TRY(wire::ValidateTime(event, FromMs(record.ingest_ms)));
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({event.source, event.id.raw()})));
  if (!first) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  return FoldInEvent(context, event);
}

Result<void> NotificationProcessor::TakePublicEvent(stream::Context& context, const stream::RecordView& record) {
  if (record.value.empty()) return {};  // Erases what the topic kept of a client.
  MAINSTAY_TRY_ASSIGN(event, PublicEvent::Read(record.value));
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({event.head().source, event.head().id})));
  if (!first) return {};
  if (event.event()) MAINSTAY_TRY(TakeForAlerts(context, *event.event()));
  return webhooks_.Forward(context, event);
}

// A dead letter comes back with its original bytes, whatever topic it was on.
Result<void> NotificationProcessor::TakeRedriven(stream::Context& context, const stream::RecordView& record) {
  const Result<wire::EnvelopeHead> head = wire::DecodeEnvelopeHead(record.value);
  const bool is_public = head && head->source.starts_with("mainstay/") && !wire::TopicOfType(head->type);
  return is_public ? TakePublicEvent(context, record) : TakeInEvent(context, record);
}

Result<void> NotificationProcessor::TakeCommand(stream::Context& context, const stream::RecordView& record) {
  MAINSTAY_TRY_ASSIGN(command, Parse<s::NotificationCommand>(record.value));
  switch (command.kind_case()) {
    case s::NotificationCommand::kAct: return TakeAct(context, command.act());
    case s::NotificationCommand::kAdd: return webhooks_.Add(context, command.add());
    case s::NotificationCommand::kRemove: return webhooks_.Remove(context, command.remove().endpoint());
    case s::NotificationCommand::kSetFilter: return webhooks_.SetFilter(context, command.set_filter());
    case s::NotificationCommand::kResult: return TakeAttemptResult(context, command.result());
    case s::NotificationCommand::kRotate: return RotateSecret(context, command.rotate());
    case s::NotificationCommand::kTest: return SendTest(context, command.test());
    case s::NotificationCommand::kRedrive: return RedriveDeliveries(context, command.redrive());
    case s::NotificationCommand::kStreamKey: return KeepStreamKey(context, command.stream_key());
    case s::NotificationCommand::KIND_NOT_SET: break;
  }
  return Fail(ErrorCode::kInvalidArgument, "a command that this version does not know");
}

Result<void> NotificationProcessor::TakeDelivery(stream::Context& context, const stream::RecordView& record) {
  MAINSTAY_TRY_ASSIGN(outgoing, Parse<s::NotificationOutgoing>(record.value));
  return StartOutgoing(context, outgoing);
}

Result<void> NotificationProcessor::OnTimer(stream::Context& context, const stream::Timer& timer) {
  switch (timer.kind) {
    case kPromptTimer: return OnPromptTimer(context, timer.key);
    case kDeliveryTimer: return OnDeliveryTimer(context, timer.key);
    case kForgetTimer: ForgetDelivery(context, timer.key); return {};
    case kImportTimer: return OnImportTimer(context, timer.key);
    default: return Fail(ErrorCode::kDataLoss, "a timer of an unknown kind");
  }
}

}  // namespace mainstay::notification
