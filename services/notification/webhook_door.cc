#include "webhook_door.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "filter_request.h"
#include "mainstay/door/book_query.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/webhook_sender/standard_webhooks.h"
#include "proto_codec.h"
#include "random_text.h"
#include "state.h"

namespace mainstay::notification {
namespace {

namespace q = query::v1;
using Snapshot = std::unique_ptr<stream::Snapshot>;

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxIdBytes = 64;
constexpr Duration kAttemptSlice = std::chrono::milliseconds{100};
constexpr int kAttemptSlices = 50;
constexpr Duration kOverlap = std::chrono::days{1};
constexpr Duration kMaxOverlap = std::chrono::days{30};
constexpr const char* kTestSource = "mainstay/notification/test";

Result<std::string> ChooseId(const std::string& wanted) {
  if (wanted.empty()) return RandomId("ep_");
  const bool plain = std::all_of(wanted.begin(), wanted.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  if (!plain || wanted.size() > kMaxIdBytes) {
    return InvalidField("endpoint", "must be 1 to 64 of the characters a-z A-Z 0-9 . _ -");
  }
  return wanted;
}

void Fill(const EndpointRecord& endpoint, q::Webhook& out) {
  out.set_endpoint(endpoint.state.id.raw());
  out.set_url(endpoint.url);
  const FilterSpec& filter = endpoint.filter.Format();
  *out.mutable_filter()->mutable_types() = {filter.types.begin(), filter.types.end()};
  *out.mutable_filter()->mutable_books() = {filter.books.begin(), filter.books.end()};
  *out.mutable_filter()->mutable_tiers() = {filter.tiers.begin(), filter.tiers.end()};
  *out.mutable_filter()->mutable_levels() = {filter.levels.begin(), filter.levels.end()};
  *out.mutable_filter()->mutable_owners() = {filter.owners.begin(), filter.owners.end()};
  out.set_state(endpoint.state.enabled() ? "ENABLED" : "DISABLED");
  out.set_created(FormatInstant(endpoint.created));
  if (endpoint.state.disabled_since) out.set_disabled_since(FormatInstant(*endpoint.state.disabled_since));
  if (!endpoint.state.last_error.empty()) out.set_last_error(endpoint.state.last_error);
  out.set_pending(endpoint.state.pending);
  out.set_delivered(endpoint.state.delivered);
  out.set_exhausted(endpoint.state.exhausted);
  if (endpoint.old_secret_until) out.set_old_secret_until(FormatInstant(*endpoint.old_secret_until));
}

Result<EndpointRecord> ReadEndpointOf(const Commands& commands, const std::string& endpoint) {
  if (endpoint.empty()) return InvalidField("endpoint", "must name the endpoint");
  MAINSTAY_TRY_ASSIGN(snapshot, commands.system().state->ReadShard("notification", commands.HomeOf(endpoint)));
  MAINSTAY_TRY_ASSIGN(stored, snapshot->Get(kEndpoints, endpoint));
  if (!stored) return Fail(ErrorCode::kNotFound, "there is no endpoint '" + endpoint + "'");
  return DecodeEndpoint(*stored);
}

struct NewSecret {
  std::string shown;
  std::string sealed;
};
Result<NewSecret> MakeSecret(const Result<SecretBox>& box) {
  if (!box) return tl::unexpected(box.error());
  MAINSTAY_TRY_ASSIGN(bytes, RandomBytes(kSecretBytes));
  MAINSTAY_TRY_ASSIGN(secret, webhook_sender::Secret::FromBytes(bytes));
  MAINSTAY_TRY_ASSIGN(sealed, box->Seal(secret.Text()));
  return NewSecret{secret.Text(), std::move(sealed)};
}

// as_of and one position per shard.
template <class Response>
Result<void> FillHeads(const Commands& commands, const stream::Topology& topology, Response& response) {
  const app::StateReader& state = *commands.system().state;
  std::string newest;
  for (std::int32_t p = 0; p < state.partitions(); ++p) {
    door::BookView view;
    view.partition = p;
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard("notification", p));
    view.snapshot = std::move(snapshot);
    newest = std::max(newest, door::FillPosition(topology, view, *response.add_position()));
  }
  if (!newest.empty()) response.set_as_of(newest);
  return {};
}

Result<bool> AllKnow(const Commands& commands, const std::string& endpoint) {
  const app::StateReader& state = *commands.system().state;
  for (std::int32_t p = 0; p < state.partitions(); ++p) {
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard("notification", p));
    MAINSTAY_TRY_ASSIGN(filter, snapshot->Get(kFilters, endpoint));
    if (!filter) return false;
  }
  return true;
}

// The endpoint is there and the others will hear of it for certain; waiting only makes "from now on" exact.
Result<void> AwaitAll(const Commands& commands, const std::string& endpoint) {
  std::uint64_t news = 0;
  for (int slice = 0; slice < kAttemptSlices; ++slice) {
    MAINSTAY_TRY_ASSIGN(known, AllKnow(commands, endpoint));
    if (known) return {};
    news = commands.system().log->AwaitNews(news, kAttemptSlice);
  }
  return {};
}

void FillAttempt(const DeliveryState& delivery, const Attempt& attempt, q::Attempt& out) {
  const AttemptResult& result = attempt.result;
  out.set_delivery(delivery.id);
  out.set_endpoint(delivery.endpoint.raw());
  out.set_event(delivery.event.raw());
  out.set_number(result.number);
  out.set_at(FormatInstant(result.at));
  if (result.status) out.set_status(*result.status);
  std::string error = result.status ? "" : std::string(SendErrorName(result.error));
  if (!result.detail.empty()) error += (error.empty() ? "" : ": ") + result.detail;
  if (!error.empty()) out.set_error(error);
  out.set_latency_ms(result.latency.count());
  out.set_response_head(result.response_head);
  out.set_state(std::string(DeliveryStatusName(delivery.status)));
  const bool last = &attempt == &delivery.attempts.back();
  if (last && delivery.next_attempt_at) out.set_next_attempt(FormatInstant(*delivery.next_attempt_at));
}

Result<std::vector<DeliveryState>> ReadDeliveries(const Commands& commands, const std::string& endpoint) {
  const app::StateReader& state = *commands.system().state;
  std::vector<DeliveryState> deliveries;
  const std::string prefix = endpoint.empty() ? std::string() : stream::JoinKey({endpoint, ""});
  for (std::int32_t p = 0; p < state.partitions(); ++p) {
    if (!endpoint.empty() && p != commands.HomeOf(endpoint)) continue;
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard("notification", p));
    if (!endpoint.empty()) {
      MAINSTAY_TRY_ASSIGN(known, snapshot->Get(kEndpoints, endpoint));
      if (!known) return Fail(ErrorCode::kNotFound, "there is no endpoint '" + endpoint + "'");
    }
    Result<void> damaged{};
    MAINSTAY_TRY(snapshot->Scan(kDeliveries, prefix, {}, [&](std::string_view, std::string_view value) {
      Result<DeliveryState> delivery = DecodeDelivery(value);
      if (!delivery) {
        damaged = tl::unexpected(delivery.error());
        return false;
      }
      deliveries.push_back(std::move(*delivery));
      return true;
    }));
    MAINSTAY_TRY(damaged);
  }
  return deliveries;
}

}  // namespace

