// The state of the notification service as values, and the tables they lie in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/notification/alerts.h"
#include "mainstay/notification/care.h"
#include "mainstay/notification/filter.h"
#include "mainstay/notification/prompts.h"
#include "mainstay/notification/retry.h"
#include "mainstay/stream/record.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::notification {

inline constexpr stream::TableId kBooks = 1;    // book -> BookRecord
inline constexpr stream::TableId kClients = 2;  // book\0client -> ClientRecord
// What was bought; values of the last four are a few bytes, not protos: there is one per order line.
inline constexpr stream::TableId kHoldings = 3;  // book\0client\0product -> nothing: bought at least once
inline constexpr stream::TableId kHolders = 4;   // book\0product -> clients that ever bought it
inline constexpr stream::TableId kLines = 5;     // book\0product\0 time, order\0line -> amount
inline constexpr stream::TableId kOrders = 6;    // book\0order -> OrderEntry
inline constexpr stream::TableId kPrompts = 7;   // book\0prompt -> Prompt
inline constexpr stream::TableId kAlerts = 8;    // book\0alert -> Alert
inline constexpr stream::TableId kFilters = 9;   // endpoint -> Filter; on every shard
// On the shard of the endpoint id:
inline constexpr stream::TableId kEndpoints = 10;   // endpoint -> EndpointRecord
inline constexpr stream::TableId kDeliveries = 11;  // endpoint\0delivery -> DeliveryState
inline constexpr stream::TableId kBodies = 12;      // endpoint\0delivery -> body, until delivered
inline constexpr stream::TableId kInFlight = 13;    // endpoint\0delivery -> nothing: handed to the sender
inline constexpr stream::TableId kKeys = 14;        // "stream" -> key of resume tokens; on shard 0

inline constexpr std::string_view kStreamKey = "stream";

inline constexpr stream::TimerKind kPromptTimer = 1;    // book\0prompt: expiry, end of the time to win
inline constexpr stream::TimerKind kDeliveryTimer = 2;  // endpoint\0delivery: next attempt
inline constexpr stream::TimerKind kForgetTimer = 3;    // endpoint\0delivery: a finished one is dropped
inline constexpr stream::TimerKind kImportTimer = 4;    // book: gives up an import without progress

struct BookRecord {
  std::optional<Currency> currency;
  std::int64_t buyers = 0;
  bool importing = false;
  std::optional<std::string> time_zone;  // Absent: UTC.
  // The CalendarSet that stands: the latest by time, then by id, in whatever order they came.
  std::optional<Instant> calendar_set_at;
  std::string calendar_set_by;
  std::map<std::string, double> thresholds;  // Of the policy: a PolicySet that the others refuse sets no currency here.
};

struct ClientRecord {
  ClientCare care;
  std::optional<Instant> last_issued_at;
  std::optional<PromptId> open_prompt;
  std::vector<std::string> open_alerts;  // Ids, sorted; at most one per open episode.
  std::optional<Instant> erased_at;
  std::optional<ClientId> merged_into;  // Then the rest is empty.
};

struct EndpointRecord {
  EndpointState state;
  std::string url;
  Filter filter;
  std::string secret;      // As SecretBox seals it.
  std::string old_secret;  // Empty unless the secret rotates; signs too until `old_secret_until`.
  std::optional<Instant> old_secret_until;
  Instant created{};
  std::string request_id;
};

[[nodiscard]] std::string Encode(const BookRecord& book);
[[nodiscard]] std::string Encode(const ClientRecord& client);
[[nodiscard]] std::string Encode(const Prompt& prompt);
[[nodiscard]] std::string Encode(const Alert& alert);
[[nodiscard]] std::string Encode(const Filter& filter);
[[nodiscard]] std::string Encode(const EndpointRecord& endpoint);
[[nodiscard]] std::string Encode(const DeliveryState& delivery);

// Errors: kDataLoss.
[[nodiscard]] Result<BookRecord> DecodeBook(std::string_view bytes);
[[nodiscard]] Result<ClientRecord> DecodeClient(std::string_view bytes);
[[nodiscard]] Result<Prompt> DecodePrompt(std::string_view bytes);
[[nodiscard]] Result<Alert> DecodeAlert(std::string_view bytes);
[[nodiscard]] Result<Filter> DecodeFilter(std::string_view bytes);
[[nodiscard]] Result<EndpointRecord> DecodeEndpoint(std::string_view bytes);
[[nodiscard]] Result<DeliveryState> DecodeDelivery(std::string_view bytes);

}  // namespace mainstay::notification
