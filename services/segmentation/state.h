// The state of the segmentation service as values, and the tables they lie in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"
#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/segmentation/client_status.h"
#include "mainstay/segmentation/tiering.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/policy.h"

namespace mainstay::segmentation {

inline constexpr stream::TableId kClients = 1;  // book\0client -> ClientRecord
inline constexpr stream::TableId kBooks = 2;    // book -> BookRecord
inline constexpr ledger::LedgerNames kLedger{.orders = 3, .refunds = 4, .waiting = 5, .entries = 6, .window_timer = 1};

// Timers. Keys are book\0client or book.
inline constexpr stream::TimerKind kWindowTimer = kLedger.window_timer;
inline constexpr stream::TimerKind kTierTimer = 2;
inline constexpr stream::TimerKind kSweepTimer = 3;   // Goes on with a decision for every client of a book.
inline constexpr stream::TimerKind kImportTimer = 4;  // Gives up an import without progress.

struct ClientRecord {
  std::optional<std::string> name;
  std::optional<RepId> owner;
  std::optional<Day> since;
  Instant first_event_at{};
  std::optional<Instant> registered_at;
  std::optional<Instant> first_order_at;
  bool lost = false;
  Instant status_changed_at{};
  ledger::RevenueWindow window;
  TierState tier;
  Tier published_tier = Tier::kNone;

  [[nodiscard]] ClientFacts facts() const;
  [[nodiscard]] std::optional<Instant> grace_until() const;
};

struct BookRecord {
  std::optional<Currency> currency;
  TierPolicy policy;
  std::string policy_version = "default";
  Instant policy_set_at{};
  BookPhase phase;
};

[[nodiscard]] std::string Encode(const ClientRecord& client);
[[nodiscard]] Result<ClientRecord> DecodeClient(std::string_view bytes);
[[nodiscard]] std::string Encode(const BookRecord& book);
[[nodiscard]] Result<BookRecord> DecodeBook(std::string_view bytes);

}  // namespace mainstay::segmentation