Result<void> AddWebhook(const Commands& commands, const std::vector<webhook_sender::Cidr>& allowed,
                        const Result<SecretBox>& box, const q::AddWebhookRequest& request,
                        q::AddWebhookResponse& response) {
  MAINSTAY_TRY(webhook_sender::CheckUrl(request.url(), allowed));
  MAINSTAY_TRY_ASSIGN(filter, ParseFilter(request.filter()));
  MAINSTAY_TRY_ASSIGN(id, ChooseId(request.endpoint()));
  MAINSTAY_TRY_ASSIGN(secret, MakeSecret(box));
  MAINSTAY_TRY_ASSIGN(request_id, RandomId("rq_"));
  state::v1::NotificationCommand command;
  auto& added = *command.mutable_add();
  added.set_id(id);
  added.set_url(request.url());
  Write(filter.Format(), *added.mutable_filter());
  added.set_secret(secret.sealed);
  added.set_request_id(request_id);
  const std::int32_t home = commands.HomeOf(id);
  MAINSTAY_TRY(commands.Run(home, command));
  MAINSTAY_TRY(AwaitAll(commands, id));
  MAINSTAY_TRY_ASSIGN(snapshot, commands.system().state->ReadShard("notification", home));
  MAINSTAY_TRY_ASSIGN(stored, snapshot->Get(kEndpoints, id));
  if (!stored) return Fail(ErrorCode::kUnavailable, "the endpoint was removed again meanwhile");
  MAINSTAY_TRY_ASSIGN(endpoint, DecodeEndpoint(*stored));
  Fill(endpoint, *response.mutable_webhook());
  response.set_secret(secret.shown);
  return {};
}

Result<void> ListWebhooks(const Commands& commands, const stream::Topology& topology,
                          q::ListWebhooksResponse& response) {
  const app::StateReader& state = *commands.system().state;
  std::vector<EndpointRecord> endpoints;
  Result<void> damaged{};
  for (std::int32_t p = 0; p < state.partitions(); ++p) {
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard("notification", p));
    MAINSTAY_TRY(snapshot->Scan(kEndpoints, {}, {}, [&](std::string_view, std::string_view value) {
      Result<EndpointRecord> endpoint = DecodeEndpoint(value);
      if (!endpoint) {
        damaged = tl::unexpected(endpoint.error());
        return false;
      }
      endpoints.push_back(std::move(*endpoint));
      return true;
    }));
  }
  MAINSTAY_TRY(damaged);
  std::sort(endpoints.begin(), endpoints.end(),
            [](const EndpointRecord& a, const EndpointRecord& b) { return a.state.id < b.state.id; });
  for (const EndpointRecord& endpoint : endpoints) Fill(endpoint, *response.add_rows());
  return FillHeads(commands, topology, response);
}

