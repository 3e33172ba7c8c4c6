#include "webhooks.h"

#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/wire/cloud_event.h"
#include "proto_codec.h"
#include "tables.h"
#include "topology.h"

namespace mainstay::notification {
namespace {

namespace s = state::v1;
using stream::JoinKey;

// To all shards but this one; no filter: the endpoint is gone.
void TellOthers(stream::Context& context, const std::string& endpoint, const Filter* filter) {
  s::NotificationCommand command;
  command.mutable_set_filter()->set_endpoint(endpoint);
  if (filter != nullptr) Write(filter->Format(), *command.mutable_set_filter()->mutable_filter());
  const std::string bytes = command.SerializeAsString();
  for (std::int32_t p = 0; p < context.partitions(); ++p) {
    if (p != context.partition()) context.EmitTo(kInternalOutput, p, kCommandKey, bytes);
  }
}

}  // namespace

void Reject(stream::Context& context, ErrorCode code, std::string message) {
  context.Answer({stream::Verdict::Kind::kRejected, {code, Recovery::kStopTask, std::move(message), "endpoint"}});
}

Result<void> Webhooks::LoadFilters(stream::Context& context) {
  if (filters_) return {};
  std::map<std::string, Filter> filters;
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kFilters, {}, {}, [&](std::string_view key, std::string_view value) {
    Result<Filter> filter = DecodeFilter(value);
    if (!filter) {
      damaged = tl::unexpected(filter.error());
      return false;
    }
    filters.emplace(std::string(key), std::move(*filter));
    return true;
  }));
  MAINSTAY_TRY(damaged);
  filters_ = std::move(filters);
  return {};
}

Result<void> Webhooks::Forward(stream::Context& context, const PublicEvent& event) {
  MAINSTAY_TRY(LoadFilters(context));
  if (filters_->empty()) return {};
  const EventAttributes attributes = event.attributes();
  s::NotificationOutgoing outgoing;
  for (const auto& [endpoint, filter] : *filters_) {
    if (!Matches(filter, attributes)) continue;
    if (outgoing.body().empty()) {
      MAINSTAY_TRY_ASSIGN(body, wire::FormatCloudEvent(wire::Copy(event.head())));
      outgoing.set_event(std::string(event.head().id));
      outgoing.set_source(std::string(event.head().source));
      outgoing.set_body(std::move(body));
    }
    outgoing.set_endpoint(endpoint);
    context.EmitTo(kDeliveriesOutput, PartitionOf(endpoint, context.partitions()), endpoint,
                   outgoing.SerializeAsString());
  }
  return {};
}

Result<void> Webhooks::Add(stream::Context& context, const s::NotificationEndpoint& added) {
  MAINSTAY_TRY_ASSIGN(endpoint, ReadEndpoint(added));
  const std::string& id = endpoint.state.id.raw();
  MAINSTAY_TRY_ASSIGN(known, Load(context, kEndpoints, id, DecodeEndpoint));
  if (known && known->request_id == endpoint.request_id) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  if (known) {
    Reject(context, ErrorCode::kAlreadyExists,
           "there is an endpoint '" + id + "' already; remove it or choose another id");
    return {};
  }
  MAINSTAY_TRY(LoadFilters(context));
  endpoint.created = context.Now();
  context.Put(kEndpoints, id, Encode(endpoint));
  context.Put(kFilters, id, Encode(endpoint.filter));
  TellOthers(context, id, &endpoint.filter);
  filters_->insert_or_assign(id, endpoint.filter);
  return {};
}

Result<void> Webhooks::Remove(stream::Context& context, const std::string& endpoint) {
  MAINSTAY_TRY_ASSIGN(known, context.Get(kEndpoints, endpoint));
  if (!known) {
    Reject(context, ErrorCode::kNotFound, "there is no endpoint '" + endpoint + "'");
    return {};
  }
  MAINSTAY_TRY(LoadFilters(context));
  std::vector<std::string> deliveries;
  MAINSTAY_TRY(context.Scan(kDeliveries, JoinKey({endpoint, ""}), {}, [&](std::string_view key, std::string_view) {
    deliveries.emplace_back(key);
    return true;
  }));
  for (const std::string& key : deliveries) {
    ForgetDelivery(context, key);
    MAINSTAY_TRY(context.CancelTimer(kDeliveryTimer, key));
    MAINSTAY_TRY(context.CancelTimer(kForgetTimer, key));
  }
  context.Erase(kEndpoints, endpoint);
  context.Erase(kFilters, endpoint);
  TellOthers(context, endpoint, nullptr);
  filters_->erase(endpoint);
  return {};
}

Result<void> Webhooks::SetFilter(stream::Context& context, const s::NotificationCommand::SetFilter& set) {
  MAINSTAY_TRY(LoadFilters(context));
  if (!set.has_filter()) {
    context.Erase(kFilters, set.endpoint());
    filters_->erase(set.endpoint());
    return {};
  }
  MAINSTAY_TRY_ASSIGN(filter, Filter::Parse(ReadFilterSpec(set.filter())));
  context.Put(kFilters, set.endpoint(), Encode(filter));
  filters_->insert_or_assign(set.endpoint(), std::move(filter));
  return {};
}

}  // namespace mainstay::notification