Result<void> ListAttempts(const Commands& commands, const stream::Topology& topology,
                          const q::ListAttemptsRequest& request, q::ListAttemptsResponse& response) {
  MAINSTAY_TRY_ASSIGN(deliveries, ReadDeliveries(commands, request.endpoint()));
  std::vector<std::pair<const DeliveryState*, const Attempt*>> attempts;
  for (const DeliveryState& delivery : deliveries) {
    for (const Attempt& attempt : delivery.attempts) attempts.emplace_back(&delivery, &attempt);
  }
  std::stable_sort(attempts.begin(), attempts.end(),
                   [](const auto& a, const auto& b) { return a.second->result.at > b.second->result.at; });
  if (request.limit() != 0 && attempts.size() > request.limit()) attempts.resize(request.limit());
  for (const auto& [delivery, attempt] : attempts) FillAttempt(*delivery, *attempt, *response.add_rows());
  return FillHeads(commands, topology, response);
}

Result<void> RemoveWebhook(const Commands& commands, const q::RemoveWebhookRequest& request) {
  if (request.endpoint().empty()) return InvalidField("endpoint", "must name the endpoint");
  state::v1::NotificationCommand command;
  command.mutable_remove()->set_endpoint(request.endpoint());
  MAINSTAY_TRY(commands.Run(commands.HomeOf(request.endpoint()), command));
  return {};
}

Result<void> RotateWebhook(const Commands& commands, const Result<SecretBox>& box,
                           const q::RotateWebhookRequest& request, q::RotateWebhookResponse& response) {
  const Duration overlap =
      request.has_overlap_seconds() ? Duration{std::chrono::seconds{request.overlap_seconds()}} : kOverlap;
  if (overlap > kMaxOverlap) return InvalidField("overlap_seconds", "is more than 30 days");
  MAINSTAY_TRY(ReadEndpointOf(commands, request.endpoint()));
  MAINSTAY_TRY_ASSIGN(secret, MakeSecret(box));
  MAINSTAY_TRY_ASSIGN(request_id, RandomId("rq_"));
  state::v1::NotificationCommand command;
  auto& rotate = *command.mutable_rotate();
  rotate.set_endpoint(request.endpoint());
  rotate.set_secret(secret.sealed);
  rotate.set_request_id(request_id);
  rotate.set_overlap_ms(overlap.count());
  MAINSTAY_TRY(commands.Run(commands.HomeOf(request.endpoint()), command));
  MAINSTAY_TRY_ASSIGN(endpoint, ReadEndpointOf(commands, request.endpoint()));
  Fill(endpoint, *response.mutable_webhook());
  response.set_secret(secret.shown);
  return {};
}

Result<void> TestWebhook(const Commands& commands, const q::TestWebhookRequest& request,
                         q::TestWebhookResponse& response) {
  MAINSTAY_TRY_ASSIGN(endpoint, ReadEndpointOf(commands, request.endpoint()));
  MAINSTAY_TRY_ASSIGN(id, RandomId("test_"));
  nlohmann::ordered_json body = {{"specversion", "1.0"},
                                 {"id", id},
                                 {"source", kTestSource},
                                 {"type", "mainstay.delivery.Test.v1"},
                                 {"time", FormatInstant(commands.system().state->Now())},
                                 {"datacontenttype", "application/json"},
                                 {"data", {{"endpointId", request.endpoint()}}}};
  state::v1::NotificationCommand command;
  auto& test = *command.mutable_test();
  test.set_endpoint(request.endpoint());
  test.set_event(id);
  test.set_source(kTestSource);
  test.set_body(body.dump());
  MAINSTAY_TRY(commands.Run(commands.HomeOf(request.endpoint()), command));
  response.set_event(id);
  response.set_delivery(MakeDeliveryId(endpoint.state.id, kTestSource, EventId{id}));
  return {};
}

Result<void> RedriveWebhook(const Commands& commands, const q::RedriveWebhookRequest& request,
                            q::RedriveWebhookResponse& response) {
  MAINSTAY_TRY(ReadEndpointOf(commands, request.endpoint()));
  state::v1::NotificationCommand command;
  auto& redrive = *command.mutable_redrive();
  redrive.set_endpoint(request.endpoint());
  redrive.set_delivery(request.delivery());
  if (!request.since().empty()) {
    if (!request.delivery().empty()) return InvalidField("since", "belongs to all deliveries, not to one");
    const Result<Instant> since = ParseInstant(request.since());
    if (!since) return InvalidField("since", since.error().message);
    redrive.set_since_ms(ToMs(*since));
  }
  MAINSTAY_TRY(commands.Run(commands.HomeOf(request.endpoint()), command));
  MAINSTAY_TRY_ASSIGN(endpoint, ReadEndpointOf(commands, request.endpoint()));
  Fill(endpoint, *response.mutable_webhook());
  return {};
}

}  // namespace mainstay::notification
